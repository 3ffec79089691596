//! The engine against a scripted network, on a stage where time stands still.

mod amending;
mod brakes;
mod clocks;
mod crashes;
mod fetching;
mod freezing;
mod limits;
mod model;
mod overtaken;
mod publishing;
mod secrets;
mod settling;
mod simulation;
mod stage;
mod stopping;
mod threads;
mod tokens;
mod twin;
mod verdicts;
mod wire;

pub(super) use self::stage::account;
