use crate::{
    check::{case::Case, hosts, nodes::Link},
    diag::{Code, Diagnostic, Level},
};

pub(super) static LINK_EMPTY: Code = Code {
    name: "link-empty",
    summary: "a link has no text or no target",
    level: Level::Error,
    fixed: false,
    explain: "A link without a target leads nowhere, and one without a text can't be seen or pressed.\n\n\
              ```markdown\n[Read more]()\n[](https://acme.example/hoodie)\n```\n\n\
              Write both, or only the address: networks link a bare `https://` address by themselves.",
};

pub(super) static LINK_NOWHERE: Code = Code {
    name: "link-nowhere",
    summary: "a link leads to nothing that readers can open",
    level: Level::Error,
    fixed: false,
    explain: "A post is read far from where it was written. An anchor, a relative path, an address of your own machine or \
              network, or a script is a link that nobody can follow.\n\n\
              ```markdown\n[Read more](/hoodie)                  # write https://acme.example/hoodie\n\
              [Try it](http://localhost:3000/)\n```\n\n\
              Write the full public address, with `https://`.",
};

/// Reports links that can't be followed.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for link in &case.nodes.links {
        found.extend(problem(link));
    }
}

fn problem(link: &Link<'_>) -> Option<Diagnostic> {
    let url = link.url.trim();
    let nowhere = |message: String, help: &str| Some(Diagnostic::new(&LINK_NOWHERE, link.span, message).help(help));
    if url.is_empty() {
        return Some(
            Diagnostic::new(&LINK_EMPTY, link.span, "this link has no target")
                .help("write the address between `(` and `)`"),
        );
    }
    if link.text.trim().is_empty() && !link.has_media {
        return Some(
            Diagnostic::new(&LINK_EMPTY, link.span, "this link has no text").help("write the text between `[` and `]`"),
        );
    }
    if url.starts_with('#') {
        return nowhere(format!("`{url}` leads to a place in this post, which has none"), "write a full address");
    }
    let full = "write the full address, with `https://`";
    let address = &link.address;
    let Some(scheme) = address.scheme else {
        return nowhere(
            format!("`{url}` is a relative address, which leads to nothing outside of this workspace"),
            full,
        );
    };
    if ["javascript", "data", "vbscript", "file", "about", "blob"].iter().any(|bad| scheme.eq_ignore_ascii_case(bad)) {
        return nowhere(format!("a `{}:` address is no link for readers", scheme.to_ascii_lowercase()), full);
    }
    if !address.is_web() {
        return None;
    }
    match address.host {
        None | Some("") => nowhere(format!("`{url}` names no host"), full),
        Some(host) if hosts::is_private(host) => nowhere(
            format!("`{host}` can be reached only from your own machine or network"),
            "write the public address",
        ),
        Some(host) if !host.contains('.') && !host.starts_with('[') => {
            nowhere(format!("`{host}` is no public host"), "write the public address")
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};

    #[track_caller]
    fn check(url: &str, text: &str, expect: Option<&str>) {
        let span = Span::new(FileId(0), 0..0);
        let address = hosts::Address::parse(url);
        let link = Link { url, address, text: text.into(), has_media: false, bare: false, span };
        assert_eq!(problem(&link).map(|finding| finding.message.to_string()).as_deref(), expect);
    }

    #[test]
    fn public_addresses_are_links() {
        for url in
            ["https://acme.example/a", "HTTPS://ACME.example", "mailto:a@b.example", "tel:+39", "http://[2001:db8::1]/"]
        {
            check(url, "x", None);
        }
    }

    #[test]
    fn links_without_text_or_target_are_empty() {
        check("", "x", Some("this link has no target"));
        check("https://acme.example", " ", Some("this link has no text"));
    }

    #[test]
    fn others_lead_nowhere() {
        check("#top", "x", Some("`#top` leads to a place in this post, which has none"));
        check("/a", "x", Some("`/a` is a relative address, which leads to nothing outside of this workspace"));
        check(
            "acme.example/a",
            "x",
            Some("`acme.example/a` is a relative address, which leads to nothing outside of this workspace"),
        );
        check("JavaScript:alert(1)", "x", Some("a `javascript:` address is no link for readers"));
        check("https://", "x", Some("`https://` names no host"));
        check("http://localhost:3000/", "x", Some("`localhost` can be reached only from your own machine or network"));
        check("https://wiki/", "x", Some("`wiki` is no public host"));
    }
}
