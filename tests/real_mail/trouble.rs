//! Servers that refuse, now or for good, whose certificate nobody knows, and whose answers are lost.

use crate::{
    LEASE, post,
    sandbox::Sandbox,
    server::{Server, new_list},
    way::{Lost, Way},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{
    thread,
    time::{Duration, Instant},
};

fn lay(server: &Server) -> Way {
    Way::to(server.port + 1, &server.certificates())
}

/// Returns how often a command was heard.
fn count(heard: &[String], word: &str) -> usize {
    heard.iter().filter(|it| *it == word).count()
}

/// Publishes until it is out: what has failed in passing is put off for a few seconds.
fn publish_in_the_end(sandbox: &Sandbox) {
    let begun = Instant::now();
    loop {
        let ran = sandbox.run(&["publish"]).done();
        if ran.stderr.contains("published news to list") || ran.stdout.contains("published news to list") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "it is put off for ever: {ran:#?}");
        thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn a_refusal_for_good_is_told_and_not_tried_again() {
    let Some(server) = Server::find() else { return };
    let (way, list) = (lay(&server), new_list("unknown"));
    let sandbox = server.workspace(&way.url, &list);
    post(&sandbox, "Hello", "Is anybody there?\n");
    sandbox
        .run(&["publish", "--verbose"])
        .code(1)
        .says("the mail server refused it with SMTP 550: 5.1.1 no such user here")
        .never_says(&server.password);
    assert_eq!(count(&way.heard(), "RCPT"), 1);
    sandbox.run(&["publish"]).code(1).says("no such user here");
    sandbox.run(&["status"]).code(1).says("no such user here");
    assert_eq!(way.heard(), Vec::<String>::new(), "it is not tried again");
    assert_eq!(server.messages(&list).len(), 0);
}

#[test]
fn a_message_that_is_too_large_is_told() {
    let Some(server) = Server::find() else { return };
    let (way, list) = (lay(&server), new_list("large"));
    let sandbox = server.workspace(&way.url, &list);
    let mut state = 1u32;
    let pixels = image::RgbImage::from_fn(1300, 1300, |_, _| {
        image::Rgb([(); 3].map(|()| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("an image can be encoded");
    sandbox.write("content/noise.png", bytes.into_inner());
    post(&sandbox, "Noise", "![Noise](noise.png)\n");
    sandbox.run(&["publish"]).code(1).says("SMTP 552").never_says("published news");
    assert_eq!(server.messages(&list).len(), 0);
}

#[test]
fn a_refusal_for_now_is_tried_later_and_arrives_once() {
    let Some(server) = Server::find() else { return };
    for (kind, says) in [("grey", "4.7.1 greylisted, try again later"), ("full", "4.2.2 mailbox full")] {
        let (way, list) = (lay(&server), new_list(kind));
        let sandbox = server.workspace(&way.url, &list);
        post(&sandbox, "Hello", "Is there room?\n");
        sandbox.run(&["publish"]).done().says(says).says("1 waiting").never_says("published news");
        assert_eq!(server.messages(&list).len(), 0, "{kind}");
        publish_in_the_end(&sandbox);
        server.only(&list);
        assert_eq!(count(&way.heard(), "RCPT"), 2, "{kind}");
    }
}

#[test]
fn a_wrong_password_is_told_and_nothing_is_sent() {
    let Some(server) = Server::find() else { return };
    let (way, list, wrong) = (lay(&server), new_list("wrong"), "not-the-password");
    let mut sandbox = server.workspace(&way.url, &list);
    sandbox.set("MAIL_PASSWORD", wrong);
    post(&sandbox, "Hello", "Let me in.\n");
    let encoded = [format!("\0acme\0{wrong}"), format!("acme:{wrong}"), wrong.to_owned()]
        .map(|words| BASE64_STANDARD.encode(words));
    for command in [&["publish", "--verbose"][..], &["doctor", "--verbose"], &["publish"]] {
        let ran = sandbox
            .run(command)
            .code(1)
            .says("refused it with SMTP 535: 5.7.8 Authentication credentials invalid")
            .never_says(wrong);
        encoded.iter().fold(ran, |ran, words| ran.never_says(words));
    }
    let heard = way.heard();
    assert!(count(&heard, "AUTH") > 0 && count(&heard, "MAIL") == 0, "{heard:?}");
    assert!(!sandbox.git(&["log", "-p", "masthead-ledger"]).contains(wrong));

    sandbox.set("MAIL_PASSWORD", &server.password);
    publish_in_the_end(&sandbox);
    server.only(&list);
}

#[test]
fn a_server_whose_certificate_nobody_knows_is_told_nothing() {
    let Some(server) = Server::find() else { return };
    let way = lay(&server);
    for url in [&way.url, &format!("smtp://localhost:{}", server.port)] {
        let list = new_list("stranger");
        let mut sandbox = server.workspace(url, &list);
        sandbox.set("SSL_CERT_FILE", "/dev/null");
        sandbox.set("SSL_CERT_DIR", "/nowhere");
        post(&sandbox, "Hello", "Who are you?\n");
        sandbox.run(&["publish"]).says("certificate").never_says("published news").never_says(&server.password);
        assert_eq!((way.heard(), server.messages(&list).len()), (Vec::new(), 0));
    }
}

/// From the message's first byte to the answer nobody can tell, so a person looks; before it, everything is tried again.
#[test]
fn a_message_whose_answer_is_lost_is_left_to_a_person() {
    let Some(server) = Server::find() else { return };
    let mut lost = Vec::new();
    for (place, arrived) in [(Lost::Answer, 1), (Lost::Half, 0)] {
        let (way, list) = (lay(&server), new_list("lost"));
        let sandbox = server.workspace(&way.url, &list);
        post(&sandbox, "Hello", "Did you get it?\n");
        way.trap(place);
        sandbox.run(&["publish", "--verbose"]).code(1).says("it is not known whether").never_says(&server.password);
        assert!(way.has_caught(), "{place:?}");
        assert_eq!(server.messages(&list).len(), arrived, "{place:?}");
        let heard = way.heard();
        assert_eq!((count(&heard, "MAIL"), count(&heard, ".")), (1, arrived), "{place:?}: {heard:?}");
        sandbox.run(&["publish"]).never_says("published news");
        lost.push((place, arrived, way, list, sandbox));
    }

    let (way, list) = (lay(&server), new_list("unlost"));
    let sandbox = server.workspace(&way.url, &list);
    post(&sandbox, "Hello", "Did you get it?\n");
    way.trap(Lost::Recipient);
    sandbox.run(&["publish"]).done().says("1 waiting");
    assert!(way.has_caught() && server.messages(&list).is_empty());
    publish_in_the_end(&sandbox);
    server.only(&list);

    thread::sleep(Duration::from_secs(LEASE));
    for (place, arrived, way, list, sandbox) in lost {
        way.heard();
        sandbox.run(&["publish"]).code(1).says("E-mail can't be asked").says("masthead resolve");
        sandbox.run(&["publish"]).code(1);
        assert_eq!(
            (way.heard(), server.messages(&list).len()),
            (Vec::new(), arrived),
            "{place:?}: it is never sent again"
        );
        let status = sandbox.run(&["status"]).code(1).stdout;
        let word = if arrived == 1 { "--published" } else { "--absent" };
        let line = status.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("{status}"));
        let line = line.split_once("masthead ").expect("a line to run").1.replace("URL", "https://lists.example/1");
        sandbox.run(&line.split(' ').collect::<Vec<_>>()).done();
        let ran = sandbox.run(&["publish"]).done();
        if arrived == 0 {
            ran.says("published news to list");
        }
        server.only(&list);
        assert_eq!(count(&way.heard(), "."), 1 - arrived, "{place:?}");
        sandbox.run(&["publish"]).done();
        server.only(&list);
    }
}
