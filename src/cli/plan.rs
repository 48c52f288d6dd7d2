//! What the commands that evaluate share: the plan loaded, the choices made, the data read.

use super::Exit;
use super::args::{DataArgs, GivenArgs};
use super::memory::{Memory, unspooled};
use super::output::Screen;
use crate::columns;
use crate::data::{
    Around, Examined, Format, Known, Named, Packing, Place, Raw, RawKind, Reading, Sifted, Source, Spool,
    apply_set, damage_in_pieces, faults_apart, faults_in_pieces, is_large, known_inputs, more_faults,
    name_data, not_listed, not_plain, parse_set, read_named, read_roster, read_toml_file, sift_roster,
    take_extras, validate_beside,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::engine::{Again, EvaluateError, Evaluation, Inputs, Loaded, Plan, Rosters, load, unreadable};
use crate::eval::{Choices, Extra, TableData};
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::{Document, FolderResolver, read_plan};
use crate::progress::{Watch, Watched};
use crate::report::one_line;
use crate::source::SourceMap;
use crate::value::parse_date;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Loads a plan file; where it cannot be read, says so.
pub fn load_file(path: &Path) -> Result<Loaded, Box<Diagnostic>> {
    let (text, resolver) = read_file(path)?;
    Ok(load(&path.display().to_string(), &text, &resolver, &Limits::DEFAULT))
}

/// The plan as read, unchecked; where the file cannot be read, says so.
pub fn document_of(path: &Path) -> Result<Document, Box<Diagnostic>> {
    let (text, resolver) = read_file(path)?;
    Ok(read_plan(&path.display().to_string(), &text, &resolver, &Limits::DEFAULT).0)
}

/// The text of a plan file, and what finds its imports; where it cannot be read, says so.
pub fn read_file(path: &Path) -> Result<(String, FolderResolver), Box<Diagnostic>> {
    let limits = Limits::DEFAULT;
    let name = path.display().to_string();
    let resolver = FolderResolver::for_plan(path, &limits).map_err(|e| Box::new(unreadable(&name, &e)))?;
    let file = resolver.plan().map_err(|e| Box::new(unreadable(&name, &e)))?;
    let is_part = file.text.lines().any(|line| line.trim() == "[part]");
    let resolver = if is_part { resolver.of_part() } else { resolver };
    Ok((file.text, resolver))
}

/// A path as it is shown: nothing in it is left that a terminal would obey.
pub fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

/// A plan that can be evaluated, and what the command line asks of it.
pub struct Asked<'a> {
    plan: Plan,
    sources: SourceMap,
    args: &'a GivenArgs,
    screen: &'a Screen,
    in_pieces: bool,
    memory: Option<Memory>,
    watch: Option<Arc<dyn Watch>>,
}

impl<'a> Asked<'a> {
    /// Loads the plan, or says why it cannot be evaluated. Warnings are for `check`.
    pub fn load(args: &'a DataArgs, screen: &'a Screen) -> Result<Self, Exit> {
        let loaded = load_file(&args.plan).map_err(|fault| {
            let problems = std::slice::from_ref(&*fault);
            screen.problems(problems, &SourceMap::default(), args.given.problems);
            Exit::of(problems)
        })?;
        Self::of(loaded, &args.given, screen)
    }

    /// The same of a file that is loaded already.
    pub fn of(loaded: Loaded, args: &'a GivenArgs, screen: &'a Screen) -> Result<Self, Exit> {
        let sources = loaded.sources.clone();
        let plan = Plan::from_loaded(loaded, Limits::DEFAULT).map_err(|error| {
            let errors: Diagnostics = error.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
            screen.problems(&errors, &error.sources, args.problems);
            Exit::of(&errors)
        })?;
        Ok(Self { plan, sources, args, screen, in_pieces: true, memory: None, watch: None })
    }

    /// Reads large tables with faults whole, so that every row can be told apart.
    pub fn whole(self) -> Self {
        Self { in_pieces: false, ..self }
    }

