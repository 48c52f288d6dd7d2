//! What functions of the language make of a walk over more rows than may be held at a time: they are given some
//! items after the others, together with what those before came to.

use super::items::Items;
use super::machine::{Evaluated, Machine, at, set};
use crate::ir::{Expr, ExprKind, Query};
use crate::library::{Builtin, Fault, Joins, joins};
use crate::number::Num;
use crate::source::Span;
use crate::value::Value;

/// Items that a function is given at a time, at least.
const PIECE: usize = 1_024;

impl Machine<'_> {
    /// A function's value, where its argument is such a walk and it can be given that by pieces.
    pub(super) fn by_pieces(
        &mut self,
        builtin: &Builtin,
        args: &[Expr],
        frame: &mut Vec<Value>,
        expr: &Expr,
    ) -> Result<Option<Value>, Box<Fault>> {
        let [walk] = args else { return Ok(None) };
        // How many there are is known of the rows, once each of them has a value.
        let (counts, joins) = (builtin.name == "count", joins(builtin));
        if !counts && joins.is_none() {
            return Ok(None);
        }
        let (items, slot, item) = match &walk.kind {
            ExprKind::Query(query) if self.beyond_room(&query.source).is_some() => {
                (self.rows_of(query, frame, walk.span)?, query.slot, Some(&query.value))
            }
            ExprKind::Project { list, slot, access } if self.beyond_room(list).is_some() => {
                (self.items(list, frame, walk.span)?, *slot, Some(&**access))
            }
            // The rows themselves, for which no variable stands.
            ExprKind::Table(_) if self.beyond_room(walk).is_some() => {
                (self.items(walk, frame, walk.span)?, frame.len(), None)
            }
            _ => return Ok(None),
        };
        let count = || Value::Number(Num::from_i128(i128::try_from(items.len()).unwrap_or(i128::MAX)));
        if counts && item.is_none() {
            return Ok(Some(count()));
        }
        let before = self.account.held();
        let mut piece: Vec<Value> = Vec::new();
        let mut room = PIECE;
        let value = self.hushed(|machine| {
            let mut rows = items.iter();
            while let Some(row) = rows.next() {
                machine.account.build(1).map_err(|e| at(walk.span)(e.into()))?;
                let held = machine.account.held();
                let value = machine.item_of(row, (slot, item), frame)?;
                machine.account.settle(held, &value);
                if counts {
                    machine.account.release(before);
                    continue;
                }
                piece.push(value);
                if piece.len() >= room {
                    let joined = machine.joined(builtin, &mut piece, (before, expr));
                    if joined.is_err() {
                        // An item without a value would have been told of first.
                        rows.try_for_each(|row| machine.item_of(row, (slot, item), frame).map(drop))?;
                    }
                    let joined = joined?;
                    // What is left of a piece is looked at again with the next, which is the larger for it.
                    match (joins, joined) {
                        (Some(Joins::List), Value::List(items)) => piece.extend(items.iter().cloned()),
                        (_, single) => piece.push(single),
                    }
                    room = piece.len().saturating_mul(2).max(PIECE);
                }
            }
            if counts {
                return Ok(count());
            }
            machine.joined(builtin, &mut piece, (before, expr))
        })?;
        if item.is_some() {
            set(frame, slot, Value::Absent);
        }
        Ok(Some(value))
    }

    /// What a row gives; the row itself, where nothing is made of it.
    fn item_of(
        &mut self,
        row: Value,
        (slot, item): (usize, Option<&Expr>),
        frame: &mut Vec<Value>,
    ) -> Evaluated {
        let Some(item) = item else { return Ok(row) };
        set(frame, slot, row);
        self.eval(item, frame)
    }

    /// The rows of a walk of which a list could be made.
    fn rows_of(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span) -> Result<Items, Box<Fault>> {
        let (rows, _) = self.rows(query, frame, span)?;
        self.list_length(rows.len()).map_err(at(span))?;
        Ok(rows)
    }

    /// What a function makes of some items, which are all that is held since.
    fn joined(
        &mut self,
        builtin: &Builtin,
        piece: &mut Vec<Value>,
        (before, expr): (u64, &Expr),
    ) -> Evaluated {
        let fault = at(expr.span);
        let list = Value::List(std::mem::take(piece).into());
        self.account.look_through(&list).map_err(|e| fault(e.into()))?;
        let value = (builtin.compute)(&self.around(), &[list]).map_err(&fault)?;
        self.account.settle(before, &value);
        self.account.build_single(&value).map_err(|e| fault(e.into()))?;
        Ok(value)
    }
}
