//! `whereas explain`.

use super::Exit;
use super::args::{ExplainArgs, ExplainFormat};
use super::output::Screen;
use super::plan;
use crate::report;

/// Explains one conclusion.
pub fn run(args: &ExplainArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &ExplainArgs, screen: &Screen) -> Result<(), Exit> {
    let (plan, sources) = plan::usable(&args.data, screen)?;
    let refused = |found: crate::diagnostic::Diagnostics, exit: Exit| {
        screen.problems(&found, &sources, args.data.problems);
        exit
    };
    let evaluation = plan::evaluation(&plan, &args.data).map_err(|f| refused(f, Exit::CouldNotRun))?;
    let inputs = plan::data(&plan, &args.data, 1).map_err(|f| refused(f, Exit::Problems))?;
    let mut explanation = evaluation
        .explain(&inputs, &args.rule, args.key.as_deref())
        .map_err(|e| plan::refuse(&e, &sources, &args.data, screen))?;
    if let Some(most) = args.steps {
        explanation.value = explanation.value.steps_to(most);
    }
    if let Some(levels) = args.depth {
        explanation.value = explanation.value.down_to(levels);
    }
    let text = match args.format {
        ExplainFormat::Tree => report::explain_tree(&explanation, screen.out),
        ExplainFormat::Json => report::explain_json(&explanation),
        ExplainFormat::Markdown => report::explain_markdown(&explanation),
    };
    screen.print(&text)?;
    // A figure that has no value is explained, and is a problem all the same.
    if explanation.value.root.value.is_none() { Err(Exit::Problems) } else { Ok(()) }
}
