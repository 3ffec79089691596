mod media;
mod misleading;

use super::{
    fixture::{Given, codes, findings, shown},
    *,
};

#[test]
fn names_are_unique_and_kebab_case() {
    let codes = super::codes();
    for pair in codes.windows(2) {
        assert_ne!(pair[0].name, pair[1].name);
    }
    for code in codes {
        let mut words = code.name.split('-');
        let kebab = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(words.all(kebab), "{}", code.name);
    }
}

#[test]
fn every_code_has_a_summary_and_a_story() {
    for code in super::codes() {
        let first = code.summary.chars().next();
        assert!(first.is_some_and(|c| !c.is_uppercase()) && !code.summary.ends_with('.'), "{}", code.name);
        assert!(code.explain.len() > 120, "{} is hardly explained", code.name);
        assert!(code.explain.matches("```").count() % 2 == 0, "{} has an open fence", code.name);
    }
}

#[track_caller]
fn check(to: &str, copy: &str, expect: &[&str]) {
    assert_eq!(codes(to, copy), expect, "{copy:?}");
}

#[test]
fn a_good_post_has_no_findings() {
    check(r#""home""#, "Hello @moschino, [read](https://acme.example/a) #TheSims 👩‍👩‍👧", &[]);
    check(r#""brand""#, "Hello\n\n![A black hoodie](a.jpg)", &[]);
}

#[test]
fn text_that_is_too_long_is_underlined_where_the_limit_is_passed() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\", \"team\"]\nhashtags = [\"one\"]\n+++\n\nShort enough.\n\nThis paragraph goes on for too long.\n"
    ), @r#"
    error[text-too-long]: the text for `brand` and `team` is 17 characters over Long's limit of 40
     --> content/post.md:8:26
      |
    8 | This paragraph goes on for too long.
      |                          ^^^^^^^^^^^ the limit is passed here
      |
      = help: shorten it, write a copy of its own under `# @long`, or split it with `thread = "auto"`
    "#);
}

#[test]
fn each_part_of_a_thread_is_weighed() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\nOne.\n\n---\n\nThis second part goes on and on for too long.\n"
    ), @r#"
    error[text-too-long]: part 2 of the thread for `brand` is 5 characters over Long's limit of 40
     --> content/post.md:9:41
      |
    9 | This second part goes on and on for too long.
      |                                         ^^^^^ the limit is passed here
      |
      = help: shorten it, write a copy of its own under `# @long`, or split it with `thread = "auto"`
    "#);
}

#[test]
fn a_limit_in_bytes_is_told_in_bytes() {
    insta::assert_snapshot!(shown("+++\nto = [\"sky\"]\n+++\n\n日本語のとても長い文章です日本語のとても長い\n"), @r#"
    error[text-too-long]: the text for `sky` is 6 bytes over Short's limit of 60
     --> content/post.md:5:21
      |
    5 | 日本語のとても長い文章です日本語のとても長い
      |                                         ^^^^ the limit is passed here
      |
      = help: shorten it or write a copy of its own under `# @short`
    "#);
}

#[test]
fn an_automatic_thread_is_not_too_long() {
    let text =
        "+++\nto = [\"brand\"]\nthread = \"auto\"\n+++\n\nOne sentence that is long. Another one that is long.\n";
    assert_eq!(shown(text), "");
}

#[test]
fn polls_are_held_to_the_rules() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n[poll]\noptions = [\"Black\", \"Grey\", \"A very long answer\", \"White\"]\nduration = \"2d\"\n+++\n\n\
         Which?\n\n![x y](a.jpg)\n"
    ), @r#"
    error[poll-invalid]: an answer of the poll is 8 characters over Long's limit of 10
     --> content/post.md:4:29
      |
    4 | options = ["Black", "Grey", "A very long answer", "White"]
      |                             ^^^^^^^^^^^^^^^^^^^^
      |
      = help: shorten it

    error[poll-invalid]: 4 answers in the poll, but Long takes 3
     --> content/post.md:4:51
      |
    4 | options = ["Black", "Grey", "A very long answer", "White"]
      |                                                   ^^^^^^^
      |
      = help: give at most 3 answers

    error[poll-invalid]: a poll of 2 days, but Long takes 5 minutes to 1 day
     --> content/post.md:5:12
      |
    5 | duration = "2d"
      |            ^^^^
      |
      = help: choose another `duration`

    error[poll-invalid]: Long shows no images or videos beside a poll
      --> content/post.md:10:1
       |
     3 | [poll]
       |  ---- the poll
    ...
    10 | ![x y](a.jpg)
       | ^^^^^^^^^^^^^
       |
       = help: take one of the two out, or put the images into a later part of the thread
    "#);
}

#[test]
fn what_a_network_does_not_have_is_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"sky\", \"home\"]\nquote = \"https://acme.example/1\"\n[poll]\noptions = [\"A\", \"B\"]\nduration = \"1d\"\n+++\n\n\
         Which?\n\n---\n\nMore.\n"
    ), @r#"
    error[unsupported]: Short has no quotes
     --> content/post.md:3:9
      |
    3 | quote = "https://acme.example/1"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^ this quote goes to `sky`
      |
      = help: take `sky` out of `to`, or leave the quote out

    warning[unsupported]: Pages has no polls
     --> content/post.md:4:2
      |
    4 | [poll]
      |  ^^^^ this poll goes to `home`
      |
      = help: take `home` out of `to`, or leave the poll out

    error[unsupported]: Short has no polls
     --> content/post.md:4:2
      |
    4 | [poll]
      |  ^^^^ this poll goes to `sky`
      |
      = help: take `sky` out of `to`, or leave the poll out

    warning[unsupported]: Short has no threads
      --> content/post.md:13:1
       |
    13 | More.
       | ^^^^^ this part goes to `sky`
       |
       = help: write a copy of its own under `# @short`, or leave it as one text with rules
    "#);
}

