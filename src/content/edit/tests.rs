use super::*;
use crate::{
    config::fixture,
    content::{self, Defaults, tests::without_places},
    model::Post,
};
use proptest::prelude::*;

const NEW: &str = "2027-01-02T10:30:00";

#[track_caller]
fn check(text: &str, change: Change<'_>, expect: &str) {
    let edit = edit(text, change).expect("an edit").expect("a change");
    let edited = edit.apply(text);
    assert_eq!(edited, expect);
    // What is said already is no change.
    assert_eq!(super::edit(&edited, change), Ok(None));
}

#[track_caller]
fn refused(text: &str, change: Change<'_>, expect: &str) {
    let refused = edit(text, change).expect_err("a refusal");
    assert!(refused.message.contains(expect), "{refused:?}");
    assert!(!refused.hint.is_empty());
}

#[test]
fn a_date_is_changed_in_its_place() {
    let date = Change::Date(NEW);
    check(
        "+++\ndate = 2026-12-01T09:00:00 # then\nto = [\"sky\"]\n+++\nA\n",
        date,
        "+++\ndate = 2027-01-02T10:30:00 # then\nto = [\"sky\"]\n+++\nA\n",
    );
    check(
        "+++\r\ndate   =\t2026-12-01 09:00:00+01:00\r\n+++\r\nA",
        date,
        "+++\r\ndate   =\t2027-01-02T10:30:00\r\n+++\r\nA",
    );
    check(
        "\u{feff}+++\n\"date\" = \"2026-12-01 9:00\"\n+++\n",
        date,
        "\u{feff}+++\n\"date\" = \"2027-01-02T10:30:00\"\n+++\n",
    );
    check(
        "---\ndate: 2026-12-01T09:00:00 # then\nto: [sky]\n---\nA\n",
        date,
        "---\ndate: 2027-01-02T10:30:00 # then\nto: [sky]\n---\nA\n",
    );
    check(
        "---\n{to: [sky], date: '2026-12-01 09:00'}\n---\nA\n",
        date,
        "---\n{to: [sky], date: '2027-01-02T10:30:00'}\n---\nA\n",
    );
    check("\n+++\ndate = 2026-12-01T09:00:00\n+++\n", date, "\n+++\ndate = 2027-01-02T10:30:00\n+++\n");
}

#[test]
fn dates_of_tables_and_texts_that_look_like_one_stay() {
    check(
        "+++\ntitle = \"\"\"\ndate = 1\n\"\"\"\ndate = 2026-12-01T09:00:00\n[sky]\ndate = 2026-12-01T09:00:00\n+++\ndate = 2026-12-01T09:00:00\n",
        Change::Date(NEW),
        "+++\ntitle = \"\"\"\ndate = 1\n\"\"\"\ndate = 2027-01-02T10:30:00\n[sky]\ndate = 2026-12-01T09:00:00\n+++\ndate = 2026-12-01T09:00:00\n",
    );
}

#[test]
fn a_key_that_is_missing_comes_beside_its_like() {
    let date = Change::Date(NEW);
    check(
        "+++\nid = \"a\"\nto = [\n  \"sky\", # both\n  \"brand\",\n] # end\ntags = []\n[sky]\n+++\nA\n",
        date,
        "+++\nid = \"a\"\nto = [\n  \"sky\", # both\n  \"brand\",\n] # end\ndate = 2027-01-02T10:30:00\ntags = []\n[sky]\n+++\nA\n",
    );
    check(
        "+++\r\nid = \"a\"\r\n[sky]\r\n+++\r\n",
        Change::Draft(true),
        "+++\r\nid = \"a\"\r\ndraft = true\r\n[sky]\r\n+++\r\n",
    );
    check("+++\n[sky]\n+++\n", date, "+++\ndate = 2027-01-02T10:30:00\n[sky]\n+++\n");
    check(
        "+++\nmastodon.visibility = \"public\"\n+++\n",
        date,
        "+++\ndate = 2027-01-02T10:30:00\nmastodon.visibility = \"public\"\n+++\n",
    );
    check("+++\n+++\n", date, "+++\ndate = 2027-01-02T10:30:00\n+++\n");
    check("+++\n+++", date, "+++\ndate = 2027-01-02T10:30:00\n+++");
    check(
        "---\nto:\n  - sky\n  - brand\nsky:\n  langs: [en]\n---\n",
        date,
        "---\nto:\n  - sky\n  - brand\ndate: 2027-01-02T10:30:00\nsky:\n  langs: [en]\n---\n",
    );
    check("---\n---\nA", Change::To(&["sky"]), "---\nto: [\"sky\"]\n---\nA");
}

