use crate::{
    diag::words,
    model::{Timestamp, Zone},
};
use serde::Serialize;

/// What every template knows as `site`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SiteView {
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) author: String,
    /// A BCP 47 tag.
    pub(super) language: String,
}

/// What every page knows as `page`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PageView {
    /// What leads to the site's root: `../../`.
    pub(super) root: String,
    /// The address of the index.
    pub(super) home: String,
    /// Whether this is the first page of the index.
    pub(super) at_home: bool,
    /// What the browser's tab says.
    pub(super) title: String,
    /// The same without the site's name.
    pub(super) heading: String,
    pub(super) description: Option<String>,
    /// `website` or `article`.
    pub(super) kind: &'static str,
    /// The whole address, if the site's own is known.
    pub(super) url: Option<String>,
    /// The whole address of a picture, if the site's own is known.
    pub(super) image: Option<String>,
}

/// A post, as templates know it, with every address as seen from the page that it is shown on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct EntryView {
    /// Its id in feeds: never changes.
    pub(super) id: String,
    pub(super) href: String,
    pub(super) title: Option<String>,
    /// The title, or what stands in for one.
    pub(super) heading: String,
    /// What the author wrote for it, or the start of the text.
    pub(super) summary: String,
    /// Whether the text goes on after the summary.
    pub(super) more: bool,
    /// The content as HTML; empty where a list shows the summary.
    pub(super) html: String,
    /// The content for the feeds; empty elsewhere.
    pub(super) feed_html: String,
    /// A BCP 47 tag, if it isn't the site's.
    pub(super) language: Option<String>,
    pub(super) published: DateView,
    pub(super) updated: Option<DateView>,
    pub(super) tags: Vec<TagView>,
    /// The first picture.
    pub(super) image: Option<ImageView>,
    pub(super) references: Vec<ReferenceView>,
    pub(super) elsewhere: Vec<LinkView>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct DateView {
    /// RFC 3339 with the workspace's offset.
    pub(super) machine: String,
    /// `22 November 2026`.
    pub(super) day: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct TagView {
    pub(super) name: String,
    pub(super) href: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ImageView {
    pub(super) src: String,
    /// In pixels; 0 if unknown.
    pub(super) width: u32,
    pub(super) height: u32,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ReferenceView {
    /// `In reply to`, `Quoting` or `Passed on`.
    pub(super) label: &'static str,
    pub(super) href: Option<String>,
    pub(super) text: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LinkView {
    pub(super) href: String,
    pub(super) text: String,
}

impl DateView {
    pub(super) fn new(at: Timestamp, zone: Zone) -> Self {
        let (year, month, day) = at.date_in(zone);
        let name = words::month(month);
        Self { machine: at.rfc3339_in(zone), day: format!("{day} {name} {year}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone() {
        let at = Timestamp::parse("2026-12-31T23:30:00Z").expect("a time");
        let zone = Zone::parse("Europe/Rome").expect("a zone");
        assert_eq!(DateView::new(at, zone).day, "1 January 2027");
        assert_eq!(DateView::new(at, zone).machine, "2027-01-01T00:30:00+01:00");
    }
}
