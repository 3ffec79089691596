use super::Repo;
use std::path::PathBuf;

impl Repo {
    /// Returns the name of the user that git knows, if it knows one.
    pub fn person(&self) -> Option<String> {
        let is_name = |name: &String| !name.trim().is_empty();
        let named = std::env::var("GIT_AUTHOR_NAME").ok().filter(is_name);
        named.or_else(|| self.git.config().ok()?.get_string("user.name").ok()).filter(is_name)
    }

    /// Returns the folder of the hooks, which may not exist yet, and whether it is this repository's own: a setting may
    /// name one that others share.
    pub fn hooks_folder(&self) -> (PathBuf, bool) {
        let configured = self.git.config().ok().and_then(|config| config.get_path("core.hooksPath").ok());
        match configured {
            // Hooks are run at the top of the working tree, or in a bare repository itself.
            Some(folder) => {
                let from = self.git.workdir().unwrap_or_else(|| self.git.path());
                let folder = from.join(folder);
                let is_own = folder.starts_with(from) || folder.starts_with(self.git.commondir());
                (folder, is_own)
            }
            None => (self.git.commondir().join("hooks"), true),
        }
    }

    /// Returns the workspace's folder from the repository's top, with `/`; empty if it is the top.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};

    #[track_caller]
    fn check(sandbox: &Sandbox, below: &str, is_own: bool) {
        let root = sandbox.path().canonicalize().expect("a path");
        let repo = Repo::open(sandbox.path()).expect("a repository");
        assert_eq!(repo.hooks_folder(), (root.join(below), is_own));
    }

    #[test]
    fn hooks_are_where_git_looks_for_them() {
        let sandbox = Sandbox::new();
        check(&sandbox, ".git/hooks", true);
        sandbox.git(&["config", "core.hooksPath", "tools/hooks"]);
        check(&sandbox, "tools/hooks", true);
        sandbox.git(&["config", "core.hooksPath", "/srv/hooks"]);
        check(&sandbox, "/srv/hooks", false);
        check(&Sandbox::bare(), "hooks", true);
    }
}