#[test]
fn accounts_that_would_get_nothing_are_told() {
    insta::assert_snapshot!(shown("+++\nto = [\"brand\", \"sky\"]\n+++\n\n# @brand\n\nHello.\n"), @r#"
    error[empty-copy]: there is nothing to send to `sky`
     --> content/post.md:2:16
      |
    2 | to = ["brand", "sky"]
      |                ^^^^^
      |
      = help: write copy before the first heading, or one of its own under `# @sky`
    "#);
    assert_eq!(shown("+++\nto = [\"brand\"]\ndraft = true\n+++\n"), "");
    assert_eq!(shown("+++\nto = [\"brand\"]\nboost = \"https://acme.example/1\"\n+++\n"), "");
    check(r#""brand""#, "![x y](a.jpg)", &[]);
}

#[test]
fn dates_long_past_are_told() {
    insta::assert_snapshot!(shown("+++\nto = [\"brand\", \"team\"]\ndate = 2026-11-01T09:00:00\n+++\n\nHello.\n"), @r#"
    warning[date-past]: this was due 21 days 3 hours ago, longer than the grace period of 1 day
     --> content/post.md:3:8
      |
    3 | date = 2026-11-01T09:00:00
      |        ^^^^^^^^^^^^^^^^^^^ 2026-11-01 09:00 +01:00
      |
      = help: correct the date, or leave it out to publish as soon as the post is merged
    "#);
}

#[test]
fn dates_are_judged_by_the_ledger_or_by_freshness() {
    let check = |date: &str, published, fresh, expect: usize| {
        let text = format!("+++\nto = [\"brand\"]\ndate = {date}\n+++\n\nHello.\n");
        let found = findings(&text, &Given { published, fresh });
        assert_eq!(found.len(), expect, "{date} {published:?} {fresh}: {found:?}");
    };
    let (past, late, future) = ("2026-11-01T09:00:00", "2026-11-21T13:00:00", "2027-11-01T09:00:00");
    check(past, Some(false), false, 1);
    check(past, Some(true), true, 0);
    check(past, None, true, 1);
    check(past, None, false, 0);
    check(late, Some(false), true, 0);
    check(future, Some(false), true, 0);
}

#[test]
fn the_same_copy_for_several_networks_is_told_once() {
    insta::assert_snapshot!(shown("+++\nto = [\"brand\", \"team\", \"sky\", \"home\"]\n+++\n\nHello.\n"), @r#"
    note[same-copy]: Long and Short get the same copy
     --> content/post.md:2:7
      |
    2 | to = ["brand", "team", "sky", "home"]
      |       ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a copy of its own under `# @short`
    "#);
    check(r#""brand", "team", "home""#, "Hello.", &[]);
    check(r#""brand", "sky""#, "Hello.\n\n# @short\n\nHi.", &[]);
}

#[test]
fn a_reason_in_the_post_silences() {
    let post = |allow: &str| format!("+++\nto = [\"brand\"]\n[allow]\n{allow}\n+++\n\n![](a.jpg)\n");
    assert_eq!(shown(&post("alt-missing = \"only a line\"")), "");
    insta::assert_snapshot!(shown(&post("alt-mising = \"only a line\"\nmedia-missing = \"x\"\nraw-html = \"x\"")), @r#"
    error[allow-unknown]: there is no code `alt-mising`
     --> content/post.md:4:1
      |
    4 | alt-mising = "only a line"
      | ^^^^^^^^^^
      |
      = help: did you mean `alt-missing`?

    error[allow-fixed]: `media-missing` can't be silenced
     --> content/post.md:5:1
      |
    5 | media-missing = "x"
      | ^^^^^^^^^^^^^
      |
      = help: delete the line and mend what it is about

    warning[allow-unused]: `raw-html` is silenced, but there is none
     --> content/post.md:6:1
      |
    6 | raw-html = "x"
      | ^^^^^^^^
      |
      = help: delete the line

    warning[alt-missing]: `content/a.jpg` has no description
     --> content/post.md:9:1
      |
    9 | ![](a.jpg)
      | ^^^^^^^^^^
      |
      = help: say between `![` and `]` what there is to see, for those who can't
    "#);
}

#[test]
fn accounts_with_the_same_copy_are_composed_once() {
    let text =
        "+++\nto = [\"brand\", \"team\", \"sky\"]\n+++\n\nA text that is surely longer than what fits in here.\n";
    let found = findings(text, &Given::default());
    let messages: Vec<&str> = found.iter().map(|finding| &*finding.message).collect();
    assert_eq!(
        messages,
        [
            "Long and Short get the same copy",
            "the text for `sky` is 22 characters over Short's limit of 30",
            "the text for `brand` and `team` is 12 characters over Long's limit of 40",
        ]
    );
}

#[test]
fn configurations_are_checked_for_what_only_rules_know() {
    let config = fixture::config(
        "[workspace]\nname = \"Acme\"\n[accounts.brand]\nnetwork = \"long\"\n\
         [check]\nalt-mising = \"error\"\ntext-too-long = \"note\"\nsame-copy = \"off\"\n",
    );
    let found = config_file::check(&config, fixture::find);
    let found: Vec<_> = found.iter().map(|finding| (finding.code.name, &*finding.message)).collect();
    assert_eq!(
        found,
        [
            ("account-incomplete", "the account `brand` has no `endpoint` and `token`, which Long needs"),
            ("check-unknown-code", "there is no code `alt-mising`"),
            ("check-fixed-code", "`text-too-long` is always an error"),
        ]
    );
}
