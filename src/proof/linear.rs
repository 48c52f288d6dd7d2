//! Linear constraints over exact numbers: whether some hold together, and numbers for which they do.
//! Variables are eliminated one after another (Fourier and Motzkin); of those that are whole, bounds
//! are tightened to whole numbers, and what that cannot settle is not decided.

use crate::number::{Num, RoundingMode};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A variable, by number.
pub type Var = usize;

/// The most bits of a coefficient.
const BITS: u64 = 1_024;
/// The most constraints that an elimination may leave.
const MOST: usize = 400;

/// A sum of multiples of variables, and a constant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Linear {
    terms: Terms,
    constant: Num,
}

/// Variables with their factors, none of them 0, in the order of the variables: a few, which are merged
/// and compared far more often than one is looked for.
type Terms = Vec<(Var, Num)>;

impl Linear {
    /// A constant.
    pub fn constant(constant: Num) -> Self {
        Self { terms: Terms::new(), constant }
    }

    /// A multiple of a variable.
    pub fn multiple(var: Var, factor: Num) -> Self {
        Self { terms: vec![(var, factor)], constant: Num::ZERO }
    }

    /// The value, where no variable is left.
    pub fn as_constant(&self) -> Option<&Num> {
        self.terms.is_empty().then_some(&self.constant)
    }

    /// The variables with their factors.
    pub fn parts(&self) -> impl Iterator<Item = (Var, &Num)> {
        self.terms.iter().map(|(var, factor)| (*var, factor))
    }

    /// The constant.
    pub fn rest(&self) -> &Num {
        &self.constant
    }

    /// The variables.
    pub fn vars(&self) -> impl Iterator<Item = Var> {
        self.terms.iter().map(|(var, _)| *var)
    }

    /// The factor of a variable that is among them.
    fn factor(&self, var: Var) -> Option<&Num> {
        let at = self.terms.binary_search_by_key(&var, |(of, _)| *of).ok()?;
        self.terms.get(at).map(|(_, factor)| factor)
    }

    /// The value that a variable must have for the sum to be 0, with these values of the others.
    fn root(&self, var: Var, values: &BTreeMap<Var, Num>) -> Option<Num> {
        let mut sum = self.constant.clone();
        let mut own = None;
        for (of, factor) in &self.terms {
            if *of == var {
                own = Some(factor);
            } else {
                sum = with_product(sum, factor, values.get(of))?;
            }
        }
        sum.neg().div(own?, BITS).ok()
    }

    /// This without a variable, and its factor.
    fn split(&self, var: Var) -> Option<(Num, Self)> {
        let at = self.terms.binary_search_by_key(&var, |(of, _)| *of).ok()?;
        let mut rest = self.clone();
        let (_, factor) = rest.terms.remove(at);
        Some((factor, rest))
    }

    /// This and a multiple of the other; none where a coefficient grows too long.
    pub fn plus(&self, other: &Self, factor: &Num) -> Option<Self> {
        // Most factors are 1, and most constants 0.
        let alike = *factor == Num::ONE;
        let scaled = |n: &Num| if alike { Some(n.clone()) } else { n.mul(factor, BITS).ok() };
        let constant = match &other.constant {
            none if none.is_zero() => self.constant.clone(),
            other => self.constant.add(&scaled(other)?, BITS).ok()?,
        };
        let mut terms = Terms::with_capacity(self.terms.len().saturating_add(other.terms.len()));
        let mut own = self.terms.iter().peekable();
        for (var, n) in &other.terms {
            while let Some(before) = own.next_if(|(of, _)| of < var) {
                terms.push(before.clone());
            }
            let mut after = scaled(n)?;
            if let Some((_, before)) = own.next_if(|(of, _)| of == var) {
                after = before.add(&after, BITS).ok()?;
            }
            if !after.is_zero() {
                terms.push((*var, after));
            }
        }
        terms.extend(own.cloned());
        Some(Self { terms, constant })
    }

