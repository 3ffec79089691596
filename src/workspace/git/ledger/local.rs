use super::{Moved, Pushed, StoreError, StoreProblem, git_problem, io_problem, reference};
use git2::{ConfigLevel, ErrorCode, Oid, Repository};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// A lock on the branch that is older than this was left by a writer that was killed: nobody holds one for so long, and
/// all of ours hold our own lock meanwhile.
const STALE: Duration = Duration::from_secs(10);
/// An unfinished object that is older than this is nobody's any more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long to wait for locks.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the tip of a local branch.
pub(super) fn tip(git: &Repository, branch: &str) -> Result<Option<Oid>, StoreError> {
    let failed = |error: &git2::Error| git_problem(&format!("read the branch `{branch}`"), error);
    match git.find_reference(&reference(branch)) {
        Ok(found) => found.peel_to_commit().map(|commit| Some(commit.id())).map_err(|error| failed(&error)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// Takes the lock of this clone's publishers. It is freed when the file is closed, also by a process that is killed.
pub(super) fn lock(state: &Path) -> Result<File, StoreError> {
    lock_within(state, PATIENCE)
}

fn lock_within(state: &Path, patience: Duration) -> Result<File, StoreError> {
    fs::create_dir_all(state).map_err(|error| io_problem("make the folder", state, &error))?;
    let place = state.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&place);
    let file = file.map_err(|error| io_problem("open", &place, &error))?;
    let deadline = Instant::now() + patience;
    for round in 0.. {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(io_problem("lock", &place, &error)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(super::pause(round)),
            Err(TryLockError::WouldBlock) => break,
        }
    }
    let message = format!("another publisher of this clone holds `{}`", place.display());
    Err(StoreError::new(StoreProblem::Contended, message).hint("wait until it is done, or stop it"))
}

/// Opens the repository anew so that objects and references are on the disk when a write returns.
///
/// libgit2 has a setting of git's for that, which is given to it beside the repository's own.
pub(super) fn sync_writes(git: &mut Repository, state: &Path) -> Result<(), StoreError> {
    let place = state.join("gitconfig");
    let text = "[core]\n\tfsyncObjectFiles = true\n";
    if fs::read_to_string(&place).ok().as_deref() != Some(text) {
        fs::write(&place, text).map_err(|error| io_problem("write", &place, &error))?;
    }
    let reopened = (|| {
        if git.config()?.get_bool("core.fsyncobjectfiles").unwrap_or(false) {
            return Ok(None);
        }
        let reopened = Repository::open(git.path())?;
        let mut config = reopened.config()?;
        config.add_file(&place, ConfigLevel::App, true)?;
        reopened.set_config(&config)?;
        Ok(Some(reopened))
    })();
    match reopened {
        Ok(Some(reopened)) => *git = reopened,
        Ok(None) => {}
        Err(error) => return Err(git_problem("open the repository for writing", &error)),
    }
    Ok(())
}

/// Moves a local branch from the expected commit to a new one. Our lock must be held, and writes must be synced. When it
/// returns both survive a loss of power.
pub(super) fn advance(git: &Repository, branch: &str, from: Option<Oid>, to: Oid) -> Result<Moved, StoreError> {
    let objects = git.commondir().join("objects");
    // Each object and its folder are synced by whoever wrote it, but not the name of a folder that is new.
    sync_folder(&objects).map_err(|error| io_problem("sync", &objects, &error))?;
    let moved = swap(git, branch, from, to)?;
    let heads = git.commondir().join("refs/heads");
    for folder in heads.join(branch).ancestors().skip(2).take_while(|folder| folder.starts_with(&heads)) {
        sync_folder(folder).map_err(|error| io_problem("sync", folder, &error))?;
    }
    Ok(moved)
}

/// Puts the names in a folder on the disk, where the system can.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn swap(git: &Repository, branch: &str, from: Option<Oid>, to: Oid) -> Result<Moved, StoreError> {
    let name = reference(branch);
    let deadline = Instant::now() + PATIENCE;
    for round in 0.. {
        // With nothing expected it must not exist, which is what not forcing says.
        let moved = match from {
            Some(from) => git.reference_matching(&name, to, true, from, "masthead"),
            None => git.reference(&name, to, false, "masthead"),
        };
        let error = match moved {
            Ok(_) => return Ok(Moved::Done),
            Err(error) => error,
        };
        match error.code() {
            ErrorCode::Modified | ErrorCode::Exists | ErrorCode::NotFound => {
                return Ok(Moved::NotDone(Pushed::Lost(error.message().to_owned())));
            }
            ErrorCode::Locked => remove_stale(&lock_file(git, branch)),
            _ => return Err(git_problem(&format!("move the branch `{branch}`"), &error)),
        }
        if Instant::now() > deadline {
            break;
        }
        thread::sleep(super::pause(round));
    }
    let message = format!("the branch `{branch}` is locked by `{}`", lock_file(git, branch).display());
    Err(StoreError::new(StoreProblem::Contended, message).hint("if no git program runs there, remove that file"))
}

fn lock_file(git: &Repository, branch: &str) -> PathBuf {
    git.commondir().join(format!("{}.lock", reference(branch)))
}

fn remove_stale(lock: &Path) {
    let modified = lock.metadata().and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    if age.is_some_and(|age| age > STALE) && fs::remove_file(lock).is_ok() {
        tracing::warn!("removed `{}`, which a writer that was stopped had left", lock.display());
    }
}

/// Removes what writers of ours that were killed have left among the objects, more than a day ago. Whatever else is there
/// is git's own to clean.
pub(super) fn sweep(git: &Repository) {
    let objects = git.commondir().join("objects");
    let Ok(entries) = objects.read_dir() else { return };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
        let is_ours = entry.file_name().to_string_lossy().starts_with("tmp_object_git2_");
        if is_ours && age.is_some_and(|age| age > ABANDONED) && fs::remove_file(entry.path()).is_ok() {
            tracing::debug!("removed `{}`, which a writer that was stopped had left", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_held_by_one_and_freed_by_closing() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("masthead");
        let held = lock_within(&state, Duration::ZERO).expect("a lock");
        let error = lock_within(&state, Duration::ZERO).expect_err("no lock");
        assert_eq!(error.problem, StoreProblem::Contended);
        drop(held);
        lock_within(&state, Duration::ZERO).expect("a lock");
    }

    #[test]
    fn only_old_unfinished_objects_of_ours_are_removed() {
        let sandbox = super::super::super::sandbox::Sandbox::new();
        let day = Duration::from_secs(24 * 60 * 60);
        let make = |name: &str, age: Duration| {
            let place = sandbox.write(&format!(".git/objects/{name}"), "x");
            let file = File::options().write(true).open(&place).expect("a file");
            file.set_modified(SystemTime::now() - age).expect("a time");
            place
        };
        let old = make("tmp_object_git2_0a1b", day * 2);
        let others = [make("tmp_object_git2_2c3d", day / 2), make("tmp_obj_4e5f", day * 2), make("notes", day * 2)];
        sweep(&Repository::open(sandbox.path()).expect("a repository"));
        assert!(!old.exists());
        assert!(others.iter().all(|place| place.exists()));
    }

    #[test]
    fn only_an_old_lock_of_the_branch_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("x.lock");
        let file = File::create(&place).expect("a file");
        remove_stale(&place);
        assert!(place.exists());
        file.set_modified(SystemTime::now() - Duration::from_secs(11)).expect("a time");
        remove_stale(&place);
        assert!(!place.exists());
        remove_stale(&place);
    }
}
