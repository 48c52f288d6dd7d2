//! What to do about values that do not go together: help lines by what was found and what is needed.

use crate::syntax::ast::BinOp;
use crate::value::{Presentation, Type, Unit};

/// A number of a unit in words: "a value in `USD`", "a number without a unit".
pub fn in_unit(unit: &Unit) -> String {
    match (unit.is_none(), unit.presentation()) {
        (false, _) => format!("a value in `{unit}`"),
        (true, Presentation::Plain) => "a number without a unit".to_owned(),
        (true, Presentation::Percent) => "a percentage".to_owned(),
        (true, Presentation::Count) => "a count".to_owned(),
    }
}

/// A literal of a unit: `10 USD`.
fn sample(unit: &Unit) -> String {
    match (unit.is_none(), unit.presentation()) {
        (false, _) => match unit.single() {
            Some(name) if name.starts_with(char::is_lowercase) => format!("10 {name}s"),
            _ => format!("10 {unit}"),
        },
        (true, Presentation::Percent) => "10%".to_owned(),
        (true, _) => "10".to_owned(),
    }
}

/// How the unit is given to a number that has none, where one of two has none.
fn give_unit(a: &Unit, b: &Unit) -> Option<String> {
    let unit = match (a.is_none(), b.is_none()) {
        (true, false) => b,
        (false, true) => a,
        _ => return None,
    };
    Some(format!("write the unit after the number, as in `{}`", sample(unit)))
}

/// For a value of type `found` where `wanted` is needed; `needed` is how the plan calls that.
pub fn misfit(found: &Type, wanted: &Type, needed: &str) -> String {
    match (found, wanted) {
        (Type::Number(a), Type::Number(b)) if a.is_none() => {
            give_unit(a, b).unwrap_or_else(|| "check the units".to_owned())
        }
        (Type::Number(a), Type::Number(b)) if b.is_none() => {
            format!("divide it by a value in `{a}`, as in `amount / 1 {a}`")
        }
        (Type::Number(_), Type::Number(_)) => {
            "check the units: multiply by a price, divide by a number of shares, or read another figure"
                .to_owned()
        }
        (Type::List(a), Type::List(b)) => misfit(a, b, needed),
        (Type::Text, Type::Date) => {
            "dates stand without quotes: `2001-02-20`; a field that holds one has the type `date`".to_owned()
        }
        (Type::Text, Type::Number(unit)) => format!("numbers stand without quotes, as in `{}`", sample(unit)),
        (Type::Text, Type::Enum(_)) => "names of an enumeration stand without quotes".to_owned(),
        (Type::Number(unit), Type::Date) if unit.is_none() => {
            "dates are written year-month-day: `2001-02-20`".to_owned()
        }
        (_, Type::Calendar) => {
            "name a calendar that the plan imports, as in `[imports] city = { calendar = \"...\" }`"
                .to_owned()
        }
        (Type::Number(_), Type::Text) => {
            "make it text with `decimal_text(...)` or `percent_text(...)`".to_owned()
        }
        (_, Type::Bool) => "write a condition, such as a comparison".to_owned(),
        (Type::Bool, _) => {
            format!("this is a condition; write `if ... then ... else ...` to choose a `{needed}`")
        }
        (Type::List(_), _) => {
            "take one figure of the list, with `sum(...)`, `max(...)`, `first(...)` or the like".to_owned()
        }
        (_, Type::List(_)) => "a list stands in square brackets: `[a, b]`".to_owned(),
        _ => format!("write a formula whose value is `{needed}`"),
    }
}

/// For a figure that the plan states in another unit than the one that is needed.
pub fn constant(wanted: &Unit) -> String {
    format!("write the figure in the unit that is needed, as in `{}`", sample(wanted))
}

/// The help for a figure written out beside a value of another unit, where one of two is one.
fn beside(x: &Unit, y: &Unit, written: Option<Side>) -> Option<String> {
    written.map(|side| constant(if side == Side::Left { y } else { x }))
}

/// One of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first.
    Left,
    /// The second.
    Right,
}

/// For two values that an operator cannot join; `written` is the one that is a figure written out,
/// where only one is.
pub fn operands(op: BinOp, a: &Type, b: &Type, written: Option<Side>) -> String {
    let fixed = match (a, b) {
        (Type::Number(x), Type::Number(y)) => match give_unit(x, y) {
            Some(help) => return help,
            None if x.currency().is_some() && y.currency().is_some() => {
                return format!("multiply one of them by a rate of exchange, such as one in `{x}/{y}`");
            }
            None if is_time(x) && is_time(y) => {
                "months and years have no fixed number of days: move a date by one, and then by the other"
            }
            None if written.is_some() => return beside(x, y, written).unwrap_or_default(),
            None => {
                "both must have the same unit: multiply shares by a price to get an amount, divide an amount by a price to get shares"
            }
        },
        (Type::Number(_), Type::Date) => "write the date first, as in `hire_date + 3 months`",
        (Type::Date, _) | (_, Type::Date) => {
            "a date takes days, months or years, and two dates can be subtracted"
        }
        (Type::Text, Type::Number(_)) | (Type::Number(_), Type::Text) if op == BinOp::Add => {
            "make the number text first, with `decimal_text(...)` or `percent_text(...)`"
        }
        _ => "operators work on numbers, `+` and `-` on dates too, and `+` joins texts and lists",
    };
    fixed.to_owned()
}

/// For two values that cannot be compared; `written` as in [`operands`].
pub fn comparison(a: &Type, b: &Type, written: Option<Side>) -> String {
    match (a, b) {
        (Type::Number(x), Type::Number(y)) => give_unit(x, y)
            .or_else(|| beside(x, y, written))
            .unwrap_or_else(|| "both sides must have the same unit".to_owned()),
        (Type::Date, Type::Number(_)) | (Type::Number(_), Type::Date) => {
            "compare a date with a date, or ask for a part of it, as in `year(hired) > 2000`".to_owned()
        }
        (Type::Text, other) | (other, Type::Text) => misfit(&Type::Text, other, "text"),
        _ => "both sides must be of the same kind".to_owned(),
    }
}

/// For two values of which one is chosen, or that stand in one list.
pub fn choice(a: &Type, b: &Type, rule: &str) -> String {
    match (a, b) {
        (Type::Number(x), Type::Number(y)) => give_unit(x, y).unwrap_or_else(|| rule.to_owned()),
        _ => rule.to_owned(),
    }
}

fn is_time(unit: &Unit) -> bool {
    matches!(unit.single(), Some("day" | "month" | "year"))
}
