//! `masthead watch`, the real program: what a save makes of open pages, what a page may change, and who is turned away.

mod harness;

use self::harness::{CANARY, LONG, Watch, post};
use std::{
    fs, thread,
    time::{Duration, Instant},
};

#[test]
fn a_save_is_heard_and_shown() {
    let watch = Watch::start();
    let page = watch.open();
    watch.sandbox.write("content/a.md", post("a", "The second text."));
    let data = page.wait("change", "posts/a.html");
    assert!(!data.contains("posts/b.html"), "{data}");
    assert!(watch.get("posts/a.html").body.contains("The second text."));
    // As editors save: beside it, and then over it.
    watch.sandbox.write("content/.a.md.swp", post("a", "The third text."));
    fs::rename(watch.sandbox.file("content/.a.md.swp"), watch.sandbox.file("content/a.md")).expect("a move");
    page.wait("change", "posts/a.html");
    assert!(watch.get("posts/a.html").body.contains("The third text."));
    fs::remove_file(watch.sandbox.file("content/a.md")).expect("a file");
    page.wait("change", "null");
    assert_eq!(watch.get("posts/a.html").status, 404);
    watch.end();
}

#[test]
fn what_breaks_is_shown_and_heals() {
    let mut watch = Watch::start();
    watch.running.wait_until_it_says("nothing is wrong");
    let page = watch.open();
    watch.sandbox.write("content/a.md", post("a", "The text.").replacen("id =", "idd =", 1));
    page.wait("change", "posts/a.html");
    watch.wait_for("check.html", "unknown-key", true);
    watch.wait_for("posts/b.html", "Another post.", true);
    watch.running.wait_until_it_says("content/a.md: error[unknown-key]");
    watch.sandbox.write("content/a.md", post("a", "The text."));
    page.wait("change", "posts/a.html");
    watch.wait_for("check.html", "unknown-key", false);
    watch.running.wait_until_it_says("content/a.md: mended");
    // The configuration, too; posts go on meanwhile.
    let good = watch.sandbox.read("masthead.toml");
    watch.sandbox.write("masthead.toml", format!("{good}[oops"));
    watch.wait_for("posts/a.html", "has errors", true);
    watch.sandbox.write("content/a.md", post("a", "Meanwhile."));
    watch.wait_for("posts/a.html", "Meanwhile.", true);
    watch.sandbox.write("masthead.toml", good);
    watch.wait_for("posts/a.html", "has errors", false);
    watch.end();
}

#[test]
fn files_are_looked_at_where_the_system_does_not_tell() {
    let watch = Watch::start_with(&["--poll"]);
    let page = watch.open();
    watch.sandbox.write("content/a.md", post("a", "Found by looking."));
    page.wait("change", "posts/a.html");
    assert!(watch.get("posts/a.html").body.contains("Found by looking."));
    watch.end();
}

#[test]
fn branches_are_switched() {
    let watch = Watch::start();
    watch.sandbox.git(&["checkout", "-q", "-b", "other"]);
    for number in 0..300 {
        watch.sandbox.write(&format!("content/many/{number}.md"), post(&format!("p{number}"), "Many."));
    }
    watch.sandbox.write("content/a.md", post("a", "On the other branch."));
    watch.sandbox.commit();
    watch.wait_for("posts/p299.html", "Many.", true);
    watch.sandbox.git(&["checkout", "-q", "main"]);
    watch.wait_for("posts/a.html", "The first text.", true);
    let end = Instant::now() + LONG;
    while watch.get("posts/p299.html").status != 404 {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(20));
    }
    watch.sandbox.git(&["checkout", "-q", "other"]);
    watch.wait_for("posts/p7.html", "Many.", true);
    watch.wait_for("posts/a.html", "On the other branch.", true);
    watch.end();
}

#[test]
fn the_workspace_may_go_away_and_come_back() {
    let watch = Watch::start();
    let page = watch.open();
    fs::rename(watch.sandbox.file("content"), watch.sandbox.file("elsewhere")).expect("a move");
    page.wait("change", "null");
    fs::rename(watch.sandbox.file("elsewhere"), watch.sandbox.file("content")).expect("a move");
    watch.wait_for("posts/a.html", "The first text.", true);
    watch.sandbox.write("content/a.md", post("a", "After it came back."));
    watch.wait_for("posts/a.html", "After it came back.", true);
    watch.end();
}

