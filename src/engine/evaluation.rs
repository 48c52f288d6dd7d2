//! A checked plan, and one evaluation of it.

use super::assumptions;
use super::error::{EvaluateError, PlanError};
use super::inputs::{Inputs, ToInputs};
use super::load::{Loaded, load};
use super::results::Results;
use super::rows;
use crate::columns::{self, Crew};
use crate::data::{validate, validate_rosters};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::eval::{self, Choices, Dataset, Explanation, Failure, Outcome};
use crate::eval::{Faced, row_label};
use crate::ir::{Program, RuleId, Selection};
use crate::library::FaultKind;
use crate::limits::{LimitError, Limits};
use crate::plan::{FolderResolver, NoImports, Resolver, Role};
use crate::progress::{Watch, Watched};
use chrono::NaiveDate;
use std::path::Path;
use std::sync::Arc;

/// A checked plan. It is immutable and may be shared between threads.
#[derive(Clone, Debug)]
pub struct Plan {
    program: Arc<Program>,
    warnings: Arc<Diagnostics>,
    limits: Limits,
}

impl Plan {
    /// Loads a plan file; what it imports must lie in its folder.
    ///
    /// # Errors
    /// Where the file cannot be read, or the plan has errors: every one of them.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, PlanError> {
        let path = path.as_ref();
        let limits = Limits::DEFAULT;
        let unreadable = |error: crate::plan::ResolveError| PlanError {
            diagnostics: vec![super::load::unreadable(&path.display().to_string(), &error)],
            sources: crate::source::SourceMap::default(),
        };
        let resolver = FolderResolver::for_plan(path, &limits).map_err(unreadable)?;
        let file = resolver.plan().map_err(unreadable)?;
        Self::from_loaded(load(&file.name, &file.text, &resolver, &limits), limits)
    }

    /// Loads a plan from its text; it may import nothing.
    ///
    /// # Errors
    /// Where the plan has errors: every one of them.
    #[allow(clippy::should_implement_trait)]
    pub fn from_str(text: &str) -> Result<Self, PlanError> {
        Self::from_str_with("plan.toml", text, &NoImports, Limits::DEFAULT)
    }

    /// Loads a plan from its text, with a resolver for what it imports and limits on what it may take.
    ///
    /// # Errors
    /// Where the plan has errors: every one of them.
    pub fn from_str_with(
        name: &str,
        text: &str,
        resolver: &dyn Resolver,
        limits: Limits,
    ) -> Result<Self, PlanError> {
        Self::from_loaded(load(name, text, resolver, &limits), limits)
    }

    /// The plan that was loaded, where it has no error.
    ///
    /// # Errors
    /// Where the plan has errors: every one of them.
    pub fn from_loaded(loaded: Loaded, limits: Limits) -> Result<Self, PlanError> {
        let Loaded { program, mut diagnostics, sources, role, .. } = loaded;
        match program {
            Some(program) if role == Role::Plan => {
                Ok(Self { program: Arc::new(program), warnings: Arc::new(diagnostics), limits })
            }
            Some(_) => {
                let file = sources.iter().next().map_or_else(String::new, |(_, s)| s.name.to_string());
                diagnostics.push(
                    Diagnostic::error(
                        Code::BadRequest,
                        format!("`{file}` is {}, and only a plan can be evaluated", role.noun()),
                    )
                    .help("name a plan that imports it"),
                );
                Err(PlanError { diagnostics, sources })
            }
            None => Err(PlanError { diagnostics, sources }),
        }
    }

    /// The checked plan itself.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The plan under other limits.
    #[must_use]
    pub fn within(&self, limits: Limits) -> Self {
        Self { limits, ..self.clone() }
    }

    pub(super) fn shared(&self) -> Arc<Program> {
        Arc::clone(&self.program)
    }

    /// What `check` would warn of.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What evaluations of this plan may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Starts an evaluation with choices of its own.
    #[must_use]
    pub fn evaluation(&self) -> Evaluation<'_> {
        Evaluation {
            plan: self,
            choices: Choices::default(),
            selection: Selection::All,
            requests: Diagnostics::new(),
            evaluator: Evaluator::Fitting,
            threads: 1,
            watch: None,
        }
    }

    /// Evaluates every rule, with the plan's own readings.
    ///
    /// # Errors
    /// Where the data do not fit the plan, or a rule has no conclusion.
    pub fn evaluate(&self, inputs: &impl ToInputs) -> Result<Results, EvaluateError> {
        self.evaluation().run(inputs)
    }

    /// Explains one conclusion: `rule` as results name it (`participants.refund`), `key` the row's.
    ///
    /// # Errors
    /// As [`Plan::evaluate`]; and where there is no such rule or row.
    pub fn explain(
        &self,
        inputs: &impl ToInputs,
        rule: &str,
        key: Option<&str>,
    ) -> Result<Faced<Explanation>, EvaluateError> {
        self.evaluation().explain(inputs, rule, key)
    }
}

