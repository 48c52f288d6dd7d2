//! Single cells, read as they most often are written.

use super::bounds::Cell;
use crate::lanes::ZEROS;
use std::sync::Arc;

/// Digits of a number that fit 64 bits whatever they are.
const MOST_DIGITS: usize = 18;

/// The highest bit of each of eight bytes.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each byte that is no digit's value: nothing where all are 0 to 9.
#[inline]
fn others(values: u64) -> u64 {
    (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGHEST
}

/// The number of eight digits, the first of which is the lowest byte.
#[inline]
fn eight(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

/// The bytes of a cell.
#[inline]
pub fn bytes(text: &[u8], (start, end): Cell) -> Option<&[u8]> {
    text.get(start as usize..end as usize)
}

/// The place of a number among those that are remembered.
#[inline]
fn place(values: u64, shift: u32) -> usize {
    let mixed = (values ^ u64::from(shift)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 58) as usize & (KNOWN - 1)
}

/// Whether most cells are without a point.
fn mostly_whole(text: &[u8], cells: impl Iterator<Item = Cell>) -> bool {
    let (mut pointed, mut all) = (0_usize, 0_usize);
    for cell in cells {
        all = all.saturating_add(1);
        pointed = pointed.saturating_add(usize::from(bytes(text, cell).is_some_and(|c| c.contains(&b'.'))));
    }
    pointed.saturating_mul(8) <= all
}

/// The eight bytes that end where a cell ends, as digits' values, and how far those of the cell stand
/// from the lowest: what stands before it is made zeros. None where it is empty or longer.
#[inline]
fn last_eight(text: &[u8], (start, end): Cell) -> Option<(u64, u32)> {
    let length = end.wrapping_sub(start);
    let bytes = text.get(..end as usize)?.last_chunk::<8>()?;
    (length.wrapping_sub(1) < 8).then_some(())?;
    let shift = 64_u32.wrapping_sub(length << 3) & 63;
    Some(((u64::from_le_bytes(*bytes) ^ ZEROS) >> shift << shift, shift))
}

/// How the numbers of a column are written, for the most part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// As some numbers before: they need not be read again.
    Again,
    /// Without a point.
    Whole,
    /// Otherwise.
    Mixed,
}

/// Numbers that are remembered as they were written.
const KNOWN: usize = 64;

/// A number as it was written: its eight bytes, how far those of the cell stand from the lowest, and what
/// it is.
#[derive(Clone, Copy)]
struct Known {
    values: u64,
    shift: u32,
    number: i64,
}

/// Numbers of one column, in units of a power of ten.
pub struct Decimals {
    /// Numbers that the column had, each in the place that its bytes say; none before they are asked for.
    known: Vec<Known>,
    /// What makes a number one of the column's units, by how many bytes of eight stand before its point;
    /// 0 where it has too many decimals, or none behind a point. The last is for numbers without one.
    factors: [i64; 16],
}

impl Decimals {
    /// Numbers with up to so many decimals.
    pub fn new(scale: u32) -> Self {
        let mut factors = [0; 16];
        for (factor, decimals) in factors.iter_mut().zip((1..=7_u32).rev()) {
            *factor = scale.checked_sub(decimals).and_then(|up| 10_i64.checked_pow(up)).unwrap_or(0);
        }
        if let Some(whole) = factors.get_mut(8) {
            *whole = 10_i64.checked_pow(scale).unwrap_or(0);
        }
        Self { known: Vec::new(), factors }
    }

    /// What makes a number one of the column's units, by how many bytes of eight stand before its point: at least
    /// one; the first is for numbers without a point.
    pub fn fours(&self) -> [u32; 8] {
        let [_, one, two, three, four, five, six, seven, whole, ..] = self.factors;
        [whole, one, two, three, four, five, six, seven].map(|factor| u32::try_from(factor).unwrap_or(0))
    }

    /// What some cells are like; they are remembered.
    pub fn habit(&mut self, text: &[u8], cells: impl Iterator<Item = Cell> + Clone) -> Habit {
        let (mut again, mut all) = (0_usize, 0_usize);
        for cell in cells.clone() {
            all = all.saturating_add(1);
            let is_known = last_eight(text, cell).is_some_and(|(values, shift)| {
                self.known.get(place(values, shift)).is_some_and(|k| k.values == values && k.shift == shift)
            });
            again = again.saturating_add(usize::from(is_known));
            if !is_known {
                self.learn(text, cell);
            }
        }
        if again.saturating_mul(8) >= all.saturating_mul(7) {
            Habit::Again
        } else if mostly_whole(text, cells) {
            Habit::Whole
        } else {
            Habit::Mixed
        }
    }

    /// A number that is remembered.
    #[inline]
    pub fn again(&self, text: &[u8], cell: Cell) -> Option<i64> {
        let (values, shift) = last_eight(text, cell)?;
        let known = self.known.get(place(values, shift))?;
        (known.values == values && known.shift == shift).then_some(known.number)
    }

    /// A plain number of up to eight characters, which is remembered.
    pub fn learn(&mut self, text: &[u8], cell: Cell) -> Option<i64> {
        let (values, shift) = last_eight(text, cell)?;
        let number = self.pointed(values, shift)?;
        // No cell stands as far as this.
        self.known.resize(KNOWN, Known { values: 0, shift: 64, number: 0 });
        *self.known.get_mut(place(values, shift))? = Known { values, shift, number };
        Some(number)
    }

    /// A number of up to eight digits.
    #[inline]
    pub fn whole(&self, text: &[u8], cell: Cell) -> Option<i64> {
        let (values, _) = last_eight(text, cell)?;
        let [.., factor, _, _, _, _, _, _, _] = self.factors;
        (others(values) == 0).then(|| eight(values).cast_signed().wrapping_mul(factor))
    }

    /// A plain number of up to eight characters: digits, perhaps a point and digits.
    #[inline]
    pub fn short(&self, text: &[u8], cell: Cell) -> Option<i64> {
        let (values, shift) = last_eight(text, cell)?;
        self.pointed(values, shift)
    }

    /// Where the point stands, if there is one, costs no branch.
    #[inline]
    fn pointed(&self, values: u64, shift: u32) -> Option<i64> {
        // A point is 0x1E where a digit is its value.
        let others_than_point = values ^ 0x1E1E_1E1E_1E1E_1E1E;
        let points = others_than_point.wrapping_sub(0x0101_0101_0101_0101) & !others_than_point & HIGHEST;
        // The lowest bit of the point's byte, or nothing.
        let point = (points & points.wrapping_neg()) >> 7;
        // What stands before the point moves over it.
        let before = point.saturating_sub(1);
        let after = !(before | (point << 8).wrapping_sub(point));
        let digits = (values & after) | (values & before) << 8;
        let factor = self.factors.get((point.trailing_zeros() >> 3 & 15) as usize).copied()?;
        // A point has digits before it too.
        let fits = others(digits) == 0 && factor != 0 && point != 1 << shift;
        // Eight digits times any factor fit.
        fits.then(|| eight(digits).cast_signed().wrapping_mul(factor))
    }
}

/// A plain number: digits, perhaps a point and digits. Answers its digits as one whole number, and how
/// many stand behind the point.
pub fn number(cell: &[u8]) -> Option<(i64, u32)> {
    let (whole, length) = digits(cell);
    if length == 0 || length > MOST_DIGITS {
        return None;
    }
    let Some((b'.', after)) = cell.get(length..)?.split_first() else {
        return (length == cell.len()).then_some((i64::try_from(whole).ok()?, 0));
    };
    let (part, decimals) = digits(after);
    if decimals == 0 || length.wrapping_add(decimals) > MOST_DIGITS || decimals != after.len() {
        return None;
    }
    let value = whole.wrapping_mul(*TENS.get(decimals)?).wrapping_add(part);
    Some((i64::try_from(value).ok()?, u32::try_from(decimals).ok()?))
}

/// A plain number in units of a power of ten; none where it has more decimals, or too many digits.
pub fn scaled(cell: &[u8], scale: u32) -> Option<i64> {
    let (value, decimals) = number(cell)?;
    value.checked_mul(*POWERS.get(scale.checked_sub(decimals)? as usize)?)
}

/// 10 to the powers up to the decimals that a column's numbers may share.
pub const POWERS: [i64; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// 10 to the powers that a number of the most digits needs.
const TENS: [u64; 19] = {
    let mut tens = [1; 19];
    let mut n = 1;
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler, which refuses what is out of bounds"
    )]
    while n < tens.len() {
        tens[n] = tens[n - 1] * 10;
        n += 1;
    }
    tens
};

