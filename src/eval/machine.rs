//! Evaluates one formula.

use super::failures::Failures;
use super::leaves::compares;
use super::memory::Memory;
use super::observer::{Observer, Seen};
use super::outcome::{Choices, Column};
use super::recorder::Recorder;
use super::reliance::Reliance;
use super::single::Own;
use super::trace::{AskedFor, Event, Named, Path, Rounding};
use super::walks::Walks;
use super::{Dataset, compare};
use crate::ir::{DateStep, Expr, ExprKind, FunctionId, MatchArm, Program, RuleId};
use crate::library::{self, Account, Builtin, Fault, FaultKind, Rounds, Surroundings, in_short};
use crate::limits::{LimitError, Limits};
use crate::number::{Num, RoundingMode};
use crate::progress::Watched;
use crate::source::Span;
use crate::syntax::ast::CmpOp;
use crate::value::{MonthEnd, Value, add_days, add_months};
use chrono::NaiveDate;
use std::sync::Arc;

/// A formula's value, or why it has none.
pub type Evaluated = Result<Value, Box<Fault>>;

/// The part of the values that may be held which remembered results of functions may take.
const REMEMBERED: u64 = 4;
/// Steps of looking for a function's result among those remembered.
const LOOKED_UP: u64 = 4;
/// Steps of a call besides those of the function's formula.
const CALLED: u64 = 12;
/// Evaluates formulas of one plan over one set of data.
pub struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) data: &'a Dataset,
    pub(super) choices: &'a Choices,
    pub(super) limits: Limits,
    /// Conclusions so far, by rule.
    pub(super) columns: Vec<Option<Column>>,
    /// Conclusions that an evaluation before came to, by rule.
    pub(super) known: &'a [Option<Column>],
    /// Conclusions about the only row of a table, by rule, where there is one row to conclude about.
    pub(super) own: Vec<Own>,
    /// Conclusions that failed so far.
    pub(super) failures: Failures,
    /// What is recorded, where a trace is asked for.
    pub(super) recorder: Option<Recorder>,
    pub(super) account: Account,
    /// Rows of tables, once they were walked over.
    pub(super) walks: Walks,
    /// The failure that ended the evaluation.
    pub(super) ended: Option<usize>,
    /// What rests on which assumptions, where that is asked for.
    pub(super) reliance: Option<Reliance>,
    /// What notes all that happens, where that is asked for.
    pub(super) observer: Option<Box<Observer>>,
    /// Whoever is told how far it is, and conclusions since they were told.
    pub(super) watch: (Watched<'a>, usize),
    memory: Memory,
    term_date: Option<Option<NaiveDate>>,
    pub(super) nesting: usize,
    /// Room for the variables of rules, which is used again.
    pub(super) frame: Vec<Value>,
}

pub(super) fn at(span: Span) -> impl Fn(FaultKind) -> Box<Fault> {
    move |kind| Box::new(Fault { kind, span })
}

impl<'a> Machine<'a> {
    /// A machine that has concluded nothing yet.
    #[must_use]
    pub fn new(program: &'a Program, data: &'a Dataset, choices: &'a Choices, limits: &Limits) -> Self {
        Self::with_account(program, data, choices, limits, Account::new(limits, data.rows()))
    }

    /// As [`Machine::new`], where others have taken steps of the same allowance before.
    #[must_use]
    pub fn with_account(
        program: &'a Program,
        data: &'a Dataset,
        choices: &'a Choices,
        limits: &Limits,
        account: Account,
    ) -> Self {
        let mut machine = Self::bare(program, data, (choices, limits), account);
        machine.columns.resize_with(program.rules.len(), || None);
        machine
    }

