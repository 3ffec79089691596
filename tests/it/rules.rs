//! The pages of the rules are what the code says.

use masthead::{check, report};
use std::{collections::BTreeMap, fs, path::Path};

/// Set to `1`, it writes the pages anew instead of comparing them.
const BLESS: &str = "MASTHEAD_BLESS";

#[test]
fn docs_rules_are_what_the_code_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let codes = check::codes();
    let mut expected: BTreeMap<String, String> =
        codes.iter().map(|code| (format!("{}.md", code.name), report::rule_page(code))).collect();
    expected.insert("README.md".to_owned(), report::rules_index(&codes));

    if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the old pages can be removed");
        }
        fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, page) in &expected {
            fs::write(folder.join(name), page).expect("a page can be written");
        }
    }

    let mut actual = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("docs/rules exists") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        actual.insert(name, fs::read_to_string(entry.path()).expect("a page"));
    }
    for (name, page) in &expected {
        assert_eq!(actual.remove(name).as_ref(), Some(page), "docs/rules/{name} is stale: run with {BLESS}=1");
    }
    assert_eq!(actual.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "pages of no rule: run with {BLESS}=1");
}
