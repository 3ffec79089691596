//! Encrypted relays, whose certificate is of an authority of ours.

use crate::{
    post,
    relays::{Author, Relays},
    way::Way,
    workspace,
};

#[test]
fn a_relay_of_an_authority_that_the_machine_trusts_gets_the_note() {
    let Some(relays) = Relays::find() else { return };
    let (author, relay) = (Author::new(), &relays.open[0]);
    let way = Way::encrypted(relay, &relays.certificates());
    let mut sandbox = workspace(&author, &[&way.url], 1);
    post(&sandbox, "a", "", "Nobody between us reads this before you do.");
    sandbox.run(&["publish"]).says("certificate").never_says("published a to notes");
    assert_eq!((way.sent().len(), author.events(relay, 1).len()), (0, 0), "who isn't known is told nothing");

    sandbox.set("SSL_CERT_FILE", &relays.certificates().authority().to_string_lossy());
    sandbox.run(&["doctor"]).done().says(&author.npub());
    post(&sandbox, "b", "", "This is between you and me.");
    sandbox.run(&["publish"]).says("published b to notes");
    author.note_that_says(relay, "This is between you and me.");
    assert_eq!(way.sent().len(), 1);
}
