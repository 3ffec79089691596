//! What people change in a page, with a mouse or a finger, and what becomes of the files.

use crate::{
    driver::Pointer,
    site::{Site, post},
};

const MONTH: &str = "calendar/2030-01.html";

#[test]
fn a_post_that_is_dragged_to_another_day_differs_by_a_line() {
    let Some(site) = Site::start() else { return };
    site.visit(MONTH);
    site.drag("[data-post=a] .entry-when", "[data-day='2030-01-17']");
    site.wait("document.querySelector(\"[data-day='2030-01-17'] [data-post=a]\")");
    assert!(site.is("!document.querySelector(\"[data-day='2030-01-09'] [data-post=a]\")"));
    assert_eq!(site.changed_lines(), ["-date = 2030-01-09T09:00:00 # then", "+date = 2030-01-17T09:00:00 # then"]);
    assert!(site.is("!document.querySelector('.is-dragged, .is-target')"));
    // And once more: the page knows what it says now.
    site.drag("[data-post=a] .entry-when", "[data-day='2030-01-10']");
    site.wait("document.querySelector(\"[data-day='2030-01-10'] [data-post=a]\")");
    assert_eq!(site.changed_lines(), ["-date = 2030-01-09T09:00:00 # then", "+date = 2030-01-10T09:00:00 # then"]);
    // To its own day, nothing changes.
    site.drag("[data-post=a] .entry-when", "[data-day='2030-01-10'] h3");
    assert_eq!(site.changed_lines().len(), 2);
    site.end();
}

#[test]
fn what_stands_by_an_accounts_own_date_is_not_moved() {
    let Some(site) = Site::start() else { return };
    let own = "# then\n[brand]\ndate = 2030-01-10T10:00:00\n";
    site.save("content/a.md", post("a", "09", "Two dates.").replace("# then\n", own));
    site.visit(MONTH);
    site.wait("document.querySelector(\"[data-day='2030-01-10'] .entry\")");
    // Its day would be written as the other accounts' date.
    assert!(site.is("!document.querySelector(\"[data-day='2030-01-10'] :is(.move, [draggable=true])\")"));
    assert!(site.is("Boolean(document.querySelector(\"[data-day='2030-01-09'] [data-post=a] .move\"))"));
    site.end();
}

#[test]
fn a_finger_moves_a_post_by_its_button() {
    let Some(site) = Site::start() else { return };
    site.look(390, 800, "light");
    site.visit(MONTH);
    site.point(Pointer::Touch, "[data-post=b] .move");
    site.wait("document.getElementById('move').open");
    assert_eq!(site.text("document.querySelector('.move-title').innerText"), "Another post.");
    assert_eq!(site.text("document.getElementById('move-date').value"), "2030-01-16T09:00");
    site.run("document.getElementById('move-date').value = '2030-01-24T18:30'", &[]);
    site.point(Pointer::Touch, "#move .primary");
    site.wait("document.querySelector(\"[data-day='2030-01-24'] [data-post=b]\")");
    assert!(!site.is("document.getElementById('move').open"));
    assert_eq!(site.changed_lines(), ["-date = 2030-01-16T09:00:00 # then", "+date = 2030-01-24T18:30:00 # then"]);
    site.end();
}

#[test]
fn a_move_that_is_refused_says_why_where_it_was_asked_for() {
    let Some(site) = Site::start() else { return };
    site.visit(MONTH);
    let before = site.sandbox.read("content/a.md");
    site.click("[data-post=a] .move");
    // The clock skips it.
    site.run("document.getElementById('move-date').value = '2030-03-31T02:30'", &[]);
    site.click("#move .primary");
    site.wait("document.querySelector('#move .problem').innerText.includes('not one moment')");
    assert!(site.is("document.getElementById('move').open"));
    site.click("#move [value=cancel]");
    site.wait("!document.getElementById('move').open");
    assert_eq!(site.sandbox.read("content/a.md"), before);
    // A browser tells its console of answers that are refusals.
    let messages = site.messages();
    assert!(messages.iter().all(|message| message.contains("409")), "{messages:#?}");
    site.end();
}

#[test]
fn forms_change_the_date_the_accounts_and_the_draft() {
    let Some(site) = Site::start() else { return };
    site.visit("posts/a.html");
    site.click("#edit summary");
    site.run("document.getElementById('edit-date').value = '2030-02-03T10:00'", &[]);
    site.click("[data-do=date] button");
    site.wait("document.querySelector('.line-when').innerText.includes('3 Feb 2030')");
    site.wait("document.getElementById('said').innerText === 'Saved: content/a.md'");
    site.click("[data-do=to] [value=brand]");
    site.click("[data-do=to] [value=sky]");
    site.click("[data-do=to] button");
    site.wait("document.getElementById('on-sky') && !document.getElementById('on-brand')");
    site.click("[data-do=draft] button");
    site.wait("document.querySelector('.facts .is-draft')");
    assert_eq!(
        site.changed_lines(),
        [
            "-to = [\"home\", \"brand\"]",
            "-date = 2030-01-09T09:00:00 # then",
            "+to = [\"home\", \"sky\"]",
            "+draft = true",
            "+date = 2030-02-03T10:00:00 # then",
        ]
    );
    site.click("[data-do=draft] button");
    site.wait("!document.querySelector('.facts .is-draft')");
    assert!(!site.sandbox.read("content/a.md").contains("draft = true"));
    assert!(site.is("document.getElementById('edit').open"));
    site.end();
}

