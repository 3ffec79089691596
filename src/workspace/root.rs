use super::WorkspaceError;
use std::path::{Path, PathBuf};

/// The file that makes a folder a workspace.
pub const CONFIG: &str = "masthead.toml";

/// Finds the workspace's root: the folder itself or the nearest one above that holds `masthead.toml`.
pub fn find_root(from: &Path) -> Result<PathBuf, WorkspaceError> {
    let from = from.canonicalize().map_err(|error| WorkspaceError::io("open the folder", from, &error))?;
    for folder in from.ancestors() {
        let config = folder.join(CONFIG);
        match config.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => return Ok(folder.to_owned()),
            Ok(_) => {
                return Err(WorkspaceError::new(format!("`{}` is not a file", config.display()))
                    .hint("put a plain file there, not a folder or a symbolic link"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return Err(WorkspaceError::io("look at", &config, &error));
            }
            Err(_) => {}
        }
    }
    let near = misnamed(&from);
    let error = WorkspaceError::new(format!("no `{CONFIG}` in `{}` or any folder above it", from.display()));
    Err(match near {
        Some(near) => error.hint(format!("there is `{near}` here: rename it to `{CONFIG}`")),
        None => error.hint("go to a folder of a workspace, or run `masthead init` to make one here"),
    })
}

/// Finds a file in the folder whose name is nearly right.
fn misnamed(folder: &Path) -> Option<String> {
    let names: Vec<String> =
        folder.read_dir().ok()?.take(1000).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let files = names.iter().map(String::as_str).filter(|name| name.ends_with(".toml"));
    crate::diag::did_you_mean(CONFIG, files).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("a path");
        (folder, path)
    }

    #[test]
    fn the_nearest_folder_with_a_config_is_the_root() {
        let (_keep, path) = folder();
        fs::create_dir_all(path.join("a/b/c")).expect("folders");
        fs::write(path.join(CONFIG), "").expect("a file");
        fs::write(path.join("a/masthead.toml"), "").expect("a file");
        assert_eq!(find_root(&path.join("a/b/c")), Ok(path.join("a")));
        assert_eq!(find_root(&path), Ok(path));
    }

    #[test]
    fn no_config_says_what_to_do() {
        let (_keep, path) = folder();
        let error = find_root(&path).expect_err("no root");
        assert_eq!(error.message, format!("no `masthead.toml` in `{}` or any folder above it", path.display()));
        assert!(error.hint.expect("a hint").contains("masthead init"));
    }

    #[test]
    fn a_misspelt_config_is_suggested() {
        let (_keep, path) = folder();
        fs::write(path.join("mastheads.toml"), "").expect("a file");
        let error = find_root(&path).expect_err("no root");
        assert_eq!(error.hint.expect("a hint"), "there is `mastheads.toml` here: rename it to `masthead.toml`");
    }

    #[test]
    fn a_folder_of_that_name_is_refused() {
        let (_keep, path) = folder();
        fs::create_dir(path.join(CONFIG)).expect("a folder");
        assert!(find_root(&path).expect_err("no root").message.ends_with("is not a file"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let (_keep, path) = folder();
        let error = find_root(&path.join("x")).expect_err("no root");
        assert!(
            error.message.starts_with("can't open the folder `")
                && error.message.ends_with("/x`: no such file or directory"),
            "{error}"
        );
    }
}
