//! `masthead build`: the preview as a static site in a folder of its own.

use crate::{sandbox::Sandbox, site::html};
use std::fs;

const ACCOUNTS: &str = "[accounts.home]\nnetwork = \"site\"\n\n[accounts.sky]\nnetwork = \"bluesky\"\n\
                        handle = \"acme.example\"\ntoken = \"env:NONE\"\n";

fn post(to: &str, date: &str, text: &str) -> String {
    format!("+++\nto = [\"{to}\"]\ndate = {date}\n+++\n\n{text}\n")
}

fn workspace() -> Sandbox {
    let sandbox = Sandbox::with_config(ACCOUNTS);
    sandbox.write("content/a.md", post("sky", "2030-01-01T09:00:00", "The first."));
    sandbox.write("content/b.md", post("home", "2030-02-01T09:00:00", "The second."));
    sandbox.commit();
    sandbox
}

/// Builds at a moment in January 2030.
fn build(sandbox: &Sandbox, more: &[&str]) -> crate::sandbox::Ran {
    sandbox.run(&[&["build", "--at", "2030-01-05T12:00"], more].concat())
}

/// Lists the files of a folder, by path.
fn files(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let root = sandbox.file(folder);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(&root).expect("below").to_string_lossy().into_owned()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_pages_are_a_site_of_their_own() {
    let sandbox = workspace();
    let ran = build(&sandbox, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stderr.contains("wrote the preview: 2 posts, see "), "{ran:?}");
    let expect = [
        ".masthead-manifest",
        ".masthead-preview",
        "calendar.ics",
        "calendar/2030-02.html",
        "check.html",
        "icon.svg",
        "index.html",
        "plan.html",
        "posts/a.html",
        "posts/b.html",
        "script.js",
        "style.css",
    ];
    assert_eq!(files(&sandbox, "preview"), expect);
    for path in expect.iter().filter(|path| path.ends_with(".html")) {
        let text = fs::read_to_string(sandbox.file(&format!("preview/{path}"))).expect("a page");
        let page = html::read(&text);
        assert!(page.errors.is_empty(), "{path}: {:?}", page.errors);
        for href in page.values("href").into_iter().filter(|href| !href.contains("://") && !href.starts_with('#')) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = sandbox.file(&format!("preview/{folder}")).join(href.split('#').next().expect("a path"));
            assert!(target.is_file(), "{path} links to {href}");
        }
    }
    assert!(sandbox.read("preview/index.html").contains("January 2030"));
}

#[test]
fn a_second_build_changes_nothing_and_a_removed_post_loses_its_page() {
    let sandbox = workspace();
    build(&sandbox, &[]);
    assert!(build(&sandbox, &[]).stderr.contains("the preview is as it was: 2 posts"));
    fs::write(sandbox.file("preview/CNAME"), "acme.example").expect("a file");
    fs::remove_file(sandbox.file("content/b.md")).expect("removed");
    assert!(build(&sandbox, &[]).stderr.contains("wrote the preview: 1 post"));
    let left = files(&sandbox, "preview");
    assert!(!left.iter().any(|path| path == "posts/b.html" || path == "calendar/2030-02.html"), "{left:?}");
    assert!(left.iter().any(|path| path == "CNAME"), "what isn't ours stays: {left:?}");
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let sandbox = workspace();
    sandbox.write("mine/precious.txt", "1");
    let check = |out: &str, why: &str| {
        let ran = build(&sandbox, &["--out", out]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(why) && ran.stderr.contains("hint: name a folder of its own"), "{ran:?}");
    };
    check("mine", "it isn't empty, and no earlier build wrote it");
    check(".", "the workspace's own files are there");
    check("content/preview", "the workspace's own files are there");
    assert_eq!(files(&sandbox, "mine"), ["precious.txt"]);
    // The site that `publish` writes has a manifest too, and is none of ours.
    assert_eq!(sandbox.run(&["publish"]).code, 0);
    check("public", "it isn't empty, and no earlier build wrote it");
}

#[test]
fn what_a_branch_changes_is_marked() {
    let sandbox = workspace();
    sandbox.write("content/gone.md", post("sky", "2030-01-20T09:00:00", "Soon gone."));
    sandbox.write("content/same.md", post("sky", "2030-01-21T09:00:00", "Untouched."));
    sandbox.commit();
    sandbox.git(&["checkout", "-q", "-b", "branch"]);
    fs::remove_file(sandbox.file("content/gone.md")).expect("removed");
    sandbox.write("content/a.md", post("sky", "2030-01-02T09:00:00", "The first."));
    sandbox.write("content/0-new.md", post("sky", "2030-01-03T09:00:00", "Quite new."));
    sandbox.commit();
    // What the other branch does meanwhile is not this branch's doing.
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("content/later.md", post("sky", "2030-01-22T09:00:00", "Later."));
    sandbox.commit();
    sandbox.git(&["checkout", "-q", "branch"]);
    let ran = build(&sandbox, &["--diff", "main"]);
    assert!(ran.stderr.contains("compared with main: 1 new, 1 changed, 1 removed"), "{ran:?}");
    let index = sandbox.read("preview/index.html");
    let list = &index[index.find("id=\"changes\"").expect("a list")..index.find("class=\"tools\"").expect("the tools")];
    let at = |text: &str| list.find(text).unwrap_or_else(|| panic!("{text} is not in {list}"));
    assert!(at("Quite new.") < at("The first.") && at("The first.") < at("content/gone.md"));
    assert!(!list.contains("Untouched.") && !list.contains("Later."), "{list}");
    assert!(sandbox.read("preview/posts/a.html").contains("changed since main"));
    assert!(!sandbox.read("preview/posts/same.html").contains("since main"));
    let ran = build(&sandbox, &["--diff", "nowhere"]);
    assert!(ran.code == 2 && ran.stderr.contains("git knows no single commit `nowhere`"), "{ran:?}");
}

