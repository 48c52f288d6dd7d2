//! `whereas explain`.

use super::Exit;
use super::args::{ExplainArgs, ExplainFormat};
use super::output::Screen;
use super::plan::Asked;
use crate::report;

/// Explains one conclusion.
pub fn run(args: &ExplainArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &ExplainArgs, screen: &Screen) -> Result<(), Exit> {
    let asked = Asked::load(&args.data, screen)?;
    let (evaluation, inputs) = asked.evaluation(&[], 1)?;
    let mut explanation =
        evaluation.explain(&inputs, &args.rule, args.key.as_deref()).map_err(|e| asked.failed(&e))?;
    if let Some(most) = args.steps {
        explanation.value = explanation.value.steps_to(most);
    }
    if let Some(levels) = args.depth {
        explanation.value = explanation.value.down_to(levels);
    }
    let for_programs = |text: String| screen.write(|out| out.write_all(text.as_bytes()));
    match args.format {
        ExplainFormat::Tree => screen.print(&report::explain_tree(&explanation, screen.out)),
        ExplainFormat::Json => for_programs(report::explain_json(&explanation)),
        ExplainFormat::Markdown => for_programs(report::explain_markdown(&explanation)),
    }?;
    // A figure that has no value is explained, and is a problem all the same.
    if explanation.value.root.value.is_none() { Err(Exit::Problems) } else { Ok(()) }
}
