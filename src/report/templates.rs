use crate::{diag::did_you_mean, text::escape_html};
use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// A set of templates that belong together, as the program brings them. Names are paths below `templates/`.
#[derive(Debug)]
pub(in crate::report) struct Set {
    /// The folder below `templates/` that all are in.
    pub(in crate::report) folder: &'static str,
    /// What they are for, as in `the site has no template of this name`.
    pub(in crate::report) of: &'static str,
    /// The templates.
    pub(in crate::report) builtin: &'static [(&'static str, &'static str)],
    /// Files that are copied as they are, since `{` means something else in them.
    pub(in crate::report) plain: &'static [(&'static str, &'static str)],
}

/// How many steps a template may take for one page: many times what the longest needs, few enough that a loop without end
/// stops at once.
const FUEL: u64 = 1_000_000;

/// The templates of a site or of the preview: the program's own, with a workspace's laid over them.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    plain: BTreeMap<&'static str, String>,
}

/// A template that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The file, from the workspace's root: `templates/site/post.html`.
    pub path: String,
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "`{}`, line {line}: {}", self.path, self.message),
            None => write!(f, "`{}`: {}", self.path, self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

impl Templates {
    /// Lays a workspace's files over a set. `overrides` are by their path from the root, as `templates/site/post.html`;
    /// those that are not below the set's folder are somebody else's.
    ///
    /// A name that the set doesn't have is an error, unless its file's name begins with `_`: such a file is for including.
    pub(in crate::report) fn new(set: &Set, overrides: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut environment = environment();
        let mut plain: BTreeMap<_, _> = set.plain.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        for (name, text) in set.builtin {
            environment.add_template(name, text).map_err(|error| mistake(name, &error))?;
        }
        for (path, text) in overrides {
            let Some(name) = path.strip_prefix("templates/") else { continue };
            if name.split_once('/').is_none_or(|(folder, _)| folder != set.folder) {
                continue;
            }
            if let Some(asset) = plain.get_mut(name) {
                asset.clone_from(text);
                continue;
            }
            let partial = name.rsplit('/').next().is_some_and(|file| file.starts_with('_'));
            if !partial && !set.builtin.iter().any(|(known, _)| *known == name) {
                return Err(unused(set, name));
            }
            environment.add_template_owned(name.to_owned(), text.clone()).map_err(|error| mistake(name, &error))?;
        }
        Ok(Self { environment, plain })
    }

    /// Fills a template.
    pub(in crate::report) fn render(&self, name: &str, context: impl Serialize) -> Result<String, TemplateError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(Serde(context)))
            .map_err(|error| mistake(name, &error))
    }

    /// Returns a file that is copied as it is.
    pub(in crate::report) fn plain(&self, name: &str) -> &str {
        self.plain.get(name).map_or("", String::as_str)
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("ticks", |text: &str| Value::from_safe_string(ticks(text)));
    environment.set_debug(true);
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("html" | "xml") => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    // Like the usual one, but addresses stay readable, and what neither XML nor HTML may hold goes out of neither.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() && *state.auto_escape() == AutoEscape::Html => {
            Ok(out.write_str(&escape_html(text))?)
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    environment
}

/// Makes HTML of a message of ours, in which names stand in backticks.
fn ticks(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let pieces: Vec<&str> = text.split('`').collect();
    for (index, piece) in pieces.iter().enumerate() {
        match index % 2 {
            1 if index + 1 < pieces.len() => {
                out.push_str("<code>");
                out.push_str(&escape_html(piece));
                out.push_str("</code>");
            }
            // A backtick that nothing closes is one.
            1 => {
                out.push('`');
                out.push_str(&escape_html(piece));
            }
            _ => out.push_str(&escape_html(piece)),
        }
    }
    out
}

fn unused(set: &Set, name: &str) -> TemplateError {
    // What all have in common would make any two names look alike.
    let stem = |name| name_below(set.folder, name);
    let known = set.builtin.iter().chain(set.plain).map(|(name, _)| stem(name));
    let help = match did_you_mean(name_below(set.folder, name), known) {
        Some(near) => {
            format!("rename it to `templates/{}/{near}`, or begin its name with `_` if others include it", set.folder)
        }
        None => "begin its name with `_` if other templates include it, or delete it".to_owned(),
    };
    TemplateError {
        path: format!("templates/{name}"),
        line: None,
        message: format!("{} has no template of this name", set.of),
        help: Some(help),
    }
}

fn name_below<'a>(folder: &str, name: &'a str) -> &'a str {
    name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
}

fn mistake(name: &str, error: &minijinja::Error) -> TemplateError {
    // An error in an included template arrives as that of the including one, with the real one as its cause.
    let mut deepest = error;
    while let Some(cause) = std::error::Error::source(deepest).and_then(|cause| cause.downcast_ref()) {
        deepest = cause;
    }
    let detail = deepest.detail().map_or_else(|| deepest.kind().to_string(), str::to_owned);
    let help = match deepest.kind() {
        ErrorKind::OutOfFuel => Some("make its loops shorter: a page may take only so many steps".to_owned()),
        ErrorKind::UndefinedError => {
            Some("compare the names with the template that this one replaces, or test with `is defined`".to_owned())
        }
        _ => None,
    };
    TemplateError {
        path: format!("templates/{}", deepest.name().unwrap_or(name)),
        line: deepest.line(),
        message: detail,
        help,
    }
}
