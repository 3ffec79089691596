//! `[media.host]`: where images and videos are put for networks that fetch them from a public address.

use super::{
    Bucket, HostPlace, HostSettings, codes,
    keys::{self, Key, Shape, shown, unknown_key},
    lexical::{EndpointProblem, endpoint},
    read::{self, bad_value},
    secret,
    value::{Node, Table},
};
use crate::{
    diag::{Diagnostic, Span, Spanned},
    model::{NetworkSpec, SecretRef},
};
use serde_json::Value as Json;

#[derive(Clone, Copy, Debug)]
pub(super) enum MediaKey {
    Host,
}

/// The keys of `[media]`.
pub(super) static MEDIA: &[Key<MediaKey>] = &[Key {
    id: MediaKey::Host,
    name: "host",
    shape: Shape::Made(schema),
    doc: "Where files are put for networks that fetch them from a public address.",
}];

#[derive(Clone, Copy, Debug)]
enum HostKey {
    Url,
    Folder,
    Bucket,
    Region,
    Endpoint,
    Prefix,
    KeyId,
    Secret,
}

/// The keys of `[media.host]`.
static HOST: &[Key<HostKey>] = &[
    Key {
        id: HostKey::Url,
        name: "url",
        shape: Shape::TEXT,
        doc: "The public address of the folder, or of the bucket's prefix: what is put there is found below it.",
    },
    Key {
        id: HostKey::Folder,
        name: "folder",
        shape: Shape::TEXT,
        doc: "A folder that a web server serves, from the workspace's root or absolute; it must exist.",
    },
    Key { id: HostKey::Bucket, name: "bucket", shape: Shape::TEXT, doc: "The bucket of an S3-compatible storage." },
    Key { id: HostKey::Region, name: "region", shape: Shape::TEXT, doc: "The storage's region." },
    Key {
        id: HostKey::Endpoint,
        name: "endpoint",
        shape: Shape::TEXT,
        doc: "The storage's address, if it isn't Amazon's; http on this machine alone.",
    },
    Key { id: HostKey::Prefix, name: "prefix", shape: Shape::TEXT, doc: "What the names of the files begin with." },
    Key { id: HostKey::KeyId, name: "key_id", shape: Shape::TEXT, doc: "The id of the access key." },
    Key {
        id: HostKey::Secret,
        name: "secret",
        shape: Shape::Made(|_| secret::schema(secret::Kinds::All)),
        doc: "Where the secret half of the access key is kept: env:NAME, file:PATH, command:PROGRAM ARGUMENTS or vault:NAME.",
    },
];

fn schema(networks: &[NetworkSpec]) -> Json {
    keys::table_schema(HOST, &[], networks)
}

