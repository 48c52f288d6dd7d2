//! The values that the formulas of a plan speak of, as numbered variables with what always holds of
//! them: their ranges, the conditions of the data, and what defines them.

use super::formula::Formula;
use super::linear::{Linear, Relation, Var, Variables};
use super::numbered::{Comparisons, Numbered};
use super::range::Range;
use super::search::{Example, Names, Possible, search};
use crate::ir::{Expr, FunctionId, Holder, Program, RuleId};
use crate::number::Num;
use crate::source::Span;
use crate::value::Type;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A formula's value, by number: formulas that are built alike of the same values have the same one.
pub type Id = usize;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The data may give any value that its ranges and conditions allow.
    Data,
    /// A reading of an assumption: any of them may be chosen.
    Reading,
    /// It is defined by other values, exactly.
    Defined,
    /// A rule or a function concludes it.
    Concluded,
    /// The analysis does not look into it: it is taken to be anything within its range.
    Beyond,
}

/// What a variable may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// One of some names; `open` where it may also be another.
    Name {
        /// The names, by number.
        names: Vec<Arc<str>>,
        /// Whether there are others.
        open: bool,
    },
    /// A number, or a date as days.
    Number {
        /// Whether it is whole.
        whole: bool,
        /// Its range.
        range: Range,
    },
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// What it may be.
    pub kind: Kind,
    /// Where it comes from.
    pub origin: Origin,
    /// The value it is part of.
    pub id: Id,
    /// That it lies within its range.
    within: Vec<FactId>,
}

/// A value with what is needed to speak of it.
#[derive(Clone, Debug)]
pub struct Thing {
    /// How the plan calls it, or its formula.
    pub said: Arc<str>,
    /// Its type, where the analysis knows values of it.
    pub ty: Type,
    /// Where it comes from.
    pub origin: Origin,
}

/// A part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// Whether it is there.
    Presence,
    /// What it is.
    Value,
}

/// A value as far as it is understood.
#[derive(Clone, Debug)]
pub struct Sym {
    /// Its number.
    pub id: Id,
    /// When it is present.
    pub present: Formula,
    /// What it is where it is present.
    pub value: SymValue,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum SymValue {
    /// A condition.
    Truth(Formula),
    /// A number, or a date as days.
    Amount(Linear),
    /// A name of an enumeration or a text, by variable.
    Name(Var),
    /// A name or a text, as written.
    Word(Arc<str>),
    /// Something else, known by its number alone.
    Other,
    /// No value: it is absent.
    Nothing,
    /// No value: it fails.
    Fails,
}

/// What defines a value, looked into when it is needed.
#[derive(Clone, Debug)]
pub enum Later {
    /// A rule's conclusion, for a row where it is a table's.
    Rule(RuleId, Option<Sym>),
    /// A function's value for some arguments.
    Call(FunctionId, Vec<Sym>),
}

/// Something that always holds, by number.
type FactId = usize;

/// Something that always holds.
#[derive(Clone)]
struct Fact {
    formula: Formula,
    numbered: Numbered,
    /// The variables that it speaks of.
    vars: BTreeSet<Var>,
}

/// What the data say together: a record, or a row by its number.
type Told = (Holder, Id);

/// The most variables that one question may come to involve.
const MOST_VARS: usize = 160;
/// The most rules and functions that one question looks into.
const MOST_LOOKED_INTO: usize = 40;
/// The most steps that one question takes.
const STEPS_OF_ONE: u64 = 3_000;

/// An answer to the question whether a condition can hold.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It never does, whatever the data.
    Never,
    /// It does for data such as these.
    Possible(Example),
    /// It is not decided: for what lies beyond the analysis, or because it would take too long.
    Undecided(Option<Arc<str>>),
}

