//! New posts, as `masthead new` and the preview's page write them.

use super::{Failure, scaffold, time};
use crate::{config::Config, diag::did_you_mean, model::Timestamp, workspace};
use std::path::Path;

/// What a new post is to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewPost<'a> {
    /// What its file and id are named after.
    pub(super) name: &'a str,
    /// The title, if it has one.
    pub(super) title: Option<&'a str>,
    /// The accounts and groups that it goes to; all accounts if empty.
    pub(super) to: &'a [String],
    /// When it is due, in the workspace's zone or with an offset.
    pub(super) date: Option<&'a str>,
    /// The copy.
    pub(super) text: &'a str,
}

/// A post that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) id: String,
    /// The file, from the root.
    pub(super) path: String,
    pub(super) text: String,
}

impl NewPost<'_> {
    /// Writes it as a draft to a file of its own.
    pub(super) fn write(&self, root: &Path, config: &Config, now: Timestamp) -> Result<Made, Failure> {
        // A name that is taken gets a number; the first that is free wins, also against somebody who does the same now.
        for made in self.all(config, now)? {
            if workspace::write_new(root, &made.path, made.text.as_bytes())? {
                return Ok(made);
            }
        }
        Err(self.taken())
    }

    /// Makes its text, under the first name that is free.
    pub(super) fn make(
        &self,
        config: &Config,
        now: Timestamp,
        is_free: &dyn Fn(&str) -> bool,
    ) -> Result<Made, Failure> {
        self.all(config, now)?.find(|made| is_free(&made.path)).ok_or_else(|| self.taken())
    }

    fn taken(&self) -> Failure {
        Failure::doing(format!("there are a thousand posts named `{}` this month", self.slug()))
            .hint("give it another title")
    }

    fn slug(&self) -> String {
        match scaffold::slug(self.name) {
            slug if slug.is_empty() => "post".to_owned(),
            slug => slug,
        }
    }

    /// Makes it under one name after the other.
    fn all(&self, config: &Config, now: Timestamp) -> Result<impl Iterator<Item = Made> + use<>, Failure> {
        let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let name = plain(self.name);
        if name.trim().is_empty() {
            let failure = Failure::usage("a post needs a title");
            return Err(failure.hint("say what it is about: `masthead new 'The hoodie'`"));
        }
        if config.accounts.is_empty() {
            let failure = Failure::usage("there is no account that a post could go to");
            return Err(failure.hint("add one to `masthead.toml`"));
        }
        let to = self.accounts(config)?;
        let date = match self.date {
            Some(date) => {
                let at = time::moment(Some(date), config.zone)?;
                format!("date = {}\n", at.rfc3339_in(config.zone))
            }
            None => String::new(),
        };
        let title = match self.title.map(plain) {
            // What JSON quotes is a text of TOML too; and nothing in it is filled in again.
            Some(title) if !title.trim().is_empty() => {
                let quoted = serde_json::to_string(&title.trim().replace("{{", "{ {")).expect("a text");
                format!("title = {quoted}\n")
            }
            _ => String::new(),
        };
        let list = format!("[{}]", to.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "));
        let (year, month, _) = now.date_in(config.zone);
        let body = self.text.replace("\r\n", "\n").trim_end().to_owned();
        let body = if body.is_empty() { body } else { format!("{body}\n") };
        let slug = self.slug();
        Ok((1..1000).map(move |number| {
            let id = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
            let id = format!("{year}-{month:02}-{id}");
            let path = format!("content/{year}/{month:02}/{}.md", &id[8..]);
            let values = [("id", id.as_str()), ("to", &list), ("title", &title), ("date", &date)];
            let text = scaffold::fill(scaffold::POST, &values) + &body;
            Made { id, path, text }
        }))
    }

    fn accounts<'c>(&'c self, config: &'c Config) -> Result<Vec<&'c str>, Failure> {
        let known: Vec<&str> =
            config.accounts.keys().map(|id| id.as_str()).chain(config.groups.keys().map(|id| id.as_str())).collect();
        for name in self.to {
            if !known.contains(&name.as_str()) {
                let failure = Failure::usage(format!("there is no account or group `{name}`"));
                return Err(match did_you_mean(name, known.iter().copied()) {
                    Some(near) => failure.hint(format!("did you mean `{near}`?")),
                    None => failure.hint(format!("the accounts and groups are {}", known.join(", "))),
                });
            }
        }
        Ok(match self.to {
            [] => config.accounts.keys().map(|id| id.as_str()).collect(),
            names => names.iter().map(String::as_str).collect(),
        })
    }
}
