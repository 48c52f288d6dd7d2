//! Entries that hold formulas: text in the formula language, or a plain TOML value that stands for
//! itself, its number exactly as written.

use super::document::Written;
use super::quote::quoted;
use super::walk::{Entry, Reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::number::Num;
use crate::source::{Span, TextMap};
use crate::syntax::ast::{Expr, ExprKind, TypeExpr};
use crate::syntax::{parse_expr, parse_type};
use toml::de::DeValue;

/// What may stand in place of a formula's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// A number, a date, `true` or `false`.
    Single,
    /// Also lists of these and of formulas.
    Lists,
    /// Also tables, as records.
    Records,
}

impl Reader<'_> {
    /// A formula, where a list may not stand in its place.
    pub fn formula(&mut self, entry: &Entry<'_>) -> Option<Expr> {
        self.formula_or(entry, Plain::Single)
    }

    /// A formula or a plain value.
    pub fn formula_or(&mut self, entry: &Entry<'_>, plain: Plain) -> Option<Expr> {
        let kind = match entry.value {
            DeValue::String(_) => {
                let map = self.text_map(entry.span, false)?;
                return parse_expr(&map, self.limits).map_err(|d| self.report(*d)).ok();
            }
            DeValue::Boolean(value) => ExprKind::Bool(*value),
            DeValue::Integer(_) | DeValue::Float(_) => {
                ExprKind::Number { value: self.number(entry)?, unit: None, percent: false }
            }
            DeValue::Datetime(_) => ExprKind::Date(self.date(entry)?.value),
            DeValue::Array(_) if plain != Plain::Single => {
                let items = self.items(entry)?;
                let read: Vec<_> = items.iter().map(|item| self.formula_or(item, plain)).collect();
                ExprKind::List(read.into_iter().collect::<Option<_>>()?)
            }
            DeValue::Table(table) if plain == Plain::Records => {
                let mut fields = Vec::new();
                for field in self.entries(table) {
                    fields.push(self.formula_or(&field, plain).map(|value| (field.key, value)));
                }
                ExprKind::Record(fields.into_iter().collect::<Option<_>>()?)
            }
            DeValue::Array(_) | DeValue::Table(_) => {
                self.wrong(entry, "a formula", Some("write the formula as text, in quotes".to_owned()));
                return None;
            }
        };
        Some(Expr { kind, span: entry.span })
    }

    /// A type.
    pub fn ty(&mut self, entry: &Entry<'_>) -> Option<TypeExpr> {
        if entry.value.as_str().is_none() {
            self.wrong(
                entry,
                "a type",
                Some("write the type as text: `\"USD\"`, `\"date?\"`, `\"one of a, b\"`".to_owned()),
            );
            return None;
        }
        let map = self.text_map(entry.span, true)?;
        parse_type(&map, self.limits).map_err(|d| self.report(*d)).ok()
    }

    /// The text of a string that holds a formula or a type.
    fn text_map(&mut self, span: Span, is_type: bool) -> Option<TextMap> {
        self.found.written.push(Written { span, is_type });
        let map = TextMap::of(self.file.source, &self.file.text, span.range());
        if map.is_none() {
            // Only where the file is not valid TOML: that is reported, and this is dropped again.
            self.report(
                Diagnostic::error(Code::FormulaSyntax, "this text is not closed").label(span, "not closed"),
            );
        }
        map
    }

    /// A number's characters as data would write them: without `_` and `+`.
    pub fn digits(&mut self, entry: &Entry<'_>) -> Option<String> {
        let written: String = self.slice(entry.span).chars().filter(|c| *c != '_').collect();
        let plain = written.strip_prefix('+').unwrap_or(&written);
        if plain.starts_with("0x")
            || plain.starts_with("0o")
            || plain.starts_with("0b")
            || plain.ends_with(['f', 'n'])
        {
            let message = format!("{} is not a number that plans use", quoted(&written));
            self.report(
                Diagnostic::error(Code::BadNumber, message)
                    .label(entry.span, "expected digits, perhaps with a decimal point")
                    .help("write the number in decimal digits"),
            );
            return None;
        }
        Some(plain.to_owned())
    }

    fn number(&mut self, entry: &Entry<'_>) -> Option<Num> {
        let digits = self.digits(entry)?;
        Num::parse(&digits)
            .map_err(|error| {
                let message = format!("{} cannot be read: {error}", quoted(&digits));
                self.report(
                    Diagnostic::error(Code::BadNumber, message)
                        .label(entry.span, "expected a number")
                        .help("write the number out in decimal digits, as short as it is meant"),
                );
            })
            .ok()
    }
}
