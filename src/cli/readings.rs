//! `whereas readings`.

use super::Exit;
use super::args::{ReadingsArgs, ReadingsFormat};
use super::output::{Screen, not_an_input, write_file};
use super::plan;
use crate::diagnostic::Diagnostics;
use crate::report;

/// Evaluates the other readings of every assumption and shows what moves.
pub fn run(args: &ReadingsArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &ReadingsArgs, screen: &Screen) -> Result<(), Exit> {
    if let Some(out) = &args.out {
        not_an_input(out, &args.data).map_err(|fault| {
            screen.fail(&fault);
            Exit::CouldNotRun
        })?;
    }
    let (plan, sources) = plan::usable(&args.data, screen)?;
    let refused = |found: Diagnostics, exit: Exit| {
        screen.problems(&found, &sources, args.data.problems);
        exit
    };
    let mut evaluation = plan::evaluation(&plan, &args.data).map_err(|f| refused(f, Exit::CouldNotRun))?;
    if !args.only.is_empty() {
        evaluation = evaluation.only(args.only.iter().map(String::as_str));
    }
    let inputs = plan::data(&plan, &args.data, evaluation.choices(), 1).map_err(|f| refused(f, Exit::Problems))?;
    let readings = evaluation
        .readings(&inputs, args.pairs)
        .map_err(|e| plan::refuse(&e, &sources, &args.data, screen))?;
    let ending = args.out.as_ref().and_then(|p| p.extension()).and_then(|e| e.to_str());
    let format = args.format.unwrap_or(match ending {
        Some("json") => ReadingsFormat::Json,
        Some("md") => ReadingsFormat::Markdown,
        _ => ReadingsFormat::Table,
    });
    let text = match format {
        ReadingsFormat::Table => report::readings_text(&readings, screen.out, args.rows),
        ReadingsFormat::Json => report::readings_json(&readings),
        ReadingsFormat::Markdown => report::readings_markdown(&readings, args.rows),
    };
    match &args.out {
        Some(path) => write_file(path, |out| out.write_all(text.as_bytes())).map_err(|fault| {
            screen.fail(&fault);
            Exit::CouldNotRun
        }),
        None => screen.print(&text),
    }
}
