//! The calendar file: a heading, and a list of holidays with the rule for each.

use super::rules::{Holiday, Kept, Nth, When};
use super::{CalendarError, Declared};
use crate::diagnostic::{did_you_mean, meant};
use crate::source::TomlFault;
use chrono::{Datelike, NaiveDate, Weekday};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The most years a calendar may cover.
const MAX_YEARS: i32 = 1_000;
/// The most holidays a calendar may list.
const MAX_HOLIDAYS: usize = 366;

const TOP_KEYS: &[&str] = &["calendar", "holidays"];
const HEADING_KEYS: &[&str] = &["id", "title", "source", "from", "to", "weekend", "closed"];
const HOLIDAY_KEYS: &[&str] =
    &["name", "month", "day", "saturday", "sunday", "nth", "weekday", "plus", "easter", "from", "until"];
/// The keys that go with each kind of rule, besides the name and the years.
const FIXED_KEYS: &[&str] = &["month", "day", "saturday", "sunday"];
const NTH_KEYS: &[&str] = &["nth", "weekday", "month", "plus"];
const EASTER_KEYS: &[&str] = &["easter"];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

type Found<T> = Result<T, CalendarError>;
type Item<'i> = Spanned<DeValue<'i>>;

/// Reads the file, or answers its faults: of each entry of the heading and of each holiday the first.
pub(super) fn declared(file: &str, text: &str) -> Result<Declared, Vec<CalendarError>> {
    let reader = Reader { file, text };
    // A calendar nests two levels; the parser's own recursion is not to be trusted with more.
    if let Some(place) = crate::source::too_deep(text, 16) {
        let message = "the file nests too deeply".to_owned();
        return Err(vec![reader.fault(Some(place), message, "a calendar is a flat list of days")]);
    }
    let root = DeTable::parse(text).map_err(|e| {
        let place = e.span().unwrap_or(text.len()..text.len());
        let fault = TomlFault::in_words(text, &place, e.message(), "text stands");
        vec![reader.fault(Some(place), fault.message, &fault.help)]
    })?;
    let top = Table { reader, table: root.get_ref(), span: None };
    let mut faults = Faults(Vec::new());
    let heading = top
        .refuse_others(TOP_KEYS)
        .and_then(|()| top.table("calendar"))
        .and_then(|h| h.ok_or_else(|| top.missing("calendar", "it begins with `[calendar]`")));
    let mut declared = faults.keep(heading).and_then(|heading| heading.heading(&mut faults));
    if let Some(list) = top.get("holidays") {
        let holidays = top.holidays(list, &mut faults);
        declared = declared.map(|declared| Declared { holidays, ..declared });
    }
    declared.filter(|_| faults.0.is_empty()).ok_or(faults.0)
}

/// The faults found so far.
struct Faults(Vec<CalendarError>);

impl Faults {
    /// What was read, or its fault kept.
    fn keep<T>(&mut self, found: Found<T>) -> Option<T> {
        found.map_err(|fault| self.0.push(fault)).ok()
    }
}

