//! Evaluates one formula.

use super::failures::Failures;
use super::outcome::{Choices, Column};
use super::recorder::Recorder;
use super::trace::{AskedFor, Event, Named, Path, Rounding};
use super::{Dataset, compare};
use crate::ir::{Arith, DateStep, Expr, ExprKind, FunctionId, Holder, MatchArm, Program, RuleId};
use crate::library::{self, Builtin, Fault, FaultKind, Rounds, Surroundings};
use crate::limits::{LimitError, Limits};
use crate::number::{Num, RoundingMode};
use crate::source::Span;
use crate::syntax::ast::CmpOp;
use crate::value::{MonthEnd, Value, add_days, add_months, days_between};
use chrono::NaiveDate;
use indexmap::IndexMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// A formula's value, or why it has none.
pub type Evaluated = Result<Value, Box<Fault>>;

/// Function results that are remembered, for each function.
const REMEMBERED: usize = 1_000_000;

/// Evaluates formulas of one plan over one set of data.
pub struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) data: &'a Dataset,
    pub(super) choices: &'a Choices,
    pub(super) limits: Limits,
    /// Conclusions so far, by rule.
    pub(super) columns: Vec<Option<Column>>,
    /// Conclusions that failed so far.
    pub(super) failures: Failures,
    /// What is recorded, where a trace is asked for.
    pub(super) recorder: Option<Recorder>,
    memory: Vec<IndexMap<Vec<Value>, Value>>,
    term_date: Option<Option<NaiveDate>>,
    pub(super) steps: u64,
    pub(super) nesting: usize,
    pub(super) joined: u64,
}

fn at(span: Span) -> impl Fn(FaultKind) -> Box<Fault> {
    move |kind| Box::new(Fault { kind, span })
}

impl<'a> Machine<'a> {
    /// A machine that has concluded nothing yet.
    #[must_use]
    pub fn new(program: &'a Program, data: &'a Dataset, choices: &'a Choices, limits: &Limits) -> Self {
        Self {
            program,
            data,
            choices,
            limits: *limits,
            columns: (0..program.rules.len()).map(|_| None).collect(),
            failures: Failures::default(),
            recorder: None,
            memory: (0..program.functions.len()).map(|_| IndexMap::new()).collect(),
            term_date: None,
            steps: 0,
            nesting: 0,
            joined: 0,
        }
    }

