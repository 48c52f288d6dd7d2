//! Cells read four at a time, as they most often are written: what [`super::cell`] does one by one.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into work compiled for newer instructions uses them"
)]

use super::cell::{Name, ZEROS};
use super::numbers::ReadFours;
use crate::lanes::{Four, Lanes};

/// Plain numbers of up to eight characters: digits, perhaps a point and digits.
pub struct Numbers<'a> {
    /// The processor, and the text.
    pub of: (Lanes, &'a [u8]),
    /// What makes a number one of the column's units, by how many bytes of eight stand before its point, the
    /// first without one; 0 where it has too many decimals.
    pub factors: [u32; 8],
}

/// Dates written `YYYY-MM-DD`, but for the last day of February in a leap year: their days.
pub struct Dates<'a> {
    /// The processor, and the text.
    pub of: (Lanes, &'a [u8]),
}

/// Names of up to sixteen bytes: their places among the names.
pub struct NamesOf<'a> {
    /// The processor, and the text.
    pub of: (Lanes, &'a [u8]),
    /// The names.
    pub names: &'a [Name],
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

    /// The last eight bytes up to where each cell ends.
    #[inline(always)]
    fn last(&self) -> Four {
        self.eight(self.cells.down_by::<32>().wrapping_sub(self.all(8)))
    }

    /// The first eight bytes from where each cell begins.
    #[inline(always)]
    fn first(&self) -> Four {
        self.eight(self.cells & self.all(0xFFFF_FFFF))
    }

    /// Eight bytes from each of some places on; none where the text has no so many.
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

    /// By how many bits the bytes of a cell of so many stand above the lowest of eight; 64 and more of one that is
    /// empty or longer.
    #[inline(always)]
    fn shifts(&self, lengths: Four) -> Four {
        self.all(8).wrapping_sub(lengths).up_by::<3>()
    }
}

impl ReadFours for Numbers<'_> {
    #[inline(always)]
    fn read(&self, cells: [u64; 4]) -> (Four, Four) {
        let cells = Cells::new(self.of, cells);
        let lengths = cells.lengths();
        let shifts = cells.shifts(lengths);
        // Digits' values, and zeros before them.
        let values = (cells.last() ^ cells.all(ZEROS)).down(shifts).up(shifts);
        // A point is 0x1E where a digit is its value. The lowest bit of the point's byte, or nothing:
        let points = values.bytes_equal(cells.all(0x1E1E_1E1E_1E1E_1E1E));
        let point = points & cells.all(0).wrapping_sub(points);
        // What stands before the point moves over it.
        let before = point.wrapping_sub(cells.all(1)).without(points.is_zero());
        let up_to = before | point.up_by::<8>().wrapping_sub(point);
        let digits = values.without(up_to) | (values & before).up_by::<8>();
        let places = (before & cells.all(0x0101_0101_0101_0101)).bytes_summed();
        let factor = cells.lanes.entries(&self.factors, places);
        // A point has digits before it too.
        let first = point.equals(cells.all(1).up(shifts)) & cells.all(1);
        let others = digits.bytes_above(cells.all(0x0909_0909_0909_0909)) | first;
        let is_long = lengths.wrapping_sub(cells.all(1)).without(cells.all(7));
        let is_taken = (others | is_long).is_zero().without(factor.is_zero());
        let fours = digits.tens().hundreds();
        let number = fours.times_whole(10_000).wrapping_add(fours.down_by::<32>());
        // Eight digits times any factor fit.
        (number.times(factor), is_taken)
    }
}

impl ReadFours for Dates<'_> {
    #[inline(always)]
    fn read(&self, cells: [u64; 4]) -> (Four, Four) {
        let cells = Cells::new(self.of, cells);
        let last = cells.last();
        // Year, month and day without the hyphens, of `YYYY-MM-` and `YY-MM-DD`.
        let year = cells.first() & cells.all(0x0000_0000_FFFF_FFFF);
        let month = last.up_by::<8>() & cells.all(0x0000_FFFF_0000_0000);
        let day = last & cells.all(0xFFFF_0000_0000_0000);
        let values = (year | month | day) ^ cells.all(ZEROS);
        let hyphens = last & cells.all(0x0000_FF00_00FF_0000) ^ cells.all(0x0000_2D00_002D_0000);
        let others = values.bytes_above(cells.all(0x0909_0909_0909_0909));
        let length = cells.lengths() ^ cells.all(10);
        let pairs = values.tens();
        let year = pairs.hundreds() & cells.all(0xFFFF_FFFF);
        let month = pairs.down_by::<32>() & cells.all(0xFFFF);
        let day = pairs.down_by::<48>();
        let none = day.is_zero() | year.is_zero() | month.exceeds(cells.all(12));
        let is_taken = (hyphens | others | length).is_zero();
        let is_taken = is_taken.without(none | day.exceeds(month.bytes_of(&LONGEST)));
        // Years that begin with March have their leap day last; 366 days less are those of the year 0.
        let early = cells.all(3).exceeds(month);
        let year = year.wrapping_add(early);
        let month = month.wrapping_add(early & cells.all(12)).wrapping_sub(cells.all(3));
        // A hundredth of a number below 10,000.
        let century = year.times_whole(5_243).down_by::<19>();
        let leap = year.down_by::<2>().wrapping_sub(century).wrapping_add(century.down_by::<2>());
        // 153 days are five months; a fifth of a number below 2,000.
        let before = month.times_whole(153).wrapping_add(cells.all(2)).times_whole(52_429).down_by::<18>();
        let years = year.times_whole(365).wrapping_add(leap);
        (years.wrapping_add(before).wrapping_add(day).wrapping_sub(cells.all(306)), is_taken)
    }
}

