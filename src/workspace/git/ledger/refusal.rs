//! What hosts say when they refuse, and how to mend it.

use super::StoreProblem;

/// What git or a host says, and what a person can do about it. The first that fits counts.
const MENDS: [(&[&str], &str); 8] = [
    (
        &["GH006", "GH013", "rotected branch", "rule violations", "not allowed to push", "deny updating a hidden ref"],
        "a rule of the host's protects the ledger's branch: let the publisher's account push to it, and keep it from \
         being forced or deleted",
    ),
    (
        &["marked as read only", "read-only", "archived", "Write access to repository not granted", "error: 403"],
        "what git signs in with may read there but not write: give it that right, in CI as `contents: write` or a \
         deploy key that may write",
    ),
    (
        &["Permission to ", "denied to "],
        "what git signs in with may not write there: see that it is the right account, and that it may push",
    ),
    (
        &["could not read Username", "could not read Password", "terminal prompts disabled", "error: 401"],
        "git has nothing to sign in with: set up a credential helper, or a token where CI checks out, so that `git push` \
         asks for nothing",
    ),
    (
        &["Authentication failed", "Permission denied", "Host key verification failed"],
        "the host doesn't take what git signs in with: see that a plain `git push` works there without asking",
    ),
    (
        &["epository not found", "does not appear to be a git repository", "error: 404"],
        "there is no such repository, or what git signs in with may not see it: check the remote's address and the \
         account's rights",
    ),
    (
        &["unpacker error", "No space left", "quota", "insufficient permission for adding"],
        "the host can't keep what is sent: its disk may be full, or its folders may not be written",
    ),
    (
        &["pre-receive hook declined", "hook declined", "declined"],
        "a hook of the host's refuses it: let the ledger's branch pass, which holds small JSON files and nothing else",
    ),
];

/// Returns whether git says that we may not, which trying again does not change.
pub(super) fn is_denied(stderr: &str) -> bool {
    let words = [
        "Authentication failed",
        "Permission denied",
        "Permission to ",
        "could not read Username",
        "could not read Password",
        "Host key verification failed",
        "terminal prompts disabled",
        "does not appear to be a git repository",
        "epository not found",
        "marked as read only",
        "Write access to repository not granted",
        "error: 401",
        "error: 403",
        "error: 404",
    ];
    words.iter().any(|word| stderr.contains(word))
}

/// Says what a person can do about a problem, by what was said of it.
pub(super) fn hint(problem: StoreProblem, said: &str) -> &'static str {
    let fits = |(words, _): &&(&[&str], &str)| words.iter().any(|word| said.contains(word));
    match problem {
        StoreProblem::Refused => MENDS.iter().find(fits).map_or(
            "see that git may read and push the ledger's branch there without asking: credentials, and rules that protect \
             the branch",
            |(_, mend)| mend,
        ),
        StoreProblem::Contended => "run again later, or with fewer publishers at once",
        _ => "check the network and the remote's address, then run again: nothing was lost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, expect: &str) {
        let hint = hint(StoreProblem::Refused, said);
        assert!(hint.contains(expect), "{said}: {hint}");
    }

    #[test]
    fn each_refusal_has_its_own_mend() {
        check(
            "[remote rejected] (protected branch hook declined): error: GH006: Protected branch update failed",
            "rule",
        );
        check("[remote rejected] (push declined due to repository rule violations)", "rule");
        check("You are not allowed to push code to protected branches on this project.", "rule");
        check("The key you are authenticating with has been marked as read only.", "contents: write");
        check("unable to access 'https://git.example/': The requested URL returned error: 403", "contents: write");
        check("Permission to acme/posts.git denied to github-actions[bot].", "right account");
        check("could not read Username for 'https://git.example': terminal prompts disabled", "credential helper");
        check("The requested URL returned error: 401", "credential helper");
        check("git@git.example: Permission denied (publickey).", "plain `git push`");
        check("repository 'https://git.example/a.git/' not found", "see that git may read");
        check("ERROR: Repository not found.", "no such repository");
        check("[remote rejected] (unpacker error)", "disk may be full");
        check("[remote rejected] (pre-receive hook declined): no tickets", "hook");
        check("something new", "see that git may read and push");
    }
}