/// One evaluation: readings, date and selection chosen before it runs.
#[derive(Clone, Debug)]
pub struct Evaluation<'p> {
    plan: &'p Plan,
    choices: Choices,
    selection: Selection,
    requests: Diagnostics,
    evaluator: Evaluator,
    threads: usize,
    watch: Option<Arc<dyn Watch>>,
}

/// Which evaluator works out conclusions. They differ in what they cost and in nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Evaluator {
    /// The one that fits the data: columns where a table has many rows.
    #[default]
    Fitting,
    /// The reference evaluator, a row at a time.
    Reference,
    /// The column evaluator, whole tables at a time.
    Columns,
}

/// Rows of a table from which the column evaluator is worth its preparation.
const MANY_ROWS: usize = 512;

impl Evaluation<'_> {
    /// Takes another reading of an assumption than the one the plan chose.
    #[must_use]
    pub fn assume(mut self, assumption: &str, reading: &str) -> Self {
        let found = assumptions::assumption(&self.plan.program, assumption)
            .and_then(|(index, of)| Ok((index, assumptions::reading(of, reading)?)));
        match found {
            Ok((index, reading)) => self.choices.pick(index, reading),
            Err(fault) => self.requests.push(*fault),
        }
        self
    }

    /// Takes recorded decisions on assumptions; see [`super::determinations()`].
    #[must_use]
    pub fn determinations(mut self, document: &crate::value::Raw) -> Self {
        if let Err(found) = super::determinations(&self.plan.program, document, &mut self.choices) {
            self.requests.extend(found);
        }
        self
    }

    /// Reads terms on this date.
    #[must_use]
    pub fn as_of(mut self, date: NaiveDate) -> Self {
        self.choices.as_of = Some(date);
        self
    }

    /// Asks only for some conclusions: a rule (`total_cost`), a table's rule (`participants.refund`),
    /// all of a table's (`participants`), or the plan's figures (`plan`).
    #[must_use]
    pub fn only<'s>(mut self, names: impl IntoIterator<Item = &'s str>) -> Self {
        let mut rules = match self.selection {
            Selection::All => Vec::new(),
            Selection::Rules(ref rules) => rules.clone(),
        };
        for name in names {
            match select(&self.plan.program, name) {
                Ok(found) => rules.extend(found),
                Err(diagnostic) => self.requests.push(*diagnostic),
            }
        }
        rules.sort_unstable();
        rules.dedup();
        self.selection = Selection::Rules(rules);
        self
    }

    /// Picks an evaluator.
    #[must_use]
    pub fn evaluator(mut self, evaluator: Evaluator) -> Self {
        self.evaluator = evaluator;
        self
    }

    /// Shares the work among threads; results do not depend on how many.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Tells somebody how far the evaluation is.
    #[must_use]
    pub fn watched(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Whether the column evaluator is the one for some data.
    fn is_by_columns(&self, data: &Dataset) -> bool {
        match self.evaluator {
            Evaluator::Reference => false,
            Evaluator::Columns => true,
            Evaluator::Fitting => data.tables.iter().any(|t| t.rows >= MANY_ROWS),
        }
    }

    fn outcome(&self, data: &Dataset) -> Outcome {
        let (program, limits) = (&self.plan.program, &self.plan.limits);
        if !self.is_by_columns(data) {
            return eval::evaluate(program, data, &self.choices, &self.selection, limits);
        }
        let pool = columns::pool(self.threads);
        let crew = Crew { pool: pool.as_ref(), watch: Watched(self.watch.as_deref()) };
        columns::evaluate(program, data, &self.choices, &self.selection, limits, crew)
    }

    pub(super) fn plan(&self) -> &Plan {
        self.plan
    }

    /// The same evaluation of a plan that differs in its limits alone.
    pub(super) fn of<'q>(&self, plan: &'q Plan) -> Evaluation<'q> {
        let Self { plan: _, choices, selection, requests, evaluator, threads, watch } = self.clone();
        Evaluation { plan, choices, selection, requests, evaluator, threads, watch }
    }

    /// The readings and the date chosen.
    #[must_use]
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    pub(super) fn data(&self, inputs: &impl ToInputs) -> Result<Dataset, EvaluateError> {
        if !self.requests.is_empty() {
            return Err(EvaluateError::Request(self.requests.clone()));
        }
        dataset(&self.plan.program, &inputs.to_inputs()?, &self.choices, &self.plan.limits)
            .map_err(EvaluateError::Data)
    }

    /// Evaluates.
    ///
    /// # Errors
    /// Where the data do not fit the plan, a request names nothing, or a rule has no conclusion.
    pub fn run(&self, inputs: &impl ToInputs) -> Result<Results, EvaluateError> {
        let data = self.data(inputs)?;
        let outcome = self.outcome(&data);
        self.results(data, outcome)
    }

    /// Evaluates data that nobody needs afterwards: what rules have read for the last time is given up, and
    /// of the data that come with the results only keys, places and columns that the plan does not know are
    /// sure to be there. They must be such as can be read once more: otherwise all of them stay.
    ///
    /// # Errors
    /// As [`Evaluation::run`].
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn run_once(&self, inputs: Inputs) -> Result<Results, EvaluateError> {
        let mut data = self.data(&inputs)?;
        let again = inputs.plain().filter(|_| self.is_by_columns(&data));
        let Some(again) = again else {
            let outcome = self.outcome(&data);
            return self.results(data, outcome);
        };
        // The tables are shared no longer.
        drop(inputs);
        self.once(&mut data).map_or_else(
            || self.run(&again().map_err(EvaluateError::Data)?),
            |outcome| self.results(data, outcome),
        )
    }

    /// Evaluates data that nobody needs afterwards; none where all of it would have to be evaluated once more.
    #[cfg(any(feature = "cli", test))]
    pub(super) fn once(&self, data: &mut Dataset) -> Option<Outcome> {
        let pool = columns::pool(self.threads);
        let crew = Crew { pool: pool.as_ref(), watch: Watched(self.watch.as_deref()) };
        let (program, limits) = (&self.plan.program, &self.plan.limits);
        columns::evaluate_once(program, data, &self.choices, &self.selection, limits, crew)
    }

    pub(super) fn results(&self, data: Dataset, outcome: Outcome) -> Result<Results, EvaluateError> {
        if !outcome.failures.is_empty() {
            let failures = outcome.failures.iter().map(|f| (&data, f));
            let found = failures_of(&self.plan.program, failures, outcome.more_failures);
            return Err(EvaluateError::Rules(found));
        }
        let (choices, selection) = (self.choices.clone(), self.selection.clone());
        let program = Arc::clone(&self.plan.program);
        Ok(Results::new(program, data, outcome, (choices, selection), self.plan.limits))
    }

    /// Explains one conclusion.
    ///
    /// # Errors
    /// As [`Evaluation::run`]; and where there is no such rule or row.
    pub fn explain(
        &self,
        inputs: &impl ToInputs,
        rule: &str,
        key: Option<&str>,
    ) -> Result<Faced<Explanation>, EvaluateError> {
        let program = &self.plan.program;
        let id = find_rule(program, rule).map_err(|d| EvaluateError::Request(vec![*d]))?;
        let data = self.data(inputs)?;
        let row = find_row(program, &data, id, key).map_err(|d| EvaluateError::Request(vec![*d]))?;
        let explanation = eval::explain(program, &data, &self.choices, id, row, &self.plan.limits);
        Ok(Faced {
            program: Arc::clone(program),
            data: Arc::new(data),
            choices: self.choices.clone(),
            value: explanation,
        })
    }
}

