//! What is asked of pairs, each a row walked for and an item walked over: they are a batch of their own, into
//! which what is known of the row walked for is brought.

use super::Lowering;
use super::dates::calendar;
use super::emit::Truth;
use super::figure::{Day, Figure, What};
use crate::columns::number::{Range, Scaled};
use crate::columns::program::{Mask, Op, Reg};
use crate::value::Meaning;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is walked over.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The rows of a table.
    Table(usize),
    /// The items of a list that a walk has made, each row's own, and what they mean.
    Listed(Reg, Meaning),
    /// Items that mean this, which stand in the pairs themselves.
    Given(Meaning),
}

/// What of the lowering belongs to the rows at hand.
struct Outside {
    ops: Vec<Op>,
    regs: usize,
    masks: usize,
    all: Option<Mask>,
    planes: BTreeMap<Reg, Vec<Truth>>,
    own_row: Option<Reg>,
    under: Vec<(Mask, bool)>,
    paired: bool,
}

impl Lowering<'_, '_, '_> {
    /// Puts what stands in no register of its own into one: so it can be brought inside.
    pub(super) fn in_registers_all(&mut self, frame: &mut [Figure]) {
        frame.iter_mut().for_each(|figure| self.in_registers(figure));
    }

    /// Lowers what is asked of pairs: the frame of the row walked for is brought inside, and the item walked
    /// over is put into its slot.
    pub(super) fn in_pairs<T>(
        &mut self,
        frame: &[Figure],
        (source, slot): (&Source, usize),
        lower: impl FnOnce(&mut Self, &mut Vec<Figure>) -> T,
    ) -> T {
        let outside = Outside {
            ops: std::mem::take(&mut self.ops),
            regs: std::mem::take(&mut self.regs),
            masks: std::mem::take(&mut self.masks),
            all: self.all.take(),
            planes: std::mem::take(&mut self.planes),
            own_row: self.own_row.take(),
            under: std::mem::take(&mut self.under),
            paired: std::mem::replace(&mut self.paired, true),
        };
        let mut inner: Vec<Figure> = frame.iter().map(|figure| self.brought(figure, outside.all)).collect();
        let item = match source {
            Source::Table(table) => {
                What::Row { row: Some(self.number_op(|to| Op::Inner { to })), table: *table }
            }
            Source::Given(meaning) => {
                let reg = self.number_op(|to| Op::Inner { to });
                self.item_of(meaning, reg)
            }
            Source::Listed(_, meaning) => {
                let reg = self.number_op(|to| Op::Item { to });
                self.item_of(meaning, reg)
            }
        };
        super::set(&mut inner, slot, Figure::sure(item));
        let inside = lower(self, &mut inner);
        self.ops = outside.ops;
        (self.regs, self.masks) = (outside.regs, outside.masks);
        (self.all, self.own_row, self.planes) = (outside.all, outside.own_row, outside.planes);
        (self.under, self.paired) = (outside.under, outside.paired);
        inside
    }

    /// What the numbers of items mean.
    fn item_of(&mut self, meaning: &Meaning, reg: Reg) -> What {
        match meaning {
            Meaning::Number { times, over } => {
                let (times, over) = (i128::from(*times), i128::from(*over));
                What::Number(Scaled { reg, range: Range::REGISTER, times, over, by: None })
            }
            Meaning::Flag => What::Flag(self.is_set(reg)),
            Meaning::Date => What::Date(Day { reg, range: calendar(), moved: None }),
            Meaning::Code(values) => What::Code(reg, Arc::clone(values)),
            Meaning::Row(table) => What::Row { row: Some(reg), table: *table as usize },
            Meaning::Text | Meaning::Whole => What::Nothing,
        }
    }

    /// Puts the row at hand into a register, within records too.
    fn in_registers(&mut self, figure: &mut Figure) {
        match &mut figure.what {
            What::Row { row: row @ None, table } => {
                *row = self.row_reg(&What::Row { row: None, table: *table });
            }
            What::Record(parts) | What::List(parts) => parts.iter_mut().for_each(|p| self.in_registers(p)),
            _ => {}
        }
    }

    /// A figure of the row walked for, as pairs see it; `all` was the mask of all rows there.
    fn brought(&mut self, figure: &Figure, all: Option<Mask>) -> Figure {
        if figure.doubt.is_some() && figure.doubt == all {
            return self.nothing();
        }
        let absent = figure.absent.map(|from| self.mask_op(|to| Op::OuterMask { from, to }));
        let doubt = figure.doubt.map(|from| self.mask_op(|to| Op::OuterMask { from, to }));
        let mut bring = |from: Reg| self.number_op(|to| Op::Outer { from, to });
        let what = match &figure.what {
            What::Const(value) => What::Const(value.clone()),
            What::Flag(from) => {
                let from = *from;
                What::Flag(self.mask_op(|to| Op::OuterMask { from, to }))
            }
            What::Number(n) => {
                let by = n.by.map(|(reg, range)| (bring(reg), range));
                What::Number(Scaled { reg: bring(n.reg), by, ..n.clone() })
            }
            What::Date(day) => {
                let moved = day.moved.map(|(reg, months)| (bring(reg), months));
                What::Date(Day { reg: bring(day.reg), moved, ..*day })
            }
            What::Code(reg, values) => What::Code(bring(*reg), Arc::clone(values)),
            What::Row { row: Some(reg), table } => What::Row { row: Some(bring(*reg)), table: *table },
            What::Record(parts) => What::Record(parts.iter().map(|p| self.brought(p, all)).collect()),
            What::List(parts) => What::List(parts.iter().map(|p| self.brought(p, all)).collect()),
            What::Row { row: None, .. }
            | What::Text(_)
            | What::Listed(..)
            | What::Whole(_)
            | What::Nothing => return self.nothing(),
        };
        Figure { what, absent, doubt }
    }
}
