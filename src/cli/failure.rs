use super::Ui;
use crate::ledger::StoreError;
use std::process::ExitCode;

/// Everything was done, and nothing is wrong.
pub const DONE: u8 = 0;
/// There are findings, or something failed.
pub const FINDINGS: u8 = 1;
/// The usage or the configuration is wrong; nothing was done.
pub const USAGE: u8 = 2;

/// Why a command could not be carried out: what went wrong, and separately what to do.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong: a lowercase fragment.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The exit code.
    pub code: u8,
}

/// What a command returns: its exit code.
pub type Done = Result<u8, Failure>;

impl Failure {
    /// Makes a failure of usage or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: USAGE }
    }

    /// Makes a failure of doing.
    pub fn doing(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: FINDINGS }
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it and returns its exit code.
    pub fn report(&self, ui: &Ui) -> ExitCode {
        ui.error(&self.message);
        if let Some(hint) = &self.hint {
            ui.hint(hint);
        }
        ExitCode::from(self.code)
    }
}

/// Makes the failure of a ledger that can't be used: then nothing is published.
pub(super) fn ledger_failure(error: StoreError) -> Failure {
    Failure { message: error.message, hint: error.hint, code: FINDINGS }
}
