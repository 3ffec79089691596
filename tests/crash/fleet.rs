//! Publishers of one workspace: clones that share a ledger, or one that keeps it to itself, and the servers that their
//! accounts are on.

use crate::{
    clock::WorldClock,
    server::{Class, Server},
    tracer::{self, Kill, Traced},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

/// The settings of `[publish]` that all suites share: nothing is held back for being much at once.
const SETTINGS: &str = "[publish]\nburst = 1000\n";

/// Where the ledger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In the clone alone.
    Local,
    /// On a remote.
    Remote,
}

/// A post to be published.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) id: String,
    /// The text of each part.
    pub(crate) parts: Vec<String>,
    /// Whether its first part has a picture.
    pub(crate) has_picture: bool,
}

/// Publishers and servers in one world.
pub(crate) struct Fleet {
    folder: TempDir,
    pub(crate) mode: Mode,
    pub(crate) clock: Arc<WorldClock>,
    pub(crate) servers: Vec<Server>,
    pub(crate) posts: Vec<Post>,
    /// All that publishers have printed since the last reset.
    printed: Mutex<String>,
    files: AtomicUsize,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// The exit code; none if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Fleet {
    /// Makes a world with an account of each class and these posts, which go to all of them.
    pub(crate) fn new(mode: Mode, classes: &[Class], posts: Vec<Post>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(WorldClock::new(folder.path()));
        let servers: Vec<Server> = classes.iter().map(|class| Server::start(*class, Arc::clone(&clock))).collect();
        let fleet = Self { folder, mode, clock, servers, posts, printed: Mutex::default(), files: AtomicUsize::new(0) };
        fleet.lay_out();
        fleet.reset();
        fleet
    }

