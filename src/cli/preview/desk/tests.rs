use super::*;
use crate::{
    model::PostId,
    report::pages::{Live, Pages},
};
use std::fs;

const CONFIG: &str = "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\n\n[accounts.home]\nnetwork = \"site\"\n\n\
                      [accounts.blog]\nnetwork = \"site\"\noutput = \"blog\"\n\n[groups]\nall = [\"home\", \"blog\"]\n";
const LIVE: Live<'_> = Live { token: "t", version: 1 };

struct Folder {
    folder: tempfile::TempDir,
    desk: Desk,
}

impl Folder {
    /// A workspace that was opened, and of which all is known.
    fn open(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a folder");
        let this = Self { desk: Desk::new(&root), folder };
        this.write("masthead.toml", CONFIG);
        files.iter().for_each(|(path, text)| this.write(path, text));
        this.desk.open();
        this.settle();
        this
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.folder.path().join(path);
        fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
        fs::write(place, text).expect("a file");
    }

    fn remove(&self, path: &str) {
        let place = self.folder.path().join(path);
        if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) }.expect("something to remove");
    }

    /// Does what is left to do.
    fn settle(&self) -> Effect {
        let mut effect = Effect::default();
        while self.desk.has_more() {
            effect.add(self.desk.step());
        }
        effect
    }

    /// Saves a file, tells the desk, and returns what became different and how many posts were checked for it.
    fn save(&self, path: &str, text: &str) -> (Effect, u64) {
        self.write(path, text);
        self.tell(&[path])
    }

    fn tell(&self, paths: &[&str]) -> (Effect, u64) {
        self.change(&Changes::of(paths))
    }

    fn change(&self, changes: &Changes) -> (Effect, u64) {
        let before = self.desk.checked();
        let mut effect = self.desk.change(changes);
        effect.add(self.settle());
        (effect, self.desk.checked() - before)
    }

    /// Shows what is wrong, as `path: code`.
    fn wrong(&self) -> Vec<String> {
        let sight = self.desk.look();
        let found = sight.findings();
        let counts = sight.counts();
        let all = || found.values().flatten();
        assert_eq!(counts.errors, all().filter(|finding| finding.level == Level::Error).count());
        assert_eq!(counts.warnings, all().filter(|finding| finding.level == Level::Warning).count());
        found
            .iter()
            .flat_map(|(file, findings)| {
                let path = sight.files().path(*file);
                findings.iter().map(move |finding| format!("{path}: {}", finding.code.name))
            })
            .collect()
    }

    fn page(&self, page: &str) -> Option<String> {
        self.desk.look().post(page, LIVE).map(|page| page.expect("a page"))
    }
}

fn post(id: &str, more: &str, copy: &str) -> String {
    format!("+++\nid = \"{id}\"\nto = [\"all\"]\ndate = 2030-01-01T09:00:00\n{more}+++\n\n{copy}\n")
}

fn ids(ids: &[&str]) -> BTreeSet<PostId> {
    ids.iter().map(|id| PostId::new(*id)).collect()
}

#[test]
fn a_save_touches_one_post() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One")), ("content/b.md", &post("b", "", "Two"))]);
    assert_eq!(folder.desk.checked(), 2);
    assert_eq!(folder.wrong(), [""; 0]);
    let (effect, checked) = folder.save("content/a.md", &post("a", "", "Another text"));
    assert_eq!((effect.posts, effect.all, checked), (ids(&["a"]), false, 1));
    assert!(folder.page("posts/a.html").expect("a page").contains("Another text"));
    // What says the same is no change.
    let (effect, checked) = folder.save("content/a.md", &post("a", "", "Another text"));
    assert!(effect.is_none() && checked == 0, "{effect:?}");
}

#[test]
fn months_are_told_of_what_goes_and_comes() {
    let at = |date: &str| post("a", "", "One").replace("2030-01-01", date);
    let folder = Folder::open(&[("content/a.md", &at("2030-03-02")), ("content/b.md", &post("b", "", "Two"))]);
    let (effect, _) = folder.save("content/a.md", &at("2031-07-15"));
    let own = ["check.html", "index.html", "plan.html", "posts/a.html"];
    let months = ["calendar/2030-02.html", "calendar/2030-03.html", "calendar/2031-07.html"];
    let mut expect = [&months[..], &own[..]].concat();
    expect.sort_unstable();
    assert_eq!(folder.desk.look().pages_of(&effect), expect);
    // Without a date it stands on every month's page, and so it did until now.
    let (effect, _) = folder.save("content/b.md", &post("b", "", "Two").replace("date = 2030-01-01T09:00:00\n", ""));
    let pages = folder.desk.look().pages_of(&effect);
    assert!(
        pages.contains(&"calendar/".to_owned()) && pages.contains(&"calendar/2030-01.html".to_owned()),
        "{pages:?}"
    );
    let (effect, _) = folder.save("content/b.md", &post("b", "", "Two"));
    assert!(folder.desk.look().pages_of(&effect).contains(&"calendar/".to_owned()));
}

