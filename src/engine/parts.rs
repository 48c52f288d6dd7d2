//! What moves inside of a record or a list of records: each part by itself, the largest first.

use crate::eval::Shown;
use crate::limits::Limits;
use crate::number::Num;
use crate::value::{Type, Value};
use std::cmp::Reverse;

/// A part of a conclusion that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartMove {
    /// Where it stands: a list's record by its first field or its number, a record's field by name.
    pub path: Vec<String>,
    /// The part's type.
    pub ty: Type,
    /// Under the readings in force; absent where there is no such record.
    pub from: Value,
    /// Under the alternative; absent where there is no such record.
    pub to: Value,
    /// The difference, for numbers.
    pub by: Option<Num>,
}

/// The parts of a value that move, the largest amounts of money first, then other numbers, then the rest
/// in their order; none of a value that has no parts of its own. `before` and `after` are the whole under
/// the readings in force and under the alternative.
#[must_use]
pub fn parts(before: Shown<'_>, after: Shown<'_>, limits: &Limits) -> Vec<PartMove> {
    let mut found = Vec::new();
    if has_parts(before.ty) {
        collect(before, after, &mut Vec::new(), limits, &mut found);
    }
    found.sort_by_key(|part| Reverse(part.weight()));
    found
}

impl PartMove {
    /// How much it moves, to sort by: money before other numbers, those before the rest.
    #[must_use]
    pub fn weight(&self) -> (bool, Option<Num>) {
        let money = matches!(self.ty.required(), Type::Number(unit) if unit.currency().is_some());
        (money && self.by.is_some(), self.by.as_ref().map(Num::abs))
    }
}

/// The difference of two numbers.
#[must_use]
pub fn difference(from: &Value, to: &Value, limits: &Limits) -> Option<Num> {
    match (from, to) {
        (Value::Number(a), Value::Number(b)) => b.sub(a, limits.fraction_bits).ok(),
        _ => None,
    }
}

/// Whether a value of a type is told part by part.
fn has_parts(ty: &Type) -> bool {
    match ty.required() {
        Type::Record(_) => true,
        Type::List(item) => matches!(item.required(), Type::Record(_)),
        _ => false,
    }
}

fn collect(
    before: Shown<'_>,
    after: Shown<'_>,
    path: &mut Vec<String>,
    limits: &Limits,
    found: &mut Vec<PartMove>,
) {
    if before.value == after.value {
        return;
    }
    match (before.ty.required(), before.value, after.value) {
        (Type::Record(record), Value::Record(old), Value::Record(new)) => {
            for (field, (old, new)) in record.fields.iter().zip(old.iter().zip(new.iter())) {
                path.push(field.name.to_string());
                collect(before.of(&field.ty, old), after.of(&field.ty, new), path, limits, found);
                path.pop();
            }
        }
        (Type::List(item), Value::List(old), Value::List(new)) if has_parts(before.ty) => {
            for (name, old, new) in aligned(before, after, item, old, new) {
                path.push(name);
                let (old, new) = (old.unwrap_or(&Value::Absent), new.unwrap_or(&Value::Absent));
                collect(before.of(item, old), after.of(item, new), path, limits, found);
                path.pop();
            }
        }
        (ty, from, to) => found.push(PartMove {
            path: path.clone(),
            ty: ty.clone(),
            by: difference(from, to, limits),
            from: from.clone(),
            to: to.clone(),
        }),
    }
}

