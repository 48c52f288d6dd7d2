//! Formulas as their author wrote them, each name linked to its definition.

use super::anchors::Anchors;
use super::model::{Formula, Link, Piece, Style, Target};
use super::uses::each_formula;
use super::words::clean_lines;
use crate::ir::{Expr, ExprKind, Holder, Program, walk};
use crate::source::{SourceId, Span, TextMap};
use crate::syntax::KEYWORDS;
use crate::value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml_parser::lexer::TokenKind;

/// Finds the text of formulas in the plan's files, and what their words mean.
pub(super) struct Formulas<'p> {
    program: &'p Program,
    anchors: &'p Anchors<'p>,
    /// The TOML strings of each file, in order.
    strings: BTreeMap<SourceId, Vec<Range<usize>>>,
    /// Names by their first byte, and members after a dot by the byte after their last.
    heads: BTreeMap<(SourceId, u32), Link>,
    tails: BTreeMap<(SourceId, u32), Link>,
    /// Names of enumerations, by their first byte.
    symbols: BTreeSet<(SourceId, u32)>,
}

impl<'p> Formulas<'p> {
    /// Reads where the names of a plan's formulas stand.
    pub fn new(program: &'p Program, anchors: &'p Anchors<'p>) -> Self {
        let strings = program.sources.iter().map(|(id, source)| (id, strings(&source.text))).collect();
        let mut formulas = Self {
            program,
            anchors,
            strings,
            heads: BTreeMap::new(),
            tails: BTreeMap::new(),
            symbols: BTreeSet::new(),
        };
        each_formula(program, &mut |_, formula| walk(formula, &mut |part| formulas.note(part)));
        formulas
    }

    fn note(&mut self, part: &Expr) {
        let (anchors, span) = (self.anchors, part.span);
        let head = |link: Link| Some((true, link));
        let tail = |link: Link| Some((false, link));
        let found = match &part.kind {
            ExprKind::Rule(id) => head(anchors.rule(*id)),
            ExprKind::Record(record) => head(anchors.holder(Holder::Record(*record))),
            ExprKind::Table(table) | ExprKind::Lookup(table, _) => {
                head(anchors.holder(Holder::Table(*table)))
            }
            ExprKind::Term(index, _) => head(anchors.term(*index)),
            ExprKind::Call(id, _) => head(anchors.function(*id)),
            ExprKind::Builtin(builtin, _) => head(Anchors::builtin(builtin)),
            ExprKind::Const(Value::Calendar(index)) => head(anchors.calendar(*index as usize)),
            ExprKind::Const(Value::Symbol(_)) => {
                self.symbols.insert((span.source, self.trimmed(span).start));
                None
            }
            ExprKind::Input { record, field } => tail(anchors.field(Holder::Record(*record), *field)),
            ExprKind::RowField(row, field) => match row.ty.required() {
                Type::Row(table) => tail(anchors.field(Holder::Table(*table), *field)),
                _ => None,
            },
            ExprKind::RowRule(_, id) | ExprKind::ClauseOf(id, _) | ExprKind::ReasonsOf(id, _) => {
                tail(anchors.rule(*id))
            }
            ExprKind::Assumption(index) => tail(anchors.assumption(*index)),
            _ => None,
        };
        let place = self.trimmed(span);
        match found {
            Some((true, link)) => self.heads.insert((span.source, place.start), link),
            Some((false, link)) => self.tails.insert((span.source, place.end), link),
            None => None,
        };
    }

    /// A span without the brackets and blanks around what it covers.
    fn trimmed(&self, span: Span) -> Range<u32> {
        let text = self.program.sources.slice(span);
        let blank = |c: char| c == '(' || c == ')' || c.is_whitespace();
        // A call ends with its own bracket, which is no matter: calls are found by their first byte.
        let before = text.len().saturating_sub(text.trim_start_matches(blank).len());
        let after = text.len().saturating_sub(text.trim_end_matches(blank).len());
        let (before, after) = (u32::try_from(before).unwrap_or(0), u32::try_from(after).unwrap_or(0));
        span.start.saturating_add(before)..span.end.saturating_sub(after)
    }

