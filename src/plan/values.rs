//! Entries that hold plain values: text, lists of text, switches, dates and names.

use super::document::{Change, Notes};
use super::names::checked_name;
use super::quote::{listed, quoted};
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Name, Span, Spanned};
use crate::value::parse_date;
use chrono::NaiveDate;
use std::sync::Arc;
use toml::de::DeValue;

impl Reader<'_> {
    /// Text that says something, its place without quotes.
    pub fn text(&mut self, entry: &Entry<'_>) -> Option<Spanned<Arc<str>>> {
        let Some(text) = entry.value.as_str() else {
            let help = self.in_quotes(entry).unwrap_or_else(|| "write one text in quotes".to_owned());
            self.wrong(entry, "text", Some(help));
            return None;
        };
        if text.trim().is_empty() {
            let message = format!("{} is empty", quoted(&entry.key.value));
            self.report(
                Diagnostic::error(Code::WrongEntry, message)
                    .label(entry.span, "expected some text")
                    .help("write the text, or leave the entry out"),
            );
            return None;
        }
        Some(Spanned::new(Arc::from(text), self.unquoted(entry.span.range())))
    }

    /// A plain value as text, for a help line.
    fn in_quotes(&self, entry: &Entry<'_>) -> Option<String> {
        let plain = !matches!(entry.value, DeValue::Array(_) | DeValue::Table(_));
        plain.then(|| format!("put it in quotes: `\"{}\"`", self.slice(entry.span)))
    }

    /// Text, or a list of it.
    pub fn texts(&mut self, entry: &Entry<'_>) -> Vec<Spanned<Arc<str>>> {
        match (entry.value, self.items(entry)) {
            (_, Some(items)) => items.iter().filter_map(|item| self.text(item)).collect(),
            (DeValue::String(_), None) => self.text(entry).into_iter().collect(),
            (_, None) => {
                let help = self.in_quotes(entry).unwrap_or_else(|| "write `[\"...\", \"...\"]`".to_owned());
                self.wrong(entry, "text or a list of texts", Some(help));
                Vec::new()
            }
        }
    }

    /// `true` or `false`.
    pub fn switch(&mut self, entry: &Entry<'_>) -> Option<bool> {
        let value = entry.value.as_bool();
        if value.is_none() {
            let help = format!("write `{} = true`, without quotes", entry.key.value);
            self.wrong(entry, "`true` or `false`", Some(help));
        }
        value
    }

    /// A whole number of at most `most`.
    pub fn whole(&mut self, entry: &Entry<'_>, most: u32) -> Option<u32> {
        let value = match entry.value {
            DeValue::Integer(i) => u32::from_str_radix(i.as_str(), i.radix()).ok().filter(|n| *n <= most),
            _ => None,
        };
        if value.is_none() {
            let expected = match most {
                u32::MAX => "a whole number".to_owned(),
                most => format!("a whole number from 0 to {most}"),
            };
            let message = format!(
                "{} is {}, expected {expected}",
                quoted(&entry.key.value),
                quoted(self.slice(entry.span))
            );
            self.report(
                Diagnostic::error(Code::WrongEntry, message)
                    .label(entry.span, format!("expected {expected}"))
                    .help("write digits alone, without quotes, a sign or a point"),
            );
        }
        value
    }

    /// A date, with or without quotes.
    pub fn date(&mut self, entry: &Entry<'_>) -> Option<Spanned<NaiveDate>> {
        let plain = match entry.value {
            DeValue::Datetime(d) => d.date.is_some() && d.time.is_none(),
            DeValue::String(_) => true,
            _ => false,
        };
        if !plain {
            let help = "write a date as year, month and day: `2001-02-20`";
            self.wrong(entry, "a date", Some(help.to_owned()));
            return None;
        }
        let span = self.unquoted(entry.span.range());
        if let Some(date) = parse_date(self.slice(span)) {
            return Some(Spanned::new(date, span));
        }
        let message = format!("{} is not a date", quoted(self.slice(span)));
        self.report(
            Diagnostic::error(Code::BadDate, message)
                .label(span, "expected a day that exists, such as `2001-02-20`")
                .help("dates are year, month and day, from 0001-01-01 to 9999-12-31"),
        );
        None
    }

    /// One word out of a few.
    pub fn one_of<T: Copy>(&mut self, entry: &Entry<'_>, words: &[(&'static str, T)]) -> Option<Spanned<T>> {
        let text = self.text(entry)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == &*text.value) {
            return Some(Spanned::new(*value, text.span));
        }
        let names = || words.iter().map(|(word, _)| *word);
        let near = self.found.near(&text.value, names());
        let message = format!("{} cannot be {}", quoted(&entry.key.value), quoted(&text.value));
        let label = format!("expected {}", listed(names(), "or"));
        let help = near.map_or_else(
            || format!("write {}", listed(names(), "or")),
            |near| format!("did you mean {}?", quoted(near)),
        );
        self.report(Diagnostic::error(Code::WrongEntry, message).label(text.span, label).help(help));
        None
    }

    /// Text that is a name.
    pub fn name(&mut self, entry: &Entry<'_>) -> Option<Name> {
        let text = self.text(entry)?;
        checked_name(self, &text).then_some(text)
    }

    /// Text that is a name or several joined by points: `participants.eligible`.
    pub fn path(&mut self, entry: &Entry<'_>) -> Option<Name> {
        let text = self.text(entry)?;
        self.checked_path(text)
    }

    /// A name or a list of names, each perhaps several joined by points.
    pub fn paths(&mut self, entry: &Entry<'_>) -> Vec<Name> {
        let texts = self.texts(entry);
        texts.into_iter().filter_map(|text| self.checked_path(text)).collect()
    }

    fn checked_path(&mut self, text: Name) -> Option<Name> {
        if text.value.split('.').all(crate::syntax::is_name) {
            return Some(text);
        }
        let message = format!("{} is not a name", quoted(&text.value));
        self.report(
            Diagnostic::error(Code::BadName, message)
                .label(text.span, "expected a name, or a table's and a field's joined by a point")
                .help("write it as formulas do: `purchase_price` or `participants.eligible`"),
        );
        None
    }

    /// Names or a name, each one a name alone.
    pub fn names(&mut self, entry: &Entry<'_>) -> Vec<Name> {
        let texts = self.texts(entry);
        texts.into_iter().filter(|text| checked_name(self, text)).collect()
    }

    /// `cite`, `about` and `change`.
    pub fn notes(&mut self, section: &mut Section<'_>) -> Notes {
        let cite = section.take("cite").map(|e| self.texts(&e)).unwrap_or_default();
        let about = self.line(section, "about");
        let change = section.take("change").and_then(|e| self.change(&e));
        Notes { cite, about, change }
    }

    /// Whose approval a change needs: one name, or one for each direction.
    fn change(&mut self, entry: &Entry<'_>) -> Option<Change> {
        if entry.as_table().is_none() {
            return Some(Change { any: Some(self.text(entry)?), ..Change::default() });
        }
        let mut section = self.section(entry, "`change`".to_owned(), &["increase", "decrease"])?;
        let increase = section.take("increase").and_then(|e| self.text(&e));
        let decrease = section.take("decrease").and_then(|e| self.text(&e));
        section.finish(self);
        Some(Change { any: None, increase, decrease })
    }

    /// One clause.
    pub fn clause(&mut self, section: &mut Section<'_>) -> Option<Spanned<Arc<str>>> {
        let entry = section.take("cite")?;
        self.text(&entry)
    }

    /// Text that may be left out.
    pub fn line(&mut self, section: &mut Section<'_>, key: &str) -> Option<Arc<str>> {
        let entry = section.take(key)?;
        Some(self.text(&entry)?.value)
    }

    /// A switch that is off unless it is set, with its place where it is on.
    pub fn flag(&mut self, section: &mut Section<'_>, key: &str) -> Option<Span> {
        let entry = section.take(key)?;
        self.switch(&entry)?.then_some(entry.span)
    }
}
