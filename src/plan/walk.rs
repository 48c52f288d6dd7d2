//! A walk over a TOML table that keeps every place: entries in the order written, taken one by one,
//! and what nothing took reported with the entries that could have stood there.

use super::found::{File, Found, names_in};
use super::quote::{listed, quoted};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{Name, Span, TextMap};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

/// One entry of a table, or one item of a list (under the list's own key).
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// The key, its place without quotes.
    pub key: Name,
    /// What it holds.
    pub value: &'a DeValue<'a>,
    /// Where the value stands; the header for a table with a header of its own.
    pub span: Span,
    /// The first byte of anything that belongs to it.
    pub first: usize,
}

impl<'a> Entry<'a> {
    /// The table it holds, if it holds one.
    pub fn as_table(&self) -> Option<&'a DeTable<'a>> {
        self.value.as_table()
    }
}

/// Reads one file: the file, the limits, and what has been found so far.
pub(super) struct Reader<'a> {
    /// The file.
    pub file: &'a File,
    /// What a plan may take.
    pub limits: &'a Limits,
    /// Problems, names taken and names left out, of all files.
    pub found: &'a mut Found,
}

impl Reader<'_> {
    /// Notes a problem.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.found.report(diagnostic, self.limits);
    }

    /// Leaves a definition out: its problem is already reported.
    pub fn leave_out(&mut self, entry: &Entry<'_>) {
        self.found.leave_out(&entry.key);
        self.mention(entry);
    }

    /// Reads a definition; where that finds a problem, the definition's name is noted as unsure.
    pub fn judged<T>(&mut self, name: &Name, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.found.diagnostics.len();
        let read = read(self);
        if self.found.diagnostics.len() > before {
            self.found.unsure.push(name.span);
        }
        read
    }

    /// Notes every word of an entry that could not be read: any of them may name what it uses.
    pub fn mention(&mut self, entry: &Entry<'_>) {
        mention(entry.value, self.found);
    }

    /// A place in this file.
    pub fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file.source, range.start, range.end)
    }

    /// The characters of a place in this file.
    pub fn slice(&self, span: Span) -> &str {
        self.file.text.get(span.range()).unwrap_or("")
    }

    /// The entries of a table, in the order of the file.
    ///
    /// `toml` hands them out sorted by name. A table may be spread over several headers: it counts
    /// from its first one.
    pub fn entries<'t>(&self, table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
        let mut entries: Vec<Entry<'t>> = table
            .iter()
            .map(|(key, value)| Entry {
                key: Name::new(Arc::from(&**key.get_ref()), self.unquoted(key.span())),
                value: value.get_ref(),
                span: self.span(value.span()),
                first: first_place(key.span().start, value),
            })
            .collect();
        entries.sort_by_key(|e| e.first);
        entries
    }

    /// The items of a list, each under the list's key.
    pub fn items<'t>(&self, entry: &Entry<'t>) -> Option<Vec<Entry<'t>>> {
        let item = |value: &'t TomlSpanned<DeValue<'t>>| Entry {
            key: entry.key.clone(),
            value: value.get_ref(),
            span: self.span(value.span()),
            first: value.span().start,
        };
        Some(entry.value.as_array()?.iter().map(item).collect())
    }

    /// A string's or a key's place without its quotes.
    pub fn unquoted(&self, range: Range<usize>) -> Span {
        let is_quoted = |written: &str| written.starts_with(['"', '\'']);
        if !self.file.text.get(range.clone()).is_some_and(is_quoted) {
            return self.span(range);
        }
        TextMap::of(self.file.source, &self.file.text, range.clone())
            .map_or_else(|| self.span(range), |map| map.whole())
    }

    /// The table under an entry, to be read entry by entry; a problem where it is none.
    pub fn section<'t>(
        &mut self,
        entry: &Entry<'t>,
        what: String,
        allowed: &'static [&'static str],
    ) -> Option<Section<'t>> {
        let Some(table) = entry.as_table() else {
            let help = match allowed {
                [] => format!("write lines of `name = value` under `[{}]`", entry.key.value),
                _ => format!("give it entries such as {}", listed(allowed.iter().copied().take(3), "and")),
            };
            self.wrong(entry, "a table", Some(help));
            return None;
        };
        Some(Section { what, place: entry.key.span, allowed, entries: self.entries(table), also: None })
    }

    /// The whole file, to be read section by section.
    pub fn top<'t>(
        &self,
        table: &'t DeTable<'t>,
        what: &str,
        allowed: &'static [&'static str],
    ) -> Section<'t> {
        let place = Span::new(self.file.source, 0, 0);
        Section { what: what.to_owned(), place, allowed, entries: self.entries(table), also: None }
    }

    /// A problem: the entry holds another kind of value than `expected`.
    pub fn wrong(&mut self, entry: &Entry<'_>, expected: &str, help: Option<String>) {
        let message =
            format!("{} holds {} where {expected} is expected", quoted(&entry.key.value), found(entry.value));
        let label = format!("expected {expected}");
        self.mention(entry);
        self.report(Diagnostic::error(Code::WrongEntry, message).label(entry.span, label).help_maybe(help));
    }
}

