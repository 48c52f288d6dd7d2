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
use crate::ir::{Expr, Program, Use, uses};
use crate::limits::Limits;
use crate::value::{Cells, PairsOf, Store, Type};
use std::collections::{BTreeMap, BTreeSet};
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

/// The faults of a large table, those of its own rows alone; none where it has none, or where it
/// cannot be read in pieces. `others` are the rest of the data.
#[must_use]
pub fn faults_in_pieces(
    program: &Program,
    table: usize,
    source: &Source,
    others: &Raw,
    (extra, store): (ExtraColumns, Option<&Arc<dyn Store>>),
    (choices, limits): (&Choices, &Limits),
) -> Diagnostics {
    if !rows_stand_alone(program, table) {
        return Diagnostics::new();
    }
    if source.encoding.format != Format::Csv {
        return faults_of_rows(program, table, source, others, (extra, store), (choices, limits));
    }
    let Some(mut pieces) = Pieces::open(program, table, source, extra, limits) else {
        return Diagnostics::new();
    };
    let mut faults = Diagnostics::new();
    let mut keys = Keys::new(store);
    while let Some(piece) = pieces.next() {
        let fits = pieces.columns(&piece).filter(|data| {
            validate_rosters(program, others, vec![(table, data.clone())], choices, limits).is_some()
        });
        let found = match &fits {
            Some(_) => Diagnostics::new(),
            None => pieces.faults(&piece, others, choices, limits),
        };
        if let Some(data) = fits {
            keys.add(program, table, &data, piece.rows_before);
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
    told(faults, keys, (program, table), source.shown(), limits)
}

/// Whether what holds of a table's rows can be said without the rest of the table: none refers to another
/// row of it, and no condition or default looks at it as a whole.
fn rows_stand_alone(program: &Program, table: usize) -> bool {
    let Some(info) = program.tables.get(table) else { return false };
    let conditions = info.conditions.iter().map(|c| &c.that);
    let mut waiting: Vec<&Expr> =
        conditions.chain(info.fields.iter().filter_map(|f| f.default.as_ref())).collect();
    let mut called = BTreeSet::new();
    while let Some(formula) = waiting.pop() {
        let mut alone = true;
        uses(formula, &mut |used| match used {
            Use::Table(other) => alone &= other != table,
            Use::Function(id) if called.insert(id) => {
                waiting.extend(program.functions.get(id.0).map(|f| &f.body));
            }
            _ => {}
        });
        if !alone {
            return false;
        }
    }
    !info.fields.iter().any(|field| refers_to(&field.ty, table))
}

fn refers_to(ty: &Type, table: usize) -> bool {
    match ty {
        Type::Row(other) => *other == table,
        Type::List(inner) | Type::Optional(inner) => refers_to(inner, table),
        Type::Record(record) => record.fields.iter().any(|field| refers_to(&field.ty, table)),
        _ => false,
    }
}

/// Faults as they are told: so many of them at most, and where there is none, keys that are repeated.
pub(super) fn told(
    mut faults: Diagnostics,
    keys: Keys,
    (program, table): (&Program, usize),
    path: &str,
    limits: &Limits,
) -> Diagnostics {
    if faults.is_empty() {
        return keys.repeated(program, table, path, limits);
    }
    if faults.len() >= limits.faults {
        faults.truncate(limits.faults);
        let help = "mend those above and run again";
        faults.push(Diagnostic::error(Code::DataCondition, "there may be more faults").help(help));
    }
    faults
}

/// Whole lines of a file, and what stands before them.
struct Piece {
    bytes: Vec<u8>,
    rows_before: usize,
    lines_before: u32,
}

struct Pieces<'a> {
    program: &'a Program,
    table: usize,
    path: &'a str,
    header: Vec<u8>,
    names: Vec<String>,
    reader: BufReader<Box<dyn Read + Send>>,
    extra: ExtraColumns,
    /// Bytes of a piece, or as many more as its last line has.
    length: u64,
    /// Bytes of a piece, whatever its last line has.
    most: u64,
    rows: usize,
    lines: u32,
}

impl<'a> Pieces<'a> {
    fn open(
        program: &'a Program,
        table: usize,
        source: &'a Source,
        extra: ExtraColumns,
        limits: &Limits,
    ) -> Option<Self> {
        let bound = u64::try_from(limits.table_bytes).unwrap_or(u64::MAX);
        let (length, most) = (PIECE.min(bound).max(1), bound.saturating_mul(2));
        let path = source.shown();
        let mut reader = BufReader::new(open(&source.path, path, source.encoding.packing).ok()?);
        let (names, header) = lines::header(&mut reader)?;
        Some(Self { program, table, path, header, names, reader, extra, length, most, rows: 0, lines: 0 })
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
        let info = self.program.tables.get(self.table)?;
        let layout = layout(self.program, self.table, &self.names, self.extra)?;
        let mut part = Part::new(self.program, info, &layout, Around::default())?;
        part.add(&piece.bytes)?;
        assembled(info, &layout.extra, part.finish()?.into_iter(), Place::new(self.path, Some(2)), None)
    }

    fn faults(&self, piece: &Piece, others: &Raw, choices: &Choices, limits: &Limits) -> Diagnostics {
        let Some(info) = self.program.tables.get(self.table) else { return Diagnostics::new() };
        let later = |line: &mut Option<u32>| {
            *line = line.map(|l| if l > 1 { l.saturating_add(piece.lines_before) } else { l });
        };
        let text = [self.header.as_slice(), piece.bytes.as_slice()].concat();
        let mut rows = match read_csv(self.path, &text, limits) {
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
        let mut document = others.clone();
        if let RawKind::Map(entries) = &mut document.kind {
            entries.push((Arc::clone(&info.name.value), rows));
        }
        if let Err(found) = take_extras(self.program, &mut document, self.extra) {
            return found;
        }
        let mut found =
            validate_piece(self.program, &document, (self.table, piece.rows_before), choices, limits);
        found.retain(|d| d.subject.as_ref().is_some_and(|s| s.table.as_deref() == Some(&*info.name.value)));
        found
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
    pub(super) fn add(&mut self, program: &Program, table: usize, data: &TableData, before: usize) {
        let key = program.tables.get(table).map_or(&[][..], |t| &t.key);
        let columns: Vec<Cells> = key.iter().filter_map(|k| data.fields.get(*k).cloned()).collect();
        add_key_hashes(&columns, before, &mut self.0);
    }

    /// Rows that repeat a key of another piece, in their order.
    fn repeated(self, program: &Program, table: usize, path: &str, limits: &Limits) -> Diagnostics {
        let Some(info) = program.tables.get(table) else { return Diagnostics::new() };
        let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
        self.0.finish().repeated(|same| {
            let first = same.first().copied().unwrap_or(0);
            for row in same.iter().skip(1) {
                rows.insert(*row, first);
                // The first of them alone are told.
                if rows.len() > limits.faults {
                    rows.pop_last();
                }
            }
            true
        });
        let field = info.key.first().and_then(|k| info.fields.get(*k)).map(|f| f.name.value.to_string());
        let found = rows.into_iter().take(limits.faults).map(|(row, first)| {
            let (row, first) = (row.saturating_add(1), first.saturating_add(1));
            let message = format!(
                "{}, row {row}: `{}` repeats the key of row {first}",
                info.name.value,
                field.as_deref().unwrap_or_default()
            );
            Diagnostic::error(Code::DataDuplicateKey, message)
                .help("give each row a key of its own, or leave one of the two out")
                .about(Subject {
                    file: Some(path.to_owned()),
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