/// Reads `[media]`.
pub(super) fn read(table: Table<'_>, text: &str, out: &mut Vec<Diagnostic>) -> Option<HostSettings> {
    let mut host = None;
    for entry in table.entries {
        let Some(known) = keys::find(MEDIA, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[media]`", MEDIA.iter().map(|key| key.name)));
            continue;
        };
        match known.id {
            MediaKey::Host => {
                let header = entry.key.span;
                let Some(table) = read::table(known.name, entry.value, out) else { continue };
                host = read_host(table, header, text, out);
            }
        }
    }
    host
}

/// What was written.
#[derive(Default)]
struct Written {
    url: Option<String>,
    folder: Option<Spanned<String>>,
    bucket: Option<Spanned<String>>,
    region: Option<String>,
    endpoint: Option<String>,
    prefix: String,
    key_id: Option<String>,
    secret: Option<Spanned<SecretRef>>,
    /// The keys, by name: one that holds nonsense isn't missing.
    names: Vec<&'static str>,
}

fn read_host(table: Table<'_>, header: Span, text: &str, out: &mut Vec<Diagnostic>) -> Option<HostSettings> {
    let before = out.len();
    let mut written = Written::default();
    for entry in table.entries {
        let Some(known) = keys::find(HOST, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[media.host]`", HOST.iter().map(|key| key.name)));
            continue;
        };
        written.names.push(known.name);
        match known.id {
            HostKey::Url => written.url = address(known.name, entry.value, out),
            HostKey::Endpoint => written.endpoint = address(known.name, entry.value, out),
            HostKey::Folder => written.folder = folder(known.name, entry.value, out),
            HostKey::Bucket => written.bucket = plain(known.name, entry.value, out),
            HostKey::Region => written.region = plain(known.name, entry.value, out).map(|it| it.value),
            HostKey::KeyId => written.key_id = plain(known.name, entry.value, out).map(|it| it.value),
            HostKey::Prefix => written.prefix = prefix(known.name, entry.value, out).unwrap_or_default(),
            HostKey::Secret => {
                let safe = secret::safe_place(header, entry.key.span, text);
                let place = secret::Place { key: known.name, owner: "`[media.host]`", kinds: secret::Kinds::All, safe };
                written.secret = secret::reference(entry.value, place, out);
            }
        }
    }
    let has = |name: &str| written.names.contains(&name);
    let mut missing = |name: &str, help: &str| {
        if !has(name) {
            let message = format!("`[media.host]` has no `{name}`");
            out.push(Diagnostic::new(&codes::MISSING_KEY, header, message).help(help));
        }
    };
    missing("url", "say where the files are found, such as `url = \"https://media.example.com\"`");
    if has("folder") {
        let of_buckets = HOST.iter().map(|key| key.name).filter(|name| !["url", "folder"].contains(name));
        if let Some(other) = of_buckets.into_iter().find(|name| has(name)) {
            let message = format!("`[media.host]` has a `folder` and a `{other}`, so it is in two places");
            out.push(bad_value(header, message).help("keep `folder` or `bucket` and what belongs to it"));
        }
    } else if has("bucket") {
        missing("key_id", "add the id of the access key, such as `key_id = \"AKIA…\"`");
        missing("secret", "say where the access key's secret half is kept, such as `secret = \"env:MEDIA_SECRET\"`");
    } else {
        missing(
            "bucket",
            "add `bucket = \"…\"` of an S3-compatible storage, or `folder = \"…\"` that a web server serves",
        );
    }
    if out.len() > before {
        return None;
    }
    let Written { url, folder, bucket, region, endpoint, prefix, key_id, secret, .. } = written;
    let place = match (folder, bucket) {
        (Some(folder), _) => HostPlace::Folder(folder.value),
        (None, Some(bucket)) => HostPlace::Bucket(Bucket {
            name: bucket.value,
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            endpoint,
            prefix,
            key_id: key_id?,
            secret: secret?,
        }),
        (None, None) => return None,
    };
    Some(HostSettings { url: url?, place })
}

fn address(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    let text = read::text(key, node, out)?;
    let (problem, help) = match endpoint(&text.value) {
        Ok(address) if address.is_ascii() => return Some(address.to_owned()),
        Ok(_) => {
            ("isn't in ASCII", "write its host as `xn--…` and the rest with `%` codes: some networks read no other")
        }
        Err(EndpointProblem::NoAddress) => ("isn't a web address", "write one such as \"https://media.example.com\""),
        Err(EndpointProblem::Unencrypted) => {
            ("isn't encrypted", "write it with `https`; `http` is for this machine alone")
        }
        Err(EndpointProblem::UserInfo) => ("holds a user name", "write it without"),
        Err(EndpointProblem::Tail) => ("has something after its path", "write it without `?` and `#`"),
    };
    out.push(bad_value(text.span, format!("`{key}` of `[media.host]` {problem}")).help(help));
    None
}

fn folder(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let text = read::full_text(key, node, out)?;
    let parts = || text.value.split('/').filter(|part| !part.is_empty() && *part != ".");
    let (problem, help) = if text.value.contains(char::is_control) {
        ("holds a control character", "write a path")
    } else if parts().any(|part| part == "..") {
        ("leads upwards", "write it from the workspace's root, or whole from `/`")
    } else if parts().next() == Some(".git") {
        ("is git's own", "write a folder that a web server serves")
    } else if parts().next().is_none() {
        ("is all there is", "write a folder of its own, such as \"public/media\"")
    } else {
        return Some(text);
    };
    out.push(bad_value(text.span, format!("`{key}` of `[media.host]` {problem}")).help(help));
    None
}