#[test]
fn what_is_typed_stays_while_others_save() {
    let Some(site) = Site::start() else { return };
    site.visit("posts/a.html");
    site.click("#edit summary");
    site.click("[data-do=to] [value=sky]");
    site.save("content/a.md", post("a", "10", "Meanwhile."));
    site.wait_for_words("Meanwhile.");
    // What somebody chose stays; what nobody touched follows the file.
    assert!(site.is("document.querySelector('[data-do=to] [value=sky]').checked"));
    assert_eq!(site.text("document.getElementById('edit-date').value"), "2030-01-10T09:00");
    site.click("[data-do=to] button");
    site.wait("document.getElementById('on-sky')");
    assert!(site.sandbox.read("content/a.md").contains("to = [\"home\", \"brand\", \"sky\"]"));
    // A group keeps its name, and what is chosen keeps its order.
    let text = post("a", "10", "A group.").replace("to = [\"home\", \"brand\"]", "to = [\"sky\", \"everywhere\"]");
    site.save("content/a.md", text);
    site.wait("document.querySelector('[data-do=to] [value=everywhere]').checked");
    assert!(!site.is("document.querySelector('[data-do=to] [value=home]').checked"));
    site.click("[data-do=to] [value=brand]");
    site.click("[data-do=to] button");
    site.wait("document.getElementById('file').parentElement.innerText.includes('\"sky\", \"everywhere\", \"brand\"')");
    site.end();
}

#[test]
fn a_post_is_written_in_the_page() {
    let Some(site) = Site::start() else { return };
    site.visit(MONTH);
    site.click("[data-open=new-post]");
    site.wait("document.getElementById('new-post').open");
    site.type_text("hello");
    site.click("#new-post [value=home]");
    site.run("document.getElementById('new-date').value = '2030-01-21T09:00'", &[]);
    site.click("#new-text");
    site.type_text("Hello from the page.");
    // A page that changes leaves the dialog as it is.
    site.save("content/a.md", post("a", "11", "The first text."));
    site.wait("document.querySelector(\"[data-day='2030-01-11'] [data-post=a]\")");
    assert_eq!(site.text("document.getElementById('new-text').value"), "Hello from the page.");
    site.click("#new-post .primary");
    site.wait("document.querySelector(\"[data-day='2030-01-21'] .entry\")");
    assert!(!site.is("document.getElementById('new-post').open"));
    assert_eq!(site.text("document.getElementById('new-text').value"), "");
    let files = site.sandbox.git(&["status", "--porcelain", "-uall"]);
    let path = files.lines().find_map(|line| line.strip_prefix("?? ")).expect("a new file");
    let text = site.sandbox.read(path);
    assert!(text.contains("to = [\"home\"]\ndate = 2030-01-21T09:00:00+01:00\ndraft = true\n"), "{text}");
    assert!(text.ends_with("\n\nHello from the page.\n"), "{text}");
    site.click("#said a");
    site.wait("document.querySelector('h1')?.innerText.startsWith('Hello from the page')");
    site.end();
}

#[test]
fn a_post_is_written_on_a_branch_of_its_own() {
    let Some(site) = Site::start() else { return };
    site.visit(MONTH);
    let head = site.sandbox.git(&["rev-parse", "HEAD"]);
    site.click("[data-open=new-post]");
    site.type_text("hello");
    site.click("#new-post [value=everywhere]");
    site.click("#new-text");
    site.type_text("Hello from a branch.");
    site.click("#new-branch");
    site.type_text("post/hello");
    site.click("#new-post .primary");
    site.wait("document.getElementById('said').innerText.includes('post/hello')");
    assert_eq!(site.sandbox.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(site.sandbox.git(&["status", "--porcelain"]), "");
    let diff = site.sandbox.git(&["diff", "main...post/hello"]);
    assert!(diff.contains("+Hello from a branch."), "{diff}");
    // A second of that name is refused, and says so in the dialog, which keeps what was typed.
    site.click("[data-open=new-post]");
    site.type_text("other");
    site.click("#new-text");
    site.type_text("Kept.");
    site.click("#new-branch");
    site.type_text("post/hello");
    site.click("#new-post .primary");
    site.wait("document.querySelector('#new-post .problem').innerText.includes('post/hello')");
    assert_eq!(site.text("document.getElementById('new-text').value"), "Kept.");
    site.messages();
    site.end();
}
