use crate::cli::{DONE, Done, Failure, Ui};

/// Print the manual page, or that of one command
///
/// For instance: `masthead man | man -l -`, or `masthead man publish | man -l -`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A command
    command: Option<String>,
}

pub(in crate::cli) fn run(args: &Args, ui: &Ui) -> Done {
    let mut whole = crate::cli::command();
    // Otherwise the commands lack the options of every command.
    whole.build();
    let command = match &args.command {
        None => whole,
        Some(name) => {
            let names: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
            let Some(found) = whole.find_subcommand(name) else {
                let failure = Failure::usage(format!("there is no command `{name}`"));
                return Err(match crate::diag::did_you_mean(name, names.iter().copied()) {
                    Some(near) => failure.hint(format!("did you mean `{near}`?")),
                    None => failure.hint(format!("the commands are {}", names.join(", "))),
                });
            };
            found.clone().display_name(format!("masthead-{name}")).bin_name(format!("masthead {name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .source(concat!("masthead ", env!("CARGO_PKG_VERSION")))
        .manual("Masthead")
        .render(&mut page)
        .map_err(|error| Failure::doing(format!("failed to write the manual page: {error}")))?;
    ui.data(&String::from_utf8_lossy(&page));
    Ok(DONE)
}