/// Data that fit the plan: as they were read straight into columns where all of them do, else read once
/// more the ordinary way.
pub(super) fn dataset(
    program: &Program,
    inputs: &Inputs,
    choices: &Choices,
    limits: &Limits,
) -> Result<Dataset, Diagnostics> {
    let add_extra = |mut data: Dataset, inputs: &Inputs| {
        for (table, extra) in inputs.extra() {
            if let Some(table) = data.tables.get_mut(*table) {
                Arc::make_mut(table).extra.clone_from(extra);
            }
        }
        data
    };
    let validated = |inputs: &Inputs| {
        validate(program, inputs.raw(), choices, limits).map(|data| add_extra(data, inputs))
    };
    let rosters = inputs.rosters();
    let Some(again) = &rosters.again else { return validated(inputs) };
    match validate_rosters(program, inputs.raw(), rosters.tables.clone(), choices, limits) {
        Some(data) => Ok(add_extra(data, inputs)),
        None => validated(&again()?),
    }
}

/// Failures as diagnostics, each with the data that it is about; so many more are only counted.
pub(super) fn failures_of<'f>(
    program: &Program,
    failures: impl Iterator<Item = (&'f Dataset, &'f Failure)>,
    more: usize,
) -> Diagnostics {
    let mut found: Diagnostics = failures.map(|(data, f)| failure(program, data, f)).collect();
    if more > 0 {
        let says = format!("{more} more failures are not listed");
        found.push(Diagnostic::error(Code::RuleFailed, says).help("mend those above and run again"));
    }
    found
}

