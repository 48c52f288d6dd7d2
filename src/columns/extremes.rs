//! The least, or the greatest, number of any run of places, found without looking at each of them.

use crate::value::{BLOCK, Long, Recent};
use std::ops::Range;

/// Numbers in blocks, above which stands a tree, of which each node holds the extreme of the two below it.
#[derive(Clone, Debug)]
pub struct Extremes {
    greater: bool,
    numbers: Long<(i64,)>,
    /// The tree's nodes and then its leaves, one for each block.
    nodes: Vec<i64>,
}

impl Extremes {
    /// The greatest, or with `greater` false the least, of numbers; those that are [`Extremes::nothing`] count for
    /// nothing.
    #[must_use]
    pub fn new(numbers: Long<(i64,)>, greater: bool) -> Self {
        let leaves = numbers.len().div_ceil(BLOCK);
        let mut nodes = vec![Self::nothing(greater); leaves.saturating_mul(2)];
        let mut place = 0_usize;
        numbers.each(|(number,)| {
            if let Some(leaf) = nodes.get_mut(leaves.saturating_add(place / BLOCK)) {
                *leaf = further(greater, *leaf, number);
            }
            place = place.saturating_add(1);
            true
        });
        let mut tree = Self { greater, numbers, nodes };
        for node in (1..leaves).rev() {
            let below = node.wrapping_mul(2);
            let extreme = further(greater, tree.node(below), tree.node(below.wrapping_add(1)));
            if let Some(place) = tree.nodes.get_mut(node) {
                *place = extreme;
            }
        }
        tree
    }

    /// The extreme of these places, at one of which at least there must be a number.
    #[must_use]
    pub fn of(&self, places: &Range<usize>) -> i64 {
        let places = places.start..places.end.min(self.numbers.len());
        // Whole blocks are known; what stands before and behind them is looked at.
        let (first, last) = (places.start.div_ceil(BLOCK), places.end / BLOCK);
        if first >= last {
            return self.among(places);
        }
        let before = self.among(places.start..first.saturating_mul(BLOCK));
        let behind = self.among(last.saturating_mul(BLOCK)..places.end);
        let mut found = further(self.greater, before, behind);
        let leaves = self.nodes.len() / 2;
        let (mut from, mut to) = (first.saturating_add(leaves), last.saturating_add(leaves));
        while from < to {
            if from & 1 == 1 {
                found = further(self.greater, found, self.node(from));
                from = from.saturating_add(1);
            }
            if to & 1 == 1 {
                to = to.saturating_sub(1);
                found = further(self.greater, found, self.node(to));
            }
            (from, to) = (from >> 1, to >> 1);
        }
        found
    }

    /// The extreme of a few places.
    fn among(&self, places: Range<usize>) -> i64 {
        let mut found = Self::nothing(self.greater);
        self.numbers.each_of(places, &mut Recent::default(), |(number,)| {
            found = further(self.greater, found, number);
            true
        });
        found
    }

    fn node(&self, node: usize) -> i64 {
        self.nodes.get(node).copied().unwrap_or(Self::nothing(self.greater))
    }

    /// What any number goes before.
    #[must_use]
    pub fn nothing(greater: bool) -> i64 {
        if greater { i64::MIN } else { i64::MAX }
    }
}

fn further(greater: bool, a: i64, b: i64) -> i64 {
    if greater { a.max(b) } else { a.min(b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_of_runs_are_those_of_their_numbers() {
        for count in [0_usize, 1, 2, 7, 255, 256, 257, 700, 1_024] {
            let number = |n: usize| (n % 3 != 1).then(|| i64::try_from(n * 7 % 11).unwrap() - 5);
            let of = |numbers: &[Option<i64>], greater| {
                let numbers = numbers.iter().map(|n| (n.unwrap_or(Extremes::nothing(greater)),));
                Extremes::new(Long::Here(numbers.collect()), greater)
            };
            let numbers: Vec<Option<i64>> = (0..count).map(number).collect();
            let (least, greatest) = (of(&numbers, false), of(&numbers, true));
            for from in (0..=count).step_by(1.max(count / 13)) {
                for to in (from..=count).step_by(1.max(count / 17)) {
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
