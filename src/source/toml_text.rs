//! From the text inside a TOML string back to the file: escapes, trimmed newlines and continued
//! lines shift every offset, and a label has to stand under the characters that the author typed.

use super::{SourceId, Span};
use std::ops::Range;

/// The text of one TOML string (or key), and where each of its characters stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMap {
    source: SourceId,
    text: String,
    pieces: Vec<Piece>,
    /// The file bytes between the quotes.
    inner: Range<usize>,
    /// The file bytes with the quotes.
    outer: Range<usize>,
}

/// A stretch of the decoded text and the file bytes it comes from.
///
/// Pieces are in order and without gaps in the decoded text; in the file there may be gaps, where
/// a continued line swallowed its break.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: Range<usize>,
    file: Range<usize>,
    /// Written as it is: an offset into the text is the same offset into the file. Otherwise the
    /// piece is one escape, which a span covers whole or not at all.
    verbatim: bool,
}

/// The four ways to write a TOML string, and a key without quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bare,
    Basic,
    Literal,
    MultilineBasic,
    MultilineLiteral,
}

impl Style {
    /// How a string or key that begins with `raw` is written.
    fn of(raw: &str) -> Self {
        if raw.len() >= 6 && raw.starts_with("\"\"\"") {
            Self::MultilineBasic
        } else if raw.len() >= 6 && raw.starts_with("'''") {
            Self::MultilineLiteral
        } else if raw.starts_with('"') {
            Self::Basic
        } else if raw.starts_with('\'') {
            Self::Literal
        } else {
            Self::Bare
        }
    }

    /// What stands before and after the content.
    const fn quote(self) -> &'static str {
        match self {
            Self::Bare => "",
            Self::Basic => "\"",
            Self::Literal => "'",
            Self::MultilineBasic => "\"\"\"",
            Self::MultilineLiteral => "'''",
        }
    }

    /// Whether a text holds the quote that would have ended it.
    fn ends_within(self, text: &str) -> bool {
        self != Self::Bare && text.contains(self.quote())
    }

    const fn has_escapes(self) -> bool {
        matches!(self, Self::Basic | Self::MultilineBasic)
    }

    const fn is_multiline(self) -> bool {
        matches!(self, Self::MultilineBasic | Self::MultilineLiteral)
    }
}

impl TextMap {
    /// Decodes the string or key at `span` (quotes included, as `toml` gives it) of the whole file
    /// text. None where the span is not a well-formed TOML string or bare key.
    #[must_use]
    pub fn of(source: SourceId, text: &str, span: Range<usize>) -> Option<Self> {
        let outer = span.clone();
        let raw = text.get(span.clone())?;
        let style = Style::of(raw);
        let content = raw.strip_prefix(style.quote())?.strip_suffix(style.quote())?;
        let mut start = span.start.checked_add(style.quote().len())?;
        let inner = start..start.checked_add(content.len())?;
        let mut rest = content;
        if style.is_multiline() {
            // A line break directly after the opening quotes is not part of the text.
            let trimmed = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
            start = start.checked_add(rest.len().checked_sub(trimmed.len())?)?;
            rest = trimmed;
        }
        let mut map =
            Self { source, text: String::with_capacity(rest.len()), pieces: Vec::new(), inner, outer };
        while !rest.is_empty() {
            let plain = if style.has_escapes() { rest.find('\\').unwrap_or(rest.len()) } else { rest.len() };
            let (verbatim, escaped) = rest.split_at_checked(plain)?;
            if !style.is_multiline() && (verbatim.contains(['\n', '\r']) || style.ends_within(verbatim)) {
                return None;
            }
            let after = start.checked_add(plain)?;
            map.push(verbatim, start..after, true);
            start = after;
            rest = escaped;
            if rest.is_empty() {
                break;
            }
            let taken = if let Some(taken) = continued_line(rest).filter(|_| style.is_multiline()) {
                taken
            } else {
                let (character, taken) = escape(rest)?;
                let mut buffer = [0_u8; 4];
                map.push(character.encode_utf8(&mut buffer), start..start.checked_add(taken)?, false);
                taken
            };
            start = start.checked_add(taken)?;
            rest = rest.get(taken..)?;
        }
        Some(map)
    }

    /// Text that is written without encoding, beginning at byte `start` of the file.
    #[must_use]
    pub fn plain(source: SourceId, text: &str, start: usize) -> Self {
        let inner = start..start.saturating_add(text.len());
        let outer = inner.clone();
        let mut map = Self { source, text: String::new(), pieces: Vec::new(), inner, outer };
        map.push(text, start..start.saturating_add(text.len()), true);
        map
    }

    fn push(&mut self, decoded: &str, file: Range<usize>, verbatim: bool) {
        if decoded.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(decoded);
        self.pieces.push(Piece { text: start..self.text.len(), file, verbatim });
    }