    pub(super) fn around(&self) -> Surroundings<'a> {
        Surroundings {
            calendars: &self.program.calendars,
            month_end: self.program.month_end.unwrap_or(MonthEnd::Clamp),
            rounding: self.program.rounding.unwrap_or(RoundingMode::HalfUp),
            fraction_bits: self.limits.fraction_bits,
            list_items: self.limits.list_items,
        }
    }

    pub(super) fn record(&mut self, event: impl FnOnce() -> Event) {
        if let Some(recorder) = &mut self.recorder {
            recorder.add(event);
        }
    }

    /// Records, from within a walk too, what is read of the row that a table's rule is about: the one in
    /// its slot 0.
    fn record_own(&mut self, of: &Expr, event: impl FnOnce() -> Event) {
        if let Some(recorder) = &mut self.recorder
            && matches!(of.kind, ExprKind::Local(0))
        {
            recorder.add_own(event());
        }
    }

    /// Evaluates a formula; `frame` holds its variables.
    ///
    /// # Errors
    /// Where the formula has no value: a division by zero, a limit, a `fail`, and the like.
    pub fn eval(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        // Depth of formulas times depth of calls must fit the stack of any thread.
        if self.nesting >= self.limits.nesting {
            return Err(at(expr.span)(LimitError::Nesting(self.limits.nesting).into()));
        }
        self.nesting = self.nesting.saturating_add(1);
        let result = self.work_out(expr, frame);
        self.nesting = self.nesting.saturating_sub(1);
        if let (Some(recorder), Ok(value)) = (&mut self.recorder, &result) {
            recorder.saw(expr, value);
        }
        result
    }

    fn work_out(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.limits.steps {
            return Err(at(expr.span)(LimitError::Steps(self.limits.steps).into()));
        }
        let fault = at(expr.span);
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Local(slot) => frame.get(*slot).cloned().ok_or_else(|| fault(FaultKind::Internal)),
            ExprKind::Input { record, field } => {
                let value = match self.data.records.get(*record) {
                    // A record that is absent as a whole has no fields; any other has them all.
                    Some(None) => Value::Absent,
                    _ => {
                        self.data.field(*record, *field).cloned().ok_or_else(|| fault(FaultKind::Internal))?
                    }
                };
                self.record(|| Event::Input(Holder::Record(*record), None, *field, value.clone()));
                Ok(value)
            }
            ExprKind::Record(record) => Ok(self.whole_record(*record)),
            ExprKind::Table(table) => {
                let rows = u32::try_from(self.data.len_of(*table)).unwrap_or(u32::MAX);
                let table = u32::try_from(*table).unwrap_or(u32::MAX);
                Ok(Value::List((0..rows).map(|row| Value::Row { table, row }).collect()))
            }
            ExprKind::RowField(of, field) => match self.eval(of, frame)? {
                Value::Row { table, row } => {
                    let holder = table as usize;
                    let cell = self.data.cell(holder, row, *field);
                    let value = cell.ok_or_else(|| fault(FaultKind::Internal))?;
                    let event = || Event::Input(Holder::Table(holder), Some(row), *field, value.clone());
                    self.record(event);
                    self.record_own(of, event);
                    Ok(value)
                }
                Value::Absent => Ok(Value::Absent),
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::RowRule(of, rule) => match self.eval(of, frame)? {
                Value::Row { row, .. } => {
                    self.record_own(of, || Event::Rule(*rule, Some(row)));
                    self.conclusion(*rule, Some(row)).map_err(fault)
                }
                Value::Absent => Ok(Value::Absent),
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::Rule(rule) => self.conclusion(*rule, None).map_err(fault),
            ExprKind::RecordField(base, field) => match self.eval(base, frame)? {
                Value::Record(fields) => {
                    fields.get(*field).cloned().ok_or_else(|| fault(FaultKind::Internal))
                }
                Value::Absent => Ok(Value::Absent),
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::Project { list, slot, access } => self.project((list, *slot, access), frame, expr.span),
            ExprKind::Term(term, date) => {
                let date = match date {
                    Some(date) => match self.eval(date, frame)? {
                        Value::Date(date) => Some(date),
                        _ => None,
                    },
                    None => None,
                };
                self.term(*term, date).map_err(fault)
            }
            ExprKind::Assumption(index) => self.reading(*index).ok_or_else(|| fault(FaultKind::Internal)),
            ExprKind::Call(id, args) => {
                let args = self.all(args, frame)?;
                self.call(*id, args, expr.span)
            }
            ExprKind::Builtin(builtin, args) => {
                let value = if let Some(value) = self.short(builtin, args, frame)? {
                    value
                } else {
                    let values = self.all(args, frame)?;
                    self.charge(&values);
                    let value = (builtin.compute)(&self.around(), &values).map_err(fault)?;
                    self.rounded(builtin, args, &values, &value, expr);
                    value
                };
                if let (Some(recorder), [walk]) = (&mut self.recorder, args.as_slice()) {
                    recorder.conclude_walk(walk.span, expr.span, builtin.name, &value, &expr.ty);
                }
                Ok(value)
            }
            ExprKind::Lookup(table, keys) => {
                let key = self.all(keys, frame)?;
                let found = self.data.find(*table, &key);
                self.record(|| Event::Looked(*table, key, found));
                let table = u32::try_from(*table).unwrap_or(u32::MAX);
                Ok(found.map_or(Value::Absent, |row| Value::Row { table, row }))
            }
            ExprKind::Negate(inner) => {
                let n = self.number(inner, frame)?;
                Ok(Value::Number(n.neg()))
            }
            ExprKind::Not(inner) => Ok(Value::Bool(!self.truth(inner, frame)?)),
            ExprKind::Power(base, exponent) => {
                let n = self.number(base, frame)?;
                let power = n.powi(*exponent, self.limits.fraction_bits).map_err(|e| fault(e.into()))?;
                Ok(Value::Number(power))
            }
            ExprKind::Arith(op, a, b) => {
                let (a, b) = (self.number(a, frame)?, self.number(b, frame)?);
                let bits = self.limits.fraction_bits;
                let result = match op {
                    Arith::Add => a.add(&b, bits),
                    Arith::Sub => a.sub(&b, bits),
                    Arith::Mul => a.mul(&b, bits),
                    Arith::Div => a.div(&b, bits),
                };
                result.map(Value::Number).map_err(|e| fault(e.into()))
            }
            ExprKind::DateStep(step, back, date, amount) => {
                let date = self.date(date, frame)?;
                let amount = self.number(amount, frame)?;
                self.move_date(*step, *back, date, &amount).map(Value::Date).map_err(fault)
            }
            ExprKind::DateDifference(a, b) => {
                let (a, b) = (self.date(a, frame)?, self.date(b, frame)?);
                Ok(Value::Number(Num::from(days_between(b, a))))
            }
            ExprKind::Concat(a, b) => match (self.eval(a, frame)?, self.eval(b, frame)?) {
                (Value::Text(a), Value::Text(b)) => {
                    let most = self.limits.text_bytes;
                    self.join_up(a.len().saturating_add(b.len())).map_err(&fault)?;
                    if a.len().saturating_add(b.len()) > most {
                        return Err(fault(LimitError::Text(most).into()));
                    }
                    Ok(Value::Text(format!("{a}{b}").into()))
                }
                (Value::List(a), Value::List(b)) => {
                    let length = a.len().saturating_add(b.len());
                    self.join_up(length).map_err(&fault)?;
                    self.list_length(length).map_err(fault)?;
                    Ok(Value::List(a.iter().chain(b.iter()).cloned().collect()))
                }
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::And(a, b) => Ok(Value::Bool(self.truth(a, frame)? && self.truth(b, frame)?)),
            ExprKind::Or(a, b) => Ok(Value::Bool(self.truth(a, frame)? || self.truth(b, frame)?)),
            ExprKind::Compare(first, rest) => self.compare_chain(first, rest, frame),
            ExprKind::In(item, list, negated) => {
                let item = self.eval(item, frame)?;
                match self.eval(list, frame)? {
                    Value::List(items) => Ok(Value::Bool(items.contains(&item) != *negated)),
                    _ => Err(fault(FaultKind::Internal)),
                }
            }
            ExprKind::IsPresent(value, negated) => {
                let present = self.eval(value, frame)? != Value::Absent;
                Ok(Value::Bool(present != *negated))
            }
            ExprKind::Otherwise(a, b) => {
                let first = self.eval(a, frame)?;
                let taken = if first == Value::Absent { b } else { a };
                self.record(|| Event::Took(taken.span));
                if first == Value::Absent { self.eval(b, frame) } else { Ok(first) }
            }
            ExprKind::If(condition, then, otherwise) => {
                let taken = if self.ask(AskedFor::If, condition, frame)? { then } else { otherwise };
                self.record(|| Event::Took(taken.span));
                self.eval(taken, frame)
            }
            ExprKind::Match(subject, arms, otherwise) => {
                self.matching(subject, arms, otherwise.as_deref(), frame, expr.span)
            }
            ExprKind::Let(slot, name, value, body) => {
                let value = self.named(*slot, name, value, frame)?;
                set(frame, *slot, value);
                self.eval(body, frame)
            }
            ExprKind::List(items) | ExprKind::MakeRecord(items) => {
                let values = self.all(items, frame)?;
                let is_list = matches!(expr.kind, ExprKind::List(_));
                Ok(if is_list { Value::List(values.into()) } else { Value::Record(values.into()) })
            }
            ExprKind::With(base, fields) => {
                let Value::Record(old) = self.eval(base, frame)? else {
                    return Err(fault(FaultKind::Internal));
                };
                let mut values: Vec<Value> = old.to_vec();
                for (index, field) in fields {
                    let value = self.eval(field, frame)?;
                    if let Some(slot) = values.get_mut(*index) {
                        *slot = value;
                    }
                }
                Ok(Value::Record(values.into()))
            }
            ExprKind::Query(query) => self.query(query, frame, expr.span),
            ExprKind::Fold { slot, initial, query, running } => {
                self.fold(*slot, initial, query, *running, frame, expr.span)
            }
            ExprKind::Fail(message) => Err(fault(FaultKind::Failed(Arc::clone(message)))),
            ExprKind::ClauseOf(rule, row) => {
                let row = self.optional_row(row.as_deref(), frame)?;
                self.clause(*rule, row).map_err(fault)
            }
            ExprKind::ReasonsOf(rule, row) => {
                let row = self.optional_row(row.as_deref(), frame)?;
                self.reasons(*rule, row).map_err(fault)
            }
        }
    }

    fn whole_record(&mut self, index: usize) -> Value {
        let found = self.data.records.get(index).and_then(Option::as_ref);
        self.record(|| Event::Record(index, found.is_some()));
        found.map_or(Value::Absent, |fields| Value::Record(fields.iter().cloned().collect()))
    }

    /// A condition's answer, recorded together with what is read for it.
    pub(super) fn ask(
        &mut self,
        what_for: AskedFor,
        condition: &Expr,
        frame: &mut Vec<Value>,
    ) -> Result<bool, Box<Fault>> {
        if !self.listens() {
            return self.truth(condition, frame);
        }
        let (answer, events) = self.apart(|machine| machine.truth(condition, frame));
        let known = answer.as_ref().ok().copied();
        self.record(|| Event::Asked(what_for, condition.span, known, events));
        answer
    }

    /// A variable's value, recorded together with what is read for it.
    fn named(&mut self, slot: usize, name: &Arc<str>, value: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        if !self.listens() {
            return self.eval(value, frame);
        }
        let (result, events) = self.apart(|machine| machine.eval(value, frame));
        let known = result.as_ref().ok().cloned();
        let number = self.recorder.as_mut().map_or(0, |r| r.bind(slot));
        self.record(|| {
            let path = Path::of(value, &events);
            let (name, ty) = (Arc::clone(name), value.ty.clone());
            Event::Named(Box::new(Named {
                number,
                name,
                formula: value.span,
                path,
                value: known,
                ty,
                events,
            }))
        });
        result
    }

    /// Whether events are being recorded.
    pub(super) fn listens(&self) -> bool {
        self.recorder.as_ref().is_some_and(Recorder::listens)
    }

    /// What happens within, recorded in a list of its own.
    fn apart<T>(&mut self, within: impl FnOnce(&mut Self) -> T) -> (T, Vec<Event>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.open();
        }
        let result = within(self);
        (result, self.recorder.as_mut().map(Recorder::close).unwrap_or_default())
    }

    /// Records the value of a part that is worked out, and neither read, nor rounded, nor the end of
    /// a walk, all of which are recorded as what they are.
    fn computed(&mut self, part: &Expr, value: &Value) {
        let worked_out = match &part.kind {
            ExprKind::Arith(..)
            | ExprKind::DateStep(..)
            | ExprKind::DateDifference(..)
            | ExprKind::Power(..)
            | ExprKind::Concat(..) => true,
            ExprKind::Builtin(builtin, args) => {
                let walks = |a: &Expr| matches!(a.kind, ExprKind::Query(_) | ExprKind::Project { .. });
                builtin.rounds.is_none() && !args.iter().any(walks)
            }
            _ => false,
        };
        if worked_out {
            self.record(|| Event::Computed(part.span, value.clone(), part.ty.clone()));
        }
    }

    pub(super) fn hushed<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        if let Some(recorder) = &mut self.recorder {
            recorder.hush();
        }
        let result = walk(self);
        if let Some(recorder) = &mut self.recorder {
            recorder.listen();
        }
        result
    }

    pub(super) fn all(&mut self, exprs: &[Expr], frame: &mut Vec<Value>) -> Result<Vec<Value>, Box<Fault>> {
        exprs.iter().map(|e| self.eval(e, frame)).collect()
    }

    pub(super) fn truth(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Result<bool, Box<Fault>> {
        match self.eval(expr, frame)? {
            Value::Bool(answer) => Ok(answer),
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    pub(super) fn number(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Result<Num, Box<Fault>> {
        match self.eval(expr, frame)? {
            Value::Number(n) => Ok(n),
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    fn date(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Result<NaiveDate, Box<Fault>> {
        match self.eval(expr, frame)? {
            Value::Date(date) => Ok(date),
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// Counts the items of lists that a function of the language goes through as steps.
    fn charge(&mut self, values: &[Value]) {
        for value in values {
            if let Value::List(items) = value {
                self.steps = self.steps.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
            }
        }
    }

    /// Counts what `+` puts together.
    fn join_up(&mut self, length: usize) -> Result<(), FaultKind> {
        self.joined = self.joined.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        if self.joined > self.limits.joined {
            return Err(LimitError::Joined(self.limits.joined).into());
        }
        Ok(())
    }

    pub(super) fn list_length(&self, length: usize) -> Result<(), FaultKind> {
        if length > self.limits.list_items {
            return Err(LimitError::List(self.limits.list_items).into());
        }
        Ok(())
    }

    fn move_date(
        &self,
        step: DateStep,
        back: bool,
        date: NaiveDate,
        amount: &Num,
    ) -> Result<NaiveDate, FaultKind> {
        let whole = amount.to_i64().ok_or_else(|| {
            if amount.is_whole() { FaultKind::DateRange } else { FaultKind::NotWhole(amount.to_string()) }
        })?;
        let signed = if back { whole.checked_neg() } else { Some(whole) };
        let months = self.program.month_end.unwrap_or(MonthEnd::Clamp);
        let moved = match step {
            DateStep::Days => signed.map(|n| add_days(date, n)),
            DateStep::Months => signed.map(|n| add_months(date, n, months)),
            DateStep::Years => signed.and_then(|n| n.checked_mul(12)).map(|n| add_months(date, n, months)),
        };
        Ok(moved.ok_or(FaultKind::DateRange)??)
    }

    fn reading(&mut self, index: usize) -> Option<Value> {
        let assumption = self.program.assumptions.get(index)?;
        let reading = self.choices.reading(index).unwrap_or(assumption.chosen);
        let name = assumption.readings.values.get(reading)?;
        self.record(|| Event::Assumption(index, reading));
        Some(Value::Symbol(Arc::clone(name)))
    }

    fn term(&mut self, index: usize, date: Option<NaiveDate>) -> Result<Value, FaultKind> {
        let term = self.program.terms.get(index).ok_or(FaultKind::Internal)?;
        let date = if term.has_history() && date.is_none() {
            let read = self.term_date()?;
            Some(read.ok_or_else(|| FaultKind::HistoryDateAbsent(Arc::clone(&term.name.value)))?)
        } else {
            date
        };
        let version = term.at(date).ok_or_else(|| match date {
            Some(date) => FaultKind::History { term: Arc::clone(&term.name.value), date },
            None => FaultKind::Internal,
        })?;
        let position = term.versions.iter().position(|v| std::ptr::eq(v, version)).unwrap_or(0);
        self.record(|| Event::Term(index, position, date, version.value.clone()));
        Ok(version.value.clone())
    }

    /// The date at which terms are read: the one asked for, else the plan's.
    fn term_date(&mut self) -> Result<Option<NaiveDate>, FaultKind> {
        if let Some(date) = self.choices.as_of {
            return Ok(Some(date));
        }
        if let Some(known) = self.term_date {
            return Ok(known);
        }
        let program = self.program;
        let found = match &program.term_date {
            Some(expr) => match self.eval(expr, &mut Vec::new()).map_err(|f| f.kind)? {
                Value::Date(date) => Some(date),
                _ => None,
            },
            None => None,
        };
        self.term_date = Some(found);
        Ok(found)
    }

    /// A rule's conclusion, which the order of evaluation has found before.
    pub(super) fn conclusion(&mut self, rule: RuleId, row: Option<u32>) -> Result<Value, FaultKind> {
        let column = self.columns.get(rule.0).and_then(Option::as_ref).ok_or(FaultKind::Internal)?;
        let cell = column.values.get(row.unwrap_or(0) as usize);
        match (&mut self.recorder, &cell) {
            (Some(recorder), Some(_)) => recorder.add(|| Event::Rule(rule, row)),
            // The reason for a failure is told even from within a walk.
            (Some(recorder), None) => recorder.insist(Event::Rule(rule, row)),
            (None, _) => {}
        }
        match cell {
            Some(value) => Ok(value),
            None => Err(self.failures.root(rule, row).map_or(FaultKind::Internal, FaultKind::Dependent)),
        }
    }

    /// A function's result. What it does is not recorded here, only that it was called: an
    /// explanation opens each call once, in the order of its own tree.
    fn call(&mut self, id: FunctionId, args: Vec<Value>, span: Span) -> Evaluated {
        if !self.listens() {
            return self.elsewhere(|machine| machine.answer(id, args, span));
        }
        let result = self.elsewhere(|machine| machine.answer(id, args.clone(), span));
        self.record(|| Event::Called(id, args, result.as_ref().ok().cloned()));
        result
    }

    /// What happens within a function, whose variables are not those of the formula that calls it.
    fn elsewhere<T>(&mut self, within: impl FnOnce(&mut Self) -> T) -> T {
        if let Some(recorder) = &mut self.recorder {
            recorder.leave();
        }
        let result = within(self);
        if let Some(recorder) = &mut self.recorder {
            recorder.come_back();
        }
        result
    }

    fn answer(&mut self, id: FunctionId, args: Vec<Value>, span: Span) -> Evaluated {
        if let Some(known) = self.memory.get(id.0).and_then(|m| m.get(&args)) {
            return Ok(known.clone());
        }
        let value = self.body(id, &args, span)?;
        if let Some(memory) = self.memory.get_mut(id.0)
            && memory.len() < REMEMBERED
        {
            memory.insert(args, value.clone());
        }
        Ok(value)
    }

    /// A function's result, worked out from its formula.
    pub(super) fn body(&mut self, id: FunctionId, args: &[Value], span: Span) -> Evaluated {
        let function = self.program.functions.get(id.0).ok_or_else(|| at(span)(FaultKind::Internal))?;
        let mut frame = args.to_vec();
        frame.resize(function.slots.max(args.len()), Value::Absent);
        self.eval(&function.body, &mut frame)
    }

    /// Records what a function of the language did, where that is worth telling.
    fn rounded(&mut self, builtin: &Builtin, parts: &[Expr], args: &[Value], value: &Value, expr: &Expr) {
        if !self.listens() {
            return;
        }
        // Which of several values is the least is seen where each of them is.
        if args.len() > 1 && matches!(builtin.name, "min" | "max" | "earliest" | "latest") {
            for (part, value) in parts.iter().zip(args) {
                self.computed(part, value);
            }
        }
        let Some(rounds) = builtin.rounds else { return };
        let mode = match rounds {
            Rounds::Always(mode) => mode,
            Rounds::AsDeclared => library::declared_mode(&self.around(), args),
        };
        if let ([Value::Number(exact), Value::Number(step), ..], Value::Number(result)) = (args, value) {
            self.record(|| {
                Event::Rounded(Rounding {
                    span: expr.span,
                    mode,
                    step: step.clone(),
                    exact: exact.clone(),
                    result: result.clone(),
                    ty: expr.ty.clone(),
                })
            });
        }
    }

    fn compare_chain(&mut self, first: &Expr, rest: &[(CmpOp, Expr)], frame: &mut Vec<Value>) -> Evaluated {
        let mut left = self.eval(first, frame)?;
        self.computed(first, &left);
        for (op, part) in rest {
            let right = self.eval(part, frame)?;
            self.computed(part, &right);
            let holds = match op {
                CmpOp::Eq => left == right,
                CmpOp::Ne => left != right,
                CmpOp::Lt => compare(&left, &right) == Ordering::Less,
                CmpOp::Le => compare(&left, &right) != Ordering::Greater,
                CmpOp::Gt => compare(&left, &right) == Ordering::Greater,
                CmpOp::Ge => compare(&left, &right) != Ordering::Less,
            };
            if !holds {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn matching(
        &mut self,
        subject: &Expr,
        arms: &[MatchArm],
        otherwise: Option<&Expr>,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Evaluated {
        let subject = self.subject(subject, frame)?;
        for arm in arms {
            for pattern in &arm.patterns {
                if self.eval(pattern, frame)? == subject {
                    self.record(|| Event::Took(arm.value.span));
                    return self.eval(&arm.value, frame);
                }
            }
        }
        match otherwise {
            Some(value) => {
                self.record(|| Event::Took(value.span));
                self.eval(value, frame)
            }
            None => Err(at(span)(FaultKind::Internal)),
        }
    }

    fn subject(&mut self, subject: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        if !self.listens() {
            return self.eval(subject, frame);
        }
        let (value, events) = self.apart(|machine| machine.eval(subject, frame));
        if let Ok(value) = &value {
            self.record(|| Event::Matched(subject.span, value.clone(), subject.ty.clone(), events));
        }
        value
    }

    fn optional_row(
        &mut self,
        row: Option<&Expr>,
        frame: &mut Vec<Value>,
    ) -> Result<Option<Option<u32>>, Box<Fault>> {
        match row {
            None => Ok(Some(None)),
            Some(row) => match self.eval(row, frame)? {
                Value::Row { row, .. } => Ok(Some(Some(row))),
                _ => Ok(None),
            },
        }
    }

    /// `sum`, `count`, `any`, `all` over a walk, without building its list; none for anything else.
    fn short(
        &mut self,
        builtin: &Builtin,
        args: &[Expr],
        frame: &mut Vec<Value>,
    ) -> Result<Option<Value>, Box<Fault>> {
        let [Expr { kind: ExprKind::Query(query), span, .. }] = args else { return Ok(None) };
        match builtin.name {
            "any" => self.quantify(query, frame, *span, true).map(Some),
            "all" => self.quantify(query, frame, *span, false).map(Some),
            _ => Ok(None),
        }
    }
}

/// Gives a variable its value.
pub(super) fn set(frame: &mut Vec<Value>, slot: usize, value: Value) {
    if frame.len() <= slot {
        frame.resize(slot.saturating_add(1), Value::Absent);
    }
    if let Some(place) = frame.get_mut(slot) {
        *place = value;
    }
}
