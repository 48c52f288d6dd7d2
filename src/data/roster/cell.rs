//! Single cells, read as they most often are written.

use chrono::{Datelike, NaiveDate};

/// Digits of a number that fit 64 bits whatever they are.
const MOST_DIGITS: usize = 18;

/// A plain number: digits, perhaps a point and digits. Answers its digits as one whole number, how
/// many stand behind the point, and where the cell ends.
#[inline]
pub fn number(block: &[u8], at: usize) -> Option<(i64, u32, usize)> {
    let rest = block.get(at..)?;
    let (whole, length) = digits(rest, 0);
    if length == 0 {
        return None;
    }
    match rest.get(length) {
        Some(b'.') => {
            let after = length.wrapping_add(1);
            let (value, decimals) = digits(rest.get(after..)?, whole);
            if decimals == 0 || length.wrapping_add(decimals) > MOST_DIGITS {
                return None;
            }
            let end = after.wrapping_add(decimals);
            let scale = u32::try_from(decimals).ok()?;
            ends(rest, end).then_some((value, scale, at.wrapping_add(end)))
        }
        _ if length > MOST_DIGITS => None,
        _ => ends(rest, length).then_some((whole, 0, at.wrapping_add(length))),
    }
}

/// The digits that stand first, after those of `value`, and how many they are.
#[inline]
fn digits(bytes: &[u8], mut value: i64) -> (i64, usize) {
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
