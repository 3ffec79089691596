//! The pages of the preview: what is on them, that nothing in them can act, and that a workspace may change them.

mod fixture;

use crate::site::html;
use fixture::{CONFIG, Desk};

const POST: &str =
    "+++\nto = [\"everywhere\"]\ndate = 2026-11-25T09:00:00\ntitle = \"Hoodies\"\n+++\n\nDress your Sims. #sims\n";

fn one() -> Desk {
    Desk::new(CONFIG, &[("content/hoodie.md", POST)], Vec::new())
}

#[test]
fn every_page_is_sound_html() {
    let mut desk = one();
    for live in [false, true] {
        desk.live = live;
        for (path, text) in desk.all() {
            let page = html::read(&text);
            assert!(page.errors.is_empty(), "{path}: {:?}\n{text}", page.errors);
        }
    }
}
