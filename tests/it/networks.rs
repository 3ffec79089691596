//! The pages of the networks are made from their profiles. `MASTHEAD_BLESS=1 cargo test` writes them anew.

use masthead::{network, report};
use std::{env, fs, path::Path};

#[test]
fn the_pages_of_the_networks_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("docs/networks");
    let profiles: Vec<_> = network::ALL.iter().map(|network| network.profile()).collect();
    let mut pages = vec![("README.md".to_owned(), report::networks_index(&profiles))];
    for profile in &profiles {
        pages.push((format!("{}.md", profile.id), report::network_page(profile)));
    }
    if env::var_os("MASTHEAD_BLESS").is_some() {
        fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in &pages {
            fs::write(folder.join(name), text).expect("a file");
        }
    }
    for (name, text) in &pages {
        let there = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(&there, text, "docs/networks/{name} is stale: run MASTHEAD_BLESS=1 cargo test --test it");
    }
    let extra = fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(extra, pages.len(), "there is a page of no network");
}
