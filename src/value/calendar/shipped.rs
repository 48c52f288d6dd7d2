//! The two calendars that are shipped, held against the words they follow: here each day is asked
//! whether it is one of the days described, where the calendars work out the days of each year.
#![allow(clippy::arithmetic_side_effects, reason = "the days and years of the tests are small")]

use super::Calendar;
use crate::limits::Limits;
use crate::value::parse_date;
use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue};
use chrono::{Datelike, NaiveDate, Weekday};

const NEW_YORK: &str = include_str!("../../../plans/calendars/new-york.toml");
const NYSE: &str = include_str!("../../../plans/calendars/nyse.toml");

fn calendar(text: &str) -> Calendar {
    Calendar::from_toml("calendar.toml", text, &Limits::DEFAULT).unwrap()
}

fn date(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// Easter by the tables of the Book of Common Prayer, good from 1900 to 2199: the Sunday after the
/// full moon that belongs to the golden number.
fn easter(year: i32) -> NaiveDate {
    const FULL_MOONS: [(u32, u32); 19] = [
        (4, 14),
        (4, 3),
        (3, 23),
        (4, 11),
        (3, 31),
        (4, 18),
        (4, 8),
        (3, 28),
        (4, 16),
        (4, 5),
        (3, 25),
        (4, 13),
        (4, 2),
        (3, 22),
        (4, 10),
        (3, 30),
        (4, 17),
        (4, 7),
        (3, 27),
    ];
    let (month, day) = FULL_MOONS[usize::try_from(year % 19).unwrap()];
    let moon = NaiveDate::from_ymd_opt(year, month, day).unwrap();
    moon.iter_days().skip(1).find(|d| d.weekday() == Sun).unwrap()
}

fn new_york_holiday(d: NaiveDate) -> bool {
    let (month, day, weekday) = (d.month(), d.day(), d.weekday());
    let fixed =
        |m, n| (month == m && day == n && weekday != Sun) || (month == m && day == n + 1 && weekday == Mon);
    let among = |m, w, days: std::ops::RangeInclusive<u32>| month == m && weekday == w && days.contains(&day);
    fixed(1, 1)
        || among(1, Mon, 15..=21)
        || fixed(2, 12)
        || among(2, Mon, 15..=21)
        || among(5, Mon, 25..=31)
        || among(6, Sun, 8..=14)
        || (d.year() >= 2020 && fixed(6, 19))
        || fixed(7, 4)
        || among(9, Mon, 1..=7)
        || among(10, Mon, 8..=14)
        || among(11, Tue, 2..=8)
        || fixed(11, 11)
        || among(11, Thu, 22..=28)
        || fixed(12, 25)
}

fn nyse_closed(d: NaiveDate) -> bool {
    let (month, day, weekday) = (d.month(), d.day(), d.weekday());
    let among = |m, w, days: std::ops::RangeInclusive<u32>| month == m && weekday == w && days.contains(&day);
    let moved = |m, n| {
        month == m
            && ((day == n && !matches!(weekday, Sat | Sun))
                || (day + 1 == n && weekday == Fri)
                || (day == n + 1 && weekday == Mon))
    };
    let single = [
        "1994-04-27",
        "2001-09-11",
        "2001-09-12",
        "2001-09-13",
        "2001-09-14",
        "2004-06-11",
        "2007-01-02",
        "2012-10-29",
        "2012-10-30",
        "2018-12-05",
        "2025-01-09",
    ];
    (month == 1 && day == 1 && weekday != Sun)
        || (month == 1 && day == 2 && weekday == Mon)
        || (d.year() >= 1998 && among(1, Mon, 15..=21))
        || among(2, Mon, 15..=21)
        || d + chrono::Days::new(2) == easter(d.year())
        || among(5, Mon, 25..=31)
        || (d.year() >= 2022 && moved(6, 19))
        || moved(7, 4)
        || among(9, Mon, 1..=7)
        || among(11, Thu, 22..=28)
        || moved(12, 25)
        || single.contains(&d.to_string().as_str())
}

fn held_against(text: &str, closed: fn(NaiveDate) -> bool) {
    let calendar = calendar(text);
    let (first, last) = (date("1990-01-01"), date("2050-12-31"));
    assert_eq!((calendar.first_day(), calendar.last_day()), (first, last));
    for day in first.iter_days().take_while(|d| *d <= last) {
        assert_eq!(calendar.holiday_name(day).is_some(), closed(day), "{day}");
        let open = !matches!(day.weekday(), Sat | Sun) && !closed(day);
        assert_eq!(calendar.is_business_day(day), Ok(open), "{day}");
    }
}

#[test]
fn the_calendar_of_new_york_follows_the_statute_day_by_day() {
    held_against(NEW_YORK, new_york_holiday);
}

#[test]
fn the_calendar_of_the_exchange_follows_its_rule_day_by_day() {
    held_against(NYSE, nyse_closed);
}

#[test]
fn days_that_matter_to_the_documents_are_right() {
    let (new_york, nyse) = (calendar(NEW_YORK), calendar(NYSE));
    let name = |c: &Calendar, day| c.holiday_name(date(day)).map(str::to_owned);
    assert_eq!(name(&new_york, "2006-02-20").as_deref(), Some("Washington's Birthday"));
    assert_eq!(new_york.on_or_before(date("2006-02-20")), Ok(date("2006-02-17")));
    assert_eq!(name(&new_york, "2001-02-12").as_deref(), Some("Lincoln's Birthday"));
    assert_eq!(name(&nyse, "2001-02-12"), None);
    assert_eq!(name(&new_york, "2001-11-06").as_deref(), Some("Election Day"));
    assert_eq!(name(&nyse, "2001-11-06"), None);
    assert_eq!(name(&nyse, "2001-09-11").as_deref(), Some("closed"));
    assert_eq!(name(&new_york, "2001-09-11"), None);
    assert_eq!(nyse.next(date("2001-09-10")), Ok(date("2001-09-17")));
    assert_eq!(name(&nyse, "2022-06-20").as_deref(), Some("Juneteenth"));
    assert_eq!(name(&nyse, "2021-06-18"), None);
    assert_eq!(name(&new_york, "2020-06-19").as_deref(), Some("Juneteenth"));
    assert_eq!(name(&new_york, "2022-06-20").as_deref(), Some("Juneteenth"));
    assert_eq!(name(&nyse, "2001-04-13").as_deref(), Some("Good Friday"));
    assert_eq!(nyse.is_business_day(date("1999-12-31")), Ok(true));
    assert_eq!(nyse.is_business_day(date("2010-12-31")), Ok(true));
    assert_eq!(new_york.is_business_day(date("2001-06-10")), Ok(false));
}

/// The last business days of February and August, on which the notes pay.
#[test]
fn the_interest_dates_of_the_notes_are_business_days() {
    let new_york = calendar(NEW_YORK);
    for (last_of_month, paid) in [
        ("2001-08-31", "2001-08-31"),
        ("2002-02-28", "2002-02-28"),
        ("2002-08-31", "2002-08-30"),
        ("2003-02-28", "2003-02-28"),
        ("2003-08-31", "2003-08-29"),
        ("2004-02-29", "2004-02-27"),
        ("2004-08-31", "2004-08-31"),
        ("2005-02-28", "2005-02-28"),
        ("2005-08-31", "2005-08-31"),
    ] {
        assert_eq!(new_york.on_or_before(date(last_of_month)), Ok(date(paid)));
    }
}

/// The trading days of the years that are past, as the exchange counted them.
#[test]
fn the_exchange_traded_on_as_many_days_as_it_did() {
    let counted = [
        253, 253, 254, 253, 252, 252, 254, 253, 252, 252, 252, 248, 252, 252, 252, 252, 251, 251, 253, 252,
        252, 252, 250, 252, 252, 252, 252, 251, 251, 252, 253, 252, 251, 250, 252, 250,
    ];
    let nyse = calendar(NYSE);
    for (year, days) in (1990..).zip(counted) {
        let traded = nyse.business.iter().filter(|d| d.year() == year).count();
        assert_eq!(traded, days, "{year}");
    }
}