    /// This less the other.
    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.plus(other, &Num::ONE.neg())
    }

    /// A multiple of this.
    pub fn times(&self, factor: &Num) -> Option<Self> {
        Self::constant(Num::ZERO).plus(self, factor)
    }

    /// The value for these values of its variables, 0 for one that has none.
    pub fn value(&self, values: &BTreeMap<Var, Num>) -> Option<Num> {
        let mut terms = self.terms.iter();
        terms.try_fold(self.constant.clone(), |sum, (var, factor)| with_product(sum, factor, values.get(var)))
    }

    /// This with a variable replaced, where it has it.
    fn replaced(&self, var: Var, by: &Self) -> Option<Option<Self>> {
        match self.split(var) {
            Some((factor, rest)) => Some(Some(rest.plus(by, &factor)?)),
            None => Some(None),
        }
    }
}

/// A sum and a product more, of which one factor counts as 0 where it is not there.
fn with_product(sum: Num, factor: &Num, value: Option<&Num>) -> Option<Num> {
    let Some(value) = value.filter(|value| !value.is_zero()) else { return Some(sum) };
    match factor {
        one if *one == Num::ONE => sum.add(value, BITS),
        factor => sum.add(&value.mul(factor, BITS).ok()?, BITS),
    }
    .ok()
}

/// How a sum compares with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// It is 0.
    Zero,
    /// It is at most 0.
    AtMost,
    /// It is below 0.
    Below,
}

/// A sum that compares with 0 in some way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Constraint {
    /// The sum.
    pub sum: Linear,
    /// How it compares with 0.
    pub relation: Relation,
}

impl Constraint {
    /// Whether a constant satisfies it.
    fn of_constant(&self, value: &Num) -> bool {
        match self.relation {
            Relation::Zero => value.is_zero(),
            Relation::AtMost => !value.is_positive(),
            Relation::Below => value.is_negative(),
        }
    }

    /// Whether it holds for these values.
    pub fn holds(&self, values: &BTreeMap<Var, Num>) -> Option<bool> {
        Some(self.of_constant(&self.sum.value(values)?))
    }

    /// Where no variable is left, whether it holds.
    pub fn decided(&self) -> Option<bool> {
        self.sum.as_constant().map(|value| self.of_constant(value))
    }
}

/// What is known of the variables.
pub trait Variables {
    /// Whether its values are whole.
    fn is_whole(&self, var: Var) -> bool;
    /// The value to take where it may be had.
    fn preferred(&self, var: Var) -> Num;
}

/// Whether constraints hold together.
#[derive(Clone, Debug, PartialEq)]
pub enum Feasible {
    /// For no numbers at all.
    Never,
    /// For these.
    For(BTreeMap<Var, Num>),
    /// It could not be decided.
    Unknown,
}

/// What a variable was found to be when it was eliminated.
enum Eliminated {
    /// Equal to this.
    Equal(Var, Linear),
    /// Bounded by these, each of which holds the variable.
    Bounded(Var, Vec<Rc<Constraint>>),
}

/// Whether the constraints, each in normal form, hold together, and for which numbers; `steps` counts the
/// work. What shares no variable is decided by itself.
pub fn feasible(constraints: &[Rc<Constraint>], variables: &dyn Variables, steps: &mut u64) -> Feasible {
    let (mut values, mut all_decided) = (BTreeMap::new(), true);
    for group in groups(constraints).chunk_by(|(a, _), (b, _)| a == b) {
        let group: Vec<Rc<Constraint>> =
            group.iter().filter_map(|(_, at)| constraints.get(*at)).cloned().collect();
        match decide(&group, variables, steps) {
            Some(Feasible::Never) => return Feasible::Never,
            Some(Feasible::For(found)) => values.extend(found),
            Some(Feasible::Unknown) | None => all_decided = false,
        }
    }
    if all_decided { Feasible::For(values) } else { Feasible::Unknown }
}

