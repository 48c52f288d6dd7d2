//! What the commands that evaluate share: the plan loaded, the choices made, the data read.

use super::Exit;
use super::args::DataArgs;
use super::output::Screen;
use crate::columns;
use crate::data::{
    Raw, RawKind, apply_set, faults_in_pieces, is_large, known_inputs, parse_set, read_data, read_roster,
    read_toml_file,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::engine::{EvaluateError, Evaluation, Inputs, Loaded, Plan, Rosters, load, unreadable};
use crate::eval::Choices;
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::FolderResolver;
use crate::report::one_line;
use crate::source::SourceMap;
use crate::value::parse_date;
use std::path::Path;
use std::sync::Arc;

/// Loads a plan file; where it cannot be read, says so.
pub fn load_file(path: &Path) -> Result<Loaded, Box<Diagnostic>> {
    let (text, resolver) = read_file(path)?;
    Ok(load(&path.display().to_string(), &text, &resolver, &Limits::DEFAULT))
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
    args: &'a DataArgs,
    screen: &'a Screen,
    in_pieces: bool,
}

impl<'a> Asked<'a> {
    /// Loads the plan, or says why it cannot be evaluated. Warnings are for `check`.
    pub fn load(args: &'a DataArgs, screen: &'a Screen) -> Result<Self, Exit> {
        let told = |problems: &[Diagnostic], sources: &SourceMap| {
            screen.problems(problems, sources, args.problems);
            Exit::of(problems)
        };
        let loaded = load_file(&args.plan).map_err(|fault| told(&[*fault], &SourceMap::default()))?;
        let sources = loaded.sources.clone();
        let plan = Plan::from_loaded(loaded, Limits::DEFAULT).map_err(|error| {
            let errors: Diagnostics = error.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
            told(&errors, &error.sources)
        })?;
        Ok(Self { plan, sources, args, screen, in_pieces: true })
    }

    /// Reads large tables with faults whole, so that every row can be told apart.
    pub fn whole(self) -> Self {
        Self { in_pieces: false, ..self }
    }

    /// The plan.
    pub fn program(&self) -> &Program {
        self.plan.program()
    }

    /// The evaluation that is asked for, of the conclusions named (all where none is), and its data,
    /// the reading of which is shared among threads.
    pub fn evaluation(&self, only: &[String], threads: usize) -> Result<(Evaluation<'_>, Inputs), Exit> {
        let mut evaluation = choices(&self.plan, self.args).map_err(|found| self.refuse(&found))?;
        if !only.is_empty() {
            evaluation = evaluation.only(only.iter().map(String::as_str));
        }
        let how = How { threads, in_pieces: self.in_pieces };
        let inputs =
            data(&self.plan, self.args, evaluation.choices(), how).map_err(|found| self.refuse(&found))?;
        Ok((evaluation, inputs))
    }

    /// Says what stands in the way.
    pub fn refuse(&self, problems: &[Diagnostic]) -> Exit {
        self.screen.problems(problems, &self.sources, self.args.problems);
        Exit::of(problems)
    }

    /// Says what stood in the way of an evaluation.
    pub fn failed(&self, error: &EvaluateError) -> Exit {
        self.refuse(error.diagnostics())
    }
}

/// How data are read.
#[derive(Clone, Copy)]
struct How {
    /// Threads that share the work.
    threads: usize,
    /// Whether the faults of a large table are looked for piece by piece.
    in_pieces: bool,
}

/// The data that the arguments name, with every `--set` applied. Tables in CSV are read straight into
/// columns where they fit the plan; all is read the ordinary way should anything need words.
fn data(plan: &Plan, args: &DataArgs, choices: &Choices, how: How) -> Result<Inputs, Diagnostics> {
    let (mut tables, mut others) = (Vec::new(), Vec::new());
    for argument in &args.data {
        let read = lone_csv(plan, args, argument).and_then(|(table, path)| {
            let data = read_roster(plan.program(), table, path, columns::pool(how.threads).as_ref())?;
            Some((table, data))
        });
        match read {
            Some(table) => tables.push(table),
            None => others.push(argument.as_str()),
        }
    }
    if !tables.is_empty()
        && let Ok(document) = document(plan, &others, &args.set)
        && !tables.iter().any(|(table, _)| is_given(&document, plan.program(), *table))
    {
        let (plan, args, choices) = (plan.clone(), args.clone(), choices.clone());
        let again = move || ordinary(&plan, &args, &choices, how);
        let rosters = Rosters { tables, again: Some(Arc::new(again)) };
        return Ok(Inputs::from_raw(document).with_rosters(rosters));
    }
    ordinary(plan, args, choices, how).map(Inputs::from_raw)
}

/// All of the data with the place of every value; of a large table in CSV its faults come first, found
/// piece by piece.
fn ordinary(plan: &Plan, args: &DataArgs, choices: &Choices, how: How) -> Result<Raw, Diagnostics> {
    for argument in args.data.iter().filter(|_| how.in_pieces) {
        let Some((table, path)) = lone_csv(plan, args, argument).filter(|(_, path)| is_large(path)) else {
            continue;
        };
        let others: Vec<&str> = args.data.iter().filter(|a| *a != argument).map(String::as_str).collect();
        let others = document(plan, &others, &args.set)?;
        let faults = faults_in_pieces(plan.program(), table, path, &others, (choices, plan.limits()));
        if !faults.is_empty() {
            return Err(faults);
        }
    }
    let all: Vec<&str> = args.data.iter().map(String::as_str).collect();
    document(plan, &all, &args.set)
}

/// The table and the file of an argument `NAME=FILE.csv` that alone gives that table, unchanged.
fn lone_csv<'a>(plan: &Plan, args: &DataArgs, argument: &'a str) -> Option<(usize, &'a str)> {
    let (name, path) = argument.split_once('=')?;
    let table = plan.program().find_table(name)?;
    let is_csv = Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let of = format!("{name}=");
    let only = args.data.iter().filter(|a| a.starts_with(&of)).count() == 1;
    let changed = args.set.iter().any(|s| s.split('.').next() == Some(name));
    // A path that exists is a path even where it holds a `=`.
    (is_csv && only && !changed && !Path::new(argument).exists()).then_some((table, path))
}

fn is_given(document: &Raw, program: &Program, table: usize) -> bool {
    let name = program.tables.get(table).map(|t| &*t.name.value);
    match &document.kind {
        RawKind::Map(entries) => entries.iter().any(|(n, _)| Some(&**n) == name),
        _ => false,
    }
}

/// The data that arguments name, as a document.
fn document(plan: &Plan, arguments: &[&str], set: &[String]) -> Result<Raw, Diagnostics> {
    let known = known_inputs(plan.program());
    let mut document = read_data(arguments.iter().copied(), &known, plan.limits())?;
    let mut faults = Diagnostics::new();
    for name in repeated(set) {
        faults.push(
            Diagnostic::error(Code::BadSet, format!("`{name}` is set twice"))
                .help("give one `--set` for each field"),
        );
    }
    for text in set {
        if let Err(more) = parse_set(text).and_then(|set| apply_set(&mut document, &set, &known)) {
            faults.extend(more);
        }
    }
    if faults.is_empty() { Ok(document) } else { Err(faults) }
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
fn choices<'p>(plan: &'p Plan, args: &DataArgs) -> Result<Evaluation<'p>, Diagnostics> {
    let mut evaluation = plan.evaluation();
    let mut faults = Diagnostics::new();
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
