//! What the documents say of the project is true.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns every Markdown document of the project itself.
fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a readable folder") {
            let entry = entry.expect("a readable entry");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn paths_in_the_documents_exist() {
    const TOPS: [&str; 7] = ["src/", "tests/", "docs/", "templates/", "content/", "benches/", ".ci/"];
    let mut missing = Vec::new();
    for document in documents() {
        let text = read(&document);
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path =
                TOPS.iter().any(|top| quoted.starts_with(top)) && !quoted.contains([' ', '*', '<', '{', '\n', '…']);
            if is_path && !root().join(quoted.trim_end_matches('/')).exists() {
                missing.push(format!("{document}: `{quoted}`"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn relative_links_in_the_documents_lead_somewhere() {
    let mut missing = Vec::new();
    for document in documents() {
        // What stands between fences or backticks are samples.
        let text: String = read(&document).split("\n```").step_by(2).collect();
        let text: String = text.split('`').step_by(2).collect();
        let folder = Path::new(&document).parent().expect("a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or(target);
            if !path.is_empty()
                && !path.contains("://")
                && !path.starts_with("mailto:")
                && !root().join(folder).join(path).exists()
            {
                missing.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_changelog_begins_with_this_version() {
    let text = read("CHANGELOG.md");
    let versions: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## [")).collect();
    let newest = versions.iter().find(|version| !version.starts_with("Unreleased"));
    let expected = env!("CARGO_PKG_VERSION");
    assert!(
        newest.is_none_or(|version| version.starts_with(expected)),
        "the newest version in the changelog is {newest:?}, the package's is {expected}"
    );
    assert!(versions.first().is_some_and(|first| first.starts_with("Unreleased")), "there is an Unreleased section");
}
