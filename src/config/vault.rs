//! `[vault]`: where sessions and secrets are kept that publishers share.

use super::{
    VaultSettings, codes,
    keys::{self, Key, Shape, unknown_key},
    lexical::is_branch,
    read::{self, bad_value},
    secret,
    value::Table,
};
use crate::diag::{Diagnostic, Span};

#[derive(Clone, Copy, Debug)]
pub(super) enum VaultKey {
    Key,
    Branch,
    Recipients,
}

/// The keys of `[vault]`.
pub(super) static VAULT: &[Key<VaultKey>] = &[
    Key {
        id: VaultKey::Key,
        name: "key",
        shape: Shape::Made(|_| secret::schema(secret::Kinds::Outside)),
        doc: "Where the key is kept that opens the vault: env:NAME, file:PATH or command:PROGRAM ARGUMENTS. Never the key \
              itself.",
    },
    Key { id: VaultKey::Branch, name: "branch", shape: Shape::TEXT, doc: "The branch that the vault is on." },
    Key {
        id: VaultKey::Recipients,
        name: "recipients",
        shape: Shape::Texts,
        doc: "The public halves of other keys that open the vault too, as age1….",
    },
];

/// Reads `[vault]`. There is none without a key. Findings about the key stand at `safe`.
pub(super) fn read(table: Table<'_>, header: Span, text: &str, out: &mut Vec<Diagnostic>) -> Option<VaultSettings> {
    let (mut key, mut branch, mut recipients) = (None, "masthead-vault".to_owned(), Vec::new());
    let mut has_key = false;
    for entry in table.entries {
        let Some(known) = keys::find(VAULT, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[vault]`", VAULT.iter().map(|key| key.name)));
            continue;
        };
        match known.id {
            VaultKey::Key => {
                let safe = secret::safe_place(header, entry.key.span, text);
                has_key = true;
                let place = secret::Place { key: known.name, owner: "`[vault]`", kinds: secret::Kinds::Outside, safe };
                key = secret::reference(entry.value, place, out);
            }
            VaultKey::Branch => {
                let Some(name) = read::text(known.name, entry.value, out) else { continue };
                if is_branch(&name.value) {
                    branch = name.value.into_owned();
                } else {
                    out.push(
                        bad_value(name.span, "`branch` of `[vault]` can't be the name of a branch")
                            .help("write a name such as `masthead-vault`"),
                    );
                }
            }
            VaultKey::Recipients => {
                for recipient in read::texts(known.name, entry.value, out).unwrap_or_default() {
                    let is_public = recipient.value.starts_with("age1")
                        && recipient.value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
                    if is_public {
                        recipients.push(recipient.value.into_owned());
                    } else {
                        // It may be the secret half, so it is not shown.
                        let safe = secret::safe_place(header, entry.key.span, text);
                        out.push(
                            Diagnostic::new(
                                &codes::SECRET_IN_CONFIG,
                                safe,
                                "`recipients` of `[vault]` holds something else than a public key",
                            )
                            .help(
                                "write the halves that begin with `age1`; if the secret half stood there, make another \
                                 key with `masthead vault init`",
                            ),
                        );
                    }
                }
            }
        }
    }
    if !has_key {
        out.push(Diagnostic::new(&codes::MISSING_KEY, header, "`[vault]` has no `key`").help(
            "say where the key is kept, such as `key = \"env:MASTHEAD_VAULT_KEY\"`; `masthead vault init` makes one",
        ));
    }
    key.map(|key| VaultSettings { key: key.value, branch, recipients })
}
