//! Short cells side by side, and the lines they make.

use super::digits::{EIGHT, PAIRS, eight};
use super::fours;
use crate::lanes::Lanes;

/// Bytes of a slot: up to 14 of a cell, a comma, and how many those are.
pub const WIDTH: usize = 16;

/// A cell with a comma after it, if it is short: its bytes, the first of them the lowest of the first word, and how
/// many they are in the highest byte. The length of one that is not short is 0, and what is made so by default
/// stands for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot([u64; 2]);

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
        Self::packed(u128::from_le_bytes(*bytes), length)
    }

    /// Bytes, the first of them the lowest, and their comma; none where they are more than 14.
    #[inline]
    fn packed(bytes: u128, length: usize) -> Option<Self> {
        let (kept, comma) = SHAPES.get(length)?;
        Some(Self::of_words(words(bytes & kept | comma)))
    }

    /// A cell and its comma as they stand in words.
    #[inline]
    pub fn of_words(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// How many bytes it has with its comma; 0 where it has no slot.
    #[inline]
    pub fn length(&self) -> usize {
        let Self([_, high]) = *self;
        (high >> 56) as usize
    }

    /// With a line feed in place of the comma.
    #[inline]
    fn with_feed(self) -> Self {
        let [low, high] = FEEDS.get(self.length()).copied().unwrap_or_default();
        let Self([first, second]) = self;
        Self([first ^ low, second ^ high])
    }

    /// Bytes, with a sign before them where the number is below zero.
    #[inline]
    fn signed(bytes: u128, length: usize, is_negative: bool) -> Option<Self> {
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
        Self::of_words([low, high | count])
    }

    /// A whole number, if it is short.
    #[inline]
    pub fn whole(number: i64) -> Option<Self> {
        let size = number.cast_unsigned();
        if size < SEVEN {
            return Some(Self::joined(eight(size), b','.into(), 1));
        }
        let size = number.unsigned_abs();
        (size < EIGHT).then_some(())?;
        let (digits, length) = eight(size);
        Self::signed(digits.into(), length, number < 0)
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
        (whole < EIGHT).then_some(())?;
        let (digits, length) = eight(whole);
        // Without the comma, which comes after the sign is there.
        let part = u128::from(part & 0x00FF_FFFF) << (length << 3 & 127);
        Self::signed(u128::from(digits) | part, length.wrapping_add(3), number < 0)
    }
}

/// A number of 128 bits as two of 64, the lower first.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each takes its half")]
const fn words(both: u128) -> [u64; 2] {
    [both as u64, (both >> 64) as u64]
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

/// Copies a cell to where there is room for it, and answers the room after it: it is copied whole, and what follows
/// its comma is written over.
#[inline]
fn put(room: &mut [u8], slot: Slot) -> &mut [u8] {
    let Some(to) = room.first_chunk_mut() else { return room };
    let Slot([low, high]) = slot;
    *to = (u128::from(high) << 64 | u128::from(low)).to_le_bytes();
    room.get_mut(slot.length()..).unwrap_or_default()
}

/// What makes the comma of a cell of each length, itself counted, a line feed.
static FEEDS: [[u64; 2]; WIDTH] = {
    let mut feeds = [[0; 2]; WIDTH];
    let mut length = 1;
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler, which refuses what is out of bounds"
    )]
    while length < feeds.len() {
        feeds[length] = words(((b',' ^ b'\n') as u128) << ((length - 1) * 8));
        length += 1;
    }
    feeds
};

/// Slots between columns, so that those of one row do not fall on each other in the processor's cache.
const GAP: usize = 4;

/// The slots of some rows, column by column.
#[derive(Debug)]
pub struct Slots {
    all: Vec<Slot>,
    rows: usize,
    /// Whether every cell has room in its slot.
    are_short: bool,
    lanes: Option<Lanes>,
}

impl Slots {
    /// No rows; numbers are written four at a time where the processor can.
    pub fn new(lanes: Option<Lanes>) -> Self {
        Self { all: Vec::new(), rows: 0, are_short: true, lanes }
    }

    /// Makes room for so many rows of so many columns, whatever stands there.
    pub fn turn_to(&mut self, columns: usize, rows: usize) {
        (self.rows, self.are_short) = (rows, true);
        self.all.resize(columns.saturating_mul(self.stride()), Slot::default());
    }