#[test]
fn an_edit_changes_one_line() {
    let watch = Watch::start();
    let page = watch.open();
    let digest = watch.digest("content/a.md");
    let asked = format!(r#"{{"do":"date","post":"a","date":"2031-02-03T10:00:00","digest":"{digest}"}}"#);
    let answer = watch.edit(&asked);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("\"ok\":true") && answer.body.contains("content/a.md"), "{}", answer.body);
    page.wait("change", "posts/a.html");
    let diff = watch.sandbox.git(&["diff", "-U0", "content"]);
    let changed: Vec<&str> = diff.lines().skip(5).collect();
    assert_eq!(changed, ["-date = 2030-01-01T09:00:00 # then", "+date = 2031-02-03T10:00:00 # then"]);
    // What the page saw is no more, so nothing is lost.
    let answer = watch.edit(&asked);
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("has changed since"), "{}", answer.body);
    let digest = watch.digest("content/a.md");
    let draft = watch.edit(&format!(r#"{{"do":"draft","post":"a","draft":true,"digest":"{digest}"}}"#));
    assert_eq!(draft.status, 200, "{}", draft.body);
    let digest = watch.digest("content/a.md");
    let to = watch.edit(&format!(r#"{{"do":"to","post":"a","to":["home"],"digest":"{digest}"}}"#));
    assert_eq!(to.status, 200, "{}", to.body);
    assert_eq!(
        watch.sandbox.read("content/a.md"),
        "+++\nid = \"a\"\nto = [\"home\"]\ndraft = true\ndate = 2031-02-03T10:00:00 # then\n+++\n\nThe first text.\n"
    );
    let digest = watch.digest("content/a.md");
    for (asked, why) in [
        (r#""do":"to","post":"a","to":["nobody"]"#, "no account or group"),
        (r#""do":"to","post":"a","to":[]"#, "somewhere"),
        (r#""do":"date","post":"a","date":"tomorrow""#, "no time"),
        (r#""do":"date","post":"a","date":"2026-03-29T02:30:00""#, "not one moment"),
        (r#""do":"date","post":"nowhere","date":"2031-02-03T10:00:00""#, "no post"),
        (r#""do":"date","post":"a","draft":true"#, "not said"),
        (r#""do":"publish","post":"a""#, "nothing is known"),
    ] {
        let answer = watch.edit(&format!("{{{asked},\"digest\":\"{digest}\"}}"));
        assert!(answer.status == 409 && answer.body.contains(why), "{asked}: {}", answer.body);
    }
    assert_eq!(watch.digest("content/a.md"), digest);
    // Where every account has a date of its own, the post's moves nothing.
    let own = "[home]\ndate = 2030-02-01T09:00:00\n[brand]\ndate = 2030-02-02T09:00:00\n";
    watch.sandbox.write("content/a.md", post("a", "Each at its time.").replace("# then\n", &format!("# then\n{own}")));
    watch.wait_for("posts/a.html", "Each at its time.", true);
    let digest = watch.digest("content/a.md");
    let asked = format!(r#"{{"do":"date","post":"a","date":"2031-02-03T10:00:00","digest":"{digest}"}}"#);
    let answer = watch.edit(&asked);
    assert!(answer.status == 409 && answer.body.contains("nothing would move"), "{}", answer.body);
    watch.end();
}

#[test]
fn a_post_is_written_in_the_page() {
    let watch = Watch::start();
    watch.sandbox.git(&["config", "user.name", "Ada"]);
    watch.sandbox.git(&["config", "user.email", "ada@acme.example"]);
    let new = |branch: &str| {
        watch.edit(&format!(
            r#"{{"do":"new","id":"The hoodie","to":["brand"],"date":"2031-01-01T09:00:00","text":"Dress your Sims.","branch":{branch}}}"#
        ))
    };
    let answer = new("null");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let (path, page) = (told["path"].as_str().expect("a path"), told["page"].as_str().expect("a page"));
    let text = watch.sandbox.read(path);
    assert!(
        text.contains("to = [\"brand\"]\ndate = 2031-01-01T09:00:00+01:00\ndraft = true\n+++\n\nDress your Sims.\n"),
        "{text}"
    );
    watch.wait_for(page, "Dress your Sims.", true);
    // On a branch of its own, nothing here changes.
    let (head, status) = (watch.sandbox.git(&["rev-parse", "HEAD"]), watch.sandbox.git(&["status", "--porcelain"]));
    let answer = new("\"post/hoodie\"");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        (watch.sandbox.git(&["rev-parse", "HEAD"]), watch.sandbox.git(&["status", "--porcelain"])),
        (head, status)
    );
    let files = watch.sandbox.git(&["diff", "--name-only", "main...post/hoodie"]);
    assert!(files.ends_with("/the-hoodie-2.md"), "{files}");
    assert_eq!(new("\"post/hoodie\"").status, 409);
    assert_eq!(new("\"../../x\"").status, 409);
    watch.end();
}

#[test]
fn strangers_are_turned_away() {
    let watch = Watch::start();
    let token = watch.token.clone();
    let (page, port) = (format!("/{token}/"), watch.address.rsplit(':').next().expect("a port").to_owned());
    let ask = |method: &str, path: &str, headers: &[(&str, &str)]| watch.ask(method, path, headers, "").status;
    assert_eq!(ask("GET", &page, &[]), 200);
    assert_eq!(ask("HEAD", &page, &[]), 200);
    assert_eq!(ask("GET", &page, &[("host", &format!("localhost:{port}"))]), 200);
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1",
        "localhost:1",
        "",
        &format!("127.0.0.1.evil.example:{port}"),
    ] {
        assert_eq!(ask("GET", &page, &[("host", host)]), 421, "{host}");
    }
    assert_eq!(watch.send(&format!("GET {page} HTTP/1.1\r\nconnection: close\r\n\r\n")).status, 421);
    for origin in ["https://evil.example", "null", "http://localhost:1", &format!("https://127.0.0.1:{port}")] {
        assert_eq!(ask("GET", &page, &[("origin", origin)]), 403, "{origin}");
        assert_eq!(ask("POST", &format!("{page}edit"), &[("origin", origin)]), 403, "{origin}");
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(ask("GET", &page, &[("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")]), 403, "{site}");
        assert_eq!(ask("POST", &format!("{page}edit"), &[("sec-fetch-site", site)]), 403, "{site}");
    }
    // Without the token there is nothing.
    for path in [
        "/",
        "/index.html",
        "/posts/a.html",
        "//",
        "/x/",
        &format!("/{}/", &token[1..]),
        &format!("/{token}"),
        &format!("/{token}x/index.html"),
    ] {
        assert_eq!(ask("GET", path, &[]), 404, "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        assert_eq!(ask(method, &page, &[]), 405, "{method}");
    }
    assert_eq!(ask("POST", &page, &[]), 405);
    assert_eq!(ask("GET", &format!("{page}edit"), &[]), 405);
    // Nobody is allowed to read across, and a page may do only what it must.
    let head = watch.get("posts/a.html").head;
    for header in [
        "content-security-policy: default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "content-type: text/html; charset=utf-8",
    ] {
        assert!(head.contains(header), "{header} is not in {head}");
    }
    assert!(!head.contains("access-control"), "{head}");
    watch.end();
}

#[test]
fn a_change_needs_the_token_and_json_of_a_size() {
    let watch = Watch::start();
    let (token, path) = (watch.token.clone(), format!("/{}/edit", watch.token));
    let digest = watch.digest("content/a.md");
    let asked = format!(r#"{{"do":"draft","post":"a","draft":true,"digest":"{digest}"}}"#);
    let ask = |headers: &[(&str, &str)], body: &str| watch.ask("POST", &path, headers, body).status;
    let json = ("content-type", "application/json");
    assert_eq!(ask(&[json], &asked), 403);
    assert_eq!(ask(&[json, ("x-masthead-token", "")], &asked), 403);
    assert_eq!(ask(&[json, ("x-masthead-token", &token[1..])], &asked), 403);
    assert_eq!(ask(&[json, ("x-masthead-token", &token), ("x-masthead-token", &token)], &asked), 403);
    assert_eq!(ask(&[("x-masthead-token", &token)], &asked), 415);
    assert_eq!(ask(&[("x-masthead-token", &token), ("content-type", "text/plain")], &asked), 415);
    let good = [json, ("x-masthead-token", token.as_str())];
    assert_eq!(ask(&good, "{"), 400);
    assert_eq!(ask(&good, r#"{"do":"draft","more":1}"#), 400);
    let large = format!(r#"{{"do":"new","text":"{}"}}"#, "x".repeat(400 * 1024));
    assert_eq!(ask(&good, &large), 413);
    assert_eq!(watch.digest("content/a.md"), digest);
    assert_eq!(
        ask(
            &[
                json,
                ("x-masthead-token", &token),
                ("origin", &format!("http://{}", watch.address)),
                ("sec-fetch-site", "same-origin")
            ],
            &asked
        ),
        200
    );
    assert_eq!(watch.ask("GET", &format!("/{token}/{}", "x".repeat(4000)), &[], "").status, 414);
    watch.end();
}

#[test]
fn only_media_of_the_workspace_are_shown() {
    let watch = Watch::start();
    std::os::unix::fs::symlink(watch.sandbox.file("outside.png"), watch.sandbox.file("content/link.png"))
        .expect("a link");
    std::os::unix::fs::symlink(watch.sandbox.path(), watch.sandbox.file("content/up")).expect("a link");
    fs::copy(watch.sandbox.file("outside.png"), watch.sandbox.file("content/named.txt")).expect("a copy");
    fs::write(watch.sandbox.file("content/page.png"), "<script>alert(1)</script>").expect("a file");
    let answer = watch.get("media/sub/x.png");
    assert!(answer.status == 200 && answer.head.contains("content-type: image/png"), "{}", answer.head);
    // What it is is told by what it holds, whatever it is called.
    assert!(watch.get("media/named.txt").head.contains("content-type: image/png"));
    for path in [
        "media/../outside.png",
        "media/%2e%2e/outside.png",
        "media/..%2foutside.png",
        "media/sub/../../outside.png",
        "media//etc/passwd",
        "media/%2fetc/passwd",
        "media/link.png",
        "media/up/outside.png",
        "media/page.png",
        "media/secret.txt",
        "media/a.md",
        "media/sub",
        "media/",
        "media/x%00.png",
        "media/%ff.png",
        "media/..\\outside.png",
        "fitted/nobody/sub/x.png",
        "fitted/home/../outside.png",
        "fitted/home/link.png",
        "fitted/home/a.md",
        "fitted/home",
        "fitted/",
        "masthead.toml",
        "content/a.md",
        ".git/config",
        "posts/../../../etc/passwd",
        "posts/%2e%2e.html",
        "calendar/2030-13.html",
        "calendar/../plan.html",
    ] {
        let answer = watch.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.body.contains("Acme") && !answer.body.contains("root:"), "{path}");
    }
    watch.end();
}

#[test]
fn what_posts_say_is_text_in_the_page() {
    let watch = Watch::start();
    let nasty = "<script>alert(1)</script> <img src=x onerror=alert(1)> \"><svg onload=alert(1)> [x](javascript:alert(1)) {{ 7*7 }}";
    watch.sandbox.write(
        "content/a.md",
        post("a", nasty).replacen(
            "+++\n",
            "+++\ntitle = \"</title><script>alert(1)</script>\"\ncampaign = \"\\\"><script>alert(1)</script>\"\n",
            1,
        ),
    );
    watch.wait_for("posts/a.html", "alert(1)", true);
    for page in ["posts/a.html", "calendar/2030-01.html", "plan.html", "check.html"] {
        let answer = watch.get(page);
        assert_eq!(answer.status, 200, "{page}");
        let lower = answer.body.to_lowercase();
        for bad in ["<script>", "<img src=x", "<svg onload", "href=\"javascript:", "onerror=alert(1)>"] {
            assert!(!lower.contains(bad), "{page}: {bad}");
        }
    }
    watch.end();
}

#[test]
fn no_secret_is_read_and_nothing_is_published() {
    let watch = Watch::start();
    watch.sandbox.write("content/now.md", "+++\nid = \"now\"\nto = [\"home\"]\n+++\n\nDue at once.\n");
    watch.wait_for("posts/now.html", "Due at once.", true);
    let mut all = String::new();
    for page in ["", "plan.html", "check.html", "calendar.ics", "posts/a.html", "script.js", "style.css"] {
        let answer = watch.get(page);
        assert_eq!(answer.status, 200, "{page}");
        all += &answer.body;
    }
    assert!(!all.contains(CANARY));
    let (sandbox, ran) = watch.end();
    ran.never_says(CANARY);
    assert!(!sandbox.file("public").exists(), "nothing is published");
    assert!(sandbox.git(&["branch", "--list", "masthead-*"]).is_empty(), "no ledger is begun");
}

#[test]
fn what_is_published_elsewhere_is_shown() {
    let watch = Watch::start();
    watch.sandbox.write("content/now.md", "+++\nid = \"now\"\nto = [\"home\"]\n+++\n\nDue at once.\n");
    watch.sandbox.commit();
    watch.wait_for("posts/now.html", "Due at once.", true);
    assert!(!watch.get("posts/now.html").body.contains("is-published"));
    let page = watch.open();
    watch.sandbox.run(&["publish"]).done();
    page.wait("change", "null");
    // That may have told of what was found before, too.
    watch.wait_for("posts/now.html", "is-published", true);
    watch.end();
}

#[test]
fn an_interrupt_is_heard_from_the_start() {
    for _ in 0..8 {
        // Its address has just been read.
        Watch::start().end();
    }
}

#[test]
fn a_taken_port_is_told() {
    let watch = Watch::start();
    let port = watch.address.rsplit(':').next().expect("a port").to_owned();
    watch.sandbox.run(&["watch", "--port", &port]).code(2).says("another program listens there");
    watch.end();
}