/// All values met so far, and what is known of them.
#[derive(Clone)]
pub struct World<'p> {
    /// The plan.
    pub program: &'p Program,
    numbers: BTreeMap<(String, Vec<Id>), Id>,
    /// What each value is built of.
    parts: BTreeMap<Id, Vec<Id>>,
    things: BTreeMap<Id, Thing>,
    variables: Vec<Variable>,
    by_id: BTreeMap<(Id, Aspect), Var>,
    facts: Vec<Fact>,
    /// Which facts count for which variables; with `true` those that say what a conclusion is.
    by_var: BTreeMap<Var, Vec<(bool, FactId)>>,
    comparisons: Comparisons,
    /// What defines a value, and which values have been looked into.
    later: BTreeMap<Id, Later>,
    looked_into: BTreeSet<Id>,
    /// Records and rows whose fields have been met, by the value of each field.
    told: BTreeMap<Id, Told>,
    read: BTreeSet<Told>,
    /// When fields are present that may be absent.
    present: BTreeMap<Id, Formula>,
    /// Ranges of the conclusions of rules and of the values of functions.
    pub rule_ranges: BTreeMap<RuleId, Range>,
    /// What numbers are multiples of, where their variables count these.
    pub multiples: BTreeMap<Var, Num>,
    /// The ranges of functions' values.
    pub function_ranges: BTreeMap<FunctionId, Range>,
    /// Whether the conditions of the data count.
    pub with_conditions: bool,
    steps: u64,
    most: u64,
}

impl Variables for World<'_> {
    fn is_whole(&self, var: Var) -> bool {
        matches!(self.variables.get(var), Some(Variable { kind: Kind::Number { whole: true, .. }, .. }))
    }

    fn preferred(&self, var: Var) -> Num {
        let id = self.variables.get(var).map(|v| v.id);
        match id.and_then(|id| self.things.get(&id)).map(|t| t.ty.required()) {
            Some(Type::Date) => Num::from(super::words::PREFERRED_DAY),
            _ => Num::ZERO,
        }
    }
}

impl Names for World<'_> {
    fn names(&self, var: Var) -> BTreeSet<usize> {
        match self.variables.get(var).map(|v| &v.kind) {
            Some(Kind::Name { names, open }) => (0..names.len()).chain(open.then_some(usize::MAX)).collect(),
            _ => BTreeSet::new(),
        }
    }
}

impl<'p> World<'p> {
    /// Nothing met yet; all questions together may take so many steps.
    pub fn new(program: &'p Program, most: u64) -> Self {
        Self {
            program,
            numbers: BTreeMap::new(),
            parts: BTreeMap::new(),
            things: BTreeMap::new(),
            variables: Vec::new(),
            by_id: BTreeMap::new(),
            facts: Vec::new(),
            by_var: BTreeMap::new(),
            comparisons: Comparisons::default(),
            later: BTreeMap::new(),
            looked_into: BTreeSet::new(),
            told: BTreeMap::new(),
            read: BTreeSet::new(),
            present: BTreeMap::new(),
            rule_ranges: BTreeMap::new(),
            multiples: BTreeMap::new(),
            function_ranges: BTreeMap::new(),
            with_conditions: true,
            steps: 0,
            most,
        }
    }

