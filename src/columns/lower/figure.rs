//! What a part of a formula is for the rows of a batch.

use crate::columns::number::{Range, Scaled};
use crate::columns::program::{Mask, Reg};
use crate::value::{Meaning, Packed, Value};
use std::sync::Arc;

/// The values of a part of a formula, one for each row.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The values.
    pub what: What,
    /// Rows without a value.
    pub absent: Option<Mask>,
    /// Rows that the reference evaluator decides, should their value matter.
    pub doubt: Option<Mask>,
}

/// Values of one kind.
#[derive(Clone, Debug)]
pub enum What {
    /// The same for every row.
    Const(Value),
    /// `true` and `false`.
    Flag(Mask),
    /// Numbers.
    Number(Scaled),
    /// Days from the first of the year 1, which is 1.
    Date(Day),
    /// Values by their place in a list.
    Code(Reg, Arc<[Value]>),
    /// Rows of a table.
    Row {
        /// The row; none for the row at hand.
        row: Option<Reg>,
        /// The table.
        table: usize,
    },
    /// Texts of a column, each row's own.
    Text(Arc<Packed>),
    /// Records, field by field.
    Record(Vec<Figure>),
    /// Lists of the same length in every row.
    List(Vec<Figure>),
    /// Lists that a walk has made, each in the room of its batch, and what their items mean.
    Listed(Reg, Meaning),
    /// Lists and records of a column, each row's own.
    Whole(Arc<Packed>),
    /// Nothing is known: every row is in doubt.
    Nothing,
}

/// Dates of rows.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// The day.
    pub reg: Reg,
    /// The first and the last of them.
    pub range: Range,
    /// Where it is another date some months later: that date, and the months. A comparison with one
    /// day then needs no calendar.
    pub moved: Option<(Reg, i64)>,
}

impl Figure {
    /// Values without absence or doubt.
    #[must_use]
    pub fn sure(what: What) -> Self {
        Self { what, absent: None, doubt: None }
    }

    /// The same value for every row.
    #[must_use]
    pub fn constant(value: Value) -> Self {
        Self::sure(What::Const(value))
    }

    /// The value, where it is the same for every row and in no doubt.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Value> {
        match &self.what {
            What::Const(value) if self.doubt.is_none() && self.absent.is_none() => Some(value),
            _ => None,
        }
    }
}
