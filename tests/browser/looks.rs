//! That no page that is served is a barrier, breaks its policy, is too wide or runs what a post says; and pictures of all.

use crate::{
    driver::Browser,
    site::{Site, post},
};
use serde_json::json;
use std::{env, fs, io::Write as _, path::Path};

/// What each stands for is told by the page's own script: a page, and what to open in it.
const OPEN: &str = "const [what] = arguments; \
    document.querySelectorAll('details').forEach((details) => (details.open = true)); \
    if (what.startsWith('view-')) document.getElementById(what).click(); \
    if (what.startsWith('dialog-')) { \
      document.querySelector(what.includes('move') ? '.move' : '[data-open]').click(); \
      if (what.endsWith('problem')) document.querySelector('dialog[open] .problem').textContent = \
        'content/a.md has changed since this page was made, so nothing was written. Look at what it says now.'; \
    } \
    if (what === 'said') { \
      document.getElementById('said').textContent = 'Saved: content/2026/hoodie-launch.md'; \
      document.getElementById('lost').textContent = 'The program that serves this page is gone. The page waits for it.'; \
    }";

const PAGES: [(&str, &[&str]); 10] = [
    (
        "index.html",
        &[
            "view-month",
            "view-week",
            "view-list",
            "dialog-new",
            "dialog-new-problem",
            "dialog-move",
            "dialog-move-problem",
        ],
    ),
    ("plan.html", &[""]),
    ("check.html", &[""]),
    ("posts/hoodie-launch.html", &["", "said"]),
    ("posts/everything.html", &[""]),
    ("posts/everywhere.html", &[""]),
    ("posts/long-words.html", &[""]),
    ("posts/broken.html", &[""]),
    ("posts/arabic.html", &[""]),
    ("posts/welcome.html", &[""]),
];
const EMPTY: [(&str, &[&str]); 3] = [("index.html", &["", "dialog-new"]), ("plan.html", &[""]), ("check.html", &[""])];

/// Does something with each page, with each thing open, light and dark, at these widths.
fn each(site: &Site, pages: &[(&str, &[&str])], widths: &[u32], mut then: impl FnMut(&str)) {
    for scheme in ["light", "dark"] {
        for width in widths {
            site.look(*width, 900, scheme);
            for (page, open) in pages {
                for what in *open {
                    site.visit(page);
                    site.run(OPEN, &[json!(what)]);
                    then(&format!("{page} {what} {scheme} {width}"));
                }
            }
        }
    }
}

/// Holds that axe-core finds nothing, and that nothing is cut off or fetched from elsewhere.
fn look_for_barriers(site: &Site, pages: &[(&str, &[&str])]) {
    let axe = env::var("MASTHEAD_AXE").expect("MASTHEAD_AXE goes with MASTHEAD_BROWSER: run tests/browser.sh");
    let axe = fs::read_to_string(&axe).unwrap_or_else(|error| panic!("MASTHEAD_AXE={axe}: {error}"));
    let rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    // Where it looked at nothing, finding nothing means nothing.
    let look = "return axe.run({ runOnly: arguments[0] }).then(({ violations, passes }) => passes.length < 15 ? \
                [`looked at ${passes.length} things only`] : violations.map(({ id, nodes }) => \
                `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`))";
    let mut found = Vec::new();
    each(site, pages, &[320, 1440], |what| {
        site.run(&axe, &[]);
        let violations = site.run(look, &[json!(rules)]);
        found.extend(violations.as_array().expect("a list").iter().map(|violation| format!("{what}: {violation}")));
        let wide = site.value("document.documentElement.scrollWidth - innerWidth");
        found.extend((wide.as_i64() > Some(0)).then(|| format!("{what}: is {wide} pixels too wide")));
        let elsewhere = site.run(
            "return performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith(arguments[0]))",
            &[json!(site.url)],
        );
        found.extend((elsewhere != json!([])).then(|| format!("{what}: fetched {elsewhere}")));
    });
    assert!(found.is_empty(), "{} found:\n{}", found.len(), found.join("\n"));
}