/// The digits that stand first as a number, and how many they are; beyond the most the number means
/// nothing. Eight characters are looked at in one go: how long a number is then costs no branch.
#[inline]
fn digits(bytes: &[u8]) -> (u64, usize) {
    let Some(first) = bytes.first_chunk::<8>() else { return one_by_one(bytes) };
    let values = u64::from_le_bytes(*first) ^ ZEROS;
    let length = others(values).trailing_zeros() >> 3;
    match length {
        0 => (0, 0),
        8 => one_by_one(bytes),
        // The digits are moved to the end, zeros before them.
        _ => (eight(values << (64_u32.wrapping_sub(length << 3) & 63)), length as usize),
    }
}

fn one_by_one(bytes: &[u8]) -> (u64, usize) {
    let mut value = 0_u64;
    let mut length = 0_usize;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(digit.into());
        length = length.wrapping_add(1);
    }
    (value, length)
}

/// A date written `YYYY-MM-DD`, as days.
#[inline]
pub fn date(text: &[u8], cell: Cell) -> Option<i64> {
    let bytes: &[u8; 10] = bytes(text, cell)?.try_into().ok()?;
    let (first, day) = bytes.split_first_chunk::<8>()?;
    let day = u64::from(u16::from_le_bytes(*day.first_chunk::<2>()?));
    let first = u64::from_le_bytes(*first);
    // Year, month and day without the hyphens at the places 4 and 7.
    let digits = ((first & 0xFFFF_FFFF) | (first >> 40 & 0xFFFF) << 32 | day << 48) ^ ZEROS;
    let hyphens = first & 0xFF00_00FF_0000_0000 == 0x2D00_002D_0000_0000;
    if !hyphens || others(digits) != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let [century, _, year, _, month, _, day, _] = pairs.to_le_bytes();
    let year = u32::from(century).wrapping_mul(100).wrapping_add(year.into());
    days(year, month.into(), day.into())
}

