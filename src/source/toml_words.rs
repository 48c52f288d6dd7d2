//! Faults of TOML in words for somebody who does not know TOML, shared by plans, calendars and data.

use std::ops::Range;

/// One fault in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TomlFault {
    /// What is wrong.
    pub message: String,
    /// What stands there, or should.
    pub label: String,
    /// What to do.
    pub help: String,
}

impl TomlFault {
    /// The message for a text without its closing quote.
    pub const TEXT_OPEN: &str = "a text is not closed";

    fn new(message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), label: label.into(), help: help.into() }
    }

    /// What the parser found at `place` of the whole text `file`; `texts` is what stands in quotes
    /// there: "text stands", "text and formulas stand".
    pub fn in_words(file: &str, place: &Range<usize>, found: &str, texts: &str) -> Self {
        let (fault, expected) = found.split_once(", expected ").unwrap_or((found, ""));
        let text = file.get(place.clone()).unwrap_or("");
        let before = file.get(..place.start).unwrap_or("");
        let after = file.get(place.start..).unwrap_or("");
        let quoting = fault.contains("must be quoted");
        let value_missing = text.trim().is_empty() && before.trim_end().ends_with(['=', ',', '[']);
        let text_open = fault.ends_with("string") && expected.starts_with('`');
        if value_missing
            && !text_open
            && (quoting || fault.ends_with("string") || fault.starts_with("missing value"))
        {
            let help = format!("write the value after the `=`; {texts} in quotes");
            return Self::new("a value is missing", "expected a value", help);
        }
        if quoting || matches!(fault, "invalid boolean" | "invalid float" | "invalid integer number") {
            return unquoted(text, texts);
        }
        if fault.ends_with("string") {
            let help = "end the text with the quotes it begins with; text of several lines stands between `\"\"\"` and `\"\"\"`";
            return Self::new(Self::TEXT_OPEN, format!("expected {expected}"), help);
        }
        if fault.starts_with("invalid date") {
            return Self::new(
                format!("{} is not a date", quoted(text)),
                format!("expected {expected}"),
                DATES,
            );
        }
        if fault.starts_with("missing comma between") && before.ends_with(['"', '\'']) {
            return Self::new(
                "a quote is missing, or there is one too many",
                "the text before this has ended",
                "text stands between two straight quotes; a quote inside it is written `\\\"`",
            );
        }
        let (message, label, help) = known(fault, text, before, after);
        if message.is_empty() {
            let label = match expected {
                "" | "nothing" => "not understood".to_owned(),
                expected => format!("expected {expected}"),
            };
            return Self::new(format!("this is not valid TOML: {fault}"), label, LINES);
        }
        Self::new(message.replace("TEXT", &quoted(text)), label, help)
    }
}

const DATES: &str = "dates are year, month and day: `2001-02-20`";
const LINES: &str = "a file is written in lines of `name = value`, under headers such as `[name]`";

/// The user's text in backticks, on one line and short.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

/// A value that is no number, date, `true` or `false` and stands without quotes.
fn unquoted(text: &str, texts: &str) -> TomlFault {
    let digits = |separator: char| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == 3 && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    let shown = quoted(text);
    if digits('/') || digits('.') || digits('-') {
        return TomlFault::new(format!("{shown} is not a date"), "not written year-month-day", DATES);
    }
    if matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off") {
        let help = "a switch is `true` or `false`, in small letters and without quotes; any other text stands in quotes";
        return TomlFault::new(format!("{shown} is not a value"), "expected `true` or `false`", help);
    }
    if text.starts_with(['“', '”', '„', '‘', '’', '«']) {
        let message = format!("{shown} stands in typographic quotation marks");
        return TomlFault::new(
            message,
            "not straight quotes",
            format!("{texts} in straight quotes: `\"...\"`"),
        );
    }
    let label = "not a number, a date, `true` or `false`";
    TomlFault::new(format!("{shown} must stand in quotes"), label, format!("{texts} in quotes: `\"...\"`"))
}

/// Message, label and help for the faults that have only these; `TEXT` stands for what was found.
fn known(fault: &str, text: &str, before: &str, after: &str) -> (&'static str, &'static str, &'static str) {
    const HEADER: &str = "write the header as `[name]`, or `[[name]]` for one of several";
    const ENTRY: &str = "write `name = value`, the name in quotes if it is more than one word";
    const NUMBER: &str =
        "write numbers in decimal digits, with `_` between thousands if you like: `25_000.50`";
    let digit = |c: char| c.is_ascii_digit();
    let comma_in_number = before.trim_end_matches(',').ends_with(digit)
        && (after.trim_start_matches(',').starts_with(digit)
            || before.trim_end_matches(digit).strip_suffix(',').is_some_and(|b| b.ends_with(digit)));
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
        "unquoted keys cannot be empty" if before.ends_with('[') => {
            ("a name is missing", "expected a name", HEADER)
        }
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
        "invalid key-value pair" => ("this is not an entry", "expected a name", LINES),
        "unexpected key or value" if after.starts_with(';') => (
            "something stands behind an entry",
            "expected the end of the line",
            "remove the `;`: an entry ends with its line",
        ),
        "unexpected key or value" if comma_in_number || after.starts_with(',') => {
            ("a number holds a comma", "expected the end of the line", NUMBER)
        }
        "unexpected key or value" => (
            "something stands behind an entry",
            "expected the end of the line",
            "each entry has a line of its own; several values stand in a list: `[\"...\", \"...\"]`",
        ),
        "unclosed table" | "unclosed array table"
            if after.trim_start_matches([' ', '\t']).starts_with(|c: char| c.is_alphanumeric()) =>
        {
            (
                "the name of a section holds a space",
                "expected `]`",
                "write `_` for the space, or put the name in quotes",
            )
        }
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
            ("a number holds a comma", "the number has ended before this", NUMBER)
        }
        "extra comma in array" => (
            "a list has a comma too many",
            "expected an item",
            "remove the comma, or write the item before it",
        ),
        "extra comma in inline table" => (
            "a table has a comma too many",
            "expected an entry",
            "remove the comma, or write the entry before it",
        ),
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
        _ if fault.contains("number")
            || fault.contains("numeric")
            || fault.contains("digits")
            || fault.contains("radix") =>
        {
            ("a number cannot be read", "does not belong to a number", NUMBER)
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
