//! A workspace with one blog, and the program in it.

use std::{
    fs,
    io::Cursor,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The description of the picture.
pub(crate) const ALT: &str = "A Sim in a \"black\" hoodie";

/// What must pass before anybody asks what became of an attempt: its lease, and a minute for clocks that differ.
pub(crate) const LEASE: Duration = Duration::from_secs(70 + 60 + 1);

/// The copy: everything that a blog can show and that a server could spoil.
pub(crate) const COPY: &str = "\
Dress your Sims in the **hoodie** & more <3: [read](https://acme.example/hoodie?size=m&colour=black#top), \
~~soon~~ *now*, `a < b`, [gallery]. #TheSims
and a second line of the same paragraph

## Sizes

- S
- M, with a [link](https://acme.example/m)

1. one
2. two

> A quote, café 東京 👩‍👩‍👧‍👦

![A Sim in a \"black\" hoodie](hoodie.png)

```rust
let a = [1];

let b = a < 2;
```

| a | b |
| - | - |
| 1 | 2 |

![A walk](walk.mp4)

The end.
";

pub(crate) struct Workspace {
    folder: TempDir,
    token: String,
}

impl Workspace {
    /// Makes a workspace with an account and a post.
    pub(crate) fn new(account: &str, token: &str, front: &str, copy: &str) -> Self {
        let workspace = Self { folder: TempDir::new().expect("a temporary folder"), token: token.to_owned() };
        let root = workspace.folder.path();
        fs::create_dir(root.join("content")).expect("a folder can be made");
        let config = format!(
            "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\nbranch = \"main\"\nlanguage = \"en\"\n\n\
             [ledger]\nremote = false\n\n[accounts.blog]\ntoken = \"env:ACME_BLOG_TOKEN\"\n{account}"
        );
        fs::write(root.join("masthead.toml"), config).expect("a file can be written");
        fs::write(root.join("content/hoodie.png"), picture()).expect("a file can be written");
        fs::write(root.join("content/walk.mp4"), video()).expect("a file can be written");
        workspace.git(&["init", "--quiet", "--initial-branch=main"]);
        workspace.write(front, copy);
        workspace
    }

    /// Writes the post and commits it.
    pub(crate) fn write(&self, front: &str, copy: &str) {
        let post = format!("+++\nto = [\"blog\"]\n{front}+++\n\n{copy}");
        fs::write(self.folder.path().join("content/post.md"), post).expect("a file can be written");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "Write"]);
    }

    /// Returns the program with arguments.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_masthead"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("ACME_BLOG_TOKEN", &self.token)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    /// Runs the program. Returns whether it succeeded, and what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.program(arguments).stdin(Stdio::null()).output().expect("the program runs");
        (output.status.success(), told(&output))
    }

    /// Runs the program, which must succeed.
    #[track_caller]
    pub(crate) fn must(&self, arguments: &[&str]) -> String {
        let (fine, told) = self.run(arguments);
        assert!(fine, "{arguments:?} failed:\n{told}");
        told
    }

    /// Publishes until nothing waits any more: what has failed in passing is put off for a few seconds.
    pub(crate) fn publish_in_the_end(&self) -> String {
        let begun = Instant::now();
        loop {
            let told = self.must(&["publish"]);
            if !told.contains("waiting") {
                return told;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "it is put off for ever: {told}");
            thread::sleep(Duration::from_secs(2));
        }
    }

    /// Publishes, and kills the program as soon as something is so.
    pub(crate) fn publish_until(&self, is_so: impl Fn() -> bool) {
        let mut command = self.program(&["publish"]);
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never comes to that");
            thread::sleep(Duration::from_millis(5));
        }
        running.kill().expect("it can be killed");
        running.wait().expect("it has ended");
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@acme.example", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}:\n{}", told(&output));
    }
}

/// Checks that an image that was read back shows the picture.
pub(crate) fn check_picture(bytes: &[u8]) {
    let image = image::load_from_memory(bytes).expect("an image").to_rgb8();
    let original = image::load_from_memory(&picture()).expect("an image").to_rgb8();
    assert_eq!(image, original, "pixel by pixel");
}

fn picture() -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, 90]));
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("an image can be encoded");
    bytes.into_inner()
}

fn video() -> Vec<u8> {
    let mut film = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\0\0\0\x08mdat".to_vec();
    // An index that says nothing but that it is there: a film without one is cut short.
    film.extend(b"\0\0\0\x74moov\0\0\0\x6cmvhd");
    film.resize(film.len() + 100, 0);
    film
}

/// Returns a word that no earlier run has used, for slugs.
pub(crate) fn new_word(of: &str) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    format!("{of}-{:x}", since.as_nanos())
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
