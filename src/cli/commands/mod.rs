//! One file a command.

pub(super) mod accounts;
pub(super) mod build;
pub(super) mod check;
pub(super) mod completions;
pub(super) mod doctor;
pub(super) mod explain;
pub(super) mod freeze;
pub(super) mod hooks;
pub(super) mod init;
pub(super) mod log;
pub(super) mod login;
pub(super) mod man;
pub(super) mod media;
pub(super) mod new;
pub(super) mod plan;
pub(super) mod publish;
pub(super) mod resolve;
pub(super) mod retract;
pub(super) mod run;
pub(super) mod show;
pub(super) mod status;
pub(super) mod thaw;
pub(super) mod update;
pub(super) mod vault;
pub(super) mod watch;
