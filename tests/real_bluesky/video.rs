//! Videos: they arrive whole but for what is private, alone and beside a quote, and what the server wouldn't show is not posted.

use crate::{commit, config, git, program, publish, record, server, server::Server, told};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path, process::Output};
use tempfile::TempDir;

const ALT: &str = "Two Sims walk 👩🏽‍🚀 along the sea";
/// What a camera writes of where it was.
const PLACE: &[u8] = b"+45.4064+011.8768/";

#[test]
fn a_video_arrives_whole_alone_and_beside_a_quote() {
    let Some((_turn, server)) = server() else { return };
    let workspace = workspace(&server);
    let before = server.posts();
    let mine = film(b"isom", 999);
    write(workspace.path(), "walk", "", "A walk.", &mine);
    published(&workspace, &server);
    write(workspace.path(), "again", "quote = \"walk\"\n", "Once more.", &film(b"mp42", 1_000_000));
    published(&workspace, &server);
    let made = new_posts(&server, &before);
    assert_eq!(made.len(), 2, "{made:#?}");

    let walk = &record(&made, "A walk.")["embed"];
    check_embed(walk, mine.len());
    let arrived = server.bytes(&walk["video"]);
    let holds = |film: &[u8], words: &[u8]| film.windows(words.len()).any(|stretch| stretch == words);
    assert!(holds(&mine, PLACE) && !holds(&arrived, PLACE), "where it was filmed stays at home");
    let differ = mine.iter().zip(&arrived).filter(|(sent, came)| sent != came).count();
    // The name of the box becomes `free`, and what is in it zeros.
    assert!(mine.len() == arrived.len() && differ <= PLACE.len() + 12, "{differ} bytes of others are not the same");

    let again = &record(&made, "Once more.")["embed"];
    assert_eq!(again["$type"], "app.bsky.embed.recordWithMedia");
    check_embed(&again["media"], film(b"mp42", 1_000_000).len());
    let quoted = made.values().find(|post| post["value"]["text"] == "A walk.").expect("it is there");
    let expect = json!({ "$type": "app.bsky.embed.record", "record": { "uri": quoted["uri"], "cid": quoted["cid"] } });
    assert_eq!(again["record"], expect);

    let writes = server.writes();
    published(&workspace, &server);
    assert_eq!((new_posts(&server, &before), server.writes()), (made, writes), "a second time, nothing is sent");
}

#[test]
fn a_film_of_another_container_is_not_posted() {
    let Some((_turn, server)) = server() else { return };
    let workspace = workspace(&server);
    let (before, writes) = (server.posts(), server.writes());
    write(workspace.path(), "old", "", "From an old camera.", &film(b"qt  ", 999));
    let output = publish(&workspace, &server);
    assert!(!output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("`video/quicktime`"), "{}", told(&output));
    assert_eq!((server.posts(), server.writes()), (before, writes));
}

#[test]
fn a_film_over_the_limit_that_the_server_tells_is_found_by_check() {
    let Some((_turn, server)) = server() else { return };
    let workspace = workspace(&server);
    let most = server.get("com.atproto.server.describeServer")["blobUploadLimit"].as_u64().expect("it tells");
    let most = usize::try_from(most).expect("small");
    let others = film(b"isom", 0).len();
    write(workspace.path(), "fits", "", "It fits.", &film(b"isom", most - others));
    assert!(run(&workspace, &server, "doctor").status.success());
    let output = run(&workspace, &server, "check");
    assert!(output.status.success(), "{}", told(&output));

    write(workspace.path(), "large", "", "It does not.", &film(b"isom", most - others + 1));
    let output = run(&workspace, &server, "check");
    let said = told(&output);
    assert!(!output.status.success() && said.contains("media-too-large"), "{said}");
    assert!(said.contains("content/large.md") && !said.contains("content/fits.md"), "{said}");

    fs::remove_file(workspace.path().join("content/large.md")).expect("it is there");
    commit(&workspace, "What fits");
    let before = server.posts();
    published(&workspace, &server);
    check_embed(&record(&new_posts(&server, &before), "It fits.")["embed"], most);
}

/// Checks that a record shows a film of so many bytes, upright as it is shown.
#[track_caller]
fn check_embed(embed: &Value, bytes: usize) {
    assert_eq!((&embed["$type"], &embed["alt"]), (&json!("app.bsky.embed.video"), &json!(ALT)), "{embed}");
    assert_eq!(embed["aspectRatio"], json!({ "width": 90, "height": 160 }));
    assert_eq!((&embed["video"]["mimeType"], &embed["video"]["size"]), (&json!("video/mp4"), &json!(bytes)));
}

fn new_posts(server: &Server, before: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut made = server.posts();
    made.retain(|uri, _| !before.contains_key(uri));
    made
}

fn workspace(server: &Server) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    fs::create_dir(folder.path().join("content")).expect("a folder can be made");
    fs::write(folder.path().join("masthead.toml"), config(server)).expect("a file can be written");
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder, "Start");
    folder
}

/// Writes a post and its film, and commits both.
fn write(root: &Path, id: &str, front: &str, copy: &str, film: &[u8]) {
    let post = format!("+++\nid = \"{id}\"\nto = [\"sky\"]\n{front}+++\n\n{copy}\n\n![{ALT}]({id}.mp4)\n");
    fs::write(root.join(format!("content/{id}.md")), post).expect("a file can be written");
    fs::write(root.join(format!("content/{id}.mp4")), film).expect("a file can be written");
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", id]);
}

fn run(workspace: &TempDir, server: &Server, word: &str) -> Output {
    program(workspace, server, word).output().expect("the program runs")
}

#[track_caller]
fn published(workspace: &TempDir, server: &Server) {
    let output = publish(workspace, server);
    assert!(output.status.success(), "{}", told(&output));
}

/// A box of an MP4 file.
fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).expect("short").to_be_bytes(), &kind[..], body].concat()
}

/// A film of a second, 160 by 90 pixels and held upright, with so many bytes of pictures that can't be shown.
fn film(brand: &[u8; 4], pictures: usize) -> Vec<u8> {
    let mut movie = vec![0; 100];
    movie[12..16].copy_from_slice(&1000u32.to_be_bytes());
    movie[16..20].copy_from_slice(&1000u32.to_be_bytes());
    let mut track = vec![0; 84];
    let turned: [u32; 9] = [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000];
    for (at, value) in (40..).step_by(4).zip(turned) {
        track[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    track[76..78].copy_from_slice(&160u16.to_be_bytes());
    track[80..82].copy_from_slice(&90u16.to_be_bytes());
    let handler = boxed(b"hdlr", &[&[0; 8], &b"vide"[..], &[0; 12]].concat());
    let coding = boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], &boxed(b"avc1", &[0; 70])[..]].concat());
    let media = boxed(b"mdia", &[handler, boxed(b"minf", &boxed(b"stbl", &coding))].concat());
    let track = boxed(b"trak", &[boxed(b"tkhd", &track), media].concat());
    let place = boxed(b"udta", &boxed(b"\xa9xyz", PLACE));
    let index = boxed(b"moov", &[boxed(b"mvhd", &movie), track, place].concat());
    [boxed(b"ftyp", &[&brand[..], b"\0\0\x02\0", brand].concat()), index, boxed(b"mdat", &vec![7; pictures])].concat()
}
