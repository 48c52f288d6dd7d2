//! What the state of a fold is held as: whole numbers, each in a place, and what they mean.

use super::Lowering;
use super::dates::calendar;
use super::emit::Truth;
use super::figure::{Day, Figure, What};
use super::texts::MOST_TEXTS;
use crate::columns::number::{Aligned, Range, Scaled, align, fraction};
use crate::columns::program::{Mask, Op, Reg};
use crate::value::{Meaning, Value};
use chrono::Datelike;
use indexmap::IndexSet;
use std::sync::Arc;
use std::vec::IntoIter;

/// How what a state may be grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Widen {
    /// By what the next state is.
    Exactly,
    /// To whatever a register holds.
    Fully,
}

/// What a state, or a field of one, is held as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    form: Form,
    /// Whether there may be none.
    absent: bool,
}

/// What it is where it is present.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// It never is.
    Absent,
    Flag,
    /// Multiples of a fraction.
    Number {
        times: i128,
        over: i128,
        range: Range,
    },
    Date(Range),
    Code(Arc<[Value]>),
    Row(usize),
    Record(Vec<State>),
}

/// A state in registers.
pub(super) struct Written {
    /// A register for each place.
    pub regs: Vec<Reg>,
    /// Rows that no state of this kind holds.
    pub doubt: Option<Mask>,
}

impl State {
    /// What a figure is held as; none for what has no place in registers.
    pub fn of(figure: &Figure) -> Option<Self> {
        let form = match &figure.what {
            What::Const(Value::Absent) => Form::Absent,
            What::Const(Value::Bool(_)) | What::Flag(_) => Form::Flag,
            What::Const(Value::Number(n)) => {
                let (times, over) = fraction(n)?;
                let range = Range::one(times.signum());
                Form::Number { times: times.checked_abs()?.max(1), over, range }
            }
            What::Number(n) => {
                n.by.is_none().then_some(())?;
                Form::Number { times: n.times, over: n.over, range: n.range }
            }
            What::Const(Value::Date(date)) => Form::Date(Range::one(date.num_days_from_ce().into())),
            What::Date(day) => Form::Date(day.range),
            What::Const(value) => Form::Code([value.clone()].into()),
            What::Code(_, values) => Form::Code(Arc::clone(values)),
            What::Row { table, .. } => Form::Row(*table),
            What::Record(fields) => Form::Record(fields.iter().map(Self::of).collect::<Option<_>>()?),
            What::Text(_) | What::List(_) | What::Listed(..) | What::Whole(_) | What::Nothing => return None,
        };
        Some(Self { absent: figure.absent.is_some() || form == Form::Absent, form })
    }

