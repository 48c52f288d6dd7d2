//! Lowering of literals: numbers with their units, dates, texts.

use super::ast::{ExprKind, UnitExpr};
use super::fault::Fault;
use super::lower::{Lowered, Parts, range, unread};
use super::parser::Rule;
use crate::diagnostic::Code;
use crate::number::{Num, NumError};
use crate::source::{Name, TextMap};
use chrono::NaiveDate;
use pest::iterators::Pair;
use std::sync::Arc;

/// A number with its `%` or its unit.
pub(super) fn number(map: &TextMap, pair: Pair<'_, Rule>, max_bits: u64) -> Lowered<ExprKind> {
    let mut parts = Parts::of(pair);
    let figure = parts.next()?;
    let mut value = figure_value(&figure, max_bits)?;
    let (mut percent, mut unit) = (false, None);
    match parts.maybe() {
        Some(pair) if pair.as_rule() == Rule::percent => {
            value = value.div(&Num::from(100), max_bits).map_err(|e| unfit(&figure, &e.to_string()))?;
            percent = true;
        }
        Some(pair) => unit = Some(unit_factors(map, pair)),
        None => {}
    }
    Ok(ExprKind::Number { value, unit, percent })
}

/// The value of `25_000.50` or `1 5/16`.
fn figure_value(pair: &Pair<'_, Rule>, max_bits: u64) -> Lowered<Num> {
    let parse = |text: &str| Num::parse(&text.replace('_', "")).map_err(|e| unfit(pair, &e.to_string()));
    let mixed = pair.as_str().split_once(char::is_whitespace).and_then(|(whole, fraction)| {
        let (above, below) = fraction.trim().split_once('/')?;
        Some((whole, above, below))
    });
    let Some((whole, above, below)) = mixed else { return Ok(parse(pair.as_str())?) };
    let limit = |e: NumError| unfit(pair, &e.to_string());
    let fraction = parse(above)?.div(&parse(below)?, max_bits).map_err(limit)?;
    Ok(parse(whole)?.add(&fraction, max_bits).map_err(limit)?)
}

/// A number that is too long to be held.
fn unfit(pair: &Pair<'_, Rule>, why: &str) -> Fault {
    let message = format!("this number cannot be used: {why}");
    Fault::new(Code::BadNumber, message)
        .label(range(pair), "too long")
        .help("write the number as short as it is meant; a fraction is written `1/3`")
}

/// The factors of `USD/share`, `person*day` or, in a type, `1/day`.
pub(super) fn unit_factors(map: &TextMap, pair: Pair<'_, Rule>) -> UnitExpr {
    let mut unit = UnitExpr::default();
    let mut exponent = 1;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::unit_word => {
                unit.factors.push((Name::new(Arc::from(part.as_str()), map.span(range(&part))), exponent));
            }
            Rule::unit_over => exponent = -1,
            _ => {}
        }
    }
    unit
}

/// `2001-02-20`, which the scan has found to exist.
pub(super) fn date(pair: &Pair<'_, Rule>) -> Lowered<ExprKind> {
    let mut parts = pair.as_str().splitn(3, '-');
    let read = || {
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok()?;
        NaiveDate::from_ymd_opt(year, month, parts.next()?.parse().ok()?)
    };
    Ok(ExprKind::Date({ read }().ok_or_else(|| unread(range(pair)))?))
}

/// A text without its quotes.
pub(super) fn text(pair: &Pair<'_, Rule>) -> Arc<str> {
    let quoted = pair.as_str();
    let inner = quoted.get(1..quoted.len().saturating_sub(1));
    Arc::from(inner.unwrap_or(""))
}

/// The exponent of a power.
pub(super) fn exponent(pair: &Pair<'_, Rule>) -> Lowered<i32> {
    pair.as_str().replace('−', "-").parse().map_err(|_| {
        let message = format!("found the exponent `{}`, which is too large", pair.as_str());
        Box::new(
            Fault::new(Code::BadNumber, message)
                .label(range(pair), "not within the exponents that can be computed")
                .help("an exponent is a whole number of at most nine digits"),
        )
    })
}
