use super::{super::quirks, refusal};
use crate::{
    model::MediaKind,
    network::{Limits, NetworkError, Response},
    text::Measure,
};
use serde::Deserialize;

/// A server's description of itself, in any of the versions that are about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::network::mastodon) struct Instance {
    pub(in crate::network::mastodon) version: Option<String>,
    /// The host of handles, from version 2 on.
    domain: Option<String>,
    /// The host, in version 1.
    uri: Option<String>,
    pub(in crate::network::mastodon) source_url: Option<String>,
    api_versions: Option<ApiVersions>,
    configuration: Option<Configuration>,
    max_toot_chars: Option<u64>,
    upload_limit: Option<u64>,
    description_limit: Option<u64>,
    poll_limits: Option<OldPolls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ApiVersions {
    mastodon: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Configuration {
    statuses: Statuses,
    media_attachments: Attachments,
    polls: Polls,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Statuses {
    max_characters: Option<u64>,
    max_media_attachments: Option<u64>,
    characters_reserved_per_url: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Attachments {
    supported_mime_types: Option<Vec<String>>,
    description_limit: Option<u64>,
    image_size_limit: Option<u64>,
    image_matrix_limit: Option<u64>,
    video_size_limit: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Polls {
    max_options: Option<u64>,
    max_characters_per_option: Option<u64>,
    min_expiration: Option<u64>,
    max_expiration: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct OldPolls {
    max_options: Option<u64>,
    max_option_chars: Option<u64>,
    min_expiration: Option<u64>,
    max_expiration: Option<u64>,
}

/// Reads a server's description of itself.
pub(in crate::network::mastodon) fn instance(response: &Response) -> Result<Instance, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    response.json()
}

impl Instance {
    /// Returns whether statuses may quote others.
    pub(in crate::network::mastodon) fn can_quote(&self) -> bool {
        const FIRST_WITH_QUOTES: u64 = 7;
        self.api_versions.as_ref().and_then(|versions| versions.mastodon).is_some_and(|at| at >= FIRST_WITH_QUOTES)
    }

    /// Returns whether a repetition with the same key makes no second post.
    pub(in crate::network::mastodon) fn keeps_keys(&self) -> bool {
        quirks::keeps_keys(self.version.as_deref().unwrap_or_default(), self.source_url.as_deref())
    }

    /// Returns the host of the server's own handles.
    pub(in crate::network::mastodon) fn host(&self) -> Option<&str> {
        let named = self.domain.as_deref().or(self.uri.as_deref())?;
        let host = named.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        (!host.is_empty()).then_some(host)
    }

    /// Returns what runs there, for people.
    pub(in crate::network::mastodon) fn software(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        Some(quirks::software(version, self.source_url.as_deref()))
    }

    /// Lays what the server says over the limits of the profile. Zeros and gaps are no limits.
    pub(in crate::network::mastodon) fn limits(&self, mut limits: Limits) -> Limits {
        let configuration = self.configuration.clone().unwrap_or_default();
        let Configuration { statuses, media_attachments: media, polls } = configuration;
        let old_polls = self.poll_limits.clone().unwrap_or_default();
        let some = |value: Option<u64>| value.filter(|value| *value > 0);
        limits.text = some(statuses.max_characters).or(some(self.max_toot_chars)).or(limits.text);
        limits.measure = self.measure(limits.measure, statuses.characters_reserved_per_url);
        limits.images = some(statuses.max_media_attachments).unwrap_or(limits.images);
        limits.image_bytes = some(media.image_size_limit).or(some(self.upload_limit)).or(limits.image_bytes);
        limits.image_pixels = some(media.image_matrix_limit).or(limits.image_pixels);
        limits.video_bytes = some(media.video_size_limit).or(some(self.upload_limit)).or(limits.video_bytes);
        limits.alt = some(media.description_limit).or(some(self.description_limit)).or(limits.alt);
        if let Some(types) = media.supported_mime_types.filter(|types| !types.is_empty()) {
            limits.kinds.retain(|kind| takes(&types, *kind));
        }
        limits.poll_options = some(polls.max_options).or(some(old_polls.max_options)).unwrap_or(limits.poll_options);
        limits.poll_option =
            some(polls.max_characters_per_option).or(some(old_polls.max_option_chars)).unwrap_or(limits.poll_option);
        let (shortest, longest) = limits.poll_seconds;
        limits.poll_seconds = (
            polls.min_expiration.or(old_polls.min_expiration).unwrap_or(shortest),
            some(polls.max_expiration).or(some(old_polls.max_expiration)).unwrap_or(longest),
        );
        limits
    }

    fn measure(&self, usual: Measure, url: Option<u32>) -> Measure {
        let version = self.version.as_deref().unwrap_or_default();
        match quirks::measure(version, self.source_url.as_deref()) {
            Some(measure) => measure,
            None => Measure { url: url.filter(|each| *each > 0).or(usual.url), ..usual },
        }
    }
}

/// Returns whether a server's list of media types holds a kind; QuickTime files are MP4 to us.
fn takes(types: &[String], kind: MediaKind) -> bool {
    types.iter().any(|known| {
        known.eq_ignore_ascii_case(kind.mime())
            || (kind == MediaKind::Mp4 && known.eq_ignore_ascii_case("video/quicktime"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        network::mastodon::PROFILE,
        text::{MentionWeight, Unit},
    };

    fn response(body: &str) -> Response {
        Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn limits() -> Limits {
        PROFILE.limits()
    }

    #[test]
    fn a_server_lays_its_limits_over_the_profile() {
        let body = r#"{"domain":"a.example","version":"4.5.0","api_versions":{"mastodon":7},"configuration":{
            "statuses":{"max_characters":1000,"max_media_attachments":0,"characters_reserved_per_url":30},
            "media_attachments":{"supported_mime_types":["image/png","video/quicktime"],"description_limit":200},
            "polls":{"max_options":6}}}"#;
        let instance = instance(&response(body)).expect("an instance");
        let told = instance.limits(limits());
        assert_eq!((told.text, told.images, told.measure.url, told.alt), (Some(1000), 4, Some(30), Some(200)));
        assert_eq!(told.kinds, [MediaKind::Png, MediaKind::Mp4]);
        assert_eq!((told.poll_options, told.poll_option), (6, 50));
        assert!(instance.can_quote());
        assert_eq!(instance.software().as_deref(), Some("Mastodon 4.5.0"));
    }

    #[test]
    fn an_old_or_other_server_is_read_too() {
        let body = r#"{"uri":"https://p.example/","version":"2.7.2 (compatible; Pleroma 2.9.1)","max_toot_chars":5000,
            "upload_limit":16000000,"poll_limits":{"max_options":20,"min_expiration":0}}"#;
        let instance = instance(&response(body)).expect("an instance");
        let told = instance.limits(limits());
        assert_eq!((told.text, told.image_bytes, told.poll_options), (Some(5000), Some(16_000_000), 20));
        assert_eq!(told.poll_seconds.0, 0);
        assert_eq!((told.measure.url, told.measure.mention), (None, MentionWeight::Full));
        assert_eq!((instance.host(), instance.software().as_deref()), (Some("p.example"), Some("Pleroma 2.9.1")));
        assert!(!instance.can_quote());
    }

    #[test]
    fn gotosocial_counts_code_points() {
        let body = r#"{"domain":"g.example","version":"0.20.0","source_url":"https://codeberg.org/superseriousbusiness/gotosocial"}"#;
        let instance = instance(&response(body)).expect("an instance");
        assert_eq!(instance.limits(limits()).measure.unit, Unit::CodePoints);
        assert_eq!(instance.software().as_deref(), Some("GoToSocial 0.20.0"));
    }
}
