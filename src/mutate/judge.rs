//! Runs the tests that can reach a changed plan.

use super::place::Place;
use super::sites::Mutant;
use crate::check::recheck;
use crate::data::validate;
use crate::engine::{self, ObservedTest, choices_of};
use crate::eval::Seen;
use crate::ir::{Expr, FunctionId, Program, Use, reached, uses, walk};
use crate::limits::Limits;
use crate::plan::Document;
use crate::source::Span;
use indexmap::IndexSet;
use std::collections::BTreeSet;

/// What judges the changes of one plan.
pub struct Judge<'a> {
    /// The plan as it is.
    pub program: &'a Program,
    /// The plan as read, without its tests.
    pub document: Document,
    /// Its tests.
    pub tests: &'a [ObservedTest],
    /// What an evaluation may take.
    pub limits: Limits,
    /// Places of every part of every formula.
    spans: BTreeSet<Span>,
    /// What rules and data use, also through functions.
    used: BTreeSet<Use>,
    /// Terms that data are read with.
    terms_of_data: BTreeSet<usize>,
}

/// How a change ends.
pub enum Judged {
    /// The changed plan does not check.
    IllTyped,
    /// A test fails, by its number.
    Killed(usize),
    /// None does. Whether any of them comes to the place.
    Survived {
        /// The changed plan.
        program: Box<Program>,
        /// The tests that come to the place, by their place in the list.
        reached: Vec<usize>,
    },
}

impl<'a> Judge<'a> {
    /// For a plan, as read and as checked, and its tests.
    pub fn new(
        document: &Document,
        program: &'a Program,
        tests: &'a [ObservedTest],
        limits: &Limits,
    ) -> Self {
        let mut document = document.clone();
        document.tests = Vec::new();
        document.fixtures = Vec::new();
        document.outline = Vec::new();
        let mut spans = BTreeSet::new();
        let mut see = |formula| {
            walk(formula, &mut |part| {
                spans.insert(part.span);
            });
        };
        program.rules.iter().for_each(|rule| rule.body.formulas(&mut |f| see(f)));
        program.functions.iter().for_each(|function| see(&function.body));
        let mut terms_of_data = BTreeSet::new();
        let mut read = |formula| {
            uses(formula, &mut |u| {
                if let Use::Term(term) = u {
                    terms_of_data.insert(term);
                }
            });
        };
        let fields = program.records.iter().flat_map(|r| &r.fields);
        fields
            .chain(program.tables.iter().flat_map(|t| &t.fields))
            .filter_map(|f| f.default.as_ref())
            .for_each(&mut read);
        engine::conditions(program).for_each(|c| read(&c.that));
        let used = used(program);
        Self { program, document, tests, limits: *limits, spans, used, terms_of_data }
    }

    /// Whether anything of the plan uses what a change is in: a part has definitions for several plans.
    pub fn uses(&self, mutant: &Mutant) -> bool {
        let own = self.program.sources.iter().next().map(|(id, _)| id);
        if own == Some(mutant.span.source) {
            return true;
        }
        match mutant.place {
            Place::Function(index) => self.used.contains(&Use::Function(FunctionId(index))),
            Place::Term(index, _) => self.used.contains(&Use::Term(index)),
            _ => true,
        }
    }

    /// Checks the changed plan and runs the tests that can tell it.
    pub fn judge(&self, mutant: &Mutant) -> Judged {
        let Some(program) = recheck(mutant.applied(&self.document), &self.limits) else {
            return Judged::IllTyped;
        };
        let same_types = program.rules.len() == self.program.rules.len()
            && program.rules.iter().zip(&self.program.rules).all(|(a, b)| a.ty == b.ty);
        if !same_types {
            return Judged::IllTyped;
        }
        let (reached, afresh) = self.reach(mutant, &program);
        for index in &reached {
            let Some(observed) = self.tests.get(*index) else { continue };
            if self.tells(&program, observed, afresh) {
                return Judged::Killed(observed.index);
            }
        }
        Judged::Survived { program: Box::new(program), reached }
    }

    /// Whether a test fails in a changed plan.
    fn tells(&self, program: &Program, observed: &ObservedTest, afresh: bool) -> bool {
        let Some(test) = self.program.tests.get(observed.index) else { return false };
        let verdict = if afresh {
            let data = validate(program, &test.given, &choices_of(test), &self.limits);
            engine::judge(program, test, data.as_ref(), &self.limits)
        } else {
            engine::judge(program, test, observed.data.as_ref(), &self.limits)
        };
        !matches!(verdict, engine::Verdict::Passed)
    }