/// Days before a month of a year that begins in March, from March on; 153 days are five months.
fn days_before(month: u32) -> u32 {
    month.wrapping_mul(153).wrapping_add(2).wrapping_div(5)
}

/// The days of each month in a leap year; none of month 0.
const LONGEST: [u32; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// The days of a date of the years 1 to 9999, counted as `chrono` counts them, where there is such a day.
#[inline]
fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    let longest = LONGEST.get(month as usize).copied()?;
    if year == 0 || day == 0 || day > longest || (month == 2 && day == 29 && !is_leap(year)) {
        return None;
    }
    // Years that begin with March have their leap day last; 366 days less are those of the year 0.
    let early = u32::from(month < 3);
    let (year, month) =
        (year.wrapping_sub(early), month.wrapping_add(early.wrapping_mul(12)).wrapping_sub(3));
    let leap = year.wrapping_div(4).wrapping_sub(year.wrapping_div(100)).wrapping_add(year.wrapping_div(400));
    let years = i64::from(year.wrapping_mul(365).wrapping_add(leap));
    Some(years.wrapping_add(days_before(month).into()).wrapping_add(day.into()).wrapping_sub(306))
}

/// A name that cells of a column may have.
pub struct Name {
    text: Arc<str>,
    /// How many bytes it has.
    pub length: u32,
    /// Its first bytes, up to eight, the first of them the lowest.
    pub first: u64,
    /// Its last bytes, up to eight, the last of them the highest.
    pub last: u64,
}

impl Name {
    /// A name as cells are compared with it.
    pub fn new(text: Arc<str>) -> Self {
        let mut first = [0; 8];
        let mut last = [0; 8];
        first.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
        last.iter_mut().rev().zip(text.bytes().rev()).for_each(|(place, byte)| *place = byte);
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { text, length, first: u64::from_le_bytes(first), last: u64::from_le_bytes(last) }
    }
}

/// A cell that is one of some names: its place among them.
#[inline]
pub fn name(text: &[u8], (start, end): Cell, names: &[Name]) -> Option<i64> {
    let length = end.wrapping_sub(start);
    // No name is empty, and cells often are.
    (length > 0).then_some(())?;
    let rest = text.get(start as usize..)?;
    let Some(chunk) = rest.first_chunk::<8>() else {
        // The last cell of all.
        let cell = bytes(text, (start, end))?;
        return i64::try_from(names.iter().position(|name| name.text.as_bytes() == cell)?).ok();
    };
    // Of a shorter cell the bytes after it do not count.
    let unused = 64_u32.saturating_sub(length << 3) & 63;
    let first = u64::from_le_bytes(*chunk) << unused >> unused;
    let is = |name: &Name| {
        name.length == length
            && name.first == first
            && (length <= 8 || rest.starts_with(name.text.as_bytes()))
    };
    let code = names.iter().position(is)?;
    i64::try_from(code).ok()
}

/// `false` and `true`, each in the place of its number.
pub fn flags() -> Vec<Name> {
    ["false", "true"].map(|flag| Name::new(Arc::from(flag))).into()
}