/// As [`feasible`], where the first so many constraints are known to hold for some values: for these, but
/// where the other constraints ask for more. A variable without a value counts as 0.
pub fn changed(
    constraints: &[Rc<Constraint>],
    settled: usize,
    values: &BTreeMap<Var, Num>,
    variables: &dyn Variables,
    steps: &mut u64,
) -> Feasible {
    let (mut values, mut all_decided) = (values.clone(), true);
    for group in groups(constraints).chunk_by(|(a, _), (b, _)| a == b) {
        let of = |(_, at): &(usize, usize)| constraints.get(*at);
        let new = group.iter().filter(|(_, at)| *at >= settled).filter_map(of);
        let broken: Vec<&Rc<Constraint>> = new.filter(|c| c.holds(&values) != Some(true)).collect();
        if broken.is_empty() {
            continue;
        }
        *steps = steps.saturating_add(1);
        let group: Vec<Rc<Constraint>> = group.iter().filter_map(of).cloned().collect();
        if mended(&group, broken, &mut values, variables) {
            continue;
        }
        match decide(&group, variables, steps) {
            Some(Feasible::Never) => return Feasible::Never,
            Some(Feasible::For(found)) => {
                group.iter().flat_map(|c| c.sum.vars()).for_each(|var| {
                    values.remove(&var);
                });
                values.extend(found);
            }
            Some(Feasible::Unknown) | None => all_decided = false,
        }
    }
    if all_decided { Feasible::For(values) } else { Feasible::Unknown }
}

/// Moves values until the broken ones of some constraints hold too, each by one variable and so that
/// nothing else breaks; false, and nothing moved, where that does not succeed.
fn mended(
    group: &[Rc<Constraint>],
    mut broken: Vec<&Rc<Constraint>>,
    values: &mut BTreeMap<Var, Num>,
    variables: &dyn Variables,
) -> bool {
    let mut before: Vec<(Var, Option<Num>)> = Vec::new();
    while let Some(constraint) = broken.pop() {
        if constraint.holds(values) == Some(true) {
            continue;
        }
        let mut found = false;
        for var in constraint.sum.vars() {
            let Some(to) = satisfying(constraint, var, values, variables) else { continue };
            let was = values.insert(var, to);
            let fits = |c: &&Rc<Constraint>| {
                c.holds(values) == Some(true) || broken.iter().any(|other| Rc::ptr_eq(other, c))
            };
            found = group.iter().filter(|c| c.sum.factor(var).is_some()).all(|c| fits(&c));
            if found {
                before.push((var, was));
                break;
            }
            put_back(values, var, was);
        }
        if !found {
            before.into_iter().rev().for_each(|(var, was)| put_back(values, var, was));
            return false;
        }
    }
    true
}

fn put_back(values: &mut BTreeMap<Var, Num>, var: Var, was: Option<Num>) {
    match was {
        Some(was) => values.insert(var, was),
        None => values.remove(&var),
    };
}

/// A value of a variable for which a constraint holds, the others being what they are.
fn satisfying(
    constraint: &Constraint,
    var: Var,
    values: &BTreeMap<Var, Num>,
    variables: &dyn Variables,
) -> Option<Num> {
    let factor = constraint.sum.factor(var)?;
    let by = constraint.sum.value(values)?.div(factor, BITS).ok()?;
    let limit = values.get(&var).unwrap_or(&Num::ZERO).sub(&by, BITS).ok()?;
    let round = |mode| limit.round_to(&Num::ONE, mode, BITS).ok();
    let (inwards, outwards, step) = if factor.is_positive() {
        (RoundingMode::Floor, RoundingMode::Ceiling, Num::ONE.neg())
    } else {
        (RoundingMode::Ceiling, RoundingMode::Floor, Num::ONE)
    };
    match (constraint.relation, variables.is_whole(var)) {
        (Relation::Zero | Relation::AtMost, false) => Some(limit),
        (Relation::Zero, true) => Some(limit).filter(Num::is_whole),
        (Relation::AtMost, true) => round(inwards),
        (Relation::Below, true) => round(outwards)?.add(&step, BITS).ok(),
        (Relation::Below, false) => limit.add(&step, BITS).ok(),
    }
}

