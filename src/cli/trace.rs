//! What `-v` shows: each request, each run of `git` or of a secret's command, as the modules that make them tell.

use std::{fmt, io};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    filter::{LevelFilter, filter_fn},
    fmt::{
        FmtContext, FormatEvent, FormatFields as _,
        format::{DefaultFields, Writer},
        layer,
    },
    layer::{Layer as _, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// One plain line an event, indented below what is said of the same thing.
struct Line;

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, DefaultFields> for Line {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, DefaultFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        writer.write_str("  ")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Shows what our own modules tell on stderr from now on; what libraries tell is theirs.
pub(super) fn start() {
    let ours = filter_fn(|metadata| metadata.target().starts_with("masthead"));
    let lines = layer().event_format(Line).with_ansi(false).with_writer(io::stderr);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(LevelFilter::DEBUG).with_filter(ours));
    // Whoever has set one before, such as a test, keeps it.
    let _ = subscriber.try_init();
}