    /// Keeps within so much memory.
    pub fn within(self, memory: Option<Memory>) -> Self {
        let limits = memory.as_ref().map_or(Limits::DEFAULT, Memory::limits);
        Self { plan: self.plan.within(limits), memory, ..self }
    }

    /// Tells somebody how far the reading and the evaluation are.
    pub fn watched(self, watch: Arc<dyn Watch>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// What the run may take, where it is bounded.
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// The plan.
    pub fn program(&self) -> &Program {
        self.plan.program()
    }

    /// The evaluation that is asked for, before its data are read.
    pub fn chosen(&self, only: &[String]) -> Result<Evaluation<'_>, Diagnostics> {
        let evaluation = choices(&self.plan, self.args)?;
        if only.is_empty() {
            return Ok(evaluation);
        }
        Ok(evaluation.only(only.iter().map(String::as_str)))
    }

    /// The evaluation that is asked for, of the conclusions named (all where none is), and its data,
    /// the reading of which is shared among threads.
    pub fn evaluation(&self, only: &[String], threads: usize) -> Result<(Evaluation<'_>, Inputs), Exit> {
        let evaluation = self.chosen(only).map_err(|found| self.refuse(&found))?;
        let evaluation = match &self.watch {
            Some(watch) => evaluation.watched(Arc::clone(watch)),
            None => evaluation,
        };
        let (memory, spool) = (self.memory.clone(), Arc::default());
        let how = How { threads, in_pieces: self.in_pieces, memory, spool, watch: self.watch.clone() };
        let inputs =
            data(&self.plan, self.args, evaluation.choices(), &how).map_err(|found| self.refuse(&found))?;
        Ok((evaluation, inputs))
    }

    /// Says what stands in the way.
    pub fn refuse(&self, problems: &[Diagnostic]) -> Exit {
        self.screen.problems(problems, &self.sources, self.args.problems);
        Exit::of(problems)
    }

    /// Says what stood in the way of an evaluation: before all else, that what memory had no room for
    /// was lost.
    pub fn failed(&self, error: &EvaluateError) -> Exit {
        let lost = self.memory.as_ref().and_then(|memory| memory.check().err());
        lost.map_or_else(|| self.refuse(error.diagnostics()), |lost| self.refuse(&[*lost]))
    }
}

/// How data are read.
#[derive(Clone)]
struct How {
    /// Threads that share the work.
    threads: usize,
    /// Whether the faults of a large table are looked for piece by piece.
    in_pieces: bool,
    /// What the run may take.
    memory: Option<Memory>,
    /// What came through standard input as a table.
    spool: Arc<OnceLock<Spool>>,
    /// Whoever is told how far the reading is.
    watch: Option<Arc<dyn Watch>>,
}

