//! The same as somebody at the page sees it: in Chromium, by its own clock, which is the machine's.

#[path = "../../tests/browser/driver.rs"]
#[allow(dead_code, reason = "what the tests need of it, too")]
mod driver;

pub(crate) use self::driver::Browser;
use serde_json::json;
use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// For how long the page is left alone after a save, so that asking it takes no time from it.
const ALONE: Duration = Duration::from_millis(150);

/// Notes when each mark is first in the page: a mutation observer is called before anything else happens.
const OBSERVE: &str = "window.seen = {}; \
    new MutationObserver(() => { \
      const at = performance.timeOrigin + performance.now(); \
      const mark = /mark[0-9]+end/.exec(document.querySelector('.cards').textContent)?.[0]; \
      if (mark && !(mark in seen)) seen[mark] = at; \
    }).observe(document.body, { subtree: true, childList: true, characterData: true });";

/// Opens a page and begins to note what changes in it.
pub(crate) fn observe(browser: &Browser, url: &str) {
    browser.open(url);
    browser.wait("document.body.dataset.heard !== undefined && document.querySelector('.cards')");
    browser.run(OBSERVE, &[]);
}

/// Returns how long after a moment a mark was in the page.
pub(crate) fn seen(browser: &Browser, mark: &str, since: SystemTime) -> Duration {
    thread::sleep(ALONE);
    browser.wait(&format!("{} in seen", json!(mark)));
    after(since, browser.value(&format!("seen[{}]", json!(mark))).as_f64())
}

/// Returns how long after a moment the open page was first painted.
pub(crate) fn painted(browser: &Browser, since: SystemTime) -> Duration {
    const PAINT: &str = "performance.getEntriesByName('first-contentful-paint')[0]";
    browser.wait(PAINT);
    after(since, browser.value(&format!("performance.timeOrigin + {PAINT}.startTime")).as_f64())
}

fn after(since: SystemTime, at: Option<f64>) -> Duration {
    let since = since.duration_since(UNIX_EPOCH).expect("a time of this century").as_secs_f64();
    Duration::from_secs_f64((at.expect("a time") / 1e3 - since).max(0.0))
}
