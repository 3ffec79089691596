//! What networks on Meta's Graph API have in common: refusals by code, containers that are made ready before they are published,
//! and times. Adapters say how their fields are called.

mod container;
mod login;
mod moment;
mod refusal;

pub(super) use self::{
    container::{Container, wait_until_ready},
    login::{Exchange, SecretToken, application, log_in, token},
    moment::moment,
    refusal::{done, read, refused, regained},
};

/// What making something answers.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Made {
    /// What it is called.
    pub(super) id: String,
}
