//! Characters that a terminal would obey, or that would hide or reorder text, are written out.

use std::fmt::Write as _;
#[cfg(feature = "cli")]
use std::io;

/// Whether `c` must not reach a terminal: control characters (escapes, C1 controls), marks that
/// reverse the direction of writing, invisible spaces and the separators of lines.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// Appends `c`, written out where it is unsafe: `\u{1b}`.
pub(super) fn push(out: &mut String, c: char) {
    if is_unsafe(c) {
        // `escape_default` would also write out every letter that is not ASCII, so it is asked
        // only about the unsafe ones.
        out.extend(c.escape_default());
    } else {
        out.push(c);
    }
}

/// The text on one line: a line break, with the white space around it, becomes one space.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']).map(str::trim_ascii).filter(|line| !line.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        line.chars().for_each(|c| push(&mut out, c));
    }
    out
}

/// The text with its line breaks kept and all else that is unsafe written out.
#[cfg(feature = "cli")]
pub(super) fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim_ascii().replace("\r\n", "\n").chars() {
        if c == '\n' { out.push(c) } else { push(&mut out, c) }
    }
    out
}

/// A JSON text in which the unsafe characters that JSON allows as they are stand as `\u009b`.
/// Such characters occur within its strings alone.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c >= '\u{7f}' && is_unsafe(c) {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Writes text on, with the characters that a terminal would obey written out as JSON does, `\u001b`;
/// the ends of lines and tabs stay.
#[cfg(feature = "cli")]
pub(crate) struct Visible<'w> {
    inner: &'w mut dyn io::Write,
    /// Bytes of a character that is not whole yet.
    begun: Vec<u8>,
}

#[cfg(feature = "cli")]
impl<'w> Visible<'w> {
    pub(crate) fn new(inner: &'w mut dyn io::Write) -> Self {
        Self { inner, begun: Vec::new() }
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = String::with_capacity(bytes.len());
        for c in String::from_utf8_lossy(bytes).chars() {
            if is_unsafe(c) && !matches!(c, '\n' | '\t') {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            } else {
                out.push(c);
            }
        }
        self.inner.write_all(out.as_bytes())
    }
}

#[cfg(feature = "cli")]
impl io::Write for Visible<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            // Bytes that are no text at all are passed on too, as the sign for them.
            Err(error) => match error.error_len() {
                Some(_) => self.begun.len(),
                None => error.valid_up_to(),
            },
        };
        let rest = self.begun.split_off(whole);
        let text = std::mem::replace(&mut self.begun, rest);
        self.pass(&text)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.begun);
        self.pass(&rest)?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "cli")]
    #[test]
    fn what_a_terminal_would_obey_is_visible_however_the_text_is_cut() {
        use std::io::Write as _;
        let text = "a\tb\r\n\u{1b}[31mé\u{9b}2J\u{202e}価";
        for size in 1..=text.len() {
            let mut out: Vec<u8> = Vec::new();
            let mut visible = Visible::new(&mut out);
            for piece in text.as_bytes().chunks(size) {
                visible.write_all(piece).unwrap();
            }
            visible.flush().unwrap();
            let shown = String::from_utf8(out).unwrap();
            assert_eq!(shown, "a\tb\\u000d\n\\u001b[31mé\\u009b2J\\u202e価");
        }
    }

    #[test]
    fn escapes_of_a_terminal_and_reversing_marks_are_written_out() {
        assert_eq!(
            one_line("a\u{1b}[31m\u{9b}2J\u{202e}b\tc\u{7f}"),
            "a\\u{1b}[31m\\u{9b}2J\\u{202e}b\\tc\\u{7f}"
        );
        assert_eq!(one_line("prix d’été − 価格 👨‍👩‍👧"), "prix d’été − 価格 👨‍👩‍👧");
    }

    #[cfg(feature = "cli")]
    #[test]
    fn line_breaks_become_a_space_or_are_kept() {
        assert_eq!(one_line("\na \r\n  b\rc\n\n"), "a b c");
        assert_eq!(lines("\na\r\nb\rc\n"), "a\nb\\rc");
    }

    #[test]
    fn json_stays_json() {
        let text = "\u{9b}2J\u{7f}\u{2028}\u{1b}é";
        let written = json(&serde_json::to_string(text).unwrap());
        assert_eq!(written, "\"\\u009b2J\\u007f\\u2028\\u001bé\"");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
