//! Whole tables straight into columns: from CSV in a few nanoseconds a cell, from other formats row by row.
//!
//! This reader takes what fits the plan and nothing else. Where a row does not, it answers nothing,
//! and the ordinary reader, which keeps the place of every value, says what is wrong.

mod bounds;
mod cell;
mod fours;
mod grow;
mod keys;
mod lines;
mod numbers;
mod pieces;
mod repeats;
mod row_pieces;
mod sift;
mod standing;

pub use pieces::{Examined, damage_in_pieces, faults_in_pieces, is_large, more_faults};
pub use sift::{Sifted, faults_apart, sift_roster};

use crate::columns::Rooms;
use crate::data::extras::clash;
use crate::data::files::{length, open_counted};
use crate::data::rows::{each_row_counted, top_of};
use crate::data::{ExtraColumns, Format, Packing, Raw, RawKind, Source};
use crate::eval::{Extra, Index, TableData};
use crate::ir::{ExprKind, Field, Program, Table};
use crate::lanes::Lanes;
use crate::limits::Limits;
use crate::progress::{Phase, Teller, Watched};
use crate::value::{
    self, Cells, Meaning, Packed, Place, Placed, Room, SEGMENT, Sealed, Segment, Slabs, Store, Type, Value,
};
use bounds::{Bounds, blank};
use grow::{Ends, Growing};
use lines::{BLOCK, Header, Lines};
use rayon::ThreadPool;
use rayon::prelude::*;
use sift::Aside;
use standing::{Standing, Stood, places};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file that one task reads at a time, at most.
const RANGE: usize = 4 << 20;
/// Bytes that it reads at a time at least, however little memory there is.
const LEAST_RANGE: usize = 1 << 16;

/// What stands around the reading of a table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// What becomes of columns that the plan does not know.
    pub extra: ExtraColumns,
    /// Threads to share the work among.
    pub pool: Option<&'a ThreadPool>,
    /// Where segments go that memory has no room for.
    pub store: Option<&'a Arc<dyn Store>>,
    /// Whoever is told how much of it is read.
    pub watch: Watched<'a>,
    /// What a row may take, and whatever else is read whole.
    pub limits: Limits,
    /// How many rows that do not fit are set aside; none fits where more are not.
    pub aside: usize,
}

impl Around<'_> {
    /// Bytes of a file that one task reads at a time, which are those of a segment at most.
    fn range(&self) -> usize {
        self.store.map_or(RANGE, |store| (store.share() >> 3).clamp(LEAST_RANGE, RANGE))
    }

    /// Where the segments of a file of so many bytes go.
    fn slabs(&self, length: u64) -> Slabs {
        Slabs::of(usize::try_from(length).unwrap_or(usize::MAX), self.store)
    }

    /// Rows of a segment, at most.
    fn rows(&self) -> usize {
        self.store.map_or(SEGMENT, |store| store.rows().clamp(1, SEGMENT))
    }
}

/// Bytes that a packed file unpacks to, each of its own, about.
const UNPACKED: u64 = 4;

/// Bytes of lines that are looked at together, about.
const NEAR: usize = 1 << 15;
/// Ranges of a file that are shared among threads before it is seen whether all of them fit.
const AT_ONCE: usize = 64;

/// What each column of a file holds.
#[derive(Clone, Debug)]
struct Layout {
    /// The field of each column, in the order of the file; beyond the fields, the extra columns.
    fields: Vec<usize>,
    /// How many fields the table has.
    width: usize,
    /// Columns that the plan does not know, those that are kept by their names.
    extra: Vec<Option<Arc<str>>>,
}

impl Layout {
    /// That of rows that name their columns; none where a field asks to look at anything else.
    fn of_named(info: &Table) -> Option<Self> {
        let width = info.fields.len();
        let is_read = not_plain(info).is_none();
        is_read.then(|| Self { fields: (0..width).collect(), width, extra: Vec::new() })
    }
}