#[test]
fn media_have_copies_without_what_tells_where_they_were_made() {
    let sandbox = workspace();
    let picture = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/content/one-source.png")).expect("a picture");
    fs::create_dir_all(sandbox.file("content/2030")).expect("a folder");
    fs::write(sandbox.file("content/2030/a picture.png"), picture).expect("a picture");
    let text = post("sky", "2030-01-01T09:00:00", "Look.\n\n![A sheet](<2030/a picture.png>)\n\n![None](none.png)");
    sandbox.write("content/a.md", text);
    let ran = build(&sandbox, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(sandbox.file("preview/media/2030/a picture.png").is_file(), "{ran:?}");
    let page = sandbox.read("preview/posts/a.html");
    assert!(page.contains("src=\"../media/2030/a%20picture.png\""), "{page}");
    assert!(page.contains("Not shown here") && page.contains("content/none.png"), "{page}");
}

#[test]
fn a_broken_post_is_shown_with_what_is_wrong() {
    let sandbox = workspace();
    sandbox.write("content/broken.md", "+++\nto = \n+++\n\nText.\n");
    let ran = build(&sandbox, &[]);
    assert!(ran.code == 0 && ran.stderr.contains(" error in the posts and the configuration"), "{ran:?}");
    let page = sandbox.read("preview/posts/broken.html");
    assert!(page.contains("has-error") && page.contains("It can't be drawn until"), "{page}");
    assert!(sandbox.read("preview/check.html").contains("posts/broken.html#L2"));
}

#[test]
fn the_pages_tell_what_the_ledger_tells() {
    let sandbox = workspace();
    sandbox.write("content/b.md", "+++\nto = [\"home\"]\n+++\n\nThe second.\n");
    sandbox.commit();
    assert_eq!(sandbox.run(&["publish"]).code, 0);
    build(&sandbox, &[]);
    let page = sandbox.read("preview/posts/b.html");
    assert!(page.contains("<span class=\"event-kind\">receipt</span>"), "{page}");
    assert!(page.contains("is-published"), "{page}");
}

#[test]
fn a_template_of_the_workspace_that_is_wrong_is_pointed_at() {
    let sandbox = workspace();
    sandbox.write("templates/preview/plan.html", "{% for %}");
    let ran = build(&sandbox, &[]);
    assert!(ran.code == 2 && ran.stderr.contains("`templates/preview/plan.html`, line 1"), "{ran:?}");
    assert!(!sandbox.file("preview").exists());
}

/// What steps don't bound: each doubles what is there.
#[cfg(target_os = "linux")]
#[test]
fn a_template_that_makes_gigabytes_is_ended() {
    let sandbox = workspace();
    let doubled = "{% set x = x ~ x %}".repeat(40);
    sandbox.write("templates/preview/plan.html", format!("{{% set x = \"0123456789abcdef\" %}}{doubled}{{{{ x }}}}"));
    let ran = build(&sandbox, &[]);
    assert!(ran.code != 0 && ran.stderr.contains("memory allocation of"), "{ran:?}");
    assert!(!sandbox.file("preview").exists(), "nothing half made is left");
}

/// A photograph of noise, which no coding makes small.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 7u32;
    let image = image::RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb(state.to_be_bytes()[..3].try_into().expect("three"))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).expect("an image");
    bytes.into_inner()
}

#[test]
fn an_image_is_shown_as_the_network_is_sent_it() {
    const MOST: u64 = 2_000_000;
    let sandbox = workspace();
    let picture = noise(1000, 900);
    assert!(picture.len() as u64 > MOST, "it must be made to fit");
    sandbox.write("content/noise.png", &picture);
    let text = "Look.\n\n![Noise](noise.png)";
    sandbox.write("content/c.md", post("sky\", \"home", "2030-01-03T09:00:00", text));
    sandbox.commit();
    build(&sandbox, &[]).done();
    let fitted = fs::read(sandbox.file("preview/fitted/sky/noise.png")).expect("what is sent");
    assert!(fitted.len() as u64 <= MOST && fitted != picture, "{} bytes", fitted.len());
    let shown = image::load_from_memory(&fitted).expect("an image");
    assert!(shown.width() <= 1000 && shown.width().abs_diff(shown.height() * 10 / 9) <= 2, "its shape is kept");
    // The site takes it as it is, and the original stays.
    assert!(sandbox.file("preview/media/noise.png").is_file());
    assert_eq!(fs::read(sandbox.file("content/noise.png")).expect("the original"), picture);
    let page = sandbox.read("preview/posts/c.html");
    assert!(page.contains("src=\"../fitted/sky/noise.png\"") && page.contains("src=\"../media/noise.png\""), "{page}");
    assert_eq!(page.matches("made to fit:").count(), 1, "{page}");
}