#[test]
fn no_page_is_a_barrier() {
    let Some(site) = Site::rich(&[]) else { return };
    look_for_barriers(&site, &PAGES);
    site.end();
}

#[test]
fn no_empty_page_is_a_barrier() {
    let Some(site) = Site::rich(&["--empty"]) else { return };
    look_for_barriers(&site, &EMPTY);
    site.end();
}

#[test]
fn what_posts_say_is_text_and_runs_nothing() {
    let Some(site) = Site::start() else { return };
    let nasty = "</title></script><script>window.ran=1</script><img src=x onerror=\\\"window.ran=1\\\">'><svg onload=window.ran=1>";
    let config = site.sandbox.read("masthead.toml").replace("name = \"Acme\"", &format!("name = \"{nasty}\""));
    let told = format!("network = \"site\"\ntitle = \"{nasty}\"\ndescription = \"{nasty}\"");
    site.save("masthead.toml", config.replace("network = \"site\"", &told));
    let front = format!(
        "title = \"{nasty}\"\ncampaign = \"{nasty}\"\ntags = [\"{nasty}\"]\nhashtags = [\"a\"]\nlanguage = \"en\"\nunknown = \"{nasty}\"\n\
         [mastodon]\ncontent_warning = \"{nasty}\"\n[poll]\noptions = [\"{nasty}\", \"b\"]\nduration = \"3d\"\n"
    );
    let copy = format!(
        "{0} [x](javascript:window.ran=1) <javascript:window.ran=1> [y](data:text/html,<script>window.ran=1</script>)\n\n![{0}](x.png)\n\n{{{{ 7*7777 }}}}",
        nasty.replace("\\\"", "\"")
    );
    let text = post("a", "09", &copy).replace("# then\n", &format!("# {}\n{front}", nasty.replace("\\\"", "\"")));
    site.save("content/a.md", text.replace("to = [\"home\", \"brand\"]", "to = [\"home\", \"brand\", \"sky\"]"));
    site.visit("posts/a.html");
    site.wait("document.querySelector('h1').innerText.includes('<script>window.ran=1</script>')");
    for page in ["posts/a.html", "calendar/2030-01.html", "index.html", "plan.html", "check.html"] {
        site.visit(page);
        // And as it is put into a page that is open.
        site.save("content/sub/b.md", post("b", "16", &format!("Another of {page}. {}", nasty.replace("\\\"", "\""))));
        site.wait("document.body.innerText.includes('window.ran=1')");
        assert!(site.is("window.ran === undefined"), "{page} runs what a post says");
        let odd = "[...document.querySelectorAll('*')].filter((element) => [...element.attributes].some(({ name, value }) => \
                   name.startsWith('on') || /^(javascript|data):/i.test(value))).map((element) => element.outerHTML)";
        assert_eq!(site.value(odd), json!([]), "{page}");
        assert!(
            site.is("document.scripts.length === 1 && !document.querySelector('img[src=x], svg[onload]')"),
            "{page}"
        );
        assert!(!site.is("document.body.innerText.includes('54439')"), "{page}");
    }
    site.end();
}

#[test]
fn pictures_are_taken_for_people_to_look_at() {
    let Some(folder) = env::var_os("MASTHEAD_PICTURES").filter(|_| Browser::wanted().is_some()) else {
        let _ = writeln!(std::io::stderr(), "skipped: set MASTHEAD_PICTURES to a folder for pictures");
        return;
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).expect("a folder");
    for (kind, pages) in [("", &PAGES[..]), ("--empty", &EMPTY[..])] {
        let arguments: Vec<&str> = Some(kind).filter(|kind| !kind.is_empty()).into_iter().collect();
        let Some(site) = Site::rich(&arguments) else { return };
        each(&site, pages, &[390, 1440], |what| {
            let name = what.replace("posts/", "").replace(".html", "").replace(' ', "-").replace("--", "-");
            fs::write(folder.join(format!("{name}{kind}.png")), site.picture()).expect("a picture");
        });
        site.end();
    }
}