/// The records of two lists side by side, each with its name: those whose first field is the same, where
/// that tells the records of each list apart; else by number.
fn aligned<'v>(
    before: Shown<'_>,
    after: Shown<'_>,
    item: &Type,
    old: &'v [Value],
    new: &'v [Value],
) -> Vec<(String, Option<&'v Value>, Option<&'v Value>)> {
    let names = |of: Shown<'_>, items: &[Value]| -> Option<Vec<String>> {
        let Type::Record(record) = item.required() else { return None };
        let first = record.fields.first()?;
        if matches!(first.ty.required(), Type::Number(_) | Type::Record(_) | Type::List(_) | Type::Bool) {
            return None;
        }
        let name = |value: &Value| match value {
            Value::Record(fields) => fields.first().map(|f| Shown { ty: &first.ty, value: f, ..of }.plain()),
            _ => None,
        };
        let names: Vec<String> = items.iter().map(name).collect::<Option<_>>()?;
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        (distinct.len() == names.len()).then_some(names)
    };
    let Some((old_names, new_names)) = names(before, old).zip(names(after, new)) else {
        let rows = 0..old.len().max(new.len());
        return rows.map(|i| (format!("item {}", i.saturating_add(1)), old.get(i), new.get(i))).collect();
    };
    let mut others = new_names.iter().zip(new).filter(|(name, _)| !old_names.contains(name));
    let mut pairs = Vec::with_capacity(old.len());
    for (name, value) in old_names.iter().zip(old) {
        let same = new_names.iter().position(|n| n == name).and_then(|at| new.get(at));
        // One that is no more is held against the next that is new: its first field moves too.
        let beside = same.or_else(|| others.next().map(|(_, value)| value));
        pairs.push((name.clone(), Some(value), beside));
    }
    pairs.extend(others.map(|(name, value)| (name.clone(), None, Some(value))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Dataset;
    use crate::ir::Program;
    use crate::value::{Field, RecordType, Unit, parse_date};
    use std::sync::Arc;

    fn ty() -> Type {
        let field = |name: &str, ty| Field { name: name.into(), ty };
        let paid = Type::Number(Unit::base("USD"));
        let days = Type::Number(Unit::none());
        let fields = vec![field("date", Type::Date), field("days", days), field("paid", paid)];
        Type::List(Arc::new(Type::Record(Arc::new(RecordType { fields }))))
    }

    fn list(rows: &[(&str, i64, i64)]) -> Value {
        let row = |(date, days, paid): &(&str, i64, i64)| {
            let number = |n: i64| Value::Number(Num::from(n));
            Value::Record(vec![Value::Date(parse_date(date).unwrap()), number(*days), number(*paid)].into())
        };
        Value::List(rows.iter().map(row).collect())
    }

    fn told(before: &[(&str, i64, i64)], after: &[(&str, i64, i64)]) -> Vec<String> {
        let (program, data, ty) = (Program::default(), Dataset::default(), ty());
        let (before, after) = (list(before), list(after));
        let faced = |value| Shown { program: &program, data: &data, ty: &ty, value };
        let found = parts(faced(&before), faced(&after), &Limits::DEFAULT);
        let by = |part: &PartMove| part.by.as_ref().map_or("-".to_owned(), ToString::to_string);
        found.iter().map(|part| format!("{} {}", part.path.join("."), by(part))).collect()
    }

    #[test]
    fn records_are_held_against_those_of_the_same_first_field_money_first() {
        let before = [("2001-02-28", 180, 500), ("2001-08-31", 184, 600)];
        let after = [("2001-08-31", 1, 599), ("2001-02-28", 180, 510)];
        assert_eq!(
            told(&before, &after),
            ["2001-02-28.paid 10", "2001-08-31.paid -1", "2001-08-31.days -183"]
        );
        assert!(told(&before, &before).is_empty());
    }

    #[test]
    fn records_that_come_and_go_are_told() {
        let before = [("2001-02-28", 180, 500), ("2001-08-31", 184, 600)];
        assert_eq!(told(&before, &before[..1]), ["2001-08-31 -"]);
        assert_eq!(told(&before[..1], &before), ["2001-08-31 -"]);
        let later = [before[0], ("2001-09-04", 184, 607)];
        assert_eq!(told(&before, &later), ["2001-08-31.paid 7", "2001-08-31.date -"]);
        let twice = [before[0], before[0]];
        assert_eq!(told(&twice, &[before[0], ("2001-02-28", 180, 501)]), ["item 2.paid 1"]);
    }
}
