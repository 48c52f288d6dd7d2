//! `whereas test`.

use super::Exit;
use super::args::{CheckFormat, CoverageFormat, TestArgs};
use super::output::{Screen, Target, render};
use super::plan::{load_file, shown};
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Coverage, Plan, TestReport, Verdict};
use crate::limits::Limits;
use crate::report;
use crate::source::SourceMap;
use std::fmt::Write as _;

/// Runs the tests of every plan named.
pub fn run(args: &TestArgs, screen: &Screen) -> Exit {
    let target = Target::of(args.out.as_deref());
    let format = match coverage_format(args, &target, screen) {
        Ok(format) => format,
        Err(exit) => return exit,
    };
    let mut covered: Vec<Coverage> = Vec::new();
    let (mut passed, mut failed, mut unconfirmed) = (0_usize, 0_usize, 0_usize);
    let mut exit = Exit::Fine;
    let mut text = String::new();
    let mut any = false;
    for path in &args.plans {
        let loaded = match load_file(path) {
            Ok(loaded) => loaded,
            Err(fault) => {
                exit = exit.max(screen.fail(&fault));
                continue;
            }
        };
        let sources = loaded.sources.clone();
        let plan = match Plan::from_loaded(loaded, Limits::DEFAULT) {
            Ok(plan) => plan,
            Err(error) => {
                screen.problems(&error.diagnostics, &error.sources, CheckFormat::Human);
                exit = exit.max(Exit::of(&error.diagnostics));
                continue;
            }
        };
        let reports = plan.test(args.only.as_deref());
        any |= !reports.is_empty();
        if args.coverage {
            covered.push(plan.coverage(args.only.as_deref()));
        }
        for report in &reports {
            if report.passed() {
                passed = passed.saturating_add(1);
                if args.verbose {
                    let _ = writeln!(text, "ok      {}{}", named(report), cited(report));
                }
            } else if !report.failed() {
                unconfirmed = unconfirmed.saturating_add(1);
                let _ = writeln!(text, "unconfirmed  {}{}", named(report), cited(report));
            } else {
                failed = failed.saturating_add(1);
                let _ = writeln!(text, "FAILED  {}{}", named(report), cited(report));
                text.push_str(&details(report, &sources, screen));
            }
        }
        if reports.is_empty() {
            let _ = writeln!(
                text,
                "{}: no tests{}",
                shown(path),
                if args.only.is_some() { " with that name" } else { "" }
            );
        }
    }
    // A plan that could not be read has no tests to count.
    if exit == Exit::Fine || passed > 0 || failed > 0 {
        let proposed = if unconfirmed > 0 { format!(", {unconfirmed} unconfirmed") } else { String::new() };
        let _ = writeln!(text, "{passed} passed, {failed} failed{proposed}");
    }
    if failed > 0 {
        exit = exit.max(Exit::Problems);
    }
    if let Some(only) = args.only.as_ref().filter(|_| !any && exit == Exit::Fine) {
        let message = format!("no test has `{}` in its name", crate::report::one_line(only));
        let help = "leave `--only` out to run all tests; `--verbose` names them";
        return screen.fail(&Diagnostic::error(Code::BadSelection, message).help(help));
    }
    // What programs read stands alone on standard output.
    let apart = args.coverage && target == Target::Standard && format != CoverageFormat::Human;
    let printed = if apart {
        Screen::tell(&text);
        Ok(())
    } else {
        screen.print(&text)
    };
    let written = printed.and_then(|()| {
        if args.coverage { write_coverage(&covered, format, &target, screen) } else { Ok(()) }
    });
    match written {
        Ok(()) => exit,
        Err(failed) => exit.max(failed),
    }
}

/// The format that is asked for, or that the file's ending says.
fn coverage_format(args: &TestArgs, target: &Target<'_>, screen: &Screen) -> Result<CoverageFormat, Exit> {
    target.spare(args.plans.iter().map(std::path::PathBuf::as_path), screen)?;
    match (args.format, target.ending().as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("json")) => Ok(CoverageFormat::Json),
        (None, Some("info" | "lcov")) => Ok(CoverageFormat::Lcov),
        (None, Some("html" | "htm")) => Ok(CoverageFormat::Html),
        (None, None | Some("txt")) => Ok(CoverageFormat::Human),
        (None, Some(other)) => {
            let other = crate::report::one_line(other);
            let message = format!("coverage is not written to files that end in `.{other}`");
            let help =
                "end the file's name in `.json`, `.info`, `.html` or `.txt`, or say which with `--format`";
            Err(screen.fail(&Diagnostic::error(Code::BadRequest, message).help(help)))
        }
    }
}

fn write_coverage(
    covered: &[Coverage],
    format: CoverageFormat,
    target: &Target<'_>,
    screen: &Screen,
) -> Result<(), Exit> {
    let text = match format {
        CoverageFormat::Human => {
            let all: Vec<String> = covered.iter().map(report::coverage_text).collect();
            return target.print(screen, &all.join("\n"));
        }
        CoverageFormat::Json => report::coverage_json(covered),
        CoverageFormat::Lcov => report::coverage_lcov(covered),
        CoverageFormat::Html => report::coverage_html(covered),
    };
    target.write(screen, |out| out.write_all(text.as_bytes()))
}

/// The test's name, with what a terminal would obey written out.
fn named(report: &TestReport) -> String {
    crate::report::one_line(&report.name.value)
}

fn cited(report: &TestReport) -> String {
    if report.cite.is_empty() {
        String::new()
    } else {
        format!("  ({})", crate::report::one_line(&report.cite.join(", ")))
    }
}

fn details(report: &TestReport, sources: &SourceMap, screen: &Screen) -> String {
    let found: Vec<Diagnostic> = match &report.verdict {
        Verdict::Passed | Verdict::Unconfirmed => Vec::new(),
        Verdict::Differs(differences) => differences
            .iter()
            .map(|d| {
                Diagnostic::error(
                    Code::TestFailed,
                    format!("{} is {}, the test expects {}", d.subject, d.found, d.expected),
                )
                .label(d.span, format!("the plan concludes {}", d.found))
            })
            .collect(),
        Verdict::Failed(found) => found.clone(),
        Verdict::Unexpected { expected, found, span } => {
            vec![
                Diagnostic::error(Code::TestFailed, format!("the test expects {expected}, but {found}"))
                    .label(*span, found.clone()),
            ]
        }
    };
    render(&found, sources, CheckFormat::Human, screen.out)
}
