//! Faults of the TOML itself, in words for somebody who does not know TOML, and which lines of the
//! file cannot be trusted because of them.

use super::quote::quoted;
use super::walk::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::collections::BTreeSet;
use toml::de::Error;

/// Lines whose entries may not be what their author meant.
pub(super) struct Unsure {
    lines: BTreeSet<u32>,
}

/// What is also reported where something is merely missing: it may stand on a line that TOML lost.
const OF_THE_WHOLE: [Code; 7] = [
    Code::MissingEntry,
    Code::UnknownName,
    Code::BadRule,
    Code::BadTest,
    Code::BadKey,
    Code::BadAssumption,
    Code::BadOutline,
];

/// Reports every fault, at most one a line: `toml` often finds the same one again.
pub(super) fn report(reader: &mut Reader<'_>, errors: &[Error]) -> Unsure {
    let end = reader.file.text.len();
    let mut faults: Vec<(Span, &str)> =
        errors.iter().map(|e| (reader.span(e.span().unwrap_or(end..end)), e.message())).collect();
    faults.sort_by_key(|(span, _)| span.start);
    let mut unsure = Unsure { lines: BTreeSet::new() };
    let mut last_line = 0;
    for (span, message) in faults {
        let line = reader.file.line(span.start as usize);
        if line != last_line {
            let diagnostic = in_words(reader, span, message);
            reader.report(diagnostic);
            unsure.add(reader, line);
        }
        last_line = line;
    }
    unsure
}

impl Unsure {
    fn add(&mut self, reader: &Reader<'_>, line: u32) {
        let is_header = |line: u32| reader.file.line_text(line).trim_start().starts_with('[');
        self.lines.insert(line);
        if is_header(line) {
            // Without its header, a section's entries seem to belong to the one before.
            let below = (line.saturating_add(1)..=reader.file.line_count()).take_while(|l| !is_header(*l));
            self.lines.extend(below);
        }
    }

    /// Whether a problem would remain if the TOML were mended.
    pub fn stands(&self, reader: &Reader<'_>, diagnostic: &Diagnostic) -> bool {
        let Some(span) = diagnostic.primary().filter(|s| s.source == reader.file.source) else { return true };
        if self.lines.is_empty() || diagnostic.code == Code::TomlSyntax {
            return true;
        }
        let (first, last) = (reader.file.line(span.start as usize), reader.file.line(span.end as usize));
        !OF_THE_WHOLE.contains(&diagnostic.code) && self.lines.range(first..=last).next().is_none()
    }
}

fn in_words(reader: &Reader<'_>, span: Span, found: &str) -> Diagnostic {
    let (fault, expected) = found.split_once(", expected ").unwrap_or((found, ""));
    let text = reader.slice(span);
    let file = &reader.file.text;
    let before = file.get(..span.start as usize).unwrap_or("");
    let after = file.get(span.start as usize..).unwrap_or("");
    let quoting = fault.contains("must be quoted");
    let value_missing = text.trim().is_empty() && before.trim_end().ends_with(['=', ',', '[']);
    if value_missing && (quoting || fault.ends_with("string") || fault.starts_with("missing value")) {
        return syntax("a value is missing")
            .label(span, "expected a value")
            .help("write the value after the `=`; text and formulas stand in quotes");
    }
    if quoting || matches!(fault, "invalid boolean" | "invalid float" | "invalid integer number") {
        return unquoted(text, span);
    }
    if fault.ends_with("string") {
        return syntax("a text is not closed")
            .label(span, format!("expected {expected}"))
            .help("end the text with the quotes it begins with; text of several lines stands between `\"\"\"` and `\"\"\"`");
    }
    if fault.starts_with("invalid date") {
        return Diagnostic::error(Code::TomlSyntax, format!("{} is not a date", quoted(text)))
            .label(span, format!("expected {expected}"))
            .help("dates are year, month and day: `2001-02-20`");
    }
    if fault.starts_with("missing comma between") && before.ends_with(['"', '\'']) {
        return syntax("a quote is missing, or there is one too many")
            .label(span, "the text before this has ended")
            .help("text stands between two straight quotes; a quote inside it is written `\\\"`");
    }
    let (message, label, help) = known(fault, text, before, after);
    if message.is_empty() {
        let label = match expected {
            "" | "nothing" => "not understood".to_owned(),
            expected => format!("expected {expected}"),
        };
        return syntax(format!("this is not valid TOML: {fault}"))
            .label(span, label)
            .help("a plan is written in lines of `name = value`, under headers such as `[terms]`");
    }
    let message = message.replace("TEXT", &quoted(text));
    syntax(message).label(span, label).help(help)
}

