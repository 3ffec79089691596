use super::{SecretSource, tokens::Tokens, vault::SharedVault};
use crate::{
    ledger::StoreError,
    model::{SecretRef, Timestamp},
};
use rustix::fs::OFlags;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fs::OpenOptions,
    io::Read as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The longest secret, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The longest list, in bytes: some hundred thousand addresses.
const LONGEST_LIST: u64 = 8 * 1024 * 1024;

/// Secrets from the environment, from files and from commands of this machine.
///
/// No message of it holds a secret, nor what a command printed.
#[derive(Clone, Debug)]
pub struct SystemSecrets {
    root: PathBuf,
    patience: Duration,
    vault: Option<SharedVault>,
}

impl SystemSecrets {
    /// Finds files relative to a workspace's root, and runs commands there.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), patience: Duration::from_secs(30), vault: None }
    }

    /// Finds secrets in a vault too, and keeps sessions there.
    #[must_use]
    pub fn with_vault(self, vault: Option<SharedVault>) -> Self {
        Self { vault, ..self }
    }

    /// Puts a secret into the vault. Returns whether there is one.
    pub fn keep(
        &self,
        name: &str,
        secret: &SecretString,
        now: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let Some(vault) = &self.vault else { return Ok(false) };
        vault.lock().set(name, secret, now, expires)?;
        Ok(true)
    }

    fn kept(&self, name: &str) -> Result<Vec<u8>, String> {
        let Some(vault) = &self.vault else {
            return Err("the workspace has no vault; write `[vault]` in masthead.toml".to_owned());
        };
        let secret = vault.lock().get(name).map_err(|error| match error.hint {
            Some(hint) => format!("{}; {hint}", error.message),
            None => error.message,
        })?;
        Ok(secret.expose_secret().as_bytes().to_vec())
    }

    fn file(&self, path: &str, longest: u64) -> Result<Vec<u8>, String> {
        let place = self.root.join(path);
        let failed = |what: &str, error: std::io::Error| format!("`{}` {what}: {error}", place.display());
        // Without blocking, because a pipe would wait for a writer for ever.
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
        let file = OpenOptions::new().read(true).custom_flags(flags).open(&place);
        let file = file.map_err(|error| failed("can't be opened", error))?;
        let about = file.metadata().map_err(|error| failed("can't be examined", error))?;
        if !about.is_file() {
            return Err(format!("`{}` is not a regular file", place.display()));
        }
        if about.mode() & 0o077 != 0 {
            return Err(format!("others can read `{0}`; run `chmod 600 {0}`", place.display()));
        }
        let mut bytes = Vec::new();
        file.take(longest + 1).read_to_end(&mut bytes).map_err(|error| failed("can't be read", error))?;
        Ok(bytes)
    }

    fn command(&self, words: &[String], longest: u64) -> Result<Vec<u8>, String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("`command:` names no program".to_owned());
        };
        let started = Command::new(program)
            .args(arguments)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It may print what it was given; whoever wants to see it can run it.
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.map_err(|error| format!("`{program}` can't be started: {error}"))?;
        let Some(output) = child.stdout.take() else {
            return Err(format!("`{program}` has no output"));
        };
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = output.take(longest + 1).read_to_end(&mut bytes).map(|_| bytes);
            // Nobody listens any more if it took too long.
            let _ = sender.send(read);
        });
        let Ok(read) = receiver.recv_timeout(self.patience) else {
            // It may have ended by itself in between, which is as well.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("`{program}` took longer than {} seconds", self.patience.as_secs_f32()));
        };
        if read.as_ref().is_ok_and(|bytes| bytes.len() as u64 > longest) {
            let _ = child.kill();
        }
        let ended = child.wait().map_err(|error| format!("`{program}` can't be waited for: {error}"))?;
        let bytes = read.map_err(|error| format!("the output of `{program}` can't be read: {error}"))?;
        if bytes.len() as u64 <= longest && !ended.success() {
            return Err(format!("`{program}` failed ({ended}); run it by hand to see why"));
        }
        Ok(bytes)
    }

    /// Reads what is kept there, and tells where that was.
    fn read(&self, secret: &SecretRef, longest: u64) -> Result<(String, String), String> {
        let (bytes, whence) = match secret {
            SecretRef::Env(name) => match std::env::var_os(name) {
                Some(value) => (value.into_encoded_bytes(), format!("the environment variable `{name}`")),
                None => return Err(format!("the environment variable `{name}` is not set")),
            },
            SecretRef::File(path) => (self.file(path, longest)?, format!("`{path}`")),
            SecretRef::Command(words) => {
                // Not the arguments: people have been seen to put secrets there.
                let program = words.first().map_or("", String::as_str);
                (self.command(words, longest)?, format!("the output of `{program}`"))
            }
            SecretRef::Vault(name) => (self.kept(name)?, format!("the vault's `{name}`")),
        };
        if bytes.len() as u64 > longest {
            return Err(format!("{whence} is longer than {longest} bytes"));
        }
        // Not the error itself: it would tell the bytes.
        let text = String::from_utf8(bytes).map_err(|_| format!("{whence} is not UTF-8 text"))?;
        Ok((text, whence))
    }
}

