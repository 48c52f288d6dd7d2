//! Faults of data as they are found, each with the file, the row's key, the field and the value as written.

use crate::data::{Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Subject};
use crate::ir::{Holder, Program, SCALARS};
use crate::limits::Limits;
use crate::value::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A place in the data: what holds it, the row of a table, the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The record or table.
    pub holder: Holder,
    /// The row; 0 for a record.
    pub row: usize,
    /// The field.
    pub field: usize,
}

/// Faults found so far.
pub struct Faults<'a> {
    /// The plan.
    pub program: &'a Program,
    document: &'a Raw,
    found: Diagnostics,
    limit: usize,
    more: usize,
    faulty: BTreeSet<Cell>,
    /// Keys that are known, and faulty only because rows before have them too.
    repeated: BTreeSet<Cell>,
    rows: BTreeMap<usize, &'a [Raw]>,
    /// A table of which some rows are looked at, and their numbers in the whole, from 0.
    some: Option<(usize, &'a [usize])>,
    /// Tables whose values were asked for and are not in the document.
    missed: RefCell<BTreeSet<usize>>,
    /// Rows of tables in columns that refer to no row of some table: so many of each table at most.
    unnamed: BTreeMap<usize, BTreeSet<(usize, usize)>>,
    most_unnamed: usize,
    /// Rows of tables in columns a default of which has no value that fits.
    unfilled: BTreeMap<usize, BTreeSet<usize>>,
}

impl<'a> Faults<'a> {
    /// None yet.
    pub fn new(program: &'a Program, document: &'a Raw, limits: &Limits) -> Self {
        let mut rows = BTreeMap::new();
        if let RawKind::Map(entries) = &document.kind {
            for (name, value) in entries {
                if let (Some(table), Some(items)) = (program.find_table(name), value.kind.items()) {
                    rows.entry(table).or_insert(items);
                }
            }
        }
        Self {
            program,
            document,
            found: Vec::new(),
            limit: limits.faults,
            more: 0,
            faulty: BTreeSet::new(),
            repeated: BTreeSet::new(),
            rows,
            some: None,
            missed: RefCell::default(),
            unnamed: BTreeMap::new(),
            unfilled: BTreeMap::new(),
            most_unnamed: limits.faults.max(limits.refused_rows).saturating_add(1),
        }
    }

    /// Notes rows of a table in columns that refer to no row of another: what they name is not told here.
    pub fn names_nothing(&mut self, table: usize, target: usize, rows: impl Iterator<Item = usize>) {
        let known = self.unnamed.entry(table).or_default();
        let room = self.most_unnamed.saturating_sub(known.len());
        known.extend(rows.take(room).map(|row| (row, target)));
    }

    /// Notes a row of a table in columns of which a default has no value that fits; whether more are noted.
    pub fn is_not_filled(&mut self, table: usize, row: usize) -> bool {
        let known = self.unfilled.entry(table).or_default();
        known.insert(row);
        known.len() < self.most_unnamed
    }

    /// The rows of a table in columns of which a default has no value that fits.
    pub fn unfilled(&self, table: usize) -> BTreeSet<usize> {
        self.unfilled.get(&table).cloned().unwrap_or_default()
    }

    /// The rows of a table in columns that refer to no row, each with the table where it should be.
    pub fn unnamed(&self, table: usize) -> Vec<(usize, usize)> {
        self.unnamed.get(&table).into_iter().flatten().copied().collect()
    }

    #[cfg(feature = "cli")]
    /// Numbers the rows of a table as they are numbered in the whole, from 0.
    pub fn number(&mut self, table: usize, rows: &'a [usize]) {
        self.some = Some((table, rows));
    }

    /// A row's number in its table, from 1.
    pub fn number_of(&self, holder: Holder, row: usize) -> usize {
        let number = match (self.some, holder) {
            (Some((table, rows)), Holder::Table(of)) if of == table => rows.get(row).copied(),
            _ => None,
        };
        number.unwrap_or(row).saturating_add(1)
    }

