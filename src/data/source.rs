//! What `--data` arguments name: files and sheets of workbooks, each with what it gives, before any of
//! them is read.

use super::argument::document;
use super::files::{STANDARD_INPUT, is_standard_input, length, read_text};
use super::format::{Encoding, Format};
use super::target::{find_target, read_target};
use super::{ExtraColumns, Known, Place, Raw, RawKind, merge, read_json, read_toml};
use crate::diagnostic::Diagnostics;
use crate::limits::Limits;
use std::str::FromStr;
use std::sync::Arc;

/// How data files are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What the plan takes.
    pub known: &'a [Known],
    /// What data may take.
    pub limits: &'a Limits,
    /// How files are written that arguments name, whatever their endings say.
    pub input: &'a [InputFormat],
    /// What becomes of columns that the plan does not know.
    pub extra: ExtraColumns,
}

/// How the files that arguments name are written: `csv`, or of one table or record, `participants=csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFormat {
    /// The table or record; all files where there is none.
    pub name: Option<String>,
    /// How its file is written.
    pub encoding: Encoding,
}

impl FromStr for InputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, format) = match text.split_once('=') {
            Some((name, format)) => (Some(name.to_owned()), format),
            None => (None, text),
        };
        Ok(Self { name, encoding: format.parse()? })
    }
}

impl Reading<'_> {
    /// How the file of a name, or one without a name, is written whatever its ending says.
    pub(super) fn input_of(&self, name: Option<&str>) -> Option<Encoding> {
        let of = |wanted: Option<&str>| self.input.iter().find(|i| i.name.as_deref() == wanted);
        name.and_then(|name| of(Some(name))).or_else(|| of(None)).map(|i| i.encoding)
    }
}

/// A file, or a sheet of a workbook, that gives one table, one record, the scalars or a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it gives, by its name; a document where it has none.
    pub name: Option<Arc<str>>,
    /// Its path, `-` for standard input.
    pub path: Arc<str>,
    /// How it is written.
    pub encoding: Encoding,
    /// The sheet of a workbook; the only one where none is named.
    pub sheet: Option<Arc<str>>,
    /// Whether the path is that of a file to which standard input was written.
    pub spooled: bool,
}

impl Source {
    /// The file of one table or record.
    pub fn new(name: &str, path: &str, encoding: Encoding) -> Self {
        Self { name: Some(Arc::from(name)), path: Arc::from(path), encoding, sheet: None, spooled: false }
    }

    /// Whether it comes through standard input, which can be read once only.
    #[must_use]
    pub fn is_piped(&self) -> bool {
        is_standard_input(&self.path)
    }

    /// Whether it is a table or record in JSON that is larger than a document may be.
    #[must_use]
    pub fn is_large_json(&self, limits: &Limits) -> bool {
        self.encoding.format == Format::Json
            && self.name.is_some()
            && !self.is_piped()
            && usize::try_from(length(&self.path)).map_or(true, |bytes| bytes > limits.document_bytes)
    }

    /// Its file as messages show it.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.spooled || self.is_piped() { STANDARD_INPUT } else { &self.path }
    }

    fn read(&self, reading: &Reading<'_>) -> Result<Raw, Diagnostics> {
        let (path, shown, limits) = (&*self.path, self.shown(), reading.limits);
        if let Some(name) = &self.name {
            let target = find_target(name, reading.known, &Place::new(shown, None))?;
            let entries = read_target(target, self, reading)?;
            return Ok(Raw { kind: RawKind::Map(entries), place: Place::new(shown, Some(1)) });
        }
        self.encoding.check_built(shown)?;
        let packing = self.encoding.packing;
        document(match self.encoding.format {
            Format::Toml => read_text(path, shown, packing, limits, |text| read_toml(shown, text, limits))?,
            _ => read_text(path, shown, packing, limits, |text| read_json(shown, text, limits))?,
        })
    }
}

/// What one argument names.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its files and sheets in their order, with the faults of those that cannot be data.
    pub sources: Vec<Result<Source, Diagnostics>>,
    /// The folder or workbook that they stand in, where the argument names one.
    pub holder: Option<Place>,
}

impl Named {
    /// The only thing that an argument names.
    pub(super) fn only(source: Source) -> Self {
        Self { sources: vec![Ok(source)], holder: None }
    }

    /// One document of all that it names, but for what is left out.
    fn read(&self, reading: &Reading<'_>, leave_out: &dyn Fn(&Source) -> bool) -> Result<Raw, Diagnostics> {
        let (mut entries, mut place, mut faults) = (Vec::new(), self.holder.clone(), Diagnostics::new());
        for source in &self.sources {
            let read = match source {
                Ok(source) if leave_out(source) => continue,
                Ok(source) => source.read(reading),
                Err(found) => Err(found.clone()),
            };
            match read {
                Ok(Raw { kind: RawKind::Map(more), place: own }) => {
                    entries.extend(more);
                    place.get_or_insert(own);
                }
                Ok(_) => {}
                Err(more) => faults.extend(more),
            }
        }
        let place = place.unwrap_or_default();
        if faults.is_empty() { Ok(Raw { kind: RawKind::Map(entries), place }) } else { Err(faults) }
    }
}

/// Reads all that arguments name, but for what is left out, and merges it.
///
/// # Errors
///
/// Every fault of every argument, or else what [`merge`] refuses.
pub fn read_named(
    arguments: &[Result<Named, Diagnostics>],
    reading: &Reading<'_>,
    leave_out: &dyn Fn(&Source) -> bool,
) -> Result<Raw, Diagnostics> {
    let mut documents = Vec::new();
    let mut faults = Diagnostics::new();
    for argument in arguments {
        let read = match argument {
            // Of an argument all of which is left out nothing remains but its place.
            Ok(named) => named.read(reading, leave_out),
            Err(found) => Err(found.clone()),
        };
        match read {
            Ok(document) => documents.push(document),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { merge(documents) } else { Err(faults) }
}
