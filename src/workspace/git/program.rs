use super::WorkspaceError;
use std::{
    ffi::OsStr,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The `git` program, run on one repository without prompts, hooks or what a surrounding git has left in the environment.
#[derive(Clone, Debug)]
pub(super) struct Program {
    git_folder: PathBuf,
    /// Whether ssh may be told not to prompt: nobody has settings of their own.
    is_plain_ssh: bool,
    timeout: Duration,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    /// The exit code; none if it was killed or ran out of time.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// What a surrounding git (as in a hook) tells its children about another repository or call.
const SCRUBBED: [&str; 17] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_PUSH_OPTION_COUNT",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_REFLOG_ACTION",
];

impl Program {
    pub(super) fn new(repo: &git2::Repository, timeout: Duration) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        let has_command = repo.config().is_ok_and(|config| config.get_string("core.sshcommand").is_ok());
        Self {
            git_folder: repo.path().to_owned(),
            is_plain_ssh: !has_command && !is_set("GIT_SSH") && !is_set("GIT_SSH_COMMAND"),
            timeout,
        }
    }

    /// Allows it another time.
    pub(super) fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Runs it. An error means that it could not be run at all.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Ran, WorkspaceError> {
        let begun = Instant::now();
        let ran = run(self.command(OsStr::new("git")).args(arguments), self.timeout);
        let came = match &ran {
            Ok(ran) if ran.is_success() => "done".to_owned(),
            Ok(ran) => ran.complaint(),
            Err(error) => error.message.clone(),
        };
        let asked = without_passwords(&arguments.join(" "));
        tracing::debug!("git {asked}: {came}, {} ms", begun.elapsed().as_millis());
        ran
    }

    fn command(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        for name in SCRUBBED {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never").env("LC_ALL", "C");
        if self.is_plain_ssh {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        // Hooks of the user's may call this program again, or refuse what isn't theirs to judge.
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "push.followTags=false", "-c", "push.gpgSign=false"]);
        command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
        command.arg("--git-dir").arg(&self.git_folder);
        command
    }
}

fn run(command: &mut Command, timeout: Duration) -> Result<Ran, WorkspaceError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own: an interrupt at the terminal doesn't cut a push in two, and a time-out reaches its helpers too.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().map_err(|error| spawn_error(command.get_program(), &error))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let deadline = Instant::now() + timeout;
    let code = wait(&mut child, deadline)?;
    // After a kill somebody may still hold the pipes; whoever ended by itself has closed them or does so soon.
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let text = |pipe: mpsc::Receiver<Vec<u8>>| {
        String::from_utf8_lossy(&pipe.recv_timeout(left).unwrap_or_default()).into_owned()
    };
    let (stdout, mut stderr) = (text(stdout), text(stderr));
    if code.is_none() {
        stderr.push_str("\nit was stopped: no end within the time allowed");
    }
    Ok(Ran { code, stdout, stderr })
}

/// Waits for the end, or kills it and all that it started when the time has come.
fn wait(child: &mut Child, deadline: Instant) -> Result<Option<i32>, WorkspaceError> {
    let failed = |error: io::Error| WorkspaceError::new(format!("can't wait for the `git` program: {error}"));
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(status.code());
        }
        if Instant::now() >= deadline {
            kill(child);
            child.wait().map_err(failed)?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[cfg(unix)]
fn kill(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    let killed = group.map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL));
    if !matches!(killed, Some(Ok(()))) {
        let _ = child.kill();
    }
}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    let _ = child.kill();
}

/// Reads a pipe to its end on a thread of its own, so that neither of the two can fill up and stop the program.
fn drain(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    if let Some(mut pipe) = pipe {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            let _ = send.send(bytes);
        });
    }
    receive
}

fn spawn_error(program: &OsStr, error: &io::Error) -> WorkspaceError {
    let made = WorkspaceError::io("run the program", Path::new(program), error);
    if error.kind() == io::ErrorKind::NotFound {
        made.hint("install git, and see that it is on the `PATH`")
    } else {
        made
    }
}

impl Ran {
    pub(super) fn is_success(&self) -> bool {
        self.code == Some(0)
    }

    /// Returns what git said went wrong, in one line without passwords.
    pub(super) fn complaint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let said = |line: &&&str| {
            ["fatal:", "error:", "remote: error", "ERROR:", "ssh:"].iter().any(|start| line.starts_with(start))
        };
        let worst = lines.iter().find(said).or(lines.last()).copied().unwrap_or("it gave no reason");
        let worst = worst.trim_start_matches("fatal: ").trim_start_matches("error: ");
        let clean: String = worst.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        without_passwords(&clean)
    }
}

/// Cuts user names and passwords out of the web addresses in a text.
pub(super) fn without_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let end = after.find(|char: char| char == '/' || char.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            // The user of ssh is part of the address and no secret.
            Some(at) if !before.ends_with("ssh://") => &after[at + 1..],
            _ => after,
        };
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_clean(text: &str, expect: &str) {
        assert_eq!(without_passwords(text), expect);
    }

    #[test]
    fn passwords_are_cut_out() {
        check_clean("https://me:secret@git.example/a.git", "https://git.example/a.git");
        check_clean("at 'https://tok@git.example/' and http://a:b@c", "at 'https://git.example/' and http://c");
        check_clean("https://git.example/@me", "https://git.example/@me");
        check_clean("ssh://git@git.example/a.git", "ssh://git@git.example/a.git");
        check_clean("no address", "no address");
    }

    #[track_caller]
    fn check_complaint(stderr: &str, expect: &str) {
        let ran = Ran { code: Some(128), stdout: String::new(), stderr: stderr.to_owned() };
        assert_eq!(ran.complaint(), expect);
    }

    #[test]
    fn the_line_that_says_why_is_found() {
        check_complaint("hint: x\nfatal: no such remote\nmore\n", "no such remote");
        check_complaint("error: failed\nhint: do\n", "failed");
        check_complaint("something\nodd\n", "odd");
        check_complaint("", "it gave no reason");
        check_complaint("fatal: \u{1b}[31mred", " [31mred");
    }

    #[test]
    fn a_program_that_is_not_there_says_what_to_do() {
        let error = run(&mut Command::new("no-such-git-program"), Duration::from_secs(5)).expect_err("an error");
        assert!(error.hint.expect("a hint").contains("install git"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_does_not_end_is_stopped_with_its_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 600 & wait"]);
        let ran = run(&mut command, Duration::from_millis(200)).expect("a run");
        assert_eq!((ran.code, ran.stdout.as_str()), (None, "begun\n"));
        assert!(ran.complaint().contains("stopped"), "{ran:?}");
    }

    #[cfg(unix)]
    #[test]
    fn much_output_does_not_stop_it() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "i=0; while [ $i -lt 20000 ]; do echo 0123456789; echo 0123456789 >&2; i=$((i+1)); done; exit 3",
        ]);
        let ran = run(&mut command, Duration::from_secs(60)).expect("a run");
        assert_eq!((ran.code, ran.stdout.len(), ran.stderr.len()), (Some(3), 220_000, 220_000));
    }
}
