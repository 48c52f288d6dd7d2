//! What formulas over rows become: operations on registers, each a batch of rows at once.

use super::fold::Fold;
use super::groups::Groups;
use super::walk::{Steps, Walk};
use crate::number::RoundingMode;
use crate::value::{Bits, Packed};
use std::sync::Arc;

/// Rows of a batch, at most.
pub const BATCH: usize = 1_024;
/// Binary digits that a code has at most where each stands in a mask.
pub const PLANES: usize = 6;
/// Words of a mask: a bit for each row of a batch.
pub const WORDS: usize = BATCH / 64;

/// A register of whole numbers, one for each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reg(pub usize);

/// A mask: a bit for each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mask(pub usize);

/// A comparison of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Equal.
    Equal,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
}

impl Is {
    /// Whether it is so of two values.
    pub fn holds<T: Ord>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Less => a < b,
            Self::AtMost => a <= b,
        }
    }
}

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// The year.
    Year,
    /// The month, from 1.
    Month,
    /// The day of the month, from 1.
    Day,
    /// The last day of its month.
    MonthEnd,
}

/// How a rounding is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// `(reg * times + plus) >> shift`, 128 bits wide, for numbers that are not negative: a division
    /// by multiplying, where the range shows that it gives the same.
    Multiply {
        /// The factor.
        times: u64,
        /// How far the product is shifted.
        shift: u32,
        /// What is added to the register first.
        plus: i64,
    },
    /// `floor((reg * times + plus) / over)`, where none of it can leave 64 bits.
    Floor {
        /// The factor.
        times: i64,
        /// What is added.
        plus: i64,
        /// The divisor.
        over: i64,
    },
    /// Any mode, in 128 bits; rows whose result does not fit are in doubt.
    Wide {
        /// The factor.
        times: i128,
        /// The divisor.
        over: i128,
        /// The mode.
        mode: RoundingMode,
    },
}