/// Each constraint with the first one of its group, in their order; constraints of different groups share no
/// variable.
fn groups(constraints: &[Rc<Constraint>]) -> Vec<(usize, usize)> {
    let mut uses: Vec<(Var, usize)> = Vec::new();
    for (at, constraint) in constraints.iter().enumerate() {
        uses.extend(constraint.sum.vars().map(|var| (var, at)));
    }
    uses.sort_unstable();
    let mut leaders: Vec<usize> = (0..constraints.len()).collect();
    for pair in uses.windows(2) {
        if let [(a, before), (b, after)] = pair
            && a == b
        {
            let (x, y) = (leader(&leaders, *before), leader(&leaders, *after));
            if let Some(of) = leaders.get_mut(x.max(y)) {
                *of = x.min(y);
            }
        }
    }
    let mut led: Vec<(usize, usize)> = (0..constraints.len()).map(|at| (leader(&leaders, at), at)).collect();
    led.sort_unstable();
    led
}

/// The first one of a constraint's group: each leads to one before it, the first to itself.
fn leader(leaders: &[usize], mut at: usize) -> usize {
    while let Some(before) = leaders.get(at).filter(|before| **before != at) {
        at = *before;
    }
    at
}

fn decide(constraints: &[Rc<Constraint>], variables: &dyn Variables, steps: &mut u64) -> Option<Feasible> {
    let mut open: Vec<Rc<Constraint>> = constraints.to_vec();
    let mut done = Vec::new();
    // Equalities first: each takes a variable away.
    while let Some(at) =
        open.iter().position(|c| c.relation == Relation::Zero && c.sum.as_constant().is_none())
    {
        let equality = open.swap_remove(at);
        *steps = steps.saturating_add(u64::try_from(open.len()).unwrap_or(0).saturating_add(1));
        if is_never_whole(&equality.sum, variables) {
            return Some(Feasible::Never);
        }
        let (var, by) = solved_for(&equality.sum, variables)?;
        for constraint in &mut open {
            if let Some(sum) = constraint.sum.replaced(var, &by)? {
                *constraint = Rc::new(normal(Constraint { sum, relation: constraint.relation }, variables)?);
            }
        }
        done.push(Eliminated::Equal(var, by));
    }
    let Some(mut open) = tightened(open) else { return Some(Feasible::Never) };
    while let Some(var) = next(&open) {
        *steps = steps.saturating_add(u64::try_from(open.len()).unwrap_or(0));
        let mut rest = Vec::with_capacity(open.len());
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for constraint in open {
            let to = match constraint.sum.factor(var) {
                None => &mut rest,
                Some(factor) if factor.is_positive() => &mut above,
                Some(_) => &mut below,
            };
            to.push(constraint);
        }
        let pairs = above.len().saturating_mul(below.len());
        *steps = steps.saturating_add(u64::try_from(pairs).unwrap_or(u64::MAX));
        if pairs.saturating_add(rest.len()) > MOST {
            return None;
        }
        for a in &above {
            for b in &below {
                rest.push(Rc::new(normal(without(var, a, b)?, variables)?));
            }
        }
        above.append(&mut below);
        done.push(Eliminated::Bounded(var, above));
        open = match tightened(rest) {
            Some(open) => open,
            None => return Some(Feasible::Never),
        };
    }
    let mut values = BTreeMap::new();
    for step in done.iter().rev() {
        let (var, value) = match step {
            Eliminated::Equal(var, by) => (*var, by.value(&values)?),
            Eliminated::Bounded(var, bounds) => (*var, between(*var, bounds, &values, variables)?),
        };
        if variables.is_whole(var) && !value.is_whole() {
            return None;
        }
        values.insert(var, value);
    }
    let all_hold = constraints.iter().all(|c| c.holds(&values) == Some(true));
    all_hold.then_some(Feasible::For(values))
}

