use crate::{
    config::Config,
    diag::{Code, Diagnostic, Level, did_you_mean},
    model::{Account, NetworkId},
    network::{self, AnyNetwork, Need},
};

static ACCOUNT_INCOMPLETE: Code = Code {
    name: "account-incomplete",
    summary: "an account lacks what its network can't do without",
    level: Level::Error,
    fixed: true,
    explain: "A network with many servers needs `endpoint`, one that signs in with a name needs `handle`, and one that takes \
              posts from nobody but its owner needs `token`.\n\n\
              ```toml\n[accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"https://mastodon.example\"\n\
              token = \"env:ACME_MASTODON_TOKEN\"\n```\n\n\
              Add the line. The secret itself never stands here: `env:NAME`, `file:PATH` and `command:PROGRAM` say where it is.",
};

static CHECK_UNKNOWN_CODE: Code = Code {
    name: "check-unknown-code",
    summary: "`[check]` names a code that there isn't",
    level: Level::Error,
    fixed: true,
    explain: "`[check]` sets the level of findings by their code. A code that doesn't exist changes nothing, and whoever \
              wrote it believes that it does.\n\n\
              ```toml\n[check]\nalt-mising = \"error\"   # alt-missing\n```\n\n\
              `masthead explain` lists the codes; every finding shows its own in brackets.",
};

static CHECK_FIXED_CODE: Code = Code {
    name: "check-fixed-code",
    summary: "`[check]` lowers a code that can't be lowered",
    level: Level::Error,
    fixed: true,
    explain: "Some findings stand for files that can't be read, posts that a network would refuse, or posts that would go \
              out twice. They are errors, whatever `[check]` says.\n\n\
              ```toml\n[check]\ntext-too-long = \"warning\"\n```\n\n\
              Delete the line.",
};

pub(super) static CODES: &[&Code] = &[&ACCOUNT_INCOMPLETE, &CHECK_UNKNOWN_CODE, &CHECK_FIXED_CODE];

/// Checks the configuration for what only the networks and the rules know.
pub fn check_config(config: &Config) -> Vec<Diagnostic> {
    check(config, network::find)
}

/// As [`check_config`], with networks found otherwise.
pub(super) fn check(config: &Config, find: fn(NetworkId) -> Option<&'static dyn AnyNetwork>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for account in config.accounts.values() {
        found.extend(incomplete(account, find));
    }
    let codes = super::codes();
    for (name, level) in &config.check.levels {
        let Some(code) = codes.iter().find(|code| code.name == name) else {
            let finding = Diagnostic::new(&CHECK_UNKNOWN_CODE, level.span, format!("there is no code `{name}`"));
            found.push(match did_you_mean(name, codes.iter().map(|code| code.name)) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("take the code from the brackets of a finding"),
            });
            continue;
        };
        if code.fixed && level.value < code.level {
            let message = format!("`{name}` is always {}", article(code.level));
            found.push(Diagnostic::new(&CHECK_FIXED_CODE, level.span, message).help("delete the line"));
        }
    }
    found
}

fn incomplete(account: &Account, find: fn(NetworkId) -> Option<&'static dyn AnyNetwork>) -> Option<Diagnostic> {
    let profile = find(account.network)?.profile();
    let lacks = |need: &&Need| match need {
        Need::Endpoint => account.endpoint.is_none(),
        Need::Handle => account.handle.is_none(),
        Need::Token => account.token.is_none(),
    };
    let missing: Vec<Need> = profile.needs.iter().filter(lacks).copied().collect();
    let first = missing.first()?;
    let keys = crate::diag::words::names(missing.iter().map(|need| key(*need)));
    let id = &account.id;
    let message = format!("the account `{id}` has no {keys}, which {} needs", profile.name);
    let example = match first {
        Need::Endpoint => "add `endpoint = \"https://…\"`, the address of its server".to_owned(),
        Need::Handle => "add `handle = \"…\"`, its name on the network".to_owned(),
        Need::Token => format!(
            "add `token = \"env:{}_TOKEN\"`, where its secret is kept",
            id.as_str().to_uppercase().replace('-', "_")
        ),
    };
    Some(Diagnostic::new(&ACCOUNT_INCOMPLETE, account.span, message).help(example))
}

fn key(need: Need) -> &'static str {
    match need {
        Need::Endpoint => "endpoint",
        Need::Handle => "handle",
        Need::Token => "token",
    }
}

fn article(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Note => "a note",
        Level::Warning => "a warning",
        Level::Error => "an error",
    }
}
