use super::{
    input::View,
    page::{MomentView, PageView, encoded, fitted_path, media_path},
    segment::{SegmentView, segments},
    state::State,
    tally::live,
};
use crate::{
    diag::words,
    model::{Account, AccountId, Media, MediaLibrary, Options, Poll, Reference},
    network::{self, AnyNetwork, Draft, DraftPart, Form, Limits, Look},
    plan::Row,
    report::{diagnostics::Mask, site::top_level},
    text::{self, Figure, HtmlOptions, MentionWeight, RangeKind, is_web},
};
use serde::Serialize;

/// How many tones there are for what stands in for a picture of an account.
const TONES: usize = 8;

/// The level of the heading above what a card shows, from which headings in copy go on.
const LEVEL: u8 = 3;

/// A post as one account's network shows it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CardView {
    /// What the card is called in addresses.
    anchor: String,
    account: String,
    /// The word for where it stands.
    state: &'static str,
    /// The live post.
    url: Option<String>,
    /// The network's stable name.
    network: &'static str,
    /// The same for people.
    network_name: &'static str,
    /// Who speaks.
    name: String,
    handle: Option<String>,
    /// The server, where the network has many.
    host: Option<String>,
    initials: String,
    tone: usize,
    title: Option<String>,
    language: Option<String>,
    tags: Vec<String>,
    parts: Vec<PartView>,
    poll: Option<PollView>,
    /// What stands before the text until the reader opens it.
    warning: Option<String>,
    /// Whether images and videos are hidden until the reader opens them.
    hides_media: bool,
    link: Option<LinkView>,
    badges: Vec<String>,
    references: Vec<ReferenceView>,
    /// Whether it passes another post on and says nothing itself.
    is_boost: bool,
    when: Option<MomentView>,
}

#[derive(Clone, Debug, Serialize)]
struct PartView {
    number: usize,
    of: usize,
    segments: Vec<SegmentView>,
    /// The content where the network has rich text; escaped already.
    html: String,
    media: Vec<MediaView>,
    counter: Option<CounterView>,
}

/// How much of a limit a part takes.
#[derive(Clone, Debug, Serialize)]
struct CounterView {
    weight: u64,
    /// The same for people.
    shown: String,
    max: Option<u64>,
    over: bool,
    /// What counts otherwise than as it is written.
    weighs: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct MediaView {
    src: Option<String>,
    alt: String,
    width: u32,
    height: u32,
    video: bool,
    /// The file or address.
    name: String,
    /// Why the network is sent another copy of the image, which is the one that is shown.
    fitted: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct PollView {
    options: Vec<String>,
    open: String,
    multiple: bool,
    hide_totals: bool,
}

#[derive(Clone, Debug, Serialize)]
struct LinkView {
    href: String,
    host: String,
    title: String,
    description: String,
}

#[derive(Clone, Debug, Serialize)]
struct ReferenceView {
    label: &'static str,
    href: Option<String>,
    text: String,
}

/// What an image must fit, for one account.
#[derive(Clone, Copy)]
struct Fit<'a> {
    account: &'a AccountId,
    limits: &'a Limits,
    /// Whether one that doesn't is made to, instead of being refused.
    shrinks: bool,
}

/// What every card of a page is drawn with.
pub(super) struct Drawing<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) page: &'a PageView<'a>,
    pub(super) media: &'a dyn MediaLibrary,
    pub(super) mask: &'a Mask<'a>,
}

