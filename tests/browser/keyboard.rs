//! The same with no mouse: by Tab, Enter, Space, Escape and arrows alone.

use crate::{
    driver::{ENTER, ESCAPE, SHIFT, SPACE, TAB, UP},
    site::{Site, post},
};

impl Site {
    /// Goes on to what matches, by Tab, and holds that each thing on the way shows that it has the focus.
    #[track_caller]
    fn tab_to(&self, selector: &str) {
        for _ in 0..120 {
            if self.is(&format!("document.activeElement.matches(\"{selector}\")")) {
                return;
            }
            self.press(&[TAB]);
            self.holds_the_focus();
        }
        panic!("{selector} is not reached by Tab, which ends at {}", self.focused());
    }

    fn focused(&self) -> String {
        self.text("document.activeElement.outerHTML.slice(0, 300)")
    }

    /// Holds that something has the focus, is in the window, and has an outline, as have what it labels.
    #[track_caller]
    fn holds_the_focus(&self) {
        let shown = "(() => { const found = document.activeElement; if (found === document.body) return !document.hasFocus() || found.dataset.start !== undefined; \
                     const shows = (element) => element && getComputedStyle(element).outlineStyle !== 'none'; \
                     const box = (shows(found) ? found : found.nextElementSibling || found).getBoundingClientRect(); \
                     return (shows(found) || shows(found.nextElementSibling)) && box.width > 0 && \
                       box.bottom > 0 && box.top < innerHeight; })()";
        assert!(self.is(shown), "the focus is not seen: {}", self.focused());
    }
}

#[test]
fn all_is_done_without_a_mouse() {
    let Some(site) = Site::start() else { return };
    site.visit("calendar/2030-01.html");
    // Past what stands on every page.
    site.press(&[TAB]);
    assert!(site.is("document.activeElement.matches('.skip')"), "{}", site.focused());
    site.holds_the_focus();
    site.press(&[ENTER]);
    site.wait("document.activeElement.id === 'main'");
    // The views are one stop, with arrows between them.
    site.tab_to("#view-month");
    site.press(&["\u{e014}", "\u{e014}"]);
    assert!(site.is("document.getElementById('view-list').checked"));
    // Open a post, look at its dates, and set another.
    site.tab_to("[data-post=a] a");
    site.press(&[ENTER]);
    site.wait("document.body.classList.contains('page-post') && document.body.dataset.heard !== undefined");
    site.tab_to("#edit summary");
    site.press(&[SPACE]);
    site.tab_to("#edit-date");
    // The month, one further.
    site.press(&[UP]);
    assert_eq!(site.text("document.activeElement.value"), "2030-02-09T09:00");
    site.press(&[ENTER]);
    site.wait("document.querySelector('.line-when').innerText.includes('9 Feb 2030')");
    // The page has been renewed, and the focus is where it was.
    assert_eq!(site.text("document.activeElement.id"), "edit-date");
    site.holds_the_focus();
    assert_eq!(site.changed_lines(), ["-date = 2030-01-09T09:00:00 # then", "+date = 2030-02-09T09:00:00 # then"]);
    site.tab_to("[data-do=draft] button");
    site.press(&[SPACE]);
    site.wait("document.querySelector('.facts .is-draft')");
    assert_eq!(site.text("document.activeElement.innerText"), "This is no draft any more");
    site.holds_the_focus();
    site.end();
}

#[test]
fn a_post_is_moved_by_keys_and_keeps_the_focus() {
    let Some(site) = Site::start() else { return };
    site.visit("calendar/2030-01.html");
    site.tab_to("[data-post=a] .move");
    site.press(&[ENTER]);
    site.wait("document.getElementById('move').open");
    assert_eq!(site.text("document.activeElement.id"), "move-date");
    // Nothing behind the dialog is reached.
    for _ in 0..12 {
        site.press(&[TAB]);
        assert!(
            site.is("document.activeElement === document.body || Boolean(document.activeElement.closest('#move'))")
        );
    }
    // Away without a change, and back where it was.
    site.press(&[ESCAPE]);
    site.wait("!document.getElementById('move').open");
    assert!(site.is("document.activeElement.matches('[data-post=a] .move')"), "{}", site.focused());
    site.press(&[ENTER]);
    site.wait("document.getElementById('move').open");
    // From the month to the day, and to the day after.
    site.press(&["\u{e014}", UP, ENTER]);
    site.wait("document.querySelector(\"[data-day='2030-01-10'] [data-post=a]\")");
    site.wait("document.activeElement.matches('[data-post=a] .move')");
    site.holds_the_focus();
    assert_eq!(site.changed_lines(), ["-date = 2030-01-09T09:00:00 # then", "+date = 2030-01-10T09:00:00 # then"]);
    // Its post goes away under it: the focus stays in the page.
    site.save("content/a.md", post("a", "10", "The first text.").replace("2030-01-10", "2031-01-10"));
    site.wait("!document.querySelector('[data-post=a]')");
    site.wait("document.activeElement.id === 'main'");
    site.end();
}

#[test]
fn a_post_is_written_by_keys() {
    let Some(site) = Site::start() else { return };
    site.visit("calendar/2030-01.html");
    site.tab_to("[data-open=new-post]");
    site.press(&[SPACE]);
    site.wait("document.activeElement.id === 'new-id'");
    site.type_text("by-keys");
    site.tab_to("[value=home]");
    site.press(&[SPACE]);
    site.tab_to("#new-date");
    site.type_text("01222030");
    site.press(&[TAB]);
    site.type_text("0815AM");
    assert_eq!(site.text("document.getElementById('new-date').value"), "2030-01-22T08:15");
    site.tab_to("#new-text");
    site.type_text("Written by keys.");
    site.press_with(SHIFT, TAB);
    site.tab_to("#new-post .primary");
    site.press(&[ENTER]);
    site.wait("document.querySelector(\"[data-day='2030-01-22'] .entry\")");
    site.wait("document.activeElement.matches('[data-open=new-post]')");
    site.holds_the_focus();
    site.end();
}