/// Reads a table; none where anything about the file or its rows needs the ordinary reader.
#[must_use]
pub fn read_roster(
    program: &Program,
    table: usize,
    source: &Source,
    around: Around<'_>,
) -> Option<TableData> {
    let info = program.tables.get(table)?;
    let parts = if source.encoding.format == Format::Csv {
        of_csv(program, table, source, around)?
    } else {
        of_rows(program, table, source, around)?
    };
    fitting(info, joined(info, parts, around.store)?)
}

/// The rows of a file, in parts.
struct Parts {
    parts: Vec<Rows>,
    /// The slabs that their segments stand in.
    sealed: Sealed,
    /// Columns that the plan does not know, those that are kept by their names.
    extra: Vec<Option<Arc<str>>>,
    /// Where the lines of the first part begin.
    top: Place,
}

/// Reads a table in CSV.
fn of_csv(program: &Program, table: usize, source: &Source, around: Around<'_>) -> Option<Parts> {
    let info = program.tables.get(table)?;
    if source.encoding.packing != Packing::Plain {
        return of_packed(program, table, source, around);
    }
    let path = &*source.path;
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let header = Header::read(&mut BufReader::new(file))?;
    let first = u64::try_from(header.bytes.len()).ok()?;
    let layout = layout(program, table, &header.names, around.extra)?;
    let length = even(metadata.len(), u64::try_from(around.range()).ok()?);
    around.watch.begin(Phase::Reading, usize::try_from(metadata.len()).ok());
    let ranges: Vec<(u64, u64)> = std::iter::successors(Some(first), |at| at.checked_add(length))
        .take_while(|at| *at < metadata.len())
        .map(|at| (at, at.saturating_add(length).min(metadata.len())))
        .collect();
    let slabs = around.slabs(metadata.len());
    // Room that one range has used serves for the next.
    let room = || Some((Part::new(program, info, &layout, around, slabs.room())?, lines::room()));
    let one = |room: &mut Option<(Part<'_>, Vec<u8>)>, range: (u64, u64), is_known| {
        let (part, block) = room.as_mut()?;
        read_range(part, block, Path::new(path), range, is_known)
    };
    let parts = if let Some(pool) = around.pool {
        let each = |room: &mut _, range: (u64, u64)| one(room, range, range.0 == first);
        let mut parts = Vec::with_capacity(ranges.len());
        let (mut next, mut again) = (first, None);
        let rooms = Rooms::default();
        for some in ranges.chunks(AT_ONCE) {
            let found: Vec<Option<Range>> =
                pool.install(|| some.par_iter().map(|range| rooms.work(room, |r| each(r, *range))).collect());
            for (found, (_, end)) in found.into_iter().zip(some) {
                // A range that began within a cell in quotes is read again from where the one before ended.
                let is_sound = found.as_ref().is_some_and(|range| range.begin == next);
                let range = if is_sound {
                    found
                } else {
                    again = again.or_else(room);
                    one(&mut again, (next, *end), true)
                }?;
                next = range.end;
                parts.push(range.rows);
            }
        }
        parts
    } else {
        let (mut room, mut next) = (room(), first);
        let mut each = |(_, end): &(u64, u64)| {
            let range = one(&mut room, (next, *end), true)?;
            next = range.end;
            Some(range.rows)
        };
        ranges.iter().map(&mut each).collect::<Option<_>>()?
    };
    let (extra, top) = (layout.extra.clone(), Place::new(source.shown(), header.first_line()));
    Some(Parts { parts, sealed: slabs.seal(), extra, top })
}

/// The length of ranges of a file, at most so many bytes: they are about as long as each other, and so many
/// that two or four threads have as many to read.
fn even(all: u64, most: u64) -> u64 {
    let ranges = all.div_ceil(most.max(1));
    if ranges < 4 { most } else { all.div_ceil(ranges.next_multiple_of(4)).max(1) }
}

