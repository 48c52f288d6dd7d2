//! Where the cells of whole lines begin and end, found 64 bytes at a time.

mod records;

pub use records::{blank, quoted, whole};

use crate::lanes::Lanes;
use std::ops::Range;
use wide::u8x16;

/// Bytes looked at together.
const WIDE: usize = 64;
/// Separators taken from so many bytes in one go: more than most lines have there.
const USUAL: usize = 8;

/// The places of the separators of whole lines, each line with as many cells.
#[derive(Debug, Default)]
pub struct Bounds {
    /// Where the first line begins, then the place after each separator; then whatever was there before.
    places: Vec<u32>,
    /// How many of the places are found.
    found: usize,
    columns: usize,
    rows: usize,
    /// Bytes of a line's end before its line feed: 1 where lines end with a carriage return too.
    tail: u32,
    /// Whether any cell may stand in quotes.
    quotes: bool,
    /// Whether all is known to be plain.
    is_plain: bool,
    /// How many lines each record has; nothing where each has one.
    lines: Vec<u32>,
}

/// A cell: its first byte, and the place after its last.
pub type Cell = (u32, u32);

/// The cell that a word stands for, as [`Bounds::words`] gives them.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a word has two halves")]
pub fn cell_of(word: u64) -> Cell {
    (word as u32, (word >> 32) as u32)
}

impl Bounds {
    /// Finds the cells of the lines that begin at a place and end with the text; none where a line has
    /// not as many cells as there are columns, or where any stands in quotes.
    pub fn find(&mut self, text: &[u8], start: usize, columns: usize, lanes: Option<Lanes>) -> Option<()> {
        let lines = text.get(start..)?;
        (lines.last() == Some(&b'\n')).then_some(())?;
        self.columns = columns;
        self.quotes = false;
        self.lines.clear();
        self.rows = memchr::memchr_iter(b'\n', lines).count();
        self.is_plain = self.separators(lines, start, lanes)?;
        let returns = if self.is_plain {
            0
        } else {
            memchr::memchr2(b'"', 0, lines).is_none().then_some(())?;
            memchr::memchr_iter(b'\r', lines).count()
        };
        self.tail = u32::from(returns > 0);
        (returns == 0 || returns == self.rows).then_some(())?;
        self.are_lines(text)
    }

    /// How many lines there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether any cell may stand in quotes.
    pub fn quotes(&self) -> bool {
        self.quotes
    }

    /// How many lines each record has; nothing where each has one.
    pub fn lines(&self) -> &[u32] {
        &self.lines
    }

    /// Bytes between a cell of a column and its separator.
    fn tail_of(&self, column: usize) -> u32 {
        if column.wrapping_add(1) == self.columns { self.tail } else { 0 }
    }

    /// The cells of a column.
    #[inline]
    pub fn column(&self, column: usize, rows: Range<usize>) -> impl Iterator<Item = Cell> + Clone + '_ {
        let tail = self.tail_of(column);
        let first = rows.start.saturating_mul(self.columns).saturating_add(column);
        let all = rows.len().saturating_mul(self.columns);
        let of = |first: usize| {
            let places = self.places.get(first..first.saturating_add(all)).unwrap_or_default();
            places.chunks_exact(self.columns.max(1)).map(|line| line.first().copied().unwrap_or(0))
        };
        // A cell ends with a separator, before which the end of a line may have another byte.
        let cells = of(first).zip(of(first.saturating_add(1)));
        cells.map(move |(start, next)| (start, next.wrapping_sub(tail).wrapping_sub(1)))
    }

    /// The cells of a column as words: the place of a cell's first byte in the lower half, the place after its
    /// last in the upper; then empty ones, so that there are four and four.
    pub fn words(&self, column: usize, rows: Range<usize>, words: &mut Vec<u64>) {
        let after = u64::from(self.tail_of(column)).wrapping_add(1) << 32;
        // One load of both places.
        let word = |places: &[u32]| match places {
            [start, next, ..] => (u64::from(*next) << 32 | u64::from(*start)).wrapping_sub(after),
            _ => 0,
        };
        let first = rows.start.saturating_mul(self.columns).saturating_add(column);
        let places = self.places.get(first..).unwrap_or_default();
        words.clear();
        if self.columns > 1 {
            words.extend(places.chunks_exact(self.columns).take(rows.len()).map(word));
        } else {
            words.extend(places.windows(2).take(rows.len()).map(word));
        }
        words.resize(words.len().next_multiple_of(4), 0);
    }

    /// Whether the last separator of each line ends it, and no other does.
    fn are_lines(&self, text: &[u8]) -> Option<()> {
        (self.found == self.rows.checked_mul(self.columns)?.checked_add(1)?).then_some(())?;
        let last = self.columns.checked_sub(1)?;
        let byte = |place: u32| text.get(place as usize).copied();
        let feeds =
            self.column(last, 0..self.rows).all(|(_, end)| byte(end.wrapping_add(self.tail)) == Some(b'\n'));
        let returns =
            self.tail == 0 || self.column(last, 0..self.rows).all(|(_, end)| byte(end) == Some(b'\r'));
        // A blank line is none with an empty cell.
        let blank = last == 0 && self.column(0, 0..self.rows).any(|(start, end)| start == end);
        (feeds && returns && !blank).then_some(())
    }

    /// Whether all is known to be ASCII, without quotes or carriage returns.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Finds every comma and line feed; answers whether nothing else but plain characters was seen.
    fn separators(&mut self, lines: &[u8], start: usize, lanes: Option<Lanes>) -> Option<bool> {
        let base = u32::try_from(start).ok()?;
        let all = self.rows.checked_mul(self.columns)?.checked_add(1)?;
        self.reserve(all)?;
        *self.places.first_mut()? = base;
        let base = base.wrapping_add(1);
        let places = &mut self.places;
        let (found, is_plain) = match lanes {
            Some(lanes) => lanes.run(move || {
                let mut others = 0;
                let found = collect(lines, base, places, |bytes| {
                    others |= lanes.found(bytes, [b'"', b'\r', 0]) | lanes.high(bytes);
                    lanes.found(bytes, [b',', b'\n'])
                });
                (found, others == 0)
            }),
            None => (collect(lines, base, places, mask), false),
        };
        self.found = found?;
        Some(is_plain)
    }

    /// Makes room for so many places, and for what stands after them: the places that 64 bytes may hold,
    /// and those of a line.
    fn reserve(&mut self, places: usize) -> Option<()> {
        let all = places.checked_add(WIDE)?.checked_add(self.columns)?;
        if self.places.len() < all {
            self.places.resize(all, 0);
        }
        Some(())
    }
}

