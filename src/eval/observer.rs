//! Notes which parts of formulas an evaluation comes to, and how conditions and comparisons turn out
//! there, for each conclusion by itself: what tests cover of a plan.

use crate::ir::{FunctionId, RuleId};
use crate::source::Span;
use indexmap::{IndexMap, IndexSet};
use std::cmp::Ordering;

/// Something that happened in an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// A part of a formula had a value.
    Part(Span),
    /// A condition held.
    Held(Span),
    /// A condition did not hold.
    Not(Span),
    /// The left side of a comparison was below its right side, which stands here.
    Below(Span),
    /// The sides were equal.
    Equal(Span),
    /// The left side was above.
    Above(Span),
    /// The sides differ, and have no order.
    Apart(Span),
    /// A version of a term was read.
    Term(usize, usize),
    /// A reading of an assumption was taken.
    Reading(usize, usize),
}

/// What is worked out once and read by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Unit {
    /// A conclusion.
    Rule(RuleId, Option<u32>),
    /// The call of a function that is remembered at this place.
    Call(FunctionId, usize),
}

/// What happened while something was worked out, and what that read.
#[derive(Clone, Debug, Default)]
struct Happened {
    seen: IndexSet<usize>,
    read: IndexSet<Unit>,
}

/// Notes what happens. An evaluation without one notes nothing.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    all: IndexSet<Seen>,
    /// What is being worked out, the innermost last; the outermost is none of the plan's.
    open: Vec<Happened>,
    done: IndexMap<Unit, Happened>,
}

impl Observer {
    /// Notes that something happened.
    pub fn see(&mut self, seen: Seen) {
        let (number, _) = self.all.insert_full(seen);
        if let Some(top) = self.open.last_mut() {
            top.seen.insert(number);
        }
    }

    /// Notes how two sides compare.
    pub fn compare(&mut self, right: Span, order: Option<Ordering>, equal: bool) {
        self.see(match order {
            _ if equal => Seen::Equal(right),
            Some(Ordering::Less) => Seen::Below(right),
            Some(Ordering::Greater) => Seen::Above(right),
            _ => Seen::Apart(right),
        });
    }

    /// Begins to work something out.
    pub fn open(&mut self) {
        self.open.push(Happened::default());
    }

    /// Ends the conclusion of a rule for a row, or for all rows at once.
    pub fn close_rule(&mut self, rule: RuleId, row: Option<u32>) {
        if let Some(happened) = self.open.pop() {
            self.done.insert(Unit::Rule(rule, row), happened);
        }
    }

    /// Ends a function's call, which is remembered at a place or else a part of what called it.
    pub fn close_call(&mut self, function: FunctionId, place: Option<usize>) {
        let Some(happened) = self.open.pop() else { return };
        if let Some(place) = place {
            self.done.insert(Unit::Call(function, place), happened);
            self.read(Unit::Call(function, place));
        } else if let Some(top) = self.open.last_mut() {
            top.seen.extend(happened.seen);
            top.read.extend(happened.read);
        }
    }

    fn read(&mut self, unit: Unit) {
        if let Some(top) = self.open.last_mut() {
            top.read.insert(unit);
        }
    }

    /// Notes that a conclusion was read.
    pub fn read_rule(&mut self, rule: RuleId, row: Option<u32>) {
        self.read(Unit::Rule(rule, row));
    }

    /// Notes that a remembered call was read.
    pub fn read_call(&mut self, function: FunctionId, place: usize) {
        self.read(Unit::Call(function, place));
    }

    /// Everything that happened.
    pub fn all(&self) -> impl Iterator<Item = Seen> {
        self.all.iter().copied()
    }

    /// What happened for these conclusions, and for all that they rest on.
    #[must_use]
    pub fn behind(&self, conclusions: &[(RuleId, Option<u32>)]) -> IndexSet<Seen> {
        let mut units: IndexSet<Unit> = conclusions.iter().map(|(id, row)| Unit::Rule(*id, *row)).collect();
        let mut seen = IndexSet::new();
        let mut next = 0_usize;
        while let Some(unit) = units.get_index(next).copied() {
            next = next.saturating_add(1);
            // A rule that cuts a total into steps is concluded for all rows at once.
            let whole = match unit {
                Unit::Rule(id, _) => self.done.get(&Unit::Rule(id, None)),
                Unit::Call(..) => None,
            };
            for happened in self.done.get(&unit).into_iter().chain(whole) {
                seen.extend(happened.seen.iter().filter_map(|number| self.all.get_index(*number)).copied());
                units.extend(happened.read.iter().copied());
            }
        }
        seen
    }
}
