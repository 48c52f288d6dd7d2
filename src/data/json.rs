//! JSON data: strict JSON, every number as written, repeated names kept, the line of every value.
//!
//! `jsonc-parser` keeps what a value type would lose. It is a parser of relaxed JSON, so its
//! relaxations are turned off, and what it still lets through (control characters in texts, other
//! white space than JSON's) is found by a scan of its own.

use super::fault::{Lines, check_size, fault, raw, shown, too_deep};
use super::{Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind as Bad};
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, parse_to_ast};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Nothing but what RFC 8259 allows.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads one JSON value.
///
/// `name` is the file as messages show it. Names may repeat in what is read: whoever uses it refuses them.
///
/// # Errors
///
/// A text beyond `limits.document_bytes`, lists and objects nested beyond `limits.depth`, and
/// whatever is not strict JSON, each with its line.
pub fn read_json(name: &str, text: &str, limits: &Limits) -> Result<Raw, Diagnostics> {
    check_size(name, text, limits)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let stray = stray_character(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT);
    let lines = Lines::new(text);
    if let Some((at, c)) = stray
        && parsed.as_ref().err().is_none_or(|error| error.range().start >= at || never_closed(error))
    {
        return Err(vec![stray_fault(name, lines.at(at), c)]);
    }
    let value = parsed.map_err(|error| vec![syntax_fault(name, text, &lines, &error, limits)])?.value;
    let value = value.ok_or_else(|| {
        vec![
            fault(Code::DataSyntax, name, None, "the file holds no value")
                .help("an object without names is written `{}`"),
        ]
    })?;
    Reader { name, file: Arc::from(name), lines, limits, names: RefCell::default() }.raw(value, 0)
}

/// Turns the parser's tree into ours.
struct Reader<'a> {
    name: &'a str,
    file: Arc<str>,
    lines: Lines,
    limits: &'a Limits,
    /// Names of fields met so far: the rows of a table share theirs.
    names: RefCell<BTreeSet<Arc<str>>>,
}

impl Reader<'_> {
    /// `depth` counts the lists and objects around the value.
    fn raw(&self, value: Value<'_>, depth: usize) -> Result<Raw, Diagnostics> {
        let line = self.lines.at(value.range().start);
        let inner = depth.saturating_add(1);
        if inner > self.limits.depth && matches!(value, Value::Array(_) | Value::Object(_)) {
            return Err(vec![too_deep(self.name, Some(line), self.limits)]);
        }
        let kind = match value {
            Value::NullKeyword(_) => RawKind::Null,
            Value::BooleanLit(b) => RawKind::Bool(b.value),
            Value::NumberLit(n) => RawKind::Number(Arc::from(n.value)),
            Value::StringLit(s) => RawKind::Text(Arc::from(&*s.value)),
            Value::Array(array) => RawKind::List(
                array.elements.into_iter().map(|item| self.raw(item, inner)).collect::<Result<_, _>>()?,
            ),
            Value::Object(object) => RawKind::Map(
                object
                    .properties
                    .into_iter()
                    .map(|p| Ok((self.named(&p.name), self.raw(p.value, inner)?)))
                    .collect::<Result<_, Diagnostics>>()?,
            ),
        };
        Ok(raw(kind, &self.file, line))
    }

    fn named(&self, name: &ObjectPropName<'_>) -> Arc<str> {
        let text: &str = match name {
            ObjectPropName::String(s) => &s.value,
            ObjectPropName::Word(w) => w.value,
        };
        let mut names = self.names.borrow_mut();
        if let Some(known) = names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(text);
        names.insert(Arc::clone(&name));
        name
    }
}

