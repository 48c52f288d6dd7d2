//! What rows hold: fields, conclusions, rows they refer to.

use super::Lowering;
use super::alike::{alike, codes_of};
use super::figure::{Day, Figure, What};
use crate::columns::groups::{KeyOf, Matched, fits};
use crate::columns::number::{Aligned, Range, Scaled, align};
use crate::columns::program::{Mask, Op, Reg};
use crate::ir::RuleId;
use crate::value::{Meaning, Packed, Part, Value};
use std::sync::Arc;

impl Lowering<'_, '_, '_> {
    /// A row's number in a register.
    pub(super) fn row_reg(&mut self, what: &What) -> Option<Reg> {
        match what {
            What::Row { row: Some(reg), .. } => Some(*reg),
            What::Row { row: None, .. } => {
                let known = self.own_row;
                let reg = known.unwrap_or_else(|| self.number_op(|to| Op::Rows { to }));
                self.own_row = Some(reg);
                Some(reg)
            }
            _ => None,
        }
    }

    /// A field of rows.
    pub(super) fn field(&mut self, of: &Figure, field: usize) -> Figure {
        let What::Row { table, .. } = of.what else { return self.of_no_row(of) };
        let column = self.engine.field(table, field);
        self.column(of, column, (table, field, false))
    }

    /// A rule's conclusions for rows.
    pub(super) fn conclusion(&mut self, of: &Figure, rule: RuleId) -> Figure {
        let What::Row { table, row } = of.what else { return self.of_no_row(of) };
        if row.is_none()
            && table == self.table
            && let Some(known) = self.concluded.get(&rule)
        {
            let known = known.clone();
            let doubt = self.either(known.doubt, of.doubt);
            return Figure { doubt, ..known };
        }
        let column = self.engine.conclusions(rule);
        self.column(of, column, (table, rule.0, true))
    }

    /// An access to something that is a row in no way known here.
    fn of_no_row(&mut self, of: &Figure) -> Figure {
        match of.what {
            What::Const(Value::Absent) => of.clone(),
            _ => self.nothing(),
        }
    }

    fn column(&mut self, of: &Figure, column: Option<Arc<Packed>>, name: (usize, usize, bool)) -> Figure {
        let Some(column) = column else { return self.nothing() };
        if matches!(of.what, What::Row { row: None, table } if table == self.table) {
            let loaded = if let Some(loaded) = self.loaded.get(&name) {
                loaded.clone()
            } else {
                let loaded = self.load(&column);
                self.loaded.insert(name, loaded.clone());
                loaded
            };
            let doubt = self.either(loaded.doubt, of.doubt);
            return Figure { doubt, ..loaded };
        }
        self.gather(of, &column)
    }

    /// The column's values of the rows at hand.
    pub(super) fn load(&mut self, column: &Arc<Packed>) -> Figure {
        let from = || Arc::clone(column);
        let has = |of: fn(&Part) -> bool| column.parts().iter().any(of);
        let absent = has(Part::has_absent).then(|| self.mask_op(|to| Op::LoadAbsent { from: from(), to }));
        let doubt = has(Part::has_odd).then(|| self.mask_op(|to| Op::LoadOdd { from: from(), to }));
        let what = match column.meaning() {
            Meaning::Flag => What::Flag(self.mask_op(|to| Op::LoadFlags { from: from(), to })),
            Meaning::Text => What::Text(from()),
            Meaning::Whole => What::Whole(from()),
            _ => {
                let reg = self.number_op(|to| Op::Load { from: from(), times: 1, to });
                what_of(column, reg)
            }
        };
        Figure { what, absent, doubt }
    }

    /// The column's values of other rows.
    pub(super) fn gather(&mut self, of: &Figure, column: &Arc<Packed>) -> Figure {
        match column.meaning() {
            Meaning::Text => return self.gather_texts(of, column),
            Meaning::Whole => return self.nothing(),
            _ => {}
        }
        let Some(row) = self.row_reg(&of.what) else { return self.nothing() };
        // Rows that are in doubt may name any row at all.
        let except = self.either(of.absent, of.doubt);
        let (to, absent, odd) = (self.reg(), self.mask(), self.mask());
        self.ops.push(Op::Gather { row, from: Arc::clone(column), times: 1, to, absent, doubt: odd, except });
        let optional = except.is_some() || column.parts().iter().any(Part::has_absent);
        let doubtful = column.parts().iter().any(Part::has_odd);
        let what = if *column.meaning() == Meaning::Flag {
            What::Flag(self.is_set(to))
        } else {
            let what = what_of(column, to);
            // A row without a value holds 0.
            if optional || doubtful { with_zero(what) } else { what }
        };
        let doubt = self.either(of.doubt, Some(odd));
        Figure { what, absent: optional.then_some(absent), doubt }
    }

    /// The row with a key, one figure for each of its fields; absent where there is none.
    pub(super) fn look_up(&mut self, table: usize, keys: &[Figure]) -> Figure {
        self.found(table, keys).unwrap_or_else(|| self.nothing())
    }

    fn found(&mut self, table: usize, keys: &[Figure]) -> Option<Figure> {
        let fields = self.program.tables.get(table)?.key.clone();
        (fields.len() == keys.len()).then_some(())?;
        let (mut regs, mut numbers, mut doubt) = (Vec::new(), Vec::new(), None);
        for (field, key) in fields.into_iter().zip(keys) {
            let column = self.engine.field(table, field)?;
            // An odd key has no number; the reference evaluator finds it.
            (!column.parts().iter().any(Part::has_odd)).then_some(())?;
            let key = self.present(key);
            let (reg, own, more) = self.joined(&key.what, &column)?;
            doubt = self.either(doubt, more);
            doubt = self.either(doubt, key.doubt);
            regs.push(reg);
            numbers.push(own);
        }
        fits(numbers.iter()).then_some(())?;
        let rows = self.engine.machine.dataset().len_of(table);
        let among = self.engine.indexed(numbers, rows);
        let (to, absent) = (self.reg(), self.mask());
        self.ops.push(Op::FindBy { keys: regs, among, to, absent });
        Some(Figure { what: What::Row { row: Some(to), table }, absent: Some(absent), doubt })
    }

    /// A key's register, and what of a column's numbers, of which nothing is odd, it equals; and rows for
    /// which the register is in doubt.
    fn matched(&mut self, key: &What, column: &Packed) -> Option<(Reg, Matched, Option<Mask>)> {
        let same = Matched::Times(1);
        match (key, column.meaning()) {
            (What::Date(_) | What::Const(Value::Date(_)), Meaning::Date) => {
                Some((self.day(key)?.reg, same, None))
            }
            (What::Number(_) | What::Const(Value::Number(_)), Meaning::Number { times, over }) => {
                let number = self.scaled(key).filter(|n| n.by.is_none())?;
                let own = (i128::from(*times), i128::from(*over));
                let Aligned { first, second, .. } = align((number.times, number.over), own)?;
                let second = i64::try_from(second).ok()?;
                let (low, high) = column.extremes();
                low.checked_mul(second)?;
                high.checked_mul(second)?;
                let range = number.range.times(Range::one(first));
                let (reg, doubt) = self.affine(&number, first, 0, range)?;
                Some((reg, Matched::Times(second), doubt))
            }
            (What::Row { table, .. }, Meaning::Row(of)) if usize::try_from(*of) == Ok(*table) => {
                Some((self.row_reg(key)?, same, None))
            }
            (What::Flag(mask), Meaning::Flag) => {
                let mask = *mask;
                Some((self.number_op(|to| Op::Number { mask, to }), same, None))
            }
            (What::Code(..) | What::Const(_), Meaning::Code(own)) => {
                let (reg, values) = self.code(key);
                let code = |value| i64::try_from(values.iter().position(|v| v == value)?).ok();
                Some((reg, Matched::Codes(own.iter().map(code).collect()), None))
            }
            _ => None,
        }
    }

    /// A register, and the numbers by which it equals what a column, of which nothing is odd, holds for
    /// its rows; and rows for which the register is in doubt.
    pub(super) fn joined(&mut self, key: &What, column: &Arc<Packed>) -> Option<(Reg, KeyOf, Option<Mask>)> {
        let numbers = Matched::Times(1);
        match (key, column.meaning()) {
            (What::Code(..) | What::Const(_), Meaning::Text) => {
                let (reg, values) = self.code(key);
                let column = Arc::new(codes_of(column, &values));
                Some((reg, KeyOf { column, by: numbers }, None))
            }
            (What::Text(own), Meaning::Text) => {
                let (from, column) = alike(own, column)?;
                let reg = self.number_op(|to| Op::Load { from: Arc::new(from), times: 1, to });
                Some((reg, KeyOf { column: Arc::new(column), by: numbers }, None))
            }
            _ => {
                let (reg, by, doubt) = self.matched(key, column)?;
                Some((reg, KeyOf { column: Arc::clone(column), by }, doubt))
            }
        }
    }
}

/// What a register holds that has a column's numbers.
fn what_of(column: &Packed, reg: Reg) -> What {
    let (low, high) = column.extremes();
    let range = Range { low: low.into(), high: high.into() };
    match column.meaning() {
        Meaning::Number { times, over } => {
            What::Number(Scaled { reg, range, times: (*times).into(), over: (*over).into(), by: None })
        }
        Meaning::Date => What::Date(Day { reg, range, moved: None }),
        Meaning::Code(values) => match &**values {
            // The only value that there is, of whatever type.
            [only] => What::Const(only.clone()),
            _ => What::Code(reg, Arc::clone(values)),
        },
        Meaning::Row(table) => What::Row { row: Some(reg), table: *table as usize },
        Meaning::Flag | Meaning::Text | Meaning::Whole => What::Nothing,
    }
}

fn with_zero(what: What) -> What {
    match what {
        What::Number(n) => What::Number(Scaled { range: n.range.join(Range::one(0)), ..n }),
        What::Date(day) => What::Date(Day { range: day.range.join(Range::one(0)), ..day }),
        other => other,
    }
}
