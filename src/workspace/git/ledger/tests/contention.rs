//! Many writers on one remote: each event is written once, nobody waits for long, and a batch costs what one event does.
//!
//! ```text
//! MASTHEAD_WRITERS=8 MASTHEAD_EVENTS=40 cargo nextest run --release --no-capture -E 'test(contention)'
//! ```

#![expect(clippy::print_stderr, reason = "the suite tells its figures")]

use super::{super::*, BRANCH, clone, ids, one, open, origin, size, try_};
use crate::workspace::git::sandbox::Sandbox;

/// Lets so many writers write so many events each, one a push. Returns how long each took, the shortest first.
fn compete(origin: &Sandbox, writers: usize, events: usize) -> Vec<Duration> {
    let clones: Vec<Sandbox> = (0..writers).map(|_| clone(origin, &[])).collect();
    let stores = clones.iter().map(|clone| open(clone.path(), Some("origin")));
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = stores
            .enumerate()
            .map(|(writer, mut store)| {
                scope.spawn(move || {
                    let write = |event| {
                        let clock = Instant::now();
                        let event = try_(&format!("post-{writer}-{event}"), &format!("{writer:016x}{event:016x}"));
                        assert_eq!(store.append(&one(event, Some(0))).expect("an answer"), [Appended::Written]);
                        clock.elapsed()
                    };
                    (0..events).map(write).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let mut reader = open(clones[0].path(), Some("origin"));
    assert_eq!(ids(&reader.read().expect("a ledger")).len(), writers * events);
    assert_eq!(origin.git(&["rev-list", "--count", BRANCH]), (writers * events).to_string());
    times.sort();
    times
}

#[test]
fn contention_delays_nobody_for_long() {
    let (most, events) = (size("MASTHEAD_WRITERS", 4), size("MASTHEAD_EVENTS", 5));
    for writers in [1, 2, 4, 8].into_iter().filter(|writers| *writers <= most) {
        if writers < most && most <= 4 {
            continue;
        }
        let clock = Instant::now();
        let times = compete(&origin(), writers, events);
        let (median, worst) = (times[times.len() / 2], times[(times.len() * 99).div_ceil(100) - 1]);
        let rate = times.len() as f64 / clock.elapsed().as_secs_f64();
        eprintln!("{writers} writers x {events}: {rate:.0} events a second, p50 {median:.0?}, p99 {worst:.0?}");
        // Far above what is seen, since a test may share its machine: nobody starves.
        assert!(writers > 4 || worst <= Duration::from_secs(30), "{writers} writers: {times:?}");
    }
}

#[test]
fn contention_is_what_batches_avoid() {
    let events = size("MASTHEAD_EVENTS", 12);
    let origin = origin();
    let clock = Instant::now();
    compete(&origin, 1, events);
    let singly = clock.elapsed();
    let here = clone(&origin, &[]);
    let batch: Vec<Append> = (0..events)
        .map(|event| Append { event: try_(&format!("batch-{event}"), &format!("{event:032x}")), seen: Some(0) })
        .collect();
    let clock = Instant::now();
    let answers = open(here.path(), Some("origin")).append(&batch).expect("answers");
    let together = clock.elapsed();
    assert!(answers.iter().all(|answer| *answer == Appended::Written), "{answers:?}");
    assert_eq!(origin.git(&["rev-list", "--count", BRANCH]), (events + 1).to_string());
    // One commit, so one push: how much faster that is depends on the machine, so that it is told and not asserted.
    eprintln!("{events} events: singly {singly:.0?}, together {together:.0?}");
}