/// The first character that JSON does not allow where it stands, though the parser does.
fn stray_character(text: &str) -> Option<(usize, char)> {
    let mut in_string = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if in_string {
            match c {
                _ if c < ' ' => return Some((at, c)),
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if c == '"' {
            in_string = true;
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') && (c.is_control() || c.is_whitespace()) {
            return Some((at, c));
        }
    }
    None
}

fn stray_fault(name: &str, line: u32, c: char) -> Diagnostic {
    let (message, help) = match c {
        '\n' | '\r' => (
            "a text is not closed on its line".to_owned(),
            "close it with `\"`; a line break inside a text is written `\\n`",
        ),
        '\t' => ("a text holds a tab character".to_owned(), "a tab inside a text is written `\\t`"),
        _ => (
            format!("found the character U+{:04X}, which JSON does not allow here", u32::from(c)),
            "remove it; only spaces, tabs and line breaks may stand between values",
        ),
    };
    fault(Code::DataSyntax, name, Some(line), message).help(help)
}

/// Whether a text runs to the end of the file: the line break in it is the better place to name.
fn never_closed(error: &ParseError) -> bool {
    matches!(error.kind(), Bad::String(ParseStringErrorKind::UnterminatedStringLiteral))
}

/// The parser's fault in our words.
fn syntax_fault(name: &str, text: &str, lines: &Lines, error: &ParseError, limits: &Limits) -> Diagnostic {
    let (start, end) = (error.range().start, error.range().end);
    let line = lines.at(start);
    if matches!(error.kind(), Bad::NestingDepthExceeded) {
        return too_deep(name, Some(line), limits);
    }
    let found = match text.get(start..end).unwrap_or_default().trim_end() {
        "" => "the end of the file".to_owned(),
        some => shown(some),
    };
    let leading_zero = start > 0
        && text.as_bytes().get(start.saturating_sub(1)) == Some(&b'0')
        && text.as_bytes().get(start).is_some_and(u8::is_ascii_digit);
    let digit = |c: char| c.is_ascii_digit();
    let comma_in_number = text.get(start..).is_some_and(|rest| rest.starts_with(digit))
        && text
            .get(..start)
            .is_some_and(|before| before.strip_suffix(',').is_some_and(|b| b.ends_with(digit)));
    let (message, help) = match error.kind() {
        Bad::ExpectedStringObjectProperty if comma_in_number => (
            "a number holds a comma".to_owned(),
            "write it in digits and a point, without commas: `25000.50`",
        ),
        Bad::ExpectedComma | Bad::MultipleRootJsonValues if leading_zero => (
            "a number begins with a needless `0`".to_owned(),
            "remove the zero, or put the value in quotes if it is a text",
        ),
        Bad::ExpectedComma => ("a comma is missing".to_owned(), "separate values by commas"),
        Bad::MultipleRootJsonValues => {
            (format!("expected the end of the file, found {found}"), "a file holds one JSON value")
        }
        Bad::CommentsNotAllowed | Bad::UnterminatedCommentBlock => (
            "JSON has no comments".to_owned(),
            "remove the comment, or give the data as TOML, which has them",
        ),
        Bad::TrailingCommasNotAllowed => {
            ("a comma stands after the last value".to_owned(), "remove the comma")
        }
        Bad::SingleQuotedStringsNotAllowed => {
            ("a text is in single quotes".to_owned(), "put it in double quotes")
        }
        Bad::ExpectedStringObjectProperty => {
            (format!("the name {found} is not in quotes"), "put it in double quotes")
        }
        Bad::NonFiniteNumbersNotAllowed
        | Bad::UnaryPlusNumbersNotAllowed
        | Bad::HexadecimalNumbersNotAllowed
        | Bad::BareDecimalPointNumbersNotAllowed
        | Bad::ExpectedDigit
        | Bad::ExpectedDigitFollowingNegativeSign
        | Bad::ExpectedPlusMinusOrDigitInNumberLiteral => (
            format!("{} is not a number as JSON writes it", shown(number_at(text, start))),
            "write it like `25000`, `-0.5` or `1e3`: no `+` before it, and digits on both sides of the point",
        ),
        Bad::UnexpectedWord => (
            format!("expected a value, found {found}"),
            "put a text in double quotes; `true`, `false` and `null` are small letters",
        ),
        Bad::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
            ("a text is never closed".to_owned(), "close it with `\"`")
        }
        Bad::String(_) => (
            "a text holds a `\\` that does not begin anything JSON knows".to_owned(),
            "write a backslash as `\\\\`; `\\u` takes four digits, in pairs where a character needs two",
        ),
        Bad::UnterminatedArray => ("a list is never closed".to_owned(), "close it with `]`"),
        Bad::UnterminatedObject => ("an object is never closed".to_owned(), "close it with `}`"),
        Bad::ExpectedColonAfterObjectKey => {
            (format!("expected `:` after a name, found {found}"), "write `\"name\": value`")
        }
        Bad::ExpectedObjectValue => ("a name has no value".to_owned(), "write `\"name\": value`"),
        Bad::UnexpectedTokenInObject => (
            format!("expected a name or `}}`, found {found}"),
            "write `\"name\": value`, separated by commas",
        ),
        _ => (format!("expected a value, found {found}"), "write a value here, or remove what stands here"),
    };
    fault(Code::DataSyntax, name, Some(line), message).help(help)
}

