//! What a plan's tests cover of it. A part of a formula counts where it stands behind a figure that a
//! passing test expects: what is evaluated and not expected proves nothing.

use super::Plan;
use super::observed::ObservedTest;
use crate::eval::Seen;
use crate::ir::{
    ClauseStatus, Expr, ExprKind, FunctionId, Holder, Program, RuleBody, RuleId, Use, uses, walk,
};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::CmpOp;
use crate::value::Type;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a point is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A rule.
    Rule,
    /// A function.
    Function,
    /// A case of a rule.
    Case,
    /// A branch of `if`, `match` or `otherwise` in a formula.
    Branch,
    /// A requirement, met or not.
    Requirement,
    /// A condition of the data, held or refused.
    Condition,
    /// A side of a comparison.
    Boundary,
    /// A reading of an assumption.
    Reading,
}

/// The kinds, in the order of reports, each with the word for several.
pub const KINDS: [(Kind, &str); 8] = [
    (Kind::Rule, "rules"),
    (Kind::Function, "functions"),
    (Kind::Case, "cases"),
    (Kind::Branch, "branches"),
    (Kind::Requirement, "requirements"),
    (Kind::Condition, "conditions of data"),
    (Kind::Boundary, "boundaries"),
    (Kind::Reading, "readings"),
];

/// Something that tests can cover.
#[derive(Clone, Debug)]
pub struct Point {
    /// What it is about.
    pub kind: Kind,
    /// The definition that it stands in.
    pub place: String,
    /// What it is: "`a < b` with both sides equal".
    pub what: String,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// Where it stands.
    pub span: Span,
    /// How many tests cover it.
    pub tests: usize,
}

/// A clause of the outline.
#[derive(Clone, Debug)]
pub struct ClausePoint {
    /// The clause.
    pub name: Arc<str>,
    /// What became of it: "rule", "input", "term", "assumption", "discretion", "narrative".
    pub status: Vec<&'static str>,
    /// Whether tests cover one of the rules or readings that it became; none where it became neither.
    pub covered: Option<bool>,
}

/// How a part of a formula was come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It stands behind figures that this many tests expect.
    Expected(usize),
    /// It is evaluated, and no figure is expected of it.
    Evaluated,
    /// No test comes to it.
    Never,
}

/// What a plan's tests cover.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The plan's title.
    pub title: Arc<str>,
    /// Its texts.
    pub sources: SourceMap,
    /// Tests that pass.
    pub tests: usize,
    /// Tests that are only proposed, or fail: they count for nothing.
    pub left_out: usize,
    /// What can be covered, in the order of the plan.
    pub points: Vec<Point>,
    /// The clauses of the outline.
    pub clauses: Vec<ClausePoint>,
    /// Every part of every formula, each whole before its parts.
    pub parts: Vec<(Span, Reached)>,
}

impl Coverage {
    /// How many points of a kind are covered, and how many there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> (usize, usize) {
        let of_kind = self.points.iter().filter(|p| p.kind == kind);
        let all = of_kind.clone().count();
        (of_kind.filter(|p| p.tests > 0).count(), all)
    }
}

impl Plan {
    /// What the plan's tests cover; `filter` keeps those whose name holds it.
    #[must_use]
    pub fn coverage(&self, filter: Option<&str>) -> Coverage {
        let observed = self.observe_tests(filter);
        let mut expected: BTreeMap<Seen, usize> = BTreeMap::new();
        let mut evaluated: BTreeMap<Seen, usize> = BTreeMap::new();
        for test in observed.iter().filter(|t| t.passed) {
            count(&mut expected, test, true);
            count(&mut evaluated, test, false);
        }
        let program = self.program();
        let tests = observed.iter().filter(|t| t.passed).count();
        let mut finder = Finder {
            program,
            expected: &expected,
            points: Vec::new(),
            parts: Vec::new(),
            evaluated: &evaluated,
        };
        finder.functions();
        finder.rules();
        finder.conditions();
        finder.readings();
        let Finder { points, parts, .. } = finder;
        let clauses = clauses(program, &points);
        Coverage {
            title: Arc::clone(&program.title),
            sources: program.sources.clone(),
            tests,
            left_out: program.tests.len().saturating_sub(tests),
            points,
            clauses,
            parts,
        }
    }
}

fn count(into: &mut BTreeMap<Seen, usize>, test: &ObservedTest, expected: bool) {
    for seen in if expected { &test.expected } else { &test.all } {
        let times = into.entry(*seen).or_default();
        *times = times.saturating_add(1);
    }
}

struct Finder<'p> {
    program: &'p Program,
    expected: &'p BTreeMap<Seen, usize>,
    evaluated: &'p BTreeMap<Seen, usize>,
    points: Vec<Point>,
    parts: Vec<(Span, Reached)>,
}

