//! Posts: how they come to be, change and go.

use super::{LinkedInTwin, Post, Refusal, little, refuse};
use crate::twin::{TwinRequest, percent_decode};
use masthead::model::Timestamp;
use serde_json::{Value, json};

/// What may be asked of a post.
const FIELDS: &[&str] = &[
    "author",
    "commentary",
    "visibility",
    "distribution",
    "lifecycleState",
    "isReshareDisabledByAuthor",
    "content",
    "reshareContext",
];

/// For how long the same post is refused, whether it is still there or not: longer than any trial but the next day's.
const REMEMBERED: i64 = 24 * 60 * 60 * 1000;

impl LinkedInTwin {
    /// Makes a post. Returns its name.
    pub(super) fn create(&self, request: &TwinRequest) -> Result<String, Refusal> {
        let Some(asked) = request.json() else { return refuse(400, "the body is no JSON") };
        let known = asked.as_object().is_some_and(|asked| asked.keys().all(|key| FIELDS.contains(&key.as_str())));
        if !known {
            return refuse(422, "/ :: unrecognized field found but not allowed");
        }
        if asked["author"] != self.flavour.author() {
            return refuse(403, "Not enough permissions to access: POST /posts");
        }
        let audiences: &[&str] = match self.flavour {
            super::Flavour::Member => &["PUBLIC", "LOGGED_IN", "CONNECTIONS"],
            super::Flavour::Page => &["PUBLIC", "LOGGED_IN"],
        };
        if !audiences.iter().any(|audience| asked["visibility"] == *audience)
            || asked["lifecycleState"] != "PUBLISHED"
            || asked["distribution"]["feedDistribution"] != "MAIN_FEED"
        {
            return refuse(422, "an enum value is not allowed");
        }
        check_words(&asked["commentary"])?;
        let parent = asked["reshareContext"]["parent"].as_str();
        if let Some(parent) = parent {
            if asked.get("content").is_some() {
                return refuse(422, "a reshare can't have content");
            }
            if !self.posts.borrow().iter().any(|post| post.urn == parent && !post.gone) {
                return refuse(422, "the parent does not exist");
            }
        } else if asked["commentary"] == "" && asked.get("content").is_none() {
            return refuse(422, "commentary can't be empty");
        }
        self.check_content(&asked["content"])?;
        let at = request.at.millis();
        let twin = |post: &&Post| post.ours && post.asked == asked && at - post.at.millis() < REMEMBERED;
        if let Some(earlier) = self.posts.borrow().iter().find(twin) {
            return Err(Refusal {
                status: 422,
                message: format!("Content is a duplicate of {}", earlier.urn),
                code: Some("DUPLICATE_POST"),
            });
        }
        self.made.set(self.made.get() + 1);
        Ok(self.add(asked, request.at, true))
    }

    fn check_content(&self, content: &Value) -> Result<(), Refusal> {
        let Some(content) = content.as_object() else { return Ok(()) };
        if content.len() != 1 {
            return refuse(422, "content is a union and has one member");
        }
        if let Some(image) = content.get("media") {
            return self.check_image(image);
        }
        if let Some(several) = content.get("multiImage") {
            let images = several["images"].as_array().cloned().unwrap_or_default();
            if !(2..=20).contains(&images.len()) {
                return refuse(422, "multiImage takes 2 to 20 images");
            }
            return images.iter().try_for_each(|image| self.check_image(image));
        }
        if let Some(article) = content.get("article") {
            let is_whole = article["source"].is_string() && article["title"].is_string();
            return if is_whole { Ok(()) } else { refuse(422, "an article needs a source and a title") };
        }
        let Some(poll) = content.get("poll") else { return refuse(422, "no such content") };
        let question = poll["question"].as_str().unwrap_or_default().chars().count();
        let options = poll["options"].as_array().cloned().unwrap_or_default();
        let fits = |option: &Value| (1..=30).contains(&option["text"].as_str().unwrap_or_default().chars().count());
        let days = ["ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"];
        let is_fine = (1..=140).contains(&question)
            && (2..=4).contains(&options.len())
            && options.iter().all(fits)
            && days.iter().any(|word| poll["settings"]["duration"] == *word);
        if is_fine { Ok(()) } else { refuse(422, "the poll is not valid") }
    }

