//! The command line.
//!
//! Owns the commands (one file each: arguments, whose doc comments are the help, and a short function), [`Ui`], the only
//! place that prints, and the exit codes: 0 done, 1 there are findings or failures, 2 wrong usage or configuration.
//! It decides nothing about posts. Start at [`main`].

mod amending;
mod commands;
mod committed;
mod daemon;
mod failure;
mod hosting;
mod load;
mod loopback;
mod media;
mod named;
mod new_post;
mod only;
mod person;
mod preview;
mod progress;
mod project;
mod reach;
mod round;
mod scaffold;
mod settle;
mod time;
mod trace;
mod ui;
mod vault;
mod web_media;

pub use self::{
    failure::{DONE, Done, FINDINGS, Failure, USAGE},
    ui::{Ui, Volume},
};
use anstream::ColorChoice;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use commands::{
    accounts, build, check, completions, doctor, explain, freeze, hooks, init, log, man, new, plan, publish, resolve,
    retract, run as run_daemon, show, status, thaw, update, watch,
};
use failure::ledger_failure;
use std::{path::PathBuf, process::ExitCode};

/// Social posts as code: Markdown in git, reviewed by pull request, published once.
///
/// Posts are Markdown files with front matter below `content/`. `check` tells what is wrong with them, `plan` what would
/// happen, and `publish` puts what is due on the publish branch onto each network that it names, once. What happened is
/// in git: `git log masthead-ledger`.
#[derive(Debug, Parser)]
#[command(name = "masthead", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done, 1 there are findings or failures, 2 wrong usage or configuration.")]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    global: Global,
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Work as if started in this folder
    #[arg(short = 'C', long, value_name = "DIR", global = true)]
    directory: Option<PathBuf>,

    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Say what is asked of whom, and what came back
    #[arg(short, long, global = true)]
    verbose: bool,

    /// Use colour: auto, always or never; `NO_COLOR` is obeyed too
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    New(new::Args),
    Check(check::Args),
    Explain(explain::Args),
    Watch(watch::Args),
    Build(build::Args),
    Plan(plan::Args),
    Publish(publish::Args),
    Run(run_daemon::Args),
    Status(status::Args),
    Log(log::Args),
    Show(show::Args),
    Resolve(resolve::Args),
    Update(update::Args),
    Retract(retract::Args),
    Freeze(freeze::Args),
    Thaw(thaw::Args),
    Accounts(accounts::Args),
    Login(commands::login::Args),
    Doctor(doctor::Args),
    Vault(commands::vault::Args),
    Media(commands::media::Args),
    Hooks(hooks::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the program with the process's arguments and environment.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let volume = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Volume::Quiet,
        (false, true) => Volume::Verbose,
        (false, false) => Volume::Normal,
    };
    let color = match cli.global.color {
        Color::Auto => None,
        Color::Always => Some(ColorChoice::Always),
        Color::Never => Some(ColorChoice::Never),
    };
    let ui = Ui::new(volume, color);
    if volume == Volume::Verbose {
        trace::start();
    }
    match run(&cli, &ui) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.report(&ui),
    }
}

fn run(cli: &Cli, ui: &Ui) -> Done {
    let start = match &cli.global.directory {
        Some(directory) => directory.clone(),
        None => std::env::current_dir()
            .map_err(|error| Failure::usage(format!("failed to find the current folder: {error}")))?,
    };
    match &cli.command {
        Command::Init(args) => init::run(args, &start, ui),
        Command::New(args) => new::run(args, &start, ui),
        Command::Check(args) => check::run(args, &start, ui),
        Command::Explain(args) => explain::run(args, ui),
        Command::Watch(args) => watch::run(args, &start, ui),
        Command::Build(args) => build::run(args, &start, ui),
        Command::Plan(args) => plan::run(args, &start, ui),
        Command::Publish(args) => publish::run(args, &start, ui),
        Command::Run(args) => run_daemon::run(args, &start, ui),
        Command::Status(args) => status::run(args, &start, ui),
        Command::Log(args) => log::run(args, &start, ui),
        Command::Show(args) => show::run(args, &start, ui),
        Command::Resolve(args) => resolve::run(args, &start, ui),
        Command::Update(args) => update::run(args, &start, ui),
        Command::Retract(args) => retract::run(args, &start, ui),
        Command::Freeze(args) => freeze::run(args, &start, ui),
        Command::Thaw(args) => thaw::run(args, &start, ui),
        Command::Accounts(args) => accounts::run(args, &start, ui),
        Command::Login(args) => commands::login::run(args, &start, ui),
        Command::Doctor(args) => doctor::run(args, &start, ui),
        Command::Vault(args) => commands::vault::run(args, &start, ui),
        Command::Media(args) => commands::media::run(args, &start, ui),
        Command::Hooks(args) => hooks::run(args, &start, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
    }
}

/// Returns the whole command tree, for completions, the manual and the test of its shape.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_tree_is_well_formed() {
        super::command().debug_assert();
    }
}
