use super::*;

/// Shows which copy each target gets: its account and the first words.
fn who_gets(text: &str) -> String {
    let post = good(text);
    let copies = post.targets.iter().map(|target| {
        let copy = post.copy_for(target);
        let span = copy.body.parts[0].span;
        format!("{}: {}", target.account.value, text[span.range()].trim())
    });
    copies.collect::<Vec<_>>().join(", ")
}

fn parts(copy: &str) -> Vec<String> {
    let text = post_with(copy);
    let (post, _) = read(&text);
    let body = &post.expect("a post").copies[0].body;
    body.parts.iter().map(|part| text[part.span.range()].to_owned()).collect()
}

#[test]
fn the_more_specific_copy_wins() {
    let text = "+++\nto = [\"brand\", \"team\", \"sky\", \"home\"]\n+++\ndefault\n\n# @de\n\nGerman\n\n# @mastodon\n\nnetwork\n\n# @social\n\ngroup\n\n# @brand\n\naccount\n";
    assert_eq!(who_gets(text), "brand: account, team: network, sky: group, home: default");
}

#[test]
fn languages_are_the_last_resort_and_the_closer_one_wins() {
    let text = "+++\nto = [\"team\", \"home\"]\n+++\ndefault\n\n# @de\n\nGerman\n\n# @de-CH\n\nSwiss\n";
    assert_eq!(who_gets(text), "team: Swiss, home: default");
    let text = "+++\nto = [\"team\", \"home\"]\n+++\ndefault\n\n# @de\n\nGerman\n";
    assert_eq!(who_gets(text), "team: German, home: default");
}

#[test]
fn one_heading_may_name_several() {
    let text = "+++\nto = [\"everywhere\"]\n+++\ndefault\n\n# @brand, @sky\n\nboth\n";
    assert_eq!(who_gets(text), "brand: both, sky: both, home: default");
    let text = "+++\nto = [\"everywhere\"]\n+++\n@brand\n===\n\nunderlined\n";
    assert_eq!(who_gets(text), "brand: underlined, sky: , home: ");
}

#[test]
fn other_headings_are_copy() {
    for copy in [
        "# Hello @brand\n",
        "## @brand\n",
        "# \\@brand\n",
        "# `@brand`\n",
        "> # @brand\n",
        "# @a.example\n",
        "# @a@b.example\n",
    ] {
        assert_eq!(good(&post_with(copy)).copies.len(), 1, "{copy}");
    }
}

#[test]
fn a_heading_that_names_nobody_is_an_error() {
    assert_eq!(
        told(&post_with("# @mastodn @sky\n")),
        "unknown-audience: no account, group, network or language is named `mastodn` [@mastodn] (did you mean `@mastodon`?)"
    );
    assert_eq!(
        told(&post_with("# @moschino\n")),
        "unknown-audience: no account, group, network or language is named `moschino` [@moschino] (that is a person: add a word to the heading, or lower its level, to mention them in it)"
    );
    assert_eq!(
        told(&post_with("# @skx\n")),
        "unknown-audience: no account, group, network or language is named `skx` [@skx] (did you mean `@sky`?)"
    );
}

#[test]
fn copy_for_nobody_is_a_warning() {
    let of = |copy: &str| told(&format!("+++\nto = \"home\"\n+++\ntext\n\n{copy}\n"));
    assert_eq!(of("# @sky"), "unused-copy: the post doesn't go to `sky` [@sky] (add it to `to`, or delete the name)");
    assert_eq!(
        of("# @social"),
        "unused-copy: the post goes to nobody in `social` [@social] (add the group to `to`, or delete the name)"
    );
    assert_eq!(
        of("# @mastodon"),
        "unused-copy: the post goes to no account on mastodon [@mastodon] (add one to `to`, or delete the name)"
    );
    assert_eq!(
        of("# @fr"),
        "unused-copy: the post goes to no account that writes in `fr` [@fr] (set `language` for the account or in its table, or delete the name)"
    );
}

#[test]
fn two_copies_for_one_account_are_an_error() {
    let text = post_with("# @brand\n\none\n\n# @brand\n\ntwo\n");
    let (_, findings) = read(&text);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code.name, "ambiguous-copy");
    assert_eq!(findings[0].others.len(), 1);
    let text = "+++\nto = [\"brand\"]\n+++\n# @social\n\none\n\n# @everywhere\n\ntwo\n";
    assert!(told(text).starts_with("ambiguous-copy"));
    assert_eq!(told("+++\nto = [\"brand\"]\n+++\n# @social\n\none\n\n# @everywhere\n\ntwo\n\n# @brand\n\nthree\n"), "");
}

#[test]
fn breaks_split_a_thread() {
    assert_eq!(parts("one\n\n---\n\ntwo\n\nand more\n\n***\n\nthree\n"), ["one", "two\n\nand more", "three"]);
    assert_eq!(parts("one\r\n\r\n---\r\n\r\ntwo\r\n"), ["one", "two"]);
    assert_eq!(parts(""), [""]);
    assert_eq!(parts("> a\n>\n> ---\n>\n> b\n\n- c\n"), ["> a\n>\n> ---\n>\n> b\n\n- c"]);
}

#[test]
fn empty_parts_are_told_and_left_out() {
    assert_eq!(parts("---\n\none\n\n---\n\n---\n\ntwo\n\n---\n"), ["one", "two"]);
    assert_eq!(
        told(&post_with("one\n\n---\n")),
        "empty-part: there is nothing after this break [---] (delete it, or write the part that is missing)"
    );
    assert_eq!(
        told(&post_with("***\n\none\n")),
        "empty-part: there is nothing before this break [***] (delete it, or write the part that is missing)"
    );
}

#[test]
fn dashes_under_text_are_told_with_the_mend() {
    for line_end in ["\n", "\r\n"] {
        let text = post_with(&["one", "---", "two", ""].join(line_end));
        let (_, findings) = read(&text);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].code.name, "heading-not-break");
        assert_eq!(&text[findings[0].primary.span.range()], "---");
        let edit = &findings[0].fix.as_ref().expect("a mend").edits[0];
        let mut mended = text.clone();
        mended.replace_range(edit.span.range(), &edit.text);
        assert_eq!(good(&mended).copies[0].body.parts.len(), 2, "{mended:?}");
    }
    assert_eq!(told(&post_with("## Heading\n\nHeading\n===\n")), "");
}