/// Where an entry begins, the tables below it included: a later header may come to own the key.
fn first_place(key: usize, value: &TomlSpanned<DeValue<'_>>) -> usize {
    let below =
        value.get_ref().as_table().and_then(|t| t.iter().map(|(k, v)| first_place(k.span().start, v)).min());
    below.map_or(key, |first| first.min(key))
}

fn mention(value: &DeValue<'_>, found: &mut Found) {
    match value {
        DeValue::String(text) => names_in(text).for_each(|word| found.mention(word)),
        DeValue::Array(items) => items.iter().for_each(|item| mention(item.get_ref(), found)),
        DeValue::Table(table) => {
            for (key, value) in table {
                found.mention(key.get_ref());
                mention(value.get_ref(), found);
            }
        }
        _ => {}
    }
}

/// A value's kind, as it is called in messages.
pub(super) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(d) if d.time.is_some() => "a time",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A table whose entries are taken by name.
pub(super) struct Section<'t> {
    /// What it is, as messages call it: "`[plan]`", "the term `discount`".
    pub what: String,
    /// Where a missing entry is reported.
    pub place: Span,
    /// The entries that may stand here.
    allowed: &'static [&'static str],
    entries: Vec<Entry<'t>>,
    /// What else may be said to somebody who wrote an unknown entry.
    also: Option<&'static str>,
}

impl<'t> Section<'t> {
    /// Whether there is such an entry.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|e| &*e.key.value == key)
    }

    /// The names of entries that may not stand here.
    pub fn unknown(&self) -> Vec<Name> {
        let unknown = self.entries.iter().filter(|e| !self.allowed.contains(&&*e.key.value));
        unknown.map(|e| e.key.clone()).collect()
    }

    /// Adds a sentence to the help for an unknown entry.
    pub fn also(&mut self, help: &'static str) {
        self.also = Some(help);
    }

    /// Takes an entry out.
    pub fn take(&mut self, key: &str) -> Option<Entry<'t>> {
        let index = self.entries.iter().position(|e| &*e.key.value == key)?;
        Some(self.entries.remove(index))
    }

    /// Takes an entry out, or reports that it is missing.
    pub fn need(&mut self, reader: &mut Reader<'_>, key: &str) -> Option<Entry<'t>> {
        let entry = self.take(key);
        if entry.is_none() {
            let message = format!("{} has no {}", self.what, quoted(key));
            reader.report(
                Diagnostic::error(Code::MissingEntry, message)
                    .label(self.place, format!("{} is missing", quoted(key)))
                    .help(format!("add `{key} = ...`")),
            );
        }
        entry
    }

    /// Takes every entry that `wanted` picks.
    pub fn take_all(&mut self, wanted: impl Fn(&Entry<'t>) -> bool) -> Vec<Entry<'t>> {
        let (taken, left) = std::mem::take(&mut self.entries).into_iter().partition(wanted);
        self.entries = left;
        taken
    }

    /// Reports what nobody took.
    pub fn finish(self, reader: &mut Reader<'_>) {
        for entry in &self.entries {
            let name = &*entry.key.value;
            let near = reader.found.near(name, self.allowed.iter().copied());
            let near = near.map(|n| format!("did you mean {}? ", quoted(n))).unwrap_or_default();
            reader.mention(entry);
            let also = self.also.map(|also| format!("; {also}")).unwrap_or_default();
            let help =
                format!("{near}the entries here are {}{also}", listed(self.allowed.iter().copied(), "and"));
            reader.report(
                Diagnostic::error(Code::UnknownEntry, format!("{} has no entry {}", self.what, quoted(name)))
                    .label(entry.key.span, "unknown entry")
                    .help(help),
            );
        }
    }
}
