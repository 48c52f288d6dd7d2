//! What differs between two definitions: formulas and entries by name, terms by date, cases by condition.

use super::item::{Aspect, Dated, Item, ORDER};
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
}

/// Every difference of meaning between two definitions.
pub(super) fn differences(old: &Item, new: &Item) -> Vec<Difference> {
    let mut found = dates(&old.dated, &new.dated);
    let removed: Vec<&Aspect> = old.aspects.iter().filter(|a| of(&new.aspects, &a.key).is_none()).collect();
    let mut gone: Vec<&Aspect> = removed;
    for aspect in &new.aspects {
        match of(&old.aspects, &aspect.key) {
            None if aspect.key == ORDER => {}
            Some(was) if was.normal == aspect.normal => {}
            Some(was) if aspect.key == ORDER => found.extend(order(was, aspect)),
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
                    },
                    None => Difference {
                        what: aspect.what.clone(),
                        before: None,
                        after: Some(aspect.shown.clone()),
                        cite: aspect.cite.clone(),
                    },
                });
            }
        }
    }
    found.extend(gone.into_iter().filter(|a| a.key != ORDER).map(|was| Difference {
        what: was.what.clone(),
        before: Some(was.shown.clone()),
        after: None,
        cite: was.cite.clone(),
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
    };
    let dated = item.dated.iter().map(|d| made(&since(d.from, None), &d.shown, &None));
    let aspects = item.aspects.iter().filter(|a| a.key != ORDER);
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
    }
}

fn condition(case: &Aspect) -> String {
    let shown = case.what.strip_prefix("case `").and_then(|w| w.strip_suffix('`'));
    shown.unwrap_or(&case.what).to_owned()
}

/// Cases that both versions have, tried in another order.
fn order(was: &Aspect, is: &Aspect) -> Option<Difference> {
    let common = |one: &str, other: &str| -> Vec<String> {
        let others: Vec<&str> = other.lines().collect();
        one.lines().filter(|case| others.contains(case)).map(|case| format!("`{case}`")).collect()
    };
    let (before, after) = (common(&was.normal, &is.normal), common(&is.normal, &was.normal));
    (before != after).then(|| Difference {
        what: ORDER.to_owned(),
        before: Some(before.join(", then ")),
        after: Some(after.join(", then ")),
        cite: None,
    })
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
        })
        .collect()
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
