/// Finds the candidate that a mistyped word most likely meant.
///
/// The distance counts insertions, deletions, changes and swaps of neighbours; it may be a third of the word's
/// length, and at least one. Among equally near ones the first wins.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    if typed.len() > 64 {
        return None;
    }
    let allowed = (typed.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let known: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
        if known.len().abs_diff(typed.len()) > allowed {
            continue;
        }
        let distance = distance(&typed, &known);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut rows = vec![0usize; width * (a.len() + 1)];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut least = (rows[(i - 1) * width + j] + 1)
                    .min(rows[i * width + j - 1] + 1)
                    .min(rows[(i - 1) * width + j - 1] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[(i - 2) * width + j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expect: Option<&str>) {
        assert_eq!(did_you_mean(word, ["date", "draft", "hashtags", "tags", "to"]), expect, "{word}");
    }

    #[test]
    fn near_words_are_found() {
        check("dat", Some("date"));
        check("hastags", Some("hashtags"));
        check("DATE", Some("date"));
        check("darft", Some("draft"));
    }

    #[test]
    fn far_words_are_not() {
        check("campaign", None);
        check("", None);
        check(&"x".repeat(100), None);
    }
}
