use super::{fixture::networks, *};
use crate::{
    diag::{Diagnostic, FileId, Level},
    model::{GroupId, SecretRef, Voice},
};
use proptest::prelude::*;
use std::{fmt::Write as _, time::Duration};

pub(super) fn read(text: &str) -> (Option<Config>, Vec<Diagnostic>) {
    let (config, mut findings) = parse(FileId(7), text, networks());
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    for finding in &findings {
        let places = finding.others.iter().map(|label| label.span).chain([finding.primary.span]);
        for span in places {
            assert!(text.get(span.range()).is_some(), "{finding:?}");
        }
    }
    (config, findings)
}

pub(super) fn good(text: &str) -> Config {
    let (config, findings) = read(text);
    assert_eq!(findings, []);
    config.expect("a configuration")
}

/// Shows findings as `code: message [place] (help)`.
fn told(text: &str) -> String {
    let (_, findings) = read(text);
    let mut told = String::new();
    for finding in findings {
        let _ = write!(told, "{}: {}", finding.code.name, finding.message);
        let _ = write!(told, " [{}]", &text[finding.primary.span.range()].lines().next().unwrap_or_default());
        let _ = writeln!(told, " ({})", finding.help.as_deref().unwrap_or_default());
    }
    told
}

#[track_caller]
pub(super) fn check(text: &str, expect: &str) {
    assert_eq!(told(text).trim_end(), expect.trim());
}

#[test]
fn an_empty_file_has_the_defaults() {
    let config = good("");
    assert_eq!((config.branch.as_str(), config.zone.name()), ("main", "UTC"));
    assert_eq!(config.ledger, LedgerSettings::default());
    assert_eq!(config.publish, PublishSettings::default());
    assert_eq!(config.file, FileId(7));
}

#[test]
fn everything_is_read() {
    let config = good(
        r#"
[workspace]
name = "Acme"
timezone = "Europe/Rome"
branch = "live"
language = "en"
[ledger]
remote = false
branch = "books"
[publish]
grace = "2d"
burst = 5
[check]
alt-text = "error"
[accounts.brand]
network = "mastodon"
endpoint = "https://mastodon.example/"
handle = "@acme@mastodon.example"
token = "env:ACME_TOKEN"
voice = "ambassador"
language = "de"
max_chars = 1000
[accounts.home]
network = "site"
[people.moschino]
mastodon = "@moschino@fashion.example"
"#,
    );
    assert_eq!((config.name.as_str(), config.branch.as_str()), ("Acme", "live"));
    assert_eq!(config.ledger, LedgerSettings { remote: None, branch: "books".to_owned() });
    assert_eq!(
        config.publish,
        PublishSettings { grace: Duration::from_secs(172_800), burst: 5, ..PublishSettings::default() }
    );
    assert_eq!(config.check.levels["alt-text"].value, Level::Error);
    let brand = &config.accounts["brand"];
    assert_eq!(brand.endpoint.as_ref().map(|e| e.value.as_str()), Some("https://mastodon.example"));
    assert_eq!(brand.handle.as_ref().map(|h| h.value.as_str()), Some("acme@mastodon.example"));
    assert_eq!(brand.token.as_ref().map(|t| &t.value), Some(&SecretRef::Env("ACME_TOKEN".to_owned())));
    assert_eq!((brand.voice, brand.language.as_deref()), (Voice::Ambassador, Some("de")));
    assert_eq!(config.accounts["home"].language.as_deref(), Some("en"), "the workspace's");
    assert_eq!(brand.options.integer("max_chars"), Some(1000));
    let person = &config.people["moschino"];
    assert_eq!(person.name, "moschino");
    assert_eq!(person.handles.values().collect::<Vec<_>>(), ["moschino@fashion.example"]);
}

#[test]
fn groups_are_flat_and_name_each_account_once() {
    let config = fixture::config();
    let names = |group: &str| config.groups[&GroupId::new(group)].iter().map(|id| id.as_str()).collect::<Vec<_>>();
    assert_eq!(names("social"), ["brand", "sky"]);
    assert_eq!(names("everywhere"), ["brand", "sky", "home"]);
}

#[test]
fn a_syntax_error_leaves_no_configuration() {
    let (config, findings) = read("[workspace\nname = 1");
    assert!(config.is_none());
    assert_eq!(findings[0].code.name, "syntax");
}

