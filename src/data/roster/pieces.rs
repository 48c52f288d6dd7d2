//! What is wrong with a table too large to be read whole the ordinary way: it is read piece by piece,
//! and each piece that does not fit the plan is read once more by the reader that has words for it.

use super::row_pieces::faults_of_rows;
use super::{Around, Part, assembled, layout, lines};
use crate::data::files::open;
use crate::data::{
    ExtraColumns, Format, Packing, Place, Raw, RawKind, Source, read_csv, take_extras, validate_piece,
    validate_rosters,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::eval::{Choices, TableData, add_key_hashes};
use crate::ir::{Program, Table, Use, reached, uses};
use crate::limits::Limits;
use crate::value::{Cells, PairsOf, Room, Sealed, Store, Type};
use std::collections::BTreeMap;
use std::fs::metadata;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// Bytes from which a file is large.
const LARGE: u64 = 16 << 20;
/// Bytes from which a packed file is large.
const LARGE_PACKED: u64 = 1 << 20;
/// Bytes of a piece, at most.
const PIECE: u64 = 2 << 20;

/// Whether a table is too large for every value of it to be kept with its place: one in CSV beyond a few
/// megabytes, one of another format where there are limits on memory.
#[must_use]
pub fn is_large(source: &Source, limits: &Limits) -> bool {
    let bound = if source.encoding.packing == Packing::Plain { LARGE } else { LARGE_PACKED };
    let bound = bound.min(u64::try_from(limits.table_bytes).unwrap_or(u64::MAX));
    let may_be = source.encoding.format == Format::Csv || limits.table_bytes < usize::MAX;
    may_be && metadata(&*source.path).is_ok_and(|m| m.is_file() && m.len() > bound)
}

/// A table that is held against the plan some rows at a time, and what stands beside it.
#[derive(Clone, Copy, Debug)]
pub struct Examined<'a> {
    /// The plan.
    pub program: &'a Program,
    /// The table.
    pub table: usize,
    /// Its file.
    pub source: &'a Source,
    /// The rest of the data.
    pub others: &'a Raw,
    /// What becomes of columns that the plan does not know.
    pub extra: ExtraColumns,
    /// Where keys go that memory has no room for.
    pub store: Option<&'a Arc<dyn Store>>,
    /// The readings and the date chosen.
    pub choices: &'a Choices,
    /// What data may take.
    pub limits: &'a Limits,
}

/// The faults of a large table, those of its own rows alone; none where it has none, or where it
/// cannot be read in pieces.
#[must_use]
pub fn faults_in_pieces(examined: Examined<'_>) -> Diagnostics {
    let Some(info) = examined.info().filter(|info| examined.rows_stand_alone(info)) else {
        return Diagnostics::new();
    };
    if examined.source.encoding.format != Format::Csv {
        return faults_of_rows(examined, info);
    }
    let Some(mut pieces) = Pieces::open(examined, info) else {
        return Diagnostics::new();
    };
    let Examined { program, table, others, choices, limits, .. } = examined;
    let mut faults = Diagnostics::new();
    let mut keys = Keys::new(examined.store);
    while let Some(piece) = pieces.next() {
        let fits = pieces.columns(&piece).filter(|data| {
            validate_rosters(program, others, vec![(table, data.clone())], choices, limits).is_some()
        });
        let found = match &fits {
            Some(_) => Diagnostics::new(),
            None => pieces.faults(&piece),
        };
        if let Some(data) = fits {
            keys.add(info, &data, piece.rows_before);
        }
        let first = piece.rows_before == 0;
        // What is wrong with the header is said once.
        let own = |d: &Diagnostic| first || d.subject.as_ref().is_none_or(|s| s.line != Some(1));
        faults.extend(found.into_iter().filter(own));
        if faults.len() >= limits.faults {
            break;
        }
        pieces.pass(&piece);
    }
    examined.told(faults, keys)
}