/// One operation. `doubt`, where there is one, is the mask of rows whose result does not fit.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Op {
    /// The numbers of a column.
    Load { from: Arc<Packed>, times: i64, to: Reg },
    /// The bits of a column of `true` and `false`.
    LoadFlags { from: Arc<Packed>, to: Mask },
    /// Rows of a column that are absent.
    LoadAbsent { from: Arc<Packed>, to: Mask },
    /// Rows of a column that its packed form does not hold.
    LoadOdd { from: Arc<Packed>, to: Mask },
    /// Rows of a column of texts that hold this one.
    LoadText { from: Arc<Packed>, text: Arc<str>, to: Mask },
    /// The number of each row.
    Rows { to: Reg },
    /// One number for all rows.
    Fill { value: i64, to: Reg },
    /// One bit for all rows.
    FillMask { value: bool, to: Mask },
    /// `a * times_a + b * times_b`.
    Combine { a: Reg, times_a: i64, b: Reg, times_b: i64, to: Reg, doubt: Option<Mask> },
    /// `a * times + plus`.
    Affine { a: Reg, times: i64, plus: i64, to: Reg, doubt: Option<Mask> },
    /// `a * b`.
    Multiply { a: Reg, b: Reg, to: Reg, doubt: Option<Mask> },
    /// The lesser (or greater) of two.
    Extreme { a: Reg, b: Reg, greater: bool, to: Reg },
    /// The lesser (or greater) of a register and a number.
    ExtremeOf { a: Reg, value: i64, greater: bool, to: Reg },
    /// The number without its sign.
    Size { a: Reg, to: Reg },
    /// `a` where the mask is set, else `b`.
    Select { mask: Mask, a: Reg, b: Reg, to: Reg },
    /// A quotient by a number known before, rounded.
    Round { a: Reg, by: Division, to: Reg, doubt: Option<Mask> },
    /// `a * times / (by * over)`, rounded; rows where `by` is zero are in doubt.
    RoundBy { a: Reg, times: i128, by: Reg, over: i128, mode: RoundingMode, to: Reg, doubt: Mask },
    /// `a * times / (by * over)`, where that is whole; other rows are in doubt.
    Exactly { a: Reg, times: i128, by: Reg, over: i128, to: Reg, doubt: Mask },
    /// A comparison of two registers.
    Compare { a: Reg, is: Is, b: Reg, to: Mask },
    /// A comparison of two multiples, in 128 bits.
    CompareWide { a: Reg, times_a: i64, is: Is, b: Reg, times_b: i64, to: Mask },
    /// A comparison of two multiples, each divided by a register: a register, its factor and its divisor.
    CompareRatios { a: (Reg, i64, Reg), is: Is, b: (Reg, i64, Reg), to: Mask, doubt: Mask },
    /// A comparison with a number.
    CompareTo { a: Reg, is: Is, value: i64, to: Mask },
    /// Both.
    And { a: Mask, b: Mask, to: Mask },
    /// Either.
    Or { a: Mask, b: Mask, to: Mask },
    /// The first and not the second.
    Without { a: Mask, b: Mask, to: Mask },
    /// Not.
    Not { a: Mask, to: Mask },
    /// `a` where the mask is set, else `b`.
    SelectMask { mask: Mask, a: Mask, b: Mask, to: Mask },
    /// The binary digits of a code, the lowest first.
    Planes { a: Reg, to: Vec<Mask> },
    /// The code of which some masks are the binary digits, the lowest first, and `plus` the others.
    Code { planes: Vec<Mask>, places: Vec<u32>, plus: i64, to: Reg },
    /// 1 where the mask is set, else 0.
    Number { mask: Mask, to: Reg },
    /// A number's entry in a table; other numbers give 0.
    Map { a: Reg, table: Arc<[i64]>, to: Reg },
    /// A number's bit in a table.
    Within { a: Reg, table: Arc<Bits>, to: Mask },
    /// A date some months later.
    AddMonths { a: Reg, months: i64, to: Reg, doubt: Mask },
    /// A date as many months later as a register says, times a number.
    AddMonthsBy { a: Reg, by: Reg, times: i64, to: Reg, doubt: Mask },
    /// The date of a year, a month and a day.
    MakeDate { parts: [Reg; 3], to: Reg, doubt: Mask },
    /// A part of a date.
    Part { a: Reg, part: DatePart, to: Reg },
    /// The row found by its keys; rows that find none are absent.
    FindBy { keys: Vec<Reg>, among: Arc<Groups>, to: Reg, absent: Mask },
    /// What is made of the rows of a table for each row.
    Walk { walk: Box<Walk>, to: Reg, absent: Mask, doubt: Mask },
    /// Lists without the items that are the same as one before.
    Distinct { run: Reg, steps: Arc<Steps>, to: Reg, doubt: Mask },
    /// Lists of the whole numbers from one to another, but for rows that need none.
    Range { from: Reg, last: Reg, skip: Option<Mask>, steps: Arc<Steps>, to: Reg, doubt: Mask },
    /// The last state of a fold for each row, number by number, or the list of its states.
    Fold { fold: Box<Fold>, to: Vec<Reg>, doubt: Mask },
    /// For each pair of a fold's step, a number of the state before it.
    State { place: usize, to: Reg },
    /// For each pair, the number of the row walked for, in a register of its batch.
    Outer { from: Reg, to: Reg },
    /// For each pair, the bit of the row walked for, in a mask of its batch.
    OuterMask { from: Mask, to: Mask },
    /// For each pair, the row walked over.
    Inner { to: Reg },
    /// For each pair, the item walked over, of a list of the batch around it.
    Item { to: Reg },
    /// A column's numbers at the rows that a register names; `except` rows are passed over.
    Gather {
        row: Reg,
        from: Arc<Packed>,
        times: i64,
        to: Reg,
        absent: Mask,
        doubt: Mask,
        except: Option<Mask>,
    },
}

