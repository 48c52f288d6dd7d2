//! Functions over lists.

use super::numbers::whole_number;
use super::{Builtin, FaultKind, Surroundings};
use crate::limits::LimitError;
use crate::number::Num;
use crate::value::{Presentation, Type, Unit, Value, join};
use std::cmp::Ordering;
use std::sync::Arc;

/// The items of a list argument.
fn items(args: &[Value]) -> Result<&[Value], FaultKind> {
    match args.first() {
        Some(Value::List(items)) => Ok(items),
        _ => Err(FaultKind::Internal),
    }
}

/// Orders two values of one comparable type: numbers, dates, text by code point, false before true,
/// rows by their place. None for values that are absent or of different types.
#[must_use]
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Text(a) | Value::Symbol(a), Value::Text(b) | Value::Symbol(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Row { row: a, .. }, Value::Row { row: b, .. }) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Whether values of a type have an order that `min`, `<` and `order by` can use.
#[must_use]
pub fn is_ordered(ty: &Type) -> bool {
    matches!(ty, Type::Number(_) | Type::Date | Type::Text | Type::Bool | Type::Never)
}

fn item_type(args: &[Type]) -> Result<Type, String> {
    match args.first() {
        Some(Type::List(item)) => Ok((**item).clone()),
        _ => Err("expected a list".to_owned()),
    }
}

fn required_item(args: &[Type]) -> Result<Type, String> {
    let item = item_type(args)?;
    if item.is_optional() {
        return Err("some items of this list may be absent".to_owned());
    }
    Ok(item)
}

pub(super) fn sum_type(args: &[Type]) -> Result<Type, String> {
    match required_item(args)? {
        Type::Number(unit) => Ok(Type::Number(unit)),
        Type::Never => Ok(Type::Number(Unit::none())),
        other => Err(format!("expected a list of numbers, found a list of `{other}`")),
    }
}

pub(super) fn sum(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let mut total = Num::ZERO;
    for item in items(args)? {
        let Value::Number(n) = item else { return Err(FaultKind::Internal) };
        around.account.arithmetic(&total, n)?;
        total = total.add(n, around.fraction_bits)?;
    }
    Ok(Value::Number(total))
}

pub(super) fn product_type(args: &[Type]) -> Result<Type, String> {
    match required_item(args)? {
        Type::Number(unit) if unit.is_none() => Ok(Type::Number(Unit::none())),
        other => Err(format!("expected a list of numbers without a unit, found a list of `{other}`")),
    }
}

pub(super) fn product(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let mut total = Num::ONE;
    for item in items(args)? {
        let Value::Number(n) = item else { return Err(FaultKind::Internal) };
        around.account.arithmetic(&total, n)?;
        total = total.mul(n, around.fraction_bits)?;
    }
    Ok(Value::Number(total))
}

pub(super) fn count_type(args: &[Type]) -> Result<Type, String> {
    item_type(args)?;
    Ok(Type::Number(Unit::dimensionless(Presentation::Count)))
}

pub(super) fn count(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Number(Num::from(i64::try_from(items(args)?.len()).unwrap_or(i64::MAX))))
}

pub(super) fn extremum_type(args: &[Type]) -> Result<Type, String> {
    if let [Type::List(_)] = args {
        let item = required_item(args)?;
        return if is_ordered(&item) {
            Ok(item.optional())
        } else {
            Err(format!("expected numbers, dates or text, found a list of `{item}`"))
        };
    }
    let mut joined: Option<Type> = None;
    for ty in args {
        if ty.is_optional() {
            return Err("this value may be absent".to_owned());
        }
        if !is_ordered(ty) {
            return Err(format!("expected numbers, dates or text, found `{ty}`"));
        }
        joined = Some(match (joined, ty) {
            (None, ty) => ty.clone(),
            (Some(Type::Number(a)), Type::Number(b)) if a == *b => Type::Number(a.join(b)),
            (Some(a), b) if a == *b => a,
            (Some(a), b) => return Err(format!("`{a}` and `{b}` cannot be compared")),
        });
    }
    joined.ok_or_else(|| "expected a list, or two values or more".to_owned())
}