    /// The tests that come to a change, those first that expect something of it and evaluate least; and
    /// whether their data must be read afresh.
    fn reach(&self, mutant: &Mutant, changed: &Program) -> (Vec<usize>, bool) {
        let (wanted, afresh): (Option<IndexSet<Seen>>, bool) = match mutant.place {
            Place::Default(..) | Place::Bounds(..) | Place::Condition(..) => (None, true),
            Place::Range(_) => (None, false),
            Place::Term(..) => {
                let terms: Vec<usize> = self.changed_terms(changed);
                let of_data =
                    terms.iter().any(|t| self.terms_of_data.contains(t)) || self.bounds_differ(changed);
                let versions = terms.iter().flat_map(|t| {
                    let count = self.program.terms.get(*t).map_or(0, |term| term.versions.len());
                    (0..count).map(|version| Seen::Term(*t, version))
                });
                (if of_data { None } else { Some(versions.collect()) }, of_data)
            }
            Place::Function(_) | Place::Rule(_) if self.spans.contains(&mutant.span) => {
                (Some(std::iter::once(Seen::Part(mutant.span)).collect()), false)
            }
            Place::Function(_) | Place::Rule(_) => (Some(self.parts_within(mutant)), false),
        };
        let comes =
            |seen: &IndexSet<Seen>| wanted.as_ref().is_none_or(|w| w.iter().any(|s| seen.contains(s)));
        let all = self.tests.iter().enumerate().filter(|(_, t)| comes(&t.all));
        let mut reached: Vec<(bool, usize, usize)> =
            all.map(|(index, t)| (!comes(&t.expected), t.all.len(), index)).collect();
        reached.sort_unstable();
        (reached.into_iter().map(|(_, _, index)| index).collect(), afresh)
    }

    /// Parts of the definition that holds the change, where the changed characters are none themselves.
    fn parts_within(&self, mutant: &Mutant) -> IndexSet<Seen> {
        let around = mutant.place.formulas(&self.document);
        let holds = |span: Span| {
            span.source == mutant.span.source
                && span.start <= mutant.span.start
                && mutant.span.end <= span.end
        };
        let mut found = IndexSet::new();
        for formula in around.iter().filter(|f| holds(f.expr.span)) {
            let within = self.spans.iter().filter(|s| {
                s.source == formula.expr.span.source
                    && formula.expr.span.start <= s.start
                    && s.end <= formula.expr.span.end
            });
            found.extend(within.map(|s| Seen::Part(*s)));
        }
        found
    }

    fn changed_terms(&self, changed: &Program) -> Vec<usize> {
        let differs = |(a, b): (&crate::ir::Term, &crate::ir::Term)| {
            a.versions.len() != b.versions.len()
                || a.versions.iter().zip(&b.versions).any(|(a, b)| a.value != b.value || a.from != b.from)
        };
        let both = self.program.terms.iter().zip(&changed.terms);
        both.enumerate().filter(|(_, pair)| differs(*pair)).map(|(index, _)| index).collect()
    }

    /// Whether the changed plan holds data to other bounds or steps.
    fn bounds_differ(&self, changed: &Program) -> bool {
        fn fields(program: &Program) -> impl Iterator<Item = &crate::ir::Field> {
            let records = program.records.iter().flat_map(|r| &r.fields);
            records.chain(program.tables.iter().flat_map(|t| &t.fields))
        }
        fields(self.program)
            .zip(fields(changed))
            .any(|(a, b)| a.step != b.step || a.bounds.iter().zip(&b.bounds).any(|(x, y)| x.value != y.value))
    }
}

/// Everything that a plan's rules and data use, directly or through functions.
fn used(program: &Program) -> BTreeSet<Use> {
    let mut found = Vec::new();
    let mut note = |formula: &Expr| uses(formula, &mut |used| found.push(used));
    program.rules.iter().for_each(|r| r.body.formulas(&mut |formula| note(formula)));
    let fields = program.records.iter().flat_map(|r| &r.fields);
    let fields = fields.chain(program.tables.iter().flat_map(|t| &t.fields));
    fields.filter_map(|f| f.default.as_ref()).for_each(&mut note);
    engine::conditions(program).for_each(|c| note(&c.that));
    program.term_date.iter().for_each(&mut note);
    reached(program, found)
}