    fn bare(
        program: &'a Program,
        data: &'a Dataset,
        (choices, limits): (&'a Choices, &Limits),
        account: Account,
    ) -> Self {
        Self {
            program,
            data,
            choices,
            limits: *limits,
            columns: Vec::new(),
            known: &[],
            own: Vec::new(),
            failures: Failures::new(limits.failures),
            recorder: None,
            account,
            walks: Walks::default(),
            ended: None,
            reliance: None,
            observer: None,
            watch: Default::default(),
            memory: Memory::default(),
            term_date: None,
            nesting: 0,
            frame: Vec::new(),
        }
    }

    /// A machine that concludes about the only row of a table, and knows conclusions of other rules.
    pub(super) fn for_row(
        program: &'a Program,
        data: &'a Dataset,
        (choices, limits): (&'a Choices, &Limits),
        known: &'a [Option<Column>],
    ) -> Self {
        let account = Account::new(limits, data.rows());
        let mut machine = Self::bare(program, data, (choices, limits), account);
        machine.known = known;
        machine.own.resize_with(program.rules.len(), Own::default);
        machine
    }

    /// What was taken so far.
    #[must_use]
    pub fn into_account(self) -> Account {
        self.account
    }

    pub(super) fn around(&self) -> Surroundings<'_> {
        Surroundings {
            calendars: &self.program.calendars,
            month_end: self.program.month_end.unwrap_or(MonthEnd::Clamp),
            rounding: self.program.rounding.unwrap_or(RoundingMode::HalfUp),
            fraction_bits: self.limits.fraction_bits,
            list_items: self.limits.list_items,
            account: &self.account,
        }
    }

    pub(super) fn record(&mut self, event: impl FnOnce() -> Event) {
        if let Some(recorder) = &mut self.recorder {
            recorder.add(event);
        }
    }

    /// Records, from within a walk too, what is read of the row that a table's rule is about: the one in
    /// its slot 0.
    pub(super) fn record_own(&mut self, of: &Expr, event: impl FnOnce() -> Event) {
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
        if let Some(value) = self.peek(expr, frame) {
            return Ok(value.clone());
        }
        // Depth of formulas times depth of calls must fit the stack of any thread.
        if self.nesting >= self.limits.nesting {
            return Err(at(expr.span)(LimitError::Nesting(self.limits.nesting).into()));
        }
        self.nesting = self.nesting.saturating_add(1);
        let before = self.account.held();
        let result = self.work_out(expr, frame);
        self.nesting = self.nesting.saturating_sub(1);
        if self.account.held() != before
            && let Ok(value) = &result
        {
            self.account.settle_single(before, value);
        }
        if let (Some(recorder), Ok(value)) = (&mut self.recorder, &result) {
            recorder.saw(expr, value);
        }
        if self.observer.is_some() {
            self.observed(expr, &result);
        }
        result
    }

    /// Notes that a part of a formula was worked out.
    #[cold]
    fn observed(&mut self, expr: &Expr, result: &Evaluated) {
        if let Some(observer) = &mut self.observer {
            observer.see(Seen::Part(expr.span));
            if let Ok(Value::Bool(answer)) = result {
                observer.see(if *answer { Seen::Held(expr.span) } else { Seen::Not(expr.span) });
            }
        }
    }

    /// The forms of formulas have functions of their own, so that each has no more of the stack than it needs.
    fn work_out(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        self.account.step(1).map_err(|e| at(expr.span)(e.into()))?;
        match &expr.kind {
            ExprKind::Const(..)
            | ExprKind::Local(..)
            | ExprKind::Input { .. }
            | ExprKind::Record(..)
            | ExprKind::Table(..)
            | ExprKind::Rule(..)
            | ExprKind::Assumption(..)
            | ExprKind::Fail(..)
            | ExprKind::ClauseOf(..)
            | ExprKind::ReasonsOf(..) => self.read(expr, frame),
            ExprKind::RowField(..)
            | ExprKind::RowRule(..)
            | ExprKind::RecordField(..)
            | ExprKind::Term(..)
            | ExprKind::Lookup(..) => self.taken(expr, frame),
            ExprKind::Call(..) | ExprKind::Builtin(..) => self.called(expr, frame),
            ExprKind::Negate(..) | ExprKind::Power(..) | ExprKind::Arith(..) => {
                self.computed_number(expr, frame)
            }
            ExprKind::DateStep(..) | ExprKind::DateDifference(..) => self.computed_date(expr, frame),
            ExprKind::Concat(..) | ExprKind::List(..) | ExprKind::MakeRecord(..) | ExprKind::With(..) => {
                self.put_together(expr, frame)
            }
            ExprKind::Not(..)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::In(..)
            | ExprKind::IsPresent(..) => self.answered(expr, frame),
            ExprKind::Otherwise(..) | ExprKind::If(..) | ExprKind::Match(..) => self.chosen(expr, frame),
            ExprKind::Project { list, slot, access } => self.project((list, *slot, access), frame, expr.span),
            ExprKind::Let(slot, name, value, body) => {
                let value = self.named(*slot, name, value, frame)?;
                set(frame, *slot, value);
                let result = self.eval(body, frame);
                // What the variable held is given back with the formula, so it may not stay behind.
                set(frame, *slot, Value::Absent);
                result
            }
            ExprKind::Query(query) => self.query(query, frame, expr.span),
            ExprKind::Fold { slot, initial, query, running } => {
                self.fold(*slot, initial, query, *running, frame, expr.span)
            }
        }
    }

    pub(super) fn whole_record(&mut self, index: usize) -> Result<Value, FaultKind> {
        let found = self.data.records.get(index).and_then(Option::as_ref);
        self.record(|| Event::Record(index, found.is_some()));
        let Some(fields) = found else { return Ok(Value::Absent) };
        self.account.build(fields.len().saturating_add(1))?;
        Ok(Value::Record(fields.iter().cloned().collect()))
    }

    /// Whether so many rows of a table may be held at a time.
    pub(super) fn room_for(&self, rows: usize) -> Result<(), LimitError> {
        let most = self.limits.walked_rows;
        if rows > most { Err(LimitError::Rows(most)) } else { Ok(()) }
    }

    /// Whether so many rows of a table may be held at a time, by those who hold them elsewhere.
    #[must_use]
    pub fn has_room_for(&self, rows: usize) -> bool {
        self.room_for(rows).is_ok()
    }

    /// A number or text that was made, once there is room for it.
    pub(super) fn built(&self, value: Value) -> Result<Value, LimitError> {
        self.account.build_single(&value)?;
        Ok(value)
    }

    /// Takes the steps of comparing a value that is not small.
    pub(super) fn compound(&self, value: &Value, span: Span) -> Result<(), Box<Fault>> {
        self.account.look_through(value).map_err(|e| at(span)(e.into()))
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
        if let Some(Value::Bool(answer)) = self.peek(expr, frame) {
            return Ok(*answer);
        }
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

    pub(super) fn date(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Result<NaiveDate, Box<Fault>> {
        match self.eval(expr, frame)? {
            Value::Date(date) => Ok(date),
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    pub(super) fn list_length(&self, length: usize) -> Result<(), FaultKind> {
        if length > self.limits.list_items {
            return Err(LimitError::List(self.limits.list_items).into());
        }
        Ok(())
    }

    pub(super) fn move_date(
        &self,
        step: DateStep,
        back: bool,
        date: NaiveDate,
        amount: &Num,
    ) -> Result<NaiveDate, FaultKind> {
        let whole = amount.to_i64().ok_or_else(|| {
            if amount.is_whole() { FaultKind::DateRange } else { FaultKind::NotWhole(in_short(amount)) }
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

    pub(super) fn reading(&mut self, index: usize) -> Option<Value> {
        let assumption = self.program.assumptions.get(index)?;
        let reading = self.choices.reading(index).unwrap_or(assumption.chosen);
        let name = assumption.readings.values.get(reading)?;
        if let Some(reliance) = &mut self.reliance {
            reliance.read(index);
        }
        if let Some(observer) = &mut self.observer {
            observer.see(Seen::Reading(index, reading));
        }
        self.record(|| Event::Assumption(index, reading));
        Some(Value::Symbol(Arc::clone(name)))
    }

    pub(super) fn term(&mut self, index: usize, date: Option<NaiveDate>) -> Result<Value, FaultKind> {
        let term = self.program.terms.get(index).ok_or(FaultKind::Internal)?;
        let date = if term.has_history() && date.is_none() {
            let read = self.term_date()?;
            Some(read.ok_or_else(|| FaultKind::HistoryDateAbsent(Arc::clone(&term.name.value)))?)
        } else {
            date
        };
        let version = term.at(date).ok_or_else(|| match date {
            Some(date) => {
                let (before, after) = term.gap(date);
                FaultKind::History { term: Arc::clone(&term.name.value), date, before, after }
            }
            None => FaultKind::Internal,
        })?;
        let position = term.versions.iter().position(|v| std::ptr::eq(v, version)).unwrap_or(0);
        if let Some(observer) = &mut self.observer {
            observer.see(Seen::Term(index, position));
        }
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

    /// A rule's conclusions, of this evaluation or of one before.
    pub(super) fn column(&self, rule: RuleId) -> Option<&Column> {
        let of = |columns: &'_ [Option<Column>]| columns.get(rule.0).is_some_and(Option::is_some);
        let columns = if of(&self.columns) { self.columns.as_slice() } else { self.known };
        columns.get(rule.0).and_then(Option::as_ref)
    }

    /// A rule's conclusion, which the order of evaluation has found before.
    pub(super) fn conclusion(&mut self, rule: RuleId, row: Option<u32>) -> Result<Value, FaultKind> {
        let cell = match self.own.get(rule.0) {
            Some(Own::Done(value, _)) => Some(value.clone()),
            Some(Own::Failed) => None,
            _ => self.column(rule).ok_or(FaultKind::Internal)?.values.get(row.unwrap_or(0) as usize),
        };
        if let Some(reliance) = &mut self.reliance {
            reliance.read_rule(rule, row);
        }
        if let Some(observer) = &mut self.observer {
            observer.read_rule(rule, row);
        }
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
    pub(super) fn call(&mut self, id: FunctionId, args: Vec<Value>, span: Span) -> Evaluated {
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
        self.account.step(LOOKED_UP).map_err(|e| at(span)(e.into()))?;
        args.iter().try_for_each(|arg| self.compound(arg, span))?;
        if let Some((place, known)) = self.memory.find(id, &args) {
            if let Some(reliance) = &mut self.reliance {
                reliance.read_call(id, place);
            }
            if let Some(observer) = &mut self.observer {
                observer.read_call(id, place);
            }
            return Ok(known.clone());
        }
        let (before, steps) = (self.account.held(), self.account.steps());
        if let Some(observer) = &mut self.observer {
            observer.open();
        }
        let (value, set) = self.relying(|machine| machine.body(id, &args, span));
        let mut place = None;
        if let Ok(value) = &value {
            self.account.settle(before, value);
            let steps = self.account.steps().saturating_sub(steps);
            place = self.remember(id, (args, value), steps, set);
        }
        if let Some(observer) = &mut self.observer {
            observer.close_call(id, place);
        }
        value
    }

    /// Remembers a function's result while there is room: it can be worked out again. Answers where.
    fn remember(
        &mut self,
        id: FunctionId,
        result: (Vec<Value>, &Value),
        steps: u64,
        set: Option<usize>,
    ) -> Option<usize> {
        let most = self.account.most_values().checked_div(REMEMBERED).unwrap_or(0);
        // An observer knows calls by where they are remembered.
        let kept = self.memory.keep(id, result, steps, (most, self.observer.is_none()));
        if let Some(reliance) = &mut self.reliance {
            kept.forgotten.iter().for_each(|other| reliance.forget_calls(*other));
            if let Some(set) = set.filter(|_| kept.place.is_some()) {
                reliance.keep_call(id, set);
            }
        }
        kept.place
    }

    /// What happens within, and the set of the assumptions that it rests on, where that is asked for.
    pub(super) fn relying<T>(&mut self, within: impl FnOnce(&mut Self) -> T) -> (T, Option<usize>) {
        if let Some(reliance) = &mut self.reliance {
            reliance.open();
        }
        let result = within(self);
        (result, self.reliance.as_mut().map(Reliance::close))
    }

    /// A function's result, worked out from its formula.
    pub(super) fn body(&mut self, id: FunctionId, args: &[Value], span: Span) -> Evaluated {
        let function = self.program.functions.get(id.0).ok_or_else(|| at(span)(FaultKind::Internal))?;
        self.account.step(CALLED).map_err(|e| at(span)(e.into()))?;
        let mut frame = args.to_vec();
        frame.resize(function.slots.max(args.len()), Value::Absent);
        self.eval(&function.body, &mut frame)
    }

    /// Records what a function of the language did, where that is worth telling.
    pub(super) fn rounded(
        &mut self,
        builtin: &Builtin,
        parts: &[Expr],
        args: &[Value],
        value: &Value,
        expr: &Expr,
    ) {
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

    pub(super) fn compare_chain(
        &mut self,
        first: &Expr,
        rest: &[(CmpOp, Expr)],
        frame: &mut Vec<Value>,
    ) -> Evaluated {
        if let ([(op, second)], true) = (rest, self.is_plain()) {
            return self.compare_two((first, *op, second), frame).map(Value::Bool);
        }
        let mut left = self.eval(first, frame)?;
        self.computed(first, &left);
        for (op, part) in rest {
            let right = self.eval(part, frame)?;
            self.computed(part, &right);
            self.compound(&left, part.span)?;
            self.compound(&right, part.span)?;
            if let Some(observer) = &mut self.observer {
                observer.compare(part.span, compare(&left, &right), left == right);
            }
            let holds = compares(*op, &left, &right).ok_or_else(|| at(part.span)(FaultKind::Internal))?;
            if !holds {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    pub(super) fn matching(
        &mut self,
        subject: &Expr,
        arms: &[MatchArm],
        otherwise: Option<&Expr>,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Evaluated {
        let subject = self.subject(subject, frame)?;
        self.compound(&subject, span)?;
        for arm in arms {
            for pattern in &arm.patterns {
                let pattern = self.eval(pattern, frame)?;
                self.compound(&pattern, span)?;
                if pattern == subject {
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

    pub(super) fn optional_row(
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
    pub(super) fn short(
        &mut self,
        builtin: &Builtin,
        args: &[Expr],
        frame: &mut Vec<Value>,
    ) -> Result<Option<Value>, Box<Fault>> {
        let [Expr { kind: ExprKind::Query(query), span, .. }] = args else { return Ok(None) };
        if let Some(observer) = &mut self.observer
            && matches!(builtin.name, "any" | "all")
        {
            observer.see(Seen::Part(*span));
        }
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