impl Drawing<'_> {
    /// Draws what one account is sent; nothing of a delivery whose post no longer wants it.
    pub(super) fn card(&self, row: &Row) -> Option<CardView> {
        let desired = row.desired.as_ref()?;
        let draft = &desired.draft;
        let network = network::find(draft.network)?;
        let profile = network.profile();
        let account = self.view.config.accounts.get(&draft.account)?;
        let look = &profile.look;
        let name = account.options.text("title").unwrap_or(&self.view.config.name);
        let warning = look.warning.and_then(|key| draft.options.text(key)).filter(|text| !text.trim().is_empty());
        let hides = look.sensitive.and_then(|key| draft.options.flag(key)).unwrap_or(warning.is_some());
        Some(CardView {
            anchor: format!("on-{}", draft.account),
            account: draft.account.to_string(),
            state: State::of(row.verdict, &row.reason).word(),
            url: live(row.url.as_deref()),
            network: profile.id.as_str(),
            network_name: profile.name,
            initials: initials(name),
            tone: tone(draft.account.as_str()),
            name: self.clean(name),
            handle: account.handle.as_ref().map(|handle| format!("@{}", handle.value)),
            host: account.endpoint.as_ref().map(|endpoint| host(&endpoint.value).to_owned()),
            // Only pages have one; where words alone are sent, it isn't.
            title: draft.title.as_deref().filter(|_| profile.text.form == Form::Rich).map(|title| self.clean(title)),
            language: language(draft, account),
            tags: draft.tags.iter().map(|tag| self.clean(tag)).collect(),
            parts: self.parts(draft, network, &desired.limits),
            poll: draft.poll.as_ref().map(|poll| self.poll(poll)),
            warning: warning.map(|words| self.clean(words)),
            hides_media: hides,
            link: self.link(draft, look),
            badges: badges(&draft.options, &account.options, look),
            references: self.references(draft),
            is_boost: draft.boost.is_some(),
            when: desired.when.map(|at| MomentView::new(at, self.view.now, self.view.config.zone)),
        })
    }

    fn parts(&self, draft: &Draft, network: &dyn AnyNetwork, limits: &Limits) -> Vec<PartView> {
        let (of, profile) = (draft.parts.len(), network.profile());
        let fit =
            Fit { account: &draft.account, limits, shrinks: profile.media.as_ref().is_some_and(|media| media.shrink) };
        let view = |(number, part): (usize, &DraftPart)| {
            let limits = &Limits { text: network.text_limit(part, limits), ..limits.clone() };
            PartView {
                number,
                of,
                segments: match part.rich.is_empty() {
                    true => segments(&part.text, fits(part, limits), &profile.look, self.mask),
                    false => Vec::new(),
                },
                html: self.html(part, draft.title.is_some(), fit),
                // Where media stand in the text they are shown there.
                media: match part.rich.is_empty() {
                    true => part.media.iter().map(|media| self.medium(media, fit)).collect(),
                    false => Vec::new(),
                },
                counter: limits.text.or(limits.text_bytes).map(|_| counter(part, limits)),
            }
        };
        (1..).zip(&draft.parts).map(view).collect()
    }

    fn html(&self, part: &DraftPart, has_title: bool, fit: Fit<'_>) -> String {
        let figure = |media: &Media| {
            let view = self.medium(media, fit);
            Some(Figure { src: view.src?, width: view.width, height: view.height, video: view.video })
        };
        // Headings go on from the card's own, whichever the highest in the copy is.
        let above = LEVEL + 1 + u8::from(has_title);
        let shift = above.saturating_sub(top_level(&part.rich).unwrap_or(1));
        let options = HtmlOptions { media: &figure, person: &|_| None, heading_shift: shift };
        self.clean(&text::html(&part.rich, &options))
    }

    fn medium(&self, media: &Media, fit: Fit<'_>) -> MediaView {
        let path = media_path(&media.source);
        let info = path.as_ref().and_then(|_| self.media.look(media.source.as_str()).ok());
        let image = info.as_ref().filter(|info| fit.shrinks && !info.kind.is_video());
        let fitted = image.and_then(|image| fit.limits.over(image));
        let path = if fitted.is_some() { fitted_path(fit.account, &media.source) } else { path };
        MediaView {
            // What can't be read has no copy beside the page either.
            src: path.filter(|_| info.is_some()).map(|path| self.page.href(&encoded(&path))),
            alt: self.clean(&media.alt),
            width: info.as_ref().map_or(0, |info| info.width),
            height: info.as_ref().map_or(0, |info| info.height),
            video: info.as_ref().is_some_and(|info| info.kind.is_video()),
            name: self.clean(media.source.as_str()),
            fitted,
        }
    }

    fn poll(&self, poll: &Poll) -> PollView {
        PollView {
            options: poll.options.iter().map(|option| self.clean(&option.value)).collect(),
            open: words::duration(poll.duration.value),
            multiple: poll.multiple,
            hide_totals: poll.hide_totals,
        }
    }

    fn link(&self, draft: &Draft, look: &Look) -> Option<LinkView> {
        let keys = look.card?;
        let title = draft.options.text(keys.title).map(str::trim).filter(|title| !title.is_empty())?;
        let first = || {
            let ranges = &draft.parts.first()?.text.ranges;
            ranges.iter().find(|range| matches!(range.kind, RangeKind::Link { .. })).map(|range| range.kind.value())
        };
        let url = draft.options.text(keys.url).or_else(first).filter(|url| is_web(url))?;
        let has_media = draft.parts.first().is_some_and(|part| !part.media.is_empty());
        if has_media && !keys.beside_media {
            return None;
        }
        Some(LinkView {
            href: self.clean(url),
            host: host(url).to_owned(),
            title: self.clean(title),
            description: self.clean(draft.options.text(keys.description).unwrap_or_default()),
        })
    }

    fn references(&self, draft: &Draft) -> Vec<ReferenceView> {
        let all = [("In reply to", &draft.reply_to), ("Quotes", &draft.quote), ("Passes on", &draft.boost)];
        let view = |(label, reference): (&'static str, &Option<Reference>)| {
            let (href, text) = match reference.as_ref()? {
                Reference::Post(id) => (Some(self.page.post(id)), id.to_string()),
                Reference::Url(url) => (Some(url.clone()).filter(|url| is_web(url)), url.clone()),
            };
            Some(ReferenceView { label, href, text: self.clean(&text) })
        };
        all.into_iter().filter_map(view).collect()
    }

    fn clean(&self, words: &str) -> String {
        self.mask.clean(words).into_owned()
    }
}

