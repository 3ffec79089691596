//! What Discord's apps show of a text. Written apart from Masthead's own writer, to be an oracle.

/// A text as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// The characters.
    pub(super) text: String,
    /// What is set in a style: from, to, and its name.
    pub(super) styles: Vec<(usize, usize, &'static str)>,
    /// What leads somewhere.
    pub(super) links: Vec<(usize, usize, String)>,
    /// Who and what is mentioned, as it is written.
    pub(super) mentions: Vec<String>,
}

const PAIRS: &[(&str, &str)] =
    &[("**", "strong"), ("__", "underline"), ("~~", "strike"), ("||", "spoiler"), ("*", "emphasis"), ("_", "emphasis")];

/// Reads a text as the apps do.
pub(super) fn read(text: &str) -> Shown {
    let mut shown = Shown::default();
    shown.read(text.trim());
    shown
}

impl Shown {
    fn read(&mut self, text: &str) {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let begins_line = at == 0 || text[..at].ends_with('\n');
            at += (if begins_line { self.line(rest) } else { None })
                .or_else(|| self.code(rest))
                .or_else(|| self.pair(rest))
                .or_else(|| self.link(rest))
                .or_else(|| self.special(rest))
                .unwrap_or_else(|| self.character(rest));
        }
    }

    /// Reads a line that begins with a mark of its own.
    fn line(&mut self, rest: &str) -> Option<usize> {
        let line = rest.split('\n').next()?;
        if rest.starts_with("> ") {
            let mut length = 0;
            let mut lines = Vec::new();
            for line in rest.split_inclusive('\n').take_while(|line| line.starts_with("> ")) {
                length += line.len();
                lines.push(line[2..].trim_end_matches('\n'));
            }
            let end = if rest[..length].ends_with('\n') { length - 1 } else { length };
            self.styled("quote", |shown| shown.read(&lines.join("\n")));
            return Some(end);
        }
        let words = line.trim_start();
        for (mark, name) in
            [("# ", "heading"), ("## ", "heading"), ("### ", "heading"), ("-# ", "small"), ("- ", "list")]
        {
            if let Some(inside) = words.strip_prefix(mark) {
                self.styled(name, |shown| shown.read(inside));
                return Some(line.len());
            }
        }
        None
    }

    fn code(&mut self, rest: &str) -> Option<usize> {
        let run = rest.len() - rest.trim_start_matches('`').len();
        if run == 0 {
            return None;
        }
        let fence = &rest[..run];
        if run >= 3 {
            let inside = &rest[3..];
            let end = inside.find("```")?;
            let body = &inside[..end];
            let (first, code) = body.split_once('\n').unwrap_or(("", body));
            let is_word = first.chars().all(|c| c.is_ascii_alphanumeric() || "_+-.#".contains(c));
            let code = if is_word { code } else { body };
            self.styled("code-block", |shown| shown.text.push_str(code.trim_matches('\n')));
            return Some(end + 6);
        }
        let mut from = run;
        loop {
            let found = from + rest[from..].find('`')?;
            let length = rest[found..].len() - rest[found..].trim_start_matches('`').len();
            if length == run {
                let inside = &rest[run..found];
                let inside = inside.strip_prefix(' ').filter(|inside| inside.starts_with('`')).unwrap_or(inside);
                let inside = inside.strip_suffix(' ').filter(|inside| inside.ends_with('`')).unwrap_or(inside);
                self.styled("code", |shown| shown.text.push_str(inside));
                return Some(found + fence.len());
            }
            from = found + length;
        }
    }

    fn pair(&mut self, rest: &str) -> Option<usize> {
        for (mark, name) in PAIRS {
            let Some(inside) = rest.strip_prefix(mark) else { continue };
            if *mark == "*" && inside.starts_with(char::is_whitespace) {
                continue;
            }
            let Some(end) = closing(inside, mark) else { continue };
            self.styled(name, |shown| shown.read(&inside[..end]));
            return Some(end + 2 * mark.len());
        }
        None
    }

    fn link(&mut self, rest: &str) -> Option<usize> {
        if let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside, "]")?;
            let target = inside[end..].strip_prefix("](")?;
            let close = target.find(')')?;
            let url = &target[..close];
            let is_web = url.starts_with("https://") || url.starts_with("http://");
            if !is_web || inside[..end].contains("://") {
                return None;
            }
            let start = self.text.len();
            self.read(&inside[..end]);
            self.links.push((start, self.text.len(), url.to_owned()));
            return Some(1 + end + 2 + close + 1);
        }
        if let Some(inside) = rest.strip_prefix('<') {
            let end = inside.find('>').filter(|_| inside.starts_with("https://") || inside.starts_with("http://"))?;
            self.bare(&inside[..end]);
            return Some(end + 2);
        }
        if rest.starts_with("https://") || rest.starts_with("http://") {
            let end = rest.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(rest.len());
            let url = rest[..end].trim_end_matches(['.', ',', ':', ';', '"', '\'', ')', ']']);
            self.bare(url);
            return Some(url.len());
        }
        None
    }

    /// Reads mentions and emoji.
    fn special(&mut self, rest: &str) -> Option<usize> {
        for start in ["<@&", "<@!", "<@", "<#"] {
            let Some(inside) = rest.strip_prefix(start) else { continue };
            let digits = inside.find(|c: char| !c.is_ascii_digit()).unwrap_or(inside.len());
            if digits > 0 && inside[digits..].starts_with('>') {
                let whole = &rest[..start.len() + digits + 1];
                self.mentions.push(whole.to_owned());
                self.text.push_str(whole);
                return Some(whole.len());
            }
        }
        let inside = rest.strip_prefix(':')?;
        let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || "_+-".contains(c)))?;
        let is_name = inside[end..].starts_with(':') && inside[..end].contains(|c: char| c.is_ascii_alphabetic());
        is_name.then(|| {
            self.styled("emoji", |shown| shown.text.push_str(&inside[..end]));
            end + 2
        })
    }

    fn character(&mut self, rest: &str) -> usize {
        let mut characters = rest.chars();
        let first = characters.next().expect("not empty");
        match characters.next() {
            Some(second) if first == '\\' && !second.is_ascii_alphanumeric() && !second.is_whitespace() => {
                self.text.push(second);
                1 + second.len_utf8()
            }
            _ => {
                self.text.push(first);
                first.len_utf8()
            }
        }
    }

    fn bare(&mut self, url: &str) {
        let start = self.text.len();
        self.text.push_str(url);
        self.links.push((start, self.text.len(), url.to_owned()));
    }

    fn styled(&mut self, name: &'static str, write: impl FnOnce(&mut Self)) {
        let (index, start) = (self.styles.len(), self.text.len());
        self.styles.push((start, start, name));
        write(self);
        self.styles[index].1 = self.text.len();
    }
}

/// Finds the mark that closes what has begun: not escaped, not inside code, and with something before it.
fn closing(inside: &str, mark: &str) -> Option<usize> {
    let mut at = 0;
    while at < inside.len() {
        let rest = &inside[at..];
        if let Some(escaped) = rest.strip_prefix('\\') {
            at += 1 + escaped.chars().next().map_or(0, char::len_utf8);
            continue;
        }
        if at > 0 && rest.starts_with(mark) && !(mark == "*" && rest.starts_with("**")) {
            // Of three asterisks the last two close what is strong.
            return Some(if mark == "**" && rest.starts_with("***") { at + 1 } else { at });
        }
        let step =
            if mark == "*" && rest.starts_with("**") { 2 } else { rest.chars().next().map_or(1, char::len_utf8) };
        at += step;
    }
    None
}
