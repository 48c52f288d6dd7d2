//! Conditions as the decision procedure takes them: `and` and `or` of plain statements about variables.

use super::linear::{Constraint, Linear, Relation, Var};
use super::search::Example;
use crate::number::Num;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A plain statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// The condition with this number is true, or false.
    Flag(Var, bool),
    /// The name with this number is one of these, or (with `false`) none of them.
    OneOf(Var, Rc<BTreeSet<usize>>, bool),
    /// A comparison holds.
    Holds(Rc<Constraint>),
}

/// A condition without negation: it stands within the statements.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// Always or never.
    Known(bool),
    /// A statement.
    Is(Literal),
    /// All of these.
    All(Rc<[Formula]>),
    /// At least one of these.
    Any(Rc<[Formula]>),
}

impl Formula {
    /// A condition by its number.
    pub fn flag(var: Var) -> Self {
        Self::Is(Literal::Flag(var, true))
    }

    /// A name is this one.
    pub fn named(var: Var, name: usize) -> Self {
        Self::Is(Literal::OneOf(var, Rc::new(BTreeSet::from([name])), true))
    }

    /// A sum compares with 0.
    pub fn compared(sum: Linear, relation: Relation) -> Self {
        let constraint = Constraint { sum, relation };
        match constraint.decided() {
            Some(known) => Self::Known(known),
            None => Self::Is(Literal::Holds(Rc::new(constraint))),
        }
    }

    /// A sum is 0, which is held as two bounds so that its negation is a choice of two.
    pub fn zero(sum: Linear) -> Self {
        Self::compared(sum, Relation::Zero)
    }

    /// All of some conditions.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Known(true) => {}
                Self::Known(false) => return part,
                Self::All(inner) => kept.extend(inner.iter().cloned()),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Known(true),
            1 => kept.remove(0),
            _ => Self::All(kept.into()),
        }
    }

    /// At least one of some conditions.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Known(false) => {}
                Self::Known(true) => return part,
                Self::Any(inner) => kept.extend(inner.iter().cloned()),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Known(false),
            1 => kept.remove(0),
            _ => Self::Any(kept.into()),
        }
    }

    /// Where this holds, that holds too.
    pub fn implies(&self, that: Self) -> Self {
        Self::any([self.negated(), that])
    }

    /// The opposite.
    pub fn negated(&self) -> Self {
        match self {
            Self::Known(known) => Self::Known(!known),
            Self::Is(Literal::Flag(var, value)) => Self::Is(Literal::Flag(*var, !value)),
            Self::Is(Literal::OneOf(var, names, is)) => Self::Is(Literal::OneOf(*var, Rc::clone(names), !is)),
            Self::Is(Literal::Holds(constraint)) => {
                let opposite =
                    constraint.sum.times(&Num::ONE.neg()).unwrap_or_else(|| constraint.sum.clone());
                match constraint.relation {
                    Relation::AtMost => Self::compared(opposite, Relation::Below),
                    Relation::Below => Self::compared(opposite, Relation::AtMost),
                    Relation::Zero => Self::any([
                        Self::compared(constraint.sum.clone(), Relation::Below),
                        Self::compared(opposite, Relation::Below),
                    ]),
                }
            }
            Self::All(parts) => Self::any(parts.iter().map(Self::negated)),
            Self::Any(parts) => Self::all(parts.iter().map(Self::negated)),
        }
    }

    /// Whether this holds for the values of an example; what it leaves open does not.
    pub fn holds(&self, example: &Example) -> bool {
        match self {
            Self::Known(known) => *known,
            Self::Is(Literal::Flag(var, value)) => example.flags.get(var) == Some(value),
            Self::Is(Literal::OneOf(var, names, is)) => {
                example.names.get(var).is_some_and(|name| names.contains(name) == *is)
            }
            Self::Is(Literal::Holds(constraint)) => constraint.holds(&example.numbers) == Some(true),
            Self::All(parts) => parts.iter().all(|p| p.holds(example)),
            Self::Any(parts) => parts.iter().any(|p| p.holds(example)),
        }
    }

    /// Adds the variables by which this holds for an example: of several parts of which one suffices, those
    /// of the one with the fewest.
    pub fn support(&self, example: &Example, found: &mut BTreeSet<Var>) {
        match self {
            Self::All(parts) => parts.iter().for_each(|p| p.support(example, found)),
            Self::Any(parts) => {
                let of = |part: &Self| {
                    let mut vars = BTreeSet::new();
                    part.support(example, &mut vars);
                    vars.retain(|var| !found.contains(var));
                    vars
                };
                let holding = parts.iter().filter(|p| p.holds(example)).map(of);
                match holding.min_by_key(BTreeSet::len) {
                    Some(vars) => found.extend(vars),
                    None => self.vars(found),
                }
            }
            _ => self.vars(found),
        }
    }

    /// Adds the variables of this to some.
    pub fn vars(&self, found: &mut BTreeSet<Var>) {
        match self {
            Self::Known(_) => {}
            Self::Is(Literal::Flag(var, _) | Literal::OneOf(var, ..)) => {
                found.insert(*var);
            }
            Self::Is(Literal::Holds(constraint)) => found.extend(constraint.sum.vars()),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.vars(found)),
        }
    }
}
