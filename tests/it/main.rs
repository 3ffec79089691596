//! End-to-end and whole-project tests, in one binary.

mod amending;
mod architecture;
mod brakes;
mod building;
mod checking;
mod comment;
mod costs;
mod daemon;
mod documents;
mod families;
mod hooks;
mod login;
mod loopback;
mod media;
mod networks;
mod pages;
mod publishing;
mod remote;
mod resolving;
mod rules;
mod sandbox;
mod scale;
mod site;
mod tokens;
mod trouble;
mod vault;
mod watch;

#[expect(dead_code, reason = "shared with the conformance suite, which uses more of it")]
#[path = "../conformance/fixtures.rs"]
mod fixtures;
#[expect(dead_code, reason = "shared with the conformance suite, which uses more of it")]
#[path = "../conformance/twin.rs"]
mod twin;
#[path = "../conformance/twins/mod.rs"]
mod twins;
