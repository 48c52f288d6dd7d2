//! Calendar arithmetic on days of the years 1 to 9999.

use chrono::{Datelike, Days, Months, NaiveDate};
use thiserror::Error;

/// The years a date may lie in.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// A date has no place in the calendar that plans know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DateError {
    /// It would lie outside the years 1 to 9999.
    #[error("the date lies outside the years 1 to 9999")]
    OutOfRange,
}

/// What adding months does where the later month has no such day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonthEnd {
    /// It goes to that month's last day: January 31 and one month is February 28, or 29.
    Clamp,
}

impl MonthEnd {
    /// The convention of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (name == "clamp").then_some(Self::Clamp)
    }

    /// The name a plan uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clamp => "clamp",
        }
    }
}

/// Reads a date written `YYYY-MM-DD` and in no other way.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        return None;
    }
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    within_years(date).ok()
}

/// The day so many days later, or earlier where the number is negative.
///
/// # Errors
/// [`DateError::OutOfRange`] where that day lies outside the years 1 to 9999.
pub fn add_days(date: NaiveDate, days: i64) -> Result<NaiveDate, DateError> {
    let distance = Days::new(days.unsigned_abs());
    let moved = if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) };
    within_years(moved.ok_or(DateError::OutOfRange)?)
}

/// The same day so many months later, or earlier where the number is negative.
///
/// # Errors
/// [`DateError::OutOfRange`] where that day lies outside the years 1 to 9999.
pub fn add_months(date: NaiveDate, months: i64, month_end: MonthEnd) -> Result<NaiveDate, DateError> {
    let distance = Months::new(u32::try_from(months.unsigned_abs()).map_err(|_| DateError::OutOfRange)?);
    let MonthEnd::Clamp = month_end;
    let moved =
        if months < 0 { date.checked_sub_months(distance) } else { date.checked_add_months(distance) };
    within_years(moved.ok_or(DateError::OutOfRange)?)
}

/// The days from one day to another: 1 from a day to the next, negative where the second is earlier.
#[must_use]
pub fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    i64::from(to.num_days_from_ce()).saturating_sub(from.num_days_from_ce().into())
}

/// The last day of a day's month.
#[must_use]
pub fn last_of_month(date: NaiveDate) -> NaiveDate {
    // One of these is the last day of any month.
    [31, 30, 29, 28].into_iter().find_map(|day| date.with_day(day)).unwrap_or(date)
}

/// The date, where its year is one that plans know.
fn within_years(date: NaiveDate) -> Result<NaiveDate, DateError> {
    if YEARS.contains(&date.year()) { Ok(date) } else { Err(DateError::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    #[test]
    fn only_iso_dates_that_exist_are_read() {
        assert_eq!(parse_date("2001-02-16"), NaiveDate::from_ymd_opt(2001, 2, 16));
        assert_eq!(parse_date("0001-01-01"), NaiveDate::from_ymd_opt(1, 1, 1));
        for text in [
            "",
            "2001-2-16",
            "2001-02-30",
            "2001-13-01",
            "0000-01-01",
            "+2001-01-1",
            "2001/02/16",
            "20010216",
            " 2001-02-16",
            "2001-02-16 ",
            "2001-02-16T00:00:00",
            "12001-02-16",
            "-001-01-01",
            "２001-01-1",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn months_go_to_the_same_day_or_to_the_last() {
        let add = |text, months| add_months(date(text), months, MonthEnd::Clamp).map(|d| d.to_string());
        assert_eq!(add("2000-01-31", 1), Ok("2000-02-29".to_owned()));
        assert_eq!(add("2001-01-31", 1), Ok("2001-02-28".to_owned()));
        assert_eq!(add("2001-03-31", -1), Ok("2001-02-28".to_owned()));
        assert_eq!(add("2000-02-29", 12), Ok("2001-02-28".to_owned()));
        assert_eq!(add("2000-11-30", 3), Ok("2001-02-28".to_owned()));
        assert_eq!(add("2001-02-28", 24), Ok("2003-02-28".to_owned()));
        assert_eq!(add("9999-12-01", 1), Err(DateError::OutOfRange));
        assert_eq!(add("0001-01-31", -1), Err(DateError::OutOfRange));
        assert_eq!(add("2001-01-01", i64::MAX), Err(DateError::OutOfRange));
        assert_eq!(add("2001-01-01", i64::MIN), Err(DateError::OutOfRange));
    }

    #[test]
    fn days_beyond_the_years_are_an_error() {
        assert_eq!(add_days(date("9999-12-31"), 1), Err(DateError::OutOfRange));
        assert_eq!(add_days(date("0001-01-01"), -1), Err(DateError::OutOfRange));
        assert_eq!(add_days(date("2001-01-01"), i64::MAX), Err(DateError::OutOfRange));
        assert_eq!(add_days(date("2001-01-01"), i64::MIN), Err(DateError::OutOfRange));
        assert_eq!(add_days(date("2001-02-16"), 30), Ok(date("2001-03-18")));
    }

    #[test]
    fn a_month_ends_on_its_last_day() {
        for (day, last) in [
            ("2000-02-01", "2000-02-29"),
            ("1900-02-10", "1900-02-28"),
            ("2001-04-30", "2001-04-30"),
            ("2001-12-01", "2001-12-31"),
        ] {
            assert_eq!(last_of_month(date(day)), date(last));
        }
    }

    #[allow(clippy::arithmetic_side_effects, reason = "the distances drawn are small")]
    mod properties {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

            #[test]
            fn days_between_undoes_add_days(start in 0_i64..3_652_059, end in 0_i64..3_652_059) {
                let first = date("0001-01-01");
                let (from, to) = (add_days(first, start).unwrap(), add_days(first, end).unwrap());
                prop_assert_eq!(days_between(from, to), end - start);
                prop_assert_eq!(add_days(from, end - start), Ok(to));
                prop_assert_eq!(parse_date(&from.to_string()), Some(from));
            }
        }
    }
}
