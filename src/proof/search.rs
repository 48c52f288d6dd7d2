//! Whether a condition can hold: a search over its choices, each held against what is known of names,
//! conditions and numbers so far.

use super::linear::{self, Constraint, Feasible, Var, Variables};
use super::numbered::{Comparisons, Numbered};
use crate::number::Num;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The names that a variable may have.
pub trait Names: Variables {
    /// The names by number; with `usize::MAX` for any other.
    fn names(&self, var: Var) -> BTreeSet<usize>;
}

/// Values for which a condition holds; a variable without one may have any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// Conditions that are true or false.
    pub flags: BTreeMap<Var, bool>,
    /// Names.
    pub names: BTreeMap<Var, usize>,
    /// Numbers, and dates as days.
    pub numbers: BTreeMap<Var, Num>,
}

/// Whether a condition can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Possible {
    /// It never does.
    Never,
    /// It does for these values.
    For(Example),
    /// The search did not come to an end, or numbers could not be settled.
    Unknown,
}

/// What is known where the search stands.
#[derive(Clone, Default)]
struct State {
    /// Conditions by variable.
    flags: Vec<Option<bool>>,
    /// The names that are left.
    names: BTreeMap<Var, Rc<BTreeSet<usize>>>,
    /// The comparisons that hold: which of all, and in the order in which they came in.
    said: Vec<bool>,
    numbers: Vec<usize>,
    /// How many of the comparisons were found to hold together, and numbers for which they do.
    settled: usize,
    model: Rc<BTreeMap<Var, Num>>,
    open: Vec<Numbered>,
}

/// Searches for values for which all of the conditions hold; gives up after `most` steps, which
/// `steps` counts.
///
/// With `understood`, what is asked is whether there are any, and which variable among them is first that is
/// not understood: any values will do then.
pub fn search<'c>(
    conditions: impl Iterator<Item = &'c Numbered>,
    (comparisons, known): (&Comparisons, &dyn Names),
    understood: Option<&dyn Fn(Var) -> bool>,
    steps: &mut u64,
    most: u64,
) -> Possible {
    let mut search = Search { comparisons, known, understood, steps, most, doubtful: false };
    let mut state = State::default();
    for condition in conditions {
        if !search.add(condition, &mut state) {
            return Possible::Never;
        }
    }
    match search.run(state, 0) {
        Some(example) => Possible::For(example),
        None if search.doubtful => Possible::Unknown,
        None => Possible::Never,
    }
}

/// How many choices may be made one within another.
const DEEPEST: usize = 120;

/// The place of a number in a list, which grows up to it.
fn place<T: Clone + Default>(list: &mut Vec<T>, at: usize) -> Option<&mut T> {
    if list.len() <= at {
        list.resize(at.saturating_add(1), T::default());
    }
    list.get_mut(at)
}

impl State {
    /// Whether a condition is known to be true, or false.
    fn flag(&self, var: Var) -> Option<bool> {
        self.flags.get(var).copied().flatten()
    }

    /// Whether a comparison is known to hold.
    fn says(&self, number: usize) -> bool {
        self.said.get(number) == Some(&true)
    }

    /// Takes a comparison for true.
    fn say(&mut self, number: usize) {
        if let Some(said) = place(&mut self.said, number)
            && !std::mem::replace(said, true)
        {
            self.numbers.push(number);
        }
    }
}

struct Search<'a> {
    comparisons: &'a Comparisons,
    known: &'a dyn Names,
    understood: Option<&'a dyn Fn(Var) -> bool>,
    steps: &'a mut u64,
    most: u64,
    /// Whether some branch was left without being decided.
    doubtful: bool,
}