impl SecretSource for SystemSecrets {
    fn get(&self, secret: &SecretRef) -> Result<SecretString, String> {
        let (text, whence) = self.read(secret, LONGEST)?;
        let text = match secret {
            SecretRef::Command(_) => text.trim(),
            SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Vault(_) => text.trim_end_matches(['\r', '\n']),
        };
        if text.trim().is_empty() {
            return Err(format!("{whence} is empty"));
        }
        if text.contains(['\r', '\n', '\0']) {
            return Err(format!("{whence} has more than one line"));
        }
        Ok(text.into())
    }

    fn list(&self, secret: &SecretRef) -> Result<SecretString, String> {
        self.read(secret, LONGEST_LIST).map(|(text, _)| text.into())
    }

    fn tokens(&self) -> Option<&dyn Tokens> {
        self.vault.as_ref().map(|vault| vault as &dyn Tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    fn words(line: &str) -> SecretRef {
        SecretRef::Command(line.split(' ').map(str::to_owned).collect())
    }

    #[track_caller]
    fn check(secrets: &SystemSecrets, secret: &SecretRef, expect: Result<&str, &str>) {
        let got = secrets.get(secret);
        assert!(!format!("{got:?}").contains("hunter"), "{got:?}");
        match (got, expect) {
            (Ok(got), Ok(expect)) => assert_eq!(got.expose_secret(), expect),
            (Err(got), Err(expect)) => assert!(got.contains(expect), "`{got}` does not hold `{expect}`"),
            (got, expect) => panic!("{secret:?} gave {got:?} instead of {expect:?}"),
        }
    }

    fn file(folder: &tempfile::TempDir, content: &[u8], mode: u32) -> SystemSecrets {
        let path = folder.path().join("token");
        fs::write(&path, content).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        SystemSecrets::new(folder.path())
    }

    #[test]
    fn files_are_read_if_nobody_else_can() {
        let folder = tempfile::tempdir().expect("a folder");
        let token = SecretRef::File("token".to_owned());
        let check = |content: &[u8], mode, expect| check(&file(&folder, content, mode), &token, expect);
        check(b"hunter2\n", 0o600, Ok("hunter2"));
        check(b"hunter2\r\n\n", 0o400, Ok("hunter2"));
        check(b" hunter 2 ", 0o600, Ok(" hunter 2 "));
        check(b"hunter2", 0o640, Err("run `chmod 600"));
        check(b"hunter2", 0o604, Err("others can read"));
        check(b"\n", 0o600, Err("is empty"));
        check(b"  ", 0o600, Err("is empty"));
        check(b"hunter\xff", 0o600, Err("is not UTF-8 text"));
        check(b"hunter\ntwo", 0o600, Err("more than one line"));
        check(&[b'h'; 70_000], 0o600, Err("is longer than"));
    }

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = SystemSecrets::new(folder.path());
        fs::create_dir(folder.path().join("folder")).expect("a folder");
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("pipe"), rustix::fs::Mode::RUSR).expect("a pipe");
        check(&secrets, &SecretRef::File("gone".to_owned()), Err("can't be opened"));
        check(&secrets, &SecretRef::File("folder".to_owned()), Err("is not a regular file"));
        check(&secrets, &SecretRef::File("pipe".to_owned()), Err("is not a regular file"));
    }

    #[test]
    fn commands_run_without_a_shell_and_without_input() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets = SystemSecrets::new(folder.path());
        check(&secrets, &words("echo hunter2"), Ok("hunter2"));
        check(&secrets, &words("echo $HOME;true"), Ok("$HOME;true"));
        check(&secrets, &words("cat"), Err("the output of `cat` is empty"));
        check(&secrets, &words("cat token"), Err("`cat` failed"));
        check(&secrets, &words("no-such-program-here"), Err("can't be started"));
        check(&secrets, &SecretRef::Command(Vec::new()), Err("names no program"));
        check(&secrets, &words("yes hunter"), Err("is longer than"));
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let secrets = SystemSecrets { patience: Duration::from_millis(20), ..SystemSecrets::new(".") };
        check(&secrets, &words("sleep 600"), Err("took longer than 0.02 seconds"));
    }

    #[test]
    fn the_environment_is_asked_by_name() {
        let secrets = SystemSecrets::new(".");
        // Cargo sets this one for every test.
        check(&secrets, &SecretRef::Env("CARGO_PKG_NAME".to_owned()), Ok("masthead"));
        check(&secrets, &SecretRef::Env("MASTHEAD_NO_SUCH".to_owned()), Err("`MASTHEAD_NO_SUCH` is not set"));
    }
}
