//! `whereas doc`.

use super::Exit;
use super::args::{CheckFormat, DocArgs, DocFormat};
use super::output::{Screen, Target};
use super::plan::load_file;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::engine::{Loaded, Plan};
use crate::limits::Limits;
use crate::plan::Role;
use crate::report::doc::{Page, html, markdown};

/// Writes a plan's page.
pub fn run(args: &DocArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &DocArgs, screen: &Screen) -> Result<(), Exit> {
    let target = Target::of(args.out.as_deref());
    target.spare([args.plan.as_path()], screen)?;
    let loaded = load_file(&args.plan).map_err(|fault| screen.fail(&fault))?;
    let page = page(loaded, screen)?;
    let text = match args.format.unwrap_or_else(|| default_format(&target)) {
        DocFormat::Html => html(&page),
        DocFormat::Markdown => markdown(&page),
    };
    target.write(screen, |out| out.write_all(text.as_bytes()))
}

/// The page of what was loaded. A part has no tests of its own to run; warnings are for `check`.
fn page(loaded: Loaded, screen: &Screen) -> Result<Page, Exit> {
    let refuse = |found: Diagnostics, sources: &crate::source::SourceMap| {
        let errors: Diagnostics = found.into_iter().filter(Diagnostic::is_error).collect();
        screen.problems(&errors, sources, CheckFormat::Human);
        Exit::of(&errors)
    };
    if loaded.role == Role::Calendar && loaded.program.is_some() {
        let file = loaded.sources.iter().next().map_or_else(String::new, |(_, s)| s.name.to_string());
        let fault = Diagnostic::error(
            Code::BadRequest,
            format!("`{file}` is a calendar, and has no page of its own"),
        )
        .help("write the page of a plan that imports it: the calendar is named there");
        screen.fail(&fault);
        return Err(Exit::CouldNotRun);
    }
    if loaded.role == Role::Part {
        let Loaded { program, diagnostics, sources, .. } = loaded;
        return program.map(|p| Page::new(&p, true, &[])).ok_or_else(|| refuse(diagnostics, &sources));
    }
    let plan = Plan::from_loaded(loaded, Limits::DEFAULT).map_err(|e| refuse(e.diagnostics, &e.sources))?;
    Ok(Page::new(plan.program(), false, &plan.test(None)))
}

fn default_format(target: &Target<'_>) -> DocFormat {
    match target.ending().as_deref() {
        Some("md" | "markdown") => DocFormat::Markdown,
        _ => DocFormat::Html,
    }
}
