//! What would happen, and why.
//!
//! Owns [`Plan`]: desired drafts × ledger × policy × now → one [`Row`] for each delivery, with its verdict and reason. It
//! does no I/O and reads no clock: the same inputs give the same plan, byte for byte. `report` prints it and `engine`
//! executes it. Start at [`plan`].

mod access;
mod budget;
mod decide;
mod desire;
mod digest;
mod flood;
mod policy;
mod recipients;
mod renamed;
mod row;
mod withdrawn;

pub use self::{
    access::{Access, Locked},
    budget::Budget,
    decide::{continues, plan},
    desire::{Desired, desire},
    digest::digest,
    policy::Policy,
    row::{Plan, Reason, Row, Verdict},
};

#[cfg(test)]
mod tests;
