//! `whereas run`.

use super::Exit;
use super::args::{Engine, RunArgs, RunFormat};
use super::output::{Screen, Target};
use super::plan::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::Evaluator;
use crate::report;
use std::io::{self, Write};

/// Evaluates a plan over data and writes its conclusions.
pub fn run(args: &RunArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &RunArgs, screen: &Screen) -> Result<(), Exit> {
    let target = Target::of(args.out.as_deref());
    target.spare(args.data.reads(), screen)?;
    let asked = Asked::load(&args.data, screen)?;
    let format = format_of(args, &target, screen).map_err(|fault| asked.refuse(&[*fault]))?;
    let threads = args.threads.unwrap_or(1);
    let (evaluation, inputs) = asked.evaluation(&args.only, threads)?;
    let evaluation = evaluation.threads(threads).evaluator(match args.engine {
        None => Evaluator::Fitting,
        Some(Engine::Reference) => Evaluator::Reference,
        Some(Engine::Columns) => Evaluator::Columns,
    });
    let mut results = evaluation.run(&inputs).map_err(|e| asked.failed(&e))?;
    if args.with_assumptions {
        results = results.with_assumptions();
    }
    if format == RunFormat::Csv {
        report::csv_table(&results).map_err(|fault| asked.refuse(&[*fault]))?;
    }
    let style = target.style(screen);
    target.write(screen, |out: &mut dyn Write| -> io::Result<()> {
        match format {
            RunFormat::Json => report::write_json(&results, out),
            RunFormat::Csv => report::write_csv(&results, threads, out),
            RunFormat::Table => out.write_all(report::results_table(&results, style).as_bytes()),
        }
    })
}

/// The format asked for, or the one that the file's ending says.
fn format_of(args: &RunArgs, target: &Target<'_>, screen: &Screen) -> Result<RunFormat, Box<Diagnostic>> {
    let format = match (args.format, target, target.ending().as_deref()) {
        (Some(format), ..) => format,
        (None, Target::Standard, _) if screen.is_terminal => RunFormat::Table,
        (None, _, Some("csv")) => RunFormat::Csv,
        (None, _, None | Some("json")) => RunFormat::Json,
        (None, _, Some(other)) => {
            let message = format!("results are not written to files that end in `.{other}`");
            let help = "end the file's name in `.json` or `.csv`, or say which with `--format`";
            return Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)));
        }
    };
    if args.with_assumptions && format != RunFormat::Json {
        let message = "`--with-assumptions` is for JSON, which has a place for them";
        let help = "ask for `--format json`, or leave `--with-assumptions` out";
        return Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)));
    }
    Ok(format)
}