/// The text being read, for its faults.
#[derive(Clone, Copy)]
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn fault(self, span: Option<Range<usize>>, message: String, help: &str) -> CalendarError {
        CalendarError::Invalid { file: self.file.into(), message, help: Some(help.to_owned()), span }
    }

    /// The fault of a value: what was found there as it was written, and what was expected.
    fn unexpected(self, item: &Item<'_>, key: &str, expected: &str, help: &str) -> CalendarError {
        let written = self.text.get(item.span()).unwrap_or_default();
        let shown = written.lines().next().unwrap_or_default();
        let message = format!("`{key}` is `{shown}`, expected {expected}");
        self.fault(Some(item.span()), message, help)
    }

    fn text(self, item: &Item<'_>, key: &str) -> Found<Arc<str>> {
        match item.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Ok(text.as_ref().into()),
            _ => Err(self.unexpected(item, key, "a text", "write it between quotes")),
        }
    }

    fn integer(self, item: &Item<'_>, key: &str, allowed: std::ops::RangeInclusive<i64>) -> Found<i64> {
        let number = match item.get_ref() {
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        number.filter(|n| allowed.contains(n)).ok_or_else(|| {
            let expected = format!("a whole number from {} to {}", allowed.start(), allowed.end());
            self.unexpected(item, key, &expected, "write a number without quotes")
        })
    }

    fn date(self, item: &Item<'_>, key: &str) -> Found<NaiveDate> {
        let date = match item.get_ref() {
            DeValue::Datetime(written) if written.time.is_none() && written.offset.is_none() => written.date,
            _ => None,
        };
        date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()))
            .filter(|d| (1..=9999).contains(&d.year()))
            .ok_or_else(|| {
                self.unexpected(item, key, "a day", "write a day without quotes, as in 2001-09-11")
            })
    }

    fn weekday(self, item: &Item<'_>, key: &str) -> Found<Weekday> {
        let name = item.get_ref().as_str().unwrap_or_default();
        WEEKDAYS.iter().find(|(n, _)| *n == name).map(|(_, weekday)| *weekday).ok_or_else(|| {
            let help = match did_you_mean(name, WEEKDAYS.iter().map(|(n, _)| *n)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write it in small letters between quotes, as in \"monday\"".to_owned(),
            };
            self.unexpected(item, key, "a day of the week", &help)
        })
    }

    fn list<'a, 'i>(self, item: &'a Item<'i>, key: &str) -> Found<&'a [Item<'i>]> {
        match item.get_ref() {
            DeValue::Array(items) => Ok(items),
            _ => Err(self.unexpected(item, key, "a list", "write the items between [ and ]")),
        }
    }

    fn table<'a, 'i>(self, item: &'a Item<'i>, key: &str) -> Found<Table<'t, 'a, 'i>> {
        match item.get_ref() {
            DeValue::Table(table) => Ok(Table { reader: self, table, span: Some(item.span()) }),
            _ => Err(self.unexpected(item, key, "keys with their values", &format!("write it as `[{key}]`"))),
        }
    }
}

/// A table of the file.
struct Table<'t, 'a, 'i> {
    reader: Reader<'t>,
    table: &'a DeTable<'i>,
    span: Option<Range<usize>>,
}

impl<'t, 'a, 'i> Table<'t, 'a, 'i> {
    fn get(&self, key: &str) -> Option<&'a Item<'i>> {
        self.table.get(key)
    }

    fn missing(&self, key: &str, help: &str) -> CalendarError {
        self.reader.fault(self.span.clone(), format!("`{key}` is missing"), help)
    }

    /// Refuses the keys that are none of these.
    fn refuse_others(&self, known: &[&str]) -> Found<()> {
        let unknown = self.table.keys().find(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown else { return Ok(()) };
        let help = meant(key.get_ref(), known.iter().copied())
            .unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
        Err(self.reader.fault(Some(key.span()), format!("unknown key `{}`", key.get_ref()), &help))
    }

    fn table(&self, key: &str) -> Found<Option<Table<'t, 'a, 'i>>> {
        self.get(key).map(|item| self.reader.table(item, key)).transpose()
    }

    fn text(&self, key: &str, help: &str) -> Found<Arc<str>> {
        self.reader.text(self.get(key).ok_or_else(|| self.missing(key, help))?, key)
    }

    fn date(&self, key: &str, help: &str) -> Found<NaiveDate> {
        self.reader.date(self.get(key).ok_or_else(|| self.missing(key, help))?, key)
    }

    fn integer(&self, key: &str, allowed: std::ops::RangeInclusive<i64>, help: &str) -> Found<i64> {
        self.reader.integer(self.get(key).ok_or_else(|| self.missing(key, help))?, key, allowed)
    }

    /// What `[calendar]` says.
    fn heading(&self, faults: &mut Faults) -> Option<Declared> {
        faults.keep(self.refuse_others(HEADING_KEYS));
        let id = faults.keep(self.id());
        let title = faults.keep(self.text("title", "say what it is a calendar of"));
        let source = self.get("source").map(|item| self.reader.text(item, "source")).transpose();
        let source = faults.keep(source);
        let days = (
            faults.keep(self.date("from", "say the first day it covers")),
            faults.keep(self.date("to", "say the last day it covers")),
        );
        let days =
            if let (Some(first), Some(last)) = days { faults.keep(self.days(first, last)) } else { None };
        let weekend = faults.keep(self.weekend());
        let closed = self.closed(days, faults);
        let (first, last) = days?;
        Some(Declared {
            id: id?,
            title: title?,
            source: source?,
            first,
            last,
            weekend: weekend?,
            closed,
            holidays: Vec::new(),
        })
    }

