//! Data as read, before the plan says what it should be: every number as it was written.

use crate::diagnostic::Subject;
use crate::source::Span;
use std::sync::Arc;

/// A value as read, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// What it is.
    pub kind: RawKind,
    /// Where it stood.
    pub place: Place,
}

/// Where a value stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's name, or the name an embedder or a flag gave.
    pub file: Option<Arc<str>>,
    /// The line, from 1, where known.
    pub line: Option<u32>,
    /// Its characters, where it stands in a plan.
    pub characters: Option<Box<Characters>>,
    /// The sheet and column, where the file has no lines: `line` is then a row.
    pub grid: Option<Arc<Grid>>,
}

/// Where in a file without lines a column of values stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// The letters of the column.
    pub column: Option<Arc<str>>,
}

impl Place {
    /// A place in a file, or under the name that an embedder or a flag gave.
    #[must_use]
    pub fn new(file: impl Into<Arc<str>>, line: Option<u32>) -> Self {
        Self { file: Some(file.into()), line, characters: None, grid: None }
    }

    /// The same in a file without lines.
    #[must_use]
    pub fn in_grid(mut self, grid: &Arc<Grid>) -> Self {
        self.grid = Some(Arc::clone(grid));
        self
    }

    /// Where in its file: `line 7`, `row 7`, `sheet participants, cell C7`; none where that is not known.
    #[must_use]
    pub fn within(&self) -> Option<String> {
        let Some(grid) = &self.grid else { return self.line.map(|line| format!("line {line}")) };
        let sheet = grid.sheet.as_ref().map(|sheet| format!("sheet {sheet}"));
        let cell = self.line.map(|row| match &grid.column {
            Some(column) => format!("cell {column}{row}"),
            None => format!("row {row}"),
        });
        let parts: Vec<String> = sheet.into_iter().chain(cell).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The file and the place in it, as a diagnostic names them.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let file = self.file.as_deref().map(str::to_owned);
        match &self.grid {
            None => Subject { file, line: self.line, ..Subject::default() },
            Some(_) => Subject { file, at: self.within(), ..Subject::default() },
        }
    }
}

/// The characters of a value that stands in a plan: in the data of its tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Characters {
    /// The name it is given under.
    pub name: Span,
    /// The value; the header, for a table with a header of its own.
    pub value: Span,
}

/// The forms that data take.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RawKind {
    /// JSON null, an empty CSV cell, serde's none: the same as missing.
    #[default]
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number exactly as written: `25000`, `1.50`, `1e3`; in TOML also `0x10` and `nan`, which no field
    /// takes.
    Number(Arc<str>),
    /// Text.
    Text(Arc<str>),
    /// Text of a CSV cell: it may stand for any type, a list of texts joined by `;`.
    Cell(Arc<str>),
    /// A TOML date as written, also with a time of day, which no field takes.
    Date(Arc<str>),
    /// A binary float that an embedder passed: refused for an exact field, shown as given.
    Float(Arc<str>),
    /// A list.
    List(Vec<Raw>),
    /// A table with a header, as CSV has it: also without rows it says which fields it gives.
    Sheet {
        /// The names of its columns.
        columns: Vec<Arc<str>>,
        /// Its rows, each a record.
        rows: Vec<Raw>,
    },
    /// A record or a document: names in the order written, repeats kept so that they can be refused.
    Map(Vec<(Arc<str>, Raw)>),
}

impl Raw {
    /// Changes the line of a value and of all in it. Values nest no deeper than a document may.
    pub fn each_line(&mut self, change: &impl Fn(&mut Option<u32>)) {
        change(&mut self.place.line);
        match &mut self.kind {
            RawKind::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.each_line(change)),
            RawKind::List(items) => items.iter_mut().for_each(|item| item.each_line(change)),
            _ => {}
        }
    }
}

impl RawKind {
    /// The items of a list, the rows of a table; none of anything else.
    #[must_use]
    pub fn items(&self) -> Option<&[Raw]> {
        match self {
            Self::List(items) | Self::Sheet { rows: items, .. } => Some(items),
            _ => None,
        }
    }

    /// As [`RawKind::items`], to be changed.
    #[must_use]
    pub fn items_mut(&mut self) -> Option<&mut Vec<Raw>> {
        match self {
            Self::List(items) | Self::Sheet { rows: items, .. } => Some(items),
            _ => None,
        }
    }
}

impl Default for Raw {
    fn default() -> Self {
        Self { kind: RawKind::Map(Vec::new()), place: Place::default() }
    }
}