/// The variable whose elimination leaves the fewest constraints.
fn next(open: &[Rc<Constraint>]) -> Option<Var> {
    let terms = open.iter().flat_map(|c| &c.sum.terms);
    let mut sides: Vec<(Var, bool)> = terms.map(|(var, factor)| (*var, factor.is_positive())).collect();
    sides.sort_unstable();
    let of_one = sides.chunk_by(|(a, _), (b, _)| a == b);
    let left = |of: &&[(Var, bool)]| {
        let above = of.iter().filter(|(_, is_above)| *is_above).count();
        above.saturating_mul(of.len().saturating_sub(above))
    };
    of_one.min_by_key(left)?.first().map(|(var, _)| *var)
}

/// What follows of two constraints that bound a variable from above and from below.
fn without(var: Var, above: &Constraint, below: &Constraint) -> Option<Constraint> {
    let (a, b) = (above.sum.factor(var)?, below.sum.factor(var)?);
    let sum = match b.abs() {
        one if one == Num::ONE => above.sum.plus(&below.sum, a)?,
        b => above.sum.times(&b)?.plus(&below.sum, a)?,
    };
    let strict = Relation::Below == above.relation.max(below.relation);
    Some(Constraint { sum, relation: if strict { Relation::Below } else { Relation::AtMost } })
}

/// The constraints that still say something, the tightest of several alike; none where one can never
/// hold.
fn tightened(mut open: Vec<Rc<Constraint>>) -> Option<Vec<Rc<Constraint>>> {
    if open.iter().any(|c| c.decided() == Some(false)) {
        return None;
    }
    open.retain(|c| c.decided().is_none());
    // Of constraints with the same terms the last one in order is the tightest.
    open.sort_unstable();
    open.dedup_by(|tighter, looser| {
        let alike = looser.sum.terms == tighter.sum.terms;
        if alike {
            std::mem::swap(looser, tighter);
        }
        alike
    });
    Some(open)
}

/// A constraint in normal form: its coefficients in lowest terms, and over whole numbers its bound whole.
pub fn normal(constraint: Constraint, variables: &dyn Variables) -> Option<Constraint> {
    if constraint.sum.terms.is_empty() {
        return Some(constraint);
    }
    let mut sum = match scale(&constraint.sum)? {
        one if one == Num::ONE => constraint.sum,
        scale => constraint.sum.times(&scale)?,
    };
    let mut relation = constraint.relation;
    if relation != Relation::Zero && sum.vars().all(|v| variables.is_whole(v)) {
        if relation == Relation::Below && sum.constant.is_whole() {
            sum.constant = sum.constant.add(&Num::ONE, BITS).ok()?;
        }
        if !sum.constant.is_whole() {
            sum.constant = sum.constant.round_to(&Num::ONE, RoundingMode::Ceiling, BITS).ok()?;
        }
        relation = Relation::AtMost;
    }
    Some(Constraint { sum, relation })
}

/// What makes the coefficients whole and without a common divisor: of fractions in lowest terms, the
/// least common multiple of what stands below over the greatest common divisor of what stands above.
fn scale(sum: &Linear) -> Option<Num> {
    // With whole coefficients one of which is 1 there is nothing to do.
    let is_one = |n: &Num| n.to_i64().is_some_and(|n| n.unsigned_abs() == 1);
    if sum.terms.iter().any(|(_, n)| is_one(n)) && sum.terms.iter().all(|(_, n)| n.is_whole()) {
        return Some(Num::ONE);
    }
    match narrow_scale(sum) {
        Some(scale) => Some(scale),
        None => wide_scale(sum),
    }
}

/// The scale, where 128 bits hold it on the way.
fn narrow_scale(sum: &Linear) -> Option<Num> {
    let (mut above, mut below) = (0_i128, 1_i128);
    for (_, n) in &sum.terms {
        let (numerator, denominator) = n.to_fraction()?;
        let common = numerator.gcd(&denominator);
        let (numerator, denominator) = (numerator.checked_div(common)?, denominator.checked_div(common)?);
        above = above.gcd(&numerator);
        below = below.checked_div(below.gcd(&denominator))?.checked_mul(denominator)?;
    }
    Num::from_fraction(below, above)
}