/// What the points of one definition share.
#[derive(Clone)]
struct Within {
    place: String,
    cite: Vec<Arc<str>>,
}

impl Within {
    /// With a clause of its own, where there is one.
    fn citing(&self, own: Option<&Arc<str>>) -> Self {
        let cite = own.map_or_else(|| self.cite.clone(), |c| vec![Arc::clone(c)]);
        Self { place: self.place.clone(), cite }
    }
}

impl Finder<'_> {
    fn tests(&self, seen: Seen) -> usize {
        self.expected.get(&seen).copied().unwrap_or(0)
    }

    fn add(&mut self, kind: Kind, within: &Within, what: String, span: Span, tests: usize) {
        let (place, cite) = (within.place.clone(), within.cite.clone());
        self.points.push(Point { kind, place, what, cite, span, tests });
    }

    fn functions(&mut self) {
        let program = self.program;
        for function in &program.functions {
            let within = Within { place: function.name.value.to_string(), cite: function.cite.clone() };
            let tests = self.tests(Seen::Part(function.body.span));
            self.add(Kind::Function, &within, "the function".to_owned(), function.name.span, tests);
            self.formula(&function.body, &within);
        }
    }

    fn rules(&mut self) {
        let program = self.program;
        for (index, rule) in program.rules.iter().enumerate() {
            let within = Within { place: program.rule_name(RuleId(index)), cite: rule.cite.clone() };
            let mut tests = 0_usize;
            rule.body.formulas(&mut |f| tests = tests.max(self.tests(Seen::Part(f.span))));
            self.add(Kind::Rule, &within, "the rule".to_owned(), rule.name.span, tests);
            match &rule.body {
                RuleBody::Value(value) => self.formula(value, &within),
                RuleBody::Cases(cases) => {
                    for case in cases {
                        let within = within.citing(case.cite.as_ref());
                        let what = match &case.when {
                            Some(when) => {
                                self.formula(when, &within);
                                format!("the case `{}`", self.text(when.span))
                            }
                            None => "the case where no other applies".to_owned(),
                        };
                        self.add(
                            Kind::Case,
                            &within,
                            what,
                            case.then.span,
                            self.tests(Seen::Part(case.then.span)),
                        );
                        self.formula(&case.then, &within);
                    }
                }
                RuleBody::All(all) => {
                    for one in all {
                        let within = within.citing(one.cite.as_ref());
                        self.formula(&one.require, &within);
                        let span = one.require.span;
                        for (seen, how) in [(Seen::Held(span), "met"), (Seen::Not(span), "not met")] {
                            let what = format!("the requirement `{}` {how}", one.reason);
                            self.add(Kind::Requirement, &within, what, span, self.tests(seen));
                        }
                    }
                }
                RuleBody::Allocate(_) => rule.body.formulas(&mut |f| self.formula(f, &within)),
            }
        }
    }

    fn conditions(&mut self) {
        let program = self.program;
        let records = program.records.iter().map(|r| (&r.name, &r.conditions, &r.cite));
        let tables = program.tables.iter().map(|t| (&t.name, &t.conditions, &t.cite));
        for (name, all, cite) in records.chain(tables) {
            let within = Within { place: name.value.to_string(), cite: cite.clone() };
            for condition in all {
                let span = condition.that.span;
                for (seen, how) in [(Seen::Held(span), "held"), (Seen::Not(span), "refused")] {
                    let what = format!("the condition `{}` {how}", self.text(span));
                    self.add(Kind::Condition, &within, what, span, self.tests(seen));
                }
            }
        }
    }

    fn readings(&mut self) {
        let program = self.program;
        let mut read: BTreeSet<usize> = BTreeSet::new();
        let mut note = |formula: &Expr| {
            uses(formula, &mut |u| {
                if let Use::Assumption(index) = u {
                    read.insert(index);
                }
            });
        };
        program.rules.iter().for_each(|rule| rule.body.formulas(&mut note));
        program.functions.iter().for_each(|function| note(&function.body));
        // An assumption of one reading that no formula asks for has nothing to exercise.
        for (index, assumption) in program.assumptions.iter().enumerate().filter(|(i, _)| read.contains(i)) {
            let within = Within {
                place: format!("assumption.{}", assumption.name.value),
                cite: assumption.cite.clone(),
            };
            for (reading, name) in assumption.readings.values.iter().enumerate() {
                let tests = self.tests(Seen::Reading(index, reading));
                self.add(
                    Kind::Reading,
                    &within,
                    format!("the reading `{name}`"),
                    assumption.name.span,
                    tests,
                );
            }
        }
    }

    /// The branches and comparisons of a formula, and how each of its parts was come to.
    fn formula(&mut self, formula: &Expr, within: &Within) {
        walk(formula, &mut |part| {
            let reached = match self.tests(Seen::Part(part.span)) {
                0 if self.evaluated.contains_key(&Seen::Part(part.span)) => Reached::Evaluated,
                0 => Reached::Never,
                tests => Reached::Expected(tests),
            };
            self.parts.push((part.span, reached));
            match &part.kind {
                ExprKind::If(condition, then, otherwise) => {
                    let asked = self.text(condition.span);
                    self.branch(within, format!("`then` where `{asked}`"), then);
                    self.branch(within, format!("`else` where not `{asked}`"), otherwise);
                }
                ExprKind::Match(_, arms, otherwise) => {
                    for arm in arms {
                        let patterns: Vec<String> = arm.patterns.iter().map(|p| self.text(p.span)).collect();
                        self.branch(within, format!("`when {}`", patterns.join(", ")), &arm.value);
                    }
                    if let Some(otherwise) = otherwise {
                        self.branch(within, "`else` of the match".to_owned(), otherwise);
                    }
                }
                ExprKind::Otherwise(first, second) => {
                    let what = format!("`otherwise` where `{}` is absent", self.text(first.span));
                    self.branch(within, what, second);
                }
                ExprKind::Compare(first, rest) => {
                    let mut left = &**first;
                    for (op, right) in rest {
                        self.comparison(within, left, *op, right);
                        left = right;
                    }
                }
                _ => {}
            }
        });
    }

    fn branch(&mut self, within: &Within, what: String, taken: &Expr) {
        self.add(Kind::Branch, within, what, taken.span, self.tests(Seen::Part(taken.span)));
    }

    fn comparison(&mut self, within: &Within, left: &Expr, op: CmpOp, right: &Expr) {
        let span = right.span;
        let text = self.text(left.span.to(span));
        let ordered = matches!(left.ty.required(), Type::Number(_) | Type::Date)
            && matches!(right.ty.required(), Type::Number(_) | Type::Date);
        let (below, equal, above) =
            (self.tests(Seen::Below(span)), self.tests(Seen::Equal(span)), self.tests(Seen::Above(span)));
        let mut side = |how: &str, tests| {
            self.add(Kind::Boundary, within, format!("`{text}` with {how}"), left.span.to(span), tests);
        };
        if ordered || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            side("the left side below", below);
            side("both sides equal", equal);
            side("the left side above", above);
        } else {
            side("both sides equal", equal);
            let apart = self.tests(Seen::Apart(span)).max(below).max(above);
            self.add(
                Kind::Boundary,
                within,
                format!("`{text}` with sides that differ"),
                left.span.to(span),
                apart,
            );
        }
    }

    /// A formula's characters on one line.
    fn text(&self, span: Span) -> String {
        let words: Vec<&str> = self.program.sources.slice(span).split_whitespace().collect();
        let text = words.join(" ");
        match text.char_indices().nth(70) {
            Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or(&text)),
            None => text,
        }
    }
}

