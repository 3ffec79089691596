use crate::{
    check::{case::Case, hosts, scripts},
    diag::{Code, Diagnostic, Level},
};

pub(super) static LOOK_ALIKE_LINK: Code = Code {
    name: "look-alike-link",
    summary: "a link's host is written with letters that look like others",
    level: Level::Error,
    fixed: false,
    explain: "A Cyrillic `а` looks just like a Latin `a`, yet `аcme.example` written with it is another site, perhaps of \
              somebody who means harm. Reviewers can't see the difference, so the host is shown here as it is looked up, \
              in the letters of ASCII.\n\n\
              ```markdown\n[Shop](https://\u{430}cme.example)   # the first letter is Cyrillic\n```\n\n\
              Type the address anew. If the site really has that name, silence this with the reason.",
};

/// Reports hosts that mix alphabets or that read as one in ASCII but aren't.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for link in &case.nodes.links {
        let Some(host) = link.address.host else { continue };
        if host.is_ascii() && !host.as_bytes().windows(4).any(|code| code.eq_ignore_ascii_case(b"xn--")) {
            continue;
        }
        let read = hosts::readable(host);
        let wire = hosts::encoded(&read);
        for label in read.split('.').filter(|label| !label.is_ascii()) {
            let message = if let Some((letter, first, other)) = scripts::mixed(label) {
                let code = u32::from(letter);
                let (first, other) = (first.name(), other.name());
                format!("`{label}` mixes {first} and {other} letters (`{letter}` is U+{code:04X}); it is `{wire}`")
            } else if let Some(twin) = scripts::ascii_twin(label) {
                // A name in its own alphabet below an ending of the same one misleads nobody.
                if read.rsplit('.').next().is_some_and(|ending| !ending.is_ascii()) {
                    continue;
                }
                format!("`{label}` looks like `{twin}`, but is another name: `{wire}`")
            } else {
                continue;
            };
            found.push(Diagnostic::new(&LOOK_ALIKE_LINK, link.span, message).help("type the address anew"));
            break;
        }
    }
}
