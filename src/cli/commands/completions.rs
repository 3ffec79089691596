use crate::cli::{DONE, Done, Ui};

/// Print the completions of a shell
///
/// For instance: `masthead completions bash > ~/.local/share/bash-completion/completions/masthead`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

pub(in crate::cli) fn run(args: &Args, ui: &Ui) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "masthead", &mut script);
    ui.data(&String::from_utf8_lossy(&script));
    Ok(DONE)
}
