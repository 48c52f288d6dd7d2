//! Cells read four at a time, as they most often are written: what [`super::cell`] does one by one.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into work compiled for newer instructions uses them"
)]

use super::cell::Name;
use super::numbers::ReadFours;
use crate::lanes::{Four, Lanes, ZEROS};

/// Plain numbers: digits, perhaps a point and digits, up to sixteen characters, the point among the last seven;
/// those of more than eight only with as many decimals as the column has, or zeros before the last eight.
pub struct Numbers<'a> {
    /// The processor, and the text.
    pub of: (Lanes, &'a [u8]),
    /// What makes a number one of the column's units, by how many bytes of the last eight stand before its point,
    /// the first without one; 0 where it has too many decimals.
    pub factors: [u32; 8],
}

/// Dates written `YYYY-MM-DD`, but for the last day of February in a leap year: their days.
pub struct Dates<'a> {
    /// The processor, and the text.
    pub of: (Lanes, &'a [u8]),
}

/// Names of up to sixteen bytes: their places among the names.
pub struct NamesOf<'a> {
    of: (Lanes, &'a [u8]),
    names: &'a [Name],
    /// Whether any name has more than eight bytes, and up to sixteen.
    are_long: bool,
}

/// Names that each cell is compared with, at most: of more it is quicker to stop at the one that it is.
const MOST_NAMES: usize = 16;

impl<'a> NamesOf<'a> {
    /// Few names, each once; none where there are many.
    pub fn new(of: (Lanes, &'a [u8]), names: &'a [Name]) -> Option<Self> {
        let are_long = names.iter().any(|name| (9..=16).contains(&name.length));
        (names.len() <= MOST_NAMES).then_some(Self { of, names, are_long })
    }
}

/// Four cells of a text.
struct Cells<'a> {
    lanes: Lanes,
    text: &'a [u8],
    cells: Four,
}

