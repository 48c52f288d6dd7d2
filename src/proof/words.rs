//! Values of the decision procedure in the words of a plan, and the other way round.

use super::formula::Formula;
use super::range::{End, Range};
use super::search::Example;
use super::world::{Aspect, Id, Kind, Variable, World};
use crate::eval::{Dataset, Shown};
use crate::ir::{Bound, Program};
use crate::number::Num;
use crate::plan::BoundKind;
use crate::value::{Type, Value};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// The day that examples take where they may take any: 2001-01-01.
pub const PREFERRED_DAY: i64 = 730_486;
/// The last day of the year 9999.
const LAST_DAY: i64 = 3_652_059;
/// The most values that an example names.
const MOST_NAMED: usize = 8;

/// A date as days.
pub fn day_number(date: NaiveDate) -> Num {
    Num::from(i64::from(date.num_days_from_ce()))
}

/// All dates.
pub fn days() -> Range {
    Range::between(Num::ONE, Num::from(LAST_DAY))
}

/// A value as a number, where it is one or a date.
pub fn as_number(value: &Value) -> Option<Num> {
    match value {
        Value::Number(n) => Some(n.clone()),
        Value::Date(date) => Some(day_number(*date)),
        _ => None,
    }
}

/// The least and the most days of one month to twelve, one after another.
const DAYS_OF_MONTHS: [(i64, i64); 12] = [
    (28, 31),
    (59, 62),
    (89, 92),
    (120, 123),
    (150, 153),
    (181, 184),
    (212, 215),
    (242, 245),
    (273, 276),
    (303, 306),
    (334, 337),
    (365, 366),
];

/// The least and the greatest number of days that so many months may have, in either direction.
pub fn days_of_months(months: i64) -> (i64, i64) {
    let few =
        usize::try_from(months.saturating_abs()).ok().and_then(|n| DAYS_OF_MONTHS.get(n.checked_sub(1)?));
    if let Some((low, high)) = few {
        return if months < 0 { (high.saturating_neg(), low.saturating_neg()) } else { (*low, *high) };
    }
    let (years, rest) =
        (months.checked_div(12).unwrap_or(0).abs(), months.checked_rem(12).unwrap_or(0).abs());
    // The clamp takes at most three days off.
    let slack = if rest == 0 { 1 } else { 3 };
    let low = years.saturating_mul(365).saturating_add(rest.saturating_mul(28)).saturating_sub(slack);
    let high = years.saturating_mul(366).saturating_add(rest.saturating_mul(31)).saturating_add(slack);
    let low = if years == 0 && rest > 0 { rest.saturating_mul(28) } else { low.max(0) };
    if months < 0 { (high.saturating_neg(), low.saturating_neg()) } else { (low, high) }
}

/// The numbers or dates that bounds allow.
pub fn range_of(bounds: &[Bound]) -> Range {
    let mut range = Range::default();
    for bound in bounds {
        let Some(at) = as_number(&bound.value) else { continue };
        let open = matches!(bound.kind, BoundKind::Above | BoundKind::Below);
        let end = Some(End { at, open });
        let one = match bound.kind {
            BoundKind::Min | BoundKind::Above => Range { low: end, high: None },
            BoundKind::Max | BoundKind::Below => Range { low: None, high: end },
        };
        range = range.and(&one);
    }
    range
}

/// A value as the plan writes it.
pub fn written(program: &Program, ty: &Type, value: &Value) -> String {
    Shown { program, data: &Dataset::default(), ty, value }.words()
}

/// A number of a type as a value.
fn number_as(ty: &Type, n: &Num) -> Option<Value> {
    match ty.required() {
        Type::Date => {
            let days = i32::try_from(n.to_i64()?).ok()?;
            NaiveDate::from_num_days_from_ce_opt(days).map(Value::Date)
        }
        Type::Number(_) => Some(Value::Number(n.clone())),
        _ => None,
    }
}

/// What an example says of some variables, as data: "`status = retired` and `election_date` is
/// absent". Empty where it says nothing of them.
pub fn told(world: &World<'_>, example: &Example, condition: &Formula) -> String {
    let about = &world.data_behind(condition, example);
    let mut presence: BTreeMap<Id, bool> = BTreeMap::new();
    let mut values: BTreeMap<Id, String> = BTreeMap::new();
    let mut order: Vec<Id> = Vec::new();
    for var in about {
        let Some(Variable { id, kind, .. }) = world.variable(*var) else { continue };
        let Some(thing) = world.thing(*id) else { continue };
        let is_presence = world.aspect(*var) == Some(Aspect::Presence);
        let value = match kind {
            Kind::Flag if is_presence => {
                if let Some(there) = example.flags.get(var) {
                    presence.insert(*id, *there);
                    order.push(*id);
                }
                continue;
            }
            Kind::Flag => {
                example.flags.get(var).map(|is| if *is { "true".to_owned() } else { "false".to_owned() })
            }
            Kind::Name { names, .. } => example.names.get(var).map(|name| match names.get(*name) {
                Some(name) if matches!(thing.ty.required(), Type::Text) => format!("\"{name}\""),
                Some(name) => name.to_string(),
                None => "another".to_owned(),
            }),
            Kind::Number { .. } => example.numbers.get(var).and_then(|n| {
                let n = match world.multiples.get(var) {
                    Some(step) => n.mul(step, 1_024).ok()?,
                    None => n.clone(),
                };
                let value = number_as(&thing.ty, &n)?;
                Some(written(world.program, &thing.ty, &value))
            }),
        };
        if let Some(value) = value {
            values.insert(*id, value);
            order.push(*id);
        }
    }
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    for id in order.into_iter().filter(|id| seen.insert(*id)) {
        let said = world.thing(id).map_or("", |thing| &thing.said);
        if presence.get(&id) == Some(&false) {
            parts.push(format!("`{said}` is absent"));
        } else if let Some(value) = values.get(&id) {
            parts.push(format!("`{said} = {value}`"));
        } else {
            parts.push(format!("`{said}` is present"));
        }
    }
    let left = parts.len().saturating_sub(MOST_NAMED);
    parts.truncate(MOST_NAMED);
    if left > 0 {
        parts.push(format!("{left} more values"));
    }
    joined(&parts)
}

/// `a, b and c`.
pub fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
