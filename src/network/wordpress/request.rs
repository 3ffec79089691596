//! The requests, one function each. Pure: values in, a request out.

use super::{Terms, Uploaded, options};
use crate::{
    model::{Account, MediaInfo},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, Place, PreparedMedia,
        Request,
        article::{self, Mark},
        escape,
    },
    text::Figure,
};
use serde_json::{Map, Value, json};

/// What is asked of a post.
const POST_FIELDS: &str = "id,slug,status,link,title,content";

/// A site and who we are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    /// Where the site is.
    pub(super) home: &'a str,
    /// Whether the address that was given is that of the API.
    is_api: bool,
    user: &'a str,
}

/// What a post holds beside its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content<'a> {
    /// One for each of the part's media.
    pub(super) uploads: &'a [Uploaded],
    /// What it is filed under.
    pub(super) terms: &'a Terms,
}

/// Returns the site of an account.
pub(super) fn site(account: &Account) -> Result<Site<'_>, NetworkError> {
    let lacks = |what| NetworkError::new(ErrorKind::Misconfigured, format!("the account has no `{what}`"));
    let endpoint = account.endpoint.as_ref().ok_or_else(|| lacks("endpoint"))?.value.trim_end_matches('/');
    let user = account.handle.as_ref().ok_or_else(|| lacks("handle"))?.value.as_str();
    let home = endpoint.strip_suffix("/wp-json");
    Ok(Site { home: home.unwrap_or(endpoint), is_api: home.is_some(), user })
}

impl Site<'_> {
    /// Returns the address of a route. By `rest_route` it is the same on every site, whatever the form of its permalinks;
    /// who gives the address of the API gets the other form, for sites where a firewall lets only that through.
    fn at(&self, route: &str, query: &str) -> String {
        let (home, and) = (self.home, if query.is_empty() { "" } else { "&" });
        match (self.is_api, query.is_empty()) {
            (false, _) => format!("{home}/?rest_route={route}{and}{query}"),
            (true, true) => format!("{home}/wp-json{route}"),
            (true, false) => format!("{home}/wp-json{route}?{query}"),
        }
    }

    fn get(&self, label: &'static str, route: &str, query: &str) -> Request {
        self.sign(Request::get(label, self.at(route, query)))
    }

    fn send(&self, label: &'static str, route: &str, query: &str, payload: Payload, effect: Effect) -> Request {
        self.sign(Request::send(label, Method::Post, self.at(route, query), payload, effect))
    }

    fn sign(&self, request: Request) -> Request {
        request.credential(Credential::Token).place(Place::Basic { user: self.user.to_owned() })
    }
}

/// Asks what the site is.
pub(super) fn index(site: &Site<'_>) -> Request {
    Request::get("look at the site", site.at("/", "_fields=name,namespaces"))
}

/// Asks who we are and what we may do.
pub(super) fn who_am_i(site: &Site<'_>) -> Request {
    site.get("who am I", "/wp/v2/users/me", "context=edit&_fields=id,username,capabilities")
}

/// Asks for a post by its slug, whatever its status.
pub(super) fn by_slug(site: &Site<'_>, slug: &str) -> Request {
    let query = format!("slug={}&status=any&context=edit&_fields={POST_FIELDS}", escape(slug));
    site.get("look up slug", "/wp/v2/posts", &query)
}

/// Asks for a post by its id.
pub(super) fn by_id(site: &Site<'_>, id: &str) -> Request {
    let query = format!("context=edit&_fields={POST_FIELDS}");
    site.get("look at post", &format!("/wp/v2/posts/{}", escape(id)), &query)
}

/// Uploads an image or video with its description.
pub(super) fn upload(site: &Site<'_>, media: &PreparedMedia) -> Request {
    let mut fields = vec![Field::new("file", FieldValue::Media(media.key))];
    if !media.alt.is_empty() {
        fields.push(Field::text("alt_text", media.alt.clone()));
    }
    site.send("upload media", "/wp/v2/media", "_fields=id,source_url", Payload::Multipart(fields), Effect::Prepare)
}

