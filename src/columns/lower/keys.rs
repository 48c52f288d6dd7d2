//! What rows are grouped, ordered and found by, as columns.

use super::Lowering;
use super::figure::{Figure, What};
use crate::columns::program::{Op, Reg};
use crate::library::compare;
use crate::value::{Packed, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// What rows are told apart by.
#[derive(Clone, Debug)]
pub enum Key {
    /// Nothing: it is the same for every row.
    Same,
    /// Whole numbers.
    Numbers(Reg),
    /// The texts of a column, each row's own.
    Text(Arc<Packed>),
}

impl Lowering<'_, '_, '_> {
    /// A figure by which rows are grouped, or, with `ordered`, put in order as `compare` does; none where
    /// that is not known of every row.
    pub fn key(&mut self, figure: &Figure, ordered: bool) -> Option<Key> {
        (figure.absent.is_none() && figure.doubt.is_none()).then_some(())?;
        Some(match &figure.what {
            What::Const(_) => Key::Same,
            What::Number(number) if number.by.is_none() => Key::Numbers(number.reg),
            What::Date(day) => Key::Numbers(day.reg),
            What::Row { .. } => Key::Numbers(self.row_reg(&figure.what)?),
            What::Flag(mask) => {
                let mask = *mask;
                Key::Numbers(self.number_op(|to| Op::Number { mask, to }))
            }
            What::Code(reg, values) if ordered => {
                let (a, table) = (*reg, ranks(values)?);
                Key::Numbers(self.number_op(|to| Op::Map { a, table, to }))
            }
            What::Code(reg, _) => Key::Numbers(*reg),
            What::Text(column) => Key::Text(Arc::clone(column)),
            What::Number(_)
            | What::Record(_)
            | What::List(_)
            | What::Listed(..)
            | What::Whole(_)
            | What::Nothing => return None,
        })
    }
}

/// The place of each value in their order; none where they have none.
fn ranks(values: &[Value]) -> Option<Arc<[i64]>> {
    // Values of one kind are all in one order.
    let is_ordered = |first: &Value| values.iter().all(|value| compare(first, value).is_some());
    values.first().is_none_or(is_ordered).then_some(())?;
    let mut order: Vec<(&Value, usize)> = values.iter().zip(0..).collect();
    order.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    let mut ranks = vec![0; values.len()];
    let (mut rank, mut before) = (0_i64, None);
    for (value, place) in order {
        if before.is_some_and(|before| compare(before, value) != Some(Ordering::Equal)) {
            rank = rank.checked_add(1)?;
        }
        before = Some(value);
        *ranks.get_mut(place)? = rank;
    }
    Some(ranks.into())
}
