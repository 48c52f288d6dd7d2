//! Requirements: of a rule, and of the data. Some can never be met together, some say nothing that the
//! others do not say.

use super::examine::{Examiner, Told};
use super::formula::Formula;
use super::ranges;
use super::reading::Env;
use super::world::{Answer, World};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Condition, Holder, Requirement};
use crate::source::Span;

/// A requirement's condition and where it is written.
struct Part {
    holds: Formula,
    span: Span,
}

/// What requirements say together.
enum Together {
    /// This one is never met.
    NeverMet(Span),
    /// These two exclude each other; the first excludes the rest where there is no second.
    Contradict(Span, Option<Span>),
    /// This one is always met.
    AlwaysMet(Span),
    /// This one is met wherever the others are; wherever the second is, where one suffices.
    Implied(Span, Option<Span>),
}

fn never(world: &mut World<'_>, parts: impl IntoIterator<Item = Formula>) -> bool {
    if world.is_spent() {
        return false;
    }
    let all = Formula::all(parts);
    !matches!(all, Formula::Known(_)) && matches!(world.ask_whether(&all), Answer::Never)
        || matches!(all, Formula::Known(false))
}

fn together(world: &mut World<'_>, parts: &[Part]) -> Vec<Together> {
    let mut found = Vec::new();
    let mut kept: Vec<&Part> = Vec::new();
    for part in parts {
        if matches!(part.holds, Formula::Known(_)) {
            continue;
        }
        if never(world, [part.holds.clone()]) {
            found.push(Together::NeverMet(part.span));
        } else if never(world, [part.holds.negated()]) {
            found.push(Together::AlwaysMet(part.span));
        } else {
            kept.push(part);
        }
    }
    if found.iter().any(|f| matches!(f, Together::NeverMet(_))) {
        return found;
    }
    if kept.len() > 1 && never(world, kept.iter().map(|p| p.holds.clone())) {
        for (at, part) in kept.iter().enumerate() {
            for other in kept.iter().take(at) {
                if never(world, [part.holds.clone(), other.holds.clone()]) {
                    found.push(Together::Contradict(part.span, Some(other.span)));
                    return found;
                }
            }
        }
        found.extend(kept.last().map(|part| Together::Contradict(part.span, None)));
        return found;
    }
    let mut at = 0;
    while let Some(part) = kept.get(at).copied() {
        if !world.spend(kept.len()) {
            break;
        }
        let others = || kept.iter().enumerate().filter(move |(other, _)| *other != at).map(|(_, p)| *p);
        if kept.len() > 1 && never(world, others().map(|p| p.holds.clone()).chain([part.holds.negated()])) {
            let one = others()
                .find(|other| never(world, [other.holds.clone(), part.holds.negated()]))
                .map(|other| other.span);
            found.push(Together::Implied(part.span, one));
            // Of two that say the same, one has to stay.
            kept.remove(at);
        } else {
            at = at.saturating_add(1);
        }
    }
    found
}

fn said(what: &Together) -> Diagnostic {
    match what {
        Together::NeverMet(span) => {
            Diagnostic::warning(Code::ContradictoryRequirements, "this requirement is never met")
                .label(*span, "no data that the inputs allow satisfies this")
                .help("mend the condition: as it stands, nothing meets it")
        }
        Together::Contradict(span, other) => {
            let message = match other {
                Some(_) => "data can never meet all requirements: two of them exclude each other",
                None => "data can never meet all requirements at once",
            };
            let warning = Diagnostic::warning(Code::ContradictoryRequirements, message);
            let warning =
                warning.label(*span, if other.is_some() { "this" } else { "this and those before it" });
            let warning = match other {
                Some(other) => warning.label(*other, "is never met together with this"),
                None => warning,
            };
            warning.help("mend one of the conditions")
        }
        Together::AlwaysMet(span) => {
            Diagnostic::warning(Code::RedundantRequirement, "this requirement is always met")
                .label(*span, "all data that the inputs allow satisfy this")
                .help("mend the condition, or leave it out")
        }
        Together::Implied(span, other) => {
            let warning = Diagnostic::warning(
                Code::RedundantRequirement,
                "this requirement says nothing that the others do not say",
            )
            .label(*span, "met wherever the others are");
            let warning = match other {
                Some(other) => warning.label(*other, "where this is met, that is met too"),
                None => warning,
            };
            warning.help("mend the condition, or leave it out")
        }
    }
}

impl Examiner<'_> {
    /// Holds the requirements of a rule against each other.
    pub(super) fn requirements(&mut self, requirements: &[Requirement], env: &mut Env) {
        let mut parts = Vec::new();
        for requirement in requirements {
            self.walk(&requirement.require, env);
            let holds = self.world.condition(&requirement.require, env);
            parts.push(Part { holds, span: requirement.require.span });
        }
        let found = together(&mut self.world, &parts);
        for what in &found {
            self.report(said(what));
        }
        let all = Formula::all(parts.iter().map(|p| p.holds.clone()));
        if found.is_empty()
            && let Told::Undecided(why) = self.can_hold(&all)
            && let Some(first) = parts.first()
        {
            self.not_decided(first.span, "whether all requirements can be met at once", why.as_deref());
        }
    }
}

/// Holds the conditions of the data against each other: those of a record, and those of a table's rows.
pub(super) fn of_data(mut world: World<'_>) -> Diagnostics {
    let program = world.program;
    world.with_conditions = false;
    let mut found = Diagnostics::new();
    let records = program.records.iter().enumerate().map(|(i, r)| (Holder::Record(i), &r.conditions));
    let tables = program.tables.iter().enumerate().map(|(i, t)| (Holder::Table(i), &t.conditions));
    let holders: Vec<(Holder, &Vec<Condition>)> = records.chain(tables).collect();
    for (holder, conditions) in holders {
        let table = if let Holder::Table(table) = holder { Some(table) } else { None };
        let mut env = ranges::of_row(&mut world, table);
        let mut parts = Vec::new();
        for condition in conditions {
            let holds = world.condition(&condition.that, &mut env);
            parts.push(Part { holds, span: condition.that.span });
        }
        found.extend(together(&mut world, &parts).iter().map(said));
    }
    found
}
