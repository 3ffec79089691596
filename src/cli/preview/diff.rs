/// Writes how a text differs from another, as `diff -U0` does: the lines between what both begin and end with.
pub(super) fn lines(path: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    if old.is_empty() && new.is_empty() {
        return String::new();
    }
    let at = |lines: &[&str]| if lines.is_empty() { start } else { start + 1 };
    let from = if before.is_empty() { "/dev/null".to_owned() } else { format!("a/{path}") };
    let head = format!("--- {from}\n+++ b/{path}\n@@ -{},{} +{},{} @@\n", at(old), old.len(), at(new), new.len());
    let removed = old.iter().map(|line| format!("-{line}\n"));
    let added = new.iter().map(|line| format!("+{line}\n"));
    removed.chain(added).fold(head, |all, line| all + &line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expect: &str) {
        let shown = lines("c", before, after);
        assert_eq!(shown.split_once("@@\n").map_or("", |(_, lines)| lines), expect);
    }

    #[test]
    fn only_lines_that_differ_are_shown() {
        check("a\nb\nc\n", "a\nx\nc\n", "-b\n+x\n");
        check("a\nc\n", "a\nb\nc\n", "+b\n");
        check("a\na\n", "a\na\na\n", "+a\n");
        check("", "a\n", "+a\n");
        check("a\n", "a\n", "");
        assert_eq!(lines("c", "a\nb\n", "a\nx\n"), "--- a/c\n+++ b/c\n@@ -2,1 +2,1 @@\n-b\n+x\n");
    }
}
