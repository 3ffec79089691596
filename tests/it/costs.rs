//! What posts cost, where a network charges for them: told before anything is sent, everywhere in the same way.

use crate::sandbox::Sandbox;
use serde_json::{Value, json};

/// A workspace with an account that is charged for and one that isn't.
fn workspace() -> Sandbox {
    let sandbox = Sandbox::with_config(
        "[accounts.home]\nnetwork = \"site\"\n\n[accounts.brand]\nnetwork = \"x\"\nclient_id = \"app\"\n",
    );
    sandbox.write("content/words.md", "+++\nid = \"words\"\nto = [\"brand\", \"home\"]\n+++\n\nPlain words.\n");
    let thread = "One.\n\n---\n\nAll of it: https://acme.example\n";
    let dated = "+++\nid = \"thread\"\nto = [\"brand\"]\ndate = 2090-01-01T09:00:00Z\n+++\n\n";
    sandbox.write("content/thread.md", format!("{dated}{thread}"));
    sandbox.write("content/draft.md", "+++\nid = \"draft\"\nto = [\"brand\"]\ndraft = true\n+++\n\nNot yet.\n");
    sandbox.commit();
    sandbox
}

#[test]
fn the_plan_says_what_posts_cost() {
    let ran = workspace().run(&["plan"]).done();
    let line = |words: &str| ran.stdout.lines().find(|line| line.contains(words)).unwrap_or_default().to_owned();
    assert!(line("thread (2 parts)").ends_with("scheduled; costs about $0.215"), "{ran:?}");
    assert!(line("words  ").contains("; costs about $0.015"), "{ran:?}");
    assert!(!line("home").contains('$') && !line("draft").contains('$'), "{ran:?}");
    assert!(ran.stdout.contains("about $0.23 in all") && ran.stdout.contains("an estimate"), "{ran:?}");
}

#[test]
fn programs_are_told_in_millionths_of_a_dollar() {
    let plan: Value = serde_json::from_str(&workspace().run(&["plan", "--json"]).done().stdout).expect("JSON");
    assert_eq!(plan["cost_micro_usd"], 230_000);
    let rows = plan["rows"].as_array().expect("rows").iter();
    let mut costs: Vec<Value> = rows.map(|row| json!([row["post"], row["account"], row["cost_micro_usd"]])).collect();
    costs.sort_by_key(Value::to_string);
    let expect = json!([
        ["draft", "brand", null],
        ["thread", "brand", 215_000],
        ["words", "brand", 15_000],
        ["words", "home", null],
    ]);
    assert_eq!(Value::from(costs), expect);
}

#[test]
fn the_preview_says_it_too() {
    let sandbox = workspace();
    sandbox.run(&["build"]).done();
    let page = sandbox.read("preview/plan.html");
    assert!(page.contains("costs about $0.215") && page.contains("costs about $0.015"), "{page}");
    assert_eq!(page.matches("costs about").count(), 2, "{page}");
}