impl<'a> Examined<'a> {
    fn info(&self) -> Option<&'a Table> {
        self.program.tables.get(self.table)
    }

    /// Whether what holds of the rows can be said without the rest of the table: none refers to another
    /// row of it, and no condition or default looks at it as a whole.
    fn rows_stand_alone(&self, info: &Table) -> bool {
        let conditions = info.conditions.iter().map(|c| &c.that);
        let mut read = Vec::new();
        for formula in conditions.chain(info.fields.iter().filter_map(|f| f.default.as_ref())) {
            uses(formula, &mut |used| read.push(used));
        }
        let is_read = reached(self.program, read).contains(&Use::Table(self.table));
        !is_read && !info.fields.iter().any(|field| refers_to(&field.ty, self.table))
    }

    /// The faults of some rows, before which so many others stand.
    pub(super) fn faults_of(&self, rows: Raw, before: usize) -> Diagnostics {
        let Some(info) = self.info() else { return Diagnostics::new() };
        let mut document = self.others.clone();
        if let RawKind::Map(entries) = &mut document.kind {
            entries.push((Arc::clone(&info.name.value), rows));
        }
        if let Err(found) = take_extras(self.program, &mut document, self.extra) {
            return found;
        }
        let mut found =
            validate_piece(self.program, &document, (self.table, before), self.choices, self.limits);
        found.retain(|d| d.subject.as_ref().is_some_and(|s| s.table.as_deref() == Some(&*info.name.value)));
        found
    }

    /// Faults as they are told: so many of them at most, and where there is none, keys that are repeated.
    pub(super) fn told(&self, mut faults: Diagnostics, keys: Keys) -> Diagnostics {
        if faults.is_empty() {
            return self.info().map_or_else(Diagnostics::new, |info| keys.repeated(self, info));
        }
        if faults.len() >= self.limits.faults {
            faults.truncate(self.limits.faults);
            let help = "mend those above and run again";
            faults.push(Diagnostic::error(Code::DataCondition, "there may be more faults").help(help));
        }
        faults
    }
}

fn refers_to(ty: &Type, table: usize) -> bool {
    match ty {
        Type::Row(other) => *other == table,
        Type::List(inner) | Type::Optional(inner) => refers_to(inner, table),
        Type::Record(record) => record.fields.iter().any(|field| refers_to(&field.ty, table)),
        _ => false,
    }
}

/// Whole lines of a file, and what stands before them.
struct Piece {
    bytes: Vec<u8>,
    rows_before: usize,
    lines_before: u32,
}

struct Pieces<'a> {
    examined: Examined<'a>,
    info: &'a Table,
    header: Vec<u8>,
    names: Vec<String>,
    reader: BufReader<Box<dyn Read + Send>>,
    /// Bytes of a piece, or as many more as its last line has.
    length: u64,
    /// Bytes of a piece, whatever its last line has.
    most: u64,
    rows: usize,
    lines: u32,
}

impl<'a> Pieces<'a> {
    fn open(examined: Examined<'a>, info: &'a Table) -> Option<Self> {
        let source = examined.source;
        let bound = u64::try_from(examined.limits.table_bytes).unwrap_or(u64::MAX);
        let (length, most) = (PIECE.min(bound).max(1), bound.saturating_mul(2));
        let mut reader = BufReader::new(open(&source.path, source.shown(), source.encoding.packing).ok()?);
        let (names, header) = lines::header(&mut reader)?;
        Some(Self { examined, info, header, names, reader, length, most, rows: 0, lines: 0 })
    }

