//! What Slack's apps show of blocks. Written apart from Masthead's own writer, to be an oracle.

use serde_json::Value;

/// Blocks as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// The characters.
    pub(super) text: String,
    /// What is set in a style: from, to, and its name.
    pub(super) styles: Vec<(usize, usize, &'static str)>,
    /// What leads somewhere.
    pub(super) links: Vec<(usize, usize, String)>,
    /// Who and what is mentioned.
    pub(super) mentions: Vec<String>,
    /// The ids and descriptions of the images.
    pub(super) images: Vec<(String, String)>,
}

/// Reads blocks as Slack does, or says what is wrong with them.
pub(super) fn read(blocks: &Value) -> Result<Shown, String> {
    let blocks = blocks.as_array().cloned().unwrap_or_default();
    if blocks.len() > 50 {
        return Err("no more than 50 items allowed [json-pointer:/blocks]".to_owned());
    }
    let mut shown = Shown::default();
    for block in &blocks {
        match block["type"].as_str() {
            Some("rich_text") => shown.rich_text(block)?,
            Some("image") => shown.image(block)?,
            other => return Err(format!("unsupported type: {other:?}")),
        }
    }
    // By where they start, outer ones first.
    shown.styles.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
    Ok(shown)
}

impl Shown {
    fn rich_text(&mut self, block: &Value) -> Result<(), String> {
        let parts = block["elements"].as_array().filter(|parts| !parts.is_empty()).ok_or("no elements")?;
        for part in parts {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            let start = self.text.len();
            let elements = part["elements"].as_array().filter(|elements| !elements.is_empty()).ok_or("no elements")?;
            for element in elements {
                self.element(element)?;
            }
            match part["type"].as_str() {
                Some("rich_text_section") => {}
                Some("rich_text_quote") => self.styles.push((start, self.text.len(), "quote")),
                Some("rich_text_preformatted") => self.styles.push((start, self.text.len(), "code-block")),
                other => return Err(format!("unsupported type: {other:?}")),
            }
        }
        Ok(())
    }

    fn element(&mut self, element: &Value) -> Result<(), String> {
        let start = self.text.len();
        let words = |name: &str| element[name].as_str().filter(|words| !words.is_empty());
        match element["type"].as_str() {
            Some("text") => self.text.push_str(words("text").ok_or("must be more than 0 characters")?),
            Some("link") => {
                let url = words("url").filter(|url| url.starts_with("http") || url.starts_with("mailto:"));
                let url = url.ok_or("invalid url")?;
                self.text.push_str(words("text").unwrap_or(url));
                self.links.push((start, self.text.len(), url.to_owned()));
            }
            Some("user") => {
                let user = words("user_id").ok_or("missing user_id")?;
                self.mentions.push(user.to_owned());
                self.text.push_str(&format!("@{user}"));
            }
            other => return Err(format!("unsupported type: {other:?}")),
        }
        for (flag, name) in [("bold", "strong"), ("italic", "emphasis"), ("strike", "strike"), ("code", "code")] {
            if element["style"][flag] == true {
                self.styled(start, name);
            }
        }
        Ok(())
    }

    /// Sets what has been written last in a style, together with what stands right before it in the same.
    fn styled(&mut self, start: usize, name: &'static str) {
        let end = self.text.len();
        match self.styles.iter_mut().find(|(_, to, known)| *to == start && *known == name) {
            Some(before) => before.1 = end,
            None => self.styles.push((start, end, name)),
        }
    }

    fn image(&mut self, block: &Value) -> Result<(), String> {
        let alt = block["alt_text"].as_str().ok_or("missing required field: alt_text")?;
        if !(1..=2000).contains(&alt.chars().count()) {
            return Err("must be between 1 and 2000 characters [json-pointer:/blocks/alt_text]".to_owned());
        }
        let file = block["slack_file"]["id"].as_str().ok_or("missing required field: slack_file")?;
        self.images.push((file.to_owned(), alt.trim().to_owned()));
        Ok(())
    }
}