/// Reads a packed file in CSV, unpacked on one thread; its lines are shared among several.
fn of_packed(program: &Program, table: usize, source: &Source, around: Around<'_>) -> Option<Parts> {
    let info = program.tables.get(table)?;
    let packed = std::fs::metadata(&*source.path).map_or(0, |metadata| metadata.len());
    // The bytes of the file are told of, not those that it unpacks to.
    let mut told = Teller::begin(around.watch, packed);
    let around = Around { watch: Watched(None), ..around };
    let file = open_counted(&source.path, source.shown(), source.encoding.packing, told.tally()).ok()?;
    let mut reader = BufReader::new(file);
    let header = Header::read(&mut reader)?;
    let layout = layout(program, table, &header.names, around.extra)?;
    let mut lines = Lines::rest(reader, BLOCK);
    let slabs = around.slabs(packed.saturating_mul(UNPACKED));
    let mut parts = Vec::new();
    if let Some(pool) = around.pool {
        let one = |chunk: &Vec<u8>| {
            let mut part = Part::new(program, info, &layout, around, slabs.room())?;
            part.add(chunk)?;
            part.finish()
        };
        loop {
            let mut wave: Vec<Vec<u8>> = Vec::new();
            while wave.len() < pool.current_num_threads()
                && let Some(chunk) = chunk(&mut lines, around.range())?
            {
                wave.push(chunk);
            }
            if wave.is_empty() {
                break;
            }
            let found: Option<Vec<Rows>> = pool.install(|| wave.par_iter().map(one).collect());
            parts.extend(found?);
            told.tell();
        }
    } else {
        let mut part = Part::new(program, info, &layout, around, slabs.room())?;
        while let Some(block) = lines.next()? {
            part.add(block)?;
            told.tell();
        }
        parts.push(part.finish()?);
    }
    let (extra, top) = (layout.extra.clone(), Place::new(source.shown(), header.first_line()));
    Some(Parts { parts, sealed: slabs.seal(), extra, top })
}

/// As many whole records as one task reads; none at the end.
fn chunk(lines: &mut Lines<impl Read>, length: usize) -> Option<Option<Vec<u8>>> {
    let mut chunk = Vec::new();
    while chunk.len() < length {
        match lines.next() {
            Some(Some(block)) => chunk.extend_from_slice(block),
            Some(None) => break,
            // What was read before is a task of its own; the next one ends then.
            None if chunk.is_empty() => return None,
            None => break,
        }
    }
    Some((!chunk.is_empty()).then_some(chunk))
}

/// Reads a table of another format than CSV, row by row.
fn of_rows(program: &Program, table: usize, source: &Source, around: Around<'_>) -> Option<Parts> {
    let extra = around.extra;
    let info = program.tables.get(table)?;
    let layout = Layout::of_named(info)?;
    let slabs = around.slabs(0);
    // A workbook is unpacked in parts of its own: of how many bytes nobody knows before.
    let bytes = if source.encoding.format == Format::Xlsx { 0 } else { length(&source.path) };
    let mut told = Teller::begin(around.watch, bytes);
    let tally = told.tally();
    let around = Around { watch: Watched(None), ..around };
    let mut part = Part::new(program, info, &layout, around, slabs.room())?;
    let mut first: Option<Place> = None;
    let mut fits = true;
    let fields: Vec<Arc<str>> = info.fields.iter().map(|f| Arc::clone(&f.name.value)).collect();
    let fields = if extra == ExtraColumns::Keep { &[][..] } else { &fields };
    each_row_counted(source, fields, &around.limits, &tally, &mut |row| {
        told.tell();
        let first = first.get_or_insert_with(|| row.place.clone());
        let stands = part.stand_at(row.place.line.zip(first.line)).is_some();
        fits = stands && (part.add_row(program, table, &row, extra).is_some() || part.set_aside().is_some());
        fits
    })
    .ok()?;
    fits.then_some(())?;
    let extra = part.extra.clone();
    let parts = vec![part.finish()?];
    let top = first.unwrap_or_else(|| top_of(source));
    Some(Parts { parts, sealed: Sealed::default(), extra, top })
}

