//! Tries every change of a plan and reports which of them the plan's tests tell.

use super::accepted::{Stale, reason};
use super::equivalent::proof;
use super::judge::{Judge, Judged};
use super::propose::proposal;
use super::sites::{Mutant, mutants};
use crate::columns;
use crate::engine::Plan;
use crate::plan::Document;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only changes of definitions whose name holds this text.
    pub only: Option<String>,
    /// Threads to share the work among; the report does not depend on how many.
    pub threads: usize,
    /// Whether tests are proposed for what survives.
    pub propose: bool,
    /// Changes that are known to be killed, from an earlier run.
    pub killed: Vec<Found>,
}

/// What came of the changes of a plan.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// Every change that checks, with what came of it.
    pub report: Report,
    /// Entries of `[[mutants]]` that accept nothing.
    pub stale: Vec<Stale>,
}

/// Every change that was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The changes, in the order of the plan.
    pub found: Vec<Found>,
    /// Changes that do not check, and do not count.
    pub ill_typed: usize,
    /// Tests that are only proposed, and were not run.
    pub unconfirmed: usize,
}

/// One change, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The definition, as `[[mutants]]` names it.
    pub place: String,
    /// What kind of definition it is.
    pub noun: String,
    /// The change, as `[[mutants]]` names it.
    pub change: String,
    /// Its clauses.
    pub cite: Vec<String>,
    /// The file it is in.
    pub file: String,
    /// Its line and column there.
    pub line: (usize, usize),
    /// How many tests come to it.
    pub reached: usize,
    /// What came of it.
    pub verdict: Verdict,
    /// A test that would tell it.
    pub proposal: Option<String>,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A test fails.
    Killed(String),
    /// None does.
    Survived,
    /// It changes nothing, for this reason.
    Equivalent(String),
    /// None does, and the plan says why that is accepted.
    Accepted(String),
}

/// A test that fails before anything is changed, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing(pub String);

impl Report {
    fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.found.iter().filter(|f| of(&f.verdict)).count()
    }

    /// Changes that a test tells.
    #[must_use]
    pub fn killed(&self) -> usize {
        self.count(|v| matches!(v, Verdict::Killed(_)))
    }

    /// Changes that no test tells, for no reason given.
    #[must_use]
    pub fn survived(&self) -> usize {
        self.count(|v| *v == Verdict::Survived)
    }

    /// Changes that mean nothing.
    #[must_use]
    pub fn equivalent(&self) -> usize {
        self.count(|v| matches!(v, Verdict::Equivalent(_)))
    }

    /// Changes that no test tells, as the plan accepts.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.count(|v| matches!(v, Verdict::Accepted(_)))
    }

    /// The changes that are told, in thousandths of all but those that mean nothing; rounded down. All,
    /// where there are none.
    #[must_use]
    pub fn score(&self) -> usize {
        let all = self.found.len().saturating_sub(self.equivalent());
        self.killed().saturating_mul(1000).checked_div(all).unwrap_or(1000)
    }
}

/// Tries every change of a plan, telling `tick` of each; `document` is the plan as read.
///
/// # Errors
/// Where a test fails before anything is changed.
pub fn mutate(
    plan: &Plan,
    document: &Document,
    asked: &Asked,
    tick: &(dyn Fn(usize) + Sync),
) -> Result<Report, Failing> {
    let tests = plan.observe_tests(None);
    if let Some(failing) = tests.iter().find(|t| !t.passed) {
        let name = plan.program().tests.get(failing.index).map(|t| t.name.value.to_string());
        return Err(Failing(name.unwrap_or_default()));
    }
    let judge = Judge::new(document, plan.program(), &tests, plan.limits());
    let mut all = mutants(document);
    if let Some(only) = &asked.only {
        all.retain(|m| m.place.name(document).contains(only.as_str()));
    }
    all.retain(|m| judge.uses(m));
    let total = all.len();
    let killed: BTreeMap<(&str, &str), &Found> =
        asked.killed.iter().map(|found| ((&*found.place, &*found.change), found)).collect();
    let one = |mutant: &Mutant| {
        let place = mutant.place.name(document);
        let found = match killed.get(&(&*place, &*mutant.change)) {
            Some(known) => Some((*known).clone()),
            None => found(plan, document, &judge, mutant, asked.propose),
        };
        tick(total);
        found
    };
    let done: Vec<Option<Found>> = match columns::pool(asked.threads) {
        Some(pool) => pool.install(|| all.par_iter().map(one).collect()),
        None => all.iter().map(one).collect(),
    };
    let ill_typed = done.iter().filter(|f| f.is_none()).count();
    let unconfirmed = plan.program().tests.iter().filter(|t| t.unconfirmed).count();
    Ok(Report { found: done.into_iter().flatten().collect(), ill_typed, unconfirmed })
}

/// What comes of one change; none where the changed plan does not check.
fn found(
    plan: &Plan,
    document: &Document,
    judge: &Judge<'_>,
    mutant: &Mutant,
    propose: bool,
) -> Option<Found> {
    let place = mutant.place.name(document);
    let (mut reached_by, mut written) = (0_usize, None);
    let verdict = match judge.judge(mutant) {
        Judged::IllTyped => return None,
        Judged::Killed(test) => {
            let name = plan.program().tests.get(test).map(|t| t.name.value.to_string());
            Verdict::Killed(name.unwrap_or_default())
        }
        Judged::Survived { program, reached } => {
            reached_by = reached.len();
            match (proof(mutant, document), reason(document, mutant.place, &mutant.change)) {
                (Some(why), _) => Verdict::Equivalent(why),
                (None, Some(why)) => Verdict::Accepted(why),
                (None, None) => {
                    if propose {
                        written = proposal(judge, mutant, &program, &reached);
                    }
                    Verdict::Survived
                }
            }
        }
    };
    let sources = &document.sources;
    Some(Found {
        place,
        noun: mutant.place.noun().to_owned(),
        change: mutant.change.clone(),
        cite: mutant.cite.iter().map(ToString::to_string).collect(),
        file: sources.name_of(mutant.span).to_owned(),
        line: sources.line_column(mutant.span),
        reached: reached_by,
        verdict,
        proposal: written,
    })
}

impl Mutation {
    /// A report with the entries of `[[mutants]]` that accept nothing in it; where only some changes were
    /// tried, none can be told of the others.
    #[must_use]
    pub fn new(report: Report, document: &Document, whole: bool) -> Self {
        let used: BTreeSet<(&str, &str)> = report
            .found
            .iter()
            .filter(|f| matches!(f.verdict, Verdict::Accepted(_)))
            .map(|f| (&*f.place, &*f.change))
            .collect();
        let entries =
            document.mutants.iter().filter(|m| whole && !used.contains(&(&*m.place.value, &*m.change.value)));
        let stale = entries
            .map(|m| {
                let same = |f: &&Found| *f.place == *m.place.value && *f.change == *m.change.value;
                Stale {
                    place: m.place.value.to_string(),
                    change: m.change.value.to_string(),
                    killed: report.found.iter().any(|f| same(&f)),
                    span: m.change.span,
                }
            })
            .collect();
        Self { report, stale }
    }
}
