//! On which day of a year a holiday is kept.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::sync::Arc;

/// A holiday that returns every year.
pub(super) struct Holiday {
    pub(super) name: Arc<str>,
    pub(super) when: When,
    /// The first year it is kept in, if it has one.
    pub(super) from: Option<i32>,
    /// The last year it is kept in, if it has one.
    pub(super) until: Option<i32>,
}

/// The rule that gives the day.
pub(super) enum When {
    /// A day of a month, with the weekdays it is kept on instead where it falls on the weekend.
    Fixed { month: u32, day: u32, saturday: Option<Kept>, sunday: Option<Kept> },
    /// The first to fifth of a month's Mondays, Tuesdays and so on, or the last one; and so many
    /// days after that.
    Nth { nth: Nth, weekday: Weekday, month: u32, plus: i64 },
    /// So many days after Easter Sunday of the western churches, or before it where negative.
    Easter { offset: i64 },
}

/// Which of a month's days of one weekday.
#[derive(Clone, Copy)]
pub(super) enum Nth {
    /// Counted from the first, 1 to 5.
    FromStart(u8),
    /// The last one.
    Last,
}

/// The weekday next to the weekend that a holiday is kept on.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// The Friday before.
    Friday,
    /// The Monday after.
    Monday,
}

impl Holiday {
    /// The day on which the holiday of a year is kept, which may lie in the next year or the one
    /// before; none where that year has no such day or does not keep it.
    pub(super) fn kept_on(&self, year: i32) -> Option<NaiveDate> {
        if self.from.is_some_and(|from| year < from) || self.until.is_some_and(|until| year > until) {
            return None;
        }
        match self.when {
            When::Fixed { month, day, saturday, sunday } => {
                moved(NaiveDate::from_ymd_opt(year, month, day)?, saturday, sunday)
            }
            When::Nth { nth, weekday, month, plus } => shift(nth_weekday(year, month, weekday, nth)?, plus),
            When::Easter { offset } => shift(easter(year)?, offset),
        }
    }
}

/// The day on which a holiday that falls on this day is kept.
fn moved(day: NaiveDate, saturday: Option<Kept>, sunday: Option<Kept>) -> Option<NaiveDate> {
    let days = match (day.weekday(), saturday, sunday) {
        (Weekday::Sat, Some(Kept::Friday), _) => -1,
        (Weekday::Sat, Some(Kept::Monday), _) => 2,
        (Weekday::Sun, _, Some(Kept::Friday)) => -2,
        (Weekday::Sun, _, Some(Kept::Monday)) => 1,
        _ => 0,
    };
    shift(day, days)
}

fn shift(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { day.checked_sub_days(distance) } else { day.checked_add_days(distance) }
}

fn nth_weekday(year: i32, month: u32, weekday: Weekday, nth: Nth) -> Option<NaiveDate> {
    let of_month = |n| NaiveDate::from_weekday_of_month_opt(year, month, weekday, n);
    match nth {
        Nth::FromStart(n) => of_month(n),
        Nth::Last => of_month(5).or_else(|| of_month(4)),
    }
}

/// Easter Sunday of the Gregorian calendar, by Butcher's algorithm (*Nature*, 20 April 1876).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a calendar's years have at most five digits, and no divisor is zero"
)]
fn easter(year: i32) -> Option<NaiveDate> {
    let place = year.rem_euclid(19);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let moon =
        (century - (century - (century + 8) / 25 + 1) / 3 - century / 4 + 19 * place + 15).rem_euclid(30);
    let sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4).rem_euclid(7);
    let late = (place + 11 * moon + 22 * sunday) / 451;
    let day_of_march = moon + sunday - 7 * late + 22;
    shift(NaiveDate::from_ymd_opt(year, 3, 1)?, i64::from(day_of_march) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_on_the_days_it_fell_on() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (1954, 4, 18),
            (1981, 4, 19),
            (2000, 4, 23),
            (2001, 4, 15),
            (2008, 3, 23),
            (2011, 4, 24),
            (2024, 3, 31),
            (2038, 4, 25),
            (2049, 4, 18),
            (2285, 3, 22),
        ] {
            assert_eq!(easter(year), NaiveDate::from_ymd_opt(year, month, day));
        }
    }

    #[test]
    fn easter_is_always_a_sunday_from_march_22_to_april_25() {
        for year in 0..=10_000 {
            let day = easter(year).unwrap();
            assert_eq!(day.weekday(), Weekday::Sun);
            assert!((322..=425).contains(&(day.month() * 100 + day.day())), "{day}");
        }
    }

    #[test]
    fn a_month_may_have_no_fifth_monday_but_has_a_last() {
        assert_eq!(nth_weekday(2001, 5, Weekday::Mon, Nth::FromStart(5)), None);
        assert_eq!(nth_weekday(2001, 5, Weekday::Mon, Nth::Last), NaiveDate::from_ymd_opt(2001, 5, 28));
        assert_eq!(nth_weekday(2004, 5, Weekday::Mon, Nth::Last), NaiveDate::from_ymd_opt(2004, 5, 31));
    }
}
