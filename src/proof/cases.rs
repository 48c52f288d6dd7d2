//! Cases: which can never apply, whether they leave a gap, and where the order decides between two.

use super::examine::{Examiner, Told, is_constant};
use super::formula::Formula;
use super::ranges;
use super::reading::Env;
use super::world::{Answer, Sym, SymValue};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Case, Program, Rule, RuleBody, RuleId};
use crate::syntax::ast::CmpOp;

/// The most pairs of cases that are held against each other in one rule.
const MOST_PAIRS: usize = 60;

/// Whether cases leave something undecided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// They cover everything.
    None,
    /// None of them applies to data such as these, in words.
    For(String),
    /// It is not decided.
    Unknown,
}

/// Whether the cases of a rule without `otherwise` leave a gap.
#[must_use]
pub fn gap(program: &Program, id: RuleId) -> Gap {
    let mut world = ranges::world(program, super::STEPS);
    world.read_records();
    let Some(Rule { table, body: RuleBody::Cases(cases), .. }) = program.rule(id) else {
        return Gap::Unknown;
    };
    let mut env = ranges::of_row(&mut world, *table);
    let mut left = Vec::new();
    for case in cases {
        let Some(when) = &case.when else { return Gap::None };
        left.push(world.condition(when, &mut env).negated());
    }
    let none = Formula::all(left);
    match world.ask(&none) {
        Answer::Never => Gap::None,
        Answer::Possible(example) => {
            let told = super::words::told(&world, &example, &none);
            if told.is_empty() { Gap::Unknown } else { Gap::For(told) }
        }
        Answer::Undecided(_) => Gap::Unknown,
    }
}

impl Examiner<'_> {
    /// Holds the cases of a rule against each other, and looks through what they give.
    pub(super) fn cases(&mut self, cases: &[Case], env: &mut Env) {
        let mut before: Vec<(Formula, &Case, Sym)> = Vec::new();
        for case in cases {
            let Some(when) = &case.when else {
                self.otherwise(&before, case, env);
                continue;
            };
            self.walk(when, env);
            if !self.world.spend(before.len()) {
                return self.not_decided(when.span, "whether this case can ever apply", None);
            }
            let holds = self.world.condition(when, env);
            let left = before.iter().map(|(earlier, ..)| earlier.negated());
            let reached = Formula::all(left.chain([holds.clone()]));
            let is_known = is_constant(when);
            let answer = if is_known { Told::Possible } else { self.can_hold(&reached) };
            match &answer {
                Told::Never => self.unreachable(&before, &holds, case),
                Told::Undecided(why) => {
                    self.not_decided(when.span, "whether this case can ever apply", why.as_deref());
                }
                Told::Possible => {}
            }
            let then = self.given(&reached, &case.then, env);
            if self.tells_overlaps && !is_known && !matches!(answer, Told::Never) {
                self.overlaps(&before, (&holds, case, &then));
            }
            before.push((holds, case, then));
        }
    }

    /// What a case gives, looked through where the case applies.
    fn given(&mut self, reached: &Formula, then: &crate::ir::Expr, env: &mut Env) -> Sym {
        self.knowing(reached.clone(), |examiner| examiner.walk(then, env));
        self.world.read(then, env)
    }

    fn otherwise(&mut self, before: &[(Formula, &Case, Sym)], last: &Case, env: &mut Env) {
        let reached = Formula::all(before.iter().map(|(earlier, ..)| earlier.negated()));
        let is_known = before.iter().all(|(_, case, _)| case.when.as_ref().is_none_or(is_constant));
        match if is_known { Told::Possible } else { self.can_hold(&reached) } {
            Told::Never => self.report(
                Diagnostic::warning(Code::UnreachableCase, "every value is decided by the cases above")
                    .label(last.then.span, "this is never reached")
                    .help("leave the `otherwise` out"),
            ),
            Told::Undecided(why) => {
                self.not_decided(last.then.span, "whether `otherwise` is ever reached", why.as_deref());
                self.given(&reached, &last.then, env);
            }
            Told::Possible => {
                self.given(&reached, &last.then, env);
            }
        }
    }

    fn unreachable(&mut self, before: &[(Formula, &Case, Sym)], holds: &Formula, case: &Case) {
        let Some(when) = &case.when else { return };
        let warning = Diagnostic::warning(Code::UnreachableCase, "this case can never apply");
        if before.is_empty() || matches!(self.can_hold(holds), Told::Never) {
            let by_itself = warning.label(when.span, "no data that the inputs allow satisfies this");
            return self.report(by_itself.help("mend the condition, or leave the case out"));
        }
        let one = before.iter().find(|(earlier, ..)| {
            let both = Formula::all([earlier.negated(), holds.clone()]);
            matches!(self.world.ask_whether(&both), Answer::Never)
        });
        let mut warning = warning.label(when.span, "the cases above have decided it");
        if let Some(earlier) = one.and_then(|(_, case, _)| case.when.as_ref()) {
            warning = warning.label(earlier.span, "wherever it holds, this holds first");
        }
        self.report(warning.help("leave the case out, or move it up"));
    }

    /// Cases that both hold somewhere, where only their order decides what is concluded.
    fn overlaps(&mut self, before: &[(Formula, &Case, Sym)], (holds, case, then): (&Formula, &Case, &Sym)) {
        let Some(when) = &case.when else { return };
        let question = "whether this case overlaps with one above that gives something else";
        let mut open: Option<Option<std::sync::Arc<str>>> = None;
        for (place, (earlier, other, gives)) in before.iter().enumerate() {
            if gives.id == then.id {
                continue;
            }
            self.pairs = self.pairs.saturating_add(1);
            if self.pairs > MOST_PAIRS {
                open.get_or_insert(None);
                break;
            }
            let differ = match (&gives.value, &then.value) {
                // Whether two lists or records are alike is not looked into.
                (SymValue::Other, _) | (_, SymValue::Other) => {
                    open.get_or_insert_with(|| Some(self.world.slice(case.then.span)));
                    continue;
                }
                (SymValue::Nothing | SymValue::Fails, _) | (_, SymValue::Nothing | SymValue::Fails) => {
                    Formula::Known(true)
                }
                _ => self.world.comparison(gives, CmpOp::Ne, then),
            };
            let first = before.iter().take(place).map(|(formula, ..)| formula.negated());
            let there = self.world.all_there(&Formula::all([earlier.clone(), holds.clone()]));
            let both = Formula::all(first.chain([earlier.clone(), holds.clone(), there, differ]));
            let answer = self.world.ask(&both);
            if let Answer::Undecided(why) = answer {
                open.get_or_insert(why);
            } else if let Answer::Possible(example) = answer {
                let told = self.told(&example, &both);
                let Some(other) = &other.when else { continue };
                self.report(
                    Diagnostic::warning(
                        Code::OverlappingCases,
                        format!("two cases apply where {told}, and give different results"),
                    )
                    .label(when.span, "this holds too, and is not reached")
                    .label(other.span, "this decides, for it stands first")
                    .help(
                        "let the conditions exclude each other, or say in a remark why this order is meant",
                    ),
                );
                return;
            }
        }
        if let Some(why) = open {
            self.not_decided(when.span, question, why.as_deref());
        }
    }
}