/// A table of its parts.
struct Joined {
    data: TableData,
    /// Of each field, whether each value is greater than the one before.
    ascends: Vec<bool>,
    /// Rows that were set aside, with their numbers and lines in the whole.
    aside: Vec<Aside>,
}

fn joined(info: &Table, parts: Parts, store: Option<&Arc<dyn Store>>) -> Option<Joined> {
    let Parts { parts, sealed, extra, top } = parts;
    let all = info.fields.len().checked_add(extra.len())?;
    let mut columns: Vec<Vec<Grown>> = (0..all).map(|_| Vec::new()).collect();
    let (mut stood, mut aside, mut lines, mut before) = (Vec::new(), Vec::new(), 0_u32, 0_usize);
    let top_line = top.line.unwrap_or(0);
    for part in parts {
        let gone = part.aside.len();
        aside.extend(part.aside.into_iter().map(|row| row.after(before, lines.saturating_add(top_line))));
        for (segment, standing) in part.segments {
            before = before.checked_add(standing.rows())?;
            stood.push(standing.after(lines));
            for (column, grown) in columns.iter_mut().zip(segment) {
                column.push(grown);
            }
        }
        before = before.checked_add(gone)?;
        lines = lines.saturating_add(part.lines);
    }
    let unknown = columns.split_off(info.fields.len());
    let ascends: Vec<bool> = columns.iter().map(|parts| ascend(parts)).collect();
    let packed = |column: Vec<Grown>| Arc::new(packed(column, &sealed, store));
    let fields: Vec<Arc<Packed>> = columns.into_iter().map(packed).collect();
    let rows = fields.first().map_or(0, |f| f.len());
    u32::try_from(before).ok()?;
    let fields: Vec<Cells> = fields.into_iter().map(Cells::Packed).collect();
    let index = Index::of_columns(info.key.iter().filter_map(|k| fields.get(*k).cloned()).collect());
    let kept = extra.iter().zip(unknown).filter_map(|(name, column)| {
        Some(Extra { name: Arc::clone(name.as_ref()?), cells: Cells::Packed(packed(column)) })
    });
    let places = places(top, stood, store);
    Some(Joined { data: TableData { rows, fields, index, places, extra: kept.collect() }, ascends, aside })
}

/// The table, where no value is out of bounds, or repeated that may not be.
fn fitting(info: &Table, joined: Joined) -> Option<TableData> {
    let Joined { data, ascends, .. } = joined;
    let packed = |cells: &Cells| match cells {
        Cells::Packed(packed) => Some(Arc::clone(packed)),
        Cells::Each(_) => None,
    };
    let fields: Vec<Arc<Packed>> = data.fields.iter().map(packed).collect::<Option<_>>()?;
    keys::are_unique(&fields, &info.key, &ascends).then_some(())?;
    for (field, cells) in info.fields.iter().zip(&fields) {
        fits(field, cells).then_some(())?;
    }
    for (index, _) in info.fields.iter().enumerate().filter(|(_, f)| f.unique) {
        keys::are_unique(&fields, &[index], &ascends).then_some(())?;
    }
    Some(data)
}

/// A segment of a column.
struct Grown {
    meaning: Meaning,
    placed: Placed,
    /// Its first and last value, where each is greater than the one before.
    ends: Option<Ends>,
}

/// Whether each value of a column is greater than the one before.
fn ascend(parts: &[Grown]) -> bool {
    let goes_on = |(a, b): (&Grown, &Grown)| {
        a.meaning == b.meaning
            && match (&a.ends, &b.ends) {
                (Some(Ends::Numbers(_, last)), Some(Ends::Numbers(first, _))) => last < first,
                (Some(Ends::Texts(_, last)), Some(Ends::Texts(first, _))) => last < first,
                _ => false,
            }
    };
    parts.iter().all(|part| part.ends.is_some()) && parts.iter().zip(parts.iter().skip(1)).all(goes_on)
}