/// What an operation does with a register or mask.
pub enum Place<'a> {
    /// It reads a register.
    Reads(&'a mut Reg),
    /// It writes one.
    Writes(&'a mut Reg),
    /// It reads a mask.
    ReadsMask(&'a mut Mask),
    /// It writes one.
    WritesMask(&'a mut Mask),
}

impl Op {
    /// Calls `visit` with every register and mask, those read before those written.
    pub fn places(&mut self, visit: &mut dyn FnMut(Place<'_>)) {
        use Place::{Reads, ReadsMask, Writes, WritesMask};
        match self {
            Self::Load { to, .. }
            | Self::Rows { to }
            | Self::Fill { to, .. }
            | Self::Inner { to }
            | Self::Item { to }
            | Self::State { to, .. }
            | Self::Outer { to, .. } => visit(Writes(to)),
            Self::LoadFlags { to, .. }
            | Self::LoadAbsent { to, .. }
            | Self::LoadOdd { to, .. }
            | Self::LoadText { to, .. }
            | Self::OuterMask { to, .. }
            | Self::FillMask { to, .. } => visit(WritesMask(to)),
            Self::Combine { a, b, to, doubt, .. } | Self::Multiply { a, b, to, doubt } => {
                visit(Reads(a));
                visit(Reads(b));
                visit(Writes(to));
                if let Some(doubt) = doubt {
                    visit(WritesMask(doubt));
                }
            }
            Self::Affine { a, to, doubt, .. } | Self::Round { a, to, doubt, .. } => {
                visit(Reads(a));
                visit(Writes(to));
                if let Some(doubt) = doubt {
                    visit(WritesMask(doubt));
                }
            }
            Self::Extreme { a, b, to, .. } => {
                visit(Reads(a));
                visit(Reads(b));
                visit(Writes(to));
            }
            Self::ExtremeOf { a, to, .. }
            | Self::Size { a, to }
            | Self::Map { a, to, .. }
            | Self::Part { a, to, .. } => {
                visit(Reads(a));
                visit(Writes(to));
            }
            Self::Select { mask, a, b, to } => {
                visit(ReadsMask(mask));
                visit(Reads(a));
                visit(Reads(b));
                visit(Writes(to));
            }
            Self::RoundBy { a, by, to, doubt, .. } | Self::Exactly { a, by, to, doubt, .. } => {
                visit(Reads(a));
                visit(Reads(by));
                visit(Writes(to));
                visit(WritesMask(doubt));
            }
            Self::Compare { a, b, to, .. } | Self::CompareWide { a, b, to, .. } => {
                visit(Reads(a));
                visit(Reads(b));
                visit(WritesMask(to));
            }
            Self::CompareRatios { a, b, to, doubt, .. } => {
                for reg in [&mut a.0, &mut a.2, &mut b.0, &mut b.2] {
                    visit(Reads(reg));
                }
                visit(WritesMask(to));
                visit(WritesMask(doubt));
            }
            Self::CompareTo { a, to, .. } | Self::Within { a, to, .. } => {
                visit(Reads(a));
                visit(WritesMask(to));
            }
            Self::And { a, b, to } | Self::Or { a, b, to } | Self::Without { a, b, to } => {
                visit(ReadsMask(a));
                visit(ReadsMask(b));
                visit(WritesMask(to));
            }
            Self::Not { a, to } => {
                visit(ReadsMask(a));
                visit(WritesMask(to));
            }
            Self::SelectMask { mask, a, b, to } => {
                visit(ReadsMask(mask));
                visit(ReadsMask(a));
                visit(ReadsMask(b));
                visit(WritesMask(to));
            }
            Self::Planes { a, to } => {
                visit(Reads(a));
                to.iter_mut().for_each(|plane| visit(WritesMask(plane)));
            }
            Self::Code { planes, to, .. } => {
                planes.iter_mut().for_each(|plane| visit(ReadsMask(plane)));
                visit(Writes(to));
            }
            Self::Number { mask, to } => {
                visit(ReadsMask(mask));
                visit(Writes(to));
            }
            Self::Range { from: a, last: by, to, doubt, .. } | Self::AddMonthsBy { a, by, to, doubt, .. } => {
                visit(Reads(a));
                visit(Reads(by));
                visit(Writes(to));
                visit(WritesMask(doubt));
            }
            Self::MakeDate { parts, to, doubt } => {
                parts.iter_mut().for_each(|part| visit(Reads(part)));
                visit(Writes(to));
                visit(WritesMask(doubt));
            }
            Self::Distinct { run: a, to, doubt, .. } | Self::AddMonths { a, to, doubt, .. } => {
                visit(Reads(a));
                visit(Writes(to));
                visit(WritesMask(doubt));
            }
            Self::Walk { walk, to, absent, doubt } => {
                walk.reads(visit);
                visit(Writes(to));
                visit(WritesMask(absent));
                visit(WritesMask(doubt));
            }
            Self::Fold { fold, to, doubt } => {
                fold.reads(visit);
                to.iter_mut().for_each(|reg| visit(Writes(reg)));
                visit(WritesMask(doubt));
            }
            Self::FindBy { keys, to, absent, .. } => {
                keys.iter_mut().for_each(|key| visit(Reads(key)));
                visit(Writes(to));
                visit(WritesMask(absent));
            }
            Self::Gather { row, to, absent, doubt, except, .. } => {
                visit(Reads(row));
                if let Some(except) = except {
                    visit(ReadsMask(except));
                }
                visit(Writes(to));
                visit(WritesMask(absent));
                visit(WritesMask(doubt));
            }
        }
    }
}
