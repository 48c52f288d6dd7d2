//! Looks for data on which a plan and a change of it conclude differently: the data of its tests, moved
//! one value at a time, and to the point where both sides of a changed comparison are equal.

use super::given::{Given, Step, raw};
use crate::data::validate;
use crate::engine::blamed;
use crate::eval::{self, Choices, Dataset, Outcome, Seen};
use crate::ir::{Field, Holder, Program, RuleId, SCALARS, Selection, walk};
use crate::limits::Limits;
use crate::number::Num;
use crate::source::Span;
use crate::value::{Type, Value, add_days};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Pairs of evaluations that looking for one test may take.
const TRIES: usize = 500;
/// Rows of a table whose values are moved.
const ROWS: usize = 8;
/// Values that one field is moved to.
const VALUES: usize = 14;
/// Bits of a fraction.
const BITS: u64 = 512;

/// What a test can expect that tells the change.
#[derive(Clone, Debug)]
pub enum Told {
    /// A conclusion, with the row's key.
    Value(RuleId, Option<String>, Value),
    /// A rule that has no value.
    Fails(RuleId),
    /// Data refused for a field.
    Refused(String),
}

/// What the search is about.
pub struct Search<'a> {
    /// The plan.
    pub program: &'a Program,
    /// The plan with the change.
    pub changed: &'a Program,
    /// The rule that is changed, where one is.
    pub rule: Option<RuleId>,
    /// The right sides of a changed comparison.
    pub sides: Vec<Span>,
    /// What an evaluation may take.
    pub limits: Limits,
    /// Tries left.
    pub left: usize,
}

/// Where a search begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// The data.
    pub given: Given,
    /// Readings and date.
    pub choices: Choices,
}

impl<'a> Search<'a> {
    /// A search with all its tries.
    pub fn new(
        program: &'a Program,
        changed: &'a Program,
        rule: Option<RuleId>,
        sides: Vec<Span>,
        limits: &Limits,
    ) -> Self {
        Self { program, changed, rule, sides, limits: *limits, left: TRIES }
    }

    /// Data, found from where it starts and as few as can be, that tell the change.
    pub fn find(&mut self, starts: &[Start]) -> Option<(Start, Told)> {
        let found = self.first(starts)?;
        self.left = TRIES;
        Some(self.shrunk(found))
    }

    fn first(&mut self, starts: &[Start]) -> Option<(Start, Told)> {
        for start in starts {
            if let Some(told) = self.told(start) {
                return Some((start.clone(), told));
            }
        }
        let mut share = self.left;
        for start in starts {
            // Each start has its share of the tries.
            share = share.checked_div(2).unwrap_or(0).max(40);
            let spare = self.left.saturating_sub(share);
            self.left = self.left.saturating_sub(spare);
            let found = self.from(start);
            self.left = self.left.saturating_add(spare);
            if found.is_some() || self.left == 0 {
                return found;
            }
        }
        None
    }

    fn from(&mut self, start: &Start) -> Option<(Start, Told)> {
        let data =
            validate(self.program, &start.given.whole(self.program), &start.choices, &self.limits).ok()?;
        let leaves = leaves(self.program, &data);
        if !self.sides.is_empty() {
            for (path, field, value) in &leaves {
                if let Some(found) = self.at_equality(start, path, field, value) {
                    return Some(found);
                }
            }
        }
        let pool = self.pool(&leaves);
        for (path, field, value) in &leaves {
            for moved in moves(field, value, &pool) {
                let Some(next) = self.moved(start, path, &moved) else { continue };
                if let Some(told) = self.told(&next) {
                    return Some((next, told));
                }
                if self.left == 0 {
                    return None;
                }
            }
        }
        None
    }

    fn moved(&self, start: &Start, path: &[Step], value: &Value) -> Option<Start> {
        let given = start.given.with(path, raw(value)?, self.program);
        Some(Start { given, choices: start.choices.clone() })
    }

    /// Moves one value to where both sides of the comparison are equal.
    fn at_equality(
        &mut self,
        start: &Start,
        path: &[Step],
        field: &Field,
        value: &Value,
    ) -> Option<(Start, Told)> {
        let (mut low, mut high) = scale(field, value)?;
        let at = |search: &Self, n: i64| search.moved(start, path, &on_scale(field, value, n)?);
        let sign = |search: &mut Self, n: i64| {
            let moved = at(search, n)?;
            search.sign(&moved)
        };
        let (first, last) = (sign(self, low)?, sign(self, high)?);
        if first == last {
            return None;
        }
        while high.saturating_sub(low) > 1 && self.left > 0 {
            let middle = low.midpoint(high);
            match sign(self, middle) {
                Some(0) => {
                    low = middle;
                    break;
                }
                Some(s) if s == first => low = middle,
                Some(_) => high = middle,
                None => return None,
            }
        }
        for n in [low, high] {
            let moved = at(self, n)?;
            if let Some(told) = self.told(&moved) {
                return Some((moved, told));
            }
        }
        None
    }

