//! Runs a program under `ptrace`, counts the system calls by which it and all that it starts change anything outside of
//! themselves, and kills them at one of these.
//!
//! `strace --inject` counts for each thread by itself, so the second write of a second thread is out of its reach, and it
//! ends one process where a machine that is lost takes all. Here the calls of all are counted together, in the order in
//! which they are made. A remote's side of a push or fetch (`git-receive-pack`, `git-upload-pack`) is another machine's: it
//! is let go when it begins, and sees what a server sees when a client dies.

use nix::{
    errno::Errno,
    libc,
    sys::{
        ptrace::{self, Options},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

/// Whom to kill, and at which call, from 0: before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    Nobody,
    /// Everything on this machine, as when a job is cancelled.
    All(usize),
    /// The process that makes the call, and none else.
    Caller(usize),
}

/// A system call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The program and what it was asked for, as `git push`.
    pub(crate) program: String,
    /// Whether it is the program itself and not one that it started.
    pub(crate) is_main: bool,
    pub(crate) name: &'static str,
    /// What it is about, if that can be told.
    pub(crate) what: String,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Traced {
    /// The calls in order, up to the one of the kill.
    pub(crate) calls: Vec<Call>,
    /// Whether somebody was killed.
    pub(crate) killed: bool,
    /// The exit code of the program; none if it was killed.
    pub(crate) code: Option<i32>,
}

struct Tracer {
    main: Pid,
    kill: Kill,
    /// The processes of tasks, and what they are called.
    tasks: BTreeMap<Pid, Pid>,
    programs: BTreeMap<Pid, String>,
    traced: Traced,
}

/// Runs a command. Its streams must not be pipes of ours, since nobody reads while it runs.
pub(crate) fn run(command: &Command, stdout: fs::File, stderr: fs::File, kill: Kill) -> Traced {
    // A shell that waits for a word, so that it can be seized before the program begins.
    let mut waiting = Command::new("sh");
    waiting
        .args(["-c", "read -r go; exec \"$@\" </dev/null", "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    waiting.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    waiting.current_dir(command.get_current_dir().expect("a folder"));
    let spawned = waiting.stdin(Stdio::piped()).stdout(stdout).stderr(stderr).spawn();
    #[expect(clippy::zombie_processes, reason = "it is waited for below, with all that it starts")]
    let mut child = spawned.expect("a shell");
    let main = Pid::from_raw(i32::try_from(child.id()).expect("an id"));
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(main, options).expect("a child can be traced");
    ptrace::interrupt(main).expect("it can be stopped");
    child.stdin.take().expect("a pipe").write_all(b"go\n").expect("it reads");
    let mut tracer = Tracer {
        main,
        kill,
        tasks: BTreeMap::from([(main, main)]),
        programs: BTreeMap::new(),
        traced: Traced { calls: Vec::new(), killed: false, code: None },
    };
    tracer.follow();
    tracer.traced
}

impl Tracer {
    fn follow(&mut self) {
        loop {
            // Only what this thread has started: others run tracers of their own.
            let status = match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
                Ok(status) => status,
                Err(Errno::ECHILD) => return,
                Err(Errno::EINTR) => continue,
                Err(error) => panic!("waiting for the traced: {error}"),
            };
            match status {
                WaitStatus::Exited(task, code) => {
                    if task == self.main {
                        self.traced.code = Some(code);
                    }
                    self.tasks.remove(&task);
                }
                WaitStatus::Signaled(task, ..) => drop(self.tasks.remove(&task)),
                WaitStatus::PtraceSyscall(task) => {
                    self.look(task);
                    go_on(task, None);
                }
                WaitStatus::PtraceEvent(task, _, libc::PTRACE_EVENT_EXEC) => self.executes(task),
                WaitStatus::PtraceEvent(task, ..) => go_on(task, None),
                WaitStatus::Stopped(task, signal) => go_on(task, Some(signal)),
                WaitStatus::Continued(_) | WaitStatus::StillAlive => {}
            }
        }
    }

    /// Names the program that a process has become. The remote's side is let go.
    fn executes(&mut self, task: Pid) {
        let line = fs::read(format!("/proc/{task}/cmdline")).unwrap_or_default();
        let words: Vec<String> =
            line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let serves = |word: &String| ["git-receive-pack", "git-upload-pack"].iter().any(|name| word.starts_with(name));
        if words.iter().any(serves) {
            self.tasks.remove(&task);
            // It may have been killed in between.
            let _ = ptrace::detach(task, None);
            return;
        }
        let program = words[0].rsplit('/').next().unwrap_or_default();
        let verbs =
            ["push", "fetch", "ls-remote", "rev-list", "pack-objects", "index-pack", "unpack-objects", "send-pack"];
        let verb = words.iter().skip(1).find(|word| verbs.contains(&word.as_str()));
        let name = verb.map_or_else(|| program.to_owned(), |verb| format!("{program} {verb}"));
        self.programs.insert(task, name);
        go_on(task, None);
    }

    /// Looks at a stop at a system call: counts the call if it is about to be made and changes something, and kills.
    fn look(&mut self, task: Pid) {
        let process = *self.tasks.entry(task).or_insert_with(|| process_of(task));
        // Before the program begins there is only the shell.
        let Some(program) = self.programs.get(&process) else { return };
        let Ok(registers) = ptrace::getregs(task) else { return };
        // On the way in, the kernel has put "no such call" where the result will be.
        if registers.rax.cast_signed() != -i64::from(libc::ENOSYS) {
            return;
        }
        let Some((name, what)) =
            changes(task, registers.orig_rax.cast_signed(), [registers.rdi, registers.rsi, registers.rdx])
        else {
            return;
        };
        if self.traced.killed {
            return;
        }
        let at = self.traced.calls.len();
        self.traced.calls.push(Call { program: program.clone(), is_main: process == self.main, name, what });
        let victims: Vec<Pid> = match self.kill {
            Kill::All(which) if which == at => self.tasks.values().copied().collect(),
            Kill::Caller(which) if which == at => vec![process],
            Kill::Nobody | Kill::All(_) | Kill::Caller(_) => return,
        };
        self.traced.killed = true;
        for victim in victims {
            // Several tasks are of one process, which dies at the first.
            let _ = kill(victim, Signal::SIGKILL);
        }
    }
}

/// Lets a task run to its next stop. One that was killed meanwhile is gone, which is as well.
fn go_on(task: Pid, signal: Option<Signal>) {
    let _ = ptrace::syscall(task, signal);
}

/// Returns the process of a task.
fn process_of(task: Pid) -> Pid {
    let status = fs::read_to_string(format!("/proc/{task}/status")).unwrap_or_default();
    let number = status.lines().find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok());
    number.map_or(task, Pid::from_raw)
}

/// Returns the name of a call and what it is about, if it changes anything outside of the process.
fn changes(task: Pid, call: i64, arguments: [u64; 3]) -> Option<(&'static str, String)> {
    let opens_to_write = |flags: u64| flags & u64::from((libc::O_CREAT | libc::O_TRUNC).cast_unsigned()) != 0;
    let name = match call {
        libc::SYS_open if opens_to_write(arguments[1]) => "open",
        libc::SYS_openat if opens_to_write(arguments[2]) => "openat",
        libc::SYS_creat => "creat",
        libc::SYS_write => "write",
        libc::SYS_pwrite64 => "pwrite64",
        libc::SYS_writev => "writev",
        libc::SYS_sendto => "sendto",
        libc::SYS_sendmsg => "sendmsg",
        libc::SYS_sendmmsg => "sendmmsg",
        libc::SYS_connect => "connect",
        libc::SYS_shutdown => "shutdown",
        libc::SYS_close => "close",
        libc::SYS_rename => "rename",
        libc::SYS_renameat => "renameat",
        libc::SYS_renameat2 => "renameat2",
        libc::SYS_link => "link",
        libc::SYS_linkat => "linkat",
        libc::SYS_symlink => "symlink",
        libc::SYS_symlinkat => "symlinkat",
        libc::SYS_unlink => "unlink",
        libc::SYS_unlinkat => "unlinkat",
        libc::SYS_mkdir => "mkdir",
        libc::SYS_mkdirat => "mkdirat",
        libc::SYS_rmdir => "rmdir",
        libc::SYS_truncate => "truncate",
        libc::SYS_ftruncate => "ftruncate",
        libc::SYS_fallocate => "fallocate",
        libc::SYS_chmod => "chmod",
        libc::SYS_fchmod => "fchmod",
        libc::SYS_fchmodat => "fchmodat",
        libc::SYS_utimensat => "utimensat",
        libc::SYS_flock => "flock",
        libc::SYS_fsync => "fsync",
        libc::SYS_fdatasync => "fdatasync",
        libc::SYS_copy_file_range => "copy_file_range",
        libc::SYS_sendfile => "sendfile",
        libc::SYS_clone => "clone",
        libc::SYS_clone3 => "clone3",
        libc::SYS_fork => "fork",
        libc::SYS_vfork => "vfork",
        libc::SYS_execve => "execve",
        libc::SYS_kill => "kill",
        libc::SYS_exit_group => "exit_group",
        _ => return None,
    };
    let takes_a_file = ["write", "pwrite64", "writev", "sendto", "sendmsg", "sendmmsg", "connect", "shutdown", "close"];
    let takes_a_file =
        takes_a_file.contains(&name) || ["ftruncate", "fchmod", "flock", "fsync", "fdatasync"].contains(&name);
    if !takes_a_file {
        return Some((name, String::new()));
    }
    let file = fs::read_link(format!("/proc/{task}/fd/{}", arguments[0])).unwrap_or_default();
    let file = file.to_string_lossy().into_owned();
    // Wake-ups among our own threads, and words to whoever watches, change nothing.
    let is_inner = file.starts_with("anon_inode:") || (name == "write" && (1..=2).contains(&arguments[0]));
    // What is read is closed without a trace. A file that is written, a lock or a connection isn't.
    let is_only_read = name == "close" && !(file.starts_with("socket:") || is_written(task, arguments[0]));
    (!is_inner && !is_only_read).then_some((name, file))
}

/// Returns whether a file was opened for writing.
fn is_written(task: Pid, descriptor: u64) -> bool {
    let about = fs::read_to_string(format!("/proc/{task}/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = about.lines().find_map(|line| i32::from_str_radix(line.strip_prefix("flags:")?.trim(), 8).ok());
    flags.is_some_and(|flags| flags & libc::O_ACCMODE != libc::O_RDONLY)
}
