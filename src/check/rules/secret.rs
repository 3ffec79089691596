mod suspects;

use self::suspects::{BEGINNINGS, run_around, signs};
use crate::diag::{Code, Diagnostic, FileId, Level, Span};
use memchr::memmem;
use std::ops::Range;

pub(in crate::check) static SECRET_IN_TEXT: Code = Code {
    name: "secret-in-text",
    summary: "what looks like a password, token or private key stands in the file",
    level: Level::Error,
    fixed: false,
    explain: "Whoever can read the repository can use a secret that stands in it, and once the post is out everybody can. \
              What was found is never printed, here or in a report.\n\n\
              Taking it out is not enough: it stays in git's history and may have been copied. Revoke it where it was \
              issued, make a new one, and keep it outside of the repository:\n\n\
              ```toml\n[accounts.brand]\ntoken = \"env:ACME_MASTODON_TOKEN\"\n```\n\n\
              An invented example may be silenced in the post with the reason.",
};

/// Reports what looks like a secret, anywhere in a file: copy, descriptions and front matter alike.
pub(in crate::check) fn check(file: FileId, text: &str, found: &mut Vec<Diagnostic>) {
    for (range, what) in scan(text) {
        found.push(
            Diagnostic::new(&SECRET_IN_TEXT, Span::new(file, range), format!("this looks like {what}"))
                .help("take it out and revoke it: once committed, it stays in git's history")
                .masked(),
        );
    }
}

/// The shortest run of characters that can hold a secret. Words of prose are shorter.
const SHORTEST: usize = 16;

fn scan(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut seen = 0..0;
    let mut look_around = |at: usize, found: &mut Vec<_>| {
        if !seen.contains(&at) {
            seen = run_around(text.as_bytes(), at);
            if seen.len() >= SHORTEST {
                look(text, seen.clone(), found);
            }
        }
    };
    for start in BEGINNINGS.find_iter(text).map(|beginning| beginning.start()) {
        found.extend(private_key(text, start));
        look_around(start, &mut found);
    }
    for sign in signs(text) {
        look_around(sign, &mut found);
    }
    without_overlaps(found)
}

