//! Runs a plan's own tests.

use super::evaluation::{Plan, failure, meaning};
use super::rows;
use crate::data::validate;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::eval::Shown;
use crate::eval::{self, Choices, Dataset};
use crate::ir::{Expectation, Program, RuleId, Selection, Test};
use crate::library::FaultKind;
use crate::limits::Limits;
use crate::source::{Name, Span};
use crate::value::Value;
use std::sync::Arc;

/// What came of one test.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// Its name.
    pub name: Name,
    /// The clauses it is about.
    pub cite: Vec<Arc<str>>,
    /// The verdict.
    pub verdict: Verdict,
}

/// A test's verdict.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Everything was as expected.
    Passed,
    /// It is only proposed: it was not run, and counts for nothing.
    Unconfirmed,
    /// Conclusions differ from what was expected.
    Differs(Vec<Difference>),
    /// The data were refused, or a rule failed, and the test did not expect that.
    Failed(Diagnostics),
    /// The data should have been refused, or a rule should have failed, and it was not so.
    Unexpected {
        /// What was expected.
        expected: String,
        /// What came instead.
        found: String,
        /// Where the test says so.
        span: Span,
    },
}

/// One conclusion that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The rule, with the row's key: `participants.refund of E1`.
    pub subject: String,
    /// What the test expects.
    pub expected: String,
    /// What the plan concludes.
    pub found: String,
    /// Where the test says so.
    pub span: Span,
}

impl TestReport {
    /// Whether the test passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Passed)
    }

    /// Whether the test failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        !matches!(self.verdict, Verdict::Passed | Verdict::Unconfirmed)
    }
}

impl Plan {
    /// Runs the plan's own tests, in its order; `filter` keeps those whose name holds it.
    #[must_use]
    pub fn test(&self, filter: Option<&str>) -> Vec<TestReport> {
        self.program()
            .tests
            .iter()
            .filter(|t| filter.is_none_or(|f| t.name.value.contains(f)))
            .map(|test| TestReport {
                name: test.name.clone(),
                cite: test.cite.clone(),
                verdict: if test.unconfirmed {
                    Verdict::Unconfirmed
                } else {
                    verdict(self.program(), test, self.limits())
                },
            })
            .collect()
    }
}

/// What comes of one test, whether it is confirmed or not.
fn verdict(program: &Program, test: &Test, limits: &Limits) -> Verdict {
    let data = validate(program, &test.given, &choices_of(test), limits);
    judge(program, test, data.as_ref(), limits)
}

/// As [`verdict`], of data that are read already.
pub(crate) fn judge(
    program: &Program,
    test: &Test,
    data: Result<&Dataset, &Diagnostics>,
    limits: &Limits,
) -> Verdict {
    let data = match (data, &test.expect) {
        (Err(found), Expectation::Refused(field)) => return refused(found, field),
        (Err(found), _) => return Verdict::Failed(found.clone()),
        (Ok(_), Expectation::Refused(field)) => {
            return Verdict::Unexpected {
                expected: format!("the data to be refused for `{}`", field.value),
                found: "they were accepted".to_owned(),
                span: field.span,
            };
        }
        (Ok(data), _) => data,
    };
    let outcome = eval::evaluate(program, data, &choices_of(test), &asked(test), limits);
    match &test.expect {
        Expectation::Fails(id, code, span) => fails(program, data, &outcome, *id, *code, *span),
        _ if !outcome.failures.is_empty() => {
            Verdict::Failed(outcome.failures.iter().map(|f| failure(program, data, f)).collect())
        }
        Expectation::Values(values) => {
            let differences: Vec<Difference> = values
                .iter()
                .filter_map(|(id, key, expected, span)| {
                    let key = key.as_ref().map(|k| &*k.value);
                    difference(program, data, &outcome, *id, key, expected, *span)
                })
                .collect();
            if differences.is_empty() { Verdict::Passed } else { Verdict::Differs(differences) }
        }
        Expectation::Refused(_) => Verdict::Passed,
    }
}