fn packed(parts: Vec<Grown>, sealed: &Sealed, store: Option<&Arc<dyn Store>>) -> Packed {
    let parts = parts.into_iter().map(|grown| (grown.meaning, grown.placed.settled(sealed)));
    Packed::joined(parts.collect(), store)
}

/// Rows that stand one after the other, in segments.
struct Rows {
    segments: Vec<(Vec<Grown>, Stood)>,
    /// How many lines they have, with the empty ones among them.
    lines: u32,
    /// Rows that were set aside, which stand among them.
    aside: Vec<Aside>,
}

/// The rows that begin in a range of the file.
struct Range {
    rows: Rows,
    /// Where the first of them begins.
    begin: u64,
    /// Where the first after them begins.
    end: u64,
}

/// Reads the rows that begin in a range of the file, in segments.
fn read_range(
    part: &mut Part<'_>,
    block: &mut Vec<u8>,
    path: &Path,
    range: (u64, u64),
    is_known: bool,
) -> Option<Range> {
    let room = if block.is_empty() { lines::room() } else { std::mem::take(block) };
    let mut lines = Lines::open(path, range, is_known, room)?;
    let begin = lines.place()?;
    let mut read = || {
        while let Some(records) = lines.next()? {
            part.add(records)?;
        }
        part.finish()
    };
    let Some(rows) = read() else {
        part.clear();
        return None;
    };
    let end = lines.place()?;
    *block = lines.room();
    Some(Range { rows, begin, end })
}

/// Rows as they are read, and the segments that are full.
struct Part<'a> {
    layout: &'a Layout,
    growing: Vec<Growing>,
    extra: Vec<Option<Arc<str>>>,
    segments: Vec<(Vec<Grown>, Stood)>,
    standing: Standing,
    aside: Vec<Aside>,
    around: Around<'a>,
    room: Room<'a>,
    rows: usize,
    /// Bytes of the file that they took.
    bytes: usize,
    /// Rows of segments that are full.
    before: usize,
    bounds: Bounds,
    lanes: Option<Lanes>,
    /// Room for the cells of a column.
    words: Vec<u64>,
    /// The columns of the row before, for rows that name theirs.
    order: Vec<(Arc<str>, usize)>,
}

impl<'a> Part<'a> {
    fn new(
        program: &Program,
        table: &Table,
        layout: &'a Layout,
        around: Around<'a>,
        room: Room<'a>,
    ) -> Option<Self> {
        let fields = table.fields.iter().enumerate();
        let fields = fields.map(|(index, f)| Growing::new(program, f, table.key.contains(&index)));
        let unknown = layout.extra.iter().map(|name| Some(Growing::unknown(name.is_some())));
        let growing = fields.chain(unknown).collect::<Option<_>>()?;
        let extra = layout.extra.clone();
        Some(Self {
            layout,
            growing,
            extra,
            segments: Vec::new(),
            standing: Standing::default(),
            aside: Vec::new(),
            around,
            room,
            rows: 0,
            bytes: 0,
            before: 0,
            bounds: Bounds::default(),
            lanes: Lanes::find(),
            words: Vec::new(),
            order: Vec::new(),
        })
    }

    /// Adds the rows of whole records.
    fn add(&mut self, block: &[u8]) -> Option<()> {
        let mut at = 0;
        while at < block.len() {
            // So many lines that their bytes and the places of their cells stay near the processor.
            let left = block.get(at..)?;
            let most = left.get(..NEAR).unwrap_or(left);
            let last = memchr::memrchr(b'\n', most);
            let length = last.or_else(|| memchr::memchr(b'\n', left))?.checked_add(1)?;
            let end = at.checked_add(length)?;
            let mut bounds = std::mem::take(&mut self.bounds);
            at = if bounds.find(block.get(..end)?, at, self.layout.fields.len(), self.lanes).is_some() {
                self.take(block, &bounds, at..end)?;
                end
            } else {
                self.take_apart(block, &mut bounds, at..end)?
            };
            self.bounds = bounds;
        }
        self.around.watch.advance(block.len());
        self.bytes = self.bytes.saturating_add(block.len());
        let is_full = self.around.store.is_some() && self.bytes >= self.around.range();
        if is_full && self.rows > 0 { self.close() } else { Some(()) }
    }

