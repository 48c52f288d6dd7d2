//! What is wrong with a table too large to be read whole the ordinary way: it is read piece by piece,
//! and each piece that does not fit the plan is read once more by the reader that has words for it.

use super::lines::{Failed, Header, LONGEST, Lines};
use super::repeats::Repeats;
use super::row_pieces::faults_of_rows;
use super::standing::put_away;
use super::{Around, Part, Parts, chunk, fitting, joined, layout};
use crate::data::csv::open_quote;
use crate::data::fault::{fault, shown};
use crate::data::files::{io_fault, open};
use crate::data::rows::each_row;
use crate::data::{
    ExtraColumns, Format, Packing, Place, Raw, RawKind, Source, put_extras, read_csv, take_extras,
    validate_rosters, validate_some,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::eval::{Choices, Places, TableData, add_key_hashes};
use crate::ir::{Program, Table, Use, reached, uses};
use crate::limits::Limits;
use crate::value::{Cells, PairsOf, Room, Sealed, Store, Type};
use std::fs::metadata;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// Bytes from which a file is large.
const LARGE: u64 = 16 << 20;
/// Bytes from which a packed file is large.
const LARGE_PACKED: u64 = 1 << 20;
/// How much larger a workbook is once it is unpacked, about.
const BOOK: u64 = 8;
/// Bytes of a piece, at most.
pub(super) const PIECE: usize = 2 << 20;

/// Whether a table is too large for every value of it to be kept with its place: one beyond some megabytes, or
/// beyond the limits on memory. A small packed file is unpacked to see.
#[must_use]
pub fn is_large(source: &Source, limits: &Limits) -> bool {
    let least = |bytes: u64| bytes.min(u64::try_from(limits.table_bytes).unwrap_or(u64::MAX));
    let Some(file) = metadata(&*source.path).ok().filter(std::fs::Metadata::is_file) else { return false };
    let is_packed = matches!(source.encoding.format, Format::Parquet | Format::Arrow);
    match source.encoding.packing {
        Packing::Plain if is_packed => file.len() > least(LARGE_PACKED),
        Packing::Plain if source.encoding.format == Format::Xlsx => {
            file.len().saturating_mul(BOOK) > least(LARGE)
        }
        Packing::Plain => file.len() > least(LARGE),
        _ => file.len() > least(LARGE_PACKED) || unpacks_beyond(source, least(LARGE)),
    }
}

/// Whether a packed file has more bytes than so many once it is unpacked.
fn unpacks_beyond(source: &Source, bound: u64) -> bool {
    let Ok(unpacked) = open(&source.path, source.shown(), source.encoding.packing) else { return false };
    let bytes = std::io::copy(&mut unpacked.take(bound.saturating_add(1)), &mut std::io::sink());
    bytes.is_ok_and(|bytes| bytes > bound)
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
    /// The rest of the data, but for the tables beside it and those that are absent.
    pub others: &'a Raw,
    /// Tables that were read straight into columns.
    pub beside: &'a [(usize, TableData)],
    /// Tables that are not there to be looked at.
    pub absent: &'a [usize],
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
    let stand_alone = rows_stand_alone(examined.program, examined.table, examined.absent);
    let Some(info) = examined.info().filter(|_| stand_alone) else {
        return Diagnostics::new();
    };
    if examined.source.encoding.format != Format::Csv {
        return faults_of_rows(examined, info);
    }
    let Some(mut pieces) = Pieces::open(examined, info) else {
        return unread(examined.source);
    };
    let Examined { program, table, others, choices, limits, .. } = examined;
    let mut faults = Diagnostics::new();
    let (mut keys, mut is_read) = (Keys::new(examined.store), true);
    while let Some(piece) = pieces.next() {
        let fits = pieces.columns(&piece).filter(|data| {
            let mut rosters = examined.beside.to_vec();
            rosters.push((table, data.clone()));
            validate_rosters(program, others, rosters, choices, limits).is_some()
        });
        let (found, rows) = match &fits {
            Some(data) => (Diagnostics::new(), Some(data.rows)),
            None => pieces.faults(&piece),
        };
        // A piece that cannot be read as CSV is not held against the plan.
        is_read &= rows.is_some();
        if let Some(data) = fits {
            keys.add(info, data, pieces.rows);
        }
        faults.extend(found.into_iter().filter(|fault| pieces.is_own(fault)));
        if faults.len() >= limits.faults {
            break;
        }
        pieces.pass(&piece, rows);
    }
    match pieces.records.failed() {
        // What was read of a damaged file is no data.
        Some(Failed::Unread(error)) => return io_fault(examined.source.shown(), error),
        // Without a bound the whole is read once more, and all is said then.
        Some(Failed::Endless) if examined.store.is_some() => faults.push(pieces.endless()),
        Some(Failed::Endless) => is_read = false,
        None => {}
    }
    let mut faults = examined.told(faults, keys);
    if !is_read && !faults.contains(&more_faults()) {
        faults.push(more_faults());
    }
    faults
}

/// What keeps a large table from being read, whatever the plan says of its rows: a damaged file, rows with more
/// or fewer cells than there are columns.
#[must_use]
pub fn damage_in_pieces(examined: Examined<'_>) -> Diagnostics {
    let (source, limits) = (examined.source, examined.limits);
    let Some(info) = examined.info() else { return Diagnostics::new() };
    if source.encoding.format != Format::Csv {
        let fields: Vec<Arc<str>> = info.fields.iter().map(|f| Arc::clone(&f.name.value)).collect();
        let known = if examined.extra == ExtraColumns::Keep { &[][..] } else { &fields };
        return each_row(source, known, limits, &mut |_| true).err().unwrap_or_default();
    }
    let Some(mut pieces) = Pieces::open(examined, info) else { return unread(source) };
    let mut faults = Diagnostics::new();
    while let Some(piece) = pieces.next() {
        if pieces.columns(&piece).is_none()
            && let Err(found) = pieces.raw(&piece)
        {
            faults.extend(found.into_iter().filter(|fault| pieces.is_own(fault)));
        }
        if faults.len() >= limits.faults {
            break;
        }
        pieces.pass(&piece, None);
    }
    match pieces.records.failed() {
        Some(Failed::Unread(error)) => return io_fault(source.shown(), error),
        Some(Failed::Endless) => faults.push(pieces.endless()),
        None => {}
    }
    faults
}

/// Why a packed file cannot be unpacked to its end, where it cannot.
fn unread(source: &Source) -> Diagnostics {
    if source.encoding.packing == Packing::Plain {
        return Diagnostics::new();
    }
    match open(&source.path, source.shown(), source.encoding.packing) {
        Err(found) => found,
        Ok(mut packed) => match std::io::copy(&mut packed, &mut std::io::sink()) {
            Ok(_) => Diagnostics::new(),
            Err(error) => io_fault(source.shown(), &error),
        },
    }
}

impl<'a> Examined<'a> {
    fn info(&self) -> Option<&'a Table> {
        self.program.tables.get(self.table)
    }

    /// The faults of some rows, which have these numbers in the whole, from 0, and how many there are beyond
    /// those that are told.
    pub(super) fn faults_of(&self, rows: Raw, numbers: &[usize]) -> (Diagnostics, usize) {
        let Some(info) = self.info() else { return (Diagnostics::new(), 0) };
        let mut document = self.others.clone();
        if let RawKind::Map(entries) = &mut document.kind {
            entries.push((Arc::clone(&info.name.value), rows));
        }
        if let Err(found) = take_extras(self.program, &mut document, self.extra) {
            return (found, 0);
        }
        let (some, given) = ((self.table, numbers), (self.choices, self.limits));
        let (mut found, more) = validate_some(self.program, &document, self.beside.to_vec(), some, given);
        found.retain(|d| d.subject.as_ref().is_some_and(|s| s.table.as_deref() == Some(&*info.name.value)));
        (found, more)
    }

    /// Rows as they are refused: columns that the plan does not know, where those are no faults, stand behind the
    /// others or are left out.
    pub(super) fn as_refused(&self, rows: Vec<Raw>) -> Option<Vec<Raw>> {
        let name = Arc::clone(&self.info()?.name.value);
        let rows = Raw { kind: RawKind::List(rows), place: Place::default() };
        let mut document = Raw { kind: RawKind::Map(vec![(name, rows)]), place: Place::default() };
        // Of a column that cannot be kept is told where faults are.
        let kept = take_extras(self.program, &mut document, self.extra).unwrap_or_default();
        let RawKind::Map(entries) = document.kind else { return None };
        match entries.into_iter().next()?.1.kind {
            RawKind::List(mut rows) => {
                for (_, extras) in kept {
                    rows.iter_mut().enumerate().for_each(|(at, row)| put_extras(row, at, &extras));
                }
                Some(rows)
            }
            _ => None,
        }
    }

    /// Faults as they are told: so many of them at most, and where there is none, keys that are repeated.
    pub(super) fn told(&self, mut faults: Diagnostics, keys: Keys) -> Diagnostics {
        if faults.is_empty() {
            return self.info().map_or_else(Diagnostics::new, |info| keys.repeated(self, info));
        }
        if faults.len() >= self.limits.faults {
            faults.truncate(self.limits.faults);
            faults.push(more_faults());
        }
        faults
    }
}