/// A value that is no number, date, `true` or `false` and stands without quotes.
fn unquoted(text: &str, span: Span) -> Diagnostic {
    let digits = |separator: char| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == 3 && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    if digits('/') || digits('.') || digits('-') {
        return syntax(format!("{} is not a date", quoted(text)))
            .label(span, "not written year-month-day")
            .help("dates are year, month and day: `2001-02-20`");
    }
    if matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off") {
        return syntax(format!("{} is not a value", quoted(text)))
            .label(span, "expected `true` or `false`")
            .help("a switch is `true` or `false`, in small letters and without quotes; any other text stands in quotes");
    }
    if text.starts_with(['“', '”', '„', '‘', '’', '«']) {
        return syntax(format!("{} stands in typographic quotation marks", quoted(text)))
            .label(span, "not straight quotes")
            .help("text and formulas stand in straight quotes: `\"...\"`");
    }
    syntax(format!("{} must stand in quotes", quoted(text)))
        .label(span, "not a number, a date, `true` or `false`")
        .help("text and formulas stand in quotes: `\"...\"`")
}

/// Message, label and help for the faults that have only these; `TEXT` stands for what was found.
fn known(fault: &str, text: &str, before: &str, after: &str) -> (&'static str, &'static str, &'static str) {
    const HEADER: &str = "write the header as `[name]`, or `[[tests]]` for a test";
    const ENTRY: &str = "write `name = value`, the name in quotes if it is more than one word";
    const NUMBER: &str = "write numbers in decimal digits, with `_` between thousands if you like: `25_000.50`";
    let comma_in_number = before.trim_end_matches(',').ends_with(|c: char| c.is_ascii_digit())
        && after.trim_start_matches(',').starts_with(|c: char| c.is_ascii_digit());
    match fault {
        "duplicate key" => (
            "TEXT is written twice",
            "again here",
            "an entry and a section's header are written once: rename one, remove one, or join the two",
        ),
        _ if fault.starts_with("cannot extend value") => (
            "TEXT holds a single value and has entries too",
            "entries below it stand here",
            "a name holds either one value or a section: rename one of the two",
        ),
        "key with no value" => ("an entry has no value", "expected `=`", ENTRY),
        "unquoted keys cannot be empty" => ("a name is missing", "expected a name", ENTRY),
        "invalid unquoted key" if text.starts_with(':') => {
            ("found `:` where `=` should stand", "expected `=`", "write `name = value`")
        }
        "invalid unquoted key" if text.starts_with('/') => {
            ("found TEXT where a name should stand", "not a name", "a remark begins with `#`")
        }
        "invalid unquoted key" => (
            "found TEXT where a name should stand",
            "not a name",
            "names are letters, digits, `_` and `-`; any other stands in quotes",
        ),
        "invalid key-value pair" => (
            "this is not an entry",
            "expected a name",
            "a plan is written in lines of `name = value`, under headers such as `[terms]`",
        ),
        "unexpected key or value" if after.starts_with(';') => {
            ("something stands behind an entry", "expected the end of the line", "remove the `;`: an entry ends with its line")
        }
        "unexpected key or value" if comma_in_number || after.starts_with(',') => {
            ("a number holds a comma", "expected the end of the line", NUMBER)
        }
        "unexpected key or value" => (
            "something stands behind an entry",
            "expected the end of the line",
            "each entry has a line of its own; several values stand in a list: `[\"...\", \"...\"]`",
        ),
        "unclosed table" | "unclosed array table" => {
            ("a section's header is not closed", "expected `]`", HEADER)
        }
        "unclosed array" => ("a list is not closed", "expected `]`", "put `]` after its last item"),
        "unclosed inline table" => ("a table is not closed", "expected `}`", "put `}` after its last entry"),
        "missing comma between array elements" => (
            "two items of a list have no comma between them",
            "expected `,`",
            "put a comma between the items, and `]` after the last",
        ),
        "missing comma between key-value pairs" => (
            "two entries of a table have no comma between them",
            "expected `,`",
            "put a comma between the entries, and `}` after the last",
        ),
        "extra comma in inline table" | "extra comma in array" if comma_in_number => {
            ("a number holds a comma", "expected an entry", NUMBER)
        }
        "extra comma in array" => {
            ("a list has a comma too many", "expected an item", "remove the comma, or write the item before it")
        }
        "extra comma in inline table" => {
            ("a table has a comma too many", "expected an entry", "remove the comma, or write the entry before it")
        }
        "missing escaped value" | "too few unicode value digits" => (
            "a `\\` stands before a character that it does not go with",
            "expected one of `\\`, `\"`, `n`, `t` or `u`",
            "write `\\\\` for a backslash and `/` in paths, or put the text in single quotes, where `\\` stands for itself",
        ),
        "unexpected leading zero" => (
            "a number begins with a needless 0",
            "begins with 0",
            "remove the 0, or put the value in quotes if it is a text",
        ),
        _ if fault.contains("number") || fault.contains("numeric") || fault.contains("digits") || fault.contains("radix") => {
            ("TEXT is not a number", "not written as a number", NUMBER)
        }
        _ if fault.contains("`=`") || fault.contains("assignment") => {
            ("a `=` is missing, or there is one too many", "expected one `=`", ENTRY)
        }
        "carriage return must be followed by newline" => (
            "a line ends in a way that TOML does not know",
            "a carriage return without a line feed",
            "save the file with the line ends of Unix (LF) or Windows (CRLF)",
        ),
        _ => ("", "", ""),
    }
}

fn syntax(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::TomlSyntax, message)
}