    fn check_image(&self, image: &Value) -> Result<(), Refusal> {
        let images = self.images.borrow();
        let Some(known) = images.iter().find(|known| image["id"] == known.urn.as_str()) else {
            return refuse(422, "the image does not exist");
        };
        match (known.kind, known.busy) {
            (Some(_), 0) => Ok(()),
            _ => refuse(422, "the image is not ready"),
        }
    }

    /// Changes the words of a post.
    pub(super) fn edit(&self, request: &TwinRequest, urn: &str) -> Result<(), Refusal> {
        let asked = request.json().unwrap_or_default();
        let set = asked["patch"]["$set"].as_object().cloned().unwrap_or_default();
        if set.len() != 1 || request.header("x-restli-method") != Some("PARTIAL_UPDATE") {
            return refuse(422, "only the commentary can be changed");
        }
        check_words(&set["commentary"])?;
        let at = self.own(urn)?;
        let mut posts = self.posts.borrow_mut();
        posts[at].asked["commentary"] = set["commentary"].clone();
        posts[at].edits += 1;
        Ok(())
    }

    pub(super) fn delete(&self, urn: &str) -> Result<(), Refusal> {
        let at = self.own(urn)?;
        self.posts.borrow_mut()[at].gone = true;
        Ok(())
    }

    /// Lists our posts, newest first.
    pub(super) fn list(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let is_ours = request.query("author").as_deref() == Some(self.flavour.author());
        if self.flavour == super::Flavour::Member || !is_ours {
            return refuse(403, "Not enough permissions to access: FINDER author /posts");
        }
        if request.header("x-restli-method") != Some("FINDER") || request.query("q").as_deref() != Some("author") {
            return refuse(400, "no such finder");
        }
        let number = |name: &str| request.query(name).and_then(|number| number.parse::<usize>().ok());
        let (start, count) = (number("start").unwrap_or(0), number("count").unwrap_or(10));
        if count > 100 {
            return refuse(400, "count is at most 100");
        }
        let posts = self.posts.borrow();
        let mut ours: Vec<&Post> = posts.iter().filter(|post| post.ours && !post.gone).collect();
        ours.sort_by_key(|post| std::cmp::Reverse(post.at));
        let elements = ours.into_iter().skip(start).take(count).map(|post| {
            let mut shown = post.asked.clone();
            shown["id"] = post.urn.as_str().into();
            shown["createdAt"] = post.at.millis().into();
            shown["publishedAt"] = post.at.millis().into();
            shown
        });
        Ok(json!({ "paging": { "start": start, "count": count }, "elements": elements.collect::<Vec<_>>() }))
    }

    /// Adds a post. Returns its name.
    pub(super) fn add(&self, asked: Value, at: Timestamp, ours: bool) -> String {
        let kind = if asked["content"].get("poll").is_some() { "ugcPost" } else { "share" };
        let urn = format!("urn:li:{kind}:{}", 7_200_000_000_000_000_000_u64 + self.next());
        self.posts.borrow_mut().push(Post { urn: urn.clone(), asked, ours, at, edits: 0, gone: false });
        urn
    }

    fn own(&self, urn: &str) -> Result<usize, Refusal> {
        let urn = percent_decode(urn);
        let posts = self.posts.borrow();
        match posts.iter().position(|post| post.urn == urn && !post.gone) {
            Some(at) if posts[at].ours => Ok(at),
            Some(_) => refuse(403, "Not enough permissions to access: /posts"),
            None => refuse(404, "Not Found"),
        }
    }
}

fn check_words(words: &Value) -> Result<(), Refusal> {
    let Some(words) = words.as_str() else { return refuse(422, "/commentary :: field is required") };
    if little::read(words).text.chars().count() > 3_000 {
        return refuse(422, "/commentary :: length exceeds the maximum of 3000");
    }
    Ok(())
}