fn wide_scale(sum: &Linear) -> Option<Num> {
    let (mut above, mut below) = (BigInt::zero(), BigInt::one());
    for (_, n) in &sum.terms {
        above = above.gcd(&n.numerator());
        below = below.lcm(&n.denominator());
    }
    Num::from_big_ratio(below, above)
}

/// Whether an equality of whole numbers has no solution, for what its coefficients have in common.
fn is_never_whole(sum: &Linear, variables: &dyn Variables) -> bool {
    let scaled = || scale(sum).and_then(|by| sum.constant.mul(&by, BITS).ok());
    sum.vars().all(|v| variables.is_whole(v)) && scaled().is_some_and(|constant| !constant.is_whole())
}

/// One variable of an equality, and what it is equal to: one that may be any number where there is
/// one, else one of which the others make a whole number.
fn solved_for(sum: &Linear, variables: &dyn Variables) -> Option<(Var, Linear)> {
    let smallest = |v: &Var| sum.factor(*v).map(Num::abs);
    let any = sum.vars().find(|v| !variables.is_whole(*v));
    let var = any.or_else(|| sum.vars().min_by_key(smallest))?;
    let (factor, rest) = sum.split(var)?;
    let by = rest.times(&Num::ONE.neg().div(&factor, BITS).ok()?)?;
    Some((var, by))
}

/// A value of a variable within its bounds, the others being known: the preferred one, or a simple one
/// near it.
fn between(
    var: Var,
    bounds: &[Rc<Constraint>],
    values: &BTreeMap<Var, Num>,
    variables: &dyn Variables,
) -> Option<Num> {
    // The greatest lower and the least upper bound, each with whether it is itself left out.
    let (mut low, mut high): (Option<(Num, bool)>, Option<(Num, bool)>) = (None, None);
    for bound in bounds {
        let at = bound.sum.root(var, values)?;
        let factor = bound.sum.factor(var)?;
        let strict = bound.relation == Relation::Below;
        if factor.is_positive() {
            if high.as_ref().is_none_or(|(h, s)| at < *h || (at == *h && strict && !s)) {
                high = Some((at, strict));
            }
        } else if low.as_ref().is_none_or(|(l, s)| at > *l || (at == *l && strict && !s)) {
            low = Some((at, strict));
        }
    }
    let fits = |n: &Num| {
        low.as_ref().is_none_or(|(l, strict)| n > l || (n == l && !strict))
            && high.as_ref().is_none_or(|(h, strict)| n < h || (n == h && !strict))
            && (!variables.is_whole(var) || n.is_whole())
    };
    let near = variables.preferred(var);
    if fits(&near) {
        return Some(near);
    }
    let round = |n: &Num, mode| n.round_to(&Num::ONE, mode, BITS).ok();
    let mut tried = Vec::new();
    for (bound, is_low) in [(&low, true), (&high, false)] {
        let Some((at, _)) = bound else { continue };
        tried.push(at.clone());
        let (mode, one) =
            if is_low { (RoundingMode::Floor, Num::ONE) } else { (RoundingMode::Ceiling, Num::ONE.neg()) };
        tried.push(round(at, if is_low { RoundingMode::Ceiling } else { RoundingMode::Floor })?);
        tried.push(round(at, mode)?.add(&one, BITS).ok()?);
    }
    if let (Some((l, _)), Some((h, _))) = (&low, &high) {
        tried.push(l.add(h, BITS).ok()?.div(&Num::from(2), BITS).ok()?);
    }
    let distance = |n: &Num| n.sub(&near, BITS).map(|d| d.abs()).unwrap_or_default();
    tried.retain(|n| fits(n));
    tried.into_iter().min_by_key(|n| (distance(n), !n.is_whole()))
}
