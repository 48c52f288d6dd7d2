//! Numbers as text: every digit that exactness needs, and none besides.

use super::{Num, NumError, Repr, RoundingMode, big};
use num_rational::BigRational;
use std::fmt;

impl fmt::Display for Num {
    /// A plain decimal where a finite one exists, `n/d` in lowest terms otherwise. A width is
    /// honoured; a precision is not, for it would round.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Decimal(d) if f.precision().is_none() => d.fmt(f),
            _ => {
                let text = self.padded(0);
                match text.strip_prefix('-') {
                    Some(unsigned) => f.pad_integral(false, "", unsigned),
                    None => f.pad_integral(true, "", &text),
                }
            }
        }
    }
}

impl fmt::Debug for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Num {
    /// The number rounded to so many decimals, all of them shown: `19.2`, `5.0`.
    ///
    /// # Errors
    /// [`NumError::TooLarge`] where the decimals asked for, or the number, need more than
    /// `max_bits` bits.
    pub fn to_fixed(&self, decimals: u32, mode: RoundingMode, max_bits: u64) -> Result<String, NumError> {
        // A power of ten has more than three bits for each of its zeros.
        if u64::from(decimals).saturating_mul(3) > max_bits.max(96) {
            return Err(NumError::TooLarge(max_bits));
        }
        let step = big::to_num(BigRational::new_raw(1.into(), big::power_of_ten(decimals)));
        Ok(self.round_to(&step, mode, max_bits)?.padded(decimals))
    }

    /// The number exactly, with zeros added to have at least so many decimals; `n/d` where no
    /// finite decimal exists.
    #[must_use]
    pub fn padded(&self, min_decimals: u32) -> String {
        if let Repr::Decimal(d) = &self.0 {
            let magnitude = d.mantissa().unsigned_abs().to_string();
            point(d.mantissa() < 0, &magnitude, d.scale(), min_decimals)
        } else {
            let value = self.to_big();
            match big::digits_of(&value) {
                Some((digits, scale)) => {
                    point(self.is_negative(), &digits.magnitude().to_string(), scale, min_decimals)
                }
                None => value.to_string(),
            }
        }
    }
}

/// Puts the point `scale` digits before the end and zeros after it.
fn point(negative: bool, digits: &str, scale: u32, min_decimals: u32) -> String {
    let scale = usize::try_from(scale).unwrap_or(usize::MAX);
    let wanted = usize::try_from(min_decimals).unwrap_or(usize::MAX);
    let leading = scale.saturating_add(1).saturating_sub(digits.len());
    let mut text = "0".repeat(leading);
    text.push_str(digits);
    if scale.max(wanted) > 0 {
        text.insert(text.len().saturating_sub(scale), '.');
    }
    text.extend(std::iter::repeat_n('0', wanted.saturating_sub(scale)));
    if negative {
        text.insert(0, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(text: &str) -> Num {
        Num::parse(text).unwrap()
    }

    #[test]
    fn a_decimal_shows_the_digits_it_needs() {
        for (text, shown) in [
            ("1950.00", "1950"),
            ("1.115625", "1.115625"),
            ("-0.50", "-0.5"),
            ("100", "100"),
            ("1e-30", "0.000000000000000000000000000001"),
            ("-1/3", "-1/3"),
            ("1/1024", "0.0009765625"),
        ] {
            assert_eq!(num(text).to_string(), shown);
        }
        let eighths = num("1/2").powi(100, 16_384).unwrap();
        assert_eq!(eighths.to_string().len(), 102);
        assert_eq!(num(&eighths.to_string()), eighths);
    }

    #[test]
    fn a_width_is_honoured_and_a_precision_does_not_round() {
        assert_eq!(
            format!("{:>6}|{:<6}|{:>6}", num("1.5"), num("-1/3"), num("-1/3")),
            "   1.5|-1/3  |  -1/3"
        );
        assert_eq!(format!("{:.1}", num("1.25")), "1.25");
    }

    #[test]
    fn fixed_decimals_are_rounded_and_all_shown() {
        let fixed =
            |text: &str, decimals| num(text).to_fixed(decimals, RoundingMode::HalfUp, 16_384).unwrap();
        assert_eq!(fixed("19.16", 1), "19.2");
        assert_eq!(fixed("5", 1), "5.0");
        assert_eq!(fixed("2/3", 4), "0.6667");
        assert_eq!(fixed("-0.04", 1), "0.0");
        assert_eq!(fixed("-0.05", 1), "-0.1");
        assert_eq!(fixed("1234.5", 0), "1235");
        assert_eq!(fixed("1/3", 40), format!("0.{}", "3".repeat(40)));
        assert!(num("1").to_fixed(u32::MAX, RoundingMode::HalfUp, 16_384).is_err());
    }

    #[test]
    fn padding_adds_zeros_and_takes_no_digit_away() {
        assert_eq!(num("1950").padded(2), "1950.00");
        assert_eq!(num("1.5").padded(2), "1.50");
        assert_eq!(num("1.115625").padded(2), "1.115625");
        assert_eq!(num("0").padded(2), "0.00");
        assert_eq!(num("-0.5").padded(0), "-0.5");
        assert_eq!(num("1/3").padded(2), "1/3");
        assert_eq!(num("123456789012345678901234567890").padded(1), "123456789012345678901234567890.0");
    }
}