/// The data that the arguments name, with every `--set` applied. Tables of their own files are read
/// straight into columns where they fit the plan; all is read the ordinary way should anything need words.
fn data(plan: &Plan, args: &GivenArgs, choices: &Choices, how: &How) -> Result<Inputs, Diagnostics> {
    let known = known_inputs(plan.program());
    let reading = reading(plan, args, &known);
    let named = how.spooled(plan.program(), named(args, &reading))?;
    let store = how.memory.as_ref().map(Memory::store);
    let pool = columns::pool(how.threads);
    let around = Around {
        extra: args.extra(),
        pool: pool.as_ref(),
        store: store.as_ref(),
        watch: Watched(how.watch.as_deref()),
        limits: *plan.limits(),
        aside: 0,
    };
    let lone = lone_tables(plan, args, &named);
    let large = lone.iter().filter(|(table, _)| !has_plain_fields(plan, *table));
    let large: Diagnostics = large.filter_map(|of| too_large(plan, *of, how)).collect();
    if !large.is_empty() {
        return Err(large);
    }
    let (mut tables, mut sifted, mut read, mut unread) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut in_memory, mut smaller) = (0_usize, Vec::new());
    for (table, source) in lone {
        let small = in_memory.saturating_add(weight(plan, table, source));
        let is_small =
            source.encoding.format == Format::Csv && small <= plan.limits().table_bytes.saturating_mul(SMALL);
        if is_small {
            in_memory = small;
        }
        let around = Around { store: around.store.filter(|_| !is_small), ..around };
        let is_read = if how.in_pieces {
            let data = read_roster(plan.program(), table, source, around);
            data.map(|data| tables.push((table, data))).is_some()
        } else {
            let most = plan.limits().refused_rows;
            sift_roster(plan.program(), table, source, around, most).map(|one| sifted.push(one)).is_some()
        };
        how.check()?;
        match is_read {
            true => read.push((table, source.clone())),
            false if is_large(source, plan.limits()) => unread.push((table, source)),
            false => smaller.push((table, source)),
        }
    }
    let leave_out = |source: &Source| read.iter().any(|(_, s)| s == source);
    if how.in_pieces && !unread.is_empty() {
        let without = |s: &Source| leave_out(s) || unread.iter().any(|(_, source)| s == *source);
        let (others, _) = document(plan, args, &named, &reading, &without)?;
        if let [(table, source)] = unread.as_slice()
            && let Some((faults, _)) =
                apart(plan, (*table, source), choices, (&others, &tables, &read), around)
        {
            how.check()?;
            return Err(faults);
        }
        // Whether nothing but one large table is given.
        let is_empty = matches!(&others.kind, RawKind::Map(m) if m.is_empty());
        let is_alone = is_empty && tables.is_empty() && unread.len() == 1;
        let (mut found, mut is_all) = (Diagnostics::new(), is_alone);
        for (table, source) in &unread {
            let absent: Vec<usize> = unread.iter().map(|(t, _)| *t).filter(|t| t != table).collect();
            let faults = faults_in_pieces(Examined {
                program: plan.program(),
                table: *table,
                source,
                others: &others,
                beside: &tables,
                absent: &absent,
                extra: args.extra(),
                store: store.as_ref(),
                choices,
                limits: plan.limits(),
            });
            how.check()?;
            // What is said of each table is said once of all of them.
            is_all &= !faults.contains(&more_faults());
            found.extend(faults.into_iter().filter(|fault| *fault != more_faults()));
        }
        if !found.is_empty() {
            return Err(told_in_part(found, plan, is_all));
        }
    }
    // A table that need not be read with all its places is not, where all that is wrong with it is known all the same.
    if how.in_pieces
        && unread.is_empty()
        && let [(table, source)] = smaller.as_slice()
        && std::fs::metadata(&*source.path).is_ok_and(|metadata| metadata.len() > SHORT)
        && let Ok((others, _)) =
            document(plan, args, &named, &reading, &|s: &Source| leave_out(s) || s == *source)
        && let Some((faults, true)) =
            apart(plan, (*table, source), choices, (&others, &tables, &read), around)
        && faults.iter().all(|fault| is_about(fault, plan.program(), *table))
    {
        how.check()?;
        return Err(faults);
    }
    if !how.in_pieces && how.memory.is_some() {
        let damaged = damage(plan, &unread, choices, around);
        if !damaged.is_empty() {
            return Err(told_in_part(damaged, plan, true));
        }
    }
    let large: Diagnostics = unread.iter().filter_map(|of| too_large(plan, *of, how)).collect();
    if !large.is_empty() {
        return Err(large);
    }
    if !read.is_empty() {
        match document(plan, args, &named, &reading, &leave_out) {
            Ok((document, extra))
                if !read.iter().any(|(table, _)| is_given(&document, plan.program(), *table)) =>
            {
                let again: Again = Arc::new({
                    let (plan, args, choices, how) =
                        (plan.clone(), args.clone(), choices.clone(), how.clone());
                    let (document, tables) = (document.clone(), tables.clone());
                    move || match beside(&plan, &args, &choices, &how, (&document, &tables, &read)) {
                        Some(faults) => Err(faults),
                        None => ordinary(&plan, &args, &how),
                    }
                });
                let plain: Again = Arc::new({
                    let (plan, args, how) = (plan.clone(), args.clone(), how.clone());
                    move || ordinary(&plan, &args, &how)
                });
                let rosters = Rosters { tables, again: Some(again), sifted };
                let inputs = Inputs::from_raw(document).with_extra(extra);
                return Ok(inputs.with_rosters(rosters).with_plain(plain));
            }
            // Where memory is bounded, nothing more could be said by reading all of it.
            Err(faults) if how.memory.is_some() => return Err(told_in_part(faults, plan, false)),
            _ => {}
        }
    }
    ordinary(plan, args, how)
}

