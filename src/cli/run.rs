//! `whereas run`.

use super::Exit;
use super::args::{Engine, RunArgs, RunFormat};
use super::file::is_stream;
use super::memory::Memory;
use super::output::{Screen, Target};
use super::pack::packed;
use super::plan::Asked;
use super::progress::Progress;
use crate::data::Packing;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Evaluator, Results, Tried};
use crate::progress::{Watch, Watched};
use crate::report;
use std::io::{self, Write};
use std::sync::Arc;

/// Evaluates a plan over data and writes its conclusions.
pub fn run(args: &RunArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &RunArgs, screen: &Screen) -> Result<(), Exit> {
    let target = Target::of(args.out.as_deref());
    target.spare(args.data.reads(), screen)?;
    let rejects = args.reject.as_deref().map(Target::File);
    if let Some(rejects) = &rejects {
        rejects.part_from(&target, screen)?;
        rejects.spare(args.data.reads(), screen)?;
    }
    if let Target::File(out) = target
        && !is_stream(out)
    {
        screen.interrupts.expect(out, screen);
    }
    let asked = Asked::load(&args.data, screen)?;
    let memory = args.memory.as_deref().map(Memory::asked).transpose();
    let progress = Arc::new(Progress::new());
    let asked = asked
        .within(memory.map_err(|fault| screen.fail(&fault))?)
        .watched(Arc::clone(&progress) as Arc<dyn Watch>);
    let asked = if rejects.is_some() { asked.whole() } else { asked };
    let format = format_of(args, &target, screen).map_err(|fault| asked.refuse(&[*fault]))?;
    let threads = args.threads.unwrap_or(1);
    let (evaluation, inputs) = asked.evaluation(&args.only, threads)?;
    let evaluation = evaluation.threads(threads).evaluator(match args.engine {
        None => Evaluator::Fitting,
        Some(Engine::Reference) => Evaluator::Reference,
        Some(Engine::Columns) => Evaluator::Columns,
    });
    let mut results = match &rejects {
        // Where memory is bounded, what it has no room for is away, and the data may be too large to be read again.
        None if asked.memory().is_some() => evaluation.run(&inputs).map_err(|e| asked.failed(&e))?,
        None => evaluation.run_once(inputs).map_err(|e| asked.failed(&e))?,
        Some(rejects) => {
            without_refused(args, &asked, rejects, evaluation.run_without_refused(&inputs), screen)?
        }
    };
    if args.with_assumptions {
        results = results.with_assumptions();
    }
    asked.memory().map_or(Ok(()), Memory::check).map_err(|lost| asked.refuse(&[*lost]))?;
    check(&results, format).map_err(|fault| asked.refuse(&[*fault]))?;
    let style = target.style(screen);
    let packing = target.packing();
    if target == Target::Standard {
        // Whatever shows the output may be on the same terminal.
        progress.end();
    }
    let watch = Watched(Some(&*progress));
    target.write(screen, |out: &mut dyn Write| -> io::Result<()> {
        let written = packed(packing, out, |out| match format {
            RunFormat::Json => report::write_json(&results, watch, out),
            RunFormat::Csv => report::write_csv(&results, threads, watch, out),
            RunFormat::Ndjson => report::write_ndjson(&results, watch, out),
            RunFormat::Table => report::write_results_table(&results, style, watch, out),
            #[cfg(feature = "xlsx")]
            RunFormat::Xlsx => report::write_workbook(&results, watch, out),
            #[cfg(feature = "parquet")]
            RunFormat::Parquet => report::write_parquet(&results, watch, out),
            #[cfg(feature = "arrow")]
            RunFormat::Arrow => report::write_arrow(&results, watch, out),
            // What this build does not write was refused above.
            #[cfg(not(all(feature = "xlsx", feature = "parquet", feature = "arrow")))]
            _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
        });
        progress.end();
        // What could not be read back is no result: the file is then not put into its place.
        let held = asked.memory().map_or(Ok(()), Memory::check);
        written.and(held.map_err(|lost| io::Error::other(lost.message)))
    })?;
    match missing(args, &results) {
        None => Ok(()),
        Some(warning) => {
            asked.refuse(&[warning]);
            Err(Exit::Problems)
        }
    }
}

/// Writes the rows that were refused, and answers the results without them, where they are asked for.
fn without_refused(
    args: &RunArgs,
    asked: &Asked<'_>,
    rejects: &Target<'_>,
    tried: Tried,
    screen: &Screen,
) -> Result<Results, Exit> {
    // A file without rows says that all of them fit, which nobody knows then.
    if tried.refused.is_empty()
        && let Err(error) = &tried.results
    {
        return Err(asked.failed(error));
    }
    let as_csv = rejects.ending().as_deref() == Some("csv");
    rejects.write(screen, |out| {
        let write = if as_csv { report::write_refused_csv } else { report::write_refused_json };
        write(asked.program(), &tried.refused, out)
    })?;
    match tried.of_all.filter(|_| !args.keep_going) {
        Some(error) => Err(asked.failed(&error)),
        None => tried.results.map_err(|error| asked.failed(&error)),
    }
}

