//! Networks, a workspace and a media folder to try the rules on, so that their tests hold whatever the real ones can do.

use super::{Case, Context, apply_levels, check_case};
use crate::{
    config::{self, Config},
    content,
    diag::{Diagnostic, FileId, Files},
    model::{Clip, MediaInfo, MediaKind, MediaLibrary, MediaProblem, NetworkId, Remote, Timestamp, VideoCodec},
    network::{
        AnyNetwork, Auth, Form, Job, Limit, MediaRules, Need, Network, NetworkError, PollRules, Profile, Receipt,
        Settling, Shape, TextRules, Threads, VideoRules, Wire,
    },
    report::{
        Style,
        diagnostics::{Format, Rendered, Source},
    },
    text::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::{collections::BTreeMap, time::Duration};

const fn limit(value: u64) -> Limit {
    Limit { value, source: "the test" }
}

const MEDIA: MediaRules = MediaRules {
    max_images: limit(2),
    max_videos: 1,
    kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Mp4],
    max_image_bytes: Some(limit(1_000_000)),
    max_image_pixels: Some(limit(4_000_000)),
    max_video_bytes: Some(limit(2_000_000)),
    video: VideoRules { codecs: &[VideoCodec::H264], shortest: Some(limit(2)), longest: Some(limit(60)) },
    max_alt: Some(limit(40)),
    shrink: false,
    by_address: false,
    shape: None,
};

