//! Short cells side by side, and the lines they make.

use super::digits::{EIGHT, PAIRS, eight};
use super::fours;

/// Bytes of a slot: up to 14 of a cell, a comma, and how many those are.
pub const WIDTH: usize = 16;

/// A cell with a comma after it, if it is short. The length of one that is not is 0, and what is made
/// so by default stands for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot([u8; WIDTH]);

impl Slot {
    /// A cell, if it is short.
    pub fn of(cell: &[u8]) -> Option<Self> {
        let mut bytes = [0; WIDTH];
        bytes.get_mut(..cell.len())?.copy_from_slice(cell);
        Self::first_of(&bytes, cell.len())
    }

    /// The first of some bytes, so many of them.
    #[inline]
    pub fn first_of(bytes: &[u8; WIDTH], length: usize) -> Option<Self> {
        let (kept, comma) = SHAPES.get(length)?;
        Some(Self((u128::from_le_bytes(*bytes) & kept | comma).to_le_bytes()))
    }

    /// Bytes, the first of them the lowest, and their comma. There are at most 14.
    #[inline]
    fn packed(bytes: u128, length: usize) -> Self {
        let comma = u128::from(b',') << (length << 3 & 127);
        let count = (length as u128).wrapping_add(1) << 120;
        Self((bytes | comma | count).to_le_bytes())
    }

    /// A cell and its comma, the first bytes the lowest of the first word, and how many they are the highest byte.
    #[inline]
    pub fn of_words([low, high]: [u64; 2]) -> Self {
        Self((u128::from(high) << 64 | u128::from(low)).to_le_bytes())
    }

    /// Bytes, with a sign before them where the number is below zero.
    #[inline]
    fn signed(bytes: u128, length: usize, is_negative: bool) -> Self {
        if is_negative {
            Self::packed(bytes << 8 | u128::from(b'-'), length.wrapping_add(1))
        } else {
            Self::packed(bytes, length)
        }
    }

    /// Up to seven bytes, then others up to a comma, which are those of `after`, so many.
    #[inline]
    fn joined((first, length): (u64, usize), after: u32, more: usize) -> Self {
        let place = length << 3 & 63;
        let low = first | u64::from(after) << place;
        let high = u64::from(after) >> (64_usize.wrapping_sub(place) & 63);
        let count = (length.wrapping_add(more) as u64) << 56;
        Self((u128::from(high | count) << 64 | u128::from(low)).to_le_bytes())
    }

    /// A whole number, if it is short.
    #[inline]
    pub fn whole(number: i64) -> Option<Self> {
        let size = number.cast_unsigned();
        if size < SEVEN {
            return Some(Self::joined(eight(size), b','.into(), 1));
        }
        let size = number.unsigned_abs();
        (size < EIGHT).then(|| {
            let (digits, length) = eight(size);
            Self::signed(digits.into(), length, number < 0)
        })
    }

    /// Hundredths as a number with two decimals, if it is short.
    #[inline]
    pub fn cents(number: i64) -> Option<Self> {
        let size = number.cast_unsigned();
        let whole = size.wrapping_div(100);
        if whole < SEVEN {
            let after = PARTS.get(usize::try_from(size.wrapping_sub(whole.wrapping_mul(100))).ok()?)?;
            return Some(Self::joined(eight(whole), *after, 4));
        }
        let size = number.unsigned_abs();
        let whole = size.wrapping_div(100);
        let part = *PARTS.get(usize::try_from(size.wrapping_sub(whole.wrapping_mul(100))).ok()?)?;
        (whole < EIGHT).then(|| {
            let (digits, length) = eight(whole);
            // Without the comma, which comes after the sign is there.
            let part = u128::from(part & 0x00FF_FFFF) << (length << 3 & 127);
            Self::signed(u128::from(digits) | part, length.wrapping_add(3), number < 0)
        })
    }
}

/// For each length of a short cell, the bits of its bytes, and the comma after it and how many those are.
static SHAPES: [(u128, u128); WIDTH - 1] = {
    let mut shapes = [(0, 0); WIDTH - 1];
    let mut length = 0;
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler, which refuses what is out of bounds"
    )]
    while length < shapes.len() {
        let comma = (b',' as u128) << (length * 8);
        shapes[length] = ((1 << (length * 8)) - 1, comma | (length as u128 + 1) << 120);
        length += 1;
    }
    shapes
};

/// Numbers below this have up to seven digits.
pub const SEVEN: u64 = 10_000_000;

/// A point, two digits and a comma, for each number of two digits.
const PARTS: [u32; 100] = {
    let mut parts = [0; 100];
    let mut n = 0;
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler, which refuses what is out of bounds"
    )]
    while n < 100 {
        let [tens, ones] = PAIRS[n];
        parts[n] = u32::from_le_bytes([b'.', tens, ones, b',']);
        n += 1;
    }
    parts
};

/// The slots of some rows, row by row.
#[derive(Debug, Default)]
pub struct Slots {
    all: Vec<Slot>,
    columns: usize,
    /// Cells of one column, each as far as it was written with others; what is not has no length.
    ready: Vec<Slot>,
}

impl Slots {
    /// Makes room for so many rows of so many columns, whatever stands there.
    pub fn turn_to(&mut self, columns: usize, rows: usize) {
        self.columns = columns.max(1);
        self.all.resize(self.columns.saturating_mul(rows), Slot::default());
    }

    /// Puts cells into the slots of a column.
    #[inline]
    pub fn fill(&mut self, column: usize, cells: impl Iterator<Item = Slot>) {
        let columns = self.all.get_mut(column..).unwrap_or_default();
        for (line, cell) in columns.chunks_mut(self.columns.max(1)).zip(cells) {
            if let Some(place) = line.first_mut() {
                *place = cell;
            }
        }
    }