/// Tables in CSV are held in memory where all of these, with what is concluded about them, take no more than so
/// many tables that are read with the place of every value.
const SMALL: usize = 4;

/// Bytes up to which a table is read with the place of every value as soon as anything is wrong with it.
const SHORT: u64 = 1 << 20;

/// Whether a fault is one of a table's, or the number of those that are not listed.
fn is_about(fault: &Diagnostic, program: &Program, table: usize) -> bool {
    let name = program.tables.get(table).map(|t| &*t.name.value);
    fault.subject.as_ref().is_none_or(|subject| subject.table.as_deref() == name)
}

/// About how many bytes of memory a table takes with all that is concluded about it; the most there are where
/// it is packed.
fn weight(plan: &Plan, table: usize, source: &Source) -> usize {
    let about = plan.program().rules.iter().filter(|rule| rule.table == Some(table)).count();
    let bytes = std::fs::metadata(&*source.path).map_or(u64::MAX, |metadata| metadata.len());
    match (source.encoding.packing, usize::try_from(bytes)) {
        // A cell has a byte, and a comma behind it.
        (Packing::Plain, Ok(bytes)) => bytes.saturating_mul(about.saturating_mul(4).saturating_add(8)),
        _ => usize::MAX,
    }
}

/// Faults as they are told where not all of the data was looked at, unless that was all: so many of them at
/// most, and that there may be more.
fn told_in_part(mut faults: Diagnostics, plan: &Plan, is_all: bool) -> Diagnostics {
    let most = plan.limits().faults;
    let is_said = faults.contains(&more_faults());
    if !is_said && (!is_all || faults.len() > most) {
        faults.truncate(most);
        faults.push(more_faults());
    }
    faults
}

/// The faults of a large table with few rows that cannot be read, and of the data beside it, with whether those are
/// all, but for those that are counted; none where it has none, or more.
fn apart(
    plan: &Plan,
    (table, source): (usize, &Source),
    choices: &Choices,
    (others, tables, read): (&Raw, &[(usize, TableData)], &[(usize, Source)]),
    around: Around<'_>,
) -> Option<(Diagnostics, bool)> {
    let (program, limits) = (plan.program(), plan.limits());
    let faulty = sift_roster(program, table, source, around, limits.faults.min(limits.refused_rows))?;
    let clean = tables.iter().filter_map(|(of, data)| {
        let (_, source) = read.iter().find(|(table, _)| table == of)?;
        Some(Sifted::whole(*of, source, around.extra, data.clone()))
    });
    let sifted: Vec<Sifted> = std::iter::once(faulty).chain(clean).collect();
    let mut told = faults_apart(program, others, &sifted, (choices, limits), (true, limits.faults))?;
    (!told.faults.is_empty()).then_some(())?;
    let more = told.faults.len().saturating_sub(limits.faults).saturating_add(told.more);
    told.faults.truncate(limits.faults);
    if told.is_all && more > 0 {
        told.faults.push(not_listed(more));
        return Some((told.faults, true));
    }
    Some((told_in_part(told.faults, plan, told.is_all), told.is_all))
}

