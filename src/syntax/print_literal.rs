//! Literals as a formula writes them.

use super::ast::UnitExpr;
use crate::number::Num;
use num_integer::Integer;

/// The most characters that a decimal is printed with; a longer one is written as a mixed number.
const LONGEST: usize = 100;

/// A number that is not negative, its percentage sign and unit included.
pub(super) fn number(value: &Num, percent: bool, unit: Option<&UnitExpr>) -> String {
    let scaled = if percent { value.mul(&Num::from(100), u64::MAX) } else { Ok(value.clone()) };
    let mut text = scaled.as_ref().map_or_else(|_| value.to_string(), figure);
    if percent {
        text.push('%');
    }
    if let Some(unit) = unit {
        text.push(' ');
        text.push_str(&unit_text(unit));
    }
    text
}

/// `25_000`, `1.3125`, or `66 2/3` where no finite decimal exists.
fn figure(value: &Num) -> String {
    if value.has_finite_decimal() {
        let text = value.to_string();
        if value.is_whole() || text.len() <= LONGEST {
            return grouped(&text);
        }
    }
    let denominator = value.denominator();
    let (whole, rest) = value.numerator().div_rem(&denominator);
    format!("{} {rest}/{denominator}", grouped(&whole.to_string()))
}

/// A decimal with `_` between thousands, where there are five digits or more before the point.
fn grouped(text: &str) -> String {
    let (whole, decimals) = text.split_at_checked(text.find('.').unwrap_or(text.len())).unwrap_or((text, ""));
    if whole.len() < 5 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && whole.len().saturating_sub(i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out.push_str(decimals);
    out
}

/// `USD/share`: what multiplies first, then what divides.
pub(super) fn unit_text(unit: &UnitExpr) -> String {
    let part = |above: bool, mark: &str| {
        let factors = unit.factors.iter().filter(|(_, e)| (*e > 0) == above);
        let repeated = factors.flat_map(|(name, e)| {
            let times = usize::try_from(e.unsigned_abs()).unwrap_or(1);
            std::iter::repeat_n(&*name.value, times)
        });
        repeated.collect::<Vec<_>>().join(mark)
    };
    let (above, below) = (part(true, "*"), part(false, "/"));
    match (above.is_empty(), below.is_empty()) {
        (_, true) => above,
        (true, false) => format!("1/{below}"),
        (false, false) => format!("{above}/{below}"),
    }
}

/// A text in the quotes that it does not hold itself.
pub(super) fn text(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_documents_write_them() {
        let shown = |text: &str, percent| number(&Num::parse(text).unwrap(), percent, None);
        assert_eq!(shown("25000", false), "25_000");
        assert_eq!(shown("1950.5", false), "1950.5");
        assert_eq!(shown("1234567.125", false), "1_234_567.125");
        assert_eq!(shown("0.85", true), "85%");
        assert_eq!(shown("2/3", true), "66 2/3%");
        assert_eq!(shown("4/3", false), "1 1/3");
        assert_eq!(shown("1/3", false), "0 1/3");
        let tiny = format!("0.{}1", "0".repeat(120));
        assert_eq!(shown(&tiny, false), format!("0 1/1{}", "0".repeat(121)));
    }
}
