//! What differs between two definitions: formulas and entries by name, terms by date, cases by condition.

use super::item::{Aspect, Dated, Item};
use crate::library::compare;
use crate::value::Calendar;
use chrono::{Days, NaiveDate};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: `value`, `type`, `from 2002-01-01`, `case ...`.
    pub what: String,
    /// What the earlier version says; none where it says nothing of it.
    pub before: Option<String>,
    /// What the later version says.
    pub after: Option<String>,
    /// The clause of this alone.
    pub cite: Option<String>,
    /// Whether the figure is greater or the date later now, or the other way round; none where neither can
    /// be said.
    pub grows: Option<bool>,
}

/// Every difference of meaning between two definitions.
pub(super) fn differences(old: &Item, new: &Item) -> Vec<Difference> {
    let mut found = dates(&old.dated, &new.dated);
    if let (Some(old), Some(new)) = (&old.calendar, &new.calendar) {
        found.extend(days(old, new));
    }
    let removed: Vec<&Aspect> = old.aspects.iter().filter(|a| of(&new.aspects, &a.key).is_none()).collect();
    let mut gone: Vec<&Aspect> = removed;
    for aspect in &new.aspects {
        match of(&old.aspects, &aspect.key) {
            None if aspect.is_order() => {}
            Some(was) if was.normal == aspect.normal => {}
            Some(was) if aspect.is_order() => found.extend(order(was, aspect)),
            Some(was) => found.push(both(&aspect.what, was, aspect)),
            None => {
                // A case whose condition alone has changed.
                let twin = gone.iter().position(|g| {
                    g.key.starts_with("case ") && aspect.key.starts_with("case ") && g.normal == aspect.normal
                });
                let was = twin.map(|index| gone.remove(index));
                found.push(match was {
                    Some(was) => Difference {
                        what: format!("condition of the case for `{}`", aspect.shown),
                        before: Some(condition(was)),
                        after: Some(condition(aspect)),
                        cite: aspect.cite.clone(),
                        grows: None,
                    },
                    None => Difference {
                        what: aspect.what.clone(),
                        before: None,
                        after: Some(aspect.shown.clone()),
                        cite: aspect.cite.clone(),
                        grows: None,
                    },
                });
            }
        }
    }
    found.extend(gone.into_iter().filter(|a| !a.is_order()).map(|was| Difference {
        what: was.what.clone(),
        before: Some(was.shown.clone()),
        after: None,
        cite: was.cite.clone(),
        grows: None,
    }));
    found
}

/// What a definition says, where the other version has none.
pub(super) fn all(item: &Item, added: bool) -> Vec<Difference> {
    let side = |text: &str| Some(text.to_owned());
    let made = |what: &str, text: &str, cite: &Option<String>| Difference {
        what: what.to_owned(),
        before: if added { None } else { side(text) },
        after: if added { side(text) } else { None },
        cite: cite.clone(),
        grows: None,
    };
    let dated = item.dated.iter().map(|d| made(&since(d.from, None), &d.shown, &None));
    let aspects = item.aspects.iter().filter(|a| !a.is_order());
    dated.chain(aspects.map(|a| made(&a.what, &a.shown, &a.cite))).collect()
}

fn of<'a>(aspects: &'a [Aspect], key: &str) -> Option<&'a Aspect> {
    aspects.iter().find(|a| a.key == key)
}

fn both(what: &str, was: &Aspect, is: &Aspect) -> Difference {
    Difference {
        what: what.to_owned(),
        before: Some(was.shown.clone()),
        after: Some(is.shown.clone()),
        cite: is.cite.clone(),
        grows: None,
    }
}

fn condition(case: &Aspect) -> String {
    let shown = case.what.strip_prefix("case `").and_then(|w| w.strip_suffix('`'));
    shown.unwrap_or(&case.what).to_owned()
}

/// Cases that both versions have, tried in another order; or reasons.
fn order(was: &Aspect, is: &Aspect) -> Option<Difference> {
    let common = |one: &str, other: &str| -> Vec<String> {
        let others: Vec<&str> = other.lines().collect();
        one.lines().filter(|case| others.contains(case)).map(|case| format!("`{case}`")).collect()
    };
    let (before, after) = (common(&was.normal, &is.normal), common(&is.normal, &was.normal));
    (before != after).then(|| Difference {
        what: is.what.clone(),
        before: Some(before.join(", then ")),
        after: Some(after.join(", then ")),
        cite: None,
        grows: None,
    })
}