    /// Puts whole numbers into the slots of a column.
    pub fn wholes(&mut self, column: usize, numbers: &[i64]) {
        self.ready.resize(numbers.len(), Slot::default());
        fours::whole(numbers, &mut self.ready);
        self.numbers(column, numbers, Slot::whole);
    }

    /// Puts hundredths as numbers with two decimals into the slots of a column.
    pub fn cents(&mut self, column: usize, numbers: &[i64]) {
        self.ready.resize(numbers.len(), Slot::default());
        fours::cents(numbers, &mut self.ready);
        self.numbers(column, numbers, Slot::cents);
    }

    /// Puts numbers into the slots of a column, as they are ready or else by themselves.
    fn numbers(&mut self, column: usize, numbers: &[i64], one: impl Fn(i64) -> Option<Slot>) {
        let ready = std::mem::take(&mut self.ready);
        let cells = ready.iter().zip(numbers).map(|(ready, n)| {
            let Slot([.., length]) = *ready;
            if length == 0 { one(*n).unwrap_or_default() } else { *ready }
        });
        self.fill(column, cells);
        self.ready = ready;
    }

    /// Puts a cell in place of another.
    pub fn set(&mut self, row: usize, column: usize, slot: Slot) {
        let at = row.saturating_mul(self.columns).saturating_add(column);
        if let Some(place) = self.all.get_mut(at) {
            *place = slot;
        }
    }
}

/// Lines as they go out.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// What is written, and room for more.
    bytes: Vec<u8>,
    length: usize,
    /// Room for a cell of any length.
    cell: Vec<u8>,
}

impl Lines {
    /// Nothing is written.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// What is written.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Makes room for so many bytes more.
    fn reserve(&mut self, more: usize) {
        let needed = self.length.saturating_add(more);
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
    }

    /// Adds a line for each row; `long` writes the cell of a row and column that has no room in its slot.
    pub fn add(&mut self, slots: &Slots, mut long: impl FnMut(usize, usize, &mut Vec<u8>)) {
        let most = slots.all.len().saturating_add(1).saturating_mul(WIDTH);
        self.reserve(most);
        let mut at = self.length;
        let mut bytes = self.bytes.as_mut_slice();
        for (row, line) in slots.all.chunks_exact(slots.columns.max(1)).enumerate() {
            for (column, slot) in line.iter().enumerate() {
                let Slot([.., length]) = *slot;
                if length == 0 {
                    self.length = at;
                    self.add_long(most, |text| long(row, column, text));
                    at = self.length;
                    bytes = self.bytes.as_mut_slice();
                } else if let Some(to) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                    // Copied whole: what follows the comma is written over.
                    *to = slot.0;
                    at = at.wrapping_add(length.into());
                }
            }
            // After the last cell stands the line's end in place of a comma.
            if let Some(last) = bytes.get_mut(at.wrapping_sub(1)) {
                *last = b'\n';
            }
        }
        self.length = at;
    }

    /// Adds a cell of any length, and makes room for so many bytes more.
    #[cold]
    fn add_long(&mut self, more: usize, write: impl FnOnce(&mut Vec<u8>)) {
        // Written apart: what lies behind the lines is room that was made before and serves on.
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        write(&mut cell);
        cell.push(b',');
        self.reserve(more.saturating_add(cell.len()));
        let end = self.length.saturating_add(cell.len());
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(&cell);
            self.length = end;
        }
        self.cell = cell;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(slot: Option<Slot>) -> Option<String> {
        let mut slots = Slots::default();
        slots.turn_to(1, 1);
        slots.set(0, 0, slot?);
        let mut lines = Lines::default();
        lines.add(&slots, |_, _, _| unreachable!());
        Some(std::str::from_utf8(lines.written()).unwrap().trim_end_matches('\n').to_owned())
    }

    proptest! {
        #[test]
        fn numbers_stand_in_slots_as_they_are_written(number in -20_000_000_000_i64..20_000_000_000, fewer in 0_u32..10) {
            let number = number / 10_i64.pow(fewer);
            let whole = (number.abs() < 100_000_000).then(|| number.to_string());
            prop_assert_eq!(text(Slot::whole(number)), whole);
            let sign = if number < 0 { "-" } else { "" };
            let (size, part) = (number.abs() / 100, number.abs() % 100);
            let cents = (size < 100_000_000).then(|| format!("{sign}{size}.{part:02}"));
            prop_assert_eq!(text(Slot::cents(number)), cents);
        }

        #[test]
        fn lines_hold_the_cells_in_their_order(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z]{0,20}", 3), 0..20), again: bool
        ) {
            let mut slots = Slots::default();
            let mut lines = Lines::default();
            let mut expected = String::new();
            for _ in 0..=u8::from(again) {
                slots.turn_to(3, rows.len());
                for column in 0..3 {
                    slots.fill(column, rows.iter().map(|row| Slot::of(row[column].as_bytes()).unwrap_or_default()));
                }
                lines.add(&slots, |row, column, text| text.extend_from_slice(rows[row][column].as_bytes()));
                expected.extend(rows.iter().map(|row| row.join(",") + "\n"));
            }
            prop_assert_eq!(std::str::from_utf8(lines.written()).unwrap(), expected);
        }
    }

    #[test]
    fn cells_that_are_too_long_have_no_slot() {
        assert_eq!(text(Slot::of(b"14 letters are")), Some("14 letters are".to_owned()));
        assert_eq!(Slot::of(b"15 letters are."), None);
        assert_eq!(Slot::of(b"16 letters they."), None);
        assert_eq!(Slot::of(b"17 letters they.."), None);
        assert_eq!(text(Slot::first_of(b"of more bytes he", 4)), Some("of m".to_owned()));
    }
}
