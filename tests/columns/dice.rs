//! Choices that shrink: numbers taken one after the other, 0 the simplest, and 0 once none is left.

/// Choices to take.
pub struct Dice<'c> {
    left: std::slice::Iter<'c, u16>,
}

impl<'c> Dice<'c> {
    pub fn new(choices: &'c [u16]) -> Self {
        Self { left: choices.iter() }
    }

    /// A number below `n`.
    pub fn roll(&mut self, n: usize) -> usize {
        self.left.next().map_or(0, |c| usize::from(*c) % n.max(1))
    }

    /// One of some items, the first the simplest.
    pub fn pick<'t, T: ?Sized>(&mut self, items: &[&'t T]) -> &'t T {
        items[self.roll(items.len())]
    }
}

/// Numbers that look like chance and are the same for the same seed, column and row, whatever else there is.
pub fn noise(seed: u64, column: usize, row: usize) -> u64 {
    let mut n = seed ^ (column as u64) << 40 ^ row as u64;
    for _ in 0..2 {
        n = (n ^ n >> 30).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n ^= n >> 27;
    }
    n
}
