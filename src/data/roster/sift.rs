//! A table of which some rows do not fit the plan: these are told apart, and all others stay in columns.

use super::lines::{BLOCK, Header, Lines};
use super::pieces::{Examined, rows_stand_alone};
use super::repeats::Repeats;
use super::{Around, Bounds, Joined, is_within, joined, keys, of_csv, of_rows};
use crate::data::files::open;
use crate::data::rows::each_numbered;
use crate::data::{
    ExtraColumns, Format, Raw, RawKind, Source, convert_cell, read_csv, referred, validate_beside,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::eval::{Choices, Index, Left, TableData};
use crate::ir::{Field, Program, SCALARS, Table};
use crate::limits::Limits;
use crate::value::{Cells, Packed, Place, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::sync::Arc;

/// A row that does not fit as it stands.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    /// Its number among all rows, from 0.
    pub number: usize,
    /// Its line.
    pub line: u32,
    /// As it stands, without the end of its line; nothing of it in another format than CSV.
    pub text: Box<[u8]>,
}

impl Aside {
    /// The same after so many rows and lines more.
    pub fn after(self, rows: usize, lines: u32) -> Self {
        let (number, line) = (self.number.saturating_add(rows), self.line.saturating_add(lines));
        Self { number, line, ..self }
    }
}

/// A table read straight into columns but for rows that do not fit.
#[derive(Clone, Debug)]
pub struct Sifted {
    /// The table.
    pub table: usize,
    source: Source,
    extra: ExtraColumns,
    data: TableData,
    /// Of each field, whether each value is greater than the one before; nothing where all rows fit.
    ascends: Vec<bool>,
    /// The numbers of the rows that are not in the columns, in order.
    gone: Vec<usize>,
    /// Rows that did not fit as they stand, by their numbers.
    aside: BTreeMap<usize, Aside>,
}

/// Reads a table but for rows that do not fit, of which there may be so many; none where anything else about
/// it needs the ordinary reader.
#[must_use]
pub fn sift_roster(
    program: &Program,
    table: usize,
    source: &Source,
    around: Around<'_>,
    most: usize,
) -> Option<Sifted> {
    let info = program.tables.get(table).filter(|_| rows_stand_alone(program, table, &[]))?;
    let extra = around.extra;
    let lenient = Around { aside: most, ..around };
    let parts = match source.encoding.format {
        Format::Csv => of_csv(program, table, source, lenient)?,
        _ => of_rows(program, table, source, lenient)?,
    };
    let Joined { data, ascends, aside } = joined(info, parts, around.store)?;
    (aside.len() <= most).then_some(())?;
    let gone = aside.iter().map(|row| row.number).collect();
    let aside = aside.into_iter().map(|row| (row.number, row)).collect();
    Some(Sifted { table, source: source.clone(), extra, data, ascends, gone, aside })
}

impl Sifted {
    /// A table all rows of which are in columns.
    #[must_use]
    pub fn whole(table: usize, source: &Source, extra: ExtraColumns, data: TableData) -> Self {
        let (ascends, gone, aside) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { table, source: source.clone(), extra, data, ascends, gone, aside }
    }

    /// The rows that fit.
    #[must_use]
    pub fn data(&self) -> &TableData {
        &self.data
    }

    /// The number, from 0 and among all rows, of a row in the columns.
    #[must_use]
    pub fn number(&self, row: usize) -> usize {
        Left::new(&self.gone).row(row)
    }

    /// Takes rows of these numbers, in order, out of the columns.
    pub fn refuse(&mut self, numbers: &[usize]) {
        let rows: Vec<usize> = numbers.iter().filter_map(|number| self.row(*number)).collect();
        if rows.is_empty() {
            return;
        }
        self.data = self.data.without(&rows);
        self.gone.extend(numbers);
        self.gone.sort_unstable();
        self.gone.dedup();
    }

    /// The row in the columns of a number.
    fn row(&self, number: usize) -> Option<usize> {
        self.gone.binary_search(&number).err().and_then(|before| number.checked_sub(before))
    }

    /// The faults of the rows of these numbers, in order, with how many there are beyond those that are told, and
    /// the rows as they were read; none where they cannot be read so.
    #[must_use]
    pub fn faults(
        &self,
        program: &Program,
        (others, beside): (&Raw, &[(usize, TableData)]),
        (choices, limits): (&Choices, &Limits),
        numbers: &[usize],
    ) -> Option<((Diagnostics, usize), Vec<Raw>)> {
        let (table, source, extra) = (self.table, &self.source, self.extra);
        // What is said of other rows of the table cannot be asked of some rows alone.
        rows_stand_alone(program, table, &[]).then_some(())?;
        let examined = Examined {
            program,
            table,
            source,
            others,
            beside,
            absent: &[],
            extra,
            store: None,
            choices,
            limits,
        };
        let rows = self.raw(numbers, limits)?;
        let left = examined.as_refused(rows.clone())?;
        let rows = Raw { kind: RawKind::List(rows), place: Place::new(self.source.shown(), Some(1)) };
        Some((examined.faults_of(rows, numbers), left))
    }

    /// Rows that may have a fault of their own, or repeat a value that may not be repeated: all that have one are
    /// among them, or so many of the first of each kind. Conditions are not asked.
    fn suspects(&self, info: &Table, limits: &Limits, most: usize) -> Option<Suspects> {
        let mut suspects = Suspects::default();
        if self.ascends.is_empty() {
            // All rows are known to fit.
            return Some(suspects);
        }
        let mut far: BTreeSet<usize> = BTreeSet::new();
        for (field, cells) in info.fields.iter().zip(&self.data.fields) {
            if let Cells::Packed(column) = cells {
                // One more than may be refused shows that there are too many.
                far.extend(beyond(field, column).take(most.saturating_add(1)));
                suspects.is_cut |= far.len() > most;
                while far.len() > most.saturating_add(1) {
                    far.pop_last();
                }
            }
        }
        let numbers: Vec<usize> = self.aside.keys().copied().collect();
        let rows = if numbers.is_empty() { Vec::new() } else { self.raw(&numbers, limits)? };
        suspects.numbers.extend(numbers);
        for fields in not_repeated(info) {
            let wanted = rows.iter().filter_map(|row| values(info, &fields, row));
            if let Some(column) = self.ascending(&fields) {
                far.extend(wanted.filter_map(|key| search(column, key.first()?)));
                continue;
            }
            let index = self.index(info, &fields);
            let mut repeats = Repeats::new(most);
            index.each_hashed(|hash, row| {
                repeats.add(hash, row);
                true
            });
            suspects.is_cut |= repeats.more() > 0;
            far.extend(repeats.rows.iter().flat_map(|(row, first)| [*row as usize, *first as usize]));
            far.extend(wanted.filter_map(|key| index.row(&key)).map(|row| row as usize));
        }
        suspects.numbers.extend(far.into_iter().map(|row| self.number(row)));
        Some(suspects)
    }

    /// How many faults of the kinds that make a row suspect are not those of rows of these numbers; none where they
    /// are not counted.
    fn faults_besides(&self, info: &Table, numbers: &BTreeSet<usize>) -> Option<usize> {
        // A value that is repeated is not held against its bounds too, and told of once where it is a key.
        let is_twice = |(index, field): (usize, &Field)| {
            let is_key = info.key.contains(&index);
            (is_key || field.unique) && (!field.bounds.is_empty() || field.step.is_some())
                || is_key && field.unique
        };
        (!info.fields.iter().enumerate().any(is_twice)).then_some(())?;
        let rows: BTreeSet<usize> = numbers.iter().filter_map(|number| self.row(*number)).collect();
        let mut count = 0_usize;
        for (field, cells) in info.fields.iter().zip(&self.data.fields) {
            if let Cells::Packed(column) = cells {
                count = count.saturating_add(beyond(field, column).filter(|row| !rows.contains(row)).count());
            }
        }
        for fields in not_repeated(info).filter(|fields| self.ascending(fields).is_none()) {
            // The first row of a hash that is among the rows has no fault there that could be seen.
            let (mut at, mut is_met) = (None, false);
            self.index(info, &fields).each_hashed(|hash, row| {
                let is_first = at.replace(hash) != Some(hash);
                let is_among = rows.contains(&(row as usize));
                let is_seen = is_among && is_met && !is_first;
                is_met = is_among || is_met && !is_first;
                count = count.saturating_add(usize::from(!is_first && !is_seen));
                true
            });
        }
        Some(count)
    }

    /// The only column of some fields, where each of its values is greater than the one before.
    fn ascending(&self, fields: &[usize]) -> Option<&Packed> {
        let [only] = fields else { return None };
        match self.data.fields.get(*only)? {
            Cells::Packed(column) if self.ascends.get(*only) == Some(&true) => Some(column),
            _ => None,
        }
    }

    /// The rows by the values of some fields.
    fn index(&self, info: &Table, fields: &[usize]) -> Index {
        if fields == info.key {
            return self.data.index.clone();
        }
        Index::of_columns(fields.iter().filter_map(|f| self.data.fields.get(*f).cloned()).collect())
    }

    /// The rows of these numbers, in order, as they were read.
    fn raw(&self, numbers: &[usize], limits: &Limits) -> Option<Vec<Raw>> {
        if self.source.encoding.format == Format::Csv {
            return self.raw_csv(numbers, limits);
        }
        let mut rows = Vec::new();
        each_numbered(&self.source, numbers, limits, &mut |row| {
            rows.push(row);
            true
        })
        .ok()?;
        (rows.len() == numbers.len()).then_some(rows)
    }

    fn raw_csv(&self, numbers: &[usize], limits: &Limits) -> Option<Vec<Raw>> {
        let line = |number: &usize| match self.aside.get(number) {
            Some(aside) => Some(aside.line),
            None => self.data.places.of(u32::try_from(self.row(*number)?).ok()?)?.line,
        };
        let lines: Vec<u32> = numbers.iter().map(line).collect::<Option<_>>()?;
        let source = &self.source;
        let mut reader = BufReader::new(open(&source.path, source.shown(), source.encoding.packing).ok()?);
        let header = Header::read(&mut reader)?;
        let mut text = header.bytes.clone();
        let is_aside = |number: &usize| self.aside.contains_key(number);
        let far = lines.iter().zip(numbers).filter(|(_, n)| !is_aside(n)).map(|(line, _)| *line);
        let far: Vec<u32> = far.collect();
        let mut read = if far.is_empty() {
            Vec::new()
        } else {
            records(Lines::rest(reader, BLOCK), header.lines, header.names.len(), &far)?
        }
        .into_iter();
        for number in numbers {
            match self.aside.get(number) {
                Some(aside) => text.extend_from_slice(&aside.text),
                None => text.extend_from_slice(&read.next()?),
            }
            text.push(b'\n');
        }
        let mut sheet = read_csv(source.shown(), &text, limits).ok()?;
        let rows = std::mem::take(sheet.kind.items_mut()?);
        (rows.len() == numbers.len()).then_some(())?;
        let file: Arc<str> = Arc::from(source.shown());
        let placed = rows.into_iter().zip(lines).map(|(row, line)| {
            let place = Place::new(Arc::clone(&file), Some(line));
            let kind = match row.kind {
                RawKind::Map(cells) => RawKind::Map(
                    cells.into_iter().map(|(name, v)| (name, Raw { place: place.clone(), ..v })).collect(),
                ),
                other => other,
            };
            Raw { kind, place }
        });
        Some(placed.collect())
    }
}

/// Rows that are looked at more closely.
#[derive(Debug, Default)]
struct Suspects {
    /// Their numbers among all rows, from 0.
    numbers: BTreeSet<usize>,
    /// Whether others may have faults of the same kinds.
    is_cut: bool,
}

/// The fields of which no two rows may have the same values.
fn not_repeated(info: &Table) -> impl Iterator<Item = Vec<usize>> + '_ {
    let unique = info.fields.iter().enumerate().filter(|(_, f)| f.unique).map(|(index, _)| vec![index]);
    std::iter::once(info.key.clone()).chain(unique)
}

