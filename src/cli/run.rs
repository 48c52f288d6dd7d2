//! `whereas run`.

use super::Exit;
use super::args::{Engine, RunArgs, RunFormat};
use super::output::{Screen, not_an_input, write_file};
use super::plan;
use crate::engine::Evaluator;
use crate::report;
use std::io::{self, Write};

/// Evaluates a plan over data and writes its conclusions.
pub fn run(args: &RunArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &RunArgs, screen: &Screen) -> Result<(), Exit> {
    if let Some(out) = &args.out {
        not_an_input(out, &args.data).map_err(|fault| {
            screen.fail(&fault);
            Exit::CouldNotRun
        })?;
    }
    let (plan, sources) = plan::usable(&args.data, screen)?;
    let mut evaluation = plan::evaluation(&plan, &args.data).map_err(|found| {
        screen.problems(&found, &sources, args.data.problems);
        Exit::CouldNotRun
    })?;
    if !args.only.is_empty() {
        evaluation = evaluation.only(args.only.iter().map(String::as_str));
    }
    let threads = args.threads.unwrap_or(1);
    evaluation = evaluation.threads(threads).evaluator(match args.engine {
        None => Evaluator::Fitting,
        Some(Engine::Reference) => Evaluator::Reference,
        Some(Engine::Columns) => Evaluator::Columns,
    });
    let inputs = plan::data(&plan, &args.data, evaluation.choices(), threads).map_err(|found| {
        screen.problems(&found, &sources, args.data.problems);
        Exit::Problems
    })?;
    let mut results = evaluation.run(&inputs).map_err(|e| plan::refuse(&e, &sources, &args.data, screen))?;
    if args.with_assumptions {
        results = results.with_assumptions();
    }
    let format = args.format.unwrap_or_else(|| default_format(args, screen));
    if format == RunFormat::Csv {
        report::csv_table(&results).map_err(|fault| {
            screen.problems(&[*fault], &sources, args.data.problems);
            Exit::CouldNotRun
        })?;
    }
    let width = if args.out.is_some() { 100 } else { screen.out.width };
    let write = |out: &mut dyn Write| -> io::Result<()> {
        match format {
            RunFormat::Json => report::write_json(&results, out),
            RunFormat::Csv => report::write_csv(&results, threads, out),
            RunFormat::Table => out.write_all(report::results_table(&results, width).as_bytes()),
        }
    };
    match &args.out {
        Some(path) => write_file(path, write).map_err(|fault| {
            screen.fail(&fault);
            Exit::CouldNotRun
        }),
        None => screen.stream(write),
    }
}

fn default_format(args: &RunArgs, screen: &Screen) -> RunFormat {
    let ending = args.out.as_ref().and_then(|p| p.extension()).and_then(|e| e.to_str());
    match (ending, &args.out) {
        (Some("csv"), _) => RunFormat::Csv,
        (Some("json"), _) | (_, Some(_)) => RunFormat::Json,
        (_, None) if screen.is_terminal => RunFormat::Table,
        (_, None) => RunFormat::Json,
    }
}