    /// Adds a fault; beyond the limit they are only counted.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.count();
        } else {
            self.found.push(diagnostic);
        }
    }

    /// Counts a fault beyond the limit.
    pub fn count(&mut self) {
        self.more = self.more.saturating_add(1);
    }

    /// Adds a fault of one value.
    pub fn cell(&mut self, code: Code, cell: Cell, says: &str, help: Option<String>) {
        self.faulty.insert(cell);
        if self.is_full() {
            self.count();
            return;
        }
        let field = self.field_name(cell);
        let of = self.of(cell);
        let message = format!("{of}`{field}` {says}");
        let subject = self.subject(cell);
        let diagnostic = Diagnostic::error(code, message).help_maybe(help).about(subject);
        self.push(self.marked(diagnostic, cell));
    }

    /// Puts the place of a value first among the labels, where it stands in a plan.
    pub fn marked(&self, diagnostic: Diagnostic, cell: Cell) -> Diagnostic {
        let part = if self.raw(cell).is_some() { Part::Value } else { Part::Holder };
        let field = match cell.holder {
            Holder::Record(r) if r != SCALARS => {
                format!("{}.{}", self.program.holder_name(cell.holder), self.field_name(cell))
            }
            _ => self.field_name(cell).to_owned(),
        };
        mark(diagnostic, &self.place(cell), part, &field)
    }

    /// Whether a value has a fault already, so that nothing should be concluded from it.
    pub fn is_faulty(&self, cell: Cell) -> bool {
        self.faulty.contains(&cell)
    }

    /// Marks a value as not known without a fault of its own.
    pub fn doubt(&mut self, cell: Cell) {
        self.faulty.insert(cell);
    }

    /// Notes that the fault of a key is that rows before have it too.
    pub fn repeats(&mut self, cell: Cell) {
        self.repeated.insert(cell);
    }

    /// Whether it is not known what a value should be.
    pub fn is_unknown(&self, cell: Cell) -> bool {
        self.is_faulty(cell) && !self.repeated.contains(&cell)
    }

    /// Whether any value at all has a fault, or is not known.
    pub fn is_doubtful(&self) -> bool {
        !self.faulty.is_empty()
    }

    /// Whether anything was found.
    pub fn any(&self) -> bool {
        !self.found.is_empty()
    }

    /// Whether further faults are only counted, so that their wording is wasted.
    pub fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }

    /// What was found.
    pub fn finish(mut self) -> Diagnostics {
        if self.more > 0 {
            self.found.push(not_listed(self.more));
        }
        self.found
    }

    #[cfg(feature = "cli")]
    /// What was found, and how many faults were only counted.
    pub fn counted(self) -> (Diagnostics, usize) {
        (self.found, self.more)
    }

    /// A field's name.
    pub fn field_name(&self, cell: Cell) -> &'a str {
        self.program.fields(cell.holder).get(cell.field).map_or("", |f| &f.name.value)
    }

    /// "participants `E1042`: ", "company: ", or nothing for a scalar.
    pub fn of(&self, cell: Cell) -> String {
        let name = self.program.holder_name(cell.holder);
        match cell.holder {
            Holder::Record(SCALARS) => String::new(),
            Holder::Record(_) => format!("{name}: "),
            Holder::Table(table) => match self.key_of(table, cell.row) {
                Some(key) => format!("{name} `{key}`: "),
                None => format!("{name}, row {}: ", self.number_of(cell.holder, cell.row)),
            },
        }
    }

    /// Where a value stands.
    pub fn subject(&self, cell: Cell) -> Subject {
        let place = self.place(cell);
        let name = self.program.holder_name(cell.holder).to_owned();
        let (table, key) = match cell.holder {
            Holder::Record(SCALARS) => (None, None),
            Holder::Record(_) => (Some(name), None),
            Holder::Table(t) => (Some(name), self.key_of(t, cell.row)),
        };
        let rows = match cell.holder {
            Holder::Table(_) => vec![self.number_of(cell.holder, cell.row).saturating_sub(1)],
            Holder::Record(_) => Vec::new(),
        };
        Subject { table, key, field: Some(self.field_name(cell).to_owned()), rows, ..place.subject() }
    }

    /// Blames an earlier row for the fault just found too, with which that one's row cannot stand.
    pub fn blame(&mut self, holder: Holder, row: usize) {
        let row = self.number_of(holder, row).saturating_sub(1);
        if let Some(subject) = self.found.last_mut().and_then(|d| d.subject.as_mut()) {
            subject.rows.push(row);
        }
    }

    fn place(&self, cell: Cell) -> Place {
        if let Some(raw) = self.raw(cell) {
            return raw.place.clone();
        }
        match cell.holder {
            Holder::Record(SCALARS) => self.document.place.clone(),
            Holder::Record(_) => self
                .entry(self.program.holder_name(cell.holder))
                .map_or_else(|| self.document.place.clone(), |r| r.place.clone()),
            Holder::Table(t) => self.raw_row(t, cell.row).map(|r| r.place.clone()).unwrap_or_default(),
        }
    }

    fn entry(&self, name: &str) -> Option<&'a Raw> {
        match &self.document.kind {
            RawKind::Map(entries) => entries.iter().find(|(n, _)| **n == *name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A table's row as read.
    pub fn raw_row(&self, table: usize, row: usize) -> Option<&'a Raw> {
        self.rows.get(&table)?.get(row)
    }

    /// Whether a value of a table was asked for that the document does not have.
    pub fn missed(&self, table: usize) -> bool {
        self.missed.borrow().contains(&table)
    }

    /// A value as read; none where it was not given.
    pub fn raw(&self, cell: Cell) -> Option<&'a Raw> {
        if let Holder::Table(table) = cell.holder
            && !self.rows.contains_key(&table)
        {
            self.missed.borrow_mut().insert(table);
        }
        let field = self.field_name(cell);
        let holder = match cell.holder {
            Holder::Record(SCALARS) => return self.entry(field),
            Holder::Record(_) => self.entry(self.program.holder_name(cell.holder))?,
            Holder::Table(table) => self.raw_row(table, cell.row)?,
        };
        match &holder.kind {
            RawKind::Map(entries) => entries.iter().find(|(n, _)| **n == *field).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The key of a row as written, its fields joined by ` / `.
    pub fn key_of(&self, table: usize, row: usize) -> Option<String> {
        let info = self.program.tables.get(table)?;
        let parts: Option<Vec<String>> = info
            .key
            .iter()
            .map(|field| {
                let raw = self.raw(Cell { holder: Holder::Table(table), row, field: *field })?;
                (raw.kind != RawKind::Null).then(|| written(raw)).filter(|part| !part.is_empty())
            })
            .collect();
        parts.map(|p| p.join(" / "))
    }
}

/// Says how many faults are not told of one by one.
#[must_use]
pub fn not_listed(more: usize) -> Diagnostic {
    let message = format!("{more} more faults of the data are not listed");
    Diagnostic::error(Code::DataCondition, message).help("mend those above and run again")
}

/// What of a place to point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of what is given.
    Name,
    /// What is given.
    Value,
    /// What should have given it.
    Holder,
}