    /// On which side of the comparison the left one is; none where it is on several or on none.
    fn sign(&mut self, start: &Start) -> Option<i8> {
        self.left = self.left.checked_sub(1)?;
        let data =
            validate(self.program, &start.given.whole(self.program), &start.choices, &self.limits).ok()?;
        let (_, observer) =
            eval::observe(self.program, &data, &start.choices, &self.selection(), &self.limits);
        let all: BTreeSet<Seen> = observer.all().collect();
        let seen = |make: fn(Span) -> Seen| self.sides.iter().any(|s| all.contains(&make(*s)));
        match (seen(Seen::Below), seen(Seen::Equal), seen(Seen::Above)) {
            (_, true, _) => Some(0),
            (true, _, false) => Some(-1),
            (false, _, true) => Some(1),
            _ => None,
        }
    }

    fn selection(&self) -> Selection {
        let public = (0..self.program.rules.len()).map(RuleId);
        let wanted =
            public.filter(|id| Some(*id) == self.rule || self.program.rule(*id).is_some_and(|r| !r.private));
        Selection::Rules(wanted.collect())
    }

    /// What tells the change on these data.
    pub fn told(&mut self, start: &Start) -> Option<Told> {
        self.left = self.left.checked_sub(1)?;
        let whole = start.given.whole(self.program);
        let before = validate(self.program, &whole, &start.choices, &self.limits);
        let after = validate(self.changed, &whole, &start.choices, &self.limits);
        let data = match (before, after) {
            (Err(found), Ok(_)) => {
                return found.first().map(blamed).filter(|f| !f.is_empty()).map(Told::Refused);
            }
            (Err(_), Err(_)) => return None,
            (Ok(data), after) => (data, after.ok()),
        };
        let selection = self.selection();
        let original = eval::evaluate(self.program, &data.0, &start.choices, &selection, &self.limits);
        let changed =
            data.1.map(|data| eval::evaluate(self.changed, &data, &start.choices, &selection, &self.limits));
        self.difference(&data.0, &original, changed.as_ref())
    }

    /// The first conclusion that differs: of the changed rule, else of those after it.
    fn difference(&self, data: &Dataset, original: &Outcome, changed: Option<&Outcome>) -> Option<Told> {
        let Selection::Rules(rules) = self.selection() else { return None };
        let order = self.program.order.iter().filter(|id| rules.contains(id));
        for id in self.rule.iter().chain(order) {
            let rule = self.program.rule(*id)?;
            let rows: Vec<Option<u32>> = match rule.table {
                Some(table) => (0..data.len_of(table)).map(|r| u32::try_from(r).ok()).collect(),
                None => vec![None],
            };
            for row in rows {
                let value = original.value(*id, row);
                if changed.is_some_and(|c| c.value(*id, row) == value) {
                    continue;
                }
                let key = rule.table.zip(row).map(|(t, r)| eval::row_label(self.program, data, t, r));
                match value {
                    Some(value) if sayable(&value) => return Some(Told::Value(*id, key, value)),
                    Some(_) => {}
                    None if changed.is_some() => return Some(Told::Fails(*id)),
                    None => {}
                }
            }
        }
        None
    }

    /// The same with as few entries of the test's own as tell the change still.
    fn shrunk(&mut self, (mut start, mut told): (Start, Told)) -> (Start, Told) {
        loop {
            let mut smaller = None;
            for path in start.given.entries() {
                let next = Start { given: start.given.without(&path), choices: start.choices.clone() };
                if let Some(found) = self.told(&next)
                    && std::mem::discriminant(&found) == std::mem::discriminant(&told)
                {
                    smaller = Some((next, found));
                    break;
                }
                if self.left == 0 {
                    break;
                }
            }
            match smaller {
                Some((next, found)) => (start, told) = (next, found),
                None => return (start, told),
            }
        }
    }

    /// Numbers and dates that stand in the data and in the plan.
    fn pool(&self, leaves: &[(Vec<Step>, Field, Value)]) -> Vec<Value> {
        let mut pool: Vec<Value> = Vec::new();
        let mut add = |value: &Value| {
            if matches!(value, Value::Number(_) | Value::Date(_)) && !pool.contains(value) {
                pool.push(value.clone());
            }
        };
        if let Some(rule) = self.rule.and_then(|id| self.program.rule(id)) {
            rule.body.formulas(&mut |formula| {
                walk(formula, &mut |part| {
                    if let crate::ir::ExprKind::Const(value) = &part.kind {
                        add(value);
                    }
                });
            });
        }
        leaves.iter().for_each(|(_, _, value)| add(value));
        self.program.terms.iter().flat_map(|t| &t.versions).for_each(|v| add(&v.value));
        pool
    }
}

