//! The conformance suite: every network and every case, against a twin of the network.
//!
//! A trial plays one case against one adapter. Where the profile says that the network can't, the inverse trial is played:
//! it must answer `Unsupported` and send nothing. [`cases`] are played with the adapter alone, [`journeys`] with the engine, a
//! ledger in memory and publishers that die. Start at [`cases`]; a new network adds its twin to [`twins`] and nothing else.

mod cases;
mod clock;
mod fanout;
mod fixtures;
mod golden;
mod journey;
mod journeys;
mod kept;
mod line;
mod recipients;
mod shelf;
mod stage;
mod twin;
mod twins;

use libtest_mimic::{Arguments, Trial};
use masthead::network::{ALL, AnyNetwork};
use stage::Stage;
use std::{collections::BTreeSet, process::ExitCode};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for &network in ALL {
        let id = network.profile().id.as_str();
        let mut transcripts = BTreeSet::new();
        for case in cases::all() {
            let holds = (case.holds)(network.profile());
            if holds && case.golden {
                transcripts.insert(case.name.to_owned());
            }
            if holds || case.inverse.is_some() {
                let name = if holds { format!("{id}::{}", case.name) } else { format!("{id}::no_{}", case.name) };
                trials.push(Trial::test(name, move || play(network, &case)));
            }
        }
        trials.push(Trial::test(format!("{id}::no_transcript_is_unused"), move || {
            golden::check_unused(id, &transcripts).map_err(Into::into)
        }));
    }
    for &network in ALL {
        for case in journeys::CASES.iter().filter(|case| (case.holds)(network.profile())) {
            let name = format!("{}::{}", network.profile().id, case.name);
            trials.push(Trial::test(name, move || {
                (case.run)(network);
                Ok(())
            }));
        }
    }
    let everybody: [(&str, fn()); 2] = [
        ("everybody::together_as_fast_as_the_slowest", fanout::together),
        ("everybody::one_that_is_ill_delays_no_other", fanout::illness),
    ];
    trials.extend(everybody.map(|(name, run)| {
        Trial::test(name, move || {
            run();
            Ok(())
        })
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Plays one case against one network. Cases panic when a network doesn't hold what they ask.
fn play(network: &'static dyn AnyNetwork, case: &cases::Case) -> Result<(), libtest_mimic::Failed> {
    let mut stage = Stage::new(network);
    if (case.holds)(stage.profile) {
        (case.run)(&mut stage);
        stage.assert_no_secret();
        if case.golden {
            let mut secrets = stage.twin.canaries();
            secrets.push(stage.twin.token().to_owned());
            golden::compare(stage.profile.id.as_str(), case.name, &stage.log(), &secrets)?;
        }
    } else if let Some(inverse) = case.inverse {
        inverse(&mut stage);
        stage.assert_silent();
        stage.assert_no_secret();
    }
    Ok(())
}