/// Forty characters; has everything.
static LONG: Profile = Profile {
    id: NetworkId("long"),
    name: "Long",
    checked: "2026-11-22",
    sources: &[],
    text: TextRules {
        form: Form::Plain(Dialect {
            network: NetworkId("long"),
            links: LinkStyle::TextThenUrl,
            handles: HandleStyle::UserAtHost,
            bare_domains: false,
            styles: false,
        }),
        max: Some(limit(40)),
        measure: Measure { unit: Unit::Graphemes, url: Some(10), mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::Replies,
    media: Some(MEDIA),
    poll: Some(PollRules {
        max_options: limit(3),
        max_option: limit(10),
        min_seconds: limit(300),
        max_seconds: limit(86_400),
        with_media: false,
    }),
    reply: true,
    quote: true,
    boost: true,
    edit: false,
    delete: false,
    prices: &[],
    rates: &[],
    settling: Settling::Person,
    auth: Auth::Token,
    login: None,
    probe: false,
    projected: false,
    look: crate::network::Look::PLAIN,
    post_options: &[],
    account_options: &[],
    needs: &[Need::Endpoint, Need::Token],
    setup: &[],
    quirks: "",
};

/// Thirty characters and sixty bytes; has neither polls nor threads, and scales images down.
static SHORT: Profile = Profile {
    id: NetworkId("short"),
    name: "Short",
    text: TextRules {
        form: Form::Plain(Dialect {
            network: NetworkId("short"),
            links: LinkStyle::Range,
            handles: HandleStyle::Domain,
            bare_domains: false,
            styles: false,
        }),
        max: Some(limit(30)),
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: Some(limit(60)),
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules {
        shrink: true,
        by_address: false,
        shape: None,
        max_alt: None,
        kinds: &[MediaKind::Jpeg, MediaKind::Png],
        max_videos: 0,
        ..MEDIA
    }),
    poll: None,
    quote: false,
    needs: &[],
    setup: &[],
    quirks: "",
    ..LONG
};

/// Pages written from the same files.
static PAGES: Profile = Profile {
    id: NetworkId("pages"),
    name: "Pages",
    text: TextRules {
        form: Form::Rich,
        max: None,
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    threads: Threads::None,
    media: Some(MediaRules { max_images: limit(100), max_alt: None, ..MEDIA }),
    poll: None,
    projected: true,
    needs: &[],
    setup: &[],
    quirks: "",
    ..LONG
};

/// Takes no bytes, and fetches what is at an address.
static FETCHER: Profile = Profile {
    id: NetworkId("fetcher"),
    name: "Fetcher",
    text: TextRules {
        form: Form::Rich,
        max: None,
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        max_bytes: None,
        counted_options: &[],
    },
    media: Some(MediaRules {
        by_address: true,
        shape: Some(Shape { tallest: (4, 5), widest: (2, 1), source: "the test" }),
        ..MEDIA
    }),
    poll: None,
    needs: &[],
    setup: &[],
    quirks: "",
    ..LONG
};

#[derive(Debug)]
struct Fixture(&'static Profile);

impl Network for Fixture {
    fn profile(&self) -> &'static Profile {
        self.0
    }

    async fn publish(&self, _job: &Job<'_>, _wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        Ok(Receipt { remote: Remote::default() })
    }
}

static ALL: &[&dyn AnyNetwork] = &[&Fixture(&LONG), &Fixture(&SHORT), &Fixture(&PAGES), &Fixture(&FETCHER)];

/// Finds a network of the fixture.
pub(super) fn find(id: NetworkId) -> Option<&'static dyn AnyNetwork> {
    ALL.iter().copied().find(|network| network.profile().id == id)
}

/// Reads a configuration with the networks of the fixture.
pub(super) fn config(text: &str) -> Config {
    let specs = ALL.iter().map(|network| network.profile().spec()).collect();
    let (config, found) = config::parse(FileId(0), text, specs);
    assert!(found.is_empty(), "{found:?}");
    config.expect("a configuration")
}

const MASTHEAD: &str = r#"
[workspace]
name = "Acme"
timezone = "Europe/Rome"

[accounts.brand]
network = "long"

[accounts.team]
network = "long"

[accounts.sky]
network = "short"

[accounts.home]
network = "pages"

[accounts.fetcher]
network = "fetcher"

[people.moschino]
name = "Moschino"
long = "@moschino@fashion.example"
"#;

/// A folder with a file of every kind and every fault; the name says which.
struct Folder;

impl MediaLibrary for Folder {
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let info = |kind, bytes, width, height| Ok(MediaInfo { kind, bytes, width, height, clip: None });
        let film = |codec, millis| {
            let clip = Clip { duration: Some(Duration::from_millis(millis)), codec: Some(codec), has_sound: true };
            Ok(MediaInfo { kind: MediaKind::Mp4, bytes: 1000, width: 100, height: 100, clip: Some(clip) })
        };
        match name {
            "a.jpg" | "b.jpg" | "c.jpg" => info(MediaKind::Jpeg, 1000, 100, 100),
            "tall.jpg" => info(MediaKind::Jpeg, 1000, 100, 126),
            "big.jpg" => info(MediaKind::Jpeg, 1_000_001, 100, 100),
            "wide.png" => info(MediaKind::Png, 1000, 4000, 3000),
            "a.webp" => info(MediaKind::Webp, 1000, 100, 100),
            "a.mp4" => info(MediaKind::Mp4, 1000, 100, 100),
            "long.mp4" => film(VideoCodec::H264, 61_000),
            "short.mp4" => film(VideoCodec::H264, 900),
            "phone.mp4" => film(VideoCodec::Hevc, 60_000),
            "link.jpg" => Err(MediaProblem::NotAFile),
            "text.jpg" => Err(MediaProblem::UnknownKind),
            "cut.jpg" => Err(MediaProblem::Damaged("the header is cut short".to_owned())),
            "locked.jpg" => Err(MediaProblem::Unreadable("permission denied".to_owned())),
            "A.jpg" => Err(MediaProblem::Missing { near: Some("content/a.jpg".to_owned()) }),
            _ => Err(MediaProblem::Missing { near: None }),
        }
    }

    fn digest(&self, _path: &str) -> Option<String> {
        None
    }
}

/// How a post is checked.
pub(super) struct Given {
    /// Whether the ledger says that everything is out; none if there is no ledger.
    pub(super) published: Option<bool>,
    /// Whether the file is new.
    pub(super) fresh: bool,
}

impl Default for Given {
    fn default() -> Self {
        Self { published: Some(false), fresh: false }
    }
}

/// Checks a post at noon of 22 November 2026 and returns the findings, sorted.
pub(super) fn findings(text: &str, given: &Given) -> Vec<Diagnostic> {
    let config = config(MASTHEAD);
    let (post, mut found) = content::parse(FileId(0), "content/post.md", text, &config, &content::Defaults::default());
    let post = post.expect("a post");
    let limits = BTreeMap::new();
    let said = given.published;
    let published = move |_: &_, _: &_| said.unwrap_or_default();
    let cx = Context {
        config: &config,
        limits: &limits,
        media: &Folder,
        now: Timestamp::parse("2026-11-22T11:00:00Z").expect("a time"),
        published: if said.is_some() { Some(&published) } else { None },
        fresh: given.fresh,
    };
    found.extend(check_case(Case::with(&post, "content/post.md", text, &cx, find)));
    apply_levels(found, &post.silenced, &config.check.levels)
}

/// Checks a post and returns what a person is shown.
pub(super) fn shown(text: &str) -> String {
    let found = findings(text, &Given::default());
    let mut files = Files::new();
    let file = files.add("content/post.md", Some(text));
    let source = Source { file, text, files: &files };
    Rendered::new(Format::Human(Style::PLAIN), &source, &found).text().to_owned()
}

/// Checks copy for an account and returns the codes of the findings.
pub(super) fn codes(to: &str, copy: &str) -> Vec<&'static str> {
    let text = format!("+++\nto = [{to}]\n+++\n\n{copy}\n");
    findings(&text, &Given::default()).iter().map(|finding| finding.code.name).collect()
}
