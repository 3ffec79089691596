//! The files that `init` and `new` write, from `templates/scaffold/`, and the hooks, from `templates/hooks/`.

/// The starting configuration.
pub(super) const CONFIG: &str = include_str!("../../templates/scaffold/masthead.toml");
/// The first post of a workspace.
pub(super) const FIRST_POST: &str = include_str!("../../templates/scaffold/first-post.md");
/// A new post.
pub(super) const POST: &str = include_str!("../../templates/scaffold/post.md");
/// What git should not keep.
pub(super) const GITIGNORE: &str = include_str!("../../templates/scaffold/gitignore");
/// The workflow that checks pull requests.
pub(super) const CHECK_WORKFLOW: &str = include_str!("../../templates/scaffold/check.yml");
/// The workflow that publishes.
pub(super) const PUBLISH_WORKFLOW: &str = include_str!("../../templates/scaffold/publish.yml");

/// The hook that checks what is staged.
pub(super) const PRE_COMMIT: &str = include_str!("../../templates/hooks/pre-commit");
/// The hook that checks what is pushed.
pub(super) const PRE_PUSH: &str = include_str!("../../templates/hooks/pre-push");
/// The hook that reminds of what is due.
pub(super) const POST_MERGE: &str = include_str!("../../templates/hooks/post-merge");
/// The hook that publishes.
pub(super) const POST_RECEIVE: &str = include_str!("../../templates/hooks/post-receive");

/// Puts values into a scaffold: `{{ name }}` becomes the value of `name`. Everything else stays as it is, `${{ … }}` of
/// workflows included.
pub(super) fn fill(scaffold: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(scaffold.to_owned(), |text, (name, value)| text.replace(&format!("{{{{ {name} }}}}"), value))
}

/// Makes a name for files and ids: lowercase ASCII letters, digits and single dashes.
pub(super) fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_values_are_filled() {
        assert_eq!(fill("a {{ x }} ${{ secrets.X }} {{ y }}", &[("x", "1")]), "a 1 ${{ secrets.X }} {{ y }}");
    }

    #[test]
    fn slugs_are_plain() {
        assert_eq!(slug("The Hoodie — it's here!"), "the-hoodie-it-s-here");
        assert_eq!(slug("東京"), "");
        assert!(slug(&"word ".repeat(50)).len() <= 60);
    }
}