#[test]
fn front_matter_is_begun_where_there_is_none() {
    check("A\n", Change::Date(NEW), "+++\ndate = 2027-01-02T10:30:00\n+++\n\nA\n");
    check("", Change::Draft(true), "+++\ndraft = true\n+++\n");
    check("\u{feff}A\r\nB", Change::Draft(true), "\u{feff}+++\r\ndraft = true\r\n+++\r\n\r\nA\r\nB");
    check("\n\nA", Change::Draft(true), "+++\ndraft = true\n+++\n\n\nA");
    check("  +++\n", Change::Draft(true), "+++\ndraft = true\n+++\n  +++\n");
}

#[test]
fn lists_keep_their_looks() {
    let to = Change::To(&["brand", "team"]);
    check("+++\nto = [\"sky\"] # x\n+++\n", to, "+++\nto = [\"brand\", \"team\"] # x\n+++\n");
    check(
        "+++\nto = [\n    \"sky\",\n    \"brand\"\n  ]\n+++\n",
        to,
        "+++\nto = [\n    \"brand\",\n    \"team\",\n  ]\n+++\n",
    );
    check(
        "+++\r\nto = [\r\n\t\"sky\"\r\n]\r\n+++\r\n",
        to,
        "+++\r\nto = [\r\n\t\"brand\",\r\n\t\"team\",\r\n]\r\n+++\r\n",
    );
    check("---\nto: [sky]\n---\n", to, "---\nto: [brand, team]\n---\n");
    check("---\nto: [\"sky\"]\n---\n", to, "---\nto: [\"brand\", \"team\"]\n---\n");
    check("---\nto:\n  - sky\nid: a\n---\n", to, "---\nto:\n  - brand\n  - team\nid: a\n---\n");
    check("---\nto:\n- \"sky\"\n- \"a\"\n- \"b\"\nid: a\n---\n", to, "---\nto:\n- \"brand\"\n- \"team\"\nid: a\n---\n");
    check("---\nto: [sky]\n---\n", Change::To(&["123", "on"]), "---\nto: [\"123\", \"on\"]\n---\n");
}

#[test]
fn names_are_read_as_they_are_written() {
    let check = |text: &str, expect: &[&str]| assert_eq!(named(text), expect, "{text}");
    check("+++\nto = [\"sky\", \"team\"]\n+++\n", &["sky", "team"]);
    check("---\nto:\n- team\n- \"sky\"\n---\n", &["team", "sky"]);
    for none in ["+++\nid = \"a\"\n+++\n", "+++\nto = [\n+++\n", "+++\nto = 1\n+++\n", "A"] {
        check(none, &[]);
    }
}

#[test]
fn what_is_not_safe_is_refused() {
    let to = Change::To(&["brand"]);
    refused("+++\nto = [\n  \"sky\", # for the fans\n]\n+++\n", to, "comment");
    refused("---\nto:\n  - sky\n  # and more\n  - brand\n---\n", Change::To(&["team"]), "comment");
    refused("+++\nto = [\n+++\n", to, "can't be read");
    refused("+++\nto = []\n", to, "can't be read");
    refused("---\n{id: a}\n---\n", Change::Draft(true), "without touching");
    refused(
        "---\nid: &x a\ntitle: *x\ndate: &d 2026-12-01T09:00:00\ncampaign: *d\n---\n",
        Change::Date(NEW),
        "without touching",
    );
    refused("+++\n+++\n", Change::To(&[]), "somewhere");
    refused("+++\n+++\n", Change::To(&["a\"]\nb = ["]), "no name");
    for date in [
        "",
        "2026-12-01",
        "tomorrow",
        "2026-13-01T09:00:00",
        "2026-12-01T09:00:00\nto = []",
        "2026-12-01T09:00:00 # x",
        "éééééééééé",
    ] {
        refused("+++\n+++\n", Change::Date(date), "no date");
    }
}

#[test]
fn a_draft_is_turned_on_and_off() {
    check("+++\ndraft = true\n+++\n", Change::Draft(false), "+++\ndraft = false\n+++\n");
    check("---\ndraft: false # not yet\n---\n", Change::Draft(true), "---\ndraft: true # not yet\n---\n");
    assert_eq!(edit("+++\ndraft = true\n+++\n", Change::Draft(true)), Ok(None));
}

fn parsed(text: &str) -> Option<Post> {
    let (post, _) = content::parse(FileId(0), "content/a.md", text, &fixture::config(), &Defaults::default());
    post
}

