use super::{Style, table::Table, tone::Tone};
use crate::diag::Code;

/// Writes the whole story of a code for a terminal: headings and names stand out, code is set apart, and text is
/// filled to the width.
pub fn explain(code: &Code, style: &Style) -> String {
    let level = style.level(code.level, code.level.as_str());
    let mut out = format!("{} ({level})\n{}\n\n", style.bold(code.name), code.summary);
    out.push_str(&body(code.explain, style));
    out.push('\n');
    out.push_str(&body(&how_to_silence(code), style));
    out
}

/// Writes the list of all codes for a terminal, by name.
pub fn list_codes(codes: &[&Code], style: &Style) -> String {
    let mut codes = codes.to_vec();
    codes.sort_by_key(|code| code.name);
    let mut table = Table::new();
    for code in codes {
        table.row([
            (Tone::Accent, code.name.to_owned()),
            (Tone::Plain, code.level.as_str().to_owned()),
            (Tone::Dim, code.summary.to_owned()),
        ]);
    }
    table.render(style)
}

/// Writes the page of a code for the docs.
pub fn rule_page(code: &Code) -> String {
    let Code { name, summary, level, fixed: _, explain } = code;
    let explain = explain.trim();
    let silence = how_to_silence(code);
    format!("# {name}\n\n{summary} · usually: {level}\n\n{explain}\n\n{silence}\n", summary = sentence(summary))
}

/// Writes the table of all codes for the docs, by name.
pub fn rules_index(codes: &[&Code]) -> String {
    let mut codes = codes.to_vec();
    codes.sort_by_key(|code| code.name);
    let mut out = "# Rules\n\nWhat `masthead check` finds. `masthead explain CODE` tells the same in a terminal.\n\n\
                   | code | usually | finds |\n| --- | --- | --- |\n"
        .to_owned();
    for code in codes {
        let Code { name, summary, level, .. } = code;
        out.push_str(&format!("| [`{name}`]({name}.md) | {level} | {} |\n", summary.replace('|', "\\|")));
    }
    out
}

fn how_to_silence(code: &Code) -> String {
    if code.fixed {
        return "This can't be silenced: what it finds would stop publishing or make it unsafe.".to_owned();
    }
    let name = code.name;
    format!(
        "To silence it in one post, say why in its front matter, under `[allow]`: `{name} = \"the reason\"`. To change \
         its level everywhere, name it under `[check]` in `masthead.toml`."
    )
}

fn sentence(summary: &str) -> String {
    let mut chars = summary.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Renders the little Markdown that explanations use: paragraphs, lists, headings, `code`, **bold** and fenced code.
fn body(markdown: &str, style: &Style) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut in_code = false;
    let flush = |paragraph: &mut String, out: &mut String| {
        if !paragraph.is_empty() {
            out.push_str(&fill(paragraph, style));
            paragraph.clear();
        }
    };
    for line in markdown.trim().lines() {
        if line.trim_start().starts_with("```") {
            flush(&mut paragraph, &mut out);
            in_code = !in_code;
        } else if in_code {
            let line = format!("    {line}");
            out.push_str(&style.faint(line.trim_end()));
            out.push('\n');
        } else if line.trim().is_empty() {
            flush(&mut paragraph, &mut out);
            out.push('\n');
        } else if line.starts_with('#') {
            flush(&mut paragraph, &mut out);
            out.push_str(&style.bold(line.trim_start_matches('#').trim()));
            out.push('\n');
        } else {
            if line.starts_with("- ") {
                flush(&mut paragraph, &mut out);
            } else if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    flush(&mut paragraph, &mut out);
    out
}

/// Fills a paragraph to the width, then lets its names and strong words stand out.
fn fill(paragraph: &str, style: &Style) -> String {
    let indent = if paragraph.starts_with("- ") { "  " } else { "" };
    let width = style.width.clamp(40, 100);
    let mut lines = vec![String::new()];
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push(indent.to_owned());
            column = indent.len();
        }
        let line = lines.last_mut().expect("one line");
        if !line.trim().is_empty() {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += length;
    }
    let text = lines.join("\n");
    format!("{}\n", emphasise(&emphasise(&text, "**", style, false), "`", style, true))
}

/// Makes what stands between pairs of a mark bold; the mark itself stays only where it means a name and there is no
/// colour to show that.
fn emphasise(text: &str, mark: &str, style: &Style, is_name: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, piece) in text.split(mark).enumerate() {
        match (i % 2 == 1, style.color) {
            (false, _) => out.push_str(piece),
            (true, true) => out.push_str(&style.bold(piece)),
            (true, false) if is_name => out.push_str(&format!("{mark}{piece}{mark}")),
            (true, false) => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Level;

    static CODE: Code = Code {
        name: "odd-word",
        summary: "a word is odd",
        level: Level::Warning,
        fixed: false,
        explain: "Odd words **really** are odd, so much so that this line must be broken somewhere before `it` ends.\n\n\
                  ```markdown\nodd\n```\n\n- one\n- two\n  goes on\n",
    };

    #[test]
    fn the_story_is_filled_to_the_width() {
        insta::assert_snapshot!(explain(&CODE, &Style { color: false, width: 60 }), @r#"
        odd-word (warning)
        a word is odd

        Odd words really are odd, so much so that this line must
        be broken somewhere before `it` ends.

            odd

        - one
        - two goes on

        To silence it in one post, say why in its front matter,
        under `[allow]`: `odd-word = "the reason"`. To change its
        level everywhere, name it under `[check]` in
        `masthead.toml`.
        "#);
    }

    #[test]
    fn the_page_is_markdown() {
        insta::assert_snapshot!(rule_page(&CODE), @r#"
        # odd-word

        A word is odd · usually: warning

        Odd words **really** are odd, so much so that this line must be broken somewhere before `it` ends.

        ```markdown
        odd
        ```

        - one
        - two
          goes on

        To silence it in one post, say why in its front matter, under `[allow]`: `odd-word = "the reason"`. To change its level everywhere, name it under `[check]` in `masthead.toml`.
        "#);
    }

    #[test]
    fn the_index_is_sorted() {
        static OTHER: Code = Code { name: "a-key", summary: "a | b", level: Level::Error, fixed: true, explain: "x" };
        insta::assert_snapshot!(rules_index(&[&CODE, &OTHER]), @r#"
        # Rules

        What `masthead check` finds. `masthead explain CODE` tells the same in a terminal.

        | code | usually | finds |
        | --- | --- | --- |
        | [`a-key`](a-key.md) | error | a \| b |
        | [`odd-word`](odd-word.md) | warning | a word is odd |
        "#);
    }
}
