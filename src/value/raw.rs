//! Data as read, before the plan says what it should be: every number as it was written.

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
}

impl Place {
    /// A place in a file, or under the name that an embedder or a flag gave.
    #[must_use]
    pub fn new(file: impl Into<Arc<str>>, line: Option<u32>) -> Self {
        Self { file: Some(file.into()), line, characters: None }
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