    /// Adds the records that begin in a part of a text, among which empty lines may stand; answers where
    /// they end.
    fn take_apart(
        &mut self,
        text: &[u8],
        bounds: &mut Bounds,
        part: std::ops::Range<usize>,
    ) -> Option<usize> {
        let columns = self.layout.fields.len();
        let mut at = part.start;
        while at < part.end {
            if let Some(length) = blank(text.get(at..)?, columns) {
                self.standing.pass(1);
                at = at.checked_add(length)?;
                continue;
            }
            let end = bounds.records(text, at, columns, part.end)?;
            self.take(text, bounds, at..end)?;
            at = end;
        }
        Some(at)
    }

    /// Adds the rows whose cells were found in a part of a text.
    fn take(&mut self, text: &[u8], bounds: &Bounds, part: std::ops::Range<usize>) -> Option<()> {
        let (records, text) = (text.get(part.clone())?, text.get(..part.end)?);
        if !bounds.is_plain() && !records.is_ascii() {
            std::str::from_utf8(records).ok()?;
        }
        let mut done = 0;
        while done < bounds.rows() {
            let room = self.around.rows().saturating_sub(self.rows);
            let until = done.saturating_add(room).min(bounds.rows());
            self.take_rows(text, bounds, done..until)?;
            done = until;
            if self.rows >= self.around.rows() {
                self.close()?;
            }
        }
        Some(())
    }

    /// Adds some of the rows whose cells were found.
    fn take_rows(&mut self, text: &[u8], bounds: &Bounds, rows: std::ops::Range<usize>) -> Option<()> {
        for (column, field) in self.layout.fields.iter().enumerate() {
            let growing = self.growing.get_mut(*field)?;
            if growing.cells(text, bounds, column, rows.clone(), (self.lanes, &mut self.words)).is_none() {
                return self.take_fitting(text, bounds, rows);
            }
        }
        let lines = bounds.lines().get(rows.clone()).unwrap_or_default();
        self.standing.add_over(rows.len(), lines);
        self.rows = self.rows.saturating_add(rows.len());
        Some(())
    }

    /// Adds some rows of which not all fit; those that do not are set aside where that is asked for: which
    /// they are is found by halves.
    #[cold]
    fn take_fitting(&mut self, text: &[u8], bounds: &Bounds, rows: std::ops::Range<usize>) -> Option<()> {
        (self.aside.len() < self.around.aside).then_some(())?;
        self.growing.iter_mut().for_each(|column| column.cut(self.rows));
        if rows.len() > 1 {
            let middle = rows.start.midpoint(rows.end);
            self.take_rows(text, bounds, rows.start..middle)?;
            return self.take_rows(text, bounds, middle..rows.end);
        }
        let lines = bounds.lines().get(rows.clone()).unwrap_or_default();
        let (start, _) = bounds.column(0, rows.clone()).next()?;
        let (_, end) = bounds.column(self.layout.fields.len().checked_sub(1)?, rows).next()?;
        self.aside.push(Aside {
            number: self.all_rows().saturating_add(self.aside.len()),
            line: self.standing.line(),
            text: text.get(start as usize..end as usize)?.into(),
        });
        self.standing.pass(lines.first().copied().unwrap_or(1));
        Some(())
    }

    /// Sets the row aside that was just added in part, where that is asked for.
    fn set_aside(&mut self) -> Option<()> {
        (self.aside.len() < self.around.aside).then_some(())?;
        self.growing.iter_mut().for_each(|column| column.cut(self.rows));
        let number = self.all_rows().saturating_add(self.aside.len());
        self.aside.push(Aside { number, line: self.standing.line(), text: Box::default() });
        self.standing.pass(1);
        Some(())
    }

