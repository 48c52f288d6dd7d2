//! Rows that repeat what another has, of which there may be more than can be told.

use std::collections::BTreeMap;

/// Rows that share a hash with one before them: the first of them are kept, all are counted.
#[derive(Debug)]
pub struct Repeats {
    /// The rows, each with the first that has its hash.
    pub rows: BTreeMap<u32, u32>,
    most: usize,
    count: usize,
    /// The hash at hand, and the first row that has it.
    at: Option<(u64, u32)>,
}

impl Repeats {
    /// None yet, and so many that are kept at most.
    pub fn new(most: usize) -> Self {
        Self { rows: BTreeMap::new(), most, count: 0, at: None }
    }

    /// Adds a row; those of a hash come one after the other, in order.
    pub fn add(&mut self, hash: u64, row: u32) {
        let Some((_, first)) = self.at.filter(|(of, _)| *of == hash) else {
            self.at = Some((hash, row));
            return;
        };
        self.count = self.count.saturating_add(1);
        let is_full = self.rows.len() >= self.most;
        if is_full && self.rows.last_key_value().is_none_or(|(last, _)| row > *last) {
            return;
        }
        self.rows.insert(row, first);
        if is_full {
            self.rows.pop_last();
        }
    }

    /// How many there are that are not kept.
    pub fn more(&self) -> usize {
        self.count.saturating_sub(self.rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_kept_in_whatever_order_their_hashes_come() {
        let mut repeats = Repeats::new(3);
        for (hash, row) in [(1, 4), (1, 9), (1, 12), (3, 2), (5, 0), (5, 3), (5, 20), (8, 1), (8, 5)] {
            repeats.add(hash, row);
        }
        assert_eq!(
            repeats.rows.iter().map(|(row, of)| (*row, *of)).collect::<Vec<_>>(),
            [(3, 0), (5, 1), (9, 4)]
        );
        assert_eq!(repeats.more(), 2);
    }
}
