//! Parts of formulas without a column form, such as a fold over a few events: the reference evaluator
//! works them out within a pass, once for all rows of which the same is read, and the rest of the
//! formula goes on over their column.

use super::Lowering;
use super::figure::{Figure, What};
use super::hoist::{free, free_slot};
use crate::columns::program::Mask;
use crate::columns::store::{Stored, gathered};
use crate::ir::{Expr, ExprKind, RuleId};
use crate::library::room;
use crate::progress::Watched;
use crate::value::{Gathered, Meaning, Packed, Type, Value};
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

/// How deep a part may stand in its rule: the reference evaluator goes on from there.
const DEEPEST: usize = 32;
/// How many rows must share an input on average for what is made of it to be remembered.
const REPEATED: usize = 4;
/// Inputs that are remembered at most where memory is bounded.
const MOST_KNOWN: usize = 1 << 16;
/// Lists and records that are remembered at most.
const MOST_LISTS: usize = 1 << 10;
/// Parts of one pass, at most, each of which is a walk over the table.
const MOST: usize = 256;

/// Values as they are worked out.
struct Values {
    gathered: Gathered,
    /// One that there is, which rows take whose value does not matter.
    any: Option<Value>,
    /// Such rows for which there was none yet.
    waiting: usize,
}

impl Values {
    fn push(&mut self, value: Option<Value>) {
        self.any = self.any.take().or_else(|| value.clone());
        self.settle();
        self.gathered.push(value);
    }

    fn push_any(&mut self) {
        match &self.any {
            Some(any) => {
                self.gathered.push(Some(any.clone()));
            }
            None => self.waiting = self.waiting.saturating_add(1),
        }
    }

    fn settle(&mut self) {
        for _ in 0..std::mem::take(&mut self.waiting) {
            self.gathered.push(Some(self.any.clone().unwrap_or_default()));
        }
    }

    fn finish(mut self) -> Packed {
        self.settle();
        self.gathered.finish()
    }
}

/// Rows for which a column does not say what a figure is.
#[derive(Clone, Copy, Debug, Default)]
struct Except {
    absent: Option<usize>,
    doubt: Option<usize>,
}

/// Where a variable's value of a row comes from.
enum Input {
    /// It is the row itself.
    Own,
    /// It is the same for every row.
    Known(Value),
    /// A column of its own holds it, but for rows without one and rows in doubt: the places of these among the
    /// columns stored.
    Column(Arc<Packed>, Except),
    /// It is worked out: the place among the columns stored.
    Stored(usize),
}

impl Input {
    /// Whether hardly any two rows have the same: the row itself, and lists and records.
    fn is_own(&self) -> bool {
        match self {
            Self::Own => true,
            Self::Column(column, _) => *column.meaning() == Meaning::Whole,
            Self::Known(_) | Self::Stored(_) => false,
        }
    }
}