impl Search<'_> {
    /// Takes a condition for true; false where that contradicts what is known.
    fn add(&mut self, condition: &Numbered, state: &mut State) -> bool {
        *self.steps = self.steps.saturating_add(1);
        match condition {
            Numbered::Known(known) => *known,
            Numbered::Flag(var, value) => {
                place(&mut state.flags, *var).is_some_and(|known| *known.get_or_insert(*value) == *value)
            }
            Numbered::OneOf(var, names, is) => {
                let left = state.names.entry(*var).or_insert_with(|| Rc::new(self.known.names(*var)));
                if left.iter().any(|name| names.contains(name) != *is) {
                    Rc::make_mut(left).retain(|name| names.contains(name) == *is);
                }
                !left.is_empty()
            }
            Numbered::Holds(number) => {
                state.say(*number);
                true
            }
            Numbered::All(parts) => parts.iter().all(|part| self.add(part, state)),
            Numbered::Any(_) => {
                state.open.push(condition.clone());
                true
            }
        }
    }

    /// Whether what is known settles a condition without looking at numbers together.
    fn judge(&mut self, condition: &Numbered, state: &State) -> Option<bool> {
        *self.steps = self.steps.saturating_add(1);
        match condition {
            Numbered::Known(known) => Some(*known),
            Numbered::Flag(var, value) => state.flag(*var).map(|known| known == *value),
            Numbered::OneOf(var, names, is) => {
                let left = state.names.get(var)?;
                let inside = names.iter().filter(|name| left.contains(name)).count();
                match (inside, *is) {
                    (0, is) => Some(!is),
                    (n, is) if n == left.len() => Some(is),
                    _ => None,
                }
            }
            Numbered::Holds(number) => state.says(*number).then_some(true),
            Numbered::All(parts) => {
                let mut all = Some(true);
                for part in parts.iter() {
                    match self.judge(part, state) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = None,
                    }
                }
                all
            }
            Numbered::Any(parts) => {
                let mut any = Some(false);
                for part in parts.iter() {
                    match self.judge(part, state) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
        }
    }

    /// The comparisons that hold, in normal form.
    fn normal(&self, state: &State) -> Vec<Rc<Constraint>> {
        state.numbers.iter().filter_map(|number| self.comparisons.normal(*number).cloned()).collect()
    }

    /// Holds the comparisons that came in since the last numbers were found against these; false where
    /// they can never hold together.
    fn settle(&mut self, state: &mut State) -> bool {
        if state.settled == state.numbers.len() {
            return true;
        }
        let mut new = state.numbers.iter().skip(state.settled).filter_map(|n| self.comparisons.normal(*n));
        if !new.all(|new| new.holds(&state.model) == Some(true)) {
            let all = self.normal(state);
            match linear::changed(&all, state.settled, &state.model, self.known, self.steps) {
                Feasible::Never => return false,
                Feasible::For(numbers) => state.model = Rc::new(numbers),
                // More comparisons may show that they never do.
                Feasible::Unknown => return true,
            }
        }
        state.settled = state.numbers.len();
        true
    }

    /// Follows what is forced; false where that leads to a contradiction.
    fn follow(&mut self, state: &mut State) -> bool {
        let mut forced = true;
        while forced {
            if *self.steps > self.most {
                self.doubtful = true;
                return false;
            }
            forced = false;
            for condition in std::mem::take(&mut state.open) {
                let Numbered::Any(parts) = &condition else { continue };
                let mut left: Vec<&Numbered> = Vec::new();
                let mut holds = false;
                for part in parts.iter() {
                    match self.judge(part, state) {
                        Some(true) => {
                            holds = true;
                            break;
                        }
                        Some(false) => {}
                        None => left.push(part),
                    }
                }
                if holds {
                    continue;
                }
                match left.as_slice() {
                    [] => return false,
                    [only] => {
                        forced = true;
                        if !self.add(only, state) {
                            return false;
                        }
                    }
                    all if all.len() == parts.len() => state.open.push(condition),
                    some => {
                        let some = some.iter().map(|part| (*part).clone()).collect();
                        state.open.push(Numbered::Any(some));
                    }
                }
            }
        }
        true
    }

    /// An example from the numbers found on the way, unless it depends on them which variable is first that is
    /// not understood.
    fn any_example(&self, state: &State, understood: &dyn Fn(Var) -> bool) -> Option<Example> {
        if state.settled < state.numbers.len() {
            return None;
        }
        let found = example(state, BTreeMap::new());
        let mut others = found.flags.keys().chain(found.names.keys());
        let mut of_numbers = state.numbers.iter().filter_map(|n| self.comparisons.normal(*n));
        let sure = others.any(|var| !understood(*var))
            || of_numbers.all(|constraint| constraint.sum.vars().all(understood));
        sure.then_some(found)
    }

    /// Follows what is forced, then tries the choices that are left, fewest first.
    fn run(&mut self, mut state: State, depth: usize) -> Option<Example> {
        if depth > DEEPEST {
            self.doubtful = true;
            return None;
        }
        if !self.follow(&mut state) {
            return None;
        }
        if state.open.is_empty() {
            if let Some(understood) = self.understood {
                if !self.settle(&mut state) {
                    return None;
                }
                if let Some(example) = self.any_example(&state, understood) {
                    return Some(example);
                }
            }
            match linear::feasible(&self.normal(&state), self.known, self.steps) {
                Feasible::Never => return None,
                Feasible::For(numbers) => return Some(example(&state, numbers)),
                Feasible::Unknown => {
                    self.doubtful = true;
                    return None;
                }
            }
        }
        if !self.settle(&mut state) {
            return None;
        }
        let width = |f: &Numbered| if let Numbered::Any(parts) = f { parts.len() } else { 0 };
        let at = (0..state.open.len()).min_by_key(|at| state.open.get(*at).map_or(0, width))?;
        let choice = state.open.swap_remove(at);
        let Numbered::Any(parts) = &choice else { return None };
        for part in parts.iter() {
            let mut branch = state.clone();
            if self.add(part, &mut branch)
                && let Some(example) = self.run(branch, depth.saturating_add(1))
            {
                return Some(example);
            }
            if *self.steps > self.most {
                self.doubtful = true;
                return None;
            }
        }
        None
    }
}

fn example(state: &State, numbers: BTreeMap<Var, Num>) -> Example {
    let flags = state.flags.iter().enumerate().filter_map(|(var, value)| Some((var, (*value)?)));
    let first = state.names.iter().filter_map(|(var, names)| Some((*var, *names.first()?)));
    Example { flags: flags.collect(), names: first.collect(), numbers }
}
