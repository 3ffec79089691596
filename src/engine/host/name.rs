use crate::model::MediaKind;

/// What the names of our files begin with, so that nobody else's is taken for one.
const OURS: &str = "masthead-";
const KINDS: [MediaKind; 6] =
    [MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm];

/// Names a file by the digest of its bytes: the same picture is one file, and its address tells nothing of it.
pub fn name_of(bytes: &[u8], kind: MediaKind) -> String {
    format!("{OURS}{}.{}", blake3::hash(bytes).to_hex(), kind.extension())
}

/// Returns whether a name is one of those.
pub fn is_ours(name: &str) -> bool {
    let digest = |text: &str| text.len() == 64 && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let split = name.strip_prefix(OURS).and_then(|rest| rest.split_once('.'));
    split.is_some_and(|(stem, ending)| digest(stem) && KINDS.iter().any(|kind| kind.extension() == ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_again_and_others_are_not() {
        let name = name_of(b"a picture", MediaKind::Jpeg);
        assert_eq!((name.len(), name.as_str().ends_with(".jpg")), (9 + 64 + 4, true));
        assert_eq!(name, name_of(b"a picture", MediaKind::Jpeg));
        assert_ne!(name, name_of(b"another", MediaKind::Jpeg));
        assert!(KINDS.iter().all(|kind| is_ours(&name_of(b"x", *kind))));
        let digest = &name[9..73];
        for other in [
            "",
            "cat.jpg",
            "masthead-cat.jpg",
            digest,
            &format!("{digest}.jpg"),
            &format!("masthead-{digest}"),
            &format!("masthead-{digest}.txt"),
            &format!("masthead-{digest}.jpg.tmp"),
            &format!("masthead-{}.jpg", digest.to_uppercase()),
            &format!("a/masthead-{digest}.jpg"),
            &format!("masthead-{}é.jpg", &digest[2..]),
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
