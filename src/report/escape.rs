//! Characters that a terminal would obey, or that would hide or reorder text, are written out.

use std::fmt::Write as _;

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

#[cfg(test)]
mod tests {
    use super::*;

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
