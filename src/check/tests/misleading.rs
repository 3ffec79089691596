//! What readers or reviewers would be misled by.

use super::{check, shown};

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
