//! Whether a condition can hold: a search over its choices, each held against what is known of names,
//! conditions and numbers so far.

use super::formula::{Formula, Literal};
use super::linear::{self, Constraint, Feasible, Var, Variables};
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

#[derive(Clone, Default)]
struct State {
    flags: BTreeMap<Var, bool>,
    names: BTreeMap<Var, BTreeSet<usize>>,
    numbers: Vec<Compared>,
    /// How many of the comparisons were found to hold together, and numbers for which they do.
    settled: usize,
    model: Rc<BTreeMap<Var, Num>>,
    open: Vec<Formula>,
}

/// A comparison as it stands in conditions, and in normal form.
#[derive(Clone)]
struct Compared {
    said: Rc<Constraint>,
    normal: Rc<Constraint>,
}

/// Searches for values for which all of the conditions hold; gives up after `most` steps, which
/// `steps` counts.
pub fn search(conditions: &[Formula], known: &dyn Names, steps: &mut u64, most: u64) -> Possible {
    let mut search = Search { known, steps, most, doubtful: false };
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

impl State {
    /// Whether a comparison is known to hold.
    fn says(&self, constraint: &Rc<Constraint>) -> bool {
        self.numbers.iter().any(|known| Rc::ptr_eq(&known.said, constraint) || known.said == *constraint)
    }

    /// Whether what came in since the last numbers were found holds for these too.
    fn model_holds(&self) -> bool {
        self.numbers.iter().skip(self.settled).all(|new| new.normal.holds(&self.model) == Some(true))
    }
}

struct Search<'a> {
    known: &'a dyn Names,
    steps: &'a mut u64,
    most: u64,
    /// Whether some branch was left without being decided.
    doubtful: bool,
}

impl Search<'_> {
    /// Takes a condition for true; false where that contradicts what is known.
    fn add(&mut self, condition: &Formula, state: &mut State) -> bool {
        *self.steps = self.steps.saturating_add(1);
        match condition {
            Formula::Known(known) => *known,
            Formula::Is(Literal::Flag(var, value)) => *state.flags.entry(*var).or_insert(*value) == *value,
            Formula::Is(Literal::OneOf(var, names, is)) => {
                let left = state.names.entry(*var).or_insert_with(|| self.known.names(*var));
                left.retain(|name| names.contains(name) == *is);
                !left.is_empty()
            }
            Formula::Is(Literal::Holds(constraint)) => {
                if !state.says(constraint) {
                    let normal = linear::normal((**constraint).clone(), self.known);
                    let normal = normal.map_or_else(|| Rc::clone(constraint), Rc::new);
                    state.numbers.push(Compared { said: Rc::clone(constraint), normal });
                }
                true
            }
            Formula::All(parts) => parts.iter().all(|part| self.add(part, state)),
            Formula::Any(_) => {
                state.open.push(condition.clone());
                true
            }
        }
    }

    /// Whether what is known settles a condition without looking at numbers together.
    fn judge(&mut self, condition: &Formula, state: &State) -> Option<bool> {
        *self.steps = self.steps.saturating_add(1);
        match condition {
            Formula::Known(known) => Some(*known),
            Formula::Is(Literal::Flag(var, value)) => state.flags.get(var).map(|known| known == value),
            Formula::Is(Literal::OneOf(var, names, is)) => {
                let left = state.names.get(var)?;
                let inside = left.iter().filter(|n| names.contains(n)).count();
                match (inside, *is) {
                    (0, is) => Some(!is),
                    (n, is) if n == left.len() => Some(is),
                    _ => None,
                }
            }
            Formula::Is(Literal::Holds(constraint)) => state.says(constraint).then_some(true),
            Formula::All(parts) => {
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
            Formula::Any(parts) => {
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

    fn numbers(&mut self, state: &mut State) -> Feasible {
        let normal: Vec<Rc<Constraint>> = state.numbers.iter().map(|c| Rc::clone(&c.normal)).collect();
        linear::feasible(&normal, self.known, self.steps)
    }

    /// Follows what is forced, then tries the choices that are left, fewest first.
    fn run(&mut self, mut state: State, depth: usize) -> Option<Example> {
        loop {
            if *self.steps > self.most || depth > DEEPEST {
                self.doubtful = true;
                return None;
            }
            let open = std::mem::take(&mut state.open);
            let mut forced = false;
            for condition in open {
                let Formula::Any(parts) = &condition else { continue };
                let mut left = Vec::new();
                let mut holds = false;
                for part in parts.iter() {
                    match self.judge(part, &state) {
                        Some(true) => holds = true,
                        Some(false) => {}
                        None => left.push(part.clone()),
                    }
                }
                if holds {
                    continue;
                }
                match left.as_slice() {
                    [] => return None,
                    [only] => {
                        forced = true;
                        if !self.add(only, &mut state) {
                            return None;
                        }
                    }
                    _ => state.open.push(Formula::Any(left.into())),
                }
            }
            if !forced {
                break;
            }
        }
        if !state.open.is_empty() && state.model_holds() {
            state.settled = state.numbers.len();
        }
        if state.settled < state.numbers.len() || state.open.is_empty() {
            match self.numbers(&mut state) {
                Feasible::Never => return None,
                Feasible::For(numbers) if state.open.is_empty() => return Some(example(&state, numbers)),
                Feasible::For(numbers) => {
                    state.settled = state.numbers.len();
                    state.model = Rc::new(numbers);
                }
                Feasible::Unknown if state.open.is_empty() => {
                    self.doubtful = true;
                    return None;
                }
                Feasible::Unknown => {}
            }
        }
        let width = |f: &Formula| if let Formula::Any(parts) = f { parts.len() } else { 0 };
        let at = (0..state.open.len()).min_by_key(|at| state.open.get(*at).map_or(0, width))?;
        let choice = state.open.swap_remove(at);
        let Formula::Any(parts) = &choice else { return None };
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
    let first = state.names.iter().filter_map(|(var, names)| Some((*var, *names.first()?)));
    Example { flags: state.flags.clone(), names: first.collect(), numbers }
}