/// What keeps large tables from being read, where no row can be refused for it.
fn damage(plan: &Plan, tables: &[(usize, &Source)], choices: &Choices, around: Around<'_>) -> Diagnostics {
    let others = Raw { kind: RawKind::Map(Vec::new()), place: Place::default() };
    let of = |(table, source): &(usize, &Source)| {
        damage_in_pieces(Examined {
            program: plan.program(),
            table: *table,
            source,
            others: &others,
            beside: &[],
            absent: &[],
            extra: around.extra,
            store: around.store,
            choices,
            limits: plan.limits(),
        })
    };
    tables.iter().flat_map(of).collect()
}

/// What stands in the way of data of which tables were read straight into columns, as far as it is told
/// without reading these with the place of every value; none where that has to be done.
fn beside(
    plan: &Plan,
    args: &GivenArgs,
    choices: &Choices,
    how: &How,
    (document, tables, read): (&Raw, &[(usize, TableData)], &[(usize, Source)]),
) -> Option<Diagnostics> {
    let (program, limits) = (plan.program(), plan.limits());
    let large = |(_, source): &(usize, Source)| is_large(source, limits);
    // Of small tables all is told as it was written.
    let is_large = read.iter().any(large);
    let found = validate_beside(program, document, tables.to_vec(), (choices, limits), limits.faults);
    let of_tables = found.rows();
    let exact = !found.missed && of_tables.iter().all(Vec::is_empty);
    (exact || is_large).then_some(())?;
    let mut faults = found.faults;
    let mut is_cut = false;
    for ((table, data), rows) in tables.iter().zip(of_tables).filter(|(_, rows)| !rows.is_empty()) {
        is_cut |= rows.len() >= limits.faults;
        let rows = rows.get(..limits.faults).unwrap_or(&rows);
        let (_, source) = read.iter().find(|(of, _)| of == table)?;
        let others: Vec<_> = tables.iter().filter(|(of, _)| of != table).cloned().collect();
        let one = Sifted::whole(*table, source, args.extra(), data.clone());
        let ((own, beyond), _) = one.faults(program, (document, &others), (choices, limits), rows)?;
        is_cut |= beyond > 0;
        faults.extend(own);
    }
    let is_lost = how.check().is_err();
    (!faults.is_empty() && !is_lost).then_some(())?;
    Some(told_in_part(faults, plan, !is_cut))
}

/// All of the data with the place of every value.
fn ordinary(plan: &Plan, args: &GivenArgs, how: &How) -> Result<Inputs, Diagnostics> {
    let known = known_inputs(plan.program());
    let reading = reading(plan, args, &known);
    let named = how.spooled(plan.program(), named(args, &reading))?;
    how.check()?;
    let lone = lone_tables(plan, args, &named);
    let large: Diagnostics = lone.into_iter().filter_map(|of| too_large(plan, of, how)).collect();
    if !large.is_empty() {
        return Err(large);
    }
    let (document, extra) = document(plan, args, &named, &reading, &|_| false)?;
    Ok(Inputs::from_raw(document).with_extra(extra))
}

/// Whether all fields of a table can be read without looking at anything else.
fn has_plain_fields(plan: &Plan, table: usize) -> bool {
    plan.program().tables.get(table).is_some_and(|info| not_plain(info).is_none())
}

/// What each argument names, or why it names nothing.
type AllNamed = Vec<Result<Named, Diagnostics>>;

impl How {
    /// The same with a table that comes through standard input in a file, so that it can be read as any
    /// other.
    fn spooled(&self, program: &Program, mut named: AllNamed) -> Result<AllNamed, Diagnostics> {
        let sources = named.iter_mut().flatten().flat_map(|n| &mut n.sources).flatten();
        let mut piped: Vec<&mut Source> = sources.filter(|source| source.is_piped()).collect();
        // Of what several would read, the ordinary reader tells what is wrong.
        // A table's own file in JSON may have any size; documents and records in JSON are as small as others.
        let is_rows = |source: &Source| match source.encoding.format {
            Format::Json => source.name.as_deref().is_some_and(|name| program.find_table(name).is_some()),
            format => source.name.is_some() && format.is_tabular(),
        };
        if let [source] = piped.as_mut_slice()
            && source.sheet.is_none()
            && is_rows(source)
        {
            if self.spool.get().is_none() {
                let spool = Spool::of_standard_input().map_err(|why| vec![*unspooled(&why)])?;
                self.spool.get_or_init(|| spool);
            }
            if let Some(spool) = self.spool.get() {
                (source.path, source.spooled) = (Arc::from(spool.path()), true);
            }
        }
        Ok(named)
    }

