//! Conditions as the search goes through them: every comparison has a number, so that whether it was said
//! before is a look at a list, and its normal form is made once.

use super::formula::{Formula, Literal};
use super::linear::{self, Constraint, Var, Variables};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A condition whose comparisons have numbers.
#[derive(Clone, Debug)]
pub enum Numbered {
    /// Always or never.
    Known(bool),
    /// The condition with this number is true, or false.
    Flag(Var, bool),
    /// The name with this number is one of these, or (with `false`) none of them.
    OneOf(Var, Rc<BTreeSet<usize>>, bool),
    /// The comparison with this number holds.
    Holds(usize),
    /// All of these.
    All(Rc<[Self]>),
    /// At least one of these.
    Any(Rc<[Self]>),
}

/// The comparisons met so far.
#[derive(Clone, Debug, Default)]
pub struct Comparisons {
    numbers: BTreeMap<Rc<Constraint>, usize>,
    normal: Vec<Rc<Constraint>>,
}

impl Comparisons {
    /// A condition with its comparisons numbered, those that are alike by the same number.
    pub fn numbered(&mut self, formula: &Formula, variables: &dyn Variables) -> Numbered {
        match formula {
            Formula::Known(known) => Numbered::Known(*known),
            Formula::Is(Literal::Flag(var, value)) => Numbered::Flag(*var, *value),
            Formula::Is(Literal::OneOf(var, names, is)) => Numbered::OneOf(*var, Rc::clone(names), *is),
            Formula::Is(Literal::Holds(constraint)) => Numbered::Holds(self.number(constraint, variables)),
            Formula::All(parts) => Numbered::All(parts.iter().map(|p| self.numbered(p, variables)).collect()),
            Formula::Any(parts) => Numbered::Any(parts.iter().map(|p| self.numbered(p, variables)).collect()),
        }
    }

    fn number(&mut self, constraint: &Rc<Constraint>, variables: &dyn Variables) -> usize {
        if let Some(number) = self.numbers.get(constraint) {
            return *number;
        }
        let number = self.normal.len();
        let normal = linear::normal((**constraint).clone(), variables);
        // One that grows too long in normal form is taken as it stands.
        self.normal.push(normal.map_or_else(|| Rc::clone(constraint), Rc::new));
        self.numbers.insert(Rc::clone(constraint), number);
        number
    }

    /// The normal form of the comparison with a number.
    pub fn normal(&self, number: usize) -> Option<&Rc<Constraint>> {
        self.normal.get(number)
    }
}