    /// The whole formula that a span is in, or is.
    pub fn formula(&self, span: Span) -> Formula {
        let Some(map) = self.text(span) else { return Formula::default() };
        let tokens = tokens(map.text());
        let words: Vec<(Token, Option<Link>)> = tokens
            .into_iter()
            .map(|t| {
                let link = self.meaning(&map, &t);
                (t, link)
            })
            .collect();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut rest = words.as_slice();
        while let Some(((token, link), after)) = rest.split_first() {
            rest = after;
            let text = map.text().get(token.at.clone()).unwrap_or("");
            // `period.fmv_first` is one name, and so is `assumption.residual`.
            if let [(dot, _), (member, Some(found)), more @ ..] = after
                && map.text().get(dot.at.clone()) == Some(".")
            {
                let name = map.text().get(member.at.clone()).unwrap_or("");
                let whole = format!("{text}.{name}");
                if found.text == whole || (found.target == Target::Assumption && text == "assumption") {
                    pieces.push(Piece::Name(Link { text: whole, ..found.clone() }));
                    rest = more;
                    continue;
                }
            }
            match link {
                Some(link) => pieces.push(Piece::Name(Link { text: text.to_owned(), ..link.clone() })),
                None => plain(&mut pieces, self.style(&map, token, text), text),
            }
        }
        trim(&mut pieces);
        Formula { pieces }
    }

    /// A term's value: a constant, its figures grouped as documents group them.
    pub fn constant(&self, span: Span) -> Formula {
        let mut formula = self.formula(span);
        for piece in &mut formula.pieces {
            if let Piece::Plain(Style::Number, text) = piece {
                *text = text.replace('_', ",");
            }
        }
        formula
    }

    fn text(&self, span: Span) -> Option<TextMap> {
        let source = self.program.sources.get(span.source)?;
        let range = span.range();
        let strings = self.strings.get(&span.source)?;
        let index = strings.partition_point(|s| s.end < range.end);
        let string = strings.get(index).filter(|s| s.start <= range.start && range.end <= s.end);
        match string {
            Some(string) => TextMap::of(span.source, &source.text, string.clone()),
            None => Some(TextMap::plain(span.source, self.program.sources.slice(span), range.start)),
        }
    }

    fn meaning(&self, map: &TextMap, token: &Token) -> Option<Link> {
        if token.kind != Kind::Word {
            return None;
        }
        let span = map.span(token.at.clone());
        let found =
            self.tails.get(&(span.source, span.end)).or_else(|| self.heads.get(&(span.source, span.start)));
        found.cloned().or_else(|| {
            // Constants are kept by value, so their names are looked up as names.
            let text = map.text().get(token.at.clone())?;
            let is_constant =
                self.program.terms.iter().any(|t| t.versions.iter().any(|v| covers(map, v.span)));
            let index = self.program.terms.iter().position(|t| is_constant && &*t.name.value == text)?;
            Some(self.anchors.term(index))
        })
    }

    fn style(&self, map: &TextMap, token: &Token, text: &str) -> Style {
        match token.kind {
            Kind::Number => Style::Number,
            Kind::Text => Style::Text,
            Kind::Remark => Style::Remark,
            Kind::Other => Style::Plain,
            Kind::Word => {
                let span = map.span(token.at.clone());
                if self.symbols.contains(&(span.source, span.start)) {
                    Style::Symbol
                } else if KEYWORDS.contains(&text) {
                    Style::Keyword
                } else {
                    Style::Plain
                }
            }
        }
    }
}

fn covers(map: &TextMap, span: Span) -> bool {
    let whole = map.quoted();
    whole.source == span.source && whole.start <= span.start && span.end <= whole.end
}

fn plain(pieces: &mut Vec<Piece>, style: Style, text: &str) {
    let text = clean_lines(text);
    match pieces.last_mut() {
        Some(Piece::Plain(last, before)) if *last == style => before.push_str(&text),
        _ => pieces.push(Piece::Plain(style, text)),
    }
}

/// Leaves out blanks at both ends.
fn trim(pieces: &mut Vec<Piece>) {
    if let Some(Piece::Plain(_, text)) = pieces.first_mut() {
        *text = text.trim_start().to_owned();
    }
    if let Some(Piece::Plain(_, text)) = pieces.last_mut() {
        *text = text.trim_end().to_owned();
    }
    pieces.retain(|p| !matches!(p, Piece::Plain(_, text) if text.is_empty()));
}

/// The strings of a TOML text, in order.
fn strings(text: &str) -> Vec<Range<usize>> {
    let is_string = |kind: TokenKind| {
        matches!(
            kind,
            TokenKind::LiteralString
                | TokenKind::BasicString
                | TokenKind::MlLiteralString
                | TokenKind::MlBasicString
        )
    };
    toml_parser::Source::new(text)
        .lex()
        .filter(|token| is_string(token.kind()))
        .map(|token| token.span().start()..token.span().end())
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    Remark,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    kind: Kind,
    at: Range<usize>,
}