    /// Whether what memory had no room for is where it was put.
    fn check(&self) -> Result<(), Diagnostics> {
        self.memory.as_ref().map_or(Ok(()), Memory::check).map_err(|why| vec![*why])
    }
}

/// Refuses a table that can only be read with the place of every value, for which there is no room.
fn too_large(plan: &Plan, (table, source): (usize, &Source), how: &How) -> Option<Diagnostic> {
    let memory = how.memory.as_ref()?;
    let bytes = std::fs::metadata(&*source.path).map_or(0, |m| m.len());
    (usize::try_from(bytes).ok()? > plan.limits().table_bytes).then_some(())?;
    let info = plan.program().tables.get(table)?;
    let name = &info.name.value;
    let file = one_line(source.shown());
    let message = format!("`{file}` has no room within `--memory {}`", memory.shown());
    let help = match not_plain(info) {
        Some(field) => format!(
            "its column `{}` is no plain value, and such a table is read as a whole: allow more memory",
            field.name.value
        ),
        None if how.in_pieces => format!(
            "what the plan says of the rows of `{name}`, or how they are written, asks to read it as a whole: \
             allow more memory"
        ),
        None => format!(
            "more than {} of its rows do not fit the plan, or what that says of the rows of `{name}`, or how they \
             are written, asks to read it as a whole: mend what is told of without `--reject` first, or allow \
             more memory",
            plan.limits().refused_rows
        ),
    };
    Some(Diagnostic::error(Code::FileTooLarge, message).help(help).about(Subject {
        file: Some(source.shown().to_owned()),
        table: Some(name.to_string()),
        ..Subject::default()
    }))
}

fn reading<'a>(plan: &'a Plan, args: &'a GivenArgs, known: &'a [Known]) -> Reading<'a> {
    Reading { known, limits: plan.limits(), input: &args.input_format, extra: args.extra() }
}

fn named(args: &GivenArgs, reading: &Reading<'_>) -> Vec<Result<Named, Diagnostics>> {
    args.data.iter().map(|argument| name_data(argument, reading)).collect()
}

/// The tables that one file or sheet alone gives, unchanged, each with its file.
fn lone_tables<'a>(
    plan: &Plan,
    args: &GivenArgs,
    named: &'a [Result<Named, Diagnostics>],
) -> Vec<(usize, &'a Source)> {
    let sources = || named.iter().flatten().flat_map(|n| &n.sources).flatten();
    let lone = |source: &'a Source| {
        let name = source.name.as_deref()?;
        let table = plan.program().find_table(name)?;
        let only = sources().filter(|s| s.name.as_deref() == Some(name)).count() == 1;
        let changed = args.set.iter().any(|s| s.split('.').next() == Some(name));
        // What comes through a pipe can be read once only.
        let is_rows = source.encoding.format.is_tabular() || source.is_large_json(plan.limits());
        (is_rows && only && !changed && !source.is_piped()).then_some((table, source))
    };
    sources().filter_map(lone).collect()
}

fn is_given(document: &Raw, program: &Program, table: usize) -> bool {
    let name = program.tables.get(table).map(|t| &*t.name.value);
    match &document.kind {
        RawKind::Map(entries) => entries.iter().any(|(n, _)| Some(&**n) == name),
        _ => false,
    }
}

