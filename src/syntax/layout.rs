//! Formulas and types laid out anew: blanks between their words, and where each line begins. Line
//! breaks, remarks and literals stay as their author wrote them.

use super::ast::{Expr, ExprKind};
use super::equality::same_formula;
use super::fault::Language;
use super::frames::Frames;
use super::scan::{Kind, Token, scan};
use super::{parse_expr, parse_type, print_type};
use crate::limits::Limits;
use crate::source::{SourceId, TextMap};
use std::ops::Range;

/// The formula with its words apart as the reference writes them and its lines aligned, the first one
/// at column `margin`. None where it cannot be read, or would not be the same formula.
#[must_use]
pub fn lay_out_expr(text: &str, margin: usize, limits: &Limits) -> Option<String> {
    let read = |text: &str| parse_expr(&TextMap::plain(SourceId(0), text, 0), limits).ok();
    let expr = read(text)?;
    let mut literals = Vec::new();
    figures(&expr, &mut literals);
    let laid = lay_out(text, Language::Formula, &literals, margin)?;
    read(&laid).filter(|after| same_formula(&expr, after)).map(|_| laid)
}

/// The type in the same way.
#[must_use]
pub fn lay_out_type(text: &str, margin: usize, limits: &Limits) -> Option<String> {
    let read = |text: &str| parse_type(&TextMap::plain(SourceId(0), text, 0), limits).ok();
    let before = print_type(&read(text)?);
    let laid = lay_out(text, Language::Type, &[], margin)?;
    (print_type(&read(&laid)?) == before).then_some(laid)
}

/// Where figures stand, with their units: their blanks are part of what they say.
fn figures(expr: &Expr, into: &mut Vec<Range<usize>>) {
    if matches!(expr.kind, ExprKind::Number { .. }) {
        into.push(expr.span.range());
    }
    expr.children(&mut |part| figures(part, into));
}

/// One word, mark or literal, and what stands before it.
struct Piece<'a> {
    token: Token<'a>,
    /// A remark behind the piece before it, on the same line.
    behind: Option<&'a str>,
    /// Remarks on lines of their own; none for an empty line.
    above: Vec<Option<&'a str>>,
    /// Whether it begins a line.
    begins: bool,
}

fn lay_out(text: &str, language: Language, literals: &[Range<usize>], margin: usize) -> Option<String> {
    let tokens = joined(text, scan(text, language).ok()?, literals);
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut end = 0;
    for token in tokens {
        pieces.push(piece(text.get(end..token.start)?, token, end == 0));
        end = token.end();
    }
    let last = remarks(text.get(end..)?);
    let mut out = String::new();
    let mut frames = Frames::new(margin);
    let mut column = margin;
    for (index, piece) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| pieces.get(i)).map(|p| &p.token);
        let earlier = index.checked_sub(2).and_then(|i| pieces.get(i)).map(|p| &p.token);
        let after = pieces.get(index.saturating_add(1)).map(|p| &p.token);
        let plain = is_plain(before, &piece.token, after, language);
        if !plain {
            frames.close(&piece.token, after);
        }
        behind(&mut out, piece.behind);
        let first = out.is_empty() && piece.above.is_empty();
        if piece.begins || first {
            column = frames.column(&piece.token, plain);
            lines(&mut out, &piece.above, column);
            if !first {
                begin(&mut out, column);
            }
            frames.begin(column);
        } else if spaced(earlier, before, &piece.token, language) {
            out.push(' ');
            column = column.saturating_add(1);
        }
        frames.place((&piece.token, after), column, plain, piece.begins);
        out.push_str(piece.token.text);
        column = column.saturating_add(piece.token.text.chars().count());
    }
    behind(&mut out, last.0);
    lines(&mut out, &last.1, margin);
    Some(out)
}

/// Tokens, those of one figure made one.
fn joined<'a>(text: &'a str, tokens: Vec<Token<'a>>, literals: &[Range<usize>]) -> Vec<Token<'a>> {
    let mut literals: Vec<&Range<usize>> = literals.iter().collect();
    literals.sort_unstable_by_key(|place| place.start);
    let mut joined: Vec<Token<'a>> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let after = literals.partition_point(|place| place.start <= token.start);
        let place = after.checked_sub(1).and_then(|i| literals.get(i)).filter(|p| token.start < p.end);
        match (place, joined.last_mut()) {
            (Some(place), Some(last)) if last.start >= place.start => {
                last.text = text.get(last.start..token.end()).unwrap_or(last.text);
            }
            (Some(_), _) => joined.push(Token { kind: Kind::Number, ..token }),
            (None, _) => joined.push(token),
        }
    }
    fractions(text, joined)
}