fn extremum(args: &[Value], keep: Ordering) -> Result<Value, FaultKind> {
    let candidates = match args {
        [Value::List(items)] => items,
        values => values,
    };
    let mut best: Option<&Value> = None;
    for candidate in candidates {
        let better = match best {
            Some(best) => compare(candidate, best).ok_or(FaultKind::Internal)? == keep,
            None => true,
        };
        if better {
            best = Some(candidate);
        }
    }
    Ok(best.cloned().unwrap_or_default())
}

pub(super) fn min(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    extremum(args, Ordering::Less)
}

pub(super) fn max(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    extremum(args, Ordering::Greater)
}

/// What a function makes of items, where it makes the same of what it made of the first of them and of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joins {
    /// One value, which stands for them.
    One,
    /// A list, whose items do.
    List,
}

/// How a function can be given a long list by pieces; none where it cannot.
#[must_use]
pub fn joins(builtin: &Builtin) -> Option<Joins> {
    match builtin.name {
        "sum" | "product" | "min" | "max" | "earliest" | "latest" | "first" | "last" => Some(Joins::One),
        "distinct" | "present" => Some(Joins::List),
        _ => None,
    }
}

pub(super) fn quantifier_type(args: &[Type]) -> Result<Type, String> {
    match required_item(args)? {
        Type::Bool | Type::Never => Ok(Type::Bool),
        other => Err(format!("expected a list of conditions, found a list of `{other}`")),
    }
}

pub(super) fn any(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Bool(items(args)?.contains(&Value::Bool(true))))
}

pub(super) fn all(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Bool(!items(args)?.contains(&Value::Bool(false))))
}

pub(super) fn end_type(args: &[Type]) -> Result<Type, String> {
    Ok(item_type(args)?.optional())
}

pub(super) fn first(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(items(args)?.first().cloned().unwrap_or_default())
}

pub(super) fn last(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(items(args)?.last().cloned().unwrap_or_default())
}

pub(super) fn same_list_type(args: &[Type]) -> Result<Type, String> {
    Ok(item_type(args)?.list())
}

pub(super) fn distinct(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    // A set takes three times the room of a list.
    around.account.build(items(args)?.len().saturating_mul(3))?;
    let mut seen: indexmap::IndexSet<Value> = indexmap::IndexSet::new();
    seen.extend(items(args)?.iter().cloned());
    Ok(Value::List(seen.into_iter().collect()))
}

pub(super) fn present_type(args: &[Type]) -> Result<Type, String> {
    Ok(match item_type(args)?.required() {
        Type::Absent => Type::Never.list(),
        item => item.clone().list(),
    })
}

pub(super) fn present(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    around.account.build(items(args)?.len())?;
    Ok(Value::List(items(args)?.iter().filter(|v| **v != Value::Absent).cloned().collect()))
}

pub(super) fn difference_type(args: &[Type]) -> Result<Type, String> {
    match args {
        [Type::List(a), Type::List(b)] => match join(a, b) {
            Some(_) => Ok(Type::List(Arc::clone(a))),
            None => Err("expected two lists of the same type".to_owned()),
        },
        _ => Err("expected two lists".to_owned()),
    }
}

pub(super) fn difference(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let [Value::List(a), Value::List(b)] = args else { return Err(FaultKind::Internal) };
    around.account.build(a.len().saturating_add(b.len()))?;
    let without: indexmap::IndexSet<&Value> = b.iter().collect();
    Ok(Value::List(a.iter().filter(|v| !without.contains(v)).cloned().collect()))
}

pub(super) fn range_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Number(Unit::dimensionless(Presentation::Count)).list())
}

pub(super) fn range(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let [Value::Number(from), Value::Number(to)] = args else { return Err(FaultKind::Internal) };
    let (from, to) = (whole_number(from)?, whole_number(to)?);
    let length = to.saturating_sub(from).saturating_add(1).max(0);
    match usize::try_from(length) {
        Ok(length) if length <= around.list_items => {
            around.account.build(length)?;
            Ok(Value::List((from..=to).map(|n| Value::Number(Num::from(n))).collect()))
        }
        _ => Err(LimitError::List(around.list_items).into()),
    }
}
