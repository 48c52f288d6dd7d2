//! Single cells, read as they most often are written.

use chrono::{Datelike, NaiveDate};
use std::sync::Arc;

/// Digits of a number that fit 64 bits whatever they are.
const MOST_DIGITS: usize = 18;

/// Eight bytes, each `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;
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

/// A plain number: digits, perhaps a point and digits. Answers its digits as one whole number, how
/// many stand behind the point, and where the cell ends.
#[inline]
pub fn number(block: &[u8], at: usize) -> Option<(i64, u32, usize)> {
    let cell = block.get(at..)?;
    let Some((value, decimals, length)) = cell.first_chunk::<8>().and_then(|chunk| short_number(*chunk))
    else {
        return long_number(cell, at);
    };
    ends(cell, length).then_some((value, decimals, at.wrapping_add(length)))
}

/// A number of which all and its cell's end stand within eight bytes, in a few operations and without a
/// branch on how long it is: digits, decimals and length; none where it is not so.
#[inline]
fn short_number(chunk: [u8; 8]) -> Option<(i64, u32, usize)> {
    let length = before_low(chunk);
    if length == 0 || length == 8 {
        return None;
    }
    // The cell's bytes are moved up to the last of eight; a digit is its value then, a point 0x1E.
    let values = (u64::from_le_bytes(chunk) ^ ZEROS) << (64_usize.wrapping_sub(length.wrapping_mul(8)) & 63);
    let others_than_point = values ^ 0x1E1E_1E1E_1E1E_1E1E;
    let points = others_than_point.wrapping_sub(0x0101_0101_0101_0101) & !others_than_point & HIGHEST;
    let (digits, decimals) = if points == 0 {
        (values, 0)
    } else {
        // What stands before the point moves over it.
        let place = points.trailing_zeros() >> 3;
        let before = (1_u64 << (place << 3 & 63)).wrapping_sub(1);
        let after = !(before << 8 | 0xFF);
        let first = 8_usize.wrapping_sub(length);
        if place == 7 || place as usize == first {
            return None;
        }
        ((values & after) | (values & before) << 8, 7_u32.wrapping_sub(place))
    };
    (others(digits) == 0).then_some((i64::try_from(eight(digits)).ok()?, decimals, length))
}

/// A number of any length.
fn long_number(cell: &[u8], at: usize) -> Option<(i64, u32, usize)> {
    let (whole, length) = digits(cell);
    if length == 0 || length > MOST_DIGITS {
        return None;
    }
    if cell.get(length) != Some(&b'.') {
        return ends(cell, length).then_some((i64::try_from(whole).ok()?, 0, at.wrapping_add(length)));
    }
    let after = length.wrapping_add(1);
    let (part, decimals) = digits(cell.get(after..)?);
    if decimals == 0 || length.wrapping_add(decimals) > MOST_DIGITS {
        return None;
    }
    let value = whole.wrapping_mul(*TENS.get(decimals)?).wrapping_add(part);
    let end = after.wrapping_add(decimals);
    let scale = u32::try_from(decimals).ok()?;
    ends(cell, end).then_some((i64::try_from(value).ok()?, scale, at.wrapping_add(end)))
}

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

/// Whether a cell ends here.
#[inline]
fn ends(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), Some(b',' | b'\n' | b'\r'))
}

