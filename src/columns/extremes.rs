//! The least, or the greatest, number of any run of places, found without looking at each of them.

use std::ops::Range;

/// Numbers at the leaves of a tree, of which each node holds the extreme of the two below it.
#[derive(Clone, Debug)]
pub struct Extremes {
    greater: bool,
    leaves: usize,
    nodes: Vec<i64>,
}

impl Extremes {
    /// The greatest, or with `greater` false the least, of these numbers; places without one count for nothing.
    #[must_use]
    pub fn new(numbers: Vec<Option<i64>>, greater: bool) -> Self {
        let leaves = numbers.len();
        let mut tree = Self { greater, leaves, nodes: Vec::new() };
        tree.nodes = vec![tree.nothing(); leaves];
        let nothing = tree.nothing();
        tree.nodes.extend(numbers.into_iter().map(|number| number.unwrap_or(nothing)));
        for node in (1..leaves).rev() {
            let below = node.wrapping_mul(2);
            let extreme = tree.further(tree.node(below), tree.node(below.wrapping_add(1)));
            if let Some(place) = tree.nodes.get_mut(node) {
                *place = extreme;
            }
        }
        tree
    }

    /// The extreme of these places, at one of which at least there must be a number.
    #[must_use]
    pub fn of(&self, places: &Range<usize>) -> i64 {
        let mut found = self.nothing();
        let mut from = places.start.min(self.leaves).saturating_add(self.leaves);
        let mut to = places.end.min(self.leaves).saturating_add(self.leaves);
        while from < to {
            if from & 1 == 1 {
                found = self.further(found, self.node(from));
                from = from.saturating_add(1);
            }
            if to & 1 == 1 {
                to = to.saturating_sub(1);
                found = self.further(found, self.node(to));
            }
            (from, to) = (from >> 1, to >> 1);
        }
        found
    }

    fn node(&self, node: usize) -> i64 {
        self.nodes.get(node).copied().unwrap_or(self.nothing())
    }

    /// What any number goes before.
    fn nothing(&self) -> i64 {
        if self.greater { i64::MIN } else { i64::MAX }
    }

    fn further(&self, a: i64, b: i64) -> i64 {
        if self.greater { a.max(b) } else { a.min(b) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_of_runs_are_those_of_their_numbers() {
        for count in [0_usize, 1, 2, 3, 7, 8, 13] {
            let number = |n: usize| (n % 3 != 1).then(|| i64::try_from(n * 7 % 11).unwrap() - 5);
            let numbers: Vec<Option<i64>> = (0..count).map(number).collect();
            let (least, greatest) =
                (Extremes::new(numbers.clone(), false), Extremes::new(numbers.clone(), true));
            for from in 0..=count {
                for to in from..=count {
                    let some: Vec<i64> = numbers[from..to].iter().flatten().copied().collect();
                    if !some.is_empty() {
                        assert_eq!(least.of(&(from..to)), *some.iter().min().unwrap());
                        assert_eq!(greatest.of(&(from..to)), *some.iter().max().unwrap());
                    }
                }
            }
        }
    }
}
