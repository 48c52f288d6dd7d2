//! Units: a canonical product of base units with exponents.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How a dimensionless number is written and read; it makes no difference to arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presentation {
    /// A plain number.
    #[default]
    Plain,
    /// A ratio that may be written with `%`.
    Percent,
    /// A number of things.
    Count,
}

/// The unit of a number: `USD/share` is `{USD: 1, share: -1}`.
///
/// Base units are currency codes, `share`, `day`, `month`, `year` and those a plan declares. They
/// do not convert into each other. Two units are the same where their factors are.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    factors: BTreeMap<Arc<str>, i32>,
    presentation: Presentation,
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.factors == other.factors
    }
}
impl Eq for Unit {}

impl Unit {
    /// No unit.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// No unit, presented in the given way.
    #[must_use]
    pub fn dimensionless(presentation: Presentation) -> Self {
        Self { factors: BTreeMap::new(), presentation }
    }

    /// One base unit.
    #[must_use]
    pub fn base(name: impl Into<Arc<str>>) -> Self {
        Self::none().with(name, 1)
    }

    /// This unit times `name` to the power `exponent`.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, exponent: i32) -> Self {
        let name = name.into();
        let sum = self.factors.get(&name).copied().unwrap_or(0).saturating_add(exponent);
        if sum == 0 {
            self.factors.remove(&name);
        } else {
            self.factors.insert(name, sum);
        }
        self
    }

    /// The product of two units; a number of things times a plain number is again one of things.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut product = other.factors.iter().fold(self.clone(), |u, (n, e)| u.with(Arc::clone(n), *e));
        product.presentation = match (self.presentation, other.presentation) {
            (Presentation::Count, Presentation::Count | Presentation::Plain)
            | (Presentation::Plain, Presentation::Count) => Presentation::Count,
            _ => Presentation::Plain,
        };
        product
    }

    /// The quotient of two units.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let mut quotient =
            other.factors.iter().fold(self.clone(), |u, (n, e)| u.with(Arc::clone(n), e.saturating_neg()));
        quotient.presentation = Presentation::Plain;
        quotient
    }

    /// This unit to a whole power.
    #[must_use]
    pub fn power(&self, exponent: i32) -> Self {
        let factors = self
            .factors
            .iter()
            .filter(|_| exponent != 0)
            .map(|(n, e)| (Arc::clone(n), e.saturating_mul(exponent)))
            .collect();
        Self { factors, presentation: Presentation::Plain }
    }

    /// The unit of a sum or of a choice between two: the presentation both agree on.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let presentation = match (self.presentation, other.presentation) {
            (a, b) if a == b => a,
            // A count and a plain number, such as a literal, make a count.
            (Presentation::Count, Presentation::Plain) | (Presentation::Plain, Presentation::Count) => {
                Presentation::Count
            }
            _ => Presentation::Plain,
        };
        Self { factors: self.factors.clone(), presentation }
    }

    /// How a dimensionless number is written.
    #[must_use]
    pub fn presentation(&self) -> Presentation {
        self.presentation
    }

    /// Whether its exponents are such as real figures have; beyond, sums of exponents would not be exact.
    #[must_use]
    pub fn is_reasonable(&self) -> bool {
        self.factors.values().all(|e| e.unsigned_abs() <= 1_000)
    }

    /// Whether there is no unit.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.factors.is_empty()
    }

    /// Whether this is the base unit `name` alone.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.single() == Some(name)
    }

    /// The one base unit this is, if it is one.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        match self.factors.iter().next() {
            Some((name, 1)) if self.factors.len() == 1 => Some(name),
            _ => None,
        }
    }

    /// The factors, by name.
    pub fn factors(&self) -> impl Iterator<Item = (&str, i32)> {
        self.factors.iter().map(|(n, e)| (&**n, *e))
    }

    /// Whether a whole value of it is written as an integer: shares, days, counts and other things
    /// counted, but not money, prices and ratios.
    #[must_use]
    pub fn counts(&self) -> bool {
        match self.single() {
            Some(name) => !is_currency_code(name),
            None => self.is_none() && self.presentation == Presentation::Count,
        }
    }
}

/// Whether a base unit is a currency: three capital letters.
fn is_currency_code(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|b| b.is_ascii_uppercase())
}

impl Unit {
    /// The currency this is an amount of, where it is one.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.single().filter(|n| is_currency_code(n))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str(match self.presentation {
                Presentation::Plain => "number",
                Presentation::Percent => "%",
                Presentation::Count => "count",
            });
        }
        let part = |sign: i32| {
            self.factors
                .iter()
                .filter(move |(_, e)| e.signum() == sign)
                .map(|(n, e)| if e.abs() == 1 { n.to_string() } else { format!("{n}^{}", e.abs()) })
                .collect::<Vec<_>>()
        };
        let (above, below) = (part(1), part(-1));
        let above = if above.is_empty() { "1".to_owned() } else { above.join("*") };
        if below.is_empty() { f.write_str(&above) } else { write!(f, "{above}/{}", below.join("/")) }
    }
}