/// Tokens, those of a fraction of whole numbers made one where no blank stands in it: `3/11`.
fn fractions<'a>(text: &'a str, tokens: Vec<Token<'a>>) -> Vec<Token<'a>> {
    let whole = |t: &Token<'_>| t.kind == Kind::Number && t.text.bytes().all(|b| b.is_ascii_digit());
    let mut found: Vec<Token<'a>> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if let [.., above, slash] = found.as_slice()
            && slash.is_mark("/")
            && whole(&token)
            && whole(above)
            && slash.end() == token.start
            && above.end() == slash.start
        {
            let start = above.start;
            let text = text.get(start..token.end()).unwrap_or("");
            found.truncate(found.len().saturating_sub(2));
            found.push(Token { kind: Kind::Number, text, start });
        } else {
            found.push(token);
        }
    }
    found
}

/// A token with the remarks and line breaks of the gap before it.
fn piece<'a>(gap: &'a str, token: Token<'a>, is_first: bool) -> Piece<'a> {
    let (mut behind, mut above) = remarks(gap);
    let mut begins = gap.contains('\n');
    if is_first {
        // A remark at the very beginning stands above what it speaks of.
        above.splice(0..0, behind.take().map(Some));
        while above.first().is_some_and(Option::is_none) {
            above.remove(0);
        }
        begins = !above.is_empty();
    }
    Piece { token, behind, above, begins }
}

/// The remarks of a gap: the one behind what comes before, and the lines of their own, several empty
/// lines made one.
fn remarks(gap: &str) -> (Option<&str>, Vec<Option<&str>>) {
    let mut found = gap.split('\n').map(|line| Some(line.trim()).filter(|l| !l.is_empty()));
    let behind = found.next().flatten();
    let mut above: Vec<Option<&str>> = found.collect();
    // The last stretch is the indentation of what follows.
    if above.last().is_some_and(Option::is_none) {
        above.pop();
    }
    above.dedup_by(|a, b| a.is_none() && b.is_none());
    (behind, above)
}

fn behind(out: &mut String, remark: Option<&str>) {
    if let Some(remark) = remark {
        out.push_str("  ");
        out.push_str(remark);
    }
}

fn lines(out: &mut String, above: &[Option<&str>], column: usize) {
    for line in above {
        match line {
            None => out.push('\n'),
            Some(remark) => {
                if !out.is_empty() {
                    begin(out, column);
                }
                out.push_str(remark);
            }
        }
    }
}

fn begin(out: &mut String, column: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', column));
}

/// Whether a word is a name where it stands, whatever it means elsewhere: behind a point, before a colon.
fn is_plain(
    before: Option<&Token<'_>>,
    token: &Token<'_>,
    after: Option<&Token<'_>>,
    language: Language,
) -> bool {
    token.kind == Kind::Word
        && (language == Language::Type
            || before.is_some_and(|t| t.is_mark("."))
            || after.is_some_and(|t| t.is_mark(":")))
}

/// Whether a blank stands between two tokens of a line.
fn spaced(
    earlier: Option<&Token<'_>>,
    before: Option<&Token<'_>>,
    token: &Token<'_>,
    language: Language,
) -> bool {
    let Some(before) = before else { return false };
    let mark = |token: &Token<'_>, marks: &[&str]| token.kind == Kind::Mark && marks.contains(&token.text);
    if mark(before, &["(", "[", "."]) || mark(token, &[")", "]", ",", ";", ":", ".", "?"]) {
        return false;
    }
    if language == Language::Type {
        return !mark(before, &["/", "*"]) && !mark(token, &["/", "*"]);
    }
    if mark(before, &["{"]) || mark(token, &["}"]) {
        return !(mark(before, &["{"]) && mark(token, &["}"]));
    }
    // A word behind a point is a field, also where it is a word of the language elsewhere.
    let is_value = |token: &Token<'_>, before: Option<&Token<'_>>| {
        token.ends_value() || (token.kind == Kind::Word && before.is_some_and(|t| t.is_mark(".")))
    };
    let value = is_value(before, earlier);
    if mark(token, &["(", "["]) {
        return !(value && matches!(before.kind, Kind::Word | Kind::Mark));
    }
    if mark(before, &["-", "−"]) {
        // A sign belongs to what follows; a minus stands between two values.
        return earlier.is_some_and(Token::ends_value);
    }
    true
}
