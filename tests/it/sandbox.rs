//! A workspace in a temporary folder, in a git repository of its own, that nothing of the machine's settings reaches.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A workspace to run the program in.
pub(crate) struct Sandbox {
    folder: TempDir,
    environment: BTreeMap<&'static str, String>,
}

/// The program, running. It is ended with the test that forgets it, as one that fails does.
pub(crate) struct Running(Option<Child>);

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// Makes an empty repository on the branch `main`.
    pub(crate) fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().expect("a folder"), environment: BTreeMap::new() };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox
    }

    /// Makes a workspace with this configuration, which keeps its ledger in the clone.
    pub(crate) fn with_config(accounts: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write(
            "masthead.toml",
            format!(
                "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\n\n[ledger]\nremote = false\n\n{accounts}"
            ),
        );
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.environment.insert(name, value.to_owned());
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let place = self.file(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(place, text).expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Commits everything.
    pub(crate) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.clean(Command::new("git")).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs git in a folder, with the program in its `PATH` for hooks.
    #[must_use]
    pub(crate) fn git_with_program(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_masthead")).parent().expect("a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(program.to_owned()).chain(std::env::split_paths(&path));
        self.git_with_path(&std::env::join_paths(path).expect("a search path"), folder, arguments)
    }

    /// Runs git in a folder, with a `PATH` for hooks.
    #[must_use]
    pub(crate) fn git_with_path(&self, path: &OsStr, folder: &Path, arguments: &[&str]) -> Ran {
        let mut command = self.clean(Command::new("git"));
        command.env("PATH", path).envs(&self.environment);
        Ran::of(command.current_dir(folder).args(arguments).output().expect("git runs"))
    }

    /// Runs the program here.
    #[must_use]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(self.path(), arguments)
    }

    /// Runs the program in a folder.
    #[must_use]
    pub(crate) fn run_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let mut command = self.command();
        Ran::of(command.current_dir(folder).args(arguments).output().expect("it runs"))
    }

    /// Runs the program here, with something on its standard input.
    #[must_use]
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        // It may refuse before it has read anything.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        Ran::of(child.wait_with_output().expect("it ends"))
    }

    /// Starts the program in a folder, to be stopped or waited for.
    pub(crate) fn start_in(&self, folder: &Path, arguments: &[&str]) -> Running {
        let mut command = self.command();
        command.current_dir(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(command.spawn().expect("it starts")))
    }

    /// Prepares the program to be run here.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.clean(Command::new(env!("CARGO_BIN_EXE_masthead")));
        command.envs(&self.environment);
        command
    }

    fn clean(&self, mut command: Command) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path())
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
}

impl Running {
    /// Returns its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.as_ref().expect("it runs").id()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        let mut child = self.0.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    /// Asks it to end, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs").success());
    }

    /// Reads from stderr until it has said something, and returns all that it said.
    pub(crate) fn wait_until_it_says(&mut self, words: &str) -> String {
        let stderr = self.0.as_mut().and_then(|child| child.stderr.as_mut()).expect("a pipe");
        let (mut said, mut byte) = (Vec::new(), [0]);
        while !String::from_utf8_lossy(&said).contains(words) {
            assert_eq!(stderr.read(&mut byte).expect("read"), 1, "it ended without `{words}`");
            said.push(byte[0]);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Reads the first line that it writes to stdout.
    pub(crate) fn first_line(&mut self) -> String {
        let stdout = self.0.as_mut().and_then(|child| child.stdout.as_mut()).expect("a pipe");
        let (mut line, mut byte) = (Vec::new(), [0]);
        while !line.ends_with(b"\n") {
            assert_eq!(stdout.read(&mut byte).expect("read"), 1, "it ended without a line");
            line.push(byte[0]);
        }
        String::from_utf8(line).expect("UTF-8").trim_end().to_owned()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Ran {
        Ran::of(self.0.take().expect("it runs").wait_with_output().expect("it ends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Ran {
    fn of(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Holds that it went well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Holds that it ended with a code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Holds that its output, of either kind, says something.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stdout.contains(words) || self.stderr.contains(words), "{words:?} is not in {self:#?}");
        self
    }

    /// Holds that its output says nothing of the kind.
    #[track_caller]
    pub(crate) fn never_says(self, words: &str) -> Self {
        assert!(!self.stdout.contains(words) && !self.stderr.contains(words), "{words:?} is in {self:#?}");
        self
    }
}
