use crate::{
    diag::words,
    model::{OptionKind, OptionSpec},
    network::{Auth, Form, Limit, MediaRules, Need, PollRules, Priced, Profile, Rate, Rated, Settling, Shape, Threads},
};
use std::time::Duration;

/// Writes the page of a network for `docs/networks/`.
pub fn network_page(profile: &Profile) -> String {
    let mut out =
        format!("# {}\n\n`network = \"{}\"`. Facts checked on {}.\n\n", profile.name, profile.id, profile.checked);
    out.push_str("| what | |\n| --- | --- |\n");
    for (what, says) in capabilities(profile) {
        out.push_str(&format!("| {what} | {says} |\n"));
    }
    let limits = limits(profile);
    if !limits.is_empty() {
        out.push_str("\n## Limits\n\n| what | limit | source |\n| --- | --- | --- |\n");
        for (what, value, source) in limits {
            out.push_str(&format!("| {what} | {value} | {source} |\n"));
        }
        if profile.probe {
            out.push_str("\nWhat `masthead doctor` learns from the server holds instead of these numbers.\n");
        }
    }
    prices(&mut out, profile);
    let needs: Vec<&str> = profile.needs.iter().copied().map(need).collect();
    if !needs.is_empty() {
        out.push_str(&format!("\n## Accounts\n\nNeeds {}.\n", needs.join(" and ")));
    }
    if !profile.setup.is_empty() {
        out.push_str("\n## Setting one up\n\n");
    }
    for (number, step) in (1..).zip(profile.setup) {
        out.push_str(&format!("{number}. {step}\n"));
    }
    options(&mut out, "Settings of accounts", "in `[accounts.NAME]`, beyond the common ones", profile.account_options);
    let table = format!("in a post, in `[{}]` or a table named after the account", profile.id);
    options(&mut out, "Settings of posts", &table, profile.post_options);
    // The file has a heading of its own, for those who read it where it lies.
    let (first, rest) = profile.quirks.split_once('\n').unwrap_or((profile.quirks, ""));
    let quirks = if first.starts_with("# ") { rest.trim() } else { profile.quirks.trim() };
    out.push_str(&format!("\n## Worth knowing\n\n{quirks}\n"));
    out.push_str("\n## Sources\n\n");
    for source in profile.sources {
        out.push_str(&format!("- {source}\n"));
    }
    out
}

