//! Dates as whole numbers: moved by months and taken apart without a calendar of days. A year is thought to
//! begin in March, so that the day added in a leap year is its last.

use super::program::DatePart;

/// The last day of the year 9999, where January 1 of the year 1 is 1.
const LAST: i64 = 3_652_059;
/// Days from March 1 of the year 0 to December 31, the day before 1.
const BEFORE: i64 = 305;
/// Days of 400 years.
const IN_400: u64 = 146_097;

/// A day's year, the month of that year and the day of that month, both from 0.
struct Parts {
    year: u64,
    month: u64,
    day: u64,
}

impl Parts {
    /// Of a day; one outside of the years 1 to 9999, which no row that matters has, is taken for the first
    /// or the last of them.
    fn of(day: i64) -> Self {
        let days = day.clamp(1, LAST).wrapping_add(BEFORE).cast_unsigned();
        let (centuries, days) = (days / IN_400, days % IN_400);
        // Leap days before are taken off, those left out at the ends of centuries put back.
        let leap = (days / 1_460).wrapping_sub(days / 36_524).wrapping_add(days / 146_096);
        let of_400 = days.wrapping_sub(leap) / 365;
        let days = days.wrapping_sub(before_year(of_400));
        // Five months from March on, or from August on, have 153 days.
        let month = days.wrapping_mul(5).wrapping_add(2) / 153;
        let day = days.wrapping_sub(before_month(month));
        Self { year: centuries.wrapping_mul(400).wrapping_add(of_400), month, day }
    }

    fn joined(&self) -> i64 {
        let days = before_year(self.year).wrapping_add(before_month(self.month)).wrapping_add(self.day);
        days.cast_signed().wrapping_sub(BEFORE)
    }

    /// The last day of the month, from 0.
    fn last_day(&self) -> u64 {
        // March has 31 days, April 30 and so on, but July and August, December and January 31 each.
        let short = (self.month % 5) & 1;
        let next = self.year.wrapping_add(1);
        let leap = next.is_multiple_of(4) && (!next.is_multiple_of(100) || next.is_multiple_of(400));
        if self.month == 11 { 27_u64.wrapping_add(leap.into()) } else { 30_u64.wrapping_sub(short) }
    }
}

/// Days of the years before this one.
fn before_year(year: u64) -> u64 {
    year.wrapping_mul(365).wrapping_add(year / 4).wrapping_sub(year / 100).wrapping_add(year / 400)
}

/// Days of the months before this one.
fn before_month(month: u64) -> u64 {
    month.wrapping_mul(153).wrapping_add(2) / 5
}

/// The same day so many months later, or the last of that month where it has no such day; none outside of
/// the years 1 to 9999.
pub fn add_months(day: i64, months: i64) -> Option<i64> {
    // More months than there are lead out of the calendar in any case.
    let months = months.clamp(-200_000, 200_000);
    let parts = Parts::of(day);
    let month = parts.year.wrapping_mul(12).wrapping_add(parts.month).cast_signed().wrapping_add(months);
    let month = u64::try_from(month).ok()?;
    let moved = Parts { year: month / 12, month: month % 12, day: 0 };
    let moved = Parts { day: parts.day.min(moved.last_day()), ..moved };
    let day = moved.joined();
    (1..=LAST).contains(&day).then_some(day)
}

/// The day of a year, month and day of the month, each from 1; none where there is no such day.
pub fn made(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month) = (u64::try_from(year).ok()?, u64::try_from(month).ok()?);
    ((1..=9_999).contains(&year) && (1..=12).contains(&month)).then_some(())?;
    // January and February end the year before.
    let (year, month) = if month <= 2 {
        (year.wrapping_sub(1), month.wrapping_add(9))
    } else {
        (year, month.wrapping_sub(3))
    };
    let parts = Parts { year, month, day: u64::try_from(day.checked_sub(1)?).ok()? };
    (parts.day <= parts.last_day()).then(|| parts.joined())
}

/// A part of a day.
pub fn part(day: i64, part: DatePart) -> i64 {
    let parts = Parts::of(day);
    let found = match part {
        // January and February are the eleventh and twelfth month of the year before.
        DatePart::Year => parts.year.wrapping_add((parts.month >= 10).into()),
        DatePart::Month if parts.month >= 10 => parts.month.wrapping_sub(9),
        DatePart::Month => parts.month.wrapping_add(3),
        DatePart::Day => parts.day.wrapping_add(1),
        DatePart::MonthEnd => return Parts { day: parts.last_day(), ..parts }.joined(),
    };
    found.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{MonthEnd, last_of_month};
    use chrono::{Datelike, NaiveDate};

    #[test]
    fn every_day_of_the_calendar_has_the_parts_that_the_calendar_says() {
        for day in 1..=LAST {
            let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).unwrap()).unwrap();
            let of = |p| part(day, p);
            let found = (of(DatePart::Year), of(DatePart::Month), of(DatePart::Day), of(DatePart::MonthEnd));
            let end = last_of_month(date).num_days_from_ce();
            let known = (date.year().into(), date.month().into(), date.day().into(), end.into());
            assert_eq!(found, known, "{date}");
            assert_eq!(made(known.0, known.1, known.2), Some(day), "{date}");
        }
    }

    #[test]
    fn days_that_no_month_has_are_made_of_nothing() {
        for (year, month, day) in [
            (2001, 2, 29),
            (1900, 2, 29),
            (2000, 2, 30),
            (2001, 4, 31),
            (2001, 1, 32),
            (2001, 1, 0),
            (2001, 0, 1),
            (2001, 13, 1),
            (0, 12, 31),
            (10_000, 1, 1),
            (i64::MIN, i64::MAX, 1),
            (2001, 1, i64::MIN),
            (2001, 3, i64::MAX),
        ] {
            assert_eq!(made(year, month, day), None, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn days_are_moved_by_months_as_the_calendar_moves_them() {
        let ends = [1, 2, 31, 59, 60, 365, 366, LAST - 366, LAST - 31, LAST - 1, LAST];
        let leap_years = 577_725..577_725 + 1_500;
        for months in
            [0, 1, -1, 2, 11, -12, 13, 29, -48, 1_200, -1_201, 4_801, 119_987, -119_987, i64::MAX, i64::MIN]
        {
            for day in ends.into_iter().chain(leap_years.clone()).chain((1..LAST).step_by(9_973)) {
                let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).unwrap()).unwrap();
                let known = crate::value::add_months(date, months, MonthEnd::Clamp).ok();
                let known = known.map(|d| i64::from(d.num_days_from_ce()));
                assert_eq!(add_months(day, months), known, "{date} and {months} months");
            }
        }
    }
}
