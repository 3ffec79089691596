use super::{Lines, Source, mask::Mask};
use crate::diag::{Code, Diagnostic, Level, Span};
use serde::Serialize;
use serde_json::{Value, json};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Returns what comes before the first result: the tool and every rule, so that a reader can explain any.
pub(super) fn start(codes: &[&Code]) -> String {
    let driver = json!({
        "name": "masthead",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
    });
    format!(
        "{{\"$schema\":{schema},\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\
         \"columnKind\":\"unicodeCodePoints\",\"results\":[",
        schema = json!(SCHEMA),
    )
}

/// Renders each finding as a result.
pub(super) fn render(source: &Source<'_>, findings: &[Diagnostic]) -> Vec<String> {
    let mask = Mask::new(source.file, source.text, findings);
    let lines = Lines::of(source.text);
    let view = View { source, mask: &mask, lines: &lines };
    findings
        .iter()
        .filter(|finding| finding.level != Level::Off)
        .map(|finding| serde_json::to_string(&view.result(finding)).expect("strings and numbers are JSON"))
        .collect()
}

/// Returns what comes after the last result.
pub(super) fn finish() -> String {
    "]}]}\n".to_owned()
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.name,
        "shortDescription": { "text": code.summary },
        "help": { "text": code.explain, "markdown": code.explain },
        "defaultConfiguration": { "level": level(code.level), "enabled": code.level != Level::Off },
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "none",
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

struct View<'a> {
    source: &'a Source<'a>,
    mask: &'a Mask<'a>,
    lines: &'a Lines,
}

impl View<'_> {
    fn result(&self, finding: &Diagnostic) -> Outcome {
        let mut text = self.say(&finding.message);
        if let Some(help) = &finding.help {
            text += "\nhelp: ";
            text += &self.say(help);
        }
        let others = finding.others.iter().enumerate();
        Outcome {
            rule_id: finding.code.name,
            level: level(finding.level),
            message: Message { text },
            locations: vec![self.location(finding.primary.span, None, &finding.primary.text)],
            related_locations: others.map(|(i, label)| self.location(label.span, Some(i + 1), &label.text)).collect(),
            fixes: finding.fix.iter().filter_map(|fix| self.fix(fix)).collect(),
        }
    }

    fn location(&self, span: Span, id: Option<usize>, label: &str) -> Location {
        let message = Some(self.say(label)).filter(|text| !text.is_empty()).map(|text| Message { text });
        let physical_location = PhysicalLocation { artifact_location: self.artifact(span), region: self.region(span) };
        Location { id, physical_location, message }
    }

    /// Returns a mend, if the places of all its edits are known.
    fn fix(&self, fix: &crate::diag::Fix) -> Option<Value> {
        let mut changes: Vec<(Span, Vec<Value>)> = Vec::new();
        for edit in &fix.edits {
            let replacement = json!({
                "deletedRegion": self.region(edit.span)?,
                "insertedContent": { "text": self.say(&edit.text) },
            });
            match changes.iter_mut().find(|(span, _)| span.file == edit.span.file) {
                Some((_, replacements)) => replacements.push(replacement),
                None => changes.push((edit.span, vec![replacement])),
            }
        }
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|(span, all)| json!({ "artifactLocation": self.artifact(span), "replacements": all }))
            .collect();
        Some(json!({ "description": { "text": self.say(&fix.title) }, "artifactChanges": changes }))
    }

    fn artifact(&self, span: Span) -> Value {
        json!({ "uri": uri(self.source.files.path(span.file)), "uriBaseId": "%SRCROOT%" })
    }

    fn region(&self, span: Span) -> Option<Region> {
        let place = |byte: u32| {
            if span.file == self.source.file {
                Some(self.lines.locate(self.source.text, byte as usize))
            } else {
                self.source.files.text(span.file).map(|text| crate::diag::line_column(text, byte as usize))
            }
        };
        let (start, end) = (place(span.start)?, place(span.end)?);
        Some(Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column })
    }

    fn say(&self, words: &str) -> String {
        self.mask.clean(words).into_owned()
    }
}

/// Writes a path as a relative reference: everything but what may stand in a path is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, TextEdit},
        report::diagnostics::{
            Format,
            printer::tests::{KEY, ODD, at, print},
        },
    };

    fn sample() -> Value {
        let findings = [
            Diagnostic::new(&ODD, at(6..9), "`odd` is odd")
                .label("here")
                .help("write `even`")
                .also(Span::new(FileId(1), 6..12), "as here")
                .fix("write `even`", vec![TextEdit { span: at(6..9), text: "even".into() }]),
            Diagnostic::new(&KEY, at(0..0), "at the start"),
        ];
        serde_json::from_str(&print(Format::Sarif, "né\nis odd\n", &findings)).expect("valid JSON")
    }

    #[test]
    fn a_result_names_rule_place_and_mend() {
        let sarif = sample();
        insta::assert_snapshot!(sarif["runs"][0]["results"][0].to_string(), @r#"{"fixes":[{"artifactChanges":[{"artifactLocation":{"uri":"content/a.md","uriBaseId":"%SRCROOT%"},"replacements":[{"deletedRegion":{"endColumn":6,"endLine":2,"startColumn":3,"startLine":2},"insertedContent":{"text":"even"}}]}],"description":{"text":"write `even`"}}],"level":"warning","locations":[{"message":{"text":"here"},"physicalLocation":{"artifactLocation":{"uri":"content/a.md","uriBaseId":"%SRCROOT%"},"region":{"endColumn":6,"endLine":2,"startColumn":3,"startLine":2}}}],"message":{"text":"`odd` is odd\nhelp: write `even`"},"relatedLocations":[{"id":1,"message":{"text":"as here"},"physicalLocation":{"artifactLocation":{"uri":"content/b.md","uriBaseId":"%SRCROOT%"},"region":{"endColumn":7,"endLine":2,"startColumn":1,"startLine":2}}}],"ruleId":"odd-word"}"#);
    }

    #[test]
    fn the_document_has_what_the_standard_requires() {
        let sarif = sample();
        assert_eq!(sarif["version"], "2.1.0");
        let run = &sarif["runs"][0];
        let rules: Vec<_> = run["tool"]["driver"]["rules"].as_array().expect("rules").iter().collect();
        assert!(run["tool"]["driver"]["name"].is_string());
        for rule in &rules {
            assert!(rule["id"].is_string() && rule["help"]["text"].as_str().is_some_and(|text| !text.is_empty()));
            assert!(
                ["none", "note", "warning", "error"]
                    .contains(&rule["defaultConfiguration"]["level"].as_str().expect("a level"))
            );
        }
        for result in run["results"].as_array().expect("results") {
            assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]), "every result has its rule");
            assert!(result["message"]["text"].is_string());
            let region = &result["locations"][0]["physicalLocation"]["region"];
            for key in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(region[key].as_u64().is_some_and(|n| n >= 1), "{key} counts from 1");
            }
        }
    }

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("content/a b#ü.md"), "content/a%20b%23%C3%BC.md");
        assert_eq!(uri("a:b.md"), "a%3Ab.md");
    }
}