#[test]
fn a_page_shows_what_was_saved_before_anybody_was_told() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One"))]);
    folder.write("content/a.md", &post("a", "colour = 1\n", "Saved just now"));
    let page = folder.page("posts/a.html").expect("a page");
    assert!(page.contains("Saved just now") && page.contains("unknown-key"), "{page}");
}

#[test]
fn a_broken_post_keeps_its_page_and_heals() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One")), ("content/b.md", &post("b", "", "Two"))]);
    folder.save("content/a.md", "+++\nid = \"a\"\nto = [\"all\"]\n\nOne\n");
    assert_eq!(folder.wrong(), ["content/a.md: front-matter-fence"]);
    assert!(folder.page("posts/a.html").expect("its page stays").contains("never closed"));
    assert!(folder.page("posts/b.html").expect("a page").contains("Two"));
    let (effect, _) = folder.save("content/a.md", &post("a", "", "One"));
    assert_eq!(effect.posts, ids(&["a"]));
    assert_eq!(folder.wrong(), [""; 0]);
}

#[test]
fn defaults_touch_what_is_below_them() {
    let folder = Folder::open(&[
        ("content/x/a.md", &post("a", "", "One")),
        ("content/x/y/b.md", &post("b", "", "Two")),
        ("content/z.md", &post("z", "", "Three")),
        ("content/x/_defaults.toml", "campaign = \"spring\"\n"),
    ]);
    let (effect, checked) = folder.save("content/x/_defaults.toml", "draft = true\n");
    assert!(effect.all);
    assert_eq!(checked, 2);
    folder.save("content/x/_defaults.toml", "drfat = true\n");
    assert_eq!(folder.wrong(), ["content/x/_defaults.toml: unknown-key"]);
    folder.remove("content/x/_defaults.toml");
    assert_eq!(folder.tell(&["content/x/_defaults.toml"]).1, 2);
    assert_eq!(folder.wrong(), [""; 0]);
}

#[test]
fn a_configuration_that_breaks_keeps_the_last_good_one() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One")), ("content/b.md", &post("b", "", "Two"))]);
    let (effect, checked) = folder.save("masthead.toml", "[workspace]\nname = ");
    assert!(effect.all);
    assert_eq!(checked, 0);
    assert!(folder.wrong().iter().all(|wrong| wrong.starts_with("masthead.toml: ")), "{:?}", folder.wrong());
    assert!(!folder.wrong().is_empty());
    assert!(folder.page("posts/a.html").expect("pages go on").contains("has errors"));
    // Posts are still followed, by what was good.
    folder.save("content/a.md", &post("a", "", "Meanwhile"));
    assert!(folder.page("posts/a.html").expect("a page").contains("Meanwhile"));
    let (_, checked) = folder.save("masthead.toml", CONFIG);
    assert_eq!((checked, folder.wrong()), (0, Vec::new()));
    // What it says now holds for all.
    let (_, checked) = folder.save("masthead.toml", &CONFIG.replace("all = [\"home\", \"blog\"]", "one = [\"home\"]"));
    assert_eq!(checked, 2);
    assert_eq!(folder.wrong(), ["content/a.md: unknown-account", "content/b.md: unknown-account"]);
}

#[test]
fn a_configuration_that_was_never_good_heals() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One"))]);
    let desk = Desk::new(folder.desk.root());
    folder.write("masthead.toml", "x");
    desk.open();
    assert!(desk.look().rules().is_none() && desk.look().trouble().is_some());
    folder.write("masthead.toml", CONFIG);
    desk.change(&Changes::of(&["masthead.toml"]));
    assert!(desk.look().trouble().is_none());
    assert!(desk.look().post("posts/a.html", LIVE).is_some());
}

#[test]
fn posts_that_go_together_are_compared() {
    let folder = Folder::open(&[
        ("content/a.md", &post("a", "reply_to = \"b\"\n", "One")),
        ("content/b.md", &post("b", "", "Two")),
    ]);
    assert_eq!(folder.wrong(), [""; 0]);
    folder.remove("content/b.md");
    let (effect, checked) = folder.tell(&["content/b.md"]);
    assert!(effect.all);
    // What is wrong with the other one is known without reading it again.
    assert_eq!((checked, folder.wrong()), (0, vec!["content/a.md: reference-unknown".to_owned()]));
    assert!(folder.page("posts/b.html").is_none());
    folder.save("content/c.md", &post("b", "", "Two"));
    assert_eq!(folder.wrong(), [""; 0]);
    folder.save("content/d.md", &post("a", "", "Twice"));
    assert_eq!(folder.wrong(), ["content/d.md: duplicate-id"]);
    // Text alone changes nothing between posts, so nothing is compared.
    folder.write("content/c.md", &post("b", "", "Another text"));
    folder.desk.change(&Changes::of(&["content/c.md"]));
    assert!(!folder.desk.has_more());
}