/// A formula cut into words, numbers with their units, texts, remarks, and all else one by one.
fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut start = 0_usize;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = token(rest);
        let end = start.saturating_add(length.max(1)).min(text.len());
        found.push(Token { kind, at: start..end });
        start = end;
    }
    found
}

fn token(rest: &str) -> (Kind, usize) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = |taken: fn(char) -> bool| rest.find(|c| !taken(c)).unwrap_or(rest.len());
    match rest.chars().next() {
        Some('#') => (Kind::Remark, rest.find('\n').unwrap_or(rest.len())),
        Some(quote @ ('"' | '\'')) => {
            let close =
                rest.char_indices().skip(1).find(|(_, c)| *c == quote).map(|(i, _)| i.saturating_add(1));
            (Kind::Text, close.unwrap_or(rest.len()))
        }
        Some(c) if c.is_ascii_digit() => (Kind::Number, number(rest)),
        Some(c) if word(c) => (Kind::Word, length(|c| c.is_ascii_alphanumeric() || c == '_')),
        Some(c) if c.is_whitespace() => (Kind::Other, length(char::is_whitespace)),
        Some(c) => (Kind::Other, c.len_utf8()),
        None => (Kind::Other, 0),
    }
}

/// How far a number goes: its digits, a fraction, a percent sign, or a unit after a blank; or a date.
fn number(rest: &str) -> usize {
    let digits =
        |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.').unwrap_or(text.len());
    let after = |at: usize| rest.get(at..).unwrap_or("");
    let mut end = digits(rest);
    while let Some(more) =
        after(end).strip_prefix('-').filter(|m| end >= 4 && m.starts_with(|c: char| c.is_ascii_digit()))
    {
        let two = more.find(|c: char| !c.is_ascii_digit()).unwrap_or(more.len());
        if two != 2 {
            break;
        }
        end = end.saturating_add(3);
    }
    // `66 2/3%`, `1 5/16 USD/share`
    if let Some(more) = after(end).strip_prefix(' ') {
        let above = digits(more);
        if let Some(below) = more.get(above..).and_then(|m| m.strip_prefix('/')).filter(|_| above > 0)
            && digits(below) > 0
        {
            end = end.saturating_add(2).saturating_add(above).saturating_add(digits(below));
        }
    }
    if after(end).starts_with('%') {
        return end.saturating_add(1);
    }
    let unit = after(end).strip_prefix(' ').unwrap_or("");
    let word = unit.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(unit.len());
    let first = unit.get(..word).unwrap_or("");
    if first.is_empty() || !first.starts_with(|c: char| c.is_ascii_alphabetic()) || KEYWORDS.contains(&first)
    {
        return end;
    }
    let whole = unit
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '/' | '*'))
        .unwrap_or(unit.len());
    end.saturating_add(1).saturating_add(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_cut_into_words_numbers_and_texts() {
        let cut = |text: &'static str| -> Vec<(Kind, &'static str)> {
            let all = tokens(text).into_iter().map(|t| (t.kind, text.get(t.at).unwrap()));
            all.filter(|(_, t)| !t.trim().is_empty()).collect()
        };
        assert_eq!(
            cut("max(0 USD, 66 2/3% * pay_2) # §8"),
            [
                (Kind::Word, "max"),
                (Kind::Other, "("),
                (Kind::Number, "0 USD"),
                (Kind::Other, ","),
                (Kind::Number, "66 2/3%"),
                (Kind::Other, "*"),
                (Kind::Word, "pay_2"),
                (Kind::Other, ")"),
                (Kind::Remark, "# §8"),
            ]
        );
        assert_eq!(cut("2001-02-28"), [(Kind::Number, "2001-02-28")]);
        assert_eq!(
            cut("0.01 USD/share in x"),
            [(Kind::Number, "0.01 USD/share"), (Kind::Word, "in"), (Kind::Word, "x")]
        );
        assert_eq!(cut("5 and \"é'\""), [(Kind::Number, "5"), (Kind::Word, "and"), (Kind::Text, "\"é'\"")]);
        assert_eq!(cut("2000-1"), [(Kind::Number, "2000"), (Kind::Other, "-"), (Kind::Number, "1")]);
    }
}
