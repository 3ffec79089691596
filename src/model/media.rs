use crate::diag::Span;
use std::time::Duration;

/// An image or video as a post names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where it is.
    pub source: MediaSource,
    /// The description for those who can't see it; empty if none was written.
    pub alt: String,
    /// The whole `![alt](source)`.
    pub span: Span,
}

/// Where an image or video is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaSource {
    /// A file inside the workspace: a path from its root, normalised, with `/`, without `..`.
    File(String),
    /// A web address.
    Url(String),
}

impl MediaSource {
    /// Returns the path or address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::File(path) => path,
            Self::Url(url) => url,
        }
    }
}

/// What kind of file it is, told from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// A JPEG image.
    Jpeg,
    /// A PNG image.
    Png,
    /// A GIF image, still or animated.
    Gif,
    /// A WebP image.
    Webp,
    /// An MP4 or QuickTime video.
    Mp4,
    /// A WebM video.
    Webm,
}

impl MediaKind {
    /// Returns the media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
        }
    }

    /// Returns the usual file extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
            Self::Webm => "webm",
        }
    }

    /// Returns whether it is a video.
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Webm)
    }
}

/// What a file's header says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaInfo {
    /// What kind it is.
    pub kind: MediaKind,
    /// Its size in bytes.
    pub bytes: u64,
    /// The width in pixels as shown (after orientation); 0 if unknown.
    pub width: u32,
    /// The height in pixels as shown (after orientation); 0 if unknown.
    pub height: u32,
    /// What is in a video; none of an image.
    pub clip: Option<Clip>,
}

/// What a video's header says of what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clip {
    /// How long it runs, if it says so.
    pub duration: Option<Duration>,
    /// How its picture is coded; none if it has none.
    pub codec: Option<VideoCodec>,
    /// Whether it has sound.
    pub has_sound: bool,
}

/// How a video's picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoCodec {
    /// H.264, also called AVC: what every network takes.
    H264,
    /// H.265, also called HEVC: what phones film in.
    Hevc,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// AV1.
    Av1,
    /// Something else, such as ProRes or MPEG-2.
    Other,
}

impl VideoCodec {
    /// Returns its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC (H.265)",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Av1 => "AV1",
            Self::Other => "a coding of another kind",
        }
    }
}

/// Why a file can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaProblem {
    /// There is no such file; perhaps one that differs in case or spelling.
    Missing {
        /// A file beside it that may be meant.
        near: Option<String>,
    },
    /// It is a symbolic link, a folder or a device, or leads out of the workspace.
    NotAFile,
    /// Its first bytes are none of the kinds that are read.
    UnknownKind,
    /// Its header can't be read.
    Damaged(String),
    /// It can't be opened.
    Unreadable(String),
}

/// Looks files up for the pure modules; the disk, a commit or a test stands behind it.
pub trait MediaLibrary: Sync {
    /// Returns what is known of a file by its path from the workspace's root.
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem>;

    /// Returns a digest of a file's content, if it can be read.
    fn digest(&self, path: &str) -> Option<String>;
}