#[test]
fn images_touch_the_posts_that_show_them() {
    let folder =
        Folder::open(&[("content/a.md", &post("a", "", "![A pixel](x.png)")), ("content/b.md", &post("b", "", "Two"))]);
    assert_eq!(folder.wrong().len(), 1, "the image is missing");
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::DynamicImage::ImageRgb8(image::RgbImage::new(800, 600));
    image.write_to(&mut png, image::ImageFormat::Png).expect("an image");
    fs::write(folder.folder.path().join("content/x.png"), png.into_inner()).expect("a file");
    let (effect, checked) = folder.tell(&["content/x.png"]);
    assert_eq!((effect.posts, checked), (ids(&["a"]), 1));
    assert_eq!(folder.wrong(), [""; 0]);
}

#[test]
fn folders_come_and_go() {
    let folder = Folder::open(&[("content/x/a.md", &post("a", "", "One")), ("content/b.md", &post("b", "", "Two"))]);
    fs::rename(folder.folder.path().join("content/x"), folder.folder.path().join("content/y")).expect("a move");
    let (effect, checked) = folder.tell(&["content/x", "content/y"]);
    assert!(effect.all);
    assert_eq!(checked, 1);
    assert!(folder.page("posts/a.html").is_some());
    folder.remove("content/y");
    folder.tell(&["content/y"]);
    assert!(folder.page("posts/a.html").is_none());
    assert_eq!(folder.desk.look().counts().posts, 1);
    folder.remove("content");
    folder.change(&Changes { all: true, ..Changes::default() });
    assert_eq!(folder.desk.look().counts().posts, 0);
}

#[test]
fn a_branch_switch_reads_what_differs() {
    let paths: Vec<String> = (0..600).map(|number| format!("content/{number}.md")).collect();
    let texts: Vec<String> = (0..600).map(|number| post(&format!("p{number}"), "", "One")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let folder = Folder::open(&files);
    for path in &paths[..300] {
        folder.write(path, &post(&path["content/".len()..path.len() - 3], "", "Two"));
    }
    folder.remove(&paths[599]);
    let (_, checked) = folder.change(&Changes { all: true, ..Changes::default() });
    assert_eq!((checked, folder.desk.look().counts().posts), (300, 599));
    assert_eq!(folder.wrong(), [""; 0]);
}

#[test]
fn a_workspace_that_is_gone_is_told_and_comes_back() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One"))]);
    let (root, away) = (folder.desk.root().to_owned(), folder.desk.root().with_extension("away"));
    fs::rename(&root, &away).expect("a move");
    let everything = Changes { all: true, ..Changes::default() };
    folder.change(&everything);
    assert!(folder.desk.look().gone().is_some());
    fs::rename(&away, &root).expect("a move");
    folder.change(&everything);
    assert!(folder.desk.look().gone().is_none());
    assert!(folder.page("posts/a.html").expect("a page").contains("One"));
}

#[test]
fn every_page_can_be_made() {
    let folder = Folder::open(&[
        ("content/a.md", &post("a", "campaign = \"spring\"\n", "One")),
        ("content/b.md", "+++\nto = [\"home\"]\n+++\n\nNo date\n"),
        ("content/c.md", "broken +++"),
        ("freeze.toml", "why = \"a test\"\n"),
    ]);
    let sight = folder.desk.look();
    let month = crate::report::pages::Month { year: 2030, month: 1 };
    assert!(sight.calendar(Some(month), LIVE).expect("a page").expect("no error").contains("posts/a.html"));
    assert!(sight.calendar(None, LIVE).expect("a page").expect("no error").contains("posts/b.html"));
    assert!(sight.plan(LIVE).expect("a page").expect("no error").contains("posts/a.html"));
    assert!(sight.check(LIVE).expect("a page").expect("no error").contains("content/c.md"));
    assert!(sight.feed(LIVE).expect("a feed").contains("BEGIN:VCALENDAR"));
    assert!(sight.post("posts/nowhere.html", LIVE).is_none());
}

#[test]
fn templates_that_break_are_told_and_the_own_ones_taken() {
    let folder = Folder::open(&[("content/a.md", &post("a", "", "One"))]);
    assert!(Pages::new(&BTreeMap::new()).is_ok());
    folder.save("templates/preview/post.html", "{% if %}");
    assert!(folder.page("posts/a.html").expect("a page").contains("templates/preview/post.html"));
    folder.save("templates/preview/post.html", "mine: {{ page.title }}");
    assert!(folder.page("posts/a.html").expect("a page").starts_with("mine: "));
}