/// Writes the list of networks for `docs/networks/README.md`.
pub fn networks_index(profiles: &[&Profile]) -> String {
    let mut out = String::from(
        "# Networks\n\nMade from the profiles in the code; a test keeps them true.\n\n\
         | network | text | threads | media | poll | reply | quote | boost | edit | delete |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mark = |yes: bool| if yes { "yes" } else { "–" };
    for profile in profiles {
        let text = profile.text.max.map_or_else(
            || "any length".to_owned(),
            |max| words::count(max.value, profile.text.measure.unit.nouns().0, profile.text.measure.unit.nouns().1),
        );
        out.push_str(&format!(
            "| [{}]({}.md) | {text} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            profile.name,
            profile.id,
            mark(profile.threads == Threads::Replies),
            mark(profile.media.is_some()),
            mark(profile.poll.is_some()),
            mark(profile.reply),
            mark(profile.quote),
            mark(profile.boost),
            mark(profile.edit),
            mark(profile.delete),
        ));
    }
    out
}

fn capabilities(profile: &Profile) -> Vec<(&'static str, String)> {
    let can: Vec<&str> = [
        ("reply", profile.reply),
        ("quote", profile.quote),
        ("boost", profile.boost),
        ("poll", profile.poll.is_some()),
        ("edit", profile.edit),
        ("delete", profile.delete),
    ]
    .into_iter()
    .filter_map(|(what, yes)| yes.then_some(what))
    .collect();
    let none = || "nothing beyond posting".to_owned();
    let mut rows = vec![
        (
            "text",
            match profile.text.form {
                Form::Plain(_) => "plain; Markdown is flattened".to_owned(),
                Form::Rich => "rich; Markdown keeps its structure and media their place".to_owned(),
            },
        ),
        (
            "threads",
            match profile.threads {
                Threads::None => "no: parts are one text with rules between them".to_owned(),
                Threads::Replies => "yes: each part answers the one before".to_owned(),
            },
        ),
        ("can", if can.is_empty() { none() } else { can.join(", ") }),
        (
            "sign-in",
            match profile.auth {
                Auth::None => "none".to_owned(),
                Auth::Token => "the token goes with every request".to_owned(),
                Auth::Session => "the token opens a session for each run".to_owned(),
            },
        ),
        ("a lost answer", settling(profile.settling)),
    ];
    if profile.media.as_ref().is_some_and(|media| media.by_address) {
        let words =
            "fetched by the network from [a public place](../media.md), so there must be one for images and videos";
        rows.push(("media", words.to_owned()));
    }
    rows
}

fn settling(settling: Settling) -> String {
    let time = |duration: Duration| words::duration(duration);
    match settling {
        Settling::Receipt => {
            "nothing is sent, so none can be lost: the receipt in the ledger is the publication".to_owned()
        }
        Settling::OwnId => "the id is ours: asking for it tells, and sending it again changes nothing".to_owned(),
        Settling::Hash => {
            "the id is made of what is sent: asking for it tells, and sending the same again changes nothing".to_owned()
        }
        Settling::Key { window, settle } => format!(
            "within {} the same key is sent again, which the server recognises; later our own posts are looked through, {} after the attempt at the earliest",
            time(window),
            time(settle)
        ),
        Settling::Listing { settle } => {
            format!("our own posts are looked through, {} after the attempt at the earliest", time(settle))
        }
        Settling::Person => "nobody but a person can tell".to_owned(),
    }
}

fn limits(profile: &Profile) -> Vec<(&'static str, String, &'static str)> {
    let (one, many) = profile.text.measure.unit.nouns();
    let mut rows = Vec::new();
    let mut add = |what, limit: Option<Limit>, write: &dyn Fn(u64) -> String| {
        if let Some(limit) = limit {
            rows.push((what, write(limit.value), limit.source));
        }
    };
    add("text", profile.text.max, &|n| words::count(n, one, many));
    add("text, in bytes", profile.text.max_bytes, &words::bytes);
    if let Some(MediaRules { max_images, max_image_bytes, max_image_pixels, max_video_bytes, video, max_alt, .. }) =
        &profile.media
    {
        add("images a part", Some(*max_images), &words::number);
        add("image", *max_image_bytes, &words::bytes);
        add("image, in pixels", *max_image_pixels, &words::number);
        add("video", *max_video_bytes, &words::bytes);
        let time = |n| words::duration(Duration::from_secs(n));
        add("shortest video", video.shortest, &time);
        add("longest video", video.longest, &time);
        add("description", *max_alt, &|n| match n {
            0 => "none: there is no field for it".to_owned(),
            n => words::count(n, "character", "characters"),
        });
    }
    if let Some(PollRules { max_options, max_option, min_seconds, max_seconds, .. }) = &profile.poll {
        let time = |n| words::duration(Duration::from_secs(n));
        add("answers of a poll", Some(*max_options), &words::number);
        add("answer", Some(*max_option), &|n| words::count(n, "character", "characters"));
        add("shortest poll", Some(*min_seconds), &time);
        add("longest poll", Some(*max_seconds), &time);
    }
    for Rate { of, limit, window, .. } in profile.rates {
        let what = match of {
            Rated::Posts => "posts of an account, each part of a thread counted",
            Rated::Media => "uploaded images and videos of an account",
        };
        add(what, Some(*limit), &|n| format!("{} in {}", words::number(n), words::duration(*window)));
    }
    if let Some(Shape { tallest, widest, source }) = profile.media.as_ref().and_then(|media| media.shape) {
        let words = format!("{}:{} to {}:{}", tallest.0, tallest.1, widest.0, widest.1);
        rows.push(("shape of an image in a post", words, source));
    }
    rows
}

/// Writes what is charged for.
fn prices(out: &mut String, profile: &Profile) {
    if profile.prices.is_empty() {
        return;
    }
    out.push_str("\n## Prices\n\n| what | price | source |\n| --- | --- | --- |\n");
    for price in profile.prices {
        let what = match price.of {
            Priced::Post => "a post, each part of a thread counted",
            Priced::LinkedPost => "a post with a link in its text, instead",
            Priced::Description => "a description of an image or video, or marking it as sensitive",
            Priced::Deletion => "deleting a post",
            Priced::Lookup => "a post of our own that is read, as when a lost answer is looked up",
        };
        out.push_str(&format!("| {what} | {} | {} |\n", words::dollars(price.micros), price.source));
    }
    out.push_str(
        "\n`masthead plan` estimates by these what each post costs that is to go out. It is no bill: the network's own account of it \
         holds, and looking for a lost answer costs reads besides.\n",
    );
}

const fn need(need: Need) -> &'static str {
    match need {
        Need::Endpoint => "`endpoint`",
        Need::Handle => "`handle`",
        Need::Token => "`token`",
    }
}

fn options(out: &mut String, title: &str, place: &str, specs: &[OptionSpec]) {
    if specs.is_empty() {
        return;
    }
    out.push_str(&format!("\n## {title}\n\nWritten {place}.\n\n| key | holds | what it does |\n| --- | --- | --- |\n"));
    for spec in specs {
        out.push_str(&format!("| `{}` | {} | {} |\n", spec.key, kind(spec.kind), spec.doc));
    }
}

fn kind(kind: OptionKind) -> String {
    let list = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        OptionKind::Text => "text".to_owned(),
        OptionKind::Url => "an address".to_owned(),
        OptionKind::Flag => "true or false".to_owned(),
        OptionKind::Integer { min, max } => format!("a whole number from {min} to {max}"),
        OptionKind::OneOf(words) => format!("one of {}", list(words)),
        OptionKind::List => "a list of texts".to_owned(),
        OptionKind::Secret => "where it is kept: `env:`, `file:`, `command:` or `vault:`".to_owned(),
        OptionKind::ListOf(words) => format!("a list of some of {}", list(words)),
    }
}