impl ReadFours for NamesOf<'_> {
    #[inline(always)]
    fn read(&self, cells: [u64; 4]) -> (Four, Four) {
        let cells = Cells::new(self.of, cells);
        let (lengths, last) = (cells.lengths(), cells.last());
        let shifts = cells.shifts(lengths);
        let short = last.down(shifts).up(shifts);
        let none = cells.all(0);
        let first = if self.names.iter().any(|name| name.length > 8) { cells.first() } else { none };
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
    use crate::data::roster::cell::{Decimals, date, name};
    use proptest::prelude::*;
    use std::sync::Arc;

    /// What four cells of some text that stand one after the other are read as.
    fn read(
        cells: &[String; 4],
        of: impl Fn(&[u8], [u64; 4]) -> (Four, Four),
        one: impl Fn(&[u8], Cell) -> Option<i64>,
    ) -> ([Option<i64>; 4], [Option<i64>; 4]) {
        let text = format!("12345678,{},12345678", cells.join(","));
        let mut at = 9;
        let places = cells.each_ref().map(|cell| {
            let start = at;
            at += u32::try_from(cell.len()).unwrap() + 1;
            (start, at - 1)
        });
        let (numbers, taken) =
            of(text.as_bytes(), places.map(|(start, end)| u64::from(end) << 32 | u64::from(start)));
        let mut numbers = numbers.words().into_iter().zip(taken.words());
        let read = [(); 4].map(|()| numbers.next().unwrap());
        for (_, taken) in read {
            assert!(taken == 0 || taken == u64::MAX);
        }
        (
            read.map(|(n, taken)| (taken != 0).then_some(n.cast_signed())),
            places.map(|cell| one(text.as_bytes(), cell)),
        )
    }

    proptest! {
        #[test]
        fn four_numbers_are_read_as_each_is(
            cells in proptest::array::uniform4("[0-9]{0,9}(\\.[0-9]{0,8})?|[0-9.a,/:-]{0,9}"), scale in 0_u32..10
        ) {
            let Some(lanes) = Lanes::find() else { return Ok(()) };
            let decimals = Decimals::new(scale);
            let (found, each) = read(&cells, |text, cells| Numbers { of: (lanes, text), factors: decimals.fours }.read(cells), |text, cell| decimals.short(text, cell));
            prop_assert_eq!(found, each);
        }

        #[test]
        fn four_dates_are_read_as_each_is(
            cells in proptest::array::uniform4("[0-9]{4}-[0-1][0-9]-[0-3][0-9]|[0-9]{3}[0-9-][0-9/]-[0-9]{1,2}-[0-9a]{1,3}|[0-9-]{0,11}")
        ) {
            let Some(lanes) = Lanes::find() else { return Ok(()) };
            let (found, each) = read(&cells, |text, cells| Dates { of: (lanes, text) }.read(cells), date);
            for ((found, each), cell) in found.into_iter().zip(each).zip(cells) {
                prop_assert_eq!(found, each.filter(|_| !cell.ends_with("-02-29")), "{}", cell);
            }
        }

        #[test]
        fn four_names_are_found_as_each_is(
            names in proptest::collection::btree_set("[a-b]{1,3}|[a-c]{7,10}|a{6,18}|b{15,19}", 1..6),
            cells in proptest::array::uniform4((0_usize..8, "[a-c]{0,9}|a{0,20}")),
        ) {
            let Some(lanes) = Lanes::find() else { return Ok(()) };
            let names: Vec<Name> = names.iter().map(|n| Name::new(Arc::from(&**n))).collect();
            let cells = cells.map(|(which, other)| names.get(which).map_or(other, |n| n.text().to_owned()));
            let (found, each) = read(&cells, |text, cells| NamesOf { of: (lanes, text), names: &names }.read(cells), |text, cell| name(text, cell, &names));
            for ((found, each), cell) in found.into_iter().zip(each).zip(cells) {
                prop_assert_eq!(found, each.filter(|_| cell.len() <= 16), "{}", cell);
            }
        }
    }

    #[test]
    fn each_day_is_read_as_one_by_one() {
        let Some(lanes) = Lanes::find() else { return };
        for year in (0..10_000).step_by(3).chain([1_900, 2_000, 2_100]) {
            for month in 0..14 {
                let days = [1 + year % 20, 28, 30, 31];
                let cells = days.map(|day| format!("{year:04}-{month:02}-{day:02}"));
                let (found, each) = read(&cells, |text, cells| Dates { of: (lanes, text) }.read(cells), date);
                assert_eq!(found, each, "{cells:?}");
            }
        }
    }
}
