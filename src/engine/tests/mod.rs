//! The engine against a scripted network, on a stage where time stands still.

mod brakes;
mod crashes;
mod fetching;
mod freezing;
mod publishing;
mod secrets;
mod settling;
mod simulation;
mod stage;
mod twin;
mod verdicts;

pub(super) use self::stage::account;