/// Says that not all faults are told of.
#[must_use]
pub fn more_faults() -> Diagnostic {
    let help = "mend those above and run again";
    Diagnostic::error(Code::DataCondition, "there may be more faults").help(help)
}

/// Whether what holds of a table's rows can be said without the rest of it, and without some other tables:
/// none refers to another row of these, and no condition or default looks at them as a whole.
pub(super) fn rows_stand_alone(program: &Program, table: usize, absent: &[usize]) -> bool {
    let Some(info) = program.tables.get(table) else { return false };
    let conditions = info.conditions.iter().map(|c| &c.that);
    let mut read = Vec::new();
    for formula in conditions.chain(info.fields.iter().filter_map(|f| f.default.as_ref())) {
        uses(formula, &mut |used| read.push(used));
    }
    let read = reached(program, read);
    let stands_without =
        |t: &usize| !read.contains(&Use::Table(*t)) && !info.fields.iter().any(|f| refers_to(&f.ty, *t));
    absent.iter().chain([&table]).all(stands_without)
}

fn refers_to(ty: &Type, table: usize) -> bool {
    match ty {
        Type::Row(other) => *other == table,
        Type::List(inner) | Type::Optional(inner) => refers_to(inner, table),
        Type::Record(record) => record.fields.iter().any(|field| refers_to(&field.ty, table)),
        _ => false,
    }
}