impl<'a> Cells<'a> {
    #[inline(always)]
    fn new((lanes, text): (Lanes, &'a [u8]), cells: [u64; 4]) -> Self {
        Self { lanes, text, cells: lanes.four(cells) }
    }

    #[inline(always)]
    fn all(&self, word: u64) -> Four {
        self.lanes.all(word)
    }

    /// The eight bytes that stand so many before the end of each cell.
    #[inline(always)]
    fn before_end(&self, bytes: u64) -> Four {
        self.eight(self.cells.down_by::<32>().wrapping_sub(self.all(bytes)))
    }

    /// The first eight bytes from where each cell begins.
    #[inline(always)]
    fn first(&self) -> Four {
        self.eight(self.cells & self.all(0xFFFF_FFFF))
    }

    /// Eight bytes from each of some places on; zeros where the text does not have them, which are neither digits
    /// nor any name's.
    #[inline(always)]
    fn eight(&self, places: Four) -> Four {
        let eight = |place: u64| {
            // A place of 32 bits, so that one comparison is enough to see that the bytes are there.
            let place = usize::try_from(place & 0xFFFF_FFFF).unwrap_or(usize::MAX);
            let bytes = self.text.get(place..place.wrapping_add(8)).and_then(|bytes| bytes.first_chunk());
            bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        self.lanes.four(places.words().map(eight))
    }

    /// How many bytes each cell has.
    #[inline(always)]
    fn lengths(&self) -> Four {
        self.cells.down_by::<32>().wrapping_sub(self.cells & self.all(0xFFFF_FFFF))
    }

    /// By how many bits the bytes of a cell of so many stand above the lowest of so many; 64 and more where none
    /// does, or where they are more.
    #[inline(always)]
    fn shifts(&self, lengths: Four, bytes: u64) -> Four {
        self.all(bytes).wrapping_sub(lengths).up_by::<3>()
    }
}

/// Zero for each word all bytes of which are digits' values.
#[inline(always)]
fn no_digits(cells: &Cells<'_>, values: Four) -> Four {
    values.bytes_above(cells.all(0x0909_0909_0909_0909))
}

/// The number of eight digits' values, the first of which is the lowest byte.
#[inline(always)]
fn number(cells: &Cells<'_>, values: Four) -> Four {
    let fours = values.tens().hundreds();
    fours.times(cells.all(10_000)).wrapping_add(fours.down_by::<32>())
}

impl ReadFours for Numbers<'_> {
    #[inline(always)]
    fn read(&self, cells: [u64; 4]) -> (Four, Four) {
        let cells = Cells::new(self.of, cells);
        let lengths = cells.lengths();
        let is_long = lengths.exceeds(cells.all(8));
        // The last eight digits' values, and zeros before them.
        let shifts = cells.shifts(lengths, 8).without(is_long);
        let values = (cells.before_end(8) ^ cells.all(ZEROS)).down(shifts).up(shifts);
        // A point is 0x1E where a digit is its value. The lowest bit of the point's byte, or nothing:
        let points = values.bytes_equal(cells.all(0x1E1E_1E1E_1E1E_1E1E));
        let point = points & cells.all(0).wrapping_sub(points);
        let is_whole = points.is_zero();
        // What stands before the point moves over it.
        let before = point.wrapping_sub(cells.all(1)).without(is_whole);
        let up_to = before | point.up_by::<8>().wrapping_sub(point);
        let mut digits = values.without(up_to) | (values & before).up_by::<8>();
        let places = (before & cells.all(0x0101_0101_0101_0101)).bytes_summed();
        let factor = cells.lanes.entries(&self.factors, places);
        // A point has digits before it too; in the first of eight bytes it would have seven behind it.
        let begins = point.equals(cells.all(1).up(shifts));
        let no_length = lengths.is_zero() | lengths.exceeds(cells.all(16));
        let mut others = begins | no_length | factor.is_zero();
        let mut upper = cells.all(0);
        if is_long.words() != [0; 4] {
            // The values of the digits before those, of which the last moves beside the others if there is a point.
            let shifts = cells.shifts(lengths, 16);
            let values = (cells.before_end(16) ^ cells.all(ZEROS)).down(shifts).up(shifts);
            digits = digits | values.down_by::<56>().without(is_whole);
            let values = values.where_or(is_whole, values.up_by::<8>());
            upper = number(&cells, values).times(cells.all(100_000_000));
            // Sixteen digits fit, but not times any factor.
            let is_one = factor.equals(cells.all(1)) | values.is_zero();
            others = others | no_digits(&cells, values) | cells.all(1).without(is_one);
        }
        let others = others | no_digits(&cells, digits);
        // Eight digits times any factor fit.
        (number(&cells, digits).times(factor).wrapping_add(upper), others.is_zero())
    }
}

impl ReadFours for Dates<'_> {
    #[inline(always)]
    fn read(&self, cells: [u64; 4]) -> (Four, Four) {
        let cells = Cells::new(self.of, cells);
        let last = cells.before_end(8);
        // Year, month and day without the hyphens, of `YYYY-MM-` and `YY-MM-DD`.
        let year = cells.first() & cells.all(0x0000_0000_FFFF_FFFF);
        let month = last.up_by::<8>() & cells.all(0x0000_FFFF_0000_0000);
        let day = last & cells.all(0xFFFF_0000_0000_0000);
        let values = (year | month | day) ^ cells.all(ZEROS);
        let hyphens = last & cells.all(0x0000_FF00_00FF_0000) ^ cells.all(0x0000_2D00_002D_0000);
        let length = cells.lengths() ^ cells.all(10);
        let pairs = values.tens();
        let year = pairs.hundreds() & cells.all(0xFFFF_FFFF);
        let month = pairs.down_by::<32>() & cells.all(0xFFFF);
        let day = pairs.down_by::<48>();
        let none = day.is_zero() | year.is_zero() | month.exceeds(cells.all(12));
        let is_taken = (hyphens | no_digits(&cells, values) | length).is_zero();
        let is_taken = is_taken.without(none | day.exceeds(month.bytes_of(&LONGEST)));
        // Years that begin with March have their leap day last; 366 days less are those of the year 0.
        let early = cells.all(3).exceeds(month);
        let year = year.wrapping_add(early);
        let month = month.wrapping_add(early & cells.all(12)).wrapping_sub(cells.all(3));
        // A hundredth of a number below 10,000.
        let century = year.times(cells.all(5_243)).down_by::<19>();
        let leap = year.down_by::<2>().wrapping_sub(century).wrapping_add(century.down_by::<2>());
        // 153 days are five months; a fifth of a number below 2,000.
        let days = month.times(cells.all(153)).wrapping_add(cells.all(2));
        let before = days.times(cells.all(52_429)).down_by::<18>();
        let years = year.times(cells.all(365)).wrapping_add(leap);
        (years.wrapping_add(before).wrapping_add(day).wrapping_sub(cells.all(306)), is_taken)
    }
}

