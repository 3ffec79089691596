use crate::{
    check,
    cli::{DONE, Done, Failure, Ui},
    diag::did_you_mean,
    report,
};

/// Tell the whole story of a finding
///
/// Without a code, lists all of them.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The code of a finding, as `check` prints it in brackets
    code: Option<String>,
}

pub(in crate::cli) fn run(args: &Args, ui: &Ui) -> Done {
    let codes = check::codes();
    let style = ui.style();
    let Some(name) = &args.code else {
        ui.data(&report::list_codes(&codes, &style));
        return Ok(DONE);
    };
    let name = name.trim_matches(|c| c == '[' || c == ']');
    match codes.iter().find(|code| code.name == name) {
        Some(code) => ui.data(&report::explain(code, &style)),
        None => {
            let failure = Failure::usage(format!("there is no finding `{name}`"));
            return Err(match did_you_mean(name, codes.iter().map(|code| code.name)) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("run `masthead explain` for a list"),
            });
        }
    }
    Ok(DONE)
}