    fn stride(&self) -> usize {
        self.rows.saturating_add(GAP)
    }

    /// The slots of a column.
    fn column(&mut self, column: usize) -> &mut [Slot] {
        let first = column.saturating_mul(self.stride());
        let (all, rows) = (&mut self.all, self.rows);
        all.get_mut(first..first.saturating_add(rows)).unwrap_or_default()
    }

    /// Puts cells into the slots of a column.
    #[inline]
    pub fn fill(&mut self, column: usize, cells: impl Iterator<Item = Slot>) {
        let mut are_short = true;
        for (place, cell) in self.column(column).iter_mut().zip(cells) {
            are_short &= cell.length() > 0;
            *place = cell;
        }
        self.are_short &= are_short;
    }

    /// Puts whole numbers into the slots of a column.
    pub fn wholes(&mut self, column: usize, numbers: &[i64]) {
        self.numbers(column, numbers, fours::whole, Slot::whole);
    }

    /// Puts hundredths as numbers with two decimals into the slots of a column.
    pub fn cents(&mut self, column: usize, numbers: &[i64]) {
        self.numbers(column, numbers, fours::cents, Slot::cents);
    }

    /// Puts numbers into the slots of a column, four at a time where the processor can, and one by one those that
    /// do not fit so.
    fn numbers(
        &mut self,
        column: usize,
        numbers: &[i64],
        four: impl Fn(Lanes, &[i64], &mut [Slot]),
        one: impl Fn(i64) -> Option<Slot>,
    ) {
        let Some(lanes) = self.lanes else {
            return self.fill(column, numbers.iter().map(|n| one(*n).unwrap_or_default()));
        };
        let slots = self.column(column);
        four(lanes, numbers, slots);
        let mut are_short = true;
        for (slot, number) in slots.iter_mut().zip(numbers).filter(|(slot, _)| slot.length() == 0) {
            *slot = one(*number).unwrap_or_default();
            are_short &= slot.length() > 0;
        }
        self.are_short &= are_short;
    }

    /// Puts a cell in place of another.
    pub fn set(&mut self, row: usize, column: usize, slot: Slot) {
        self.are_short &= slot.length() > 0;
        if let Some(place) = self.column(column).get_mut(row) {
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

    /// The room after what is written.
    fn rest(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.length..).unwrap_or_default()
    }

    /// Adds a line for each row; `long` writes the cell of a row and column that has no room in its slot.
    pub fn add(&mut self, slots: &Slots, mut long: impl FnMut(usize, usize, &mut Vec<u8>)) {
        let most = slots.all.len().saturating_add(1).saturating_mul(WIDTH);
        self.reserve(most);
        let mut columns = slots.all.chunks_exact(slots.stride());
        let Some(last) = columns.next_back() else { return };
        if slots.are_short {
            let all = self.bytes.len();
            let mut rest = self.rest();
            for (row, last) in last.iter().enumerate().take(slots.rows) {
                for cells in columns.clone() {
                    rest = put(rest, cells.get(row).copied().unwrap_or_default());
                }
                rest = put(rest, last.with_feed());
            }
            self.length = all.saturating_sub(rest.len());
            return;
        }
        for (row, last) in last.iter().enumerate().take(slots.rows) {
            let cells = columns.clone().map(|cells| cells.get(row).copied().unwrap_or_default());
            for (column, slot) in cells.chain([last.with_feed()]).enumerate() {
                if slot.length() == 0 {
                    let end = if column == columns.len() { b'\n' } else { b',' };
                    self.add_long(most, end, |text| long(row, column, text));
                } else {
                    put(self.rest(), slot);
                    self.length = self.length.saturating_add(slot.length());
                }
            }
        }
    }

    /// Adds a cell of any length, and makes room for so many bytes more.
    #[cold]
    fn add_long(&mut self, more: usize, end: u8, write: impl FnOnce(&mut Vec<u8>)) {
        // Written apart: what lies behind the lines is room that was made before and serves on.
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        write(&mut cell);
        cell.push(end);
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
        let mut slots = Slots::new(Lanes::find());
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
            let mut slots = Slots::new(Lanes::find());
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
