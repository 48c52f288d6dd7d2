//! Single cells, read as they most often are written.

use chrono::{Datelike, NaiveDate};
use std::sync::Arc;

/// Digits of a number that fit 64 bits whatever they are.
const MOST_DIGITS: usize = 18;

/// A plain number: digits, perhaps a point and digits. Answers its digits as one whole number, how
/// many stand behind the point, and where the cell ends.
#[inline]
pub fn number(block: &[u8], at: usize) -> Option<(i64, u32, usize)> {
    let rest = block.get(at..)?;
    let (whole, length) = digits(rest);
    if length == 0 || length > MOST_DIGITS {
        return None;
    }
    match rest.get(length) {
        Some(b'.') => {
            let after = length.wrapping_add(1);
            let (part, decimals) = digits(rest.get(after..)?);
            if decimals == 0 || length.wrapping_add(decimals) > MOST_DIGITS {
                return None;
            }
            let value = whole.wrapping_mul(*TENS.get(decimals)?).wrapping_add(part);
            let end = after.wrapping_add(decimals);
            let scale = u32::try_from(decimals).ok()?;
            ends(rest, end).then_some((i64::try_from(value).ok()?, scale, at.wrapping_add(end)))
        }
        _ => ends(rest, length).then_some((i64::try_from(whole).ok()?, 0, at.wrapping_add(length))),
    }
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
    let text = u64::from_le_bytes(*first);
    // Zero to nine where a digit stands; the highest bit of each other byte ends up set.
    let values = text ^ 0x3030_3030_3030_3030;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let length = others.trailing_zeros() >> 3;
    match length {
        0 => (0, 0),
        8 => one_by_one(bytes),
        _ => {
            // The digits are moved to the end, zeros before them.
            let moved = values << (64_u32.wrapping_sub(length << 3) & 63);
            let pairs = moved.wrapping_mul(10).wrapping_add(moved >> 8) & 0x00FF_00FF_00FF_00FF;
            let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
            let value = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF;
            (value, length as usize)
        }
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
    let end = at.checked_add(10)?;
    let text: &[u8; 10] = block.get(at..end)?.try_into().ok()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let digit = |byte: u8| -> Option<u32> {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then_some(digit.into())
    };
    let two = |a: u8, b: u8| Some(digit(a)?.wrapping_mul(10).wrapping_add(digit(b)?));
    let year = two(y1, y2)?.wrapping_mul(100).wrapping_add(two(y3, y4)?);
    if year == 0 || !ends(block, end) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(m1, m2)?, two(d1, d2)?)?;
    Some((date.num_days_from_ce().into(), end))
}

/// A cell that is one of some names: its place among them, and where the cell ends. The name of the row
/// before is tried first.
#[inline]
pub fn name(block: &[u8], at: usize, names: &[Arc<str>], before: Option<i64>) -> Option<(i64, usize)> {
    let rest = block.get(at..)?;
    let is = |name: &Arc<str>| rest.strip_prefix(name.as_bytes()).is_some_and(|after| ends(after, 0));
    let found = |code: usize, name: &Arc<str>| Some((i64::try_from(code).ok()?, at.checked_add(name.len())?));
    if let Some(code) = before.and_then(|code| usize::try_from(code).ok())
        && let Some(name) = names.get(code).filter(|n| is(n))
    {
        return found(code, name);
    }
    names.iter().enumerate().find(|(_, n)| is(n)).and_then(|(code, name)| found(code, name))
}

/// A cell as it stands, and where it ends; none where it is in quotes.
#[inline]
pub fn plain(block: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = block.get(at..)?;
    let length = rest.iter().position(|b| matches!(b, b',' | b'\n' | b'\r' | b'"' | 0))?;
    match rest.get(length) {
        Some(b'"' | 0) => None,
        _ => Some((rest.get(..length)?, at.wrapping_add(length))),
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
        fn dates_are_read_as_dates_are(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
            let found = date(format!("{text},").as_bytes(), 0);
            let expected = crate::value::parse_date(&text).map(|d| (i64::from(d.num_days_from_ce()), 10));
            prop_assert_eq!(found, expected);
        }
    }
}