    /// The next piece; none at the end, or where the file cannot be read further.
    fn next(&mut self) -> Option<Piece> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(self.length).read_to_end(&mut bytes).ok()?;
        // A line in quotes may go on over several.
        while !bytes.is_empty()
            && (bytes.last() != Some(&b'\n') || memchr::memchr_iter(b'"', &bytes).count() % 2 == 1)
        {
            if self.reader.by_ref().take(self.length).read_until(b'\n', &mut bytes).ok()? == 0 {
                break;
            }
            // A quote that nothing ends would take in the whole file.
            (u64::try_from(bytes.len()).ok()? < self.most).then_some(())?;
        }
        (!bytes.is_empty()).then_some(Piece { bytes, rows_before: self.rows, lines_before: self.lines })
    }

    /// Goes on after a piece.
    fn pass(&mut self, piece: &Piece) {
        let lines = memchr::memchr_iter(b'\n', &piece.bytes).count();
        self.lines = self.lines.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        // Where rows run over several lines, rows are no longer known by number.
        self.rows = self.rows.saturating_add(lines);
    }

    fn columns(&self, piece: &Piece) -> Option<TableData> {
        let Examined { program, table, source, extra, .. } = self.examined;
        let layout = layout(program, table, &self.names, extra)?;
        let mut part = Part::new(program, self.info, &layout, Around::default(), Room::default())?;
        part.add(&piece.bytes)?;
        let first = Place::new(source.shown(), Some(2));
        let segments = (part.finish()?.into_iter(), &Sealed::default());
        assembled(self.info, &layout.extra, segments, first, None)
    }

    fn faults(&self, piece: &Piece) -> Diagnostics {
        let later = |line: &mut Option<u32>| {
            *line = line.map(|l| if l > 1 { l.saturating_add(piece.lines_before) } else { l });
        };
        let text = [self.header.as_slice(), piece.bytes.as_slice()].concat();
        let mut rows = match read_csv(self.examined.source.shown(), &text, self.examined.limits) {
            Ok(rows) => rows,
            Err(mut faults) => {
                faults.iter_mut().filter_map(|f| f.subject.as_mut()).for_each(|s| later(&mut s.line));
                return faults;
            }
        };
        if let Some(rows) = rows.kind.items_mut() {
            for row in rows {
                later(&mut row.place.line);
                if let RawKind::Map(cells) = &mut row.kind {
                    cells.iter_mut().for_each(|(_, cell)| later(&mut cell.place.line));
                }
            }
        }
        self.examined.faults_of(rows, piece.rows_before)
    }
}

/// The keys of pieces that fit, by hash.
pub(super) struct Keys(PairsOf);

impl Keys {
    /// None yet.
    pub(super) fn new(store: Option<&Arc<dyn Store>>) -> Self {
        Self(PairsOf::new(store))
    }

    /// Adds those of a piece before which so many rows stand.
    pub(super) fn add(&mut self, info: &Table, data: &TableData, before: usize) {
        let columns: Vec<Cells> = info.key.iter().filter_map(|k| data.fields.get(*k).cloned()).collect();
        add_key_hashes(&columns, before, &mut self.0);
    }

    /// Rows that repeat a key of another piece, in their order.
    fn repeated(self, examined: &Examined<'_>, info: &Table) -> Diagnostics {
        let most = examined.limits.faults;
        let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
        self.0.finish().repeated(|same| {
            let first = same.first().copied().unwrap_or(0);
            for row in same.iter().skip(1) {
                rows.insert(*row, first);
                // The first of them alone are told.
                if rows.len() > most {
                    rows.pop_last();
                }
            }
            true
        });
        let field = info.key.first().and_then(|k| info.fields.get(*k)).map(|f| f.name.value.to_string());
        let found = rows.into_iter().take(most).map(|(row, first)| {
            let (row, first) = (row.saturating_add(1), first.saturating_add(1));
            let message = format!(
                "{}, row {row}: `{}` repeats the key of row {first}",
                info.name.value,
                field.as_deref().unwrap_or_default()
            );
            Diagnostic::error(Code::DataDuplicateKey, message)
                .help("give each row a key of its own, or leave one of the two out")
                .about(Subject {
                    file: Some(examined.source.shown().to_owned()),
                    line: row.checked_add(1),
                    at: None,
                    table: Some(info.name.value.to_string()),
                    key: None,
                    field: field.clone(),
                    rows: Vec::new(),
                })
        });
        found.collect()
    }
}