    /// Counts a step; false where no more may be taken.
    pub fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        self.steps <= self.most
    }

    /// Counts work that grows with what was met before; false where no more may be done.
    pub fn spend(&mut self, on: usize) -> bool {
        self.steps = self.steps.saturating_add(u64::try_from(on).unwrap_or(u64::MAX));
        self.steps <= self.most
    }

    /// Whether all steps are used up.
    pub fn is_spent(&self) -> bool {
        self.steps > self.most
    }

    /// The number of what is built in this way of these.
    pub fn number(&mut self, how: impl Into<String>, of: Vec<Id>) -> Id {
        let next = self.numbers.len();
        let parts = of.clone();
        let id = *self.numbers.entry((how.into(), of)).or_insert(next);
        if id == next {
            self.parts.insert(id, parts);
        }
        id
    }

    /// What is known of a value's name and type.
    pub fn thing(&self, id: Id) -> Option<&Thing> {
        self.things.get(&id)
    }

    /// A variable.
    pub fn variable(&self, var: Var) -> Option<&Variable> {
        self.variables.get(var)
    }

    /// Which part of its value a variable is.
    pub fn aspect(&self, var: Var) -> Option<Aspect> {
        let id = self.variables.get(var)?.id;
        [Aspect::Presence, Aspect::Value]
            .into_iter()
            .find(|aspect| self.by_id.get(&(id, *aspect)) == Some(&var))
    }

    /// The characters of a place in the plan, on one line.
    pub fn slice(&self, span: Span) -> Arc<str> {
        let text: Vec<&str> = self.program.sources.slice(span).split_whitespace().collect();
        Arc::from(text.join(" "))
    }

    /// The variable of a part of a value.
    pub fn var(&mut self, id: Id, aspect: Aspect, kind: Kind, origin: Origin) -> Var {
        if let Some(var) = self.by_id.get(&(id, aspect)) {
            return *var;
        }
        let var = self.variables.len();
        let bounds = if let Kind::Number { range, .. } = &kind { within(var, range) } else { Vec::new() };
        self.variables.push(Variable { kind, origin, id, within: Vec::new() });
        self.by_id.insert((id, aspect), var);
        let bounds = bounds.into_iter().map(|bound| self.fact(bound)).collect();
        if let Some(variable) = self.variables.get_mut(var) {
            variable.within = bounds;
        }
        var
    }

    /// A number that is defined by others.
    pub fn helper(&mut self, how: &str, of: Vec<Id>, whole: bool, range: Range, origin: Origin) -> Var {
        let id = self.number(format!("helper {how}"), of);
        self.var(id, Aspect::Value, Kind::Number { whole, range }, origin)
    }

    /// Says which formula a variable of its own stands for.
    pub fn call_it(&mut self, var: Var, expr: &Expr) {
        let said = self.slice(expr.span);
        if let Some(Variable { id, origin, .. }) = self.variables.get(var) {
            let thing = Thing { said, ty: expr.ty.clone(), origin: *origin };
            self.things.entry(*id).or_insert(thing);
        }
    }

    /// Says how a condition that is not looked into is called.
    pub fn call(&mut self, id: Id, said: Arc<str>) {
        self.things.entry(id).or_insert(Thing { said, ty: Type::Bool, origin: Origin::Beyond });
    }

    /// A value of a type, of which nothing is known but where it comes from and its range.
    pub fn value(&mut self, id: Id, thing: Thing, range: Range) -> Sym {
        let (ty, origin) = (thing.ty.clone(), thing.origin);
        self.things.entry(id).or_insert(thing);
        let present = if ty.is_optional() {
            Formula::flag(self.var(id, Aspect::Presence, Kind::Flag, origin))
        } else {
            Formula::Known(true)
        };
        let value = match ty.required() {
            Type::Bool => SymValue::Truth(Formula::flag(self.var(id, Aspect::Value, Kind::Flag, origin))),
            Type::Number(_) => {
                let kind = Kind::Number { whole: false, range };
                SymValue::Amount(Linear::multiple(self.var(id, Aspect::Value, kind, origin), Num::ONE))
            }
            Type::Date => {
                let kind = Kind::Number { whole: true, range: range.and(&super::words::days()) };
                SymValue::Amount(Linear::multiple(self.var(id, Aspect::Value, kind, origin), Num::ONE))
            }
            Type::Enum(names) => {
                let kind = Kind::Name { names: names.values.clone(), open: false };
                SymValue::Name(self.var(id, Aspect::Value, kind, origin))
            }
            Type::Text => {
                let kind = Kind::Name { names: Vec::new(), open: true };
                SymValue::Name(self.var(id, Aspect::Value, kind, origin))
            }
            Type::Absent | Type::Never => SymValue::Nothing,
            _ => SymValue::Other,
        };
        Sym { id, present, value }
    }

    /// Takes the conditions of a record or of a row for true, once.
    pub fn read_once(&mut self, holder: Holder, row: Id) {
        if self.read.insert((holder, row)) {
            self.read_conditions(holder, row);
        }
    }

    /// Notes what defines a value.
    pub fn define_later(&mut self, id: Id, later: Later) {
        self.later.entry(id).or_insert(later);
    }

    /// Notes that a value is a field of a record or row, and when it is present.
    pub fn told_by(&mut self, id: Id, holder: Holder, row: Id, present: &Formula) {
        self.told.entry(id).or_insert((holder, row));
        if *present != Formula::Known(true) {
            self.present.entry(id).or_insert_with(|| present.clone());
        }
    }

    /// That every field is present whose value a condition speaks of.
    pub fn all_there(&self, condition: &Formula) -> Formula {
        let mut vars = BTreeSet::new();
        condition.vars(&mut vars);
        let of = vars.into_iter().filter(|var| self.aspect(*var) == Some(Aspect::Value));
        Formula::all(of.filter_map(|var| self.present.get(&self.variables.get(var)?.id).cloned()))
    }

    /// A condition with its comparisons numbered.
    fn numbered(&mut self, formula: &Formula) -> Numbered {
        let mut comparisons = std::mem::take(&mut self.comparisons);
        let numbered = comparisons.numbered(formula, self);
        self.comparisons = comparisons;
        numbered
    }

    /// Keeps a fact.
    fn fact(&mut self, formula: Formula) -> FactId {
        let numbered = self.numbered(&formula);
        let mut vars = BTreeSet::new();
        formula.vars(&mut vars);
        self.facts.push(Fact { formula, numbered, vars });
        self.facts.len().saturating_sub(1)
    }

    /// The facts that count for a variable, but for its range; with `true` those that say what a conclusion is.
    fn facts_of(&self, var: Var) -> impl Iterator<Item = (bool, FactId, &Fact)> {
        let ids = self.by_var.get(&var).into_iter().flatten();
        ids.filter_map(|(concludes, id)| Some((*concludes, *id, self.facts.get(*id)?)))
    }

    /// Notes what always holds: it counts where any value does that it speaks of, be it within a formula
    /// that is not understood.
    pub fn always(&mut self, fact: Formula) {
        let mut vars = BTreeSet::new();
        fact.vars(&mut vars);
        let mut waiting: Vec<Id> = vars.iter().filter_map(|var| Some(self.variables.get(*var)?.id)).collect();
        let mut seen: BTreeSet<Id> = waiting.iter().copied().collect();
        let mut looked = 0_usize;
        while let Some(id) = waiting.pop() {
            let mut parts = self.parts.get(&id).cloned().unwrap_or_default();
            if let Some(later) = self.later.get(&id).cloned()
                && looked < MOST_LOOKED_INTO
            {
                looked = looked.saturating_add(1);
                if !self.looked_into.contains(&id) && self.look_into(id, &later) {
                    self.looked_into.insert(id);
                }
            }
            for aspect in [Aspect::Presence, Aspect::Value] {
                let Some(var) = self.by_id.get(&(id, aspect)) else { continue };
                vars.insert(*var);
                let of: BTreeSet<Var> =
                    self.facts_of(*var).flat_map(|(.., fact)| &fact.vars).copied().collect();
                parts.extend(of.into_iter().filter_map(|var| Some(self.variables.get(var)?.id)));
            }
            waiting.extend(parts.into_iter().filter(|part| seen.insert(*part)));
            if !self.spend(1) {
                break;
            }
        }
        let fact = self.fact(fact);
        for var in vars {
            self.by_var.entry(var).or_default().push((false, fact));
        }
    }

    /// Notes what a variable is by others, whatever these are: it counts where the variable does.
    pub fn define(&mut self, var: Var, fact: Formula) {
        let fact = self.fact(fact);
        self.by_var.entry(var).or_default().push((false, fact));
    }

    /// Notes what a conclusion is: it counts where conclusions are looked into.
    pub fn conclude(&mut self, sym: &Sym, fact: Formula) {
        let mut vars = BTreeSet::new();
        sym.present.vars(&mut vars);
        match &sym.value {
            SymValue::Truth(formula) => formula.vars(&mut vars),
            SymValue::Amount(sum) => vars.extend(sum.vars()),
            SymValue::Name(var) => {
                vars.insert(*var);
            }
            _ => {}
        }
        let fact = self.fact(fact);
        for var in vars {
            self.by_var.entry(var).or_default().push((true, fact));
        }
    }

    /// The number of a name that a variable may have; none where it never does.
    pub fn name(&mut self, var: Var, name: &Arc<str>) -> Option<usize> {
        let Some(Variable { kind: Kind::Name { names, open }, .. }) = self.variables.get_mut(var) else {
            return None;
        };
        if let Some(at) = names.iter().position(|n| n == name) {
            return Some(at);
        }
        open.then(|| {
            names.push(Arc::clone(name));
            names.len().saturating_sub(1)
        })
    }

    /// The numbers that a sum may come to.
    pub fn range_of(&self, sum: &Linear) -> Range {
        sum.parts().fold(Range::only(sum.rest().clone()), |range, (var, factor)| {
            let of = match self.variables.get(var).map(|v| &v.kind) {
                Some(Kind::Number { range, .. }) => range.clone(),
                _ => Range::default(),
            };
            range.plus(&of.times(&Range::only(factor.clone())))
        })
    }

    /// Whether a condition can hold, with an example: first with conclusions taken to be anything, then
    /// with what defines them.
    pub fn ask(&mut self, condition: &Formula) -> Answer {
        self.answer(condition, false)
    }

    /// As [`World::ask`], where the example does not matter.
    pub fn ask_whether(&mut self, condition: &Formula) -> Answer {
        self.answer(condition, true)
    }

    fn answer(&mut self, condition: &Formula, any_example: bool) -> Answer {
        if let Formula::Known(false) = condition {
            return Answer::Never;
        }
        let mut undecided = None;
        let numbered = self.numbered(condition);
        for deep in [false, true] {
            let (facts, whole) = self.around(condition, deep);
            if self.is_spent() {
                return Answer::Undecided(None);
            }
            let mut steps = 0;
            let facts = facts.iter().filter_map(|fact| Some(&self.facts.get(*fact)?.numbered));
            let all = std::iter::once(&numbered).chain(facts);
            let understood = |var| self.variables.get(var).is_none_or(|v| self.is_understood(v, deep));
            let understood: Option<&dyn Fn(Var) -> bool> = any_example.then_some(&understood);
            let found = search(all, (&self.comparisons, self), understood, &mut steps, STEPS_OF_ONE);
            self.steps = self.steps.saturating_add(steps);
            match found {
                Possible::Never => return Answer::Never,
                Possible::Unknown => undecided = None,
                Possible::For(example) => {
                    let beyond = self.not_understood(&example, deep);
                    if beyond.is_none() && whole {
                        return Answer::Possible(example);
                    }
                    undecided = beyond;
                }
            }
        }
        Answer::Undecided(undecided)
    }

    /// Whether the analysis looks into a variable.
    fn is_understood(&self, variable: &Variable, deep: bool) -> bool {
        match variable.origin {
            Origin::Data | Origin::Reading | Origin::Defined => true,
            Origin::Concluded => deep && self.looked_into.contains(&variable.id),
            Origin::Beyond => false,
        }
    }

    /// The first value of an example that the analysis does not look into.
    fn not_understood(&self, example: &Example, deep: bool) -> Option<Arc<str>> {
        let vars = example.flags.keys().chain(example.names.keys()).chain(example.numbers.keys());
        let mut found =
            vars.filter_map(|var| self.variables.get(*var)).filter(|v| !self.is_understood(v, deep));
        let first = found.next()?;
        Some(self.things.get(&first.id).map_or_else(|| Arc::from("fail"), |t| Arc::clone(&t.said)))
    }

    /// The data and readings by which a condition holds for an example, through what defines the values that
    /// it speaks of; the condition's own values where there are none.
    pub fn data_behind(&self, condition: &Formula, example: &Example) -> BTreeSet<Var> {
        let mut seen = BTreeSet::new();
        condition.support(example, &mut seen);
        let own = seen.clone();
        let mut waiting: Vec<Var> = seen.iter().copied().collect();
        let given = |var: &Var| {
            self.variables.get(*var).is_some_and(|v| matches!(v.origin, Origin::Data | Origin::Reading))
        };
        while let Some(var) = waiting.pop() {
            if given(&var) {
                continue;
            }
            for (.., fact) in self.facts_of(var) {
                let mut more = BTreeSet::new();
                fact.formula.support(example, &mut more);
                waiting.extend(more.into_iter().filter(|var| seen.insert(*var)));
            }
        }
        seen.retain(given);
        if seen.is_empty() { own } else { seen }
    }

    /// What always holds of the variables of a condition and of those that come in with it, and whether
    /// that is all.
    fn around(&mut self, condition: &Formula, deep: bool) -> (Vec<FactId>, bool) {
        let mut vars = BTreeSet::new();
        condition.vars(&mut vars);
        let (mut seen, mut met) = (Vec::new(), vars.len());
        vars.iter().for_each(|var| _ = is_first(&mut seen, *var));
        let mut waiting: Vec<Var> = vars.into_iter().collect();
        let (mut facts, mut counted) = (Vec::new(), Vec::new());
        let (mut looked, mut whole) = (0_usize, true);
        while let Some(var) = waiting.pop() {
            if met > MOST_VARS || self.is_spent() {
                return (facts, false);
            }
            let Some(id) = self.variables.get(var).map(|v| v.id) else { continue };
            if self.with_conditions
                && let Some((holder, row)) = self.told.get(&id).copied()
            {
                self.read_once(holder, row);
            }
            if deep && let Some(later) = self.later.get(&id).cloned() {
                if self.looked_into.contains(&id) {
                    // Known already.
                } else if looked < MOST_LOOKED_INTO {
                    looked = looked.saturating_add(1);
                    if self.look_into(id, &later) {
                        self.looked_into.insert(id);
                    } else {
                        whole = false;
                    }
                } else {
                    whole = false;
                }
            }
            let of = self.facts_of(var).filter(|(concludes, ..)| deep || !concludes).map(|(_, id, _)| id);
            let within = self.variables.get(var).into_iter().flat_map(|v| &v.within).copied();
            for id in of.chain(within).filter(|id| is_first(&mut counted, *id)) {
                facts.push(id);
                let before = waiting.len();
                let more = self.facts.get(id).into_iter().flat_map(|fact| &fact.vars).copied();
                waiting.extend(more.filter(|var| is_first(&mut seen, *var)));
                met = met.saturating_add(waiting.len().saturating_sub(before));
            }
        }
        (facts, whole)
    }
}

/// Whether a number comes for the first time; it is noted.
fn is_first(seen: &mut Vec<bool>, number: usize) -> bool {
    if seen.len() <= number {
        seen.resize(number.saturating_add(1), false);
    }
    seen.get_mut(number).is_some_and(|seen| !std::mem::replace(seen, true))
}

/// That a number lies within its range.
fn within(var: Var, range: &Range) -> Vec<Formula> {
    let relation = |open| if open { Relation::Below } else { Relation::AtMost };
    let one = |factor: Num, constant: &Num, open| {
        let sum = Linear::multiple(var, factor).plus(&Linear::constant(constant.clone()), &Num::ONE)?;
        Some(Formula::compared(sum, relation(open)))
    };
    let low = range.low.as_ref().and_then(|end| one(Num::ONE.neg(), &end.at, end.open));
    let high = range.high.as_ref().and_then(|end| one(Num::ONE, &end.at.neg(), end.open));
    low.into_iter().chain(high).collect()
}
