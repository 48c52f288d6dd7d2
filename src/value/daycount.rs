//! The conventions that count days in a year of twelve months of thirty days.
//!
//! They differ only in which ends of months they take for the thirtieth day.

use super::dates::last_of_month;
use chrono::{Datelike, NaiveDate};

/// A 30/360 convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DayCount {
    /// 30/360 or Bond Basis (2006 ISDA Definitions, 4.16(f)): a start on the 31st is the 30th; an
    /// end on the 31st is the 30th where the start is then the 30th.
    BondBasis,
    /// 30/360 US with the end-of-month rule (SIA): as bond basis, but a start on the last day of
    /// February is the 30th, and then so is an end on the last day of February.
    UsEom,
    /// 30E/360 or Eurobond Basis (4.16(g)): a 31st is the 30th.
    ThirtyE,
    /// 30E/360 (ISDA) (4.16(h)): a 31st and the last day of February are the 30th, but an end on
    /// the last day of February that is the termination date stays where it is.
    ThirtyEIsda,
}

impl DayCount {
    /// Every convention, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::BondBasis, Self::UsEom, Self::ThirtyE, Self::ThirtyEIsda];

    /// The name a plan uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BondBasis => "bond_basis",
            Self::UsEom => "us_eom",
            Self::ThirtyE => "thirty_e",
            Self::ThirtyEIsda => "thirty_e_isda",
        }
    }

    /// The convention of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|convention| convention.name() == name)
    }
}

/// The days from one day to another in a year of 360; negative where the second is earlier.
///
/// Only [`DayCount::ThirtyEIsda`] looks at the termination date, the last one of what is counted.
#[must_use]
pub fn days_360(from: NaiveDate, to: NaiveDate, convention: DayCount, termination: Option<NaiveDate>) -> i64 {
    let (start, end) = match convention {
        DayCount::BondBasis => bond_basis(from.day(), to.day()),
        DayCount::UsEom => {
            let start = if ends_february(from) { 30 } else { from.day() };
            let end = if ends_february(from) && ends_february(to) { 30 } else { to.day() };
            bond_basis(start, end)
        }
        DayCount::ThirtyE => (from.day().min(30), to.day().min(30)),
        DayCount::ThirtyEIsda => {
            let start = if ends_february(from) { 30 } else { from.day().min(30) };
            let moved = ends_february(to) && termination != Some(to);
            (start, if moved { 30 } else { to.day().min(30) })
        }
    };
    day_number(to, end).saturating_sub(day_number(from, start))
}

/// Bond basis, after which the other American convention is modelled.
fn bond_basis(start: u32, end: u32) -> (u32, u32) {
    let start = start.min(30);
    (start, if start == 30 { end.min(30) } else { end })
}

/// The place of a day of a date's month in a count of 360 days a year.
fn day_number(date: NaiveDate, day: u32) -> i64 {
    let months = i64::from(date.year()).saturating_mul(12).saturating_add(date.month().into());
    months.saturating_mul(30).saturating_add(day.into())
}

fn ends_february(date: NaiveDate) -> bool {
    date.month() == 2 && date == last_of_month(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_date;

    /// The interest dates of the Savvis notes, from their issue to the day they fall due.
    const INTEREST_DATES: [&str; 11] = [
        "2001-02-20",
        "2001-08-31",
        "2002-02-28",
        "2002-08-30",
        "2003-02-28",
        "2003-08-29",
        "2004-02-27",
        "2004-08-31",
        "2005-02-28",
        "2005-08-31",
        "2006-02-20",
    ];

    fn date(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    fn count(from: &str, to: &str, convention: DayCount) -> i64 {
        days_360(date(from), date(to), convention, None)
    }

    #[test]
    fn the_ten_periods_of_the_notes_have_the_days_of_each_convention() {
        let table = [
            (DayCount::BondBasis, [191, 178, 182, 178, 181, 178, 184, 178, 183, 170], 167),
            (DayCount::UsEom, [191, 178, 180, 178, 179, 178, 184, 178, 180, 170], 167),
            (DayCount::ThirtyE, [190, 178, 182, 178, 181, 178, 183, 178, 182, 170], 167),
            (DayCount::ThirtyEIsda, [190, 180, 180, 180, 179, 178, 183, 180, 180, 170], 167),
        ];
        for (convention, days, last_when_paid_early) in table {
            let counted: Vec<i64> =
                INTEREST_DATES.windows(2).map(|pair| count(pair[0], pair[1], convention)).collect();
            assert_eq!(counted, days, "{}", convention.name());
            assert_eq!(count("2005-08-31", "2006-02-17", convention), last_when_paid_early);
        }
    }

    #[test]
    fn the_end_of_february_is_where_the_conventions_differ() {
        let days = |from, to| DayCount::ALL.map(|convention| count(from, to, convention));
        assert_eq!(days("2003-02-28", "2003-03-31"), [33, 30, 32, 30]);
        assert_eq!(days("2003-02-28", "2004-02-29"), [361, 360, 361, 360]);
        assert_eq!(days("2004-02-28", "2004-02-29"), [1, 1, 1, 2]);
        assert_eq!(days("2004-01-30", "2004-03-31"), [60, 60, 60, 60]);
        assert_eq!(days("2004-01-29", "2004-03-31"), [62, 62, 61, 61]);
        assert_eq!(days("2004-03-31", "2004-01-30"), [-60, -60, -60, -60]);
    }

    #[test]
    fn the_termination_date_stays_at_the_end_of_february() {
        let days = |termination: &str| {
            days_360(date("2005-08-31"), date("2006-02-28"), DayCount::ThirtyEIsda, Some(date(termination)))
        };
        assert_eq!(days("2006-02-28"), 178);
        assert_eq!(days("2006-08-31"), 180);
    }

    #[test]
    fn names_lead_back_to_their_conventions() {
        for convention in DayCount::ALL {
            assert_eq!(DayCount::from_name(convention.name()), Some(convention));
        }
        assert_eq!(DayCount::from_name("actual"), None);
    }
}
