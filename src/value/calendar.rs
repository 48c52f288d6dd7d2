//! Business days, by a calendar that is kept as data.

mod read;
mod rules;

#[cfg(test)]
mod shipped;

use super::dates::days_between;
use crate::limits::Limits;
use chrono::{Datelike, NaiveDate, Weekday};
use rules::Holiday;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use thiserror::Error;

/// A calendar file cannot be used, or a calendar was asked for a day it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The file does not make sense.
    #[error("{message}")]
    Invalid {
        /// The file, by the name it was read under.
        file: Arc<str>,
        /// What was found and what was expected.
        message: String,
        /// What to do about it.
        help: Option<String>,
        /// The bytes of the text that the fault lies in.
        span: Option<Range<usize>>,
    },
    /// The file has more bytes than [`Limits::plan_bytes`].
    #[error("the calendar `{file}` has more than {limit} bytes")]
    TooLong {
        /// The file, by the name it was read under.
        file: Arc<str>,
        /// The limit.
        limit: usize,
    },
    /// A day that had to be looked at lies outside the days the calendar covers.
    #[error("{day} lies outside the calendar `{calendar}`")]
    OutOfRange {
        /// The calendar's id.
        calendar: Arc<str>,
        /// The day.
        day: NaiveDate,
    },
}

/// The business days of a place or a market, from a first to a last day.
///
/// A day outside these is never guessed at: every question that has to look at one is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    id: Arc<str>,
    title: Arc<str>,
    source: Option<Arc<str>>,
    first: NaiveDate,
    last: NaiveDate,
    holidays: BTreeMap<NaiveDate, Arc<str>>,
    /// Every business day, in order.
    business: Vec<NaiveDate>,
    /// How many business days come before each day; one entry more than there are days.
    before: Vec<usize>,
}

/// What a calendar file says, before its days are worked out.
struct Declared {
    id: Arc<str>,
    title: Arc<str>,
    source: Option<Arc<str>>,
    first: NaiveDate,
    last: NaiveDate,
    weekend: Vec<Weekday>,
    closed: Vec<NaiveDate>,
    holidays: Vec<Holiday>,
}

impl Calendar {
    /// Reads a calendar file and works out its days. `file` names it in errors.
    ///
    /// # Errors
    /// [`CalendarError::TooLong`], or [`CalendarError::Invalid`] for the first fault found.
    pub fn from_toml(file: &str, text: &str, limits: &Limits) -> Result<Self, CalendarError> {
        let too_long = || CalendarError::TooLong { file: file.into(), limit: limits.plan_bytes };
        Self::read(file, text, limits).map_err(|faults| faults.into_iter().next().unwrap_or_else(too_long))
    }

    /// As [`Calendar::from_toml`], with every fault that can be told from the others.
    ///
    /// # Errors
    /// [`CalendarError::TooLong`] alone, or [`CalendarError::Invalid`] for each fault found.
    pub fn read(file: &str, text: &str, limits: &Limits) -> Result<Self, Vec<CalendarError>> {
        if text.len() > limits.plan_bytes {
            return Err(vec![CalendarError::TooLong { file: file.into(), limit: limits.plan_bytes }]);
        }
        read::declared(file, text).map(Self::new)
    }

    /// Works out the days.
    fn new(declared: Declared) -> Self {
        let Declared { id, title, source, first, last, weekend, closed, holidays: rules } = declared;
        let mut holidays: BTreeMap<NaiveDate, Arc<str>> = BTreeMap::new();
        // A holiday of the year before or after may be kept on a day of this one.
        for year in first.year().saturating_sub(1)..=last.year().saturating_add(1) {
            for rule in &rules {
                if let Some(day) = rule.kept_on(year).filter(|day| (first..=last).contains(day)) {
                    holidays.entry(day).or_insert_with(|| Arc::clone(&rule.name));
                }
            }
        }
        for day in closed {
            holidays.entry(day).or_insert_with(|| "closed".into());
        }
        let mut business = Vec::new();
        let mut before = vec![0];
        let mut kept = holidays.keys().peekable();
        for day in first.iter_days().take_while(|day| *day <= last) {
            while kept.next_if(|holiday| **holiday < day).is_some() {}
            if !weekend.contains(&day.weekday()) && kept.peek() != Some(&&day) {
                business.push(day);
            }
            before.push(business.len());
        }
        Self { id, title, source, first, last, holidays, business, before }
    }