    /// Goes on to the line of the next row, where rows have lines, from that of the first; none where it
    /// stands above the one before.
    fn stand_at(&mut self, line: Option<(u32, u32)>) -> Option<()> {
        line.map_or(Some(()), |(line, first)| self.standing.go_to(line.checked_sub(first)?))
    }

    /// Adds a row that names its columns.
    fn add_row(&mut self, program: &Program, table: usize, row: &Raw, extra: ExtraColumns) -> Option<()> {
        let RawKind::Map(cells) = &row.kind else { return None };
        let mut given = vec![false; self.growing.len()];
        for (position, (name, value)) in cells.iter().enumerate() {
            let before = self.order.get(position).filter(|(of, _)| of == name).map(|(_, column)| *column);
            let column = before.or_else(|| self.column(program, table, name, extra))?;
            if before.is_none() {
                self.order.truncate(position);
                self.order.push((Arc::clone(name), column));
                given.resize(self.growing.len(), false);
            }
            let slot = given.get_mut(column)?;
            let is_passed = self.is_passed(column);
            (is_passed || !*slot).then_some(())?;
            *slot = true;
            self.growing.get_mut(column)?.value(value)?;
        }
        for (column, _) in self.growing.iter_mut().zip(given).filter(|(_, given)| !given) {
            column.missing()?;
        }
        self.rows = self.rows.saturating_add(1);
        self.standing.add(1);
        let is_full = self.rows == self.around.rows()
            || self.around.store.is_some()
                && self.growing.iter().map(Growing::bytes).sum::<usize>() >= self.around.range();
        if is_full { self.close() } else { Some(()) }
    }

    fn is_passed(&self, column: usize) -> bool {
        let unknown = column.checked_sub(self.layout.width);
        unknown.and_then(|index| self.extra.get(index)).is_some_and(Option::is_none)
    }

    /// The column of a name; one that the plan does not know is added while there are no rows.
    fn column(
        &mut self,
        program: &Program,
        table: usize,
        name: &Arc<str>,
        extra: ExtraColumns,
    ) -> Option<usize> {
        let info = program.tables.get(table)?;
        if let Some(field) = info.fields.iter().position(|f| f.name.value == *name) {
            return Some(field);
        }
        let kept = match extra {
            ExtraColumns::Refuse => return None,
            ExtraColumns::Ignore => None,
            ExtraColumns::Keep => Some(Arc::clone(name)),
        };
        if let Some(known) = self.extra.iter().position(|e| *e == kept) {
            return info.fields.len().checked_add(known);
        }
        if kept.is_some() {
            let is_clear = clash(program, table, name, &Place::default()).is_none();
            (is_clear && self.all_rows() == 0).then_some(())?;
        }
        self.growing.push(Growing::unknown(kept.is_some()));
        self.extra.push(kept);
        self.growing.len().checked_sub(1)
    }

    fn all_rows(&self) -> usize {
        self.before.saturating_add(self.rows)
    }

    fn close(&mut self) -> Option<()> {
        let layout = self.layout;
        let mut segment = Vec::with_capacity(self.growing.len());
        for (field, column) in self.growing.iter_mut().enumerate() {
            // What the plan does not know is there in each row.
            if field < layout.width && !layout.fields.contains(&field) {
                column.fill(self.rows)?;
            }
            let (meaning, placed, ends) = column.finish(&mut self.room);
            segment.push(Grown { meaning, placed, ends });
        }
        self.segments.push((segment, self.standing.close(self.around.store)));
        self.before = self.before.saturating_add(self.rows);
        (self.rows, self.bytes) = (0, 0);
        Some(())
    }

    /// All rows; there are none then.
    fn finish(&mut self) -> Option<Rows> {
        if self.rows > 0 {
            self.close()?;
        }
        self.before = 0;
        let (segments, aside) = (std::mem::take(&mut self.segments), std::mem::take(&mut self.aside));
        Some(Rows { segments, lines: self.standing.finish(), aside })
    }

