//! The options of a post, and what they come to.

use crate::{
    model::{OptionKind, OptionSpec, Options},
    network::Field,
};

pub(super) const COLLABORATORS: &str = "collaborators";
pub(super) const STORY: &str = "story";

/// The keys of `[instagram]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: STORY,
        kind: OptionKind::Flag,
        doc: "Whether the one image or video is a story, gone after a day and without a caption, instead of a post or reel.",
    },
    OptionSpec {
        key: COLLABORATORS,
        kind: OptionKind::List,
        doc: "The names of up to three accounts that are asked to be its authors too.",
    },
    OptionSpec {
        key: "location",
        kind: OptionKind::Text,
        doc: "The id of the Facebook Page of the place where it is.",
    },
];

/// Returns whether the post is a story.
pub(super) fn is_story(options: &Options) -> bool {
    options.flag(STORY) == Some(true)
}

/// Returns the fields of a post.
pub(super) fn fields(options: &Options) -> Vec<Field> {
    let mut fields = Vec::new();
    let collaborators = options.list(COLLABORATORS);
    if !collaborators.is_empty() {
        let names: Vec<&str> = collaborators.iter().map(|name| name.trim_start_matches('@')).collect();
        fields.push(Field::text(COLLABORATORS, serde_json::json!(names).to_string()));
    }
    fields.extend(options.text("location").map(|id| Field::text("location_id", id)));
    fields
}
