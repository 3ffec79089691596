use super::*;

/// Includes the files of the corpus by name.
macro_rules! corpus {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../tests/fuzz-corpus/content/", $name, ".md")))),*]
    };
}

/// Hostile posts: each was written to break one step of parsing.
pub(super) const CORPUS: &[(&str, &str)] = corpus! {
    "bidi-front" "bidi" "blank" "combining" "dates-toml-2" "dates-toml" "dates-yaml" "deep-brackets" "deep-emphasis"
    "deep-images" "deep-links" "deep-lists-indented" "deep-lists" "deep-mixed" "deep-quotes" "deep-strong" "empty"
    "entities" "fence-blank-first" "fence-boms" "fence-cr-only" "fence-crlf" "fence-indented" "fence-many"
    "fence-mixed" "fence-only-plus" "fence-open-toml" "fence-open-yaml" "html" "huge-audience" "huge-breaks"
    "huge-headings" "huge-list" "huge-mentions" "huge-ordered" "huge-refs" "huge-table" "huge-tags" "huge-urls"
    "long-line" "long-word-tag" "media" "nested-media" "nul-front" "nul" "people" "setext" "ticks" "tildes"
    "toml-arrays-of-tables" "toml-deep-inline" "toml-deep" "toml-dotted-inline" "toml-dotted" "toml-duplicate"
    "toml-escapes" "toml-numbers" "toml-strings" "toml-unquoted" "trailing-backslash" "underscores"
    "yaml-anchor-name" "yaml-bomb" "yaml-dashes" "yaml-deep-block" "yaml-deep" "yaml-duplicate" "yaml-long-key"
    "yaml-merge" "yaml-multi" "yaml-numbers" "yaml-odd-keys" "yaml-quadratic" "yaml-recursive" "yaml-scalar"
    "yaml-tabs" "yaml-tags"
};

#[test]
fn hostile_posts_are_read_without_panic_and_in_bounded_time() {
    for (name, text) in CORPUS {
        // A post's drop and its printing walk the whole tree: neither may exhaust the stack.
        let (post, findings) = read(text);
        assert!(format!("{post:?}").len() < 64 * text.len() + 4_096, "{name}");
        assert!(findings.len() < 25_000, "{name}");
    }
}

#[test]
fn every_file_of_the_corpus_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz-corpus/content");
    let files = std::fs::read_dir(folder).expect("the corpus").count();
    assert_eq!(files, CORPUS.len());
}