/// Reads a file in pieces, each of whole records.
struct Pieces<'a> {
    examined: Examined<'a>,
    info: &'a Table,
    header: Header,
    records: Lines<BufReader<Box<dyn Read + Send>>>,
    /// Bytes of a piece, about.
    length: usize,
    /// Rows before the piece at hand.
    rows: usize,
    /// Lines before it, without those of the header.
    lines: u32,
}

impl<'a> Pieces<'a> {
    fn open(examined: Examined<'a>, info: &'a Table) -> Option<Self> {
        let source = examined.source;
        let length = PIECE.min(examined.limits.table_bytes);
        let mut reader = BufReader::new(open(&source.path, source.shown(), source.encoding.packing).ok()?);
        let header = Header::read(&mut reader)?;
        let records = Lines::rest(reader, length);
        Some(Self { examined, info, header, records, length, rows: 0, lines: 0 })
    }

    /// The next piece; none at the end, or where the file cannot be read further.
    fn next(&mut self) -> Option<Vec<u8>> {
        chunk(&mut self.records, self.length)?
    }

    /// Goes on after a piece of so many rows; where they could not be read, of as many as it has lines.
    fn pass(&mut self, piece: &[u8], rows: Option<usize>) {
        let lines = memchr::memchr_iter(b'\n', piece).count();
        self.lines = self.lines.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rows = self.rows.saturating_add(rows.unwrap_or(lines));
    }

    fn columns(&self, piece: &[u8]) -> Option<TableData> {
        let Examined { program, table, source, extra, .. } = self.examined;
        let layout = layout(program, table, &self.header.names, extra)?;
        let mut part = Part::new(program, self.info, &layout, Around::default(), Room::default())?;
        part.add(piece)?;
        let line = self.header.first_line().and_then(|line| line.checked_add(self.lines));
        let parts = Parts {
            parts: vec![part.finish()?],
            sealed: Sealed::default(),
            extra: Vec::new(),
            top: Place::new(source.shown(), line),
        };
        fitting(self.info, joined(self.info, parts, None)?)
    }