/// Rows by table and number, as they were read.
type Rows = BTreeMap<(usize, usize), Raw>;

/// What is told of tables and of the rest of the data.
#[derive(Debug)]
pub struct Told {
    /// The faults.
    pub faults: Diagnostics,
    /// The rows of the tables that have any.
    pub rows: Rows,
    /// How many more there are that are known.
    pub more: usize,
    /// Whether no more could be told before the rows that are set aside are refused, or beyond those that were
    /// looked for.
    pub is_all: bool,
}

/// The faults of data of which some tables are in columns but for rows that do not fit, and the rows of these
/// tables that have one. Where these are looked at for the `first` time, so many of each kind of fault are looked
/// for. None where not all can be told so.
#[must_use]
pub fn faults_apart(
    program: &Program,
    document: &Raw,
    sifted: &[Sifted],
    given: (&Choices, &Limits),
    (first, most): (bool, usize),
) -> Option<Told> {
    let tables: Vec<(usize, TableData)> = sifted.iter().map(|s| (s.table, s.data().clone())).collect();
    let beside = validate_beside(program, document, tables.clone(), given, most);
    let (mut faults, mut found, mut waiting) = (Diagnostics::new(), Rows::new(), false);
    let mut more = 0_usize;
    // What refers to a row that may be one that is set aside is told of once that is refused.
    let waits = |target: usize| {
        let of_target = |one: &Sifted| one.table == target && !one.gone.is_empty();
        first && sifted.iter().any(of_target)
    };
    let is_told =
        |f: &Diagnostic| f.code != Code::DataUnknownReference || !table_meant(program, f).is_some_and(waits);
    for ((one, rows), unnamed) in sifted.iter().zip(&beside.not_held).zip(&beside.unnamed) {
        waiting |= unnamed.iter().any(|(_, target)| waits(*target));
        let unnamed = unnamed.iter().filter(|(_, target)| !waits(*target)).map(|(row, _)| *row);
        // Beyond so many they are not looked for, and one more shows that there are too many.
        let unnamed: BTreeSet<usize> = unnamed.take(most.saturating_add(1)).collect();
        let is_cut = rows.len() >= most || unnamed.len() > most;
        let faulty = rows.iter().take(most.saturating_add(1)).chain(&unnamed);
        let mut numbers: BTreeSet<usize> = faulty.map(|row| one.number(*row)).collect();
        let mut besides = Some(0).filter(|_| !is_cut);
        if first {
            let info = program.tables.get(one.table)?;
            let suspects = one.suspects(info, given.1, most)?;
            numbers.extend(suspects.numbers);
            if suspects.is_cut && !is_cut {
                besides = one.faults_besides(info, &numbers);
            }
        }
        if numbers.is_empty() {
            continue;
        }
        let numbers: Vec<usize> = numbers.into_iter().collect();
        let others: Vec<_> = tables.iter().filter(|(table, _)| *table != one.table).cloned().collect();
        let ((mut own, beyond), rows) = one.faults(program, (document, &others), given, &numbers)?;
        // What was only counted may be that of what stands beside the table.
        let is_counted = beyond == 0 || beside.faults.is_empty();
        match besides.filter(|_| is_counted) {
            Some(besides) => more = more.saturating_add(beyond).saturating_add(besides),
            None => waiting = true,
        }
        waiting |= !own.iter().all(is_told);
        own.retain(is_told);
        let blamed = own.iter().filter_map(|d| d.subject.as_ref()).flat_map(|s| s.rows.iter().copied());
        let blamed: BTreeSet<usize> = blamed.collect();
        // A row that did not fit and has no fault is for the ordinary reader.
        numbers.iter().all(|number| blamed.contains(number) || one.row(*number).is_some()).then_some(())?;
        let rows = numbers.into_iter().zip(rows).filter(|(number, _)| blamed.contains(number));
        found.extend(rows.map(|(number, row)| ((one.table, number), row)));
        faults.extend(own);
    }
    waiting |= !beside.faults.iter().all(is_told) || beside.faults.len() > given.1.faults;
    faults.extend(beside.faults.into_iter().filter(is_told));
    Some(Told { faults, rows: found, more, is_all: !waiting })
}