/// Puts the places of separators after the first place, `base` further than they stand; answers how many
/// places there are then. `mask` tells separators among bytes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what stands around it says for which processors it is compiled")]
fn collect(
    lines: &[u8],
    mut base: u32,
    places: &mut [u32],
    mut mask: impl FnMut(&[u8; WIDE]) -> u64,
) -> Option<usize> {
    let mut found = 1_usize;
    let (wide, rest) = lines.as_chunks::<WIDE>();
    // Filled up by what is no separator.
    let mut last = [b' '; WIDE];
    last.get_mut(..rest.len())?.copy_from_slice(rest);
    for bytes in wide.iter().chain([&last]) {
        let mut left = mask(bytes);
        let count = left.count_ones() as usize;
        let room = places.get_mut(found..)?.first_chunk_mut::<WIDE>()?;
        let (usual, more) = room.split_first_chunk_mut::<USUAL>()?;
        take(usual, &mut left, base);
        if left != 0 {
            let (usual, more) = more.split_first_chunk_mut::<USUAL>()?;
            take(usual, &mut left, base);
            for place in more {
                if left == 0 {
                    break;
                }
                take(std::array::from_mut(place), &mut left, base);
            }
        }
        found = found.wrapping_add(count);
        base = base.wrapping_add(64);
    }
    Some(found)
}

/// A bit for each byte that is a comma or a line feed, the first byte's lowest.
#[inline]
fn mask(bytes: &[u8; WIDE]) -> u64 {
    let (comma, feed) = (u8x16::splat(b','), u8x16::splat(b'\n'));
    let (quarters, _) = bytes.as_chunks::<16>();
    quarters.iter().rev().fold(0, |above, quarter| {
        let quarter = u8x16::new(*quarter);
        let found = quarter.cmp_eq(comma) | quarter.cmp_eq(feed);
        above << 16 | u64::from(found.move_mask().cast_unsigned())
    })
}

/// The places of the lowest bits, which are then cleared; where none is left it does not matter.
#[inline]
fn take<const N: usize>(places: &mut [u32; N], left: &mut u64, base: u32) {
    for place in places {
        *place = base.wrapping_add(left.trailing_zeros());
        *left &= left.wrapping_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells of each line, as they stand: found 64 bytes at a time or more at once, the same.
    fn cells(text: &str, start: usize, columns: usize) -> Option<Vec<Vec<String>>> {
        let found = cells_by(None, text, start, columns);
        assert_eq!(cells_by(Lanes::find(), text, start, columns), found);
        found
    }

    fn cells_by(lanes: Option<Lanes>, text: &str, start: usize, columns: usize) -> Option<Vec<Vec<String>>> {
        let mut bounds = Bounds::default();
        bounds.find(text.as_bytes(), start, columns, lanes)?;
        let column = |c| {
            bounds.column(c, 0..bounds.rows()).map(|(a, b)| text[a as usize..b as usize].to_owned()).collect()
        };
        let by_column: Vec<Vec<String>> = (0..columns).map(column).collect();
        Some((0..bounds.rows()).map(|row| by_column.iter().map(|c| c[row].clone()).collect()).collect())
    }

    proptest! {
        #[test]
        fn cells_are_those_of_a_reader_of_csv(
            rows in proptest::collection::vec(proptest::collection::vec("[a-zé.0-9 -]{0,12}", 3), 1..40),
            crlf: bool, before in "[a,]{0,70}"
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let lines: String = rows.iter().map(|r| r.join(",") + end).collect();
            let found = cells(&format!("{before}\n{lines}"), before.len() + 1, 3);
            prop_assert_eq!(found, Some(rows));
        }

        #[test]
        fn other_lines_are_refused(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z0-9]{0,12}", 1..4), 1..9)
        ) {
            let lines: String = rows.iter().map(|r| r.join(",") + "\n").collect();
            let fits = |columns| rows.iter().all(|r| r.len() == columns && (columns > 1 || !r[0].is_empty()));
            for columns in 1..4 {
                prop_assert_eq!(cells(&lines, 0, columns).is_some(), fits(columns));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            text in proptest::collection::vec(proptest::sample::select(&b"a,\"\r\n \0\xff"[..]), 0..90), columns in 0_usize..4
        ) {
            let found = [None, Lanes::find()].map(|lanes| Bounds::default().find(&text, 0, columns, lanes));
            prop_assert_eq!(found[0], found[1]);
        }
    }

    #[test]
    fn ends_of_lines_are_all_of_one_kind() {
        for text in
            ["a,b\r\nc,d\n", "a,b\nc\r,d\n", "a,b", "a,b\n\n", "a,\"b\n", "a,b\"\n", "a,\"b\"c\n", "a,b\0\n"]
        {
            assert_eq!(cells(text, 0, 2), None, "{text:?}");
        }
    }
}
