//! What of a walk's conditions rows are found by: equalities and bounds, all of which must hold, or of which
//! one is enough.

use super::Lowering;
use super::figure::{Figure, What};
use super::hoist::free;
use super::turned::alternatives;
use crate::columns::engine::Engine;
use crate::columns::groups::{KeyOf, fits};
use crate::columns::program::{Mask, Reg};
use crate::columns::store::{Stored, gathered};
use crate::columns::walk::{Bound, Way};
use crate::ir::{Expr, ExprKind, RuleId, conjuncts};
use crate::progress::Watched;
use crate::syntax::ast::CmpOp;
use crate::value::{Meaning, Packed, Part, Value};
use std::sync::Arc;

/// Conditions of which one is enough, at most, that each find rows.
const MOST_WAYS: usize = 8;

/// How rows are found, as far as a walk's conditions say.
#[derive(Default)]
pub(super) struct Found {
    keys: Vec<KeyOf>,
    pub equal: Vec<Reg>,
    /// The key of the bounds: the field or rule, and its numbers.
    bounded: Option<(Of, KeyOf)>,
    bounds: Vec<Bound>,
    /// Rows for which what is looked for is not known.
    doubt: Option<Mask>,
}

impl Found {
    /// Whether rows can be found by another key as well.
    fn has_room_for(&self, key: &KeyOf) -> bool {
        fits(self.keys.iter().chain(self.bounded.iter().map(|(_, key)| key)).chain([key]))
    }

    /// The rows in that order.
    pub fn indexed(self, engine: &mut Engine<'_, '_>, rows: usize) -> Way {
        let mut keys = self.keys;
        keys.extend(self.bounded.map(|(_, numbers)| numbers));
        Way { among: engine.indexed(keys, rows), equal: self.equal, bounds: self.bounds }
    }
}

/// What of a walk's conditions rows are found by.
pub(super) struct Findable {
    /// Ways to find rows, each of which finds some of those that pass.
    pub found: Vec<Found>,
    /// Conditions that are asked of the rows found.
    pub left: Vec<Expr>,
    /// Rows for which what is looked for is not known.
    pub doubt: Option<Mask>,
}

/// What of the rows walked over is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A field.
    Field(usize),
    /// A conclusion.
    Rule(RuleId),
    /// What was worked out of each row, by its place among those.
    Worked(usize),
}