/// The rules that a test is about.
pub(crate) fn asked(test: &Test) -> Selection {
    Selection::Rules(match &test.expect {
        Expectation::Values(values) => values.iter().map(|(id, ..)| *id).collect(),
        Expectation::Fails(id, ..) => vec![*id],
        Expectation::Refused(_) => Vec::new(),
    })
}

/// What a test asks to be read otherwise.
pub(crate) fn choices_of(test: &Test) -> Choices {
    let mut choices = Choices { as_of: test.as_of, ..Choices::default() };
    for (assumption, reading) in &test.assume {
        choices.pick(*assumption, *reading);
    }
    choices
}

/// The field that a fault of the data blames, as tests name it: `participants.left_on`.
pub(crate) fn blamed(fault: &Diagnostic) -> String {
    let subject = fault.subject.clone().unwrap_or_default();
    let field = subject.field.unwrap_or_default();
    subject.table.map_or_else(|| field.clone(), |t| format!("{t}.{field}"))
}

fn refused(found: &Diagnostics, field: &Name) -> Verdict {
    if found.iter().any(|d| blamed(d) == *field.value) {
        return Verdict::Passed;
    }
    let instead: Vec<String> = found.iter().map(|d| format!("`{}`: {}", blamed(d), d.message)).collect();
    Verdict::Unexpected {
        expected: format!("the data to be refused for `{}`", field.value),
        found: format!("they were refused for {}", instead.join("; ")),
        span: field.span,
    }
}

/// Whether a rule fails, and with the code expected.
fn fails(
    program: &Program,
    data: &Dataset,
    outcome: &eval::Outcome,
    id: RuleId,
    code: Option<Code>,
    span: Span,
) -> Verdict {
    let name = program.rule_name(id);
    let column = outcome.columns.get(id.0).and_then(Option::as_ref);
    let unexpected = |found: String| {
        let with = code.map_or_else(String::new, |c| format!(", with the code `{c}`"));
        Verdict::Unexpected { expected: format!("`{name}` to have no value{with}"), found, span }
    };
    if !column.is_some_and(|c| c.values.iter().any(|v| v.is_none())) {
        return unexpected("it has one".to_owned());
    }
    // A limit that is reached says nothing of the plan's own failures.
    let limit = |f: &&eval::Failure| matches!(f.fault.kind, FaultKind::Limit(_) | FaultKind::Internal);
    if let Some(other) = outcome.failures.iter().find(limit) {
        return Verdict::Failed(vec![failure(program, data, other)]);
    }
    let codes: Vec<Code> = outcome.failures.iter().map(|f| meaning(&f.fault.kind).0).collect();
    match (code, codes.first()) {
        (Some(code), Some(found)) if !codes.contains(&code) => unexpected(format!("its code is `{found}`")),
        _ => Verdict::Passed,
    }
}

fn difference(
    program: &Program,
    data: &Dataset,
    outcome: &eval::Outcome,
    id: RuleId,
    key: Option<&str>,
    expected: &Value,
    span: Span,
) -> Option<Difference> {
    let rule = program.rule(id)?;
    let name = program.rule_name(id);
    let show = |value: &Value| Shown { program, data, ty: &rule.ty, value }.words();
    let row = match (rule.table, key) {
        (Some(table), Some(key)) => rows::find(program, data, table, key).map(Some).map_err(|no_row| {
            let of = program.tables.get(table).map(|t| t.name.value.to_string()).unwrap_or_default();
            format!("nothing (`{of}` {})", no_row.why)
        }),
        _ => Ok(None),
    };
    let found = match row {
        Err(no_row) => no_row,
        Ok(row) => match outcome.value(id, row) {
            Some(found) if found == *expected => return None,
            Some(found) => show(&found),
            None => "nothing".to_owned(),
        },
    };
    Some(Difference {
        subject: key.map_or_else(|| format!("`{name}`"), |key| format!("`{name}` of `{key}`")),
        expected: show(expected),
        found,
        span,
    })
}
