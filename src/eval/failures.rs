//! Conclusions that failed, each traced back to the failure it comes from.

use super::outcome::Failure;
use crate::ir::RuleId;
use crate::library::Fault;
use crate::limits::LimitError;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Failures of one evaluation.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    roots: Vec<Failure>,
    at: IndexMap<(RuleId, Option<u32>), usize>,
    /// Conclusions that may fail.
    most: usize,
    /// The failure to keep count of any more.
    beyond: Option<usize>,
}

impl Failures {
    /// None yet, of so many at most.
    pub fn new(most: usize) -> Self {
        Self { roots: Vec::new(), at: IndexMap::new(), most, beyond: None }
    }

    /// Records a conclusion that failed of itself; answers the failure's number.
    pub fn add(&mut self, failure: Failure) -> usize {
        self.roots.push(failure);
        self.roots.len().saturating_sub(1)
    }

    /// Records that a conclusion failed because of this failure, which may have ended the evaluation.
    /// Answers the failure that ends it, where there are more than may be.
    pub fn blame(&mut self, rule: RuleId, row: Option<u32>, root: usize, ends: bool) -> Option<usize> {
        if self.at.len() < self.most {
            self.at.insert((rule, row), root);
            return None;
        }
        if ends {
            self.beyond = Some(root);
        } else if self.beyond.is_none() {
            let span = self.roots.get(root).map_or_else(Default::default, |f| f.fault.span);
            let fault = Fault { kind: LimitError::Failures(self.most).into(), span };
            self.beyond = Some(self.add(Failure { rule, row, fault }));
        }
        self.beyond
    }

    /// The failure that a conclusion comes from.
    pub fn root(&self, rule: RuleId, row: Option<u32>) -> Option<usize> {
        self.at.get(&(rule, row)).copied()
    }

    /// The failures that stand in the way of conclusions of these rules, in the order in which they
    /// were met. A failure that nothing asked for comes to need is no failure of the evaluation.
    pub fn behind(self, rules: &BTreeSet<RuleId>) -> Vec<Failure> {
        self.behind_numbered(rules).into_iter().map(|(_, failure)| failure).collect()
    }

    /// As [`Failures::behind`], each with its number.
    pub fn behind_numbered(self, rules: &BTreeSet<RuleId>) -> Vec<(usize, Failure)> {
        // Of what is not recorded nobody can say what it stands in the way of.
        let needed: BTreeSet<usize> = self
            .beyond
            .into_iter()
            .chain(self.at.iter().filter(|((rule, _), _)| rules.contains(rule)).map(|(_, root)| *root))
            .collect();
        self.roots.into_iter().enumerate().filter(|(i, _)| needed.contains(i)).collect()
    }

    /// How many conclusions failed of themselves.
    pub fn roots(&self) -> usize {
        self.roots.len()
    }

    /// Whether no conclusion failed.
    pub fn is_blameless(&self) -> bool {
        self.at.is_empty()
    }

    /// Whether nothing failed.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty() && self.at.is_empty()
    }

    /// The same without what failed of these rules, whose failures others may still come from.
    pub fn without(&self, rules: impl Fn(RuleId) -> bool) -> Self {
        let mut kept = self.clone();
        kept.at.retain(|(rule, _), _| !rules(*rule));
        kept
    }
}