/// The data that arguments name but for what is left out, as a document, and the columns taken out of it
/// that results carry through.
fn document(
    plan: &Plan,
    args: &GivenArgs,
    named: &[Result<Named, Diagnostics>],
    reading: &Reading<'_>,
    leave_out: &dyn Fn(&Source) -> bool,
) -> Result<(Raw, Vec<(usize, Vec<Extra>)>), Diagnostics> {
    let mut document = read_named(named, reading, leave_out)?;
    let mut faults = Diagnostics::new();
    for name in repeated(&args.set) {
        faults.push(
            Diagnostic::error(Code::BadSet, format!("`{name}` is set twice"))
                .help("give one `--set` for each field"),
        );
    }
    for text in &args.set {
        if let Err(more) = parse_set(text).and_then(|set| apply_set(&mut document, &set, reading.known)) {
            faults.extend(more);
        }
    }
    match take_extras(plan.program(), &mut document, reading.extra) {
        Ok(extra) if faults.is_empty() => return Ok((document, extra)),
        Ok(_) => {}
        Err(more) => faults.extend(more),
    }
    Err(faults)
}

/// What stands before the `=` of more than one argument, once each.
fn repeated(arguments: &[String]) -> Vec<&str> {
    let names: Vec<&str> =
        arguments.iter().filter_map(|a| a.split_once('=')).map(|(n, _)| n.trim()).collect();
    let mut twice: Vec<&str> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if names.iter().take(index).any(|n| n == name) && !twice.contains(name) {
            twice.push(name);
        }
    }
    twice
}

/// An evaluation with the readings and the date that the arguments choose.
fn choices<'p>(plan: &'p Plan, args: &GivenArgs) -> Result<Evaluation<'p>, Diagnostics> {
    let mut evaluation = plan.evaluation();
    let mut faults = formats_without_files(args);
    if let Some(path) = &args.determinations {
        evaluation = evaluation.determinations(&read_toml_file(&path.display().to_string(), plan.limits())?);
    }
    for name in repeated(&args.assume) {
        faults.push(
            Diagnostic::error(Code::BadAssume, format!("`{name}` is given two readings"))
                .help("give one `--assume` for each assumption"),
        );
    }
    for text in &args.assume {
        match text.split_once('=') {
            Some((name, reading)) => evaluation = evaluation.assume(name.trim(), reading.trim()),
            None => faults.push(
                Diagnostic::error(Code::BadAssume, format!("`{text}` has no `=`"))
                    .help("write `--assume NAME=READING`"),
            ),
        }
    }
    if let Some(text) = &args.as_of {
        match parse_date(text) {
            Some(date) => evaluation = evaluation.as_of(date),
            None => faults.push(
                Diagnostic::error(Code::BadRequest, format!("`{text}` is no date"))
                    .help("write a date such as `2001-01-31`"),
            ),
        }
    }
    if faults.is_empty() { Ok(evaluation) } else { Err(faults) }
}

/// Formats that `--input-format` gives of no file, or twice of the same.
fn formats_without_files(args: &GivenArgs) -> Diagnostics {
    let given = |name: &str| {
        let of = format!("{name}=");
        args.data.iter().any(|data| data.starts_with(&of))
    };
    let mut faults = Diagnostics::new();
    for (index, format) in args.input_format.iter().enumerate() {
        if args.input_format.iter().take(index).any(|earlier| earlier.name == format.name) {
            let of = format.name.as_deref().map_or_else(String::new, |name| format!(" for `{name}`"));
            let message = format!("`--input-format` is given twice{of}");
            faults.push(Diagnostic::error(Code::BadRequest, message).help("leave one of the two out"));
        } else if let Some(name) = format.name.as_deref().filter(|name| !given(name)) {
            let message = format!("`--input-format` speaks of `{name}`, and `--data` names no file of it");
            let help = format!("give its file as `--data {name}=FILE`, or leave the format out");
            faults.push(Diagnostic::error(Code::BadRequest, message).help(help));
        }
    }
    faults
}