/// What stands in quotes, doubled quotes made single; none where the cell is not in quotes.
pub fn quoted(cell: &[u8]) -> Option<Vec<u8>> {
    let mut rest = cell.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut text = Vec::with_capacity(rest.len());
    while let Some(length) = memchr::memchr(b'"', rest) {
        text.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length..)?.strip_prefix(b"\"\"")?;
        text.push(b'"');
    }
    text.extend_from_slice(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_exact_numbers_are(
            cells in proptest::collection::vec("[0-9]{0,12}(\\.[0-9]{0,8})?|[0-9.a,-]{0,9}", 1..9), scale in 0_u32..10
        ) {
            let mut decimals = Decimals::new(scale);
            for cell in cells {
                let block = format!("12345678,{cell},");
                let expected = crate::number::Num::parse(&cell).ok();
                let plain = |c: char| c.is_ascii_digit() || c == '.';
                let expected = expected.filter(|_| cell.chars().all(plain));
                if let Some((value, found)) = number(cell.as_bytes()) {
                    prop_assert_eq!(crate::number::Num::from_scaled_ratio(value, 1, 10_i64.pow(found)), expected.clone());
                } else {
                    // Longer ones are left to the ordinary reader.
                    prop_assert!(expected.is_none() || cell.len() > MOST_DIGITS, "{cell}");
                }
                let place = (9, 9 + u32::try_from(cell.len()).unwrap());
                let found = decimals.short(block.as_bytes(), place);
                let is_whole = cell.len() < 9 && cell.chars().all(|c| c.is_ascii_digit());
                prop_assert_eq!(decimals.whole(block.as_bytes(), place), found.filter(|_| is_whole));
                prop_assert_eq!(decimals.learn(block.as_bytes(), place), found);
                prop_assert_eq!(decimals.again(block.as_bytes(), place), found);
                prop_assert_eq!(decimals.again(block.as_bytes(), place), found);
                let digits = cell.split_once('.').map_or(0, |(_, part)| part.len());
                if let Some(found) = found {
                    let number = crate::number::Num::from_scaled_ratio(found, 1, 10_i64.pow(scale));
                    prop_assert_eq!(number, expected, "{}", cell);
                } else {
                    let fits = cell.len() <= 8 && digits <= scale as usize;
                    prop_assert!(expected.is_none() || !fits, "{cell}");
                }
            }
        }

        #[test]
        fn names_are_found_whole(
            names in proptest::collection::btree_set("[a-c]{0,3}[a-c_é]{1,12}", 1..5), more in "[a-c,]{0,9}", which in 0_usize..6
        ) {
            let names: Vec<Name> = names.iter().map(|n| Name::new(Arc::from(&**n))).collect();
            for (code, one) in names.iter().enumerate() {
                let block = format!("{},{more}", one.text);
                prop_assert_eq!(name(block.as_bytes(), (0, one.length), &names), Some(i64::try_from(code).unwrap()));
            }
            let other = format!("{}x", names.get(which).map_or("", |n| &n.text));
            prop_assert_eq!(name(format!("{other},{more}").as_bytes(), (0, u32::try_from(other.len()).unwrap()), &names), None);
            prop_assert_eq!(name(more.as_bytes(), (0, 0), &names), None);
        }

        #[test]
        fn cells_in_quotes_are_read_as_they_were(text in "[a,\"é ]{0,9}") {
            let cell = format!("\"{}\"", text.replace('"', "\"\""));
            prop_assert_eq!(quoted(cell.as_bytes()), Some(text.into_bytes()));
            prop_assert_eq!(quoted(cell.trim_start_matches('"').as_bytes()), None);
        }

        #[test]
        fn dates_are_read_as_dates_are(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
            let found = date(text.as_bytes(), (0, 10));
            let expected = crate::value::parse_date(&text).map(|d| i64::from(d.num_days_from_ce()));
            prop_assert_eq!(found, expected);
            prop_assert_eq!(date(format!("{text}1").as_bytes(), (0, 11)), None);
        }
    }

    #[test]
    fn days_are_counted_as_the_library_counts_them() {
        for year in 0..=9_999 {
            for month in 0..=13 {
                for day in [0, 1, 2, 27, 28, 29, 30, 31, 32] {
                    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| year > 0);
                    let expected = date.map(|d| i64::from(d.num_days_from_ce()));
                    assert_eq!(days(year.unsigned_abs(), month, day), expected, "{year}-{month}-{day}");
                }
            }
        }
    }
}