/// Points at the characters of a place, where it lies in a plan: in the data of its tests. `field` is
/// what is missing from a holder.
pub fn mark(mut diagnostic: Diagnostic, place: &Place, part: Part, field: &str) -> Diagnostic {
    let Some(characters) = &place.characters else { return diagnostic };
    let (span, text) = match part {
        Part::Name => (characters.name, "no such name".to_owned()),
        Part::Value => (characters.value, says_of(diagnostic.code).to_owned()),
        Part::Holder => (characters.value, format!("`{}` is not given here", cut(field))),
    };
    diagnostic.labels.insert(0, Label { span, text });
    diagnostic
}

/// What is said under a value that has this fault.
fn says_of(code: Code) -> &'static str {
    match code {
        Code::DataGivenTwice => "given again here",
        Code::DataUnknownValue => "no such value",
        Code::DataUnknownReference => "no such row",
        Code::DataOutOfRange => "out of its bounds",
        Code::DataNotWhole => "not on its step",
        Code::DataDuplicateKey => "the same key again",
        Code::DataNotUnique => "the same value again",
        Code::DataCondition => "the value to blame",
        _ => "not what its field takes",
    }
}

/// A name or a text of the data as messages repeat it: cut where it is long.
pub fn cut(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A value without its unit, where it can be shown in a word.
pub fn in_a_word(value: &Value) -> Option<String> {
    match value {
        Value::Number(n) => Some(n.to_string()),
        Value::Date(day) => Some(day.to_string()),
        Value::Bool(switch) => Some(switch.to_string()),
        Value::Text(text) | Value::Symbol(text) => Some(text.to_string()),
        _ => None,
    }
}

/// As [`in_a_word`], and nothing for a value that cannot be shown so.
pub fn plain(value: &Value) -> String {
    in_a_word(value).unwrap_or_default()
}

/// A value as written, for messages; long ones are cut.
pub fn written(raw: &Raw) -> String {
    let text: Arc<str> = match &raw.kind {
        RawKind::Null => "null".into(),
        RawKind::Bool(value) => value.to_string().into(),
        RawKind::Number(text)
        | RawKind::Text(text)
        | RawKind::Cell(text)
        | RawKind::Date(text)
        | RawKind::Float(text) => Arc::clone(text),
        RawKind::List(items) | RawKind::Sheet { rows: items, .. } => {
            let shown: Vec<String> = items.iter().take(8).map(written).collect();
            format!("[{}{}]", shown.join(", "), if items.len() > 8 { ", ..." } else { "" }).into()
        }
        RawKind::Map(entries) => {
            let shown: Vec<String> =
                entries.iter().take(8).map(|(n, v)| format!("{}: {}", cut(n), written(v))).collect();
            format!("{{ {}{} }}", shown.join(", "), if entries.len() > 8 { ", ..." } else { "" }).into()
        }
    };
    cut(&text)
}