    /// The decoded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's span of a range of bytes of the decoded text, exact at both ends: an escape is
    /// covered whole, a swallowed line break at either end is not.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.file_start(range.start);
        let end = if range.end <= range.start { start } else { self.file_end(range.end) };
        Span::new(self.source, start, end)
    }

    /// The file's span of the whole text, without quotes.
    #[must_use]
    pub fn whole(&self) -> Span {
        Span::new(self.source, self.inner.start, self.inner.end)
    }

    /// The file's span of the whole text with its quotes, for a text without characters.
    #[must_use]
    pub fn quoted(&self) -> Span {
        Span::new(self.source, self.outer.start, self.outer.end)
    }

    /// Where the character that begins at byte `offset` of the text begins in the file.
    fn file_start(&self, offset: usize) -> usize {
        let index = self.pieces.partition_point(|p| p.text.end <= offset);
        match self.pieces.get(index) {
            Some(p) if p.verbatim => p.file.start.saturating_add(offset.saturating_sub(p.text.start)),
            Some(p) => p.file.start,
            None => self.inner.end,
        }
    }

    /// Where the character that ends at byte `offset` of the text ends in the file.
    fn file_end(&self, offset: usize) -> usize {
        let index = self.pieces.partition_point(|p| p.text.end < offset);
        match self.pieces.get(index) {
            Some(p) if p.verbatim => p.file.start.saturating_add(offset.saturating_sub(p.text.start)),
            Some(p) => p.file.end,
            None => self.inner.end,
        }
    }
}

/// The bytes that a backslash at the end of a line swallows: itself and all white space up to the
/// next character that shows. None where `rest` does not begin with one.
fn continued_line(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\\')?;
    let line = after.trim_start_matches([' ', '\t']);
    if !line.starts_with('\n') && !line.starts_with("\r\n") {
        return None;
    }
    rest.len().checked_sub(after.trim_start_matches([' ', '\t', '\r', '\n']).len())
}

/// The character that the escape at the start of `rest` stands for, and the escape's bytes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let hexadecimal = |digits: usize| {
        let end = digits.checked_add(2)?;
        let text = rest.get(2..end)?;
        let all_digits = text.bytes().all(|b| b.is_ascii_hexdigit());
        let code = u32::from_str_radix(text, 16).ok().filter(|_| all_digits)?;
        Some((char::from_u32(code)?, end))
    };
    match rest.as_bytes().get(1)? {
        b'b' => Some(('\u{8}', 2)),
        b't' => Some(('\t', 2)),
        b'n' => Some(('\n', 2)),
        b'f' => Some(('\u{c}', 2)),
        b'r' => Some(('\r', 2)),
        b'e' => Some(('\u{1b}', 2)),
        b'"' => Some(('"', 2)),
        b'\\' => Some(('\\', 2)),
        b'x' => hexadecimal(2),
        b'u' => hexadecimal(4),
        b'U' => hexadecimal(8),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, clippy::arithmetic_side_effects)] // a test that slips may panic
mod tests {
    use super::*;
    use proptest::prelude::*;
    use toml::de::{DeTable, DeValue};

    /// Decodes the value of `v = ...` and checks it against what `toml` itself reads.
    fn decoded(file: &str) -> TextMap {
        let table = DeTable::parse(file).unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let (_, value) = table.get_ref().iter().next().unwrap();
        let DeValue::String(expected) = value.get_ref() else { panic!("{file:?} holds no string") };
        let map = TextMap::of(SourceId(3), file, value.span()).unwrap_or_else(|| panic!("{file:?}"));
        assert_eq!(map.text(), expected.as_ref(), "{file:?}");
        map
    }

