//! `whereas mutate`.

use super::Exit;
use super::args::{CheckFormat, MutateArgs, MutateFormat};
use super::file::write_file;
use super::output::{Screen, Target};
use super::plan::{document_of, load_file, shown};
use super::progress::Progress;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::engine::Plan;
use crate::limits::Limits;
use crate::mutate::{
    Asked, Failing, Known, Mutation, Report, Stale, fingerprint, is_cache, kept, known, mutate,
};
use crate::number::Num;
use crate::plan::Document;
use crate::report;
use crate::source::SourceMap;

/// Tries every change of a plan.
pub fn run(args: &MutateArgs, screen: &Screen) -> Exit {
    attempt(args, screen).unwrap_or_else(|exit| exit)
}

fn attempt(args: &MutateArgs, screen: &Screen) -> Result<Exit, Exit> {
    let target = Target::of(args.out.as_deref());
    target.spare([args.plan.as_path()], screen)?;
    if let Some(cache) = &args.cache {
        Target::File(cache).spare([args.plan.as_path()], screen)?;
    }
    let bad =
        |message: String, help: &str| screen.fail(&Diagnostic::error(Code::BadRequest, message).help(help));
    let least = match &args.least {
        None => None,
        Some(text) => Some(share(text).ok_or_else(|| {
            bad(
                format!("`{}` is no share of the changes", report::one_line(text)),
                "write a percentage from 0% to 100%, such as `95%`",
            )
        })?),
    };
    let format = match (args.format, target.ending().as_deref()) {
        (Some(format), _) => format,
        (None, Some("json")) => MutateFormat::Json,
        (None, Some("md" | "markdown")) => MutateFormat::Markdown,
        (None, None | Some("txt")) => MutateFormat::Human,
        (None, Some(other)) => {
            return Err(bad(
                format!("reports are not written to files that end in `.{}`", report::one_line(other)),
                "end the file's name in `.json`, `.md` or `.txt`, or say which with `--format`",
            ));
        }
    };
    let loaded = load_file(&args.plan).map_err(|fault| screen.fail(&fault))?;
    let plan = Plan::from_loaded(loaded, Limits::DEFAULT).map_err(|error| {
        let errors: Diagnostics = error.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        screen.problems(&errors, &error.sources, CheckFormat::Human);
        Exit::of(&errors)
    })?;
    let document = document_of(&args.plan).map_err(|fault| screen.fail(&fault))?;
    let report = report(args, &plan, &document, screen)?;
    let mutation = Mutation::new(report, &document, args.only.is_none());
    let text = match format {
        MutateFormat::Human => report::mutants_text(&mutation),
        MutateFormat::Json => report::mutants_json(&mutation),
        MutateFormat::Markdown => report::mutants_markdown(&mutation),
    };
    match format {
        MutateFormat::Human => target.print(screen, &text)?,
        _ => target.write(screen, |out| out.write_all(text.as_bytes()))?,
    }
    let stale: Diagnostics = mutation.stale.iter().map(warning).collect();
    screen.problems(&stale, &document.sources, CheckFormat::Human);
    let enough = match least {
        Some(least) => mutation.report.score() >= least,
        // As in `check`, a warning counts.
        None => mutation.report.survived() == 0 && stale.is_empty(),
    };
    Ok(if enough { Exit::Fine } else { Exit::Problems })
}

/// The report: from the cache, where it holds this plan's, else by trying every change.
fn report(args: &MutateArgs, plan: &Plan, document: &Document, screen: &Screen) -> Result<Report, Exit> {
    let asked = fingerprint(args.only.as_deref(), !args.no_proposals);
    let kept_text = args.cache.as_ref().and_then(|path| std::fs::read(path).ok());
    let kept_text = kept_text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let killed = match kept_text.as_deref().map(|text| (known(text, &document.sources, &asked), text)) {
        Some((Known::Whole(report), _)) => return Ok(*report),
        Some((Known::Killed(killed), _)) => killed,
        Some((Known::Nothing, text)) if !is_cache(text) && !text.trim().is_empty() => {
            return Err(not_a_cache(args, screen));
        }
        Some((Known::Nothing, _)) | None => Vec::new(),
    };
    let request = Asked {
        only: args.only.clone(),
        threads: args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        propose: !args.no_proposals,
        killed,
    };
    let progress = Progress::new().looking("{bar:30} {pos} of {len} changes  {rate}, {eta} left");
    let found = mutate(plan, document, &request, &|all| progress.one_of(all));
    progress.end();
    let report = found.map_err(|failing| failed(&failing, args, screen))?;
    if let Some(only) = args.only.as_ref().filter(|_| report.found.is_empty() && report.ill_typed == 0) {
        let message =
            format!("no definition that can be changed has `{}` in its name", report::one_line(only));
        let help = "leave `--only` out, or name a term, an input, a function or a rule";
        return Err(screen.fail(&Diagnostic::error(Code::BadSelection, message).help(help)));
    }
    if let Some(path) = &args.cache {
        let text = kept(&report, &document.sources, &asked);
        write_file(path, screen, |out| out.write_all(text.as_bytes())).map_err(|f| screen.fail(&f))?;
    }
    Ok(report)
}

/// A file that is no cache is somebody's, and is not written over.
fn not_a_cache(args: &MutateArgs, screen: &Screen) -> Exit {
    let path = args.cache.as_deref().map(shown).unwrap_or_default();
    let message = format!("`{path}` is no file of `--cache`, and would be lost");
    screen.fail(&Diagnostic::error(Code::OutputFailed, message).help("name a file of its own for the cache"))
}

fn failed(Failing(test): &Failing, args: &MutateArgs, screen: &Screen) -> Exit {
    let plan = shown(&args.plan);
    let message = format!("the test `{}` fails before anything is changed", report::one_line(test));
    let help = format!("mend the plan or the test first: `whereas test {plan}` tells more");
    screen.problems(
        &[Diagnostic::error(Code::TestFailed, message).help(help)],
        &SourceMap::default(),
        CheckFormat::Human,
    );
    Exit::Problems
}

fn warning(stale: &Stale) -> Diagnostic {
    let place = report::one_line(&stale.place);
    let (message, label) = if stale.killed {
        (format!("the plan accepts a change of `{place}` that a test tells"), "a test fails with this change")
    } else {
        (format!("the plan accepts a change of `{place}` that there is not"), "no change reads like this")
    };
    Diagnostic::warning(Code::StaleMutant, message)
        .label(stale.span, label)
        .help("leave the entry out, or copy the change from `whereas mutate` letter for letter")
}

/// A share in thousandths: `95%` is 950.
fn share(text: &str) -> Option<usize> {
    let percent = Num::parse(text.strip_suffix('%')?).ok()?;
    let thousandths = percent.mul(&Num::from(10), Num::ANY_SIZE).ok()?;
    // A part of a thousandth asks for the next.
    let whole = thousandths.round_to(&Num::ONE, crate::number::RoundingMode::Ceiling, Num::ANY_SIZE).ok()?;
    usize::try_from(whole.to_i64()?).ok().filter(|n| *n <= 1000)
}