/// The most days of a calendar that are named one by one.
const DAYS_NAMED: usize = 3;

/// The days that one of two calendars has for business and the other has not, and those that only one of
/// them covers.
fn days(old: &Calendar, new: &Calendar) -> Vec<Difference> {
    let covered = |c: &Calendar| format!("{} to {}", c.first_day(), c.last_day());
    let mut found = Vec::new();
    if covered(old) != covered(new) {
        found.push(Difference {
            what: "days covered".to_owned(),
            before: Some(covered(old)),
            after: Some(covered(new)),
            cite: None,
            grows: None,
        });
    }
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    let first = old.first_day().max(new.first_day());
    let both = first.iter_days().take_while(|day| *day <= old.last_day().min(new.last_day()));
    for day in both {
        match (old.is_business_day(day), new.is_business_day(day)) {
            (Ok(false), Ok(true)) => opened.push(day),
            (Ok(true), Ok(false)) => closed.push(day),
            _ => {}
        }
    }
    for (was, is, days) in [("holidays", "business days", &opened), ("business days", "holidays", &closed)] {
        if days.is_empty() {
            continue;
        }
        let named: Vec<String> = days.iter().take(DAYS_NAMED).map(ToString::to_string).collect();
        let more = match days.len().saturating_sub(named.len()) {
            0 => String::new(),
            left => format!(" and {left} more"),
        };
        found.push(Difference {
            what: format!("{}{more}", named.join(", ")),
            before: Some(was.to_owned()),
            after: Some(is.to_owned()),
            cite: None,
            grows: None,
        });
    }
    found
}

/// A day at which a version begins, or none: since ever.
type Day = Option<NaiveDate>;

/// Where a term's values differ, by date.
fn dates(old: &[Dated], new: &[Dated]) -> Vec<Difference> {
    let mut days: Vec<NaiveDate> = old
        .iter()
        .chain(new)
        .flat_map(|d| [d.from, d.until.and_then(|until| until.checked_add_days(Days::new(1)))])
        .flatten()
        .collect();
    days.sort_unstable();
    days.dedup();
    let starts: Vec<Day> = std::iter::once(None).chain(days.into_iter().map(Some)).collect();
    // Stretches of days in which both versions say one thing.
    let mut stretches: Vec<(Day, Day, Option<&Dated>, Option<&Dated>)> = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index.saturating_add(1)).copied().flatten();
        let (was, is) = (at(old, *start), at(new, *start));
        let same = |a: Option<&Dated>, b: Option<&Dated>| a.map(|d| &d.normal) == b.map(|d| &d.normal);
        match stretches.last_mut() {
            Some(last) if same(last.2, was) && same(last.3, is) => last.1 = end,
            _ => stretches.push((*start, end, was, is)),
        }
    }
    stretches
        .into_iter()
        .filter(|(_, _, was, is)| was.map(|d| &d.normal) != is.map(|d| &d.normal))
        .map(|(start, end, was, is)| Difference {
            what: since(start, end.and_then(|end| end.pred_opt())),
            before: was.map(|d| d.shown.clone()),
            after: is.map(|d| d.shown.clone()),
            cite: None,
            grows: was.zip(is).and_then(|(was, is)| grows(was, is)),
        })
        .collect()
}

/// Whether a figure is greater than it was; none where the two are of different types.
fn grows(was: &Dated, is: &Dated) -> Option<bool> {
    let ((of, was), (ty, is)) = (was.value.as_ref()?, is.value.as_ref()?);
    let order = (of == ty).then(|| compare(is, was)).flatten()?;
    order.is_ne().then(|| order.is_gt())
}

/// The version in force on a day; none before the first day of a history.
fn at(versions: &[Dated], day: Day) -> Option<&Dated> {
    let begun = |d: &&Dated| d.from.is_none_or(|from| day.is_some_and(|day| from <= day));
    let version = versions.iter().rev().find(begun)?;
    version.until.is_none_or(|until| day.is_none_or(|day| day <= until)).then_some(version)
}

fn since(start: Day, end: Day) -> String {
    match (start, end) {
        (None, None) => "value".to_owned(),
        (Some(start), None) => format!("from {start}"),
        (None, Some(end)) => format!("until {end}"),
        (Some(start), Some(end)) => format!("from {start} until {end}"),
    }
}