    /// The file's characters under the first occurrence of `needle` in the decoded text.
    fn under<'a>(file: &'a str, map: &TextMap, needle: &str) -> &'a str {
        let start = map.text().find(needle).unwrap();
        &file[map.span(start..start + needle.len()).range()]
    }

    #[test]
    fn every_quoting_style_is_decoded_as_toml_decodes_it() {
        for file in [
            r#"v = "a + b""#,
            r#"v = """#,
            r#"v = ''"#,
            r#"v = """""""#,
            r#"v = '''''' "#,
            r#"v = 'a "b" \n c'"#,
            r#"v = "tab\tquote\"back\\ e\e x\x41 u\u00e9 U\U0001F600 \b\f\r\n""#,
            "v = \"\"\"\nfirst\nsecond \"\"quoted\"\" \\\n\n   joined\\  \r\n\t here\"\"\"",
            "v = \"\"\"\r\nfirst\r\nsecond\"\"\"",
            "v = '''\nraw \\n 'x' ''y''\n'''",
            "v = \"\"\"\"quoted\"\"\"\"\"",
            "v = \"\"\"\\\n  trimmed\"\"\"",
            "v = \"\"\"end \\\n  \"\"\"",
        ] {
            decoded(file);
        }
    }

    #[test]
    fn spans_are_exact_through_escapes() {
        let file = r#"v = "a = \"x\" and \u0062b < c""#;
        let map = decoded(file);
        assert_eq!(under(file, &map, "\"x\""), r#"\"x\""#);
        assert_eq!(under(file, &map, "x"), "x");
        assert_eq!(under(file, &map, "bb"), r"\u0062b");
        assert_eq!(under(file, &map, "c"), "c");
        assert_eq!(&file[map.whole().range()], r#"a = \"x\" and \u0062b < c"#);
        assert_eq!(map.quoted().range(), 4..file.len());
        assert_eq!(map.span(0..1).source, SourceId(3));
    }

    #[test]
    fn spans_are_exact_through_trimmed_and_continued_lines() {
        let file = "v = \"\"\"\nmin(a,\\\n   b) + \u{e9}c\"\"\"";
        let map = decoded(file);
        assert_eq!(under(file, &map, "min"), "min");
        assert_eq!(under(file, &map, "a,"), "a,", "the continued line after it is not covered");
        assert_eq!(under(file, &map, "b)"), "b)", "the continued line before it is not covered");
        assert_eq!(under(file, &map, ",b"), ",\\\n   b");
        assert_eq!(under(file, &map, "\u{e9}c"), "\u{e9}c");
    }

    #[test]
    fn an_empty_span_stays_empty_and_a_span_past_the_end_ends_with_the_text() {
        let file = "v = \"ab\"";
        let map = decoded(file);
        assert_eq!(map.span(2..2).range(), 7..7);
        assert_eq!(map.span(1..9).range(), 6..7);
        assert_eq!(map.span(9..12).range(), 7..7);
    }

    #[test]
    fn keys_are_decoded_with_and_without_quotes() {
        let file = "\"§4(a)\" = { rule = 'x' }\nbare-key = 1\n";
        let table = DeTable::parse(file).unwrap();
        for (key, _) in table.get_ref() {
            let map = TextMap::of(SourceId(0), file, key.span()).unwrap();
            assert_eq!(map.text(), key.get_ref().as_ref());
            assert_eq!(&file[map.whole().range()], key.get_ref().as_ref());
        }
    }

    #[test]
    fn what_is_no_toml_string_is_refused_without_a_panic() {
        for raw in [r#""\q""#, r#""\u12""#, r#""\ud800""#, r#""\x+1""#, "\"", "'''", "\"a\nb\"", r#""a\""#] {
            assert_eq!(TextMap::of(SourceId(0), raw, 0..raw.len()), None, "{raw:?}");
        }
        assert_eq!(TextMap::of(SourceId(0), "abc", 2..9), None);
        assert_eq!(TextMap::of(SourceId(0), "é", 1..2), None);
    }

    #[test]
    fn plain_text_maps_to_itself() {
        let map = TextMap::plain(SourceId(1), "a + b", 10);
        assert_eq!((map.text(), map.span(4..5).range(), map.whole().range()), ("a + b", 14..15, 10..15));
    }

    /// Writes `text` with random choices among the escapes that a basic string allows.
    fn encode_basic(text: &str, choices: &[u8], multiline: bool) -> String {
        let mut out = String::new();
        for (i, c) in text.chars().enumerate() {
            let choice = choices.get(i % choices.len().max(1)).copied().unwrap_or(0);
            if multiline && choice.is_multiple_of(7) {
                out.push_str(["\\\n", "\\  \n\t ", "\\\r\n  \r\n"][usize::from(choice) % 3]);
                // White space after a continued line would be swallowed, so it has to be escaped.
                if c.is_ascii_whitespace() {
                    out.push_str(&format!("\\u{:04x}", u32::from(c)));
                    continue;
                }
            }
            let code = u32::from(c);
            match (choice % 5, c) {
                (0, _) => out.push_str(&format!("\\U{code:08X}")),
                (1, _) if code <= 0xffff => out.push_str(&format!("\\u{code:04x}")),
                (2, _) if code <= 0xff => out.push_str(&format!("\\x{code:02x}")),
                (_, '\n') if multiline => out.push('\n'),
                (_, '\t') => out.push_str("\\t"),
                (_, '"') => out.push_str("\\\""),
                (_, '\\') => out.push_str("\\\\"),
                (_, c) if c.is_control() => out.push_str(&format!("\\u{code:04X}")),
                (_, c) => out.push(c),
            }
        }
        out
    }

    proptest! {
        #[test]
        fn decoding_equals_tomls_own_and_every_character_is_found_again(
            text in "[ -~\\n\\t\u{e9}\u{2212}\u{1F600}]{0,40}",
            choices in prop::collection::vec(any::<u8>(), 1..20),
            style in 0_u8..4,
        ) {
            let file = match style {
                0 => format!("v = \"{}\"", encode_basic(&text, &choices, false)),
                1 => format!("v = \"\"\"\n{}\"\"\"", encode_basic(&text, &choices, true)),
                2 => format!("v = '{}'", text.replace(['\'', '\n'], "_")),
                _ => format!("v = '''\r\n{}'''", text.replace('\'', "_")),
            };
            let map = decoded(&file);
            for (start, c) in map.text().char_indices() {
                let written = &file[map.span(start..start + c.len_utf8()).range()];
                let escape_of_one = written.starts_with('\\') && written.len() > 1;
                prop_assert!(written == c.to_string() || escape_of_one, "{file:?} {c:?} {written:?}");
                prop_assert_eq!(&TextMap::of(SourceId(0), &format!("\"{written}\""), 0..written.len() + 2)
                    .map_or_else(|| written.to_owned(), |m| m.text().to_owned()), &c.to_string());
            }
        }
    }
}