/// The rules that a name asks for.
pub(super) fn select(program: &Program, name: &str) -> Result<Vec<RuleId>, Box<Diagnostic>> {
    let public = |table| -> Vec<RuleId> {
        program.rules_of(table).filter(|(_, r)| !r.private).map(|(id, _)| id).collect()
    };
    if name == "plan" {
        return Ok(public(None));
    }
    if let Some(table) = program.find_table(name) {
        let rules = public(Some(table));
        if rules.is_empty() {
            return Err(Box::new(
                Diagnostic::error(Code::BadSelection, format!("the plan concludes nothing about `{name}`"))
                    .help("ask for a table that has rules"),
            ));
        }
        return Ok(rules);
    }
    find_rule(program, name).map(|id| vec![id])
}

fn find_rule(program: &Program, name: &str) -> Result<RuleId, Box<Diagnostic>> {
    if let Some(id) = program.find_rule(name) {
        return Ok(id);
    }
    let names: Vec<String> = (0..program.rules.len()).map(|i| program.rule_name(RuleId(i))).collect();
    let tables = program.tables.iter().map(|t| &*t.name.value);
    let within = |name: &str| {
        let rest = names.iter().filter(|n| n.split_once('.').is_some_and(|(_, rule)| rule == name));
        rest.map(String::as_str).next()
    };
    let near = within(name)
        .or_else(|| did_you_mean(name, names.iter().map(String::as_str).chain(tables).chain(["plan"])));
    let help = near.map_or_else(
        || "name a rule as results do: `total_cost`, or with its table, `participants.refund`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    if program.find_table(name).is_some() {
        let of = format!("{name}.");
        let example = names.iter().find(|n| n.starts_with(&of)).map_or("", String::as_str);
        let message = format!("`{name}` is a table, and one rule is asked for");
        let help = format!("name one of the table's rules, such as `{example}`");
        return Err(Box::new(Diagnostic::error(Code::BadSelection, message).help(help)));
    }
    Err(Box::new(
        Diagnostic::error(Code::BadSelection, format!("the plan has no rule or table `{name}`")).help(help),
    ))
}