/// Takes a word of the letters that names of buckets, regions and keys have.
fn plain(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let text = read::full_text(key, node, out)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if text.value.bytes().all(allowed) {
        return Some(text);
    }
    let message = format!("`{key}` can't be `{}`", shown(&text.value));
    out.push(bad_value(text.span, message).help("write letters, digits, `.`, `-` and `_`"));
    None
}

/// Takes what names of files begin with; a `/` is put after it.
fn prefix(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    let text = read::text(key, node, out)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte);
    let trimmed = text.value.trim_matches('/');
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    if trimmed.is_empty() {
        return Some(String::new());
    }
    if trimmed.bytes().all(allowed) && !trimmed.split('/').any(odd) {
        return Some(format!("{trimmed}/"));
    }
    let message = format!("`{key}` can't be `{}`", shown(&text.value));
    out.push(bad_value(text.span, message).help("write folders with `/` between them, such as \"social/masthead\""));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{check, good};

    #[test]
    fn a_bucket_and_a_folder_can_be_set() {
        let bucket = good(
            "[media.host]\nbucket = \"acme\"\nregion = \"eu-1\"\nendpoint = \"https://s3.acme.example\"\nprefix = \"/a/b\"\n\
             key_id = \"AK1\"\nsecret = \"env:S\"\nurl = \"https://media.acme.example/a/b/\"\n",
        );
        let host = bucket.host.expect("a host");
        assert_eq!(host.url, "https://media.acme.example/a/b");
        let HostPlace::Bucket(bucket) = host.place else { panic!("a bucket") };
        assert_eq!((bucket.name.as_str(), bucket.region.as_str(), bucket.prefix.as_str()), ("acme", "eu-1", "a/b/"));
        assert_eq!(bucket.secret.value, SecretRef::Env("S".to_owned()));
        let folder = good("[media.host]\nfolder = \"public/media\"\nurl = \"http://127.0.0.1:8080/media\"\n").host;
        assert_eq!(folder.expect("a host").place, HostPlace::Folder("public/media".to_owned()));
        assert!(good("").host.is_none());
    }

    #[test]
    fn what_is_missing_or_too_much_is_told() {
        check(
            "[media.host]\nurl = \"https://m.example\"\n",
            "missing-key: `[media.host]` has no `bucket` [host] (add `bucket = \"…\"` of an S3-compatible storage, or `folder = \
             \"…\"` that a web server serves)\n",
        );
        check(
            "[media.host]\nurl = \"https://m.example\"\nfolder = \"a\"\nbucket = \"b\"\n",
            "bad-value: `[media.host]` has a `folder` and a `bucket`, so it is in two places [host] (keep `folder` or `bucket` \
             and what belongs to it)\n",
        );
        check(
            "[media.host]\nfolder = \"a\"\nurl = \"http://m.example\"\n",
            "bad-value: `url` of `[media.host]` isn't encrypted [\"http://m.example\"] (write it with `https`; `http` is for this \
             machine alone)\n",
        );
        check(
            "[media.host]\nfolder = \"../a\"\nurl = \"https://m.example\"\n",
            "bad-value: `folder` of `[media.host]` leads upwards [\"../a\"] (write it from the workspace's root, or whole from \
             `/`)\n",
        );
        check(
            "[media.host]\nfoldr = \"a\"\nurl = \"https://m.example\"\nfolder = \"a\"\n",
            "unknown-key: unknown key `foldr` in `[media.host]` [foldr] (did you mean `folder`?)\n",
        );
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_shown() {
        check(
            "[media.host]\nbucket = \"b\"\nkey_id = \"k\"\nurl = \"https://m.example\"\nsecret = \"hunter2\"\n",
            "secret-in-config: `secret` of `[media.host]` doesn't say where the secret is kept [host] (write `env:NAME`, \
             `file:PATH`, `command:PROGRAM` or `vault:NAME`; if a secret stood there, revoke it: what was committed stays in the \
             history)\n",
        );
    }
}
