//! A message to each recipient: some are refused, now or for good, and one answer is lost.

use crate::{
    LEASE, post,
    server::{Server, new_list},
    way::{Lost, Way},
};
use std::{thread, time::Duration};

#[test]
fn each_recipient_gets_one_message_of_their_own() {
    let Some(server) = Server::find() else { return };
    let way = Way::to(server.port + 1, &server.certificates());
    let unknown = new_list("unknown");
    let known: Vec<String> = ["amy", "bo", "grey", "caffe", "full", "dua"].map(new_list).to_vec();
    let recipients: Vec<String> = known.iter().chain([&unknown]).cloned().collect();
    let sandbox = server.workspace_to_each(&way.url, &recipients);
    post(&sandbox, "Hello", "Did each of you get it?\n");
    way.trap(Lost::Answer);
    sandbox.run(&["publish", "--verbose"]).code(1).says("no such user here").says("it is not known whether");
    assert!(way.has_caught());

    // Who was refused for now gets it with a later run, while nobody knows of the other one yet.
    let arrived = |address: &&String| !server.messages(address).is_empty();
    for _ in 0..60 {
        if known.iter().all(|address| arrived(&address)) {
            break;
        }
        thread::sleep(Duration::from_secs(3));
        let _ = sandbox.run(&["publish"]);
    }
    thread::sleep(Duration::from_secs(LEASE));
    sandbox.run(&["publish"]).code(1).says("wait for a person");
    for address in &known {
        let message = server.only(address);
        assert_eq!(message.header("To"), address);
        let unsubscribe = message.header("List-Unsubscribe");
        assert!(unsubscribe.starts_with("<https://lists.example/leave?list=news&who="), "{unsubscribe}");
    }

    // A person has seen it, and says so with the line that is printed.
    let status = sandbox.run(&["status"]).code(1).stdout;
    let line = status.lines().find(|line| line.contains("--published")).unwrap_or_else(|| panic!("{status}"));
    let line = line.split_once("masthead ").expect("a line to run").1.replace("URL", "https://lists.example/1");
    sandbox.run(&line.split(' ').collect::<Vec<_>>()).done();
    sandbox.run(&["publish"]).done().says("published news to list");
    way.heard();
    sandbox.run(&["publish"]).done();
    assert_eq!(way.heard(), Vec::<String>::new());
    known.iter().for_each(|address| drop(server.only(address)));
    let told = sandbox.git(&["log", "-p", "masthead-ledger"]) + &sandbox.run(&["log"]).done().stdout;
    assert!(recipients.iter().all(|address| !told.contains(address.as_str())), "{told}");
}
