use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level},
};

pub(super) static NO_HOST: Code = Code {
    name: "media-host",
    summary: "an image or video for a network that fetches it, and no public place to put it",
    level: Level::Error,
    fixed: true,
    explain: "Some networks take no images and videos from us: they fetch them from a public address. So they are put into a place of \
              yours right before, and taken away when the post is out. Without one, such a post can't be published.\n\n\
              ```toml\n[media.host]\nbucket = \"acme-media\"\nregion = \"eu-central-1\"\nkey_id = \"AKIA…\"\n\
              secret = \"env:MEDIA_SECRET\"\nurl = \"https://acme-media.s3.eu-central-1.amazonaws.com\"\n```\n\n\
              Or name a `folder` that a web server serves at `url`. Or leave the account out of `to`.",
};

/// Reports media of networks that fetch them, where there is no place to fetch them from.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    if case.cx.config.host.is_some() {
        return;
    }
    for variant in &case.variants {
        if !variant.profile.media.as_ref().is_some_and(|media| media.by_address) {
            continue;
        }
        for media in variant.draft.parts.iter().flat_map(|part| &part.media) {
            let message =
                format!("{} fetches images and videos, and there is no public place for them", variant.network());
            let help =
                "add `[media.host]` to masthead.toml, or leave the account out of `to`; `masthead explain media-host`";
            found.push(Diagnostic::new(&NO_HOST, media.span, message).label("can't be fetched").help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::codes;

    #[test]
    fn only_networks_that_fetch_media_need_a_place() {
        assert_eq!(codes(r#""brand""#, "Hello\n\n![A hoodie](a.jpg)"), Vec::<&str>::new());
        assert_eq!(codes(r#""fetcher""#, "Hello\n\n![A hoodie](a.jpg)"), ["media-host"]);
        assert_eq!(codes(r#""fetcher""#, "Hello"), Vec::<&str>::new());
        let tall = codes(r#""fetcher""#, "Hello\n\n![A hoodie](tall.jpg)");
        assert!(tall.contains(&"media-shape"), "{tall:?}");
    }
}
