//! What rows hold: fields, conclusions, rows they refer to.

use super::Lowering;
use super::figure::{Day, Figure, What};
use crate::columns::number::{Range, Scaled};
use crate::columns::program::{Finder, Op, Reg};
use crate::ir::RuleId;
use crate::value::{Meaning, Packed, PairsOf, Part, Value};
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
    fn load(&mut self, column: &Arc<Packed>) -> Figure {
        let from = || Arc::clone(column);
        let has = |of: fn(&Part) -> bool| column.parts().iter().any(of);
        let absent = has(Part::has_absent).then(|| self.mask_op(|to| Op::LoadAbsent { from: from(), to }));
        let doubt = has(Part::has_odd).then(|| self.mask_op(|to| Op::LoadOdd { from: from(), to }));
        let what = match column.meaning() {
            Meaning::Flag => What::Flag(self.mask_op(|to| Op::LoadFlags { from: from(), to })),
            Meaning::Text => What::Text(from()),
            _ => {
                let reg = self.number_op(|to| Op::Load { from: from(), times: 1, to });
                what_of(column, reg)
            }
        };
        Figure { what, absent, doubt }
    }

    /// The column's values of other rows.
    fn gather(&mut self, of: &Figure, column: &Arc<Packed>) -> Figure {
        if *column.meaning() == Meaning::Text {
            return self.nothing();
        }
        let Some(row) = self.row_reg(&of.what) else { return self.nothing() };
        // Rows that are in doubt may name any row at all.
        let except = self.either(of.absent, of.doubt);
        let (to, absent, odd) = (self.reg(), self.mask(), self.mask());
        self.ops.push(Op::Gather { row, from: Arc::clone(column), times: 1, to, absent, doubt: odd, except });
        let optional = except.is_some() || column.parts().iter().any(Part::has_absent);
        let doubtful = column.parts().iter().any(Part::has_odd);
        let what = if *column.meaning() == Meaning::Flag {
            What::Flag(self.mask_op(|mask| Op::CompareTo {
                a: to,
                is: crate::columns::program::Is::Equal,
                value: 1,
                to: mask,
            }))
        } else {
            let what = what_of(column, to);
            // A row without a value holds 0.
            if optional || doubtful { with_zero(what) } else { what }
        };
        let doubt = self.either(of.doubt, Some(odd));
        Figure { what, absent: optional.then_some(absent), doubt }
    }

    /// The row with a key of one field; absent where there is none.
    pub(super) fn look_up(&mut self, table: usize, key: &Figure) -> Figure {
        let key = self.present(key);
        let field = self.program.tables.get(table).and_then(|t| match t.key.as_slice() {
            [only] => Some(*only),
            _ => None,
        });
        let Some(column) = field.and_then(|field| self.engine.field(table, field)) else {
            return self.nothing();
        };
        let Some((a, numbers)) = self.comparable(&key.what, &column) else { return self.nothing() };
        let among = Arc::new(numbers);
        let (to, absent) = (self.reg(), self.mask());
        self.ops.push(Op::Find { a, among, to, absent });
        Figure { what: What::Row { row: Some(to), table }, absent: Some(absent), doubt: key.doubt }
    }

    /// A key's register, and the numbers by which it finds the rows of a column.
    fn comparable(&mut self, key: &What, column: &Packed) -> Option<(Reg, Finder)> {
        // An odd key has no number; the reference evaluator finds it.
        (!column.parts().iter().any(Part::has_odd)).then_some(())?;
        let numbers = |map: &dyn Fn(i64) -> Option<i64>| {
            let mut rows = PairsOf::new(column.store());
            let mut row = 0_u32;
            for segment in column.segments() {
                for at in 0..segment.len() {
                    if let Some(number) = map(segment.number(at)) {
                        rows.push(number.cast_unsigned(), row);
                    }
                    row = row.saturating_add(1);
                }
            }
            Finder::new(rows)
        };
        match (key, column.meaning()) {
            (What::Date(day), Meaning::Date) => Some((day.reg, numbers(&Some))),
            (What::Number(n), Meaning::Number { times, over })
                if n.by.is_none() && n.times == i128::from(*times) && n.over == i128::from(*over) =>
            {
                Some((n.reg, numbers(&Some)))
            }
            (What::Row { table, .. }, Meaning::Row(of)) if usize::try_from(*of) == Ok(*table) => {
                Some((self.row_reg(key)?, numbers(&Some)))
            }
            (What::Code(reg, values), Meaning::Code(own)) => {
                let code = |n: i64| {
                    let value = own.get(usize::try_from(n).ok()?)?;
                    i64::try_from(values.iter().position(|v| v == value)?).ok()
                };
                Some((*reg, numbers(&code)))
            }
            _ => None,
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
        Meaning::Code(values) => What::Code(reg, Arc::clone(values)),
        Meaning::Row(table) => What::Row { row: Some(reg), table: *table as usize },
        Meaning::Flag | Meaning::Text => What::Nothing,
    }
}

fn with_zero(what: What) -> What {
    match what {
        What::Number(n) => What::Number(Scaled { range: n.range.join(Range::one(0)), ..n }),
        What::Date(day) => What::Date(Day { range: day.range.join(Range::one(0)), ..day }),
        other => other,
    }
}