/// The table that a fault's field refers to.
fn table_meant(program: &Program, fault: &Diagnostic) -> Option<usize> {
    let subject = fault.subject.as_ref()?;
    let fields = match subject.table.as_deref() {
        None => &program.records.get(SCALARS)?.fields,
        Some(name) => match program.find_table(name) {
            Some(table) => &program.tables.get(table)?.fields,
            None => &program.records.iter().find(|record| *record.name.value == *name)?.fields,
        },
    };
    referred(fields.iter().find(|f| Some(&*f.name.value) == subject.field.as_deref())?)
}

/// The records that begin on some lines, in order; so many lines stand before the first that is read.
fn records(
    mut lines: Lines<impl std::io::Read>,
    mut before: u32,
    columns: usize,
    wanted: &[u32],
) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().peekable();
    let mut bounds = Bounds::default();
    while wanted.peek().is_some() {
        let block = lines.next()??;
        let count = u32::try_from(memchr::memchr_iter(b'\n', block).count()).ok()?;
        let (mut at, mut line) = (0_usize, before.checked_add(1)?);
        before = before.checked_add(count)?;
        while let Some(next) = wanted.next_if(|next| **next <= before) {
            let skip = usize::try_from(next.checked_sub(line)?).ok()?;
            if let Some(last) = skip.checked_sub(1) {
                at = at
                    .checked_add(memchr::memchr_iter(b'\n', block.get(at..)?).nth(last)?)?
                    .checked_add(1)?;
            }
            line = *next;
            let end = bounds.records(block, at, columns, at.checked_add(1)?)?;
            let record = block.get(at..end)?.strip_suffix(b"\n")?;
            found.push(record.strip_suffix(b"\r").unwrap_or(record).to_vec());
        }
    }
    Some(found)
}