/// The whole of a number that cannot be read, of which `at` is some byte or the end.
fn number_at(text: &str, at: usize) -> &str {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let before = text.get(..at).unwrap_or("");
    let start = before.trim_end_matches(part).len();
    let rest = text.get(start..).unwrap_or("");
    rest.get(..rest.find(|c| !part(c)).unwrap_or(rest.len())).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ok(text: &str) -> Raw {
        read_json("d.json", text, &Limits::DEFAULT).unwrap_or_else(|f| panic!("{text}: {f:?}"))
    }

    fn bad(text: &str) -> Diagnostic {
        let mut faults = match read_json("d.json", text, &Limits::DEFAULT) {
            Ok(raw) => panic!("{text:?} was read as {raw:?}"),
            Err(faults) => faults,
        };
        assert_eq!(faults.len(), 1);
        faults.remove(0)
    }

    fn items(raw: Raw) -> Vec<RawKind> {
        let RawKind::List(items) = raw.kind else { panic!() };
        items.into_iter().map(|r| r.kind).collect()
    }

    #[test]
    fn numbers_keep_their_text() {
        let texts = [
            "0",
            "-0",
            "25000",
            "1.50",
            "1e3",
            "1E+03",
            "-0.000",
            "123456789012345678901234567890.10",
            "1e-400",
            "9e999",
        ];
        let read = items(ok(&format!("[{}]", texts.join(", "))));
        let expected: Vec<RawKind> = texts.iter().map(|t| RawKind::Number(Arc::from(*t))).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let read = items(ok(r#" [null, true, false, "", "a\"\\\/\b\f\n\r\té", "\ud83d\ude00", {}, [ ]] "#));
        let text = |t: &str| RawKind::Text(Arc::from(t));
        assert_eq!(
            read,
            [
                RawKind::Null,
                RawKind::Bool(true),
                RawKind::Bool(false),
                text(""),
                text("a\"\\/\u{8}\u{c}\n\r\té"),
                text("😀"),
                RawKind::Map(Vec::new()),
                RawKind::List(Vec::new()),
            ]
        );
        assert_eq!(ok("\u{feff}7").kind, RawKind::Number(Arc::from("7")));
    }

    #[test]
    fn repeated_names_are_kept_in_order_with_their_lines() {
        let raw = ok("{\n  \"b\": 1,\n  \"a\": 2, \"b\":\n 3\n}");
        let RawKind::Map(entries) = raw.kind else { panic!() };
        let seen: Vec<(&str, Option<u32>)> = entries.iter().map(|(n, v)| (&**n, v.place.line)).collect();
        assert_eq!(seen, [("b", Some(2)), ("a", Some(3)), ("b", Some(4))]);
        assert_eq!(raw.place.file.as_deref(), Some("d.json"));
    }

    #[test]
    fn what_is_not_strict_json_is_refused() {
        let wrong = [
            "",
            " ",
            "NaN",
            "Infinity",
            "-Infinity",
            "-NaN",
            "+NaN",
            "nan",
            "[NaN]",
            "[Infinity]",
            "01",
            "-01",
            "[01]",
            "{\"a\":01}",
            "00",
            ".5",
            "-.5",
            "[.5]",
            "1.",
            "[1.]",
            "1.e3",
            "+1",
            "[+1]",
            "- 1",
            "-",
            "+",
            "1e",
            "1e+",
            "1_000",
            "0x10",
            "[0x10]",
            "0b1",
            "1n",
            "'a'",
            "['a']",
            "{'a':1}",
            "{a:1}",
            "{1:1}",
            "{null:1}",
            "{true:1}",
            "[1,]",
            "{\"a\":1,}",
            "[,1]",
            "[,]",
            "{,}",
            "[1,,2]",
            "{\"a\":1,,\"b\":2}",
            "// c\n1",
            "1 // c",
            "/* c */1",
            "[1/* c */]",
            "# c\n1",
            "[1 2]",
            "[1 \"a\"]",
            "[1 [2]]",
            "[1 {}]",
            "[[] []]",
            "{\"a\":1 \"b\":2}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{\"a\"}",
            "{\"a\":1",
            "{\"a\":",
            "{\"a\"",
            "{",
            "[",
            "[1",
            "[1,",
            "]",
            "}",
            ",",
            ":",
            "1 2",
            "{} {}",
            "[]]",
            "{}}",
            "1,",
            "null null",
            "true1",
            "truefalse",
            "nul",
            "True",
            "NULL",
            "undefined",
            "\"a",
            "\"",
            "\"\\",
            "\"\\x41\"",
            "\"\\0\"",
            "\"\\'\"",
            "\"\\v\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\\ud800x\"",
            "\"\\ud800\\ud800\"",
            "\"\\U0041\"",
            "\"a\nb\"",
            "\"a\tb\"",
            "\"a\0b\"",
            "\"\u{1f}\"",
            "\"a\\\nb\"",
            "{\"a\nb\":1}",
            "[1\u{b}]",
            "\u{c}1",
            "1\u{a0}",
            "[\u{2028}1]",
            "[\u{feff}1]",
            "\u{feff}\u{feff}1",
            "\u{85}1",
            "[1;2]",
            "(1)",
            "\u{0}",
            "1\u{0}",
            "<a/>",
            "a: 1",
            "[1}",
            "{\"a\":1]",
            "“a”",
            "[1 : 2]",
            "{\"a\":1:2}",
            "--1",
            "1-1",
            "1+1",
            "1 true",
        ];
        for text in wrong {
            let fault = bad(text);
            assert_eq!(fault.code, Code::DataSyntax, "{text:?}");
            assert!(fault.help.is_some(), "{text:?}");
        }
    }

    #[test]
    fn faults_name_the_line_and_say_what_to_do() {
        let line = |f: &Diagnostic| f.subject.as_ref().unwrap().line;
        let fault = bad("{\n \"pay\": 01\n}");
        assert_eq!((line(&fault), &*fault.message), (Some(2), "a number begins with a needless `0`"));
        let fault = bad("{\n \"pay\": NaN\n}");
        assert_eq!((line(&fault), &*fault.message), (Some(2), "expected a value, found `NaN`"));
        let fault = bad("{\n \"pay: 1,\n \"b\": 2\n}");
        assert_eq!((line(&fault), &*fault.message), (Some(2), "a text is not closed on its line"));
        let fault = bad("{ // it's \"open\n \"b\": 2\n}");
        assert_eq!((line(&fault), &*fault.message), (Some(1), "JSON has no comments"));
        let fault = bad("[1,\n");
        assert_eq!(fault.message, "a list is never closed");
        let fault = bad("{\"a\": 1\n \"b\": 2}");
        assert_eq!((line(&fault), &*fault.message), (Some(1), "a comma is missing"));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read_json("d", &nested(64), &Limits::DEFAULT).is_ok());
        let objects = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
        assert!(read_json("d", &objects(64), &Limits::DEFAULT).is_ok());
        for text in [nested(65), objects(65), nested(400), "[".repeat(1_000_000), "{\"a\":".repeat(1_000_000)]
        {
            assert_eq!(bad(&text).message, "lists and records nest deeper than 64 levels here");
        }
    }

    #[test]
    fn size_is_bounded() {
        let limits = Limits { document_bytes: 10, ..Limits::DEFAULT };
        assert!(read_json("d", "[1,2,3,4 ]", &limits).is_ok());
        assert_eq!(read_json("d", "[1,2,3,4  ]", &limits).unwrap_err()[0].code, Code::FileTooLarge);
    }

    /// Whether an independent strict parser takes the text; a number too large for it is well written all the same.
    fn strict(text: &str) -> bool {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(_) => true,
            // It stops there, so that the rest is looked at without a thought for what numbers are worth.
            Err(error) => {
                error.to_string().starts_with("number out of range")
                    && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn a_strict_parser_agrees_on_tokens_put_together(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "0", "-", "+", ".", "e", "5", " ", "\n", "null",
                    "true", "false", "\"", "\\", "\\u", "d800", "dc00", "0041", "'", "/", "//", "/*", "*/", "a", "NaN",
                    "Infinity", "\t", "\u{b}", "\u{1}", "é", "\u{2028}", "\u{feff}", "\r", "x", "_", "$",
                ]),
                0..9,
            )
        ) {
            let text = parts.concat();
            // A leading byte order mark is dropped here and refused there.
            prop_assume!(!text.starts_with('\u{feff}'));
            prop_assert_eq!(read_json("d", &text, &Limits::DEFAULT).is_ok(), strict(&text), "{:?}", text);
        }

        #[test]
        fn a_strict_parser_agrees_on_a_valid_text_with_one_change(
            at in 0usize..60, insert in "[ -~\\n\\t\\u{b}é]{0,2}", remove in 0usize..3
        ) {
            let valid = "{\"a\": [1, -2.5e3, \"x\\u0041\\n\"], \"b\": {\"c\": null, \"d\": true}}";
            let chars: Vec<char> = valid.chars().collect();
            let text: String = chars.iter().take(at).copied()
                .chain(insert.chars())
                .chain(chars.iter().skip(at.saturating_add(remove)).copied())
                .collect();
            prop_assert_eq!(read_json("d", &text, &Limits::DEFAULT).is_ok(), strict(&text), "{:?}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let _ = read_json("d", &text, &Limits::DEFAULT);
        }
    }
}