/// Asks where uploads are.
pub(super) fn uploads(site: &Site<'_>, ids: &[&str]) -> Request {
    let query = format!("include={}&per_page=100&_fields=id,source_url", escape(&ids.join(",")));
    site.get("look at media", "/wp/v2/media", &query)
}

/// Returns how an upload is shown.
pub(super) fn figure(url: &str, info: &MediaInfo) -> Figure {
    Figure { src: url.to_owned(), width: info.width, height: info.height, video: info.kind.is_video() }
}

/// Makes a tag or category; the answer names the one that is there already.
pub(super) fn term(site: &Site<'_>, taxonomy: &str, name: &str) -> Request {
    let body = Payload::Json(json!({ "name": name }));
    site.send("make term", &format!("/wp/v2/{taxonomy}"), "_fields=id,name,slug", body, Effect::Prepare)
}

/// Asks for the terms that are called something like a name.
pub(super) fn known_terms(site: &Site<'_>, taxonomy: &str, name: &str) -> Request {
    // Names are kept escaped, and searched as they are kept.
    let query = format!("search={}&per_page=100&_fields=id,name,slug", escape(&words(name)));
    site.get("look up term", &format!("/wp/v2/{taxonomy}"), &query)
}

/// Makes a draft.
pub(super) fn create(site: &Site<'_>, job: &Job<'_>, slug: &str, content: &Content<'_>) -> Request {
    let mut body = post(job, content);
    body.insert("status".into(), "draft".into());
    body.insert("slug".into(), slug.into());
    let query = format!("_fields={POST_FIELDS}");
    site.send("create draft", "/wp/v2/posts", &query, Payload::Json(body.into()), Effect::Prepare)
}

/// Writes a draft that was left behind anew. Its status is left alone: a late call of the earlier attempt may have
/// published it meanwhile.
pub(super) fn rewrite(site: &Site<'_>, job: &Job<'_>, id: &str, content: &Content<'_>) -> Request {
    let body = Payload::Json(post(job, content).into());
    site.send("rewrite draft", &of(id), &format!("_fields={POST_FIELDS}"), body, Effect::Prepare)
}

/// Takes back a draft that nobody has seen.
pub(super) fn discard(site: &Site<'_>, id: &str) -> Request {
    let mut request = site.send("discard draft", &of(id), "force=true", Payload::Empty, Effect::Prepare);
    request.method = Method::Delete;
    request
}

/// Publishes a draft. A second time changes nothing.
pub(super) fn publish(site: &Site<'_>, id: &str) -> Request {
    let body = Payload::Json(json!({ "status": "publish" }));
    site.send("publish post", &of(id), &format!("_fields={POST_FIELDS}"), body, Effect::Publish)
}

/// Changes a published post. What it is called by, its slug, stays.
pub(super) fn edit(site: &Site<'_>, job: &Job<'_>, id: &str, content: &Content<'_>) -> Request {
    let body = Payload::Json(post(job, content).into());
    site.send("edit post", &of(id), &format!("_fields={POST_FIELDS}"), body, Effect::Publish)
}

/// Moves a post to the trash, from where a person can take it back.
pub(super) fn delete(site: &Site<'_>, id: &str) -> Request {
    let mut request = site.send("delete post", &of(id), "_fields=id,status", Payload::Empty, Effect::Publish);
    request.method = Method::Delete;
    request
}

/// Returns the [`article::essence`] of what a job says.
pub(super) fn said(job: &Job<'_>, uploads: &[Uploaded]) -> String {
    article::essence(&title(job), &html(job, uploads))
}

fn of(id: &str) -> String {
    format!("/wp/v2/posts/{}", escape(id))
}

