//! The invariants of `docs/architecture.md`, held against the source text.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each module with what it may import. The order is the reading order.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("model", &["diag"]),
    ("config", &["diag", "model"]),
    ("text", &["diag", "model"]),
    ("content", &["diag", "model", "config"]),
    ("ledger", &["diag", "model"]),
    ("network", &["diag", "model", "text"]),
    ("check", &["diag", "model", "config", "content", "text", "network"]),
    ("plan", &["diag", "model", "config", "content", "network", "ledger"]),
    ("report", &["diag", "model", "config", "text", "network", "plan", "ledger"]),
    ("workspace", &["diag", "model", "config", "ledger"]),
    ("engine", &["diag", "model", "config", "network", "plan", "ledger", "workspace"]),
    (
        "cli",
        &[
            "diag",
            "model",
            "config",
            "text",
            "content",
            "ledger",
            "network",
            "check",
            "plan",
            "report",
            "workspace",
            "engine",
        ],
    ),
];

/// The modules that touch the world.
const IMPURE: &[&str] = &["workspace", "engine", "cli"];

/// Each crate that has one door, with the paths below `src/` that may name it.
const DOORS: &[(&str, &[&str])] = &[
    ("reqwest", &["engine/transport"]),
    ("rustls", &["engine/transport"]),
    ("tokio_rustls", &["engine/transport"]),
    ("rustls_platform_verifier", &["engine/transport"]),
    ("tokio_tungstenite", &["engine/transport/relay"]),
    ("k256", &["engine/schnorr"]),
    ("bech32", &["network/nip19"]),
    ("lettre", &["engine/transport", "engine/mail"]),
    ("hyper", &["cli/loopback", "cli/daemon/server", "cli/preview/server", "cli/commands/login"]),
    // The daemon has a module of that name.
    ("notify", &["cli/preview/watcher", "cli/daemon/"]),
    ("ring", &["engine/transport", "engine/sign", "cli/daemon/webhook"]),
    ("git2", &["workspace/git"]),
    ("object_store", &["engine/host/bucket"]),
    ("age", &["engine/vault/seal"]),
    ("pulldown_cmark", &["content/markdown"]),
    ("chrono", &["model/when"]),
    ("chrono_tz", &["model/when"]),
    ("minijinja", &["report/"]),
    ("annotate_snippets", &["report/"]),
    ("serde_saphyr", &["content/"]),
    ("clap", &["cli/"]),
];

/// What a pure module never names.
const WORLD: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::net::Udp",
    "ToSocketAddrs",
    "std::process",
    "std::io::std",
    "SystemTime",
    "Instant",
    "Utc::now",
    "Local::now",
    "getrandom",
    "rustix::",
    "tokio::",
    "println!",
    "eprintln!",
];

struct Source {
    /// The path below `src/`, with `/`.
    path: String,
    /// The text without comments and without the tests at its end.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path: PathBuf = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                let for_tests = ["/tests.rs", "/tests/", "/testing.rs", "/fixture.rs", "/fixtures.rs", "/sandbox.rs"];
                if for_tests.iter().any(|part| below.contains(part)) {
                    continue;
                }
                let text = fs::read_to_string(&path).expect("a readable file");
                found.push(Source { path: below, code: code(&text) });
            }
        }
    }
    assert!(found.len() > 50, "the sources were found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Drops comments, and the unit tests, which stand at the end of a file.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn module(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// Returns the modules that a source names by `crate::…`, also inside braces.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (at, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if c.is_whitespace() => {}
                    _ if start && depth == 0 => {
                        found.insert(word(&list[at..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            found.insert(word(rest));
        }
    }
    found.remove("");
    found
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.contains('/')) {
        let own = module(&source.path);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == own) else {
            panic!("`{own}` is not in the table");
        };
        for import in imports(&source.code) {
            if import != own && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_is_in_the_table_and_in_the_map() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("lib.rs");
    for (name, _) in MAY_IMPORT {
        assert!(lib.contains(&format!("pub mod {name};")), "{name} is a module");
        assert!(lib.contains(&format!("//! | [`{name}`] |")), "{name} is on the map");
    }
    assert_eq!(lib.matches("pub mod ").count(), MAY_IMPORT.len());
}

#[test]
fn pure_modules_do_not_touch_the_world() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.contains('/') && !IMPURE.contains(&module(&source.path)))
    {
        for world in WORLD {
            if source.code.contains(world) {
                wrong.push(format!("{} names {world}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_crate_has_one_door() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, doors) in DOORS {
            // As a word of its own: `String::new` names no `ring`.
            let is_word = |at: usize| !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let path = format!("{name}::");
            let named = source.code.match_indices(&path).any(|(at, _)| is_word(at))
                || source.code.contains(&format!("use {name}"));
            if named && !doors.iter().any(|door| source.path.starts_with(door)) {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_adapter_knows_no_other_and_no_more_than_it_must() {
    let names = masthead::network::ALL.iter().map(|network| network.profile().id.as_str());
    let names: Vec<String> = names.map(|name| name.replace('-', "_")).collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = names.iter().find(|name| {
            source.path == format!("network/{name}.rs") || source.path.starts_with(&format!("network/{name}/"))
        }) else {
            continue;
        };
        for import in imports(&source.code) {
            if !["diag", "model", "text", "network"].contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", source.path));
            }
        }
        for other in names.iter().filter(|name| *name != own) {
            if source.code.contains(&format!("network::{other}"))
                || source.code.contains(&format!("super::super::{other}"))
            {
                wrong.push(format!("{} names {other}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The core knows what a network can do from its profile, never from its name.
#[test]
fn the_core_never_asks_which_network_it_is() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with("network/")) {
        for network in masthead::network::ALL {
            let id = network.profile().id;
            let asked =
                [format!("NetworkId(\"{id}\")"), format!("== \"{id}\""), format!("\"{id}\" =>"), format!("\"{id}\" |")];
            if asked.iter().any(|asked| source.code.contains(asked)) {
                wrong.push(format!("{} names {id}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn model_types_are_not_serialised() {
    for source in sources().iter().filter(|source| source.path.starts_with("model/")) {
        assert!(!source.code.contains("serde"), "{}", source.path);
    }
}

#[test]
fn files_stay_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source, fs::read_to_string(root.join(&source.path)).expect("a file").lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect();
    assert!(long.is_empty(), "look twice: {long:#?}");
}