#[test]
fn unknown_keys_are_told_at_each_level() {
    check("[acounts]\n", "unknown-key: unknown key `acounts` in `masthead.toml` [acounts] (did you mean `accounts`?)");
    check("[ledger]\nremot = 1", "unknown-key: unknown key `remot` in `[ledger]` [remot] (did you mean `remote`?)");
    check("[publish]\nbrust = 1", "unknown-key: unknown key `brust` in `[publish]` [brust] (did you mean `burst`?)");
    check(
        "[workspace]\ntime_zone = 1",
        "unknown-key: unknown key `time_zone` in `[workspace]` [time_zone] (did you mean `timezone`?)",
    );
    check(
        "[accounts.a]\nnetwork = \"mastodon\"\nmax_char = 1",
        "unknown-key: unknown key `max_char` in `[accounts.a]` [max_char] (did you mean `max_chars`?)",
    );
    check(
        "[people.a]\nmastadon = \"a\"",
        "unknown-key: unknown key `mastadon` in `[people.a]` [mastadon] (did you mean `mastodon`?)",
    );
    check(
        "[ledger]\nxyzzy = 1",
        "unknown-key: unknown key `xyzzy` in `[ledger]` [xyzzy] (delete it, or use one of `remote`, `branch`)",
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    insta::assert_snapshot!(told(
        "[workspace]\nname = 1\ntimezone = \"Europe/Roma\"\nbranch = \"a b\"\n[ledger]\nremote = true\n[publish]\ngrace = \"soon\"\nburst = 0\n[check]\nx = \"eror\"\n[accounts.a]\nnetwork = \"mastodn\"\n[accounts.b]\nvoice = \"brand\"\n[groups]\ng = [\"c\"]\n"
    ), @r#"
    wrong-type: `name` holds a number [1] (write a text in quotes)
    unknown-zone: unknown time zone `Europe/Roma` ["Europe/Roma"] (did you mean `Europe/Rome`?)
    bad-value: `a b` can't be the name of a branch ["a b"] (write the branch's name as `git branch` shows it, such as `main`)
    wrong-type: `remote` holds true or false [true] (write the name of a git remote in quotes, or false)
    bad-value: `soon` isn't a duration ["soon"] (write whole numbers with `s`, `m`, `h`, `d` or `w`, such as "90m", "24h" or "2d")
    bad-value: `burst` can't be 0 [0] (write a whole number from 1 to 100000)
    bad-value: `x` can't be `eror` ["eror"] (did you mean `error`?)
    unknown-network: unknown network `mastodn` ["mastodn"] (did you mean `mastodon`?)
    missing-key: the account `b` has no `network` [b] (add `network = "…"` with one of `mastodon`, `bluesky`, `site`)
    unknown-account: unknown account or group `c` ["c"] (did you mean `a`?)
    "#);
}

#[test]
fn endpoints_are_checked() {
    let told_of = |endpoint: &str| told(&format!("[accounts.a]\nnetwork = \"mastodon\"\nendpoint = \"{endpoint}\"\n"));
    assert_eq!(told_of("http://127.0.0.1:3000/"), "");
    assert!(told_of("http://a.example").starts_with("bad-value: `endpoint` is unencrypted"));
    assert!(told_of("a.example").starts_with("bad-value: `endpoint` isn't a web address"));
}

#[test]
fn each_place_of_a_secret_is_read() {
    let token = |token: &str| {
        let vault = "[vault]\nkey = \"env:K\"\n";
        let config = good(&format!("{vault}[accounts.a]\nnetwork = \"mastodon\"\ntoken = \"{token}\"\n"));
        config.accounts["a"].token.clone().expect("a token").value
    };
    assert_eq!(token("vault:a-1"), SecretRef::Vault("a-1".to_owned()));
    assert_eq!(token("env:A_1"), SecretRef::Env("A_1".to_owned()));
    assert_eq!(token("file:secrets/a b"), SecretRef::File("secrets/a b".to_owned()));
    assert_eq!(token("command:pass show 'a b'"), SecretRef::Command(vec!["pass".into(), "show".into(), "a b".into()]));
}

#[test]
fn a_vault_has_a_key_that_is_elsewhere() {
    assert_eq!(good("").vault, None);
    let vault = |text: &str| good(&format!("[vault]\n{text}")).vault.expect("a vault");
    let made = vault("key = \"env:K\"\n");
    assert_eq!((made.branch.as_str(), made.key), ("masthead-vault", SecretRef::Env("K".to_owned())));
    let made = vault("key = \"file:k\"\nbranch = \"keys\"\nrecipients = [\"age1abc\", \"age1d\"]\n");
    assert_eq!((made.branch.as_str(), made.recipients), ("keys", vec!["age1abc".to_owned(), "age1d".to_owned()]));
    let told_of = |text: &str| told(&format!("[vault]\n{text}"));
    assert!(told_of("branch = \"x\"\n").starts_with("missing-key: `[vault]` has no `key`"));
    assert!(told_of("key = \"vault:x\"\n").contains("doesn't say where the secret is kept"));
    assert!(told_of("key = \"env:K\"\nbranch = \"main\"\n").contains("which holds something else"));
    assert!(told_of("key = \"env:K\"\nbranch = \"masthead-ledger\"\n").contains("which holds something else"));
    assert!(told_of("key = \"env:K\"\nsecret = 1\n").starts_with("unknown-key"));
    let stray = told("[accounts.a]\nnetwork = \"mastodon\"\ntoken = \"vault:a\"\n");
    assert!(stray.starts_with("bad-value: `vault:a` is kept in a vault, and there is none"), "{stray}");
    for line in ["key = \"AGE-SECRET-KEY-1CANARY\"", "key = \"env:K\"\nrecipients = [\"AGE-SECRET-KEY-1CANARY\"]"] {
        let told = told_of(&format!("{line}\n"));
        assert!(told.starts_with("secret-in-config") && !told.contains("CANARY"), "{told}");
    }
}

#[test]
fn a_token_ends_when_its_last_day_does() {
    let ends = |value: &str| {
        let text = "[workspace]\ntimezone = \"Europe/Rome\"\n[accounts.a]\nnetwork = \"mastodon\"\ntoken_expires = ";
        good(&format!("{text}{value}\n")).accounts["a"].token_expires.as_ref().map(|at| at.value.to_string())
    };
    assert_eq!(ends("2027-01-31").as_deref(), Some("2027-01-31T22:59:59Z"));
    assert_eq!(ends("\"2027-07-31\"").as_deref(), Some("2027-07-31T21:59:59Z"));
    assert_eq!(ends("2027-01-31T12:00:00").as_deref(), Some("2027-01-31T11:00:00Z"));
    assert_eq!(ends("2027-01-31T12:00:00Z").as_deref(), Some("2027-01-31T12:00:00Z"));
    let told_of = |value: &str| told(&format!("[accounts.a]\nnetwork = \"mastodon\"\ntoken_expires = {value}\n"));
    assert!(told_of("\"soon\"").starts_with("bad-value: `soon` isn't a date"));
    assert!(told_of("90").starts_with("wrong-type"));
}

#[test]
fn an_application_is_read_where_people_let_us_in_by_one() {
    let text = "[workspace]\ntimezone = \"Europe/Rome\"\n[accounts.a]\nnetwork = \"mastodon\"\n";
    let read = good(&format!(
        "{text}client_id = \"abc\"\nclient_secret = \"env:A\"\nredirect = \"https://acme.example/back/\"\n"
    ));
    let client = read.accounts["a"].client.clone().expect("an application");
    assert_eq!(client.id.value, "abc");
    assert_eq!(client.secret.map(|secret| secret.value), Some(SecretRef::Env("A".to_owned())));
    assert_eq!(client.redirect.map(|redirect| redirect.value).as_deref(), Some("https://acme.example/back/"));
    let alone = good(&format!("{text}client_id = \"abc\"\n"));
    assert!(alone.accounts["a"].client.as_ref().is_some_and(|client| client.secret.is_none()));
    for (written, part) in [
        ("client_secret = \"env:A\"", "whose `client_id` is missing"),
        ("redirect = \"https://acme.example\"", "whose `client_id` is missing"),
        ("client_id = \"\"", "`client_id` is empty"),
        ("client_id = \"a\"\nclient_secret = \"hunter2\"", "doesn't say where the secret is kept"),
        ("client_id = \"a\"\nredirect = \"acme\"", "isn't a web address of its own"),
    ] {
        let told = told(&format!("[accounts.a]\nnetwork = \"mastodon\"\n{written}\n"));
        assert!(told.contains(part) && !told.contains("hunter2"), "{written}: {told}");
    }
    let elsewhere = told("[accounts.a]\nnetwork = \"bluesky\"\nclient_id = \"a\"\n");
    assert!(elsewhere.contains("client_id"), "{elsewhere}");
}

#[test]
fn a_secret_is_never_repeated_nor_underlined() {
    for line in [
        "token = \"hunter2\"",
        "token = \"env:hunter2 x\"",
        "token = \"keyring:hunter2\"",
        "token = \"command:'hunter2\"",
        "token = [\"hunter2\"]",
        "password = \"hunter2\"",
        "endpoint = \"https://me:hunter2@a.example\"",
    ] {
        for text in [
            format!("[accounts.a]\nnetwork = \"mastodon\"\n{line}\n"),
            format!("accounts.a = {{ network = \"mastodon\", {line} }}\n"),
        ] {
            let (_, findings) = read(&text);
            assert_eq!(findings.len(), 1, "{findings:?}");
            let finding = &findings[0];
            assert_eq!(finding.code.name, "secret-in-config", "{line}");
            assert!(!format!("{finding:?}").contains("hunter2"), "{finding:?}");
            let lines = text[finding.primary.span.range()].to_owned();
            assert!(lines.is_empty() || lines == "a", "{lines}");
            if lines == "a" {
                let start = finding.primary.span.range().start;
                let line = text[start..].lines().next().unwrap_or_default();
                assert!(!line.contains("hunter2"));
            }
        }
    }
}

#[test]
fn names_that_mean_two_things_clash() {
    let two = "[accounts.a]\nnetwork = \"mastodon\"\n";
    check(
        &format!("{two}[groups]\na = [\"a\"]\n"),
        "name-clash: `a` is a group and an account [a] (rename one of them)",
    );
    check(
        &format!("{two}[groups]\nsite = [\"a\"]\n"),
        "name-clash: `site` is a group and a network [site] (rename one of them)",
    );
    check(
        "[accounts.de]\nnetwork = \"mastodon\"\nlanguage = \"de\"\n",
        "name-clash: `de` is an account and a language in use [de] (rename one of them)",
    );
    check("[accounts.linkedin]\nnetwork = \"site\"\n[accounts.mastodon]\nnetwork = \"site\"\n", "");
    check("[accounts.sky]\nnetwork = \"bluesky\"\n", "");
}

#[test]
fn names_can_be_written_everywhere() {
    check(
        "[accounts.\"Brand EN\"]\nnetwork = \"mastodon\"\n",
        "bad-name: `Brand EN` can't be the name of an account [\"Brand EN\"] (use lowercase letters, digits, `_` and `-`, as in `brand-en`)",
    );
    check(
        "[accounts.tags]\nnetwork = \"mastodon\"\n",
        "bad-name: `tags` can't be the name of an account [tags] (choose another name)",
    );
}

#[test]
fn a_cycle_is_told_by_each_group_on_it() {
    insta::assert_snapshot!(told("[groups]\na = [\"b\"]\nb = [\"a\"]\nc = [\"a\"]\nd = [\"d\"]\n"), @"
    group-cycle: the group `a` contains itself: a → b → a [a] (take one of the names out)
    group-cycle: the group `b` contains itself: b → a → b [b] (take one of the names out)
    group-cycle: the group `d` contains itself: d → d [d] (take one of the names out)
    ");
}

#[test]
fn a_long_chain_of_groups_is_an_error_not_an_overflow() {
    let mut text = "[groups]\n".to_owned();
    for n in 0..2_000 {
        let _ = writeln!(text, "g{n} = [\"g{}\"]", n + 1);
    }
    assert!(told(&text).contains("nested-too-deeply"));
}

#[test]
fn the_ledger_has_a_branch_of_its_own() {
    assert!(
        told("[ledger]\nbranch = \"main\"\n").starts_with("bad-value: the ledger and the posts are both on the branch")
    );
}

#[test]
fn an_unknown_network_hides_no_other_account() {
    let (config, _) = read(
        "[accounts.a]\nnetwork = \"x\"\nwhatever = 1\n[accounts.b]\nnetwork = \"site\"\n[groups]\ng = [\"a\", \"b\"]\n",
    );
    let config = config.expect("a configuration");
    assert_eq!(config.accounts.len(), 1);
    assert_eq!(config.groups[&GroupId::new("g")].len(), 1);
}

#[test]
fn the_schema_knows_every_key_and_option() {
    let schema = schema(&networks());
    let keys: Vec<&String> = schema["properties"].as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        ["accounts", "check", "daemon", "groups", "ledger", "media", "people", "publish", "vault", "workspace"]
    );
    let mastodon = &schema["properties"]["accounts"]["additionalProperties"]["anyOf"][0];
    assert_eq!(mastodon["properties"]["network"]["const"], "mastodon");
    assert_eq!(mastodon["properties"]["max_chars"]["maximum"], 100_000);
    assert_eq!(mastodon["properties"]["voice"]["enum"][1], "ambassador");
    assert_eq!(schema["properties"]["people"]["additionalProperties"]["properties"]["bluesky"]["type"], "string");
}

#[test]
fn codes_have_a_whole_story() {
    for code in CODES {
        assert!(code.explain.len() > 100 && code.explain.contains('.'), "{}", code.name);
        assert!(code.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", code.name);
        assert_eq!(CODES.iter().filter(|other| *other == code).count(), 1, "{}", code.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_read_without_panic(text in "(?s).{0,400}") {
        read(&text);
    }

    #[test]
    fn any_mutation_is_read_without_panic(at in 0..fixture::MASTHEAD.len(), length in 0usize..40, put in "(?s).{0,8}") {
        let mut text = fixture::MASTHEAD.to_owned();
        let end = (at + length).min(text.len());
        text.replace_range(at..end, &put);
        read(&text);
    }
}
