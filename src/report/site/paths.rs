/// Where links start from: the same page is reached differently from another page, from a feed, and from anywhere.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// What leads to the site's root.
    prefix: String,
    /// The file that a folder's page is, where nobody serves it: pages opened from disk must be named in full.
    file: &'static str,
}

impl Base {
    /// Links of the page of a folder: relative, so that the site works from a disk and below any path.
    pub(super) fn page(folder: &str) -> Self {
        Self { prefix: "../".repeat(folder.matches('/').count()), file: "index.html" }
    }

    /// Links of the feeds: whole addresses if the site's own is known, else relative to the feed.
    pub(super) fn feed(url: Option<&str>) -> Self {
        match url {
            Some(url) => Self { prefix: format!("{url}/"), file: "" },
            None => Self::page(""),
        }
    }

    /// Links of the page that a server shows at any address: from the server's root.
    pub(super) fn anywhere(url: &str) -> Self {
        let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let path = path.trim_matches('/');
        Self { prefix: if path.is_empty() { "/".to_owned() } else { format!("/{path}/") }, file: "" }
    }

    /// Returns what leads to the root, with a slash at the end unless it is empty.
    pub(super) fn root(&self) -> &str {
        &self.prefix
    }

    /// Returns the address of a file by its path from the root.
    pub(super) fn file(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Returns the address of a folder's page; the folder's path is empty or ends with a slash.
    pub(super) fn folder(&self, path: &str) -> String {
        format!("{}{path}{}", self.prefix, self.file)
    }
}

/// Returns the folder of a post's page.
pub(super) fn post_folder(slug: &str) -> String {
    format!("posts/{slug}/")
}

/// Returns the folder of a tag's page.
pub(super) fn tag_folder(slug: &str) -> String {
    format!("tags/{slug}/")
}

/// Returns the folder of a page of a list, by number from 1, if the first is in this folder.
pub(super) fn page_folder(first: &str, number: usize) -> String {
    if number == 1 { first.to_owned() } else { format!("{first}page/{number}/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &Base, folder: &str, file: &str) {
        assert_eq!((base.folder("posts/a/").as_str(), base.file("style.css").as_str()), (folder, file));
    }

    #[test]
    fn pages_name_files_so_that_they_work_from_disk() {
        check(&Base::page(""), "posts/a/index.html", "style.css");
        check(&Base::page("posts/b/"), "../../posts/a/index.html", "../../style.css");
    }

    #[test]
    fn feeds_hold_whole_addresses_if_they_can() {
        let url = Some("https://acme.example/news");
        check(&Base::feed(url), "https://acme.example/news/posts/a/", "https://acme.example/news/style.css");
        check(&Base::feed(None), "posts/a/index.html", "style.css");
    }

    #[test]
    fn the_page_for_nothing_counts_from_the_servers_root() {
        check(&Base::anywhere("https://acme.example"), "/posts/a/", "/style.css");
        check(&Base::anywhere("https://acme.example/news"), "/news/posts/a/", "/news/style.css");
    }
}