fn without_overlaps(mut found: Vec<(Range<usize>, &'static str)>) -> Vec<(Range<usize>, &'static str)> {
    found.sort_by_key(|(range, _)| (range.start, range.end));
    let mut last_end = 0;
    found.retain(|(range, _)| {
        let is_new = range.start >= last_end;
        last_end = last_end.max(range.end);
        is_new
    });
    found
}

/// How a private key begins, among others.
const KEY_BEGINS: &str = "-----BEGIN ";

/// Returns the private key that begins here, if one does.
fn private_key(text: &str, start: usize) -> Option<(Range<usize>, &'static str)> {
    let rest = text[start..].strip_prefix(KEY_BEGINS)?;
    let line = rest.lines().next().unwrap_or_default();
    if !line.contains("PRIVATE KEY") {
        return None;
    }
    let first_line = start + KEY_BEGINS.len()..text.len() - rest.len() + line.len();
    let end = match memmem::find(rest.as_bytes(), b"-----END ") {
        Some(end) => first_line.start + end + rest[end..].lines().next().unwrap_or_default().len(),
        None => first_line.end,
    };
    Some((start..end, "a private key"))
}

/// What a token looks like: how it starts, and what may follow.
struct Token {
    prefix: &'static str,
    follows: fn(u8) -> bool,
    least: usize,
    what: &'static str,
}

const fn token(prefix: &'static str, follows: fn(u8) -> bool, least: usize, what: &'static str) -> Token {
    Token { prefix, follows, least, what }
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn capital(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn dotted(byte: u8) -> bool {
    wordy(byte) || byte == b'.'
}

fn path(byte: u8) -> bool {
    dotted(byte) || byte == b'/'
}

const TOKENS: &[Token] = &[
    token("ghp_", alphanumeric, 36, "a GitHub token"),
    token("gho_", alphanumeric, 36, "a GitHub token"),
    token("ghu_", alphanumeric, 36, "a GitHub token"),
    token("ghs_", alphanumeric, 36, "a GitHub token"),
    token("ghr_", alphanumeric, 36, "a GitHub token"),
    token("github_pat_", wordy, 36, "a GitHub token"),
    token("glpat-", wordy, 20, "a GitLab token"),
    token("AKIA", capital, 16, "an AWS access key"),
    token("ASIA", capital, 16, "an AWS access key"),
    token("xoxa-", wordy, 20, "a Slack token"),
    token("xoxb-", wordy, 20, "a Slack token"),
    token("xoxp-", wordy, 20, "a Slack token"),
    token("xoxr-", wordy, 20, "a Slack token"),
    token("xoxs-", wordy, 20, "a Slack token"),
    token("xapp-", wordy, 20, "a Slack token"),
    token("hooks.slack.com/services/", path, 30, "a Slack webhook"),
    token("discord.com/api/webhooks/", path, 40, "a Discord webhook"),
    token("discordapp.com/api/webhooks/", path, 40, "a Discord webhook"),
    token("sk_live_", alphanumeric, 16, "a Stripe key"),
    token("rk_live_", alphanumeric, 16, "a Stripe key"),
    token("whsec_", alphanumeric, 24, "a Stripe webhook secret"),
    token("AIza", wordy, 35, "a Google API key"),
    token("GOCSPX-", wordy, 20, "a Google client secret"),
    token("ya29.", dotted, 30, "a Google access token"),
    token("npm_", alphanumeric, 36, "an npm token"),
    token("pypi-AgE", wordy, 40, "a PyPI token"),
    token("SG.", dotted, 60, "a SendGrid key"),
    token("sk-ant-", wordy, 24, "an Anthropic key"),
    token("sk-proj-", wordy, 24, "an OpenAI key"),
    token("dop_v1_", alphanumeric, 60, "a DigitalOcean token"),
    token("shpat_", alphanumeric, 32, "a Shopify token"),
    token("dckr_pat_", wordy, 24, "a Docker token"),
    token("hf_", alphanumeric, 30, "a Hugging Face token"),
    token("AGE-SECRET-KEY-1", capital, 50, "the secret key of a vault"),
    token("nsec1", alphanumeric, 58, "a secret key of Nostr"),
    token("THAA", wordy, 60, "a Threads token"),
    token("IGAA", wordy, 60, "an Instagram token"),
    token("EAA", alphanumeric, 80, "a Facebook token"),
];

/// Looks for secrets in a run without spaces.
fn look(text: &str, run: Range<usize>, found: &mut Vec<(Range<usize>, &'static str)>) {
    let bytes = &text.as_bytes()[run.clone()];
    let mut before = b' ';
    // What is left after that is too short for any of them.
    for (at, &byte) in bytes[..=bytes.len() - SHORTEST].iter().enumerate() {
        let starts_word = byte.is_ascii_alphanumeric() && !before.is_ascii_alphanumeric() && before != b'_';
        let after_hyphen = before == b'-';
        before = byte;
        if starts_word && let Some((length, what)) = at_word(&bytes[at..], after_hyphen) {
            found.push((run.start + at..run.start + at + length, what));
            return;
        }
    }
    let found_one = assigned(text, run.clone()).map(|range| (range, "a password or token"));
    found.extend(found_one.or_else(|| in_address(&text[run.clone()], run.start)));
}

/// Finds a secret that begins with a word.
fn at_word(rest: &[u8], after_hyphen: bool) -> Option<(usize, &'static str)> {
    if let Some(token) = starting_token(rest).or_else(|| json_web_token(rest)) {
        return Some(token);
    }
    if let Some(length) = app_password(rest).filter(|_| !after_hyphen) {
        return Some((length, "an app password"));
    }
    bot_token(rest).map(|length| (length, "a Telegram bot token"))
}

fn starting_token(rest: &[u8]) -> Option<(usize, &'static str)> {
    let token = TOKENS.iter().find(|token| rest.starts_with(token.prefix.as_bytes()))?;
    let follows = rest[token.prefix.len()..].iter().take_while(|byte| (token.follows)(**byte)).count();
    let length = token.prefix.len() + follows;
    // The keys that the documentation of AWS uses end so.
    let is_example = rest[..length].ends_with(b"EXAMPLE");
    (follows >= token.least && !is_example).then_some((length, token.what))
}

/// How a JSON object begins in base64.
const JSON_OBJECT: &str = "eyJ";

/// Three parts in URL-safe base64, the first of which is a JSON object.
fn json_web_token(rest: &[u8]) -> Option<(usize, &'static str)> {
    if !rest.starts_with(JSON_OBJECT.as_bytes()) {
        return None;
    }
    let mut length = 0;
    for part in 0..3 {
        let here = rest[length..].iter().take_while(|byte| wordy(**byte)).count();
        if here < 10 {
            return None;
        }
        length += here;
        if part < 2 {
            if rest.get(length) != Some(&b'.') {
                return None;
            }
            length += 1;
        }
    }
    Some((length, "a JSON web token"))
}

/// Four groups of four in lowercase base32, as Bluesky's are. Plain words joined by hyphens have no digits.
fn app_password(rest: &[u8]) -> Option<usize> {
    const LENGTH: usize = 19;
    let code = rest.get(..LENGTH).filter(|code| code[4] == b'-')?;
    let base32 = |byte: &u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(byte);
    let fits = code.iter().enumerate().all(|(i, byte)| if i % 5 == 4 { *byte == b'-' } else { base32(byte) });
    let ends = rest.get(LENGTH).is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'-' && *next != b'_');
    let mixed = code.iter().any(u8::is_ascii_digit) && code.iter().any(u8::is_ascii_lowercase);
    (fits && ends && mixed).then_some(LENGTH)
}

/// Digits, a colon, and thirty-five characters.
fn bot_token(rest: &[u8]) -> Option<usize> {
    if !rest[0].is_ascii_digit() {
        return None;
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(8..=10).contains(&digits) || rest.get(digits) != Some(&b':') {
        return None;
    }
    let length = rest[digits + 1..].iter().take_while(|byte| wordy(**byte)).count();
    (length == 35).then_some(digits + 1 + length)
}

/// The names of what is secret, as the last word of a key.
const NAMES: &[&str] =
    &["password", "passwd", "pwd", "secret", "token", "api_key", "apikey", "api-key", "access_key", "private_key"];

/// Finds the value in `password = …`, inside a run or before it.
fn assigned(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    for sign in memchr::memchr2_iter(b'=', b':', &bytes[run.clone()]).map(|at| run.start + at) {
        if is_secret_name(&text[..sign]) {
            let value = sign + 1..text[..run.end].len();
            let end = text[value.clone()].find('&').map_or(value.end, |at| value.start + at);
            return is_secret_value(&text[value.start..end]).then_some(value.start..end);
        }
    }
    let before = text[..run.start].trim_end_matches(['"', '\'', ' ']);
    let name = before.strip_suffix(['=', ':'])?;
    let is_near = run.start - before.len() <= 3 && !text[before.len()..run.start].contains('\n');
    (is_near && is_secret_name(name) && is_secret_value(&text[run.clone()])).then_some(run)
}

fn is_secret_name(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '"', '\'']);
    // All of them end so, and hardly anything before a sign does.
    if !before.as_bytes().last().is_some_and(|last| matches!(last.to_ascii_lowercase(), b'd' | b't' | b'n' | b'y')) {
        return false;
    }
    NAMES.iter().any(|name| {
        let Some(start) = before.len().checked_sub(name.len()) else { return false };
        before.is_char_boundary(start) && before[start..].eq_ignore_ascii_case(name)
    })
}

/// Tells whether a value has the look of chance: letters and digits, and no reference to where a secret is kept.
fn is_secret_value(value: &str) -> bool {
    let is_reference = ["env:", "file:", "command:", "vault:", "keyring:", "http:", "https:", "/", "$", "./"];
    value.len() >= SHORTEST
        && !is_reference.iter().any(|reference| value.starts_with(reference))
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && value.bytes().filter(|byte| *byte == b'*').count() < 4
}

/// Finds the password in `https://user:password@host`.
fn in_address(run: &str, offset: usize) -> Option<(Range<usize>, &'static str)> {
    memchr::memchr(b'@', run.as_bytes())?;
    let authority = run.find("://")? + 3;
    let end = run[authority..].find(['/', '?', '#']).map_or(run.len(), |at| authority + at);
    let at = run[authority..end].rfind('@')? + authority;
    let colon = run[authority..at].find(':')? + authority;
    (at > colon + 1).then(|| (offset + colon + 1..offset + at, "a password in an address"))
}

#[cfg(test)]
mod tests {
    use super::{suspects::in_run, *};
    use proptest::{collection::vec, prelude::*, sample::select};

    /// Secrets are put together here, so that no scanner takes this file for a leak.
    #[track_caller]
    fn check(before: &str, secret: &[&str], after: &str, what: &str) {
        let secret = secret.concat();
        let text = format!("{before}{secret}{after}");
        assert_eq!(scan(&text), [(before.len()..before.len() + secret.len(), what)], "{before}…{after}");
    }

    #[track_caller]
    fn check_none(text: &str) {
        assert_eq!(scan(text), [], "{text}");
    }

    #[test]
    fn tokens_of_well_known_services_are_found() {
        let hex = "0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f";
        check("see ", &["ghp_", hex], ".", "a GitHub token");
        check("x=", &["github_pat_", hex], "", "a GitHub token");
        check("", &["AKIA", "Z2J4ABCDEFGH2345"], " there", "an AWS access key");
        check("a\n", &["xoxb-", "123456789012-abcdefABCDEF"], "\n", "a Slack token");
        check("https://", &["hooks.slack.com/services/", "T000000/B000000/abcdefghijkl012345"], "", "a Slack webhook");
        check("", &["sk_live_", "4eC39HqLyjWDarjt"], "", "a Stripe key");
        check("", &["AIza", "SyA-1234567890abcdefghijklmnopqrstu"], "", "a Google API key");
        let key = "QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0";
        check("key = \"", &["AGE-SECRET-", "KEY-1", key], "\"", "the secret key of a vault");
        check("bot ", &["123456789:", "AAabcdefghijklmnopqrstuvwxyz0123456"], "", "a Telegram bot token");
        check("", &["nsec", "1", &"q".repeat(58)], ".", "a secret key of Nostr");
        check_none(&format!("npub1{}", "q".repeat(58)));
        let long = hex.repeat(3);
        check("token ", &["TH", "AA", &long], "", "a Threads token");
        check("token ", &["IG", "AA", &long], "", "an Instagram token");
        check("token ", &["EA", "A", &long], "", "a Facebook token");
        check(
            "jwt ",
            &["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", ".c2lnbmF0dXJlLWhlcmU"],
            "",
            "a JSON web token",
        );
    }

    #[test]
    fn app_passwords_are_found_and_words_are_not() {
        check("", &["abcd-", "ef2h-ijkl-mn3p"], "", "an app password");
        check_none("this is a live-work-play-rest kind of place");
        check_none("2345-6723-4567-2345");
        check_none("123e4567-e89b-42d3-a456-426614174000");
        check_none("well-abcd-ef2h-ijkl-mn3p-more");
    }

    #[test]
    fn private_keys_are_found_whole() {
        let key = ["-----BEGIN RSA PRIV", "ATE KEY-----\nMIIabc\ndef\n-----END RSA PRIVATE KEY-----"];
        check("a\n", &key, "\nb", "a private key");
        check("a\n", &["-----BEGIN PRIV", "ATE KEY-----"], "\nb", "a private key");
        check_none("-----BEGIN CERTIFICATE-----\nMIIabc\n-----END CERTIFICATE-----");
    }

    #[test]
    fn assigned_values_are_found() {
        check("password = \"", &["hunter2hunter2hunter2"], "\"", "a password or token");
        check("API_KEY=", &["0123456789abcdef"], "", "a password or token");
        check("https://acme.example/?a=1&token=", &["0123456789abcdef"], "&b=2", "a password or token");
        check("https://joe:", &["hunter2"], "@acme.example/some/path", "a password in an address");
        check_none("token = \"env:ACME_MASTODON_TOKEN_2\"");
        check_none("token = \"vault:acme-mastodon-token-2\"");
        check_none("the secret: perseverance-and-patience");
        check_none("token: https://acme.example/docs/v2");
        check_none("password = \"short1\"");
    }

    #[test]
    fn ordinary_text_is_fine() {
        check_none("");
        check_none("A long-winded-hyphenated-word and https://acme.example/2026/12/the-new-hoodie?utm_source=mail42");
        check_none(&["AKIA", "IOSFODNN7EXAMPLE"].concat());
        check_none("joe@acme.example and https://social.example/@joe@acme.example");
        check_none("é日本語のとても長い文章です🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉");
    }

    /// What secrets and what is around them are made of.
    const PIECES: &[&str] = &[
        " ",
        "\n",
        "\"",
        "é",
        "/",
        "?",
        "&",
        "@",
        "=",
        ": ",
        " = \"",
        "-",
        ".",
        "abcd-ef2h-",
        "ijkl-mn3p",
        "ef2h-ijkl-",
        "0a1b2c3d4e5f6a7b8c9d",
        "0A1B2C3D4E5F6A7B8C9D",
        "12345678:",
        "AAabcdefghijklmnopqrstuvwxyz0123456",
        "password",
        "API_KEY=",
        "token: '",
        "https://",
        "://",
        "joe:hunter2@",
        "acme.example/",
        "ghp_",
        "AKIA",
        "xoxb-",
        "hf_",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "env:",
        "-----BEGIN ",
        "hooks.slack.com/services/",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn a_token_is_found_wherever_it_stands(before in "[ a-zé\n]{0,40}", after in "[ \n\"'),;]{0,1}") {
            let secret = ["ghp_", "0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f"].concat();
            let text = format!("{before} {secret}{after}");
            prop_assert_eq!(scan(&text), [(before.len() + 1..before.len() + 1 + secret.len(), "a GitHub token")]);
        }

        #[test]
        fn nothing_is_passed_over_that_looking_at_every_run_finds(pieces in vec(select(PIECES), 0..12)) {
            let text = pieces.concat();
            let mut slow: Vec<_> = (0..text.len())
                .filter(|at| text.is_char_boundary(*at))
                .filter_map(|at| private_key(&text, at))
                .collect();
            let mut start = 0;
            for run in text.split(|c: char| !c.is_ascii() || !in_run(c as u8)) {
                if run.len() >= SHORTEST {
                    look(&text, start..start + run.len(), &mut slow);
                }
                start += run.len();
                start += text[start..].chars().next().map_or(0, char::len_utf8);
            }
            prop_assert_eq!(scan(&text), without_overlaps(slow));
        }

        #[test]
        fn nothing_panics(text in "(?s).{0,80}") {
            scan(&text);
        }
    }
}
