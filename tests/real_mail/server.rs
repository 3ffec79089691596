//! The mail server that was started for this, and what it has taken on.

use crate::{sandbox::Sandbox, tls::Certificates};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{
    io::Write as _,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) struct Server {
    /// Where it begins unencrypted; encrypted from the start is the next one.
    pub(crate) port: u16,
    user: String,
    pub(crate) password: String,
    data: String,
}

impl Server {
    /// Finds it; none if there is none, which is said straight to stderr, so that the test harness does not swallow it.
    pub(crate) fn find() -> Option<Self> {
        let variable =
            |name: &str| std::env::var(format!("MASTHEAD_REAL_MAIL{name}")).ok().filter(|value| !value.is_empty());
        let Some(port) = variable("") else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: start a mail server with tests/servers/smtp.sh and set MASTHEAD_REAL_MAIL"
            );
            return None;
        };
        let needed = |name: &str| {
            variable(name).unwrap_or_else(|| panic!("MASTHEAD_REAL_MAIL{name} goes with MASTHEAD_REAL_MAIL"))
        };
        Some(Self {
            port: port.parse().expect("a port"),
            user: needed("_USER"),
            password: needed("_PASSWORD"),
            data: needed("_DATA"),
        })
    }

    pub(crate) fn certificates(&self) -> Certificates {
        Certificates(self.data.clone().into())
    }

    /// Makes a workspace with an account that sends to a list by way of an address, and trusts the authority.
    pub(crate) fn workspace(&self, way: &str, list: &str) -> Sandbox {
        self.workspace_to(way, &format!("to = \"{list}\"\nunsubscribe = \"https://lists.example/leave?list=news\""))
    }

    /// Makes one with an account that sends to each of some addresses.
    pub(crate) fn workspace_to_each(&self, way: &str, recipients: &[String]) -> Sandbox {
        let to = "recipients = \"env:RECIPIENTS\"\nrecipients_key = \"env:RECIPIENTS_KEY\"\n\
                  unsubscribe = \"https://lists.example/leave?list=news&who={recipient}\"";
        let mut sandbox = self.workspace_to(way, to);
        sandbox.set("RECIPIENTS", &recipients.join("\n"));
        sandbox.set("RECIPIENTS_KEY", "a long text that stays the same");
        sandbox
    }

    fn workspace_to(&self, way: &str, to: &str) -> Sandbox {
        let mut sandbox = Sandbox::with_config(&format!(
            "[publish]\nsend_window = \"5s\"\nconnect_timeout = \"5s\"\nrequest_timeout = \"20s\"\nlease = \"40s\"\n\n\
             [accounts.list]\nnetwork = \"email\"\nserver = \"{way}\"\nuser = \"{}\"\ntoken = \"env:MAIL_PASSWORD\"\nlanguage = \"en\"\n\
             from = \"Acme Tøys <news@acme.example>\"\n{to}\nreply_to = \"help@acme.example\"\n",
            self.user
        ));
        sandbox.set("MAIL_PASSWORD", &self.password);
        sandbox.set("SSL_CERT_FILE", &self.certificates().authority().to_string_lossy());
        sandbox
    }

    /// Returns the messages that were taken on for a list.
    pub(crate) fn messages(&self, list: &str) -> Vec<Message> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_mail/read.py");
        let output = Command::new("python3")
            .arg(script)
            .args([&format!("{}/maildir", self.data), list])
            .output()
            .expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
        found.into_iter().map(Message).collect()
    }

    /// Returns the one message that was taken on for a list.
    #[track_caller]
    pub(crate) fn only(&self, list: &str) -> Message {
        let mut messages = self.messages(list);
        assert_eq!(messages.len(), 1, "{messages:#?}");
        messages.remove(0)
    }
}

/// A message as Python's parser reads it.
#[derive(Debug)]
pub(crate) struct Message(pub(crate) Value);

impl Message {
    /// Returns a header that is there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let headers = self.0["headers"].as_array().expect("headers");
        let found: Vec<&Value> = headers.iter().filter(|header| header[0] == name).map(|header| &header[1]).collect();
        assert_eq!(found.len(), 1, "`{name}` in {headers:#?}");
        found[0].as_str().expect("a text")
    }

    /// Returns its parts in order, those that have parts themselves too.
    pub(crate) fn parts(&self) -> &[Value] {
        self.0["parts"].as_array().expect("parts")
    }
}

/// Decodes the content of a part.
pub(crate) fn content(part: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(part["content"].as_str().expect("a text")).expect("base64")
}

/// Returns the address of a list that no earlier run has used.
pub(crate) fn new_list(of: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    format!("{of}-{:x}@lists.example", since.as_nanos())
}