    /// What holds both states; none where nothing does.
    pub fn joined(&self, other: &Self, widen: Widen) -> Option<Self> {
        let form = match (&self.form, &other.form) {
            (form, Form::Absent) | (Form::Absent, form) => form.clone(),
            (Form::Flag, Form::Flag) => Form::Flag,
            (
                &Form::Number { times, over, range },
                &Form::Number { times: other_times, over: other_over, range: other },
            ) => {
                let Aligned { first, second, times, over } = align((times, over), (other_times, other_over))?;
                let before = range.times(Range::one(first));
                let joined = before.join(other.times(Range::one(second)));
                let grows = joined != before && widen == Widen::Fully;
                Form::Number { times, over, range: if grows { Range::REGISTER } else { joined.cut() } }
            }
            (Form::Date(range), Form::Date(other)) => {
                let joined = range.join(*other);
                let grows = joined != *range && widen == Widen::Fully;
                Form::Date(if grows { calendar().join(joined) } else { joined })
            }
            (Form::Code(values), Form::Code(others)) => {
                let mut all: IndexSet<Value> = values.iter().cloned().collect();
                all.extend(others.iter().cloned());
                (all.len() <= MOST_TEXTS).then_some(())?;
                Form::Code(all.into_iter().collect())
            }
            (Form::Row(table), Form::Row(other)) if table == other => Form::Row(*table),
            (Form::Record(fields), Form::Record(others)) if fields.len() == others.len() => {
                let joined = fields.iter().zip(others).map(|(field, other)| field.joined(other, widen));
                Form::Record(joined.collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some(Self { form, absent: self.absent || other.absent })
    }

    /// What its number means, where it is one that is always there.
    pub fn meaning(&self) -> Option<Meaning> {
        (!self.absent).then_some(())?;
        Some(match &self.form {
            Form::Flag => Meaning::Flag,
            Form::Number { times, over, .. } => {
                Meaning::Number { times: i64::try_from(*times).ok()?, over: i64::try_from(*over).ok()? }
            }
            Form::Date(_) => Meaning::Date,
            Form::Code(values) => Meaning::Code(Arc::clone(values)),
            Form::Row(table) => Meaning::Row(u32::try_from(*table).ok()?),
            Form::Absent | Form::Record(_) => return None,
        })
    }

    /// How many numbers it takes.
    pub fn places(&self) -> usize {
        let own = match &self.form {
            Form::Absent => 0,
            Form::Record(fields) => fields.iter().map(Self::places).fold(0, usize::saturating_add),
            _ => 1,
        };
        own.saturating_add(usize::from(self.absent))
    }
}

impl Lowering<'_, '_, '_> {
    /// A figure as states hold it: records field by field, numbers without a divisor that differs by row, and
    /// rows in doubt told once.
    pub(super) fn settled(&mut self, figure: Figure) -> Figure {
        let Figure { what, absent, mut doubt } = figure;
        let fields = match what {
            What::Number(number) => {
                let (number, more) = self.plain(number);
                return Figure { what: What::Number(number), absent, doubt: self.either(doubt, more) };
            }
            What::Text(column) => {
                let what = self.texts_as_codes(&column).unwrap_or(What::Text(column));
                return Figure { what, absent, doubt };
            }
            What::Const(Value::Record(values)) => values.iter().cloned().map(Figure::constant).collect(),
            What::Record(fields) => fields,
            what => return Figure { what, absent, doubt },
        };
        let mut settled = Vec::with_capacity(fields.len());
        for field in fields {
            let mut field = self.settled(field);
            doubt = self.either(doubt, field.doubt.take());
            settled.push(field);
        }
        Figure { what: What::Record(settled), absent, doubt }
    }

    /// A settled figure in registers, as a state that holds it; none where it does not.
    pub(super) fn write_state(&mut self, state: &State, figure: &Figure) -> Option<Written> {
        let mut written = Written { regs: Vec::with_capacity(state.places()), doubt: figure.doubt };
        self.write_parts(state, figure, &mut written)?;
        Some(written)
    }

    fn write_parts(&mut self, state: &State, figure: &Figure, written: &mut Written) -> Option<()> {
        if state.absent {
            let absent = self.absence(figure);
            let reg = self.truth_in_register(absent);
            written.regs.push(reg);
        }
        let is_absent = matches!(figure.what, What::Const(Value::Absent));
        let reg = match &state.form {
            Form::Absent => return Some(()),
            Form::Record(fields) => {
                let none = Figure::constant(Value::Absent);
                let parts: Vec<&Figure> = match &figure.what {
                    What::Record(parts) if parts.len() == fields.len() => parts.iter().collect(),
                    _ if is_absent => fields.iter().map(|_| &none).collect(),
                    _ => return None,
                };
                let mut fields = fields.iter().zip(parts);
                return fields.try_for_each(|(field, part)| self.write_parts(field, part, written));
            }
            _ if is_absent => self.number_op(|to| Op::Fill { value: 0, to }),
            Form::Flag => {
                let truth = match figure.what {
                    What::Const(Value::Bool(known)) => Truth::Known(known),
                    What::Flag(mask) => Truth::By(mask),
                    _ => return None,
                };
                self.truth_in_register(truth)
            }
            &Form::Number { times, over, .. } => {
                let number = self.scaled(&figure.what)?;
                let Aligned { first, second, .. } = align((number.times, number.over), (times, over))?;
                (second == 1).then_some(())?;
                let range = number.range.times(Range::one(first));
                let (reg, more) = self.affine(&number, first, 0, range)?;
                written.doubt = self.either(written.doubt, more);
                reg
            }
            Form::Date(_) => self.day(&figure.what)?.reg,
            Form::Code(values) => {
                let (a, own) = self.code(&figure.what);
                let places: IndexSet<&Value> = values.iter().collect();
                let place = |value: &Value| places.get_index_of(value);
                let table: Vec<i64> = own
                    .iter()
                    .map(|value| place(value).and_then(|place| i64::try_from(place).ok()))
                    .collect::<Option<_>>()?;
                let is_same = (0_i64..).zip(&table).all(|(from, to)| from == *to);
                if is_same { a } else { self.number_op(|to| Op::Map { a, table: table.into(), to }) }
            }
            Form::Row(_) => self.row_reg(&figure.what)?,
        };
        written.regs.push(reg);
        Some(())
    }

    /// A state as it stands in registers, one for each place.
    pub(super) fn read_state(&mut self, state: &State, regs: Vec<Reg>) -> Figure {
        self.read_parts(state, &mut regs.into_iter()).unwrap_or_else(|| self.nothing())
    }

    fn read_parts(&mut self, state: &State, regs: &mut IntoIter<Reg>) -> Option<Figure> {
        let absent = if state.absent { Some(self.is_set(regs.next()?)) } else { None };
        let what = match &state.form {
            Form::Absent => return Some(Figure::constant(Value::Absent)),
            Form::Record(fields) => {
                let fields = fields.iter().map(|field| self.read_parts(field, regs));
                What::Record(fields.collect::<Option<_>>()?)
            }
            Form::Flag => What::Flag(self.is_set(regs.next()?)),
            &Form::Number { times, over, range } => {
                What::Number(Scaled { reg: regs.next()?, range, times, over, by: None })
            }
            Form::Date(range) => What::Date(Day { reg: regs.next()?, range: *range, moved: None }),
            Form::Code(values) => What::Code(regs.next()?, Arc::clone(values)),
            Form::Row(table) => What::Row { row: Some(regs.next()?), table: *table },
        };
        Some(Figure { what, absent, doubt: None })
    }

    fn truth_in_register(&mut self, truth: Truth) -> Reg {
        match truth {
            Truth::Known(known) => self.number_op(|to| Op::Fill { value: known.into(), to }),
            Truth::By(mask) => self.number_op(|to| Op::Number { mask, to }),
        }
    }
}
