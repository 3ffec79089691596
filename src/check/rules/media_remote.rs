use crate::{
    check::case::Case,
    config::lexical::{EndpointProblem, endpoint},
    diag::{Code, Diagnostic, Level},
    model::MediaSource,
};

pub(super) static REMOTE: Code = Code {
    name: "media-remote",
    summary: "an image or video is fetched from the web when it is published",
    level: Level::Note,
    fixed: false,
    explain: "An image by web address is fetched when the post is published, with limits: over https, from the public \
              internet, at most 64 MiB. So what a reviewer saw may not be what goes out, its size and kind can't be checked \
              before, and a server that is down holds the post up. What was sent is noted in the ledger by its digest.\n\n\
              ```markdown\n![A Sim in a black hoodie](https://img.example/hoodie.jpg)\n```\n\n\
              `masthead media pull` brings it beside the post and rewrites the link. Then it is reviewed and committed like \
              everything else.",
};

pub(super) static ADDRESS: Code = Code {
    name: "media-address",
    summary: "an image's or video's address is not one that is fetched",
    level: Level::Error,
    fixed: true,
    explain: "What a post names by web address is fetched over https and without a name or password. An address that starts with \
              `http:` could be answered by anybody on the way, and one with a password would make it known to all who \
              can read the post.\n\n\
              ```markdown\n![A Sim in a black hoodie](http://img.example/hoodie.jpg)\n```\n\n\
              Use the https address, or put the file beside the post and name it there.",
};

/// Reports media that must be fetched.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for media in &case.nodes.media {
        let MediaSource::Url(url) = &media.source else { continue };
        let base = url.split(['?', '#']).next().unwrap_or(url);
        let instead = "put the file beside the post and name it there";
        found.push(match endpoint(base) {
            Err(EndpointProblem::Unencrypted) => {
                let message = "the address is not encrypted, so nothing is fetched from it";
                Diagnostic::new(&ADDRESS, media.span, message)
                    .help("use its https address, or put the file beside the post")
            }
            Err(EndpointProblem::UserInfo) => {
                let message = "the address holds a user name, and nothing is fetched with one";
                Diagnostic::new(&ADDRESS, media.span, message).help(instead)
            }
            Ok(_) | Err(EndpointProblem::NoAddress | EndpointProblem::Tail) => {
                let message = "what is at this address is fetched when it is published, and not reviewed";
                Diagnostic::new(&REMOTE, media.span, message)
                    .help("run `masthead media pull` to bring it beside the post")
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::codes;

    #[track_caller]
    fn check(copy: &str, expect: &[&str]) {
        assert_eq!(codes(r#""brand""#, copy), expect, "{copy}");
    }

    #[test]
    fn media_by_address_is_noted() {
        check("Hello\n\n![A hoodie](https://img.example/a.png?b=1)", &["media-remote"]);
        check("Hello\n\n![A hoodie](http://localhost:8080/a.png)", &["media-remote"]);
        check("Hello\n\n![A hoodie](a.jpg)", &[]);
    }

    #[test]
    fn an_address_that_is_never_fetched_is_an_error() {
        check("Hello\n\n![A hoodie](http://img.example/a.png?b=1)", &["media-address"]);
        check("Hello\n\n![A hoodie](https://me:pw@img.example/a.png)", &["media-address", "secret-in-text"]);
    }
}