impl Lowering<'_, '_, '_> {
    /// The conditions that rows can be found by, and those that are left. Rows that are not found are
    /// never looked at, so that no condition before one of these may be without a value.
    pub(super) fn findable(
        &mut self,
        (table, slot): (usize, usize),
        conditions: Vec<(Expr, usize)>,
        inner: &mut [Figure],
        parts: std::ops::Range<usize>,
    ) -> Findable {
        let mut found = Found::default();
        let mut several: Option<(Vec<Found>, usize)> = None;
        let (mut left, mut sure, mut needed) = (Vec::new(), true, 0);
        for (condition, parts_so_far) in conditions {
            if sure && self.find_by(&condition, (table, slot), inner, &mut found) {
                needed = parts_so_far;
                continue;
            }
            if sure && several.is_none() {
                let ways = self.find_either(&condition, (table, slot), inner);
                several = ways.map(|ways| (ways, parts_so_far));
            }
            sure = sure && self.is_sure(&condition);
            left.push(condition);
        }
        // A condition that all must fulfil finds fewer than several of which one is enough.
        let mut found = match several {
            Some((ways, parts)) if found.equal.is_empty() && found.bounded.is_none() => {
                needed = parts;
                ways
            }
            _ => vec![found],
        };
        let mut doubt = None;
        for way in &mut found {
            doubt = self.either(doubt, way.doubt.take());
        }
        for slot in parts.take(needed) {
            let Some(figure) = inner.get_mut(slot) else { continue };
            let unknown = figure.doubt.take();
            doubt = self.either(doubt, unknown);
        }
        Findable { found, left, doubt }
    }

    /// Has rows found by each of several conditions of which one is enough, where each says for every other
    /// row that it does not hold.
    fn find_either(&mut self, condition: &Expr, of: (usize, usize), inner: &[Figure]) -> Option<Vec<Found>> {
        let alternatives = alternatives(condition);
        (2..=MOST_WAYS).contains(&alternatives.len()).then_some(())?;
        let mut ways = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let mut found = Found::default();
            for part in conjuncts(alternative) {
                if !self.find_by(part, of, inner, &mut found) && !self.is_sure(part) {
                    break;
                }
            }
            (!found.equal.is_empty() || found.bounded.is_some()).then_some(())?;
            ways.push(found);
        }
        Some(ways)
    }

    /// Has rows found by a condition, where that says all that the condition does.
    fn find_by(
        &mut self,
        condition: &Expr,
        (table, slot): (usize, usize),
        inner: &[Figure],
        found: &mut Found,
    ) -> bool {
        let ExprKind::Compare(first, rest) = &condition.kind else { return false };
        let mut left = &**first;
        let mut pairs: Vec<(Of, CmpOp, &Figure)> = Vec::new();
        for (op, right) in rest {
            let pair = match (known(left, inner), known(right, inner)) {
                (None, Some(figure)) => self.of_row(left, (table, slot)).map(|of| (of, *op, figure)),
                (Some(figure), None) => self.of_row(right, (table, slot)).map(|of| (of, turned(*op), figure)),
                _ => None,
            };
            let Some(pair) = pair else { return false };
            pairs.push(pair);
            left = right;
        }
        if let [(of, CmpOp::Eq, figure)] = pairs.as_slice() {
            return self.find_equal(table, *of, figure, found).is_some();
        }
        let bounds = |op: &CmpOp| matches!(op, CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge);
        if !pairs.iter().all(|(_, op, _)| bounds(op)) {
            return false;
        }
        let Some((of, ..)) = pairs.first().copied() else { return false };
        let one = pairs.iter().all(|(other, ..)| *other == of);
        let bounded = found.bounded.as_ref().is_none_or(|(known, _)| *known == of);
        one && bounded && self.find_within(table, of, &pairs, found).is_some()
    }

    fn find_equal(&mut self, table: usize, of: Of, figure: &Figure, found: &mut Found) -> Option<()> {
        let column = self.of(table, of)?;
        let figure = self.present(figure);
        let (reg, numbers, doubt) = self.joined(&figure.what, &column)?;
        found.has_room_for(&numbers).then_some(())?;
        let doubt = self.either(doubt, figure.doubt);
        found.doubt = self.either(found.doubt, doubt);
        found.keys.push(numbers);
        found.equal.push(reg);
        Some(())
    }

    fn find_within(
        &mut self,
        table: usize,
        of: Of,
        pairs: &[(Of, CmpOp, &Figure)],
        found: &mut Found,
    ) -> Option<()> {
        let column = self.of(table, of)?;
        let (mut bounds, mut doubts, mut key) = (Vec::new(), None, None);
        for (_, op, figure) in pairs {
            let figure = self.present(figure);
            // Codes, which tell texts and names apart, are in no order.
            matches!(
                (&figure.what, column.meaning()),
                (What::Date(_) | What::Const(Value::Date(_)), Meaning::Date)
                    | (What::Number(_) | What::Const(Value::Number(_)), Meaning::Number { .. })
            )
            .then_some(())?;
            let (reg, numbers, doubt) = self.joined(&figure.what, &column)?;
            let known = key.get_or_insert_with(|| numbers.clone());
            // All bounds must be in the same whole numbers.
            (known.by == numbers.by).then_some(())?;
            match &found.bounded {
                Some((_, known)) => (known.by == numbers.by).then_some(())?,
                None => found.has_room_for(&numbers).then_some(())?,
            }
            let doubt = self.either(doubt, figure.doubt);
            doubts = self.either(doubts, doubt);
            let (above, strict) = (matches!(op, CmpOp::Lt | CmpOp::Le), matches!(op, CmpOp::Lt | CmpOp::Gt));
            bounds.push(Bound { reg, above, strict });
        }
        found.doubt = self.either(found.doubt, doubts);
        found.bounded = Some((of, key?));
        found.bounds.extend(bounds);
        Some(())
    }

    /// What a formula reads of the row in a slot, or what it makes of that row alone.
    pub(super) fn of_row(&mut self, expr: &Expr, (table, slot): (usize, usize)) -> Option<Of> {
        if let Some(of) = read_of(expr, slot) {
            return Some(of);
        }
        (free(expr) == [slot]).then_some(())?;
        let mut rows = Lowering::new(&mut *self.engine, table, self.nesting);
        rows.parts = self.parts;
        let mut frame = Vec::new();
        super::set(&mut frame, slot, rows.own());
        let figure = rows.lower(expr, &mut frame);
        self.parts = rows.parts;
        let mut stored = [Stored::new(&figure, &mut rows)?];
        let ops = std::mem::take(&mut rows.ops);
        let column = gathered(&mut *self.engine, table, ops, &mut stored, Watched::default())?.pop()?;
        self.worked.push(Arc::new(column));
        Some(Of::Worked(self.worked.len().saturating_sub(1)))
    }

    /// What is compared of the rows of a table, where all of it is packed.
    pub(super) fn of(&mut self, table: usize, of: Of) -> Option<Arc<Packed>> {
        let column = match of {
            Of::Field(field) => self.engine.field(table, field),
            Of::Rule(rule) => self.engine.conclusions(rule),
            Of::Worked(place) => self.worked.get(place).cloned(),
        };
        column.filter(|c| !c.parts().iter().any(Part::has_odd))
    }

    /// Whether a condition has an answer whatever the row: it reads and compares, no more. What it reads
    /// of the row walked for is known beforehand.
    pub(super) fn is_sure(&mut self, expr: &Expr) -> bool {
        let own = match &expr.kind {
            ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::RowField(..)
            | ExprKind::IsPresent(..)
            | ExprKind::Not(_)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::In(..)
            | ExprKind::List(_)
            | ExprKind::Otherwise(..)
            | ExprKind::If(..)
            | ExprKind::DateDifference(..) => true,
            ExprKind::RowRule(of, rule) => match of.ty.required() {
                crate::value::Type::Row(table) => self.of(*table, Of::Rule(*rule)).is_some(),
                _ => false,
            },
            _ => false,
        };
        let mut all = own;
        expr.children(&mut |child| all = all && self.is_sure(child));
        all
    }
}

/// What a formula reads of the row in a slot.
fn read_of(expr: &Expr, slot: usize) -> Option<Of> {
    let own = |row: &Expr| matches!(row.kind, ExprKind::Local(s) if s == slot);
    match &expr.kind {
        ExprKind::RowField(row, field) if own(row) => Some(Of::Field(*field)),
        ExprKind::RowRule(row, rule) if own(row) => Some(Of::Rule(*rule)),
        _ => None,
    }
}

/// What a formula is for the row walked for.
fn known<'f>(expr: &Expr, frame: &'f [Figure]) -> Option<&'f Figure> {
    match expr.kind {
        ExprKind::Local(slot) => frame.get(slot),
        _ => None,
    }
}

fn turned(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
        CmpOp::Eq | CmpOp::Ne => op,
    }
}