    /// Forgets all rows.
    fn clear(&mut self) {
        self.growing.iter_mut().for_each(Growing::clear);
        self.segments.clear();
        self.aside.clear();
        self.standing = Standing::default();
        (self.rows, self.bytes, self.before) = (0, 0, 0);
        self.bounds = Bounds::default();
    }
}

/// Which field each column holds; none where a name is repeated, missing, or neither known nor wanted.
fn layout(program: &Program, table: usize, header: &[String], unknown: ExtraColumns) -> Option<Layout> {
    let info = program.tables.get(table)?;
    let mut fields = Vec::with_capacity(header.len());
    let mut extra: Vec<Option<Arc<str>>> = Vec::new();
    for (index, name) in header.iter().enumerate() {
        if let Some(field) = info.fields.iter().position(|f| *f.name.value == **name) {
            (!fields.contains(&field)).then_some(())?;
            fields.push(field);
            continue;
        }
        let is_usual = !name.trim().is_empty() && !header.iter().take(index).any(|n| n == name);
        is_usual.then_some(())?;
        fields.push(info.fields.len().checked_add(extra.len())?);
        extra.push(match unknown {
            ExtraColumns::Refuse => return None,
            ExtraColumns::Ignore => None,
            ExtraColumns::Keep => {
                clash(program, table, name, &Place::default()).is_none().then_some(())?;
                Some(Arc::from(&**name))
            }
        });
    }
    for (index, field) in info.fields.iter().enumerate() {
        let may_be_missing = field.ty.is_optional() || field.default.is_some();
        (fields.contains(&index) || may_be_missing).then_some(())?;
    }
    not_plain(info).is_none().then_some(Layout { fields, width: info.fields.len(), extra })
}

/// The first field whose cells cannot be read without looking at anything else. A reference is read as the key
/// that it names; what it refers to is found, and defaults are worked out, once all tables are there.
#[must_use]
pub fn not_plain(table: &Table) -> Option<&Field> {
    let is_plain = |field: &&Field| {
        let is_single = !matches!(field.ty.required(), Type::List(_));
        let is_default_read = field.default.as_ref().is_none_or(|default| match default.kind {
            // No row is a constant.
            ExprKind::Const(_) => !matches!(field.ty.required(), Type::Row(_)),
            // Whether values repeat is seen before defaults are worked out.
            _ => !field.unique,
        });
        is_read(&field.ty) && is_default_read && (is_single || !field.unique)
    };
    table.fields.iter().find(|field| !is_plain(field))
}

/// Whether values of a type are read into columns.
fn is_read(ty: &Type) -> bool {
    match ty.required() {
        Type::Text | Type::Date | Type::Bool | Type::Enum(_) | Type::Number(_) | Type::Row(_) => true,
        Type::List(item) => is_read(item),
        _ => false,
    }
}

/// Whether every value of a column is within its field's bounds and a multiple of its step.
fn fits(field: &Field, column: &Packed) -> bool {
    let within =
        field.bounds.is_empty() || column.parts().iter().all(|part| is_within(field, column.meaning(), part));
    within && field.step.as_ref().is_none_or(|step| keys::are_multiples(column, step))
}

/// Whether every value of a part of a column is within its field's bounds.
fn is_within(field: &Field, meaning: &Meaning, part: &value::Part) -> bool {
    let bounded = |value: &Value| field.bounds.iter().all(|b| b.holds(value));
    let odd = |segment: &Segment| {
        let values = segment.odd().iter().filter_map(|(_, v)| v.as_ref());
        values.filter(|v| **v != Value::Absent).all(bounded)
    };
    let has_values = |segment: &Segment| {
        segment.absent().is_none_or(|a| a.rows().count().saturating_add(segment.odd().len()) < segment.len())
    };
    let (least, most) = part.extremes();
    let ends = [least, most];
    let mut ends = ends.iter().map(|n| meaning.value(*n));
    let mut plain = || ends.all(|v| v.is_some_and(|v| bounded(&v)));
    if !part.has_absent() && !part.has_odd() {
        return plain();
    }
    let segment = part.segment();
    (!has_values(&segment) || plain()) && odd(&segment)
}
