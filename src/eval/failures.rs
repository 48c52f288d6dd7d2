//! Conclusions that failed, each traced back to the failure it comes from.

use super::outcome::Failure;
use crate::ir::RuleId;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Failures of one evaluation.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    roots: Vec<Failure>,
    at: IndexMap<(RuleId, Option<u32>), usize>,
}

impl Failures {
    /// Records a conclusion that failed of itself; answers the failure's number.
    pub fn add(&mut self, failure: Failure) -> usize {
        self.roots.push(failure);
        self.roots.len().saturating_sub(1)
    }

    /// Records that a conclusion failed because of this failure.
    pub fn blame(&mut self, rule: RuleId, row: Option<u32>, root: usize) {
        self.at.insert((rule, row), root);
    }

    /// The failure that a conclusion comes from.
    pub fn root(&self, rule: RuleId, row: Option<u32>) -> Option<usize> {
        self.at.get(&(rule, row)).copied()
    }

    /// The failures that stand in the way of conclusions of these rules, in the order in which they
    /// were met. A failure that nothing asked for comes to need is no failure of the evaluation.
    pub fn behind(self, rules: &BTreeSet<RuleId>) -> Vec<Failure> {
        let needed: BTreeSet<usize> =
            self.at.iter().filter(|((rule, _), _)| rules.contains(rule)).map(|(_, root)| *root).collect();
        self.roots.into_iter().enumerate().filter(|(i, _)| needed.contains(i)).map(|(_, f)| f).collect()
    }
}