impl ReadFours for NamesOf<'_> {
    #[inline(always)]
    fn read(&self, cells: [u64; 4]) -> (Four, Four) {
        let cells = Cells::new(self.of, cells);
        let (lengths, last) = (cells.lengths(), cells.before_end(8));
        let shifts = cells.shifts(lengths, 8);
        let short = last.down(shifts).up(shifts);
        let none = cells.all(0);
        let first = if self.are_long { cells.first() } else { none };
        // A cell is one name at most, since a plan has each once.
        let (mut codes, mut taken) = (none, none);
        for (code, name) in (0..).zip(self.names) {
            let ends = match name.length {
                1..=8 => short,
                9..=16 => last,
                _ => continue,
            };
            let mut is = ends.equals(cells.all(name.last)) & lengths.equals(cells.all(name.length.into()));
            if name.length > 8 {
                is = is & first.equals(cells.all(name.first));
            }
            codes = codes | is & cells.all(code);
            taken = taken | is;
        }
        (codes, taken)
    }
}

/// The days of each month in a year that is none of leap; none where there is no such month.
const LONGEST: [u8; 16] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::roster::bounds::Cell;
    use crate::data::roster::cell::{self, Decimals, date, name};
    use proptest::array::uniform4;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// What four cells are read as where they stand one after the other in a text, after some bytes and before
    /// others; first four at a time and then one by one.
    fn read(
        (before, cells, after): (&[u8], &[Vec<u8>; 4], &[u8]),
        of: impl Fn(&[u8], [u64; 4]) -> (Four, Four),
        one: impl Fn(&[u8], Cell) -> Option<i64>,
    ) -> ([Option<i64>; 4], [Option<i64>; 4]) {
        let mut text = before.to_vec();
        let places = cells.each_ref().map(|cell| {
            let start = u32::try_from(text.len()).unwrap();
            text.extend_from_slice(cell);
            text.push(b',');
            (start, u32::try_from(text.len()).unwrap() - 1)
        });
        text.pop();
        text.extend_from_slice(after);
        let (numbers, taken) = of(&text, places.map(|(start, end)| u64::from(end) << 32 | u64::from(start)));
        let mut numbers = numbers.words().into_iter().zip(taken.words());
        let found = [(); 4].map(|()| numbers.next().unwrap());
        assert!(found.iter().all(|(_, taken)| [0, u64::MAX].contains(taken)));
        let found = found.map(|(n, taken)| (taken != 0).then_some(n.cast_signed()));
        (found, places.map(|cell| one(&text, cell)))
    }

    /// What may stand around cells: nothing, a little, or enough.
    fn around() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![Just(Vec::new()), Just(b"1,".to_vec()), Just(b",12345678,12345678,".to_vec())]
    }

    /// A cell as a pattern has it, or with any byte in place of one of its own.
    fn cell(pattern: &'static str) -> impl Strategy<Value = Vec<u8>> {
        let pattern = proptest::string::string_regex(pattern).unwrap();
        (pattern, any::<proptest::sample::Index>(), 0_usize..8, any::<u8>()).prop_map(
            |(cell, at, odds, byte)| {
                let mut cell = cell.into_bytes();
                if odds == 0 && !cell.is_empty() {
                    let at = at.index(cell.len());
                    cell[at] = byte;
                }
                cell
            },
        )
    }

    proptest! {
        #[test]
        fn four_numbers_are_read_as_each_is(
            before in around(), after in around(), scale in 0_u32..10,
            cells in uniform4(cell("[0-9]{0,17}(\\.[0-9]{0,9})?|0{0,9}[0-9]{1,4}\\.[0-9]{2}|[0-9.a,/:-]{0,9}")),
        ) {
            let Some(lanes) = Lanes::find() else { return Ok(()) };
            let decimals = Decimals::new(scale);
            let numbers = |text: &[u8], cells| Numbers { of: (lanes, text), factors: decimals.fours() }.read(cells);
            let each = |text: &[u8], place: Cell| cell::scaled(cell::bytes(text, place)?, scale);
            let (found, each) = read((&before, &cells, &after), numbers, each);
            for ((found, each), cell) in found.into_iter().zip(each).zip(&cells) {
                // What is not taken is read one by one.
                prop_assert!(found.is_none() || found == each, "{:?}: {:?}, {:?}", cell, found, each);
                let decimals = cell.iter().rev().position(|b| *b == b'.').unwrap_or(0);
                let usual = cell.len() <= 8 || cell.len() <= 16 && decimals < 7 && decimals == scale as usize;
                let is_there = before.len() >= 8;
                prop_assert!(found == each || !usual || !is_there, "{:?}: {:?}, {:?}", cell, found, each);
            }
        }

        #[test]
        fn four_dates_are_read_as_each_is(
            before in around(), after in around(),
            cells in uniform4(cell("[0-9]{4}-[0-1][0-9]-[0-3][0-9]|[0-9]{3}[0-9-][0-9/]-[0-9]{1,2}-[0-9a]{1,3}|[0-9-]{0,11}")),
        ) {
            let Some(lanes) = Lanes::find() else { return Ok(()) };
            let dates = |text: &[u8], cells| Dates { of: (lanes, text) }.read(cells);
            let (found, each) = read((&before, &cells, &after), dates, date);
            for ((found, each), cell) in found.into_iter().zip(each).zip(cells) {
                prop_assert_eq!(found, each.filter(|_| !cell.ends_with(b"-02-29")), "{:?}", cell);
            }
        }

        #[test]
        fn four_names_are_found_as_each_is(
            before in around(), after in around(),
            names in proptest::collection::btree_set("[a-b]{1,3}|[a-c]{7,10}|a{6,18}|b{15,19}|é{3,9}", 1..6),
            cells in uniform4((0_usize..8, cell("[a-c]{0,9}|a{0,20}|[\u{0}é]{1,9}"))),
        ) {
            let Some(lanes) = Lanes::find() else { return Ok(()) };
            let texts: Vec<String> = names.into_iter().collect();
            let names: Vec<Name> = texts.iter().map(|n| Name::new(Arc::from(&**n))).collect();
            let cells = cells.map(|(which, other)| texts.get(which).map_or(other, |n| n.clone().into_bytes()));
            let of = |text: &[u8], cells| NamesOf::new((lanes, text), &names).unwrap().read(cells);
            let (found, each) = read((&before, &cells, &after), of, |text, cell| name(text, cell, &names));
            for ((found, each), cell) in found.into_iter().zip(each).zip(cells) {
                let is_there = before.len() >= 8 && after.len() >= 8;
                prop_assert!(found.is_none() || found == each, "{:?}", cell);
                prop_assert!(found == each || !is_there || cell.len() > 16, "{:?}", cell);
            }
        }
    }

    #[test]
    fn every_day_is_read_as_one_by_one() {
        let Some(lanes) = Lanes::find() else { return };
        for year in (0..10_000).step_by(37).chain(1_896..2_105) {
            for month in 0..14 {
                for day in (0..34).step_by(4) {
                    let cells = [0, 1, 2, 3]
                        .map(|more| format!("{year:04}-{month:02}-{:02}", day + more).into_bytes());
                    let dates = |text: &[u8], cells| Dates { of: (lanes, text) }.read(cells);
                    let (found, each) = read((b"", &cells, b""), dates, date);
                    for ((found, each), cell) in found.into_iter().zip(each).zip(cells) {
                        assert_eq!(found, each.filter(|_| !cell.ends_with(b"-02-29")), "{cell:?}");
                    }
                }
            }
        }
    }
}