    /// The first and the last day that the calendar covers.
    fn days(&self, first: NaiveDate, last: NaiveDate) -> Found<(NaiveDate, NaiveDate)> {
        let span = || self.get("to").map(Spanned::span);
        if last < first {
            let message = format!("the calendar ends on {last}, before it begins on {first}");
            return Err(self.reader.fault(span(), message, "`from` is the first day and `to` the last"));
        }
        if last.year().saturating_sub(first.year()) >= MAX_YEARS {
            let message = format!("the calendar covers more than {MAX_YEARS} years");
            return Err(self.reader.fault(span(), message, "bring `from` and `to` nearer to each other"));
        }
        Ok((first, last))
    }

    fn id(&self) -> Found<Arc<str>> {
        let help = "the id is in small letters, digits and hyphens, as in `id = \"new-york\"`";
        let id = self.text("id", help)?;
        if id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Ok(id);
        }
        Err(self.reader.fault(
            self.get("id").map(Spanned::span),
            format!("`id` is `{id}`, expected an id"),
            help,
        ))
    }

    fn weekend(&self) -> Found<Vec<Weekday>> {
        let help = "list the days of the week without business, as in `weekend = [\"saturday\", \"sunday\"]`";
        let item = self.get("weekend").ok_or_else(|| self.missing("weekend", help))?;
        let mut days = Vec::new();
        for entry in self.reader.list(item, "weekend")? {
            let day = self.reader.weekday(entry, "weekend")?;
            if days.contains(&day) {
                return Err(self.twice(entry));
            }
            days.push(day);
        }
        if days.len() == WEEKDAYS.len() {
            let message = "`weekend` lists every day of the week, which leaves no business day".to_owned();
            return Err(self.reader.fault(Some(item.span()), message, help));
        }
        Ok(days)
    }

    /// Single days without business; `covered` are the calendar's first and last day, where known.
    fn closed(&self, covered: Option<(NaiveDate, NaiveDate)>, faults: &mut Faults) -> Vec<NaiveDate> {
        let listed = self.get("closed").map(|item| self.reader.list(item, "closed")).transpose();
        let mut days = std::collections::BTreeSet::new();
        for entry in faults.keep(listed).flatten().unwrap_or_default() {
            let Some(day) = faults.keep(self.reader.date(entry, "closed")) else { continue };
            if let Some((first, last)) = covered.filter(|(first, last)| !(*first..=*last).contains(&day)) {
                let expected = format!("a day from {first} to {last}");
                let help = "the calendar covers no other days";
                faults.0.push(self.reader.unexpected(entry, "closed", &expected, help));
            } else if !days.insert(day) {
                faults.0.push(self.twice(entry));
            }
        }
        days.into_iter().collect()
    }

    fn twice(&self, entry: &Item<'_>) -> CalendarError {
        let written = self.reader.text.get(entry.span()).unwrap_or_default();
        self.reader.fault(Some(entry.span()), format!("`{written}` is listed twice"), "leave one of them out")
    }

    fn holidays(&self, item: &'a Item<'i>, faults: &mut Faults) -> Vec<Holiday> {
        let entries = faults.keep(self.reader.list(item, "holidays")).unwrap_or_default();
        if entries.len() > MAX_HOLIDAYS {
            let message = format!("the calendar lists more than {MAX_HOLIDAYS} holidays");
            faults.0.push(self.reader.fault(Some(item.span()), message, "leave some of them out"));
            return Vec::new();
        }
        let read = entries.iter().map(|entry| self.reader.table(entry, "holidays")?.holiday());
        read.filter_map(|holiday| faults.keep(holiday)).collect()
    }

    /// What one `[[holidays]]` says.
    fn holiday(&self) -> Found<Holiday> {
        self.refuse_others(HOLIDAY_KEYS)?;
        let name = self.text("name", "a holiday has a name")?;
        let when = if self.get("easter").is_some() {
            self.only(EASTER_KEYS, "easter")?;
            When::Easter { offset: self.integer("easter", -200..=200, "")? }
        } else if self.get("nth").is_some() || self.get("weekday").is_some() {
            self.only(NTH_KEYS, "nth")?;
            self.nth()?
        } else {
            self.only(FIXED_KEYS, "day")?;
            self.fixed()?
        };
        let (from, until) = (self.year("from")?, self.year("until")?);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            let message = format!("the holiday `{name}` ends in {until}, before it begins in {from}");
            let help = "`from` is the first year it is kept in and `until` the last";
            return Err(self.reader.fault(self.get("until").map(Spanned::span), message, help));
        }
        Ok(Holiday { name, when, from, until })
    }

    /// Refuses keys of other kinds of rule beside those of this one.
    fn only(&self, keys: &[&str], kind: &str) -> Found<()> {
        let stray = self.table.keys().find(|key| {
            let key = key.get_ref().as_ref();
            !keys.contains(&key) && !["name", "from", "until"].contains(&key)
        });
        let Some(key) = stray else { return Ok(()) };
        let message = format!("`{}` does not go with `{kind}`", key.get_ref());
        let help = "a holiday is a day of a month (`month`, `day`, and where it is kept instead of `saturday` or \
                    `sunday`), one of a month's weekdays (`nth`, `weekday`, `month`, `plus`), or counted from \
                    `easter`";
        Err(self.reader.fault(Some(key.span()), message, help))
    }

    fn nth(&self) -> Found<When> {
        let nth = self.integer("nth", -1..=5, "say which one of the month, or -1 for the last")?;
        let nth = match u8::try_from(nth) {
            Ok(0) => {
                let help = "1 is the first of the month, -1 the last";
                let item = self.get("nth").ok_or_else(|| self.missing("nth", help))?;
                return Err(self.reader.unexpected(item, "nth", "1 to 5, or -1", help));
            }
            Ok(n) => Nth::FromStart(n),
            Err(_) => Nth::Last,
        };
        let help = "say the day of the week, as in `weekday = \"monday\"`";
        let weekday = self.get("weekday").ok_or_else(|| self.missing("weekday", help))?;
        let plus = self.get("plus").map(|item| self.reader.integer(item, "plus", -31..=31)).transpose()?;
        Ok(When::Nth {
            nth,
            weekday: self.reader.weekday(weekday, "weekday")?,
            month: self.month()?,
            plus: plus.unwrap_or(0),
        })
    }

    fn fixed(&self) -> Found<When> {
        let month = self.month()?;
        let day = self.integer("day", 1..=31, "say the day of the month")?;
        let day = u32::try_from(day).unwrap_or(u32::MAX);
        // The year 2000 has a February 29.
        if NaiveDate::from_ymd_opt(2000, month, day).is_none() {
            let message = format!("the month {month} has no day {day}");
            let help = "a holiday on the last of a month needs that month's own day";
            return Err(self.reader.fault(self.get("day").map(Spanned::span), message, help));
        }
        Ok(When::Fixed { month, day, saturday: self.kept("saturday")?, sunday: self.kept("sunday")? })
    }

    fn month(&self) -> Found<u32> {
        let month = self.integer("month", 1..=12, "say the month by its number")?;
        Ok(u32::try_from(month).unwrap_or(u32::MAX))
    }

    fn year(&self, key: &str) -> Found<Option<i32>> {
        let year = self.get(key).map(|item| self.reader.integer(item, key, 1..=9999)).transpose()?;
        Ok(year.and_then(|y| i32::try_from(y).ok()))
    }

    fn kept(&self, key: &str) -> Found<Option<Kept>> {
        let Some(item) = self.get(key) else { return Ok(None) };
        match item.get_ref().as_str() {
            Some("friday") => Ok(Some(Kept::Friday)),
            Some("monday") => Ok(Some(Kept::Monday)),
            _ => {
                let help = "leave it out where the holiday is not moved";
                Err(self.reader.unexpected(item, key, "\"friday\" (before) or \"monday\" (after)", help))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::value::Calendar;

    const HEADING: &str =
        "[calendar]\nid = \"x\"\ntitle = \"X\"\nfrom = 2001-01-01\nto = 2001-12-31\nweekend = []\n";

    /// The message of a file's fault and the text it lies under.
    fn fault(text: &str) -> (String, String) {
        match Calendar::from_toml("x.toml", text, &Limits::DEFAULT) {
            Err(CalendarError::Invalid { message, span, .. }) => {
                (message, span.and_then(|s| text.get(s)).unwrap_or_default().to_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    fn fault_of_holiday(keys: &str) -> (String, String) {
        fault(&format!("{HEADING}[[holidays]]\nname = \"N\"\n{keys}"))
    }

    #[test]
    fn a_fault_lies_under_its_own_characters() {
        for (line, found, message) in [
            ("month = 13\nday = 1", "13", "`month` is `13`, expected a whole number from 1 to 12"),
            ("month = 4\nday = 31", "31", "the month 4 has no day 31"),
            ("moth = 4\nday = 1", "moth", "unknown key `moth`"),
            (
                "easter = \"two\"",
                "\"two\"",
                "`easter` is `\"two\"`, expected a whole number from -200 to 200",
            ),
            ("easter = -2\nmonth = 4", "month", "`month` does not go with `easter`"),
            ("nth = 0\nweekday = \"monday\"\nmonth = 1", "0", "`nth` is `0`, expected 1 to 5, or -1"),
            (
                "nth = 1\nweekday = \"Monday\"\nmonth = 1",
                "\"Monday\"",
                "`weekday` is `\"Monday\"`, expected a day of the week",
            ),
            ("nth = 1\nweekday = \"monday\"\nmonth = 1\nday = 3", "day", "`day` does not go with `nth`"),
            (
                "month = 1\nday = 1\nsunday = \"tuesday\"",
                "\"tuesday\"",
                "`sunday` is `\"tuesday\"`, expected \"friday\" (before) or \"monday\" (after)",
            ),
            (
                "month = 1\nday = 1\nfrom = 2001\nuntil = 2000",
                "2000",
                "the holiday `N` ends in 2000, before it begins in 2001",
            ),
            ("month = 1\nday = 1\nplus = 1", "plus", "`plus` does not go with `day`"),
        ] {
            assert_eq!(fault_of_holiday(line), (message.to_owned(), found.to_owned()), "{line}");
        }
    }

    #[test]
    fn a_heading_must_be_whole_and_make_sense() {
        let replaced = |from: &str, to: &str| fault(&HEADING.replace(from, to)).0;
        assert_eq!(fault("").0, "`calendar` is missing");
        assert_eq!(replaced("id = \"x\"\n", ""), "`id` is missing");
        assert_eq!(replaced("\"x\"", "\"New York\""), "`id` is `New York`, expected an id");
        assert_eq!(replaced("title = \"X\"\n", ""), "`title` is missing");
        assert_eq!(replaced("weekend = []", "weekends = []"), "unknown key `weekends`");
        assert_eq!(
            replaced("weekend = []", "weekend = [\"sunday\", \"sunday\"]"),
            "`\"sunday\"` is listed twice"
        );
        assert_eq!(
            replaced("2001-12-31", "2000-12-31"),
            "the calendar ends on 2000-12-31, before it begins on 2001-01-01"
        );
        assert_eq!(replaced("2001-12-31", "9999-12-31"), "the calendar covers more than 1000 years");
        assert_eq!(replaced("2001-12-31", "\"2001-12-31\""), "`to` is `\"2001-12-31\"`, expected a day");
        assert_eq!(
            replaced("2001-12-31", "2001-12-31T10:00:00"),
            "`to` is `2001-12-31T10:00:00`, expected a day"
        );
        let closed = |days: &str| fault(&format!("{HEADING}closed = {days}"));
        assert_eq!(closed("[2001-09-11, 2001-09-11]").0, "`2001-09-11` is listed twice");
        assert_eq!(
            closed("[2002-09-11]").0,
            "`closed` is `2002-09-11`, expected a day from 2001-01-01 to 2001-12-31"
        );
        assert_eq!(closed("2001-09-11").0, "`closed` is `2001-09-11`, expected a list");
        let week = WEEKDAYS.map(|(name, _)| format!("\"{name}\"")).join(", ");
        assert_eq!(
            replaced("weekend = []", &format!("weekend = [{week}]")),
            "`weekend` lists every day of the week, which leaves no business day"
        );
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_where_it_breaks() {
        let text = format!("{HEADING}closed = [2001-09-11");
        assert!(matches!(
            Calendar::from_toml("x.toml", &text, &Limits::DEFAULT),
            Err(CalendarError::Invalid { span: Some(_), .. })
        ));
        assert!(Calendar::from_toml("x.toml", &"[".repeat(100_000), &Limits::DEFAULT).is_err());
    }

    #[test]
    fn a_file_is_bounded_in_length_and_holidays() {
        let limits = Limits { plan_bytes: 10, ..Limits::DEFAULT };
        let error = Calendar::from_toml("x.toml", HEADING, &limits).unwrap_err();
        assert_eq!(error, CalendarError::TooLong { file: "x.toml".into(), limit: 10 });
        let many = "[[holidays]]\nname = \"N\"\neaster = 1\n".repeat(MAX_HOLIDAYS + 1);
        assert_eq!(fault(&format!("{HEADING}{many}")).0, "the calendar lists more than 366 holidays");
    }
}
