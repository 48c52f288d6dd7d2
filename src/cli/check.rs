//! `whereas check`.

use super::Exit;
use super::args::{CheckArgs, CheckFormat};
use super::fix::fix;
use super::output::{Screen, render};
use super::plan::{load_file, shown};
use crate::diagnostic::{Code, Diagnostics};
use crate::source::SourceMap;
use std::fmt::Write as _;

/// Checks every plan named and prints what there is to say, on standard output.
pub fn run(args: &CheckArgs, screen: &Screen) -> Exit {
    let mut exit = Exit::Fine;
    let mut text = String::new();
    let mut all_json = Vec::new();
    // All are mended before any is checked: one may import another.
    for path in args.plans.iter().filter(|_| args.fix) {
        let mended = fix(path, screen);
        let failed = match mended {
            Ok(lines) => {
                lines.iter().for_each(|line| Screen::note(line));
                None
            }
            // What cannot be read is said below.
            Err(fault) => (fault.code == Code::OutputFailed).then_some(fault),
        };
        if let Some(fault) = failed {
            exit = exit.max(screen.fail(&fault));
        }
    }
    for path in &args.plans {
        let (diagnostics, sources): (Diagnostics, SourceMap) = match load_file(path) {
            Ok(loaded) => {
                let mut loaded = loaded.examined();
                if args.undecided {
                    loaded = loaded.with_allowed(Code::Undecided);
                }
                (loaded.diagnostics, loaded.sources)
            }
            Err(fault) => (vec![*fault], SourceMap::default()),
        };
        if diagnostics.iter().any(|d| d.is_error() || !args.allow_warnings) {
            exit = exit.max(Exit::of(&diagnostics));
        }
        match args.format {
            CheckFormat::Json => all_json.push((diagnostics, sources)),
            CheckFormat::Human if diagnostics.is_empty() => {
                let _ = writeln!(text, "{}: no problems", shown(path));
            }
            format => text.push_str(&render(&diagnostics, &sources, format, screen.out)),
        }
    }
    if args.format == CheckFormat::Json {
        text = join(&all_json);
    }
    match screen.print(&text) {
        Ok(()) => exit,
        Err(failed) => exit.max(failed),
    }
}

/// One array of the problems of all files.
fn join(files: &[(Diagnostics, SourceMap)]) -> String {
    let arrays = files.iter().map(|(d, s)| crate::report::json(d, s));
    let values: Vec<serde_json::Value> = arrays
        .filter_map(|text| serde_json::from_str::<Vec<serde_json::Value>>(&text).ok())
        .flatten()
        .collect();
    if let [(diagnostics, sources)] = files {
        return format!("{}\n", crate::report::json(diagnostics, sources).trim_end());
    }
    format!("{}\n", serde_json::to_string_pretty(&values).unwrap_or_default())
}
