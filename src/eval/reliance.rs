//! Which assumptions each conclusion and each call rest on, directly or through others: gathered
//! while an explanation evaluates, since most of what a figure rests on is never told one by one.

use crate::ir::{FunctionId, RuleId};
use indexmap::IndexSet;
use std::collections::BTreeSet;

/// What conclusions and calls read of assumptions. Equal sets are kept once.
#[derive(Clone, Debug, Default)]
pub struct Reliance {
    sets: IndexSet<BTreeSet<usize>>,
    /// What is being worked out, the innermost last.
    open: Vec<Reads>,
    /// The set of each row's conclusion, by rule.
    rules: Vec<Vec<usize>>,
    /// The set of each call that is remembered, by function.
    calls: Vec<Vec<usize>>,
}

/// What was read so far: assumptions, and sets of what it read in turn.
#[derive(Clone, Debug, Default)]
struct Reads {
    own: BTreeSet<usize>,
    sets: BTreeSet<usize>,
}

impl Reliance {
    /// For a plan with so many rules and functions.
    #[must_use]
    pub fn new(rules: usize, functions: usize) -> Self {
        Self { rules: vec![Vec::new(); rules], calls: vec![Vec::new(); functions], ..Self::default() }
    }

    /// Begins to work something out.
    pub fn open(&mut self) {
        self.open.push(Reads::default());
    }

    /// Ends it, and counts what it read as read by what it is part of; answers the number of its set.
    pub fn close(&mut self) -> usize {
        let reads = self.open.pop().unwrap_or_default();
        let all = self.union(&reads);
        let (set, _) = self.sets.insert_full(all);
        self.add(Some(set));
        set
    }

    fn union(&self, reads: &Reads) -> BTreeSet<usize> {
        let mut all = reads.own.clone();
        for set in &reads.sets {
            all.extend(self.sets.get_index(*set).into_iter().flatten());
        }
        all
    }

    fn add(&mut self, set: Option<usize>) {
        if let (Some(top), Some(set)) = (self.open.last_mut(), set) {
            top.sets.insert(set);
        }
    }

    /// An assumption was read.
    pub fn read(&mut self, assumption: usize) {
        if let Some(top) = self.open.last_mut() {
            top.own.insert(assumption);
        }
    }

    /// A conclusion was read.
    pub fn read_rule(&mut self, rule: RuleId, row: Option<u32>) {
        self.add(self.set_of(rule, row));
    }

    /// A call was remembered.
    pub fn read_call(&mut self, function: FunctionId, place: usize) {
        self.add(self.calls.get(function.0).and_then(|c| c.get(place)).copied());
    }

    /// The next rows of a rule rest on this set.
    pub fn keep_rule(&mut self, rule: RuleId, set: usize, rows: usize) {
        if let Some(sets) = self.rules.get_mut(rule.0) {
            sets.extend(std::iter::repeat_n(set, rows));
        }
    }

    /// The call that is remembered at this place, after all before it, rests on this set.
    pub fn keep_call(&mut self, function: FunctionId, set: usize) {
        if let Some(sets) = self.calls.get_mut(function.0) {
            sets.push(set);
        }
    }

    /// The calls of a function are remembered no longer.
    pub fn forget_calls(&mut self, function: FunctionId) {
        if let Some(sets) = self.calls.get_mut(function.0) {
            sets.clear();
        }
    }

    fn set_of(&self, rule: RuleId, row: Option<u32>) -> Option<usize> {
        self.rules.get(rule.0)?.get(row.unwrap_or(0) as usize).copied()
    }

    /// The assumptions that a conclusion rests on.
    #[must_use]
    pub fn of(&self, rule: RuleId, row: Option<u32>) -> BTreeSet<usize> {
        self.set_of(rule, row).and_then(|set| self.sets.get_index(set)).cloned().unwrap_or_default()
    }
}
