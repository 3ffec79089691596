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
fn files_that_cannot_be_used_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](none.jpg)\n\n![x y](A.jpg)\n"
    ), @r#"
    error[media-missing]: `content/none.jpg` doesn't exist
     --> content/post.md:5:1
      |
    5 | ![x y](none.jpg)
      | ^^^^^^^^^^^^^^^^
      |
      = help: put `none.jpg` beside `content/post.md` and commit it

    error[media-missing]: `content/A.jpg` doesn't exist
     --> content/post.md:7:1
      |
    7 | ![x y](A.jpg)
      | ^^^^^^^^^^^^^
      |
      = help: did you mean `content/a.jpg`?
    "#);
    check(r#""brand""#, "![x y](link.jpg)", &["media-not-a-file"]);
    check(r#""brand""#, "![x y](text.jpg)", &["media-unknown-kind"]);
    check(r#""brand""#, "![x y](cut.jpg)", &["media-damaged"]);
    check(r#""brand""#, "![x y](locked.jpg)", &["media-unreadable"]);
}

#[test]
fn media_that_a_network_does_not_take_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](a.webp)\n\n---\n\n![x y](big.jpg)\n\n---\n\n![x y](wide.png)\n"
    ), @r#"
    error[media-kind]: Long takes no WebP images, which `content/a.webp` is
     --> content/post.md:5:1
      |
    5 | ![x y](a.webp)
      | ^^^^^^^^^^^^^^
      |
      = help: convert it to `jpg` or `png`, or write a copy of its own under `# @long`

    error[media-too-large]: `content/big.jpg` is 1,000,001 bytes, more than the 1,000,000 bytes that Long takes
     --> content/post.md:9:1
      |
    9 | ![x y](big.jpg)
      | ^^^^^^^^^^^^^^^
      |
      = help: export it smaller

    error[media-too-large]: `content/wide.png` is 4000 × 3000 pixels, 12,000,000 in all, more than the 4,000,000 that Long takes
      --> content/post.md:13:1
       |
    13 | ![x y](wide.png)
       | ^^^^^^^^^^^^^^^^
       |
       = help: export it with fewer pixels
    "#);
    check(r#""sky""#, "![x y](big.jpg)", &[]);
    check(r#""sky""#, "![x y](a.mp4)", &["media-kind"]);
}

#[test]
fn too_many_media_and_mixtures_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](a.jpg)\n![x y](b.jpg)\n![x y](c.jpg)\n![x y](a.mp4)\n"
    ), @r#"
    error[media-too-many]: 3 images in one post for `brand`, but Long takes 2
     --> content/post.md:7:1
      |
    7 | ![x y](c.jpg)
      | ^^^^^^^^^^^^^ the first too many
      |
      = help: take some out, or spread them over a thread with `---` lines

    error[media-mixed]: Long shows either images or a video in one post, not both
     --> content/post.md:8:1
      |
    5 | ![x y](a.jpg)
      | ------------- an image
    ...
    8 | ![x y](a.mp4)
      | ^^^^^^^^^^^^^ the video
      |
      = help: put the video into a part of its own, after a `---` line
    "#);
    check(r#""home""#, "![x y](a.jpg)\n![x y](b.jpg)\n![x y](c.jpg)\n![x y](a.mp4)", &[]);
}

