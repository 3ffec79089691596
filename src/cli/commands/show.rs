use crate::{
    cli::{DONE, Done, Failure, Ui, committed::Committed, only::Only, time},
    diag::did_you_mean,
    model::PostId,
    plan::Plan,
    report,
};
use std::path::Path;

/// Show one post: what each account is sent, and what became of it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The post's id, or its file
    post: String,

    /// Print JSON (version 1): the plan's rows and the events
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let (ledger, store) = committed.open_ledger()?;
    let id = committed.find(&args.post, &ledger).unwrap_or_else(|| PostId::new(args.post.as_str()));
    let plan = committed.plan(&ledger, time::now(), &Only::default())?;
    let plan = Plan { rows: plan.rows.into_iter().filter(|row| row.post == id).collect(), ..plan };
    if plan.rows.is_empty() {
        let failure =
            Failure::usage(format!("there is no post `{}` on the publish branch or in the ledger", args.post));
        let ids = committed.posts.iter().map(|(_, post)| post.id.value.as_str());
        return Err(match did_you_mean(&args.post, ids) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`masthead plan --all` lists the posts; a new file must be committed first"),
        });
    }
    let events = Committed::history(&store, &|key| key.post == id)?;
    if args.json {
        ui.data(&report::show_json(&plan, &ledger, &events));
    } else {
        ui.data(&report::show(&plan, &ledger, &events, committed.config.zone, &ui.style()));
    }
    Ok(DONE)
}