    /// The name that identifies it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is a calendar of.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The statute or rule it follows, where the file says.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The first day it covers.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        self.first
    }

    /// The last day it covers.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        self.last
    }

    /// The holiday kept on a day: its name, or `closed` for a single day of closure. A holiday that
    /// was moved is kept only on the day it was moved to.
    #[must_use]
    pub fn holiday_name(&self, day: NaiveDate) -> Option<&str> {
        self.holidays.get(&day).map(|name| &**name)
    }

    /// Whether a day is neither of the weekend nor a holiday.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] for a day the calendar does not cover.
    pub fn is_business_day(&self, day: NaiveDate) -> Result<bool, CalendarError> {
        let next = day.succ_opt().ok_or_else(|| self.outside(day))?;
        Ok(self.business_before(day, day)? < self.business_before(next, day)?)
    }

    /// The last business day before a day.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] where the search leaves the days covered.
    pub fn previous(&self, day: NaiveDate) -> Result<NaiveDate, CalendarError> {
        self.after(day, -1)
    }

    /// The first business day after a day.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] where the search leaves the days covered.
    pub fn next(&self, day: NaiveDate) -> Result<NaiveDate, CalendarError> {
        self.after(day, 1)
    }

    /// The day itself where it is a business day, otherwise the last one before it.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] where the search leaves the days covered.
    pub fn on_or_before(&self, day: NaiveDate) -> Result<NaiveDate, CalendarError> {
        if self.is_business_day(day)? { Ok(day) } else { self.previous(day) }
    }

    /// The day itself where it is a business day, otherwise the first one after it.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] where the search leaves the days covered.
    pub fn on_or_after(&self, day: NaiveDate) -> Result<NaiveDate, CalendarError> {
        if self.is_business_day(day)? { Ok(day) } else { self.next(day) }
    }

    /// The `n`-th business day after a day, which is not counted itself; the day for 0, whether it is
    /// a business day or not; counted backwards for a negative number.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] where the count leaves the days covered.
    pub fn after(&self, day: NaiveDate, n: i64) -> Result<NaiveDate, CalendarError> {
        let distance = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
        let (position, beyond) = if n.is_positive() {
            let start = day.succ_opt().ok_or_else(|| self.outside(day))?;
            let passed = self.business_before(start, start)?;
            (passed.checked_add(distance).and_then(|p| p.checked_sub(1)), self.last.succ_opt())
        } else if n.is_negative() {
            let start = day.pred_opt().ok_or_else(|| self.outside(day))?;
            (self.business_before(day, start)?.checked_sub(distance), self.first.pred_opt())
        } else {
            return Ok(day);
        };
        position
            .and_then(|p| self.business.get(p))
            .copied()
            .ok_or_else(|| self.outside(beyond.unwrap_or(day)))
    }

    /// How many business days come before a day; the error is about the day that was `asked` for.
    fn business_before(&self, day: NaiveDate, asked: NaiveDate) -> Result<usize, CalendarError> {
        if !(self.first..=self.last).contains(&asked) {
            return Err(self.outside(asked));
        }
        let index = usize::try_from(days_between(self.first, day)).ok();
        index.and_then(|i| self.before.get(i)).copied().ok_or_else(|| self.outside(asked))
    }

    fn outside(&self, day: NaiveDate) -> CalendarError {
        CalendarError::OutOfRange { calendar: Arc::clone(&self.id), day }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_date;

    const WEEK: &str = r#"
        [calendar]
        id = "fortnight"
        title = "two weeks of June"
        from = 2001-06-04
        to = 2001-06-17
        weekend = ["saturday", "sunday"]
        closed = [2001-06-06]
    "#;

    fn date(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    fn calendar(text: &str) -> Calendar {
        Calendar::from_toml("test.toml", text, &Limits::DEFAULT).unwrap()
    }

    fn outside(day: &str) -> CalendarError {
        CalendarError::OutOfRange { calendar: "fortnight".into(), day: date(day) }
    }

    #[test]
    fn business_days_are_found_on_either_side() {
        let c = calendar(WEEK);
        assert_eq!(c.next(date("2001-06-05")), Ok(date("2001-06-07")));
        assert_eq!(c.next(date("2001-06-08")), Ok(date("2001-06-11")));
        assert_eq!(c.previous(date("2001-06-11")), Ok(date("2001-06-08")));
        assert_eq!(c.previous(date("2001-06-07")), Ok(date("2001-06-05")));
        assert_eq!(c.on_or_before(date("2001-06-07")), Ok(date("2001-06-07")));
        assert_eq!(c.on_or_before(date("2001-06-06")), Ok(date("2001-06-05")));
        assert_eq!(c.on_or_after(date("2001-06-09")), Ok(date("2001-06-11")));
        assert_eq!(c.on_or_after(date("2001-06-15")), Ok(date("2001-06-15")));
        assert_eq!(c.holiday_name(date("2001-06-06")), Some("closed"));
        assert_eq!(c.holiday_name(date("2001-06-09")), None);
    }

    #[test]
    fn business_days_are_counted_forward_and_back() {
        let c = calendar(WEEK);
        assert_eq!(c.after(date("2001-06-04"), 5), Ok(date("2001-06-12")));
        assert_eq!(c.after(date("2001-06-09"), 1), Ok(date("2001-06-11")));
        assert_eq!(c.after(date("2001-06-09"), 0), Ok(date("2001-06-09")));
        assert_eq!(c.after(date("2001-06-12"), -5), Ok(date("2001-06-04")));
        assert_eq!(c.after(date("2001-06-10"), -1), Ok(date("2001-06-08")));
    }

    #[test]
    fn a_day_that_is_not_covered_is_never_guessed_at() {
        let c = calendar(WEEK);
        assert_eq!(c.is_business_day(date("2001-06-03")), Err(outside("2001-06-03")));
        assert_eq!(c.is_business_day(date("2001-06-18")), Err(outside("2001-06-18")));
        assert_eq!(c.is_business_day(date("2001-06-17")), Ok(false));
        assert_eq!(c.next(date("2001-06-15")), Err(outside("2001-06-18")));
        assert_eq!(c.next(date("2001-06-17")), Err(outside("2001-06-18")));
        assert_eq!(c.previous(date("2001-06-04")), Err(outside("2001-06-03")));
        assert_eq!(c.previous(date("2001-05-01")), Err(outside("2001-04-30")));
        assert_eq!(c.on_or_after(date("2001-06-16")), Err(outside("2001-06-18")));
        assert_eq!(c.on_or_before(date("2001-07-01")), Err(outside("2001-07-01")));
        assert_eq!(c.after(date("2001-06-04"), i64::MAX), Err(outside("2001-06-18")));
        assert_eq!(c.after(date("2001-06-15"), i64::MIN), Err(outside("2001-06-03")));
        // The day before the first is not looked at when the next one is asked for.
        assert_eq!(c.next(date("2001-06-03")), Ok(date("2001-06-04")));
        assert_eq!(c.previous(date("2001-06-18")), Ok(date("2001-06-15")));
        assert_eq!(
            c.after(NaiveDate::MAX, 1),
            Err(CalendarError::OutOfRange { calendar: "fortnight".into(), day: NaiveDate::MAX })
        );
    }

    #[test]
    fn a_holiday_may_be_kept_in_the_year_before() {
        let c = calendar(
            r#"
            [calendar]
            id = "edge"
            title = "the turn of the year"
            from = 1999-12-01
            to = 1999-12-31
            weekend = ["saturday", "sunday"]
            [[holidays]]
            name = "New Year's Day"
            month = 1
            day = 1
            saturday = "friday"
            "#,
        );
        assert_eq!(c.holiday_name(date("1999-12-31")), Some("New Year's Day"));
        assert_eq!(c.is_business_day(date("1999-12-31")), Ok(false));
    }
}
