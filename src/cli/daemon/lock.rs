use crate::cli::Failure;
use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

/// Takes the place of the one daemon of a clone. It is freed when the file is closed, also by a process that is killed.
///
/// Two of them would not hurt, since the ledger lets one win each delivery; but one of the two is surely a mistake.
pub(super) fn take(state: &Path) -> Result<File, Failure> {
    let place = state.join("daemon.lock");
    let failed =
        |what: &str, error: std::io::Error| Failure::usage(format!("can't {what} `{}`: {error}", place.display()));
    fs::create_dir_all(state).map_err(|error| failed("make the folder of", error))?;
    let file = File::options().create(true).truncate(false).write(true).open(&place);
    let file = file.map_err(|error| failed("open", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::usage("another `masthead run` is at work in this clone")
            .hint("one is enough: leave it to it, or stop it first")),
        Err(TryLockError::Error(error)) => Err(failed("lock", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("masthead");
        let first = take(&state).expect("free");
        assert_eq!(take(&state).expect_err("taken").message, "another `masthead run` is at work in this clone");
        drop(first);
        take(&state).expect("free again");
    }
}