/// What is said of results in which rows are missing.
fn missing(args: &RunArgs, results: &Results) -> Option<Diagnostic> {
    let program = results.program();
    let of = |(table, rows): &(usize, usize)| {
        let name = program.tables.get(*table).map_or("", |t| &*t.name.value);
        let all = results.data().len_of(*table).saturating_add(*rows);
        format!("{rows} of {all} rows of `{name}`")
    };
    let rows: Vec<String> = results.refused().iter().map(of).collect();
    let file = args.reject.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
    (!rows.is_empty()).then(|| {
        let message = format!("{} were refused and are in no figure", rows.join(" and "));
        Diagnostic::warning(Code::RowsRefused, message)
            .help(format!("mend the rows in `{file}`, and run again with all of them"))
    })
}

/// Refuses results that the format cannot hold.
fn check(results: &Results, format: RunFormat) -> Result<(), Box<Diagnostic>> {
    let one = |name| report::one_table(results, name).map(drop);
    match format {
        RunFormat::Table | RunFormat::Json => Ok(()),
        RunFormat::Csv => one("CSV"),
        RunFormat::Ndjson => one("newline-delimited JSON"),
        RunFormat::Parquet => one("a Parquet file"),
        RunFormat::Arrow => one("an Arrow file"),
        #[cfg(feature = "xlsx")]
        RunFormat::Xlsx => report::check_workbook(results),
        #[cfg(not(feature = "xlsx"))]
        RunFormat::Xlsx => Ok(()),
    }
}

/// The format asked for, or the one that the file's ending says.
fn format_of(args: &RunArgs, target: &Target<'_>, screen: &Screen) -> Result<RunFormat, Box<Diagnostic>> {
    let format = match (args.format, target, target.format_ending().as_deref()) {
        (Some(format), ..) => format,
        (None, Target::Standard, _) if screen.is_terminal => RunFormat::Table,
        (None, _, Some("csv")) => RunFormat::Csv,
        (None, _, Some("ndjson" | "jsonl")) => RunFormat::Ndjson,
        (None, _, Some("xlsx")) => RunFormat::Xlsx,
        (None, _, Some("parquet")) => RunFormat::Parquet,
        (None, _, Some("arrow" | "feather")) => RunFormat::Arrow,
        (None, _, None | Some("json")) => RunFormat::Json,
        (None, _, Some(other)) => {
            let message = format!("results are not written to files that end in `.{other}`");
            let help = "end the file's name in `.json`, `.csv`, `.ndjson`, `.xlsx`, `.parquet` or `.arrow`, or say which with `--format`";
            return Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)));
        }
    };
    check_built(format, target.packing())?;
    let is_binary = matches!(format, RunFormat::Xlsx | RunFormat::Parquet | RunFormat::Arrow);
    if is_binary && *target == Target::Standard && screen.is_terminal {
        let message = "such a file is not for a terminal";
        let help = "write it to a file with `--out FILE`, or send it on with `>` or `|`";
        return Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)));
    }
    if is_binary && target.packing() != Packing::Plain {
        let message = "such a file is packed in itself, and not again";
        let help = "leave `.gz` or `.zst` out of the file's name";
        return Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)));
    }
    if args.with_assumptions && format != RunFormat::Json {
        let message = "`--with-assumptions` is for JSON, which has a place for them";
        let help = "ask for `--format json`, or leave `--with-assumptions` out";
        return Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)));
    }
    Ok(format)
}

/// Refuses what this build of the command does not write.
fn check_built(format: RunFormat, packing: Packing) -> Result<(), Box<Diagnostic>> {
    let (what, feature, is_built) = match (format, packing) {
        (RunFormat::Xlsx, _) => ("workbooks", "xlsx", cfg!(feature = "xlsx")),
        (RunFormat::Parquet, _) => ("Parquet files", "parquet", cfg!(feature = "parquet")),
        (RunFormat::Arrow, _) => ("Arrow files", "arrow", cfg!(feature = "arrow")),
        (_, Packing::Plain) => return Ok(()),
        _ => ("packed files", "compression", cfg!(feature = "compression")),
    };
    if is_built {
        return Ok(());
    }
    let message = format!("this build does not write {what}");
    let help = format!("build the command with its feature `{feature}`, or write CSV or JSON");
    Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)))
}