/// Returns how many bytes of a part's text are within the limit.
fn fits(part: &DraftPart, limits: &Limits) -> usize {
    let overrun = |max: u64| text::overrun(&part.text, &limits.measure, max.saturating_sub(part.beside));
    limits.text.and_then(overrun).map_or(usize::MAX, |overrun| overrun.fits)
}

fn counter(part: &DraftPart, limits: &Limits) -> CounterView {
    let measure = &limits.measure;
    let weight = part.weight(measure);
    let (one, many) = measure.unit.nouns();
    let shown = match limits.text {
        Some(max) => format!("{} of {}", words::number(weight), words::count(max, one, many)),
        None => words::count(weight, one, many),
    };
    let ranges = &part.text.ranges;
    let covered = |range: &text::Range| part.text.text[range.start..range.end].to_owned();
    let links = ranges.iter().filter(|range| matches!(range.kind, RangeKind::Link { .. }) && is_web(&covered(range)));
    let mentions = ranges
        .iter()
        .filter(|range| matches!(range.kind, RangeKind::Mention { .. }) && covered(range).matches('@').count() > 1);
    let mut weighs = Vec::new();
    if let (Some(each), links @ 1..) = (measure.url, links.count()) {
        let each_word = if links > 1 { " each" } else { "" };
        let verb = if links > 1 { "count" } else { "counts" };
        weighs.push(format!("{} {verb} {each}{each_word}", words::count(links, "address", "addresses")));
    }
    if measure.mention == MentionWeight::WithoutHost && mentions.count() > 0 {
        weighs.push("mentions count without their host".to_owned());
    }
    if part.beside > 0 {
        weighs.push(format!("{} stand beside the text", words::count(part.beside, one, many)));
    }
    let is_over = |max: Option<u64>, value: u64| max.is_some_and(|max| value > max);
    if limits.text_bytes.is_some_and(|max| part.bytes() * 2 > max) {
        let max = limits.text_bytes.unwrap_or_default();
        weighs.push(format!("{} of {}", words::number(part.bytes()), words::count(max, "byte", "bytes")));
    }
    let over = is_over(limits.text, weight) || is_over(limits.text_bytes, part.bytes());
    CounterView { weight, shown, max: limits.text, over, weighs }
}

fn badges(options: &Options, account: &Options, look: &Look) -> Vec<String> {
    let of = |key: &&'static str| -> Vec<String> {
        let words = key.replace('_', " ");
        match options.text(key).or_else(|| account.text(key)) {
            Some(value) => vec![format!("{words}: {value}")],
            None if options.flag(key) == Some(true) => vec![words],
            None => options.list(key).iter().map(|value| format!("{words}: {value}")).collect(),
        }
    };
    look.badges.iter().flat_map(of).collect()
}

fn language(draft: &Draft, account: &Account) -> Option<String> {
    draft.language.clone().or_else(|| account.language.clone())
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Returns what stands in for a picture: the first letters of the first two words.
fn initials(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    words.take(2).flat_map(char::to_uppercase).collect()
}

fn tone(account: &str) -> usize {
    account.bytes().fold(0, |sum, byte| (sum * 31 + usize::from(byte)) % 997) % TONES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::Spanned, model::OptionValue};

    #[test]
    fn initials_are_of_the_first_two_words() {
        for (name, expect) in [("Acme", "A"), ("acme & friends inc", "AF"), ("", ""), ("日本 語", "日語")] {
            assert_eq!(initials(name), expect, "{name}");
        }
    }

    #[test]
    fn badges_are_what_options_say() {
        let place = crate::diag::Span::new(crate::diag::FileId(0), 0..1);
        let mut options = Options::default();
        for (key, value) in [
            ("who_may_answer", OptionValue::Text("friends".to_owned())),
            ("story", OptionValue::Flag(true)),
            ("reel", OptionValue::Flag(false)),
            ("labels", OptionValue::List(vec!["a".to_owned(), "b".to_owned()])),
        ] {
            options.set(key, Spanned::new(value, place));
        }
        let look = Look { badges: &["who_may_answer", "story", "reel", "labels", "absent"], ..Look::PLAIN };
        let shown = badges(&options, &Options::default(), &look);
        assert_eq!(shown, ["who may answer: friends", "story", "labels: a", "labels: b"]);
    }

    #[test]
    fn hosts_are_cut_from_addresses() {
        assert_eq!((host("https://a.example/x?y"), host("a.example?x"), host("")), ("a.example", "a.example", ""));
    }
}