/// Lines of front matter in either language, of which a post takes some, in any order.
const TOML: &[&str] = &[
    "id = \"a\"",
    "to = [\"sky\"]",
    "to = [\n  \"sky\",\n  'brand',\n]",
    "date = 2026-12-01T09:00:00",
    "date = \"2026-12-01T09:00:00+01:00\" # x",
    "draft = true",
    "'draft' = false",
    "# a comment\n",
    "tags = [\"x\", \"#y\"] # z",
    "title = '''\na\n'''",
    "campaign = \"date = 1\"",
    "mastodon.visibility = \"public\"",
    "poll = { options = [\"a\", \"b\"], duration = \"1d\" }",
    "",
];
const YAML: &[&str] = &[
    "id: a",
    "to: [sky]",
    "to:\n  - sky\n  - brand",
    "to:\n- 'sky'",
    "date: 2026-12-01T09:00:00",
    "date: '2026-12-01 09:00' # x",
    "draft: true",
    "draft: false",
    "# a comment",
    "tags: [x, y] # z",
    "title: >\n  a\n  b",
    "mastodon:\n  visibility: public",
    "",
    "poll: {options: [a, b], duration: 1d}",
];
const TABLES: &[&str] = &[
    "",
    "[sky]\ndate = 2026-12-03T09:00:00\n",
    "[sky]\nlangs = [\n  \"en\",\n]\n[mastodon] # x\nvisibility = \"public\"\n",
];

fn post() -> impl Strategy<Value = String> {
    let some = |lines: &'static [&'static str]| proptest::collection::vec(proptest::sample::select(lines), 0..7);
    let toml = (some(TOML), proptest::sample::select(TABLES))
        .prop_map(|(lines, tables)| format!("+++\n{}\n{tables}+++\n", lines.join("\n")));
    let yaml = some(YAML).prop_map(|lines| format!("---\n{}\n---\n", lines.join("\n")));
    let front = prop_oneof![4 => toml, 4 => yaml, 1 => Just(String::new())];
    let body = prop_oneof![
        Just(String::new()),
        Just("\nDress é\n\n---\n\n# @sky\n\ndraft = true\n+++\n".to_owned()),
        "[ -~\n]{0,30}"
    ];
    (any::<bool>(), any::<bool>(), front, body).prop_map(|(mark, windows, front, body)| {
        let text = format!("{}{front}{body}", if mark { "\u{feff}" } else { "" });
        if windows { text.replace('\n', "\r\n") } else { text }
    })
}

fn change() -> impl Strategy<Value = Change<'static>> {
    prop_oneof![
        Just(Change::Date(NEW)),
        Just(Change::Date("2026-12-01T09:00:00+01:00")),
        any::<bool>().prop_map(Change::Draft),
        Just(Change::To(&["brand", "sky"])),
        Just(Change::To(&["team"])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn only_what_was_asked_for_changes(text in post(), change in change()) {
        let Ok(Some(edit)) = edit(&text, change) else { return Ok(()) };
        let edited = edit.apply(&text);
        prop_assert_eq!(&edited[..edit.range.start], &text[..edit.range.start]);
        prop_assert_eq!(&edited[edit.range.start + edit.text.len()..], &text[edit.range.end..]);
        let (before, after) = (parsed(&text).expect("a post"), parsed(&edited).expect("a post"));
        // As if the one key had been told to the post that was there.
        let mut expected = before.clone();
        match change {
            Change::Draft(draft) => {
                prop_assert_eq!(after.draft, draft);
                expected.draft = draft;
            }
            Change::Date(date) => {
                let overrides = text.contains("2026-12-03T09:00:00");
                let said = if date == NEW { "2027-01-02T09:30:00Z" } else { "2026-12-01T08:00:00Z" };
                for (at, target) in after.targets.iter().enumerate() {
                    if !(overrides && target.account.value.as_str() == "sky") {
                        prop_assert_eq!(target.when.map(|when| when.value.at), Timestamp::parse(said));
                    }
                    expected.targets[at].when = target.when;
                }
            }
            Change::To(names) => {
                let accounts: Vec<&str> = after.targets.iter().map(|target| target.account.value.as_str()).collect();
                prop_assert_eq!(accounts, names.to_vec());
                expected.targets.clone_from(&after.targets);
            }
        }
        prop_assert_eq!(without_places(&after), without_places(&expected));
        prop_assert_eq!(super::edit(&edited, change), Ok(None));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(\\+\\+\\+|---)?\r?\n?[ -~é\r\n\\[\\]{}:=\"'#-]{0,80}", change in change()) {
        if let Ok(Some(edit)) = edit(&text, change) {
            prop_assert!(text.get(edit.range.clone()).is_some());
        }
    }
}
