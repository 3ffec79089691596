use super::Mailbox;
use crate::model::SecretRef;
use std::collections::HashSet;

/// Where those are listed to whom an account sends a message of its own each. The workspace holds neither: who is on the list
/// is nobody else's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipients<'a> {
    /// Where the list is kept.
    pub list: &'a SecretRef,
    /// Where the key is kept by which the ledger knows each of them without telling who it is.
    pub key: &'a SecretRef,
}

/// One of those to whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What the ledger calls them. It tells nothing to those who don't have the key.
    pub name: String,
    /// Their address.
    pub mailbox: Mailbox,
}

/// Reads a list of addresses: one a line, as `amy@example.com` or `Amy <amy@example.com>`. Empty lines and lines that begin
/// with `#` say nothing, and who stands there twice counts once.
///
/// An error is the number of the first line that holds no address. The line itself isn't told: it may be somebody's name.
pub fn addresses(list: &str) -> Result<Vec<Mailbox>, usize> {
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for (index, line) in list.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mailbox = Mailbox::parse(line).ok_or(index + 1)?;
        if known.insert(mailbox.address.to_lowercase()) {
            all.push(mailbox);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, expect: Result<&[&str], usize>) {
        let read = addresses(list).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(read, expect.map(|all| all.iter().map(|one| (*one).to_owned()).collect()), "{list}");
    }

    #[test]
    fn an_address_stands_on_each_line() {
        check("amy@a.example\r\n\n# friends\n Bo <bo@b.example> \n", Ok(&["amy@a.example", "Bo <bo@b.example>"]));
        check("", Ok(&[]));
    }

    #[test]
    fn who_stands_there_twice_counts_once() {
        check("amy@a.example\nAmy <Amy@A.example>\n", Ok(&["amy@a.example"]));
    }

    #[test]
    fn a_line_that_is_no_address_is_told_by_its_number() {
        check("amy@a.example\nbo\n", Err(2));
        check("amy@a.example, bo@b.example", Err(1));
    }
}
