//! Numbers as data writes them.

use super::{Num, big, small};
use num_bigint::BigInt;
use num_rational::BigRational;
use thiserror::Error;

/// The most characters a number may have.
const MAX_LENGTH: usize = 200;
/// The furthest an exponent may move the point.
const MAX_EXPONENT: i32 = 1_000;

/// Why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumParseError {
    /// There is nothing.
    #[error("there is no number")]
    Empty,
    /// It does not read as a number.
    #[error("this is not a number")]
    NotANumber,
    /// It is longer than any number may be.
    #[error("a number has at most {MAX_LENGTH} characters")]
    TooLong,
    /// Its exponent moves the point too far.
    #[error("an exponent is at most {MAX_EXPONENT}")]
    ExponentTooLarge,
    /// A fraction of zero parts.
    #[error("a fraction cannot have 0 below its line")]
    ZeroDenominator,
}

impl Num {
    /// Reads a number exactly as data writes it: an optional `-`, digits, optionally a point and
    /// digits, optionally `e` or `E` and a whole exponent; or a fraction `n/d` of whole numbers.
    /// There are no spaces, no `_`, no `+` in front, and digits on both sides of a point.
    ///
    /// # Errors
    /// [`NumParseError`] where the text is anything else, or too long.
    pub fn parse(text: &str) -> Result<Self, NumParseError> {
        if text.is_empty() {
            return Err(NumParseError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(NumParseError::TooLong);
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if let Some((above, below)) = unsigned.split_once('/') {
            return fraction(negative, above, below);
        }
        let (significand, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((significand, exponent)) => (significand, read_exponent(exponent)),
            None => (unsigned, Ok(0)),
        };
        let (whole, decimals) = match significand.split_once('.') {
            Some((whole, decimals)) => (digits(whole)?, digits(decimals)?),
            None => (digits(significand)?, ""),
        };
        let exponent = match exponent {
            // Zero is zero, wherever its point is moved.
            Err(NumParseError::ExponentTooLarge) if is_zero(whole) && is_zero(decimals) => 0,
            other => other?,
        };
        decimal(negative, whole, decimals, exponent)
    }
}

impl std::str::FromStr for Num {
    type Err = NumParseError;

    fn from_str(text: &str) -> Result<Self, NumParseError> {
        Self::parse(text)
    }
}

/// Whether digits say nothing but zero.
fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|b| b == b'0')
}

/// The text, where it is one digit or more and nothing else.
fn digits(text: &str) -> Result<&str, NumParseError> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(NumParseError::NotANumber)
    }
}

/// An exponent, with its optional sign.
fn read_exponent(text: &str) -> Result<i32, NumParseError> {
    digits(text.strip_prefix(['-', '+']).unwrap_or(text))?;
    match text.parse::<i32>() {
        Ok(exponent) if (-MAX_EXPONENT..=MAX_EXPONENT).contains(&exponent) => Ok(exponent),
        _ => Err(NumParseError::ExponentTooLarge),
    }
}

/// The number of these digits before and after the point, times ten to a power.
fn decimal(negative: bool, whole: &str, decimals: &str, exponent: i32) -> Result<Num, NumParseError> {
    // The text has at most 200 characters, so the number of decimals fits by far.
    let written = i32::try_from(decimals.len()).map_err(|_| NumParseError::TooLong)?;
    let scale = written.saturating_sub(exponent);
    let mantissa = whole.bytes().chain(decimals.bytes()).try_fold(0_i128, |sum, byte| {
        sum.checked_mul(10)?.checked_add(i128::from(byte.saturating_sub(b'0')))
    });
    if let Some(mantissa) = mantissa {
        let signed = if negative { mantissa.saturating_neg() } else { mantissa };
        let zeros = scale.min(0).unsigned_abs();
        let scaled = small::power_of_ten(zeros).and_then(|power| signed.checked_mul(power));
        if let Some(scaled) = scaled {
            return Ok(small::from_scaled(scaled, scale.max(0).unsigned_abs()));
        }
    }
    let mantissa = BigRational::from_integer(big_integer(negative, &[whole, decimals].concat())?);
    let power = BigRational::from_integer(big::power_of_ten(scale.unsigned_abs()));
    if scale < 0 {
        Ok(big::mul(&mantissa, &power))
    } else {
        big::div(&mantissa, &power).map_err(|_| NumParseError::NotANumber)
    }
}

/// A fraction of whole numbers.
fn fraction(negative: bool, above: &str, below: &str) -> Result<Num, NumParseError> {
    let (above, below) = (digits(above)?, digits(below)?);
    if below.bytes().all(|b| b == b'0') {
        return Err(NumParseError::ZeroDenominator);
    }
    if let (Ok(numerator), Ok(denominator)) = (above.parse::<i64>(), below.parse::<i64>()) {
        let signed = if negative { numerator.saturating_neg() } else { numerator };
        return Num::from_ratio(signed, denominator).ok_or(NumParseError::ZeroDenominator);
    }
    Num::from_big_ratio(big_integer(negative, above)?, big_integer(false, below)?)
        .ok_or(NumParseError::ZeroDenominator)
}

/// A whole number of any length.
fn big_integer(negative: bool, digits: &str) -> Result<BigInt, NumParseError> {
    let sign = if negative { "-" } else { "" };
    format!("{sign}{digits}").parse().map_err(|_| NumParseError::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_exactly_as_written() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("0.1", "0.1"),
            ("-12.25", "-12.25"),
            ("1e3", "1000"),
            ("1.5E-2", "0.015"),
            ("1e+2", "100"),
            ("0e1000", "0"),
            ("1/3", "1/3"),
            ("-2/6", "-1/3"),
            ("10/4", "2.5"),
            ("0/5", "0"),
            ("18446744073709551616/3", "18446744073709551616/3"),
            ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
            ("0.00000000000000000000000000000000001", "0.00000000000000000000000000000000001"),
            ("12345678901234567890123456789012345678901e-2", "123456789012345678901234567890123456789.01"),
        ] {
            assert_eq!(Num::parse(text).unwrap().to_string(), shown, "{text}");
        }
        assert_eq!(Num::parse("1e40").unwrap().to_string(), format!("1{}", "0".repeat(40)));
        assert_eq!(Num::parse("1e1000").unwrap().to_string(), format!("1{}", "0".repeat(1000)));
        let long = "1234567890123456789012345678901234567890";
        assert_eq!(Num::parse(&format!("{long}e3")).unwrap().to_string(), format!("{long}000"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "+1", ".5", "5.", "-", "1_000", "1,000", " 1", "1 ", "1e", "1e1.5", "e3", "1.2.3", "--1", "1/-3",
            "1.5/2", "1/3e2", "1/2/3", "/3", "1/", "inf", "NaN", "0x10", "٣", "1e+-3", "−1", "1-", "1e 3",
            "$5",
        ] {
            assert_eq!(Num::parse(text), Err(NumParseError::NotANumber), "{text}");
        }
        assert_eq!(Num::parse(""), Err(NumParseError::Empty));
        assert_eq!(Num::parse("1/0"), Err(NumParseError::ZeroDenominator));
        assert_eq!(Num::parse("0/000"), Err(NumParseError::ZeroDenominator));
        assert_eq!(Num::parse("1e1001"), Err(NumParseError::ExponentTooLarge));
        assert_eq!(Num::parse("1e-99999999999"), Err(NumParseError::ExponentTooLarge));
        assert_eq!(Num::parse(&"9".repeat(201)), Err(NumParseError::TooLong));
        assert!(Num::parse(&"9".repeat(200)).is_ok());
    }
}
