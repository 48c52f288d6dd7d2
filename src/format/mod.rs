//! Plan files in one form: blanks, empty lines and indentation of the TOML and of the formulas in it.
//! Remarks, the order of things, line breaks and every word stay as they are.

mod statement;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::plan::{NoImports, ResolveError, ResolvedFile, Resolver, Written, read_plan};
use crate::source::{SourceMap, Span, TextMap};
use crate::syntax::{lay_out_expr, lay_out_type};
use statement::statements;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeTable;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// A file in its one form.
#[derive(Clone, Debug)]
pub struct Formatted {
    /// The text; what could not be read stands in it as it was.
    pub text: String,
    /// Faults of what was left as it was: TOML and formulas that cannot be read.
    pub left: Diagnostics,
    /// The text as it was, which the faults point into.
    pub sources: SourceMap,
}

/// Strings that hold formulas or types, by the first byte.
type Formulas = BTreeMap<usize, Written>;

/// Puts a plan, a part or a calendar into its one form. Imports are not asked for.
#[must_use]
pub fn format(name: &str, text: &str, limits: &Limits) -> Formatted {
    let (document, diagnostics) = read_plan(name, text, &Unasked, limits);
    let own = document.sources.iter().next().map(|(id, _)| id).unwrap_or_default();
    let here = |span: Span| span.source == own;
    let formulas: Formulas =
        document.written.iter().filter(|w| here(w.span)).map(|w| (w.span.range().start, *w)).collect();
    let (_, faults) = DeTable::parse_recoverable(text);
    // A line end that TOML does not know would end lines for its reader and not for ours.
    let odd_ends = text.replace("\r\n", "").contains('\r');
    let laid = lay_out(text, &formulas, !faults.is_empty(), limits);
    let keeps = !odd_ends && is_same(text, &laid, &formulas, limits);
    let text_after = if keeps { laid } else { text.to_owned() };
    let left = diagnostics.into_iter().filter(|d| is_of_form(d, &formulas)).collect();
    Formatted { text: text_after, left, sources: document.sources }
}

/// Whether a fault is one of the form: the text it stands in cannot be read.
fn is_of_form(fault: &Diagnostic, formulas: &Formulas) -> bool {
    use crate::diagnostic::Code as C;
    let of_formula = || {
        fault.primary().is_some_and(|place| {
            let place = place.range();
            let holder = formulas.range(..=place.start).next_back();
            holder.is_some_and(|(_, w)| place.start < w.span.range().end)
        })
    };
    match fault.code {
        C::TomlSyntax | C::FileNotText | C::FileTooLarge => true,
        C::FormulaSyntax | C::TypeSyntax => true,
        C::BadNumber | C::BadDate | C::TooDeep | C::PlanTooLarge => fault.code == C::TooDeep || of_formula(),
        _ => false,
    }
}

/// Answers that no import can be read: what a file imports says nothing of its form.
struct Unasked;

impl Resolver for Unasked {
    fn resolve(&self, from: &str, path: &str) -> Result<ResolvedFile, ResolveError> {
        NoImports.resolve(from, path)
    }
}

/// The text in its one form. Line ends and a byte order mark stay.
fn lay_out(text: &str, formulas: &Formulas, faulty: bool, limits: &Limits) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for statement in statements(text) {
        if statement.is_blank() {
            gap = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push('\n');
        }
        let source = statement.text(text);
        if faulty && !DeTable::parse_recoverable(source).1.is_empty() {
            out.push_str(source.trim_end_matches(['\n', '\r']));
        } else {
            statement
                .lay_out(text, &mut out, &|place, margin| formula(text, place, margin, formulas, limits));
        }
        out.push('\n');
    }
    if text.contains("\r\n") {
        out = out.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    out
}

/// A string that holds a formula or a type, laid out for a line that begins at column `margin`; none
/// for any other string and for a formula that cannot be read.
fn formula(
    text: &str,
    place: Range<usize>,
    margin: usize,
    formulas: &Formulas,
    limits: &Limits,
) -> Option<String> {
    let written = formulas.get(&place.start).filter(|w| w.span.range() == place)?;
    let raw = text.get(place)?;
    let map = TextMap::of(written.span.source, text, written.span.range())?;
    let quote = ["'''", "\"\"\"", "'", "\""].into_iter().find(|q| raw.starts_with(q))?;
    // Escapes but those of quotes and backslashes would not come back as they were written.
    let plain = raw.replace("\\\\", "").replace("\\\"", "");
    if quote.starts_with('"') && plain.contains('\\') {
        return None;
    }
    let content = map.text().replace("\r\n", "\n");
    let is_block = quote.len() == 3 && raw.contains('\n');
    let margin = if is_block { margin } else { 0 };
    let laid = if written.is_type {
        lay_out_type(&content, margin, limits)?
    } else {
        lay_out_expr(&content, margin, limits)?
    };
    let escaped = if quote.starts_with('"') { laid.replace('\\', "\\\\").replace('"', "\\\"") } else { laid };
    let indent = " ".repeat(margin);
    Some(if is_block {
        format!("{quote}\n{indent}{escaped}\n{indent}{quote}")
    } else {
        format!("{quote}{escaped}{quote}")
    })
}

/// Whether two texts say the same: the same marks, words, strings and remarks in the same order, a
/// formula for a formula that is the same, and the same statements.
fn is_same(before: &str, after: &str, formulas: &Formulas, limits: &Limits) -> bool {
    let (old, new) = (marks(before), marks(after));
    let same_mark = |(a, b): (&(TokenKind, Range<usize>), &(TokenKind, Range<usize>))| {
        let raw =
            |text: &str, place: &Range<usize>| text.get(place.clone()).unwrap_or("").trim_end().to_owned();
        let (was, is) = (raw(before, &a.1), raw(after, &b.1));
        a.0 == b.0
            && (was.replace("\r\n", "\n") == is.replace("\r\n", "\n")
                || formulas.get(&a.1.start).is_some_and(|w| is_same_formula(*w, &was, &is, limits)))
    };
    let ends = |text: &str| statements(text).iter().filter(|s| !s.is_blank()).count();
    old.len() == new.len() && old.iter().zip(&new).all(same_mark) && ends(before) == ends(after)
}

/// Whether two strings hold the same formula or type, with the same remarks and figures.
fn is_same_formula(written: Written, before: &str, after: &str, limits: &Limits) -> bool {
    let lay = |raw: &str| {
        let raw = raw.replace("\r\n", "\n");
        let map = TextMap::of(written.span.source, &raw, 0..raw.len())?;
        if written.is_type {
            lay_out_type(map.text(), 0, limits)
        } else {
            lay_out_expr(map.text(), 0, limits)
        }
    };
    let bare = |raw: &str| raw.split_whitespace().collect::<String>();
    bare(before) == bare(after) && lay(before).is_some() && lay(before) == lay(after)
}

/// Everything but blanks and line breaks.
fn marks(text: &str) -> Vec<(TokenKind, Range<usize>)> {
    Source::new(text)
        .lex()
        .filter(|t| !matches!(t.kind(), TokenKind::Whitespace | TokenKind::Newline | TokenKind::Eof))
        .map(|t| (t.kind(), t.span().start()..t.span().end()))
        .collect()
}
