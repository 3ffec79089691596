use crate::{
    cli::{
        DONE, Done, Failure, Ui, amending,
        committed::Committed,
        named,
        only::Only,
        person,
        settle::{self, Said},
        time,
    },
    ledger::{Append, Appended, Event, PartKey, Store as _},
    plan::{Plan, Row},
    report::{self, Entry},
};
use std::path::Path;

/// Tell what no machine can know: what became of a delivery
///
/// `masthead status` prints the very line to run for each delivery that needs a person. Look at the account first: with
/// `--absent` the post may be sent again. The attempt says what you looked at; if something else has happened since, nothing
/// is written. Who said it stands in the ledger.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("said").required(true))]
pub(in crate::cli) struct Args {
    /// The post's id, or its file
    post: String,

    /// The account
    #[arg(long, value_name = "NAME")]
    account: String,

    /// The part of the thread, from 1 [default: the one that needs a person, or the first that is not out]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    part: Option<u16>,

    /// The attempt that is meant, by its id as `masthead status` and `show` print it
    #[arg(long, value_name = "ID")]
    attempt: Option<String>,

    /// It is out, under this address
    #[arg(long, value_name = "URL", group = "said")]
    published: Option<String>,

    /// It is not there: the attempt had no effect, and it may be sent again
    #[arg(long, group = "said")]
    absent: bool,

    /// It never goes out
    #[arg(long, group = "said")]
    cancel: bool,

    /// It was out and is deleted there; without `--part` all of the thread
    #[arg(long, group = "said")]
    retracted: bool,

    /// How you know, or why; it stands in the ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Who says so [default: the user that git knows]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Print the events as JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let person = person::person(args.by.as_deref(), committed.repository())?;
    let mut store = committed.ledger_alone()?;
    let ledger = store.read().map_err(crate::cli::ledger_failure)?;
    let post =
        committed.find(&args.post, &ledger).ok_or_else(|| amending::unknown_post(&committed, &ledger, &args.post))?;
    let now = time::now();
    let account = match committed.config.accounts.get_key_value(args.account.as_str()) {
        Some((account, _)) => account.clone(),
        // An account may be gone from the configuration and still have something to settle.
        None => match ledger.deliveries.keys().find(|key| key.account.as_str() == args.account) {
            Some(key) => key.account.clone(),
            None => {
                named::accounts(std::slice::from_ref(&args.account), &committed.config)?;
                return Err(Failure::usage(format!("`{}` is a group", args.account)).hint("name one account"));
            }
        },
    };
    let plan = committed.plan(&ledger, now, &Only::default())?;
    let row = plan.rows.iter().find(|row| row.post == post && row.account == account);
    let state = ledger.delivery(&post, &account);
    if row.is_none() && state.is_none() {
        return Err(Failure::usage(format!("`{post}` neither goes to `{account}` nor went there"))
            .hint(format!("`masthead show {post}` tells what is known of it")));
    }
    let said = said(args, row)?;
    let steps = settle::steps(&settle::Case {
        said: &said,
        part: args.part.map(usize::from),
        attempt: args.attempt.as_deref(),
        reason: args.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()),
        state,
        row,
        account: committed.config.accounts.get(&account),
        now,
        zone: committed.config.zone,
        commit: &committed.commit,
    })?;
    let by = person::actor(&person);
    let batch: Vec<Append> = steps
        .into_iter()
        .map(|step| Append {
            event: Event {
                id: person::event_id(),
                key: PartKey {
                    post: post.clone(),
                    account: account.clone(),
                    part: u16::try_from(step.index + 1).unwrap_or(u16::MAX),
                },
                of: step.of,
                at: now,
                by: by.clone(),
                what: step.what,
            },
            seen: Some(step.seen),
        })
        .collect();
    let appended = store.append(&batch).map_err(crate::cli::ledger_failure)?;
    if appended.contains(&Appended::Beaten) {
        return Err(Failure::doing(format!("something else has happened to `{post}` on `{account}` meanwhile"))
            .hint(format!("look at it again with `masthead show {post}`, then tell once more")));
    }
    let told: Vec<Entry<'_>> = batch.iter().map(|append| Entry::Event(&append.event)).collect();
    if args.json {
        ui.data(&report::log_json(&told));
        return Ok(DONE);
    }
    ui.data(&report::log(&told, committed.config.zone, &ui.style()));
    let after = store.read().map_err(crate::cli::ledger_failure)?;
    let plan = committed.plan(&after, now, &Only::default())?;
    let rows = plan.rows.into_iter().filter(|row| row.post == post && row.account == account).collect();
    let plan = Plan { rows, ..plan };
    ui.status(report::plan(&plan, committed.config.zone, report::Rows::All, &ui.stderr_style()).trim_end());
    Ok(DONE)
}

fn said(args: &Args, row: Option<&Row>) -> Result<Said, Failure> {
    if let Some(url) = &args.published {
        let is_address = url.starts_with("https://") || url.starts_with("http://") || url.starts_with("at://");
        let is_clean = !url.contains(|c: char| c.is_whitespace() || c.is_control());
        let is_path = row.is_some_and(settle::is_projected);
        if !(is_clean && (is_address || is_path)) {
            return Err(Failure::usage(format!("`{}` is no web address", url.escape_debug()))
                .hint("copy the address of the post, with `https://`"));
        }
        return Ok(Said::Published(url.clone()));
    }
    Ok(match (args.absent, args.cancel) {
        (true, _) => Said::Absent,
        (_, true) => Said::Cancel,
        (false, false) => Said::Retracted,
    })
}