    /// A piece with the header before it, with the place of every value.
    fn raw(&self, piece: &[u8]) -> Result<Raw, Diagnostics> {
        let later = |line: &mut Option<u32>| {
            *line = line.map(|l| if l > self.header.lines { l.saturating_add(self.lines) } else { l });
        };
        let text = [self.header.bytes.as_slice(), piece].concat();
        let mut rows =
            read_csv(self.examined.source.shown(), &text, self.examined.limits).map_err(|mut faults| {
                for fault in &mut faults {
                    let Some(subject) = &mut fault.subject else { continue };
                    later(&mut subject.line);
                    if let (Code::FileNotText, Some(line)) = (fault.code, subject.line) {
                        fault.message =
                            format!("line {line} of {} is not UTF-8", shown(self.examined.source.shown()));
                    }
                }
                faults
            })?;
        for row in rows.kind.items_mut().into_iter().flatten() {
            row.each_line(&later);
        }
        Ok(rows)
    }

    /// What is wrong with a piece, and how many rows it has; none where they could not be read.
    fn faults(&self, piece: &[u8]) -> (Diagnostics, Option<usize>) {
        match self.raw(piece) {
            Ok(rows) => {
                let count = rows.kind.items().map_or(0, <[Raw]>::len);
                let numbers: Vec<usize> = (self.rows..).take(count).collect();
                (self.examined.faults_of(rows, &numbers).0, Some(count))
            }
            Err(faults) => (faults, None),
        }
    }

    /// Whether a fault of the piece at hand is to be told: what is wrong with the header is said once.
    fn is_own(&self, fault: &Diagnostic) -> bool {
        let is_below = |line: u32| line > self.header.lines;
        self.lines == 0 || fault.subject.as_ref().is_none_or(|s| s.line.is_none_or(is_below))
    }

    /// The fault of a record that is longer than one may be, which is where reading ends then.
    fn endless(&self) -> Diagnostic {
        let left = self.records.left();
        let opened = open_quote(left);
        let before = self.header.lines.saturating_add(self.lines);
        let line = before.saturating_add(opened.unwrap_or(1));
        let (message, help) = if opened.is_some() {
            let message = format!("a cell opens a quote that is not closed within {LONGEST} bytes");
            (message, "close it with `\"`, or allow more memory")
        } else {
            let message = format!("the row is longer than {LONGEST} bytes");
            (message, "check that a line feed ends it, or allow more memory")
        };
        let message = format!("{message}, the most that a row has here");
        fault(Code::DataSyntax, self.examined.source.shown(), Some(line), message).help(help)
    }
}

/// The keys of pieces that fit, by hash.
pub(super) struct Keys {
    hashes: PairsOf,
    /// The first row of each piece that fits, and where its rows stand.
    places: Vec<(usize, Places)>,
    store: Option<Arc<dyn Store>>,
}

impl Keys {
    /// None yet.
    pub(super) fn new(store: Option<&Arc<dyn Store>>) -> Self {
        Self { hashes: PairsOf::new(store), places: Vec::new(), store: store.cloned() }
    }

    /// Adds those of a piece before which so many rows stand.
    pub(super) fn add(&mut self, info: &Table, data: TableData, before: usize) {
        let columns: Vec<Cells> = info.key.iter().filter_map(|k| data.fields.get(*k).cloned()).collect();
        add_key_hashes(&columns, before, &mut self.hashes);
        self.places.push((before, put_away(data.places, self.store.as_ref())));
    }

    /// Rows that repeat a key of another piece, in their order; that there are more, where they are.
    fn repeated(self, examined: &Examined<'_>, info: &Table) -> Diagnostics {
        let most = examined.limits.faults;
        let mut repeats = Repeats::new(most);
        self.hashes.finish().in_order(|hash, row| {
            repeats.add(hash, row);
            true
        });
        let more = repeats.more();
        let field = info.key.first().and_then(|k| info.fields.get(*k)).map(|f| f.name.value.to_string());
        let found = repeats.rows.into_iter().map(|(row, first)| {
            let piece = self.places.partition_point(|(before, _)| *before <= row as usize).checked_sub(1);
            let line = piece.and_then(|piece| self.places.get(piece)).and_then(|(before, places)| {
                places.of(u32::try_from((row as usize).checked_sub(*before)?).ok()?)?.line
            });
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
                    line,
                    at: None,
                    table: Some(info.name.value.to_string()),
                    key: None,
                    field: field.clone(),
                    rows: Vec::new(),
                })
        });
        found.chain((more > 0).then(more_faults)).collect()
    }
}