/// Whether a test can say that it expects the value.
fn sayable(value: &Value) -> bool {
    match value {
        Value::Row { .. } | Value::Calendar(_) | Value::Record(_) => false,
        Value::List(items) => items.iter().all(sayable),
        _ => true,
    }
}

/// Every value of the data that can be moved, with its field.
fn leaves(program: &Program, data: &Dataset) -> Vec<(Vec<Step>, Field, Value)> {
    let mut found = Vec::new();
    for (index, record) in program.records.iter().enumerate() {
        if data.records.get(index).is_none_or(Option::is_none) {
            continue;
        }
        for (number, field) in record.fields.iter().enumerate() {
            let Some(value) = data.value(Holder::Record(index), 0, number) else { continue };
            let name = Step::Name(Arc::clone(&field.name.value));
            let path = if index == SCALARS {
                vec![name]
            } else {
                vec![Step::Name(Arc::clone(&record.name.value)), name]
            };
            found.push((path, field.clone(), value));
        }
    }
    for (index, table) in program.tables.iter().enumerate() {
        for row in 0..data.len_of(index).min(ROWS) {
            for (number, field) in table.fields.iter().enumerate().filter(|(n, _)| !table.key.contains(n)) {
                let Some(value) = data.value(Holder::Table(index), row, number) else { continue };
                let path = vec![
                    Step::Name(Arc::clone(&table.name.value)),
                    Step::Item(row),
                    Step::Name(Arc::clone(&field.name.value)),
                ];
                found.push((path, field.clone(), value));
            }
        }
    }
    found
}

/// Other values that a field could have.
fn moves(field: &Field, value: &Value, pool: &[Value]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    match (field.ty.required(), value) {
        (Type::Bool, Value::Bool(answer)) => found.push(Value::Bool(!answer)),
        (Type::Bool, _) => found.extend([Value::Bool(true), Value::Bool(false)]),
        (Type::Enum(names), _) => found.extend(names.values.iter().map(|n| Value::Symbol(Arc::clone(n)))),
        (Type::Number(_), _) => {
            if let Value::Number(n) = value {
                let by = field.step.clone().unwrap_or(Num::ONE);
                found.extend(n.add(&by, BITS).ok().map(Value::Number));
                found.extend(n.sub(&by, BITS).ok().map(Value::Number));
                found.extend(n.mul(&Num::from(10), BITS).ok().map(Value::Number));
            }
            found.push(Value::Number(Num::from(0)));
            found.extend(pool.iter().filter(|v| matches!(v, Value::Number(_))).cloned());
        }
        (Type::Date, _) => {
            if let Value::Date(date) = value {
                found.extend(
                    [-1, 1, 31, -31].iter().filter_map(|n| add_days(*date, *n).ok()).map(Value::Date),
                );
            }
            found.extend(pool.iter().filter(|v| matches!(v, Value::Date(_))).cloned());
        }
        _ => {}
    }
    if field.ty.is_optional() {
        found.insert(0, Value::Absent);
    }
    found.retain(|v| v != value);
    found.truncate(VALUES);
    found
}

/// The first and the last number of steps by which a value can be moved.
fn scale(field: &Field, value: &Value) -> Option<(i64, i64)> {
    match (field.ty.required(), value) {
        (Type::Number(_), Value::Number(n)) => {
            let by = step_of(field, n);
            let steps = n.div(&by, BITS).ok()?.to_i64().unwrap_or(1_000);
            let reach = steps.saturating_abs().saturating_mul(8).max(2_000);
            Some((steps.saturating_neg().max(reach.saturating_neg()), reach))
        }
        (Type::Date, Value::Date(_)) => Some((-4_000, 4_000)),
        _ => None,
    }
}

fn step_of(field: &Field, value: &Num) -> Num {
    field.step.clone().unwrap_or_else(|| {
        let cent = Num::from_ratio(1, 100).unwrap_or(Num::ONE);
        if value.is_whole() { Num::ONE } else { cent }
    })
}

/// A value moved by a number of steps.
fn on_scale(field: &Field, value: &Value, steps: i64) -> Option<Value> {
    match value {
        Value::Number(n) => {
            let by = step_of(field, n).mul(&Num::from(steps), BITS).ok()?;
            n.add(&by, BITS).ok().map(Value::Number)
        }
        Value::Date(date) => moved_date(*date, steps),
        _ => None,
    }
}

fn moved_date(date: NaiveDate, days: i64) -> Option<Value> {
    add_days(date, days).ok().map(Value::Date)
}