impl Lowering<'_, '_, '_> {
    /// What a part is for each row, worked out beforehand; none where its value, or what it reads, has no
    /// column. With `if_few`, none too where it would have to be worked out for a great part of the rows.
    pub(super) fn referred(&mut self, expr: &Expr, frame: &[Figure], if_few: bool) -> Option<Figure> {
        let fits = !self.paired && !self.exhausted && self.nesting <= DEEPEST && self.referred < MOST;
        (fits && is_worth_it(expr) && has_column(&expr.ty)).then_some(())?;
        self.referred = self.referred.saturating_add(1);
        let mut frame = frame.to_vec();
        // The variables after these are free.
        let used = frame.len().max(free_slot(expr));
        frame.resize(used, Figure::constant(Value::Absent));
        let expr = self.without_own(expr, &mut frame)?;
        let mut stored: Vec<Stored> = Vec::new();
        let mut inputs: Vec<(usize, Input)> = Vec::new();
        for slot in free(&expr) {
            let figure = frame.get(slot)?.clone();
            let input = match &figure.what {
                What::Row { row: None, .. } => Input::Own,
                What::Const(value) if figure.as_constant().is_some() => Input::Known(value.clone()),
                What::Text(column) | What::Whole(column) => {
                    let mut flag = |mask: Option<Mask>| {
                        let Some(mask) = mask else { return Some(None) };
                        stored.push(Stored::new(&Figure::sure(What::Flag(mask)), self)?);
                        Some(Some(stored.len().saturating_sub(1)))
                    };
                    let except = Except { absent: flag(figure.absent)?, doubt: flag(figure.doubt)? };
                    Input::Column(Arc::clone(column), except)
                }
                _ => {
                    stored.push(Stored::new(&figure, self)?);
                    Input::Stored(stored.len().saturating_sub(1))
                }
            };
            inputs.push((slot, input));
        }
        // A part that reads nothing of the row is no part of this kind.
        inputs.iter().any(|(_, input)| !matches!(input, Input::Known(_))).then_some(())?;
        let idle = match self.not_needed() {
            Some(mask) => {
                stored.push(Stored::new(&Figure::sure(What::Flag(mask)), self)?);
                Some(stored.len().saturating_sub(1))
            }
            None => None,
        };
        let columns = gathered(self.engine, self.table, self.ops.clone(), &mut stored, Watched::default())?;
        let idle = idle.and_then(|place| columns.get(place));
        if if_few && !self.are_few(&expr.ty, &inputs, &columns, idle) {
            return None;
        }
        // What is the same for all rows is worked out once.
        let expr = self.engine.summed(&expr, self.nesting, true).unwrap_or(expr);
        let column = self.worked_out(&expr, &inputs, &columns, idle)?;
        Some(self.load(&Arc::new(column)))
    }

    /// Lowers what would be of no use as a column of the reference evaluator's.
    pub(super) fn without_reference<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.referred, MOST);
        let lowered = lower(self);
        self.referred = before;
        lowered
    }

    /// Whether there are so few different inputs that it is better to remember what was worked out of them.
    fn are_few(
        &self,
        ty: &Type,
        inputs: &[(usize, Input)],
        columns: &[Packed],
        idle: Option<&Packed>,
    ) -> bool {
        if inputs.iter().any(|(_, input)| input.is_own()) {
            return false;
        }
        let rows = self.engine.machine.dataset().len_of(self.table);
        let most = rows.checked_div(REPEATED).unwrap_or(0).min(self.most_known(ty));
        let mut known: IndexSet<Vec<Value>> = IndexSet::new();
        for row in 0..rows {
            if idle.is_some_and(|idle| idle.number(row) == 1) {
                continue;
            }
            let Some(read) = self.read(inputs, columns, row) else { return false };
            known.insert(read);
            if known.len() > most {
                return false;
            }
        }
        true
    }

    /// The variables' values of a row; none where one is in doubt.
    fn read(&self, inputs: &[(usize, Input)], columns: &[Packed], row: usize) -> Option<Vec<Value>> {
        let read = |(_, input): &(usize, Input)| match input {
            Input::Own => {
                Some(Value::Row { table: u32::try_from(self.table).ok()?, row: u32::try_from(row).ok()? })
            }
            Input::Known(value) => Some(value.clone()),
            Input::Column(column, except) => {
                let is_set = |flag: Option<usize>| {
                    flag.and_then(|place| columns.get(place)).is_some_and(|column| column.number(row) == 1)
                };
                match (is_set(except.doubt), is_set(except.absent)) {
                    (true, _) => None,
                    (false, true) => Some(Value::Absent),
                    (false, false) => column.get(row),
                }
            }
            Input::Stored(place) => columns.get(*place)?.get(row),
        };
        inputs.iter().map(read).collect()
    }

    /// How many different inputs may be remembered, with what a part of a type is for each.
    fn most_known(&self, ty: &Type) -> usize {
        if is_whole(ty) {
            return MOST_LISTS;
        }
        let data = self.engine.machine.dataset().tables.get(self.table);
        if data.is_some_and(|data| data.store().is_some()) { MOST_KNOWN } else { usize::MAX }
    }

    /// The part, row by row: in doubt where it has no value, or where what it reads is in doubt. None where its
    /// values have no column.
    fn worked_out(
        &mut self,
        expr: &Expr,
        inputs: &[(usize, Input)],
        columns: &[Packed],
        idle: Option<&Packed>,
    ) -> Option<Packed> {
        let is_whole = is_whole(&expr.ty);
        let most_known = self.most_known(&expr.ty);
        let rows = self.engine.machine.dataset().len_of(self.table);
        let slots = inputs.iter().map(|(slot, _)| slot.saturating_add(1)).max().unwrap_or(0);
        let is_shared = !inputs.iter().any(|(_, input)| input.is_own());
        let mut known: IndexMap<Vec<Value>, Option<Value>> = IndexMap::new();
        let starts = self.engine.starts(self.table);
        let store = self.engine.machine.dataset().tables.get(self.table)?.store();
        let gathered = Gathered::new(&expr.ty, &starts, store);
        // No list is made for rows for which it does not matter.
        let mut values = Values { gathered, any: is_whole.then_some(Value::Absent), waiting: 0 };
        for row in 0..rows {
            if idle.is_some_and(|idle| idle.number(row) == 1) {
                values.push_any();
                continue;
            }
            let Some(read) = self.read(inputs, columns, row) else {
                values.push(None);
                continue;
            };
            if let Some(value) = known.get(&read).filter(|_| is_shared).cloned() {
                values.push(value.filter(|value| self.has_room(value)));
                continue;
            }
            let mut frame = vec![Value::Absent; slots];
            for ((slot, _), value) in inputs.iter().zip(&read) {
                if let Some(place) = frame.get_mut(*slot) {
                    *place = value.clone();
                }
            }
            let value = self.engine.machine.look(self.nesting, expr, &mut frame);
            // Beyond the limit on steps nothing is known of the rows that follow.
            (!self.engine.machine.is_spent()).then_some(())?;
            if is_shared && known.len() < most_known {
                known.insert(read, value.clone());
            }
            values.push(value.filter(|value| self.has_room(value)));
        }
        Some(values.finish())
    }

    /// Makes room for a list or a record, where it is not put away; whether there is any.
    fn has_room(&mut self, value: &Value) -> bool {
        let data = self.engine.machine.dataset().tables.get(self.table);
        match value {
            Value::List(_) | Value::Record(_) if data.is_some_and(|data| data.store().is_none()) => {
                self.engine.machine.hold(room(value, u64::MAX))
            }
            _ => true,
        }
    }

    /// Whether a rule's conclusions can be read: those of the pass at hand stand in no column yet.
    fn is_concluded(&mut self, rule: RuleId) -> bool {
        self.awaits |= self.concluded.contains_key(&rule);
        self.engine.machine.concluded(rule).is_some()
    }

    /// The part with a variable in place of everything that it reads of the row at hand: what is concluded
    /// in the same pass stands in no column yet, and rows of which the same is read share a value.
    fn without_own(&mut self, expr: &Expr, frame: &mut Vec<Figure>) -> Option<Expr> {
        let own = |e: &Expr, frame: &[Figure]| match e.kind {
            ExprKind::Local(slot) => {
                matches!(frame.get(slot).map(|f| &f.what), Some(What::Row { row: None, .. }))
            }
            _ => false,
        };
        let mut left = expr.clone();
        match &expr.kind {
            ExprKind::RowField(of, _) | ExprKind::RowRule(of, _) if own(of, frame) => {
                let figure = match &expr.kind {
                    ExprKind::RowField(_, field) => {
                        let of = self.own();
                        self.field(&of, *field)
                    }
                    ExprKind::RowRule(_, rule) => {
                        let of = self.own();
                        self.conclusion(&of, *rule)
                    }
                    _ => return None,
                };
                let is_held = !matches!(
                    figure.what,
                    What::Nothing | What::Record(_) | What::List(_) | What::Listed(..)
                );
                if is_held {
                    let slot = frame.len();
                    frame.push(figure);
                    left.kind = ExprKind::Local(slot);
                } else if let ExprKind::RowRule(_, rule) = &expr.kind {
                    self.is_concluded(*rule).then_some(())?;
                }
            }
            ExprKind::ClauseOf(rule, _) | ExprKind::ReasonsOf(rule, _) => {
                self.is_concluded(*rule).then_some(())?;
            }
            _ => {
                let mut all = true;
                left.children_mut(&mut |child| match self.without_own(child, frame) {
                    Some(found) => *child = found,
                    None => all = false,
                });
                all.then_some(())?;
            }
        }
        Some(left)
    }
}

/// Whether a part is more than what is read, for which the reference evaluator would know no more.
fn is_worth_it(expr: &Expr) -> bool {
    !matches!(
        expr.kind,
        ExprKind::RowField(..) | ExprKind::RowRule(..) | ExprKind::Fail(_) | ExprKind::ClauseOf(..)
    )
}

/// Whether values of a type are lists or records, which are written down.
fn is_whole(ty: &Type) -> bool {
    matches!(ty.required(), Type::List(_) | Type::Record(_))
}

/// Whether values of a type are held in columns.
fn has_column(ty: &Type) -> bool {
    matches!(
        ty.required(),
        Type::Bool | Type::Text | Type::Date | Type::Number(_) | Type::Enum(_) | Type::Row(_)
    ) || is_whole(ty)
}