/// A date written `YYYY-MM-DD`, as days, and where the cell ends.
#[inline]
pub fn date(block: &[u8], at: usize) -> Option<(i64, usize)> {
    let cell = block.get(at..)?;
    let (first, rest) = cell.split_first_chunk::<8>()?;
    let day = u64::from(u16::from_le_bytes(*rest.first_chunk::<2>()?));
    let first = u64::from_le_bytes(*first);
    // Year, month and day without the hyphens at the places 4 and 7.
    let digits = ((first & 0xFFFF_FFFF) | (first >> 40 & 0xFFFF) << 32 | day << 48) ^ ZEROS;
    let hyphens = first & 0xFF00_00FF_0000_0000 == 0x2D00_002D_0000_0000;
    if !hyphens || others(digits) != 0 || !ends(cell, 10) {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let [century, _, year, _, month, _, day, _] = pairs.to_le_bytes().map(u32::from);
    Some((days(century.wrapping_mul(100).wrapping_add(year), month, day)?, at.wrapping_add(10)))
}

/// Days before a month of a year that begins in March, from March on; 153 days are five months.
fn days_before(month: u32) -> u32 {
    month.wrapping_mul(153).wrapping_add(2).wrapping_div(5)
}

/// The days of a date of the years 1 to 9999, counted as `chrono` counts them, where there is such a day.
#[inline]
fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    if year == 0 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if day > 28 {
        // Months may be shorter: the library knows.
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        return Some(date.num_days_from_ce().into());
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
    /// Its first bytes, up to eight, and which bytes of eight those are.
    first: u64,
    mask: u64,
}

impl Name {
    /// A name as cells are compared with it.
    pub fn new(text: Arc<str>) -> Self {
        let mut first = [0; 8];
        let mut mask = [0; 8];
        for ((first, mask), byte) in first.iter_mut().zip(&mut mask).zip(text.bytes()) {
            (*first, *mask) = (byte, u8::MAX);
        }
        Self { text, first: u64::from_le_bytes(first), mask: u64::from_le_bytes(mask) }
    }

    /// Whether a cell is this name. Eight bytes are compared in one go, where there are as many.
    #[inline]
    fn is(&self, cell: &[u8]) -> bool {
        let begins = match cell.first_chunk::<8>() {
            Some(chunk) => {
                u64::from_le_bytes(*chunk) & self.mask == self.first
                    && (self.text.len() <= 8 || cell.starts_with(self.text.as_bytes()))
            }
            None => cell.starts_with(self.text.as_bytes()),
        };
        begins && ends(cell, self.text.len())
    }
}

/// A cell that is one of some names: its place among them, and where the cell ends.
#[inline]
pub fn name(block: &[u8], at: usize, names: &[Name]) -> Option<(i64, usize)> {
    let cell = block.get(at..)?;
    let (code, name) = names.iter().enumerate().find(|(_, name)| name.is(cell))?;
    Some((i64::try_from(code).ok()?, at.wrapping_add(name.text.len())))
}

/// `true` as 1 or `false` as 0, and where the cell ends.
#[inline]
pub fn flag(block: &[u8], at: usize) -> Option<(i64, usize)> {
    let cell = block.get(at..)?;
    let (flag, length) = if cell.starts_with(b"true") { (1, 4) } else { (0, 5) };
    let written = flag == 1 || cell.starts_with(b"false");
    (written && ends(cell, length)).then_some((flag, at.wrapping_add(length)))
}

/// How many bytes stand before the first below `-`, among eight: whatever ends a plain cell is below.
#[inline]
fn before_low(eight: [u8; 8]) -> usize {
    let text = u64::from_le_bytes(eight);
    let low = text.wrapping_sub(0x2D2D_2D2D_2D2D_2D2D) & !text & HIGHEST;
    (low.trailing_zeros() >> 3) as usize
}

/// A cell as it stands, and where it ends; none where it is in quotes.
#[inline]
pub fn plain(block: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let cell = block.get(at..)?;
    let mut length = cell.first_chunk::<8>().map_or(0, |chunk| before_low(*chunk));
    length = length
        .wrapping_add(cell.get(length..)?.iter().position(|b| matches!(b, b',' | b'\n' | b'\r' | b'"' | 0))?);
    match cell.get(length) {
        Some(b'"' | 0) => None,
        _ => Some((cell.get(..length)?, at.wrapping_add(length))),
    }
}

/// A cell in quotes, its doubled quotes made single, and where it ends; none where it runs over a line.
pub fn quoted(block: &[u8], at: usize) -> Option<(Vec<u8>, usize)> {
    let mut rest = block.get(at..)?.strip_prefix(b"\"")?;
    let mut text = Vec::new();
    let mut end = at.checked_add(1)?;
    loop {
        let length = rest.iter().position(|b| matches!(b, b'"' | b'\n' | b'\r' | 0))?;
        text.extend_from_slice(rest.get(..length)?);
        (rest.get(length) == Some(&b'"')).then_some(())?;
        rest = rest.get(length.checked_add(1)?..)?;
        end = end.checked_add(length)?.checked_add(1)?;
        if let Some(more) = rest.strip_prefix(b"\"") {
            text.push(b'"');
            rest = more;
            end = end.checked_add(1)?;
        } else {
            return ends(rest, 0).then_some((text, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_exact_numbers_are(whole in "[0-9]{0,12}", part in "(\\.[0-9]{0,8})?", tail in "[,\n\ra]", more in "[0-9,]{0,9}") {
            let text = format!("{whole}{part}");
            let block = format!("{text}{tail}{more}");
            let found = number(block.as_bytes(), 0);
            let expected = crate::number::Num::parse(&text).ok().filter(|_| tail != "a");
            match (found, expected) {
                (Some((value, scale, end)), Some(n)) => {
                    prop_assert_eq!(crate::number::Num::from_scaled_ratio(value, 1, 10_i64.pow(scale)), Some(n));
                    prop_assert_eq!(end, text.len());
                }
                // Longer ones are left to the ordinary reader.
                (None, Some(_)) => prop_assert!(text.len() > MOST_DIGITS),
                (None, None) => {}
                (Some(found), None) => prop_assert!(false, "{block} gives {found:?}"),
            }
        }

        #[test]
        fn names_are_found_whole(names in proptest::collection::vec("[a-c]{0,3}[a-c_é]{0,12}", 1..5), tail in "[,\n\r][a-c,]{0,9}", which in 0_usize..6) {
            let names: std::collections::BTreeSet<String> = names.into_iter().collect();
            let names: Vec<Name> = names.iter().map(|n| Name::new(Arc::from(&**n))).collect();
            for (code, one) in names.iter().enumerate() {
                let block = format!("{}{tail}", one.text);
                prop_assert_eq!(name(block.as_bytes(), 0, &names), Some((i64::try_from(code).unwrap(), one.text.len())));
            }
            let other = format!("{}x{tail}", names.get(which).map_or("", |n| &n.text));
            prop_assert_eq!(name(other.as_bytes(), 0, &names), None);
        }

        #[test]
        fn plain_cells_end_where_they_end(cell in "[ -+\\--~é]{0,20}", end in "[,\n\r\"]", more in "[a,]{0,9}") {
            let cell = cell.replace('"', "'");
            let block = format!("{cell}{end}{more}");
            let expected = (end != "\"").then_some((cell.as_bytes(), cell.len()));
            prop_assert_eq!(plain(block.as_bytes(), 0), expected);
        }

        #[test]
        fn dates_are_read_as_dates_are(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
            let found = date(format!("{text},").as_bytes(), 0);
            let expected = crate::value::parse_date(&text).map(|d| (i64::from(d.num_days_from_ce()), 10));
            prop_assert_eq!(found, expected);
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
