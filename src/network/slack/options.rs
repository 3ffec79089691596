//! The options of a post and of an account, and what they come to.

use crate::{
    model::{Account, OptionKind, OptionSpec},
    network::{ErrorKind, NetworkError},
};

/// The keys of `[slack]` and `[slack-webhook]` in a post.
pub(super) static POST: &[OptionSpec] = &[OptionSpec {
    key: "previews",
    kind: OptionKind::Flag,
    doc: "Whether Slack shows previews of the links; if absent, of those to images and videos only.",
}];

/// The keys of an app's account.
pub(super) static ACCOUNT: &[OptionSpec] = &[OptionSpec {
    key: "channel",
    kind: OptionKind::Text,
    doc: "The id of the channel to post in, such as `C012AB3CD`: it stands at the end of *Open channel details*.",
}];

/// Returns whether a text is the id of a channel.
pub(super) fn is_channel(text: &str) -> bool {
    text.starts_with(['C', 'G', 'D'])
        && (9..=16).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns the channel of an account.
pub(super) fn channel(account: &Account) -> Result<&str, NetworkError> {
    account.options.text("channel").filter(|channel| is_channel(channel)).ok_or_else(|| {
        let message = format!("account `{}` has no `channel`, the id of the channel to post in", account.id);
        NetworkError::new(ErrorKind::Misconfigured, message)
    })
}