/// The outline's clauses, and whether what they became is covered.
fn clauses(program: &Program, points: &[Point]) -> Vec<ClausePoint> {
    let covered = |kind: Kind, place: &str| {
        points.iter().filter(|p| p.kind == kind && p.place == place).any(|p| p.tests > 0)
    };
    let one = |status: &ClauseStatus| -> (&'static str, Option<bool>) {
        match status {
            ClauseStatus::Rule(id) => ("rule", Some(covered(Kind::Rule, &program.rule_name(*id)))),
            ClauseStatus::Function(FunctionId(id)) => {
                let name = program.functions.get(*id).map_or("", |f| &f.name.value);
                ("function", Some(covered(Kind::Function, name)))
            }
            ClauseStatus::Assumption(index) => {
                let name = program.assumptions.get(*index).map_or("", |a| &a.name.value);
                let place = format!("assumption.{name}");
                let is_read = points.iter().any(|p| p.kind == Kind::Reading && p.place == place);
                ("assumption", is_read.then(|| covered(Kind::Reading, &place)))
            }
            ClauseStatus::Input(Holder::Record(_) | Holder::Table(_)) | ClauseStatus::Field(..) => {
                ("input", None)
            }
            ClauseStatus::Term(_) => ("term", None),
            ClauseStatus::Discretion(_) => ("discretion", None),
            ClauseStatus::Narrative(_) => ("narrative", None),
        }
    };
    program
        .outline
        .iter()
        .map(|clause| {
            let all: Vec<(&'static str, Option<bool>)> = clause.status.iter().map(one).collect();
            let mut status: Vec<&'static str> = Vec::new();
            for (name, _) in &all {
                if !status.contains(name) {
                    status.push(name);
                }
            }
            let known: Vec<bool> = all.iter().filter_map(|(_, c)| *c).collect();
            let covered = (!known.is_empty()).then(|| known.iter().any(|c| *c));
            ClausePoint { name: Arc::clone(&clause.name.value), status, covered }
        })
        .collect()
}
