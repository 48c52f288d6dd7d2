//! Diagnostics as a JSON array, for editors and other programs.

use super::escape;
use super::place::Places;
use crate::diagnostic::{Diagnostic, Label, Severity, Subject};
use crate::source::{SourceMap, Span};
use serde::Serialize;

/// One diagnostic; the order of the fields is the order of the keys.
#[derive(Serialize)]
struct Item<'a> {
    code: &'static str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    labels: Vec<Place<'a>>,
    subject: Option<&'a Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Place<'a>>,
}

/// A label with its place; `start` and `end` are bytes of the file, the others count from 1.
#[derive(Serialize)]
struct Place<'a> {
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    start: usize,
    end: usize,
    text: &'a str,
}

/// The diagnostics as a pretty-printed JSON array, without a line break at its end.
///
/// Lines and columns count from 1, columns in characters; `end_column`, like `end`, is one past the
/// last character. `fix` is there where the problem can be mended without a choice: its place, and in
/// `text` what stands there afterwards. Every other key is always there: `help` and `subject` are null where there is none,
/// and so are a label's file and lines where its text is not among `sources`.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let places = Places::new(diagnostics, sources);
    let items: Vec<Item> = diagnostics
        .iter()
        .map(|d| Item {
            code: d.code.name(),
            severity: d.severity,
            message: &d.message,
            help: d.help.as_deref(),
            labels: d.labels.iter().map(|label| place_of(label, &places)).collect(),
            subject: d.subject.as_ref(),
            fix: d.fix.as_ref().map(|fix| place_at(fix.span, &fix.text, &places)),
        })
        .collect();
    // Structures of texts and numbers always have a JSON form.
    let text = serde_json::to_string_pretty(&items).unwrap_or_else(|_| "[]".to_owned());
    escape::json(&text)
}

fn place_of<'a>(label: &'a Label, places: &Places<'a>) -> Place<'a> {
    place_at(label.span, &label.text, places)
}

fn place_at<'a>(span: Span, text: &'a str, places: &Places<'a>) -> Place<'a> {
    let written = span.range();
    let Some((name, lines)) = places.get(span.source) else {
        return Place {
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            start: written.start,
            end: written.end,
            text,
        };
    };
    let range = lines.clamp(&written);
    let (line, column) = lines.position(range.start);
    let (end_line, end_column) = lines.position(range.end);
    Place {
        file: Some(name),
        line: Some(line),
        column: Some(column),
        end_line: Some(end_line),
        end_column: Some(end_column),
        start: range.start,
        end: range.end,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::json;
    use crate::diagnostic::{Code, Diagnostic, Subject};
    use crate::source::{SourceId, SourceMap, Span};

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let mut sources = SourceMap::default();
        let text = "[rules]\r\nétat = \"日本 + b\"\r\n";
        let plan = sources.add("plan.toml", text);
        let at = text.find('本').unwrap();
        let diagnostics = [
            Diagnostic::error(Code::WrongUnit, "`日本` and `b` do not\ngo together")
                .label(Span::new(plan, at, at + 3), "USD\u{9b}")
                .label(Span::new(plan, 0, text.len()), "")
                .help("convert one of them"),
            Diagnostic::warning(Code::DataMissing, "a value is missing").about(Subject {
                file: Some("participants.csv".into()),
                line: Some(12),
                field: Some("pay".into()),
                ..Subject::default()
            }),
        ];
        insta::assert_snapshot!(json(&diagnostics, &sources), @r#"
        [
          {
            "code": "wrong-unit",
            "severity": "error",
            "message": "`日本` and `b` do not\ngo together",
            "help": "convert one of them",
            "labels": [
              {
                "file": "plan.toml",
                "line": 2,
                "column": 10,
                "end_line": 2,
                "end_column": 11,
                "start": 21,
                "end": 24,
                "text": "USD\u009b"
              },
              {
                "file": "plan.toml",
                "line": 1,
                "column": 1,
                "end_line": 3,
                "end_column": 1,
                "start": 0,
                "end": 31,
                "text": ""
              }
            ],
            "subject": null
          },
          {
            "code": "data-missing",
            "severity": "warning",
            "message": "a value is missing",
            "help": null,
            "labels": [],
            "subject": {
              "file": "participants.csv",
              "line": 12,
              "field": "pay"
            }
          }
        ]
        "#);
    }

    #[test]
    fn a_span_beyond_its_text_or_without_one_does_no_harm() {
        let mut sources = SourceMap::default();
        let plan = sources.add("plan.toml", "é");
        let diagnostics = [Diagnostic::error(Code::Cycle, "a")
            .label(Span::new(plan, 1, 99), "")
            .label(Span::new(SourceId(7), 3, 4), "")];
        let parsed: serde_json::Value = serde_json::from_str(&json(&diagnostics, &sources)).unwrap();
        assert_eq!(parsed[0]["labels"][0]["end_column"], 2);
        assert_eq!(parsed[0]["labels"][1]["line"], serde_json::Value::Null);
        assert_eq!(json(&[], &sources), "[]");
    }
}