/// Rows of a column whose values are out of bounds, or off the step.
fn beyond<'a>(field: &'a Field, column: &'a Packed) -> impl Iterator<Item = usize> + 'a {
    let stepped = field.step.as_ref().is_none_or(|step| keys::are_multiples(column, step));
    let parts = column.parts().iter().zip(column.starts());
    let parts = parts.filter(move |(part, _)| {
        !stepped || !field.bounds.is_empty() && !is_within(field, column.meaning(), part)
    });
    parts.flat_map(move |(part, start)| {
        let segment = part.segment();
        let fits = |value: &Value| {
            let on_step = match (&field.step, value) {
                (Some(step), Value::Number(n)) => keys::is_multiple(n, step),
                _ => true,
            };
            on_step && field.bounds.iter().all(|bound| bound.holds(value))
        };
        let is_beyond = |row: &usize| {
            let value = column.value_of(&segment, *row);
            value.is_some_and(|value| value != Value::Absent && !fits(&value))
        };
        let rows: Vec<usize> = (0..part.len()).filter(is_beyond).collect();
        rows.into_iter().map(|row| start.saturating_add(row))
    })
}

/// The values of some fields of a row; none where one of them has none.
fn values(info: &Table, fields: &[usize], row: &Raw) -> Option<Vec<Value>> {
    let RawKind::Map(cells) = &row.kind else { return None };
    let value = |field: &usize| {
        let field = info.fields.get(*field)?;
        let (_, cell) = cells.iter().find(|(name, _)| *name == field.name.value)?;
        convert_cell(cell, field.ty.required())
    };
    fields.iter().map(value).collect()
}

/// The row of a value in a column each value of which is greater than the one before.
fn search(column: &Packed, wanted: &Value) -> Option<usize> {
    let (mut low, mut high) = (0, column.len());
    while low < high {
        let middle = low.midpoint(high);
        let Some(order) = keys::order(&column.get(middle)?, wanted) else {
            // Few names ascend, and of flags two at most.
            return (0..column.len()).find(|row| column.get(*row).as_ref() == Some(wanted));
        };
        match order {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle.saturating_add(1),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