    /// The name of the account on a server.
    pub(crate) fn account(server: &Server) -> &'static str {
        match server.class {
            Class::A => "sky",
            Class::B => "brand",
            Class::C => "club",
        }
    }

    /// Makes the workspace once, to be copied for each trial.
    fn lay_out(&self) {
        let root = self.folder.path().join("template/one");
        fs::create_dir_all(root.join("content")).expect("a folder");
        let remote = if self.mode == Mode::Local { "[ledger]\nremote = false\n\n" } else { "" };
        let mut config = format!(
            "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\nbranch = \"main\"\n\n{remote}{SETTINGS}"
        );
        let mut accounts = Vec::new();
        for server in &self.servers {
            let name = Self::account(server);
            accounts.push(format!("\"{name}\""));
            config.push_str(&format!(
                "\n[accounts.{name}]\nnetwork = \"{}\"\nendpoint = \"{}\"\ntoken = \"env:{}\"\n",
                server.class.network(),
                server.endpoint,
                token_variable(server),
            ));
            if server.class == Class::A {
                config.push_str("handle = \"acme.example\"\n");
            }
        }
        fs::write(root.join("masthead.toml"), config).expect("a file");
        fs::write(root.join("content/picture.png"), picture()).expect("a file");
        for post in &self.posts {
            let mut parts = post.parts.clone();
            if post.has_picture {
                parts[0].push_str("\n\n![A black square](picture.png)");
            }
            let to = accounts.join(", ");
            let text = format!("+++\nid = \"{}\"\nto = [{to}]\n+++\n\n{}\n", post.id, parts.join("\n\n---\n\n"));
            fs::write(root.join(format!("content/{}.md", post.id)), text).expect("a file");
        }
        // Without the samples of hooks that git would copy with every repository.
        self.git(&root, &["init", "-q", "-b", "main", "--template="]);
        self.git(&root, &["add", "-A"]);
        self.git(&root, &["commit", "-q", "-m", "posts"]);
        if self.mode == Mode::Remote {
            let origin = self.folder.path().join("template/origin.git");
            self.git(&root, &["init", "-q", "--bare", "-b", "main", "--template=", &origin.to_string_lossy()]);
            for name in ["receive.denyNonFastForwards", "receive.denyDeletes"] {
                self.git(&origin, &["config", name, "true"]);
            }
            self.git(&root, &["remote", "add", "origin", &format!("file://{}", self.origin().display())]);
            self.git(&root, &["push", "-q", &origin.to_string_lossy(), "main"]);
        }
    }

    /// Starts over: servers without posts, a workspace without a ledger, a clock that agrees with the machine's.
    pub(crate) fn reset(&self) {
        let trial = self.folder.path().join("trial");
        if trial.exists() {
            fs::remove_dir_all(&trial).expect("removed");
        }
        copy(&self.folder.path().join("template"), &trial);
        self.clock.reset();
        self.servers.iter().for_each(Server::reset);
        self.printed.lock().expect("no panic").clear();
    }

    /// Makes another clone of the workspace.
    pub(crate) fn add_clone(&self, name: &str) {
        let trial = self.folder.path().join("trial");
        copy(&trial.join("one"), &trial.join(name));
    }

    /// A clone's folder.
    pub(crate) fn clone_folder(&self, name: &str) -> PathBuf {
        self.folder.path().join("trial").join(name)
    }

    /// The folder of files that a trial may write and look at later.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn origin(&self) -> PathBuf {
        self.folder.path().join("trial/origin.git")
    }

    /// The repository that the ledger is in.
    pub(crate) fn ledger_repository(&self) -> PathBuf {
        match self.mode {
            Mode::Local => self.clone_folder("one"),
            Mode::Remote => self.origin(),
        }
    }

    /// Runs the program in a clone, by the world's clock.
    pub(crate) fn run(&self, clone: &str, arguments: &[&str]) -> Ran {
        self.run_with(clone, arguments, &[])
    }

    /// Runs the program in a clone, by the world's clock, with more in its environment.
    pub(crate) fn run_with(&self, clone: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.command(clone, arguments);
        command.env("MASTHEAD_CLOCK", self.clock.file()).envs(environment.iter().copied());
        let Output { status, stdout, stderr } = command.output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        self.note(Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) })
    }

    /// Starts the program in a clone, by the world's clock. What it prints goes to files that [`Self::finish`] reads.
    pub(crate) fn start(&self, clone: &str, arguments: &[&str], environment: &[(&str, &str)]) -> (Child, Streams) {
        let mut command = self.command(clone, arguments);
        command.env("MASTHEAD_CLOCK", self.clock.file()).envs(environment.iter().copied()).stdin(Stdio::null());
        let streams = self.streams();
        let (stdout, stderr) = streams.open();
        (command.stdout(stdout).stderr(stderr).spawn().expect("it starts"), streams)
    }

    /// Reads what a publisher that was started has printed.
    pub(crate) fn finish(&self, code: Option<i32>, streams: &Streams) -> Ran {
        let ran = Ran { code, stdout: streams.read("out"), stderr: streams.read("err") };
        streams.remove();
        self.note(ran)
    }

    /// Runs the program as it is, without a clock of ours, under the tracer.
    pub(crate) fn trace(&self, clone: &str, arguments: &[&str], kill: Kill) -> (Traced, Ran) {
        let streams = self.streams();
        let (stdout, stderr) = streams.open();
        let traced = tracer::run(&self.command(clone, arguments), stdout, stderr, kill);
        let ran = self.finish(traced.code, &streams);
        (traced, ran)
    }

    /// Makes every lock that is left look old, as if time had passed by the file system's clock too.
    pub(crate) fn age_locks(&self) {
        let old = SystemTime::now() - Duration::from_secs(3600);
        for clone in fs::read_dir(self.folder.path().join("trial")).expect("a folder").flatten() {
            for file in files(&clone.path()).into_iter().filter(|file| file.extension().is_some_and(|it| it == "lock"))
            {
                // One of a server that is still at work may be gone by now.
                let _ = File::options().write(true).open(file).and_then(|file| file.set_modified(old));
            }
        }
    }

    /// Returns all that was printed since the last reset.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().expect("no panic").clone()
    }

    fn note(&self, ran: Ran) -> Ran {
        let mut printed = self.printed.lock().expect("no panic");
        printed.push_str(&ran.stdout);
        printed.push_str(&ran.stderr);
        ran
    }

    fn command(&self, clone: &str, arguments: &[&str]) -> Command {
        let mut command = self.clean(env!("CARGO_BIN_EXE_masthead"), &self.clone_folder(clone));
        for server in &self.servers {
            command.env(token_variable(server), server.token);
        }
        command.args(arguments);
        command
    }

    /// Runs git in a folder; it must go well.
    #[track_caller]
    pub(crate) fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.clean("git", folder).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn clean(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@acme.example")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@acme.example");
        command
    }

    fn streams(&self) -> Streams {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        Streams(self.folder.path().join(format!("streams-{number}")))
    }
}

/// The files that a publisher prints to.
#[derive(Debug)]
pub(crate) struct Streams(PathBuf);

impl Streams {
    fn open(&self) -> (File, File) {
        let open = |kind: &str| File::create(self.0.with_extension(kind)).expect("a file");
        (open("out"), open("err"))
    }

    fn read(&self, kind: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.0.with_extension(kind)).expect("a file")).into_owned()
    }

    fn remove(&self) {
        for kind in ["out", "err"] {
            fs::remove_file(self.0.with_extension(kind)).expect("removed");
        }
    }
}

fn token_variable(server: &Server) -> &'static str {
    match server.class {
        Class::A => "TOKEN_OF_SKY",
        Class::B => "TOKEN_OF_BRAND",
        Class::C => "TOKEN_OF_CLUB",
    }
}

/// Returns all files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copied");
        }
    }
}

fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(32, 24).write_to(&mut bytes, image::ImageFormat::Png).expect("an image can be encoded");
    bytes.into_inner()
}
