//! The statements of a TOML text (headers, entries, remarks, empty lines), and each of them laid out.

use std::ops::Range;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// How much deeper the lines inside a bracket stand.
const STEP: usize = 2;

/// One mark of the TOML, and where it stands.
type Mark = (TokenKind, Range<usize>);

/// One statement: everything up to a line end outside all brackets.
pub(super) struct Statement {
    marks: Vec<Mark>,
}

/// The statements of a text, in order.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut marks: Vec<Mark> = Vec::new();
    let mut depth = 0_usize;
    for token in Source::new(text).lex() {
        let kind = token.kind();
        match kind {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth = depth.saturating_add(1),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        if kind != TokenKind::Eof {
            marks.push((kind, token.span().start()..token.span().end()));
        }
        if kind == TokenKind::Eof && !marks.is_empty() || kind == TokenKind::Newline && depth == 0 {
            found.push(Statement { marks: std::mem::take(&mut marks) });
        }
    }
    found
}

impl Statement {
    /// Whether it is an empty line.
    pub(super) fn is_blank(&self) -> bool {
        self.marks.iter().all(|(kind, _)| matches!(kind, TokenKind::Whitespace | TokenKind::Newline))
    }

    /// Its characters.
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        let place = self.marks.first().zip(self.marks.last()).map(|(a, b)| a.1.start..b.1.end);
        place.and_then(|place| text.get(place)).unwrap_or("")
    }

    /// Writes it without its line end. `formula` answers a string that holds one, laid out for a line
    /// that begins at a column.
    pub(super) fn lay_out(
        &self,
        text: &str,
        out: &mut String,
        formula: &dyn Fn(Range<usize>, usize) -> Option<String>,
    ) {
        let marks: Vec<&Mark> =
            self.marks.iter().filter(|(kind, _)| *kind != TokenKind::Whitespace).collect();
        let header = marks.first().is_some_and(|(kind, _)| *kind == TokenKind::LeftSquareBracket);
        // Where the line begins that each open bracket stands in.
        let mut open: Vec<usize> = Vec::new();
        let (mut line, mut breaks) = (0_usize, 0_usize);
        let mut before: Option<&Mark> = None;
        for mark in marks {
            let (kind, place) = mark;
            if *kind == TokenKind::Newline {
                breaks = breaks.saturating_add(1);
                continue;
            }
            let closes = matches!(kind, TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket);
            if breaks > 0 {
                let outer = open.last().copied();
                line = match outer {
                    Some(outer) if closes => outer,
                    Some(outer) => outer.saturating_add(STEP),
                    None => 0,
                };
                let empty = breaks > 1 && !closes && !before.is_some_and(opens);
                out.push_str(if empty { "\n\n" } else { "\n" });
                out.extend(std::iter::repeat_n(' ', line));
            } else if let Some(before) = before {
                // Remarks of several lines may stand below each other.
                let aligned = before.1.end.saturating_add(2)..place.start;
                let is_blank = |c: char| c == ' ';
                if *kind == TokenKind::Comment
                    && text.get(aligned.clone()).is_some_and(|gap| gap.chars().all(is_blank))
                {
                    out.extend(std::iter::repeat_n(' ', aligned.len()));
                }
                out.push_str(blank(before, mark, header));
            }
            breaks = 0;
            if closes {
                open.pop();
            } else if opens(mark) {
                open.push(line);
            }
            let raw = text.get(place.clone()).unwrap_or("");
            match formula(place.clone(), line) {
                Some(laid) => out.push_str(&laid),
                None if *kind == TokenKind::Comment => out.push_str(raw.trim_end()),
                None => out.push_str(raw),
            }
            before = Some(mark);
        }
    }
}

fn opens(mark: &Mark) -> bool {
    matches!(mark.0, TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket)
}

/// What stands between two marks of a line.
fn blank(before: &Mark, mark: &Mark, header: bool) -> &'static str {
    use TokenKind as T;
    let apart = before.1.end < mark.1.start;
    match (before.0, mark.0) {
        (_, T::Comment) => "  ",
        _ if header => "",
        (T::LeftCurlyBracket, T::RightCurlyBracket) => "",
        (T::Equals | T::Comma, _) | (_, T::Equals) => " ",
        (T::LeftCurlyBracket, _) | (_, T::RightCurlyBracket) => " ",
        (T::Dot | T::LeftSquareBracket, _) | (_, T::Dot | T::Comma | T::RightSquareBracket) => "",
        _ if apart => " ",
        _ => "",
    }
}