fn post(job: &Job<'_>, content: &Content<'_>) -> Map<String, Value> {
    let mut body = Map::new();
    let html = html(job, content.uploads);
    let mark = Mark::of(job, article::essence(&title(job), &html));
    body.insert("title".into(), title(job).into());
    body.insert("content".into(), marked(&html, &mark, article::language(job)).into());
    body.insert("excerpt".into(), words(job.draft.options.text("excerpt").unwrap_or_default()).into());
    body.insert("tags".into(), content.terms.tags.clone().into());
    if !content.terms.categories.is_empty() {
        body.insert("categories".into(), content.terms.categories.clone().into());
    }
    let featured = options::featured(job).and_then(|index| content.uploads.get(index)?.id.parse::<u64>().ok());
    body.insert("featured_media".into(), featured.unwrap_or(0).into());
    if let Some(sticky) = job.draft.options.flag("sticky") {
        body.insert("sticky".into(), sticky.into());
    }
    if let Some(open) = job.draft.options.flag("comments") {
        body.insert("comment_status".into(), if open { "open" } else { "closed" }.into());
    }
    body
}

fn title(job: &Job<'_>) -> String {
    words(job.draft.title.as_deref().unwrap_or_default())
}

/// Writes words where WordPress takes HTML. Quotes stay, so that it can make them round.
fn words(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('[', "&#91;")
}

fn html(job: &Job<'_>, uploads: &[Uploaded]) -> String {
    let part = job.draft_part();
    let without = options::featured(job).map(|index| &part.media[index].source);
    let figure = |index: usize| uploads.get(index).map(|upload| upload.figure.clone());
    // What stands in brackets would be taken for a shortcode, and `[gallery]` for a gallery.
    article::body(&part.rich, &part.media, without, &figure).replace('[', "&#91;").replace(']', "&#93;")
}

/// Puts the mark inside the last element: beside it, WordPress would wrap it in a paragraph, which shows as a gap.
fn marked(html: &str, mark: &Mark, language: Option<&str>) -> String {
    let (before, last) = html.rfind("</").map_or((html, ""), |at| html.split_at(at));
    let written = format!("{before}{mark}{last}");
    match language {
        Some(language) => format!("<div lang=\"{}\">\n{written}\n</div>", crate::text::escape_html(language)),
        None => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(home: &str, is_api: bool, query: &str) -> String {
        Site { home, is_api, user: "a" }.at("/wp/v2/posts", query)
    }

    #[test]
    fn routes_are_asked_for_in_the_form_that_was_given() {
        assert_eq!(at("https://a.example", false, "x=1"), "https://a.example/?rest_route=/wp/v2/posts&x=1");
        assert_eq!(at("https://a.example", false, ""), "https://a.example/?rest_route=/wp/v2/posts");
        assert_eq!(at("https://a.example/blog", true, "x=1"), "https://a.example/blog/wp-json/wp/v2/posts?x=1");
        assert_eq!(at("https://a.example", true, ""), "https://a.example/wp-json/wp/v2/posts");
    }

    #[test]
    fn the_mark_stands_inside_the_last_element() {
        let mark = Mark { post: "p".to_owned(), key: "k".to_owned(), said: "s".to_owned() };
        assert_eq!(marked("<p>a</p>", &mark, None), "<p>a<!-- masthead p k s --></p>");
        assert_eq!(marked("<hr />", &mark, None), "<hr /><!-- masthead p k s -->");
        assert_eq!(marked("", &mark, None), "<!-- masthead p k s -->");
        let abroad = marked("<p>a</p>", &mark, Some("it"));
        assert_eq!(abroad, "<div lang=\"it\">\n<p>a<!-- masthead p k s --></p>\n</div>");
    }

    #[test]
    fn words_are_no_markup() {
        assert_eq!(words("R&D <3 [gallery] \"x\""), "R&amp;D &lt;3 &#91;gallery] \"x\"");
    }
}
