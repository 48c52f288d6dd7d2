//! Data for an evaluation: from any `serde::Serialize` value, or put together by hand.

use crate::data::{Place, Raw, RawKind, SerializeError, to_raw};
use crate::diagnostic::Diagnostics;
use crate::eval::{Extra, TableData};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Data for an evaluation, put together by hand.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    document: Raw,
    rosters: Rosters,
    extra: Vec<(usize, Vec<Extra>)>,
    #[cfg(any(feature = "cli", test))]
    plain: Plain,
}

/// How to read all of the data the ordinary way without a look at tables that were read already.
#[cfg(any(feature = "cli", test))]
#[derive(Clone, Default)]
struct Plain(Option<Again>);

#[cfg(any(feature = "cli", test))]
impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "again" } else { "once" })
    }
}

/// Tables read straight into columns, and how to read all of the data the ordinary way should anything
/// about it need words.
#[derive(Clone, Default)]
pub struct Rosters {
    /// Tables, each with its index in the plan.
    pub tables: Vec<(usize, TableData)>,
    /// Reads all of the data the ordinary way.
    pub again: Option<Again>,
    /// Tables whose rows that do not fit the plan are told apart, for an evaluation that may go on without
    /// them.
    #[cfg(feature = "cli")]
    pub sifted: Vec<crate::data::Sifted>,
}

/// Reads data once more.
pub type Again = Arc<dyn Fn() -> Result<Inputs, Diagnostics> + Send + Sync>;

impl fmt::Debug for Rosters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tables.iter().map(|(table, _)| table)).finish()
    }
}

/// What an evaluation takes as data: [`Inputs`], or any value that serializes to a map of records and
/// tables by name.
pub trait ToInputs {
    /// The data as read.
    ///
    /// # Errors
    /// Where the value has no form as data: bytes, keys that are not text, nesting beyond the limit.
    fn to_inputs(&self) -> Result<Inputs, SerializeError>;
}

impl ToInputs for Inputs {
    fn to_inputs(&self) -> Result<Inputs, SerializeError> {
        Ok(self.clone())
    }
}

impl<T: Serialize> ToInputs for T {
    fn to_inputs(&self) -> Result<Inputs, SerializeError> {
        Ok(Inputs::from_raw(to_raw(self)?))
    }
}

impl Inputs {
    /// No data yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Data as the readers of files answer it.
    #[must_use]
    pub fn from_raw(document: Raw) -> Self {
        Self { document, ..Self::default() }
    }

    /// Adds columns that the plan does not know, by table, a value for each row of the data as read; the
    /// results of the table carry them through.
    #[must_use]
    pub fn with_extra(mut self, extra: Vec<(usize, Vec<Extra>)>) -> Self {
        self.extra = extra;
        self
    }

    /// Columns that the plan does not know, by table.
    #[must_use]
    pub fn extra(&self) -> &[(usize, Vec<Extra>)] {
        &self.extra
    }

    /// Adds tables that were read straight into columns.
    #[must_use]
    pub fn with_rosters(mut self, rosters: Rosters) -> Self {
        self.rosters = rosters;
        self
    }

    /// Says how to read all of the data the ordinary way once the tables that were read straight into columns
    /// are gone.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn with_plain(mut self, again: Again) -> Self {
        self.plain = Plain(Some(again));
        self
    }

    /// Reads all of the data the ordinary way once its tables are gone; none where that cannot be done.
    #[cfg(any(feature = "cli", test))]
    pub(super) fn plain(&self) -> Option<Again> {
        self.plain.0.clone()
    }

    /// Tables that were read straight into columns.
    #[must_use]
    pub fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    /// The data as read.
    #[must_use]
    pub fn raw(&self) -> &Raw {
        &self.document
    }

    /// Adds a scalar, a record (any struct or map) or a whole table (any sequence of them) by name.
    ///
    /// # Errors
    /// Where the value has no form as data.
    pub fn with<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Result<Self, SerializeError> {
        let raw = to_raw(value)?;
        if let RawKind::Map(entries) = &mut self.document.kind {
            entries.push((Arc::from(name), raw));
        }
        Ok(self)
    }

    /// Adds one row to a table.
    ///
    /// # Errors
    /// Where the value has no form as data.
    pub fn row<T: Serialize + ?Sized>(mut self, table: &str, row: &T) -> Result<Self, SerializeError> {
        let raw = to_raw(row)?;
        if let RawKind::Map(entries) = &mut self.document.kind {
            if let Some((_, Raw { kind: RawKind::List(rows), .. })) =
                entries.iter_mut().find(|(n, _)| &**n == table)
            {
                rows.push(raw);
            } else {
                let rows = Raw { kind: RawKind::List(vec![raw]), place: Place::default() };
                entries.push((Arc::from(table), rows));
            }
        }
        Ok(self)
    }
}