fn find_row(
    program: &Program,
    data: &Dataset,
    id: RuleId,
    key: Option<&str>,
) -> Result<Option<u32>, Box<Diagnostic>> {
    let name = program.rule_name(id);
    let Some(table) = program.rule(id).and_then(|r| r.table) else {
        return match key {
            None => Ok(None),
            Some(key) => Err(Box::new(
                Diagnostic::error(
                    Code::BadSelection,
                    format!("`{name}` is a figure of the plan and has no row `{key}`"),
                )
                .help("leave `--for` out"),
            )),
        };
    };
    let of = program.tables.get(table).map(|t| t.name.value.to_string()).unwrap_or_default();
    let Some(key) = key else {
        return Err(Box::new(
            Diagnostic::error(Code::BadSelection, format!("`{name}` has a value for each row of `{of}`"))
                .help("say which row with `--for` and its key"),
        ));
    };
    rows::find(program, data, table, key).map(Some).map_err(|no_row| {
        let help = no_row.help.unwrap_or_else(|| {
            format!("name the key of a row of `{of}`; fields of a composite key are joined by ` / `")
        });
        Box::new(Diagnostic::error(Code::BadSelection, format!("`{of}` {}", no_row.why)).help(help))
    })
}

/// A rule that has no conclusion, as a diagnostic: which rule, for which row, why, where in the plan.
pub(super) fn failure(program: &Program, data: &Dataset, failure: &Failure) -> Diagnostic {
    let name = program.rule_name(failure.rule);
    let table = program.rule(failure.rule).and_then(|r| r.table);
    let row = failure.row.zip(table).map(|(row, table)| row_label(program, data, table, row));
    let of = row.as_ref().map_or_else(String::new, |key| format!(" for `{key}`"));
    let (code, help) = meaning(&failure.fault.kind);
    let label = match failure.fault.kind {
        FaultKind::OutsideRange { .. } => "the range ends here",
        _ => "this has no value",
    };
    let mut subject = crate::diagnostic::Subject::default();
    if let (Some(table), Some(row)) = (table, failure.row) {
        subject = data.place(table, row).map(|p| p.subject()).unwrap_or_default();
        subject.table = program.tables.get(table).map(|t| t.name.value.to_string());
        subject.rows = usize::try_from(row).into_iter().collect();
    }
    (subject.key, subject.field) = (row, Some(name.clone()));
    Diagnostic::error(code, format!("`{name}` has no value{of}: {}", failure.fault.kind))
        .label(failure.fault.span, label)
        .help(help)
        .about(subject)
}

/// The code of a failure, and what to do about it.
pub(super) fn meaning(kind: &FaultKind) -> (Code, &'static str) {
    match kind {
        FaultKind::DivisionByZero => {
            (Code::DivisionByZero, "say in the plan what holds where the divisor is zero")
        }
        FaultKind::DateRange | FaultKind::NoSuchDate(..) => {
            (Code::DateOutOfRange, "check the dates of the data")
        }
        FaultKind::CalendarRange { .. } => {
            (Code::CalendarRange, "check the dates of the data, or give the calendar more years")
        }
        FaultKind::History { .. } => {
            (Code::HistoryRange, "give the term a version for that date, or read it on another date")
        }
        FaultKind::HistoryDateAbsent(_) => {
            (Code::HistoryRange, "say in the plan on which date the term is read where that one is absent")
        }
        FaultKind::NotWhole(_) => (Code::NotWhole, "round the number in the plan, or check the data"),
        FaultKind::TooLarge(_) | FaultKind::OutOfRange(_) => (Code::BadRange, "give it a number in range"),
        FaultKind::OutsideRange { .. } => (
            Code::OutsideRange,
            "check the data, or mend the rule or its range where the document allows more",
        ),
        FaultKind::BadStep(_) => {
            (Code::BadRange, "round to a step above zero, such as `0.01 USD` or `1 share`")
        }
        FaultKind::Limit(LimitError::Fraction(_)) => {
            (Code::NumberLimit, "round the figure in the plan before it grows so long")
        }
        // Without a bound on memory there are no such limits.
        FaultKind::Limit(LimitError::Rows(_)) => {
            (Code::EvaluationLimit, "allow more memory, or make the rule hold fewer rows at a time")
        }
        FaultKind::Limit(LimitError::Failures(_)) => {
            (Code::EvaluationLimit, "mend what is told of the others first, or allow more memory")
        }
        FaultKind::Limit(_) => {
            (Code::EvaluationLimit, "evaluate less data at once, or make the rule do less")
        }
        _ => (Code::RuleFailed, "check the data that the rule names"),
    }
}
