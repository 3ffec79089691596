//! Ids and web addresses of messages.

use crate::model::Timestamp;

/// The moment from which ids count, in milliseconds since 1970. See
/// <https://discord.com/developers/docs/reference#snowflakes> (read August 2026).
const EPOCH: i64 = 1_420_070_400_000;

/// How many bits of an id stand below its time.
const BELOW_TIME: u32 = 22;

/// Returns the least id that a message of a moment can have.
pub(super) fn first_id_at(at: Timestamp) -> u64 {
    u64::try_from(at.millis() - EPOCH).unwrap_or(0) << BELOW_TIME
}

/// Returns when the message with an id was made.
pub(super) fn time_of(id: &str) -> Option<Timestamp> {
    let millis = i64::try_from(id.parse::<u64>().ok()? >> BELOW_TIME).ok()?;
    Some(Timestamp::from_millis(millis + EPOCH))
}

/// Writes the web address of a message.
pub(super) fn of_message(guild: Option<&str>, channel: &str, id: &str) -> String {
    format!("https://discord.com/channels/{}/{channel}/{id}", guild.unwrap_or("@me"))
}

/// Reads the web address of a message, as *Copy Message Link* gives it: its channel and its id.
pub(super) fn read(url: &str) -> Option<(&str, &str)> {
    const HOSTS: &[&str] = &["discord.com", "ptb.discord.com", "canary.discord.com", "discordapp.com"];
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let steps: Vec<&str> = path.split(['?', '#']).next()?.trim_end_matches('/').split('/').collect();
    let ["channels", _guild, channel, id] = steps.as_slice() else { return None };
    let is_id = |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (HOSTS.contains(&host) && is_id(channel) && is_id(id)).then_some((channel, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_time() {
        let at = time_of("175928847299117063").expect("an id");
        assert_eq!(at, Timestamp::parse("2016-04-30T11:18:25.796Z").expect("the time in Discord's own example"));
        let first = first_id_at(at);
        assert!(first <= 175_928_847_299_117_063);
        assert_eq!(time_of(&first.to_string()), Some(at));
        assert_eq!((time_of("no"), first_id_at(Timestamp::EPOCH)), (None, 0));
    }

    #[test]
    fn addresses_of_messages_are_read() {
        let url = of_message(Some("1"), "2", "3");
        assert_eq!(url, "https://discord.com/channels/1/2/3");
        assert_eq!(read(&url), Some(("2", "3")));
        assert_eq!(read("https://ptb.discord.com/channels/@me/2/3?x=y"), Some(("2", "3")));
        for other in
            ["https://discord.com/channels/1/2", "https://acme.example/channels/1/2/3", "https://discord.com/x"]
        {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(of_message(None, "2", "3"), "https://discord.com/channels/@me/2/3");
    }
}
