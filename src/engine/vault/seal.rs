//! Encrypting for the vault's keys, in the age format: `age --decrypt` opens the same files.

use age::{
    DecryptError, Decryptor, Encryptor,
    x25519::{Identity, Recipient},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, io::Read as _, io::Write as _};

/// The longest content that is opened, in bytes.
const LONGEST: u64 = 256 * 1024;

/// A key that opens the vault.
#[derive(Clone)]
pub(super) struct Key(Identity);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.public())
    }
}

/// Why something can't be opened. Neither tells what is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// It was made for other keys.
    NotForUs,
    /// It was changed, cut or never was such a file.
    Damaged,
}

/// Makes a key: its secret half as `AGE-SECRET-KEY-1…`, and its public half.
pub fn make_key() -> (SecretString, String) {
    let key = Identity::generate();
    (key.to_string(), key.to_public().to_string())
}

impl Key {
    /// Reads a secret half. What is wrong with it is not told, since it may be the secret with a slip.
    pub(super) fn parse(text: &SecretString) -> Result<Self, String> {
        let key = text.expose_secret().trim().parse::<Identity>();
        key.map(Self).map_err(|_| {
            "it is no age key; `AGE-SECRET-KEY-1…` is wanted, as `masthead vault init` makes one".to_owned()
        })
    }

    /// Returns the public half.
    pub(super) fn public(&self) -> String {
        self.0.to_public().to_string()
    }

    /// Opens what was encrypted for this key.
    pub(super) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Closed> {
        let decryptor = Decryptor::new_buffered(sealed).map_err(|_| Closed::Damaged)?;
        let stream = decryptor.decrypt(std::iter::once(&self.0 as &dyn age::Identity));
        let stream = stream.map_err(|error| match error {
            DecryptError::NoMatchingKeys => Closed::NotForUs,
            _ => Closed::Damaged,
        })?;
        let mut plain = Vec::new();
        // The last block is checked when the end is reached, so a longer content is refused rather than cut.
        stream.take(LONGEST + 1).read_to_end(&mut plain).map_err(|_| Closed::Damaged)?;
        if plain.len() as u64 > LONGEST { Err(Closed::Damaged) } else { Ok(plain) }
    }
}

/// Encrypts for every one of the public halves.
pub(super) fn seal(plain: &[u8], recipients: &[String]) -> Result<Vec<u8>, String> {
    let parsed: Vec<Recipient> = recipients
        .iter()
        .map(|text| text.parse::<Recipient>().map_err(|why| format!("`{text}` is no public key of age: {why}")))
        .collect::<Result<_, _>>()?;
    let all = parsed.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(all).map_err(|error| error.to_string())?;
    let mut sealed = Vec::new();
    let written = encryptor.wrap_output(&mut sealed).and_then(|mut stream| {
        stream.write_all(plain)?;
        stream.finish()
    });
    written.map_err(|error| error.to_string())?;
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (Key, String) {
        let (secret, public) = make_key();
        (Key::parse(&secret).expect("a key"), public)
    }

    #[test]
    fn what_is_sealed_is_opened_by_each_of_its_keys_and_no_other() {
        let ((one, one_public), (two, two_public), (other, _)) = (key(), key(), key());
        let sealed = seal(b"hunter2", &[one_public, two_public]).expect("sealed");
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(one.open(&sealed).as_deref(), Ok(&b"hunter2"[..]));
        assert_eq!(two.open(&sealed).as_deref(), Ok(&b"hunter2"[..]));
        assert_eq!(other.open(&sealed), Err(Closed::NotForUs));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let (key, public) = key();
        let sealed = seal(b"hunter2", &[public]).expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(&changed).is_err(), "byte {at} of {}", sealed.len());
            assert!(key.open(&sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_with_a_slip_is_not_repeated() {
        let (secret, public) = make_key();
        let wrong = secret.expose_secret().replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1Q");
        let error = Key::parse(&wrong.clone().into()).expect_err("no key");
        assert!(!error.contains(&wrong[20..]), "{error}");
        let key = Key::parse(&format!(" {}\n", secret.expose_secret()).into()).expect("a key");
        assert_eq!(key.public(), public);
        assert!(!format!("{key:?}").contains("SECRET"));
        assert!(seal(b"", &["age1nonsense".to_owned()]).is_err_and(|why| why.contains("age1nonsense")));
    }

    #[test]
    fn the_files_are_of_the_age_format() {
        let (key, public) = key();
        let sealed = seal(b"", std::slice::from_ref(&public)).expect("sealed");
        assert!(sealed.starts_with(b"age-encryption.org/v1\n-> X25519 "));
        assert_eq!(key.open(&sealed).as_deref(), Ok(&b""[..]));
    }
}
