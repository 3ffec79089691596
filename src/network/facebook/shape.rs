//! As what a post is shown, which decides by which calls it is made. Pure.

use super::options;
use crate::{
    model::{Options, Remote},
    network::{Job, Limit, NetworkError, VideoRules},
};
use std::collections::BTreeMap;

/// Where [`Remote::extra`] keeps it; of posts nothing is kept.
const KEPT: &str = "shown";

const REELS: &str = "https://developers.facebook.com/docs/video-api/guides/reels-publishing (read 2026-11-23)";
const STORIES: &str = "https://developers.facebook.com/docs/page-stories-api (read 2026-11-23)";

/// What a reel must be.
const REEL: VideoRules = VideoRules {
    codecs: &[],
    shortest: Some(Limit { value: 3, source: REELS }),
    longest: Some(Limit { value: 90, source: REELS }),
};

/// What a video in a story must be.
const STORY: VideoRules = VideoRules { longest: Some(Limit { value: 60, source: STORIES }), ..REEL };

/// As what a post is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A post of the Page: words, images, a link.
    Post,
    /// A video of the Page.
    Video,
    /// A reel.
    Reel,
    /// A story of one image or video.
    Story,
}

impl Shape {
    /// Returns as what a post with options is shown, that has a video or none.
    pub(super) fn of(options: &Options, has_video: bool) -> Self {
        let is = |key| options.flag(key) == Some(true);
        match (is(options::STORY), is(options::REEL), has_video) {
            (true, ..) => Self::Story,
            (_, true, _) => Self::Reel,
            (.., true) => Self::Video,
            (.., false) => Self::Post,
        }
    }

    /// Returns as what a job's post is shown.
    pub(super) fn of_job(job: &Job<'_>) -> Self {
        Self::of(&job.draft.options, job.media.iter().any(|media| media.info.kind.is_video()))
    }

    /// Returns as what an earlier post is shown.
    pub(super) fn of_remote(remote: &Remote) -> Self {
        let kept = remote.extra.get(KEPT);
        let is = |shape: &Self| kept.is_some_and(|kept| shape.word() == Some(kept.as_str()));
        [Self::Video, Self::Reel, Self::Story].into_iter().find(is).unwrap_or(Self::Post)
    }

    /// Returns what the ledger keeps of it.
    pub(super) fn kept(self) -> BTreeMap<String, String> {
        self.word().map(|word| (KEPT.to_owned(), word.to_owned())).into_iter().collect()
    }

    const fn word(self) -> Option<&'static str> {
        match self {
            Self::Post => None,
            Self::Video => Some("video"),
            Self::Reel => Some("reel"),
            Self::Story => Some("story"),
        }
    }

    /// Returns what a video must be to be shown so.
    pub(super) const fn video_rules(self) -> VideoRules {
        match self {
            Self::Post | Self::Video => super::VIDEO,
            Self::Reel => REEL,
            Self::Story => STORY,
        }
    }

    /// Refuses a job whose images and videos can't be shown so, before anything is sent.
    pub(super) fn possible(self, job: &Job<'_>) -> Result<(), NetworkError> {
        let what = match (self, job.media) {
            (Self::Reel, [one]) if !one.info.kind.is_video() => "make a reel of an image",
            (Self::Post, _) | (_, [_]) => return Ok(()),
            (Self::Video, _) => "show a video beside images or other videos",
            (Self::Reel, _) => "make a reel of anything but one video",
            (Self::Story, _) => "make a story of anything but one image or video",
        };
        Err(NetworkError::unsupported(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span, Spanned},
        model::OptionValue,
    };

    #[test]
    fn options_and_the_medium_decide() {
        let of = |keys: &[&'static str], has_video| {
            let mut options = Options::default();
            for key in keys {
                options.set(key, Spanned::new(OptionValue::Flag(true), Span::new(FileId(0), 0..1)));
            }
            Shape::of(&options, has_video)
        };
        assert_eq!((of(&[], false), of(&[], true)), (Shape::Post, Shape::Video));
        assert_eq!((of(&["reel"], true), of(&["reel"], false)), (Shape::Reel, Shape::Reel));
        assert_eq!((of(&["story"], true), of(&["story"], false)), (Shape::Story, Shape::Story));
    }

    #[test]
    fn each_has_a_length_of_its_own() {
        let longest = |shape: Shape| shape.video_rules().longest.map(|limit| limit.value);
        let all = [Shape::Video, Shape::Reel, Shape::Story].map(longest);
        assert_eq!(all, [Some(4 * 60 * 60), Some(90), Some(60)]);
    }

    #[test]
    fn what_is_kept_is_known_again() {
        for shape in [Shape::Post, Shape::Video, Shape::Reel, Shape::Story] {
            assert_eq!(Shape::of_remote(&Remote { id: "1".to_owned(), url: None, extra: shape.kept() }), shape);
        }
    }
}