#[test]
fn descriptions_are_asked_for() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![](a.jpg)\n![a.jpg](a.jpg)\n"
    ), @r#"
    warning[alt-missing]: `content/a.jpg` has no description
     --> content/post.md:5:1
      |
    5 | ![](a.jpg)
      | ^^^^^^^^^^
      |
      = help: say between `![` and `]` what there is to see, for those who can't

    warning[alt-is-filename]: the description of `content/a.jpg` is only a file name
     --> content/post.md:6:1
      |
    6 | ![a.jpg](a.jpg)
      | ^^^^^^^^^^^^^^^
      |
      = help: say what there is to see, for those who can't
    "#);
    check(r#""brand""#, &format!("![{}](a.jpg)", "word ".repeat(9)), &["alt-too-long"]);
    check(r#""home""#, &format!("![{}](a.jpg)", "word ".repeat(9)), &[]);
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
fn secrets_are_told_and_not_shown() {
    let secret = ["ghp_", "0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f"].concat();
    let text = format!("+++\nto = [\"home\"]\n+++\n\nOur key is {secret} as you know.\n");
    let out = shown(&text);
    assert!(!out.contains(&secret));
    insta::assert_snapshot!(out, @r#"
    error[secret-in-text]: this looks like a GitHub token
     --> content/post.md:5:12
      |
    5 | Our key is **************************************** as you know.
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: take it out and revoke it: once committed, it stays in git's history
    "#);
}

#[test]
fn characters_that_hide_something_are_told() {
    insta::assert_snapshot!(shown("+++\nto = [\"brand\"]\n+++\n\nPay \u{202e}001\u{202c} now\u{200b}!\n"), @r#"
    error[bidi-control]: a right-to-left override (U+202E) changes how this line is read
     --> content/post.md:5:5
      |
    5 | Pay �001� now�!
      |     ^
      |
      = help: delete it

    error[bidi-control]: the end of an embedding (U+202C) changes how this line is read
     --> content/post.md:5:9
      |
    5 | Pay �001� now�!
      |         ^
      |
      = help: delete it

    warning[invisible-character]: a zero-width space (U+200B) stands here and can't be seen
     --> content/post.md:5:14
      |
    5 | Pay �001� now�!
      |              ^
      |
      = help: delete it
    "#);
}

#[test]
fn mentions_that_look_like_others_are_told() {
    insta::assert_snapshot!(shown("+++\nto = [\"brand\"]\n+++\n\nBy @m\u{43e}schino, @rnoschino and @moshcino\n"), @r#"
    error[look-alike-mention]: `@mоschino` looks like `@moschino`, but `о` in it is U+043E
     --> content/post.md:5:4
      |
    5 | By @mоschino, @rnoschino and @moshcino
      |    ^^^^^^^^^
      |
      = help: write `@moschino`

    error[look-alike-mention]: `@rnoschino` looks like `@moschino`, but is somebody else
     --> content/post.md:5:15
      |
    5 | By @mоschino, @rnoschino and @moshcino
      |               ^^^^^^^^^^
      |
      = help: write `@moschino`

    warning[mention-misspelt]: `@moshcino` is nobody in `[people]`
     --> content/post.md:5:30
      |
    5 | By @mоschino, @rnoschino and @moshcino
      |                              ^^^^^^^^^
      |
      = help: did you mean `@moschino`?
    "#);
    check(r#""brand""#, "By @moschin\u{43e}x", &["look-alike-mention"]);
    check(r#""home""#, "By @moschino and @вася and @somebody", &[]);
}

#[test]
fn links_that_mislead_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"home\"]\n+++\n\n[Shop](https://\u{430}cme.example/a)\n[acme.com](https://acmee.com/b)\n"
    ), @r#"
    error[look-alike-link]: `аcme` mixes Latin and Cyrillic letters (`а` is U+0430); it is `xn--cme-5cd.example`
     --> content/post.md:5:1
      |
    5 | [Shop](https://аcme.example/a)
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: type the address anew

    warning[link-text-mismatch]: this link reads `acme.com` but leads to `acmee.com`
     --> content/post.md:6:1
      |
    6 | [acme.com](https://acmee.com/b)
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: make the two agree, or write a text that is no address
    "#);
    check(r#""home""#, "[Shop](https://xn--80ak6aa92e.com/)", &["look-alike-link"]);
    check(r#""home""#, "[Shop](https://bücher.example/) [Мир](https://мир.рф/)", &[]);
    check(r#""home""#, "[www.acme.com](https://shop.acme.com/) https://acme.com/", &[]);
}

#[test]
fn links_to_nothing_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"home\"]\n+++\n\n[a]() [](https://acme.example) [b](#c) [d](/e) [f](http://localhost:80/)\n"
    ), @r#"
    error[link-empty]: this link has no target
     --> content/post.md:5:1
      |
    5 | [a]() [](https://acme.example) [b](#c) [d](/e) [f](http://localhost:80/)
      | ^^^^^
      |
      = help: write the address between `(` and `)`

    error[link-nowhere]: `#c` leads to a place in this post, which has none
     --> content/post.md:5:32
      |
    5 | [a]() [](https://acme.example) [b](#c) [d](/e) [f](http://localhost:80/)
      |                                ^^^^^^^
      |
      = help: write a full address

    error[link-nowhere]: `/e` is a relative address, which leads to nothing outside of this workspace
     --> content/post.md:5:40
      |
    5 | [a]() [](https://acme.example) [b](#c) [d](/e) [f](http://localhost:80/)
      |                                        ^^^^^^^
      |
      = help: write the full address, with `https://`

    error[link-nowhere]: `localhost` can be reached only from your own machine or network
     --> content/post.md:5:48
      |
    5 | [a]() [](https://acme.example) [b](#c) [d](/e) [f](http://localhost:80/)
      |                                                ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write the public address
    "#);
}

#[test]
fn html_is_told_to_be_shown_as_text() {
    insta::assert_snapshot!(shown("+++\nto = [\"brand\"]\n+++\n\nA <b>c</b>\n\n<!-- a note\nfor us -->\n"), @r#"
    note[raw-html]: this HTML is shown to readers as text
     --> content/post.md:5:3
      |
    5 | A <b>c</b>
      |   ^^^
      |
      = help: use Markdown, or put it between backticks

    note[raw-html]: this comment is shown to readers
     --> content/post.md:7:1
      |
    7 | <!-- a note
      | ^^^^^^^^^^^
      |
      = help: move it into the front matter, after a `#`
    "#);
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
