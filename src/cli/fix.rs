//! `whereas check --fix`: what can be mended without anybody having to think, mended in place.

use super::file::write_file_unless;
use super::output::Screen;
use super::plan::read_file;
use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::engine::load;
use crate::limits::Limits;
use crate::report::one_line;
use crate::source::{SourceId, SourceMap, Span};
use std::path::Path;

/// How often a plan is checked again: what stands behind a fault shows once it is mended.
const MOST_ROUNDS: usize = 50;

/// Mends a plan file and answers what was changed, a line for each change in the order made. The file
/// is replaced whole, and only where it still holds what was read.
pub fn fix(path: &Path, screen: &Screen) -> Result<Vec<String>, Box<Diagnostic>> {
    let (before, resolver) = read_file(path)?;
    let name = path.display().to_string();
    let (mut text, mut done) = (before.clone(), Vec::new());
    for _ in 0..MOST_ROUNDS {
        let loaded = load(&name, &text, &resolver, &Limits::DEFAULT).examined();
        let fixes = loaded.diagnostics.into_iter().filter_map(|d| Some((d.code, d.fix?)));
        let Some(changed) = apply(&text, fixes.collect(), &loaded.sources, &mut done) else { break };
        text = changed;
    }
    if text == before {
        return Ok(done);
    }
    let changed = || std::fs::read(path).unwrap_or_default() != before.as_bytes();
    let left = || {
        let message = format!("`{}` was changed meanwhile, and is left as it is", one_line(&name));
        Box::new(
            Diagnostic::error(Code::OutputFailed, message)
                .help("save it, and run `whereas check --fix` again"),
        )
    };
    if changed() {
        return Err(left());
    }
    // What is written takes a while to reach the disk: it is looked at again before it takes its place.
    let written = write_file_unless(path, screen, |out| out.write_all(text.as_bytes()), changed);
    written.map_err(|fault| if changed() { left() } else { fault })?;
    Ok(done)
}

/// A text with fixes applied, those that overlap left for another time; none where there is nothing to do.
fn apply(text: &str, fixes: Vec<(Code, Fix)>, sources: &SourceMap, done: &mut Vec<String>) -> Option<String> {
    // Only the file itself is changed, not the parts it imports.
    let mut fixes: Vec<(Code, Fix)> =
        fixes.into_iter().filter(|(_, fix)| fix.span.source == SourceId(0)).collect();
    fixes.sort_by_key(|(_, fix)| (fix.span, fix.text.clone()));
    let (mut changed, mut from) = (String::new(), 0_usize);
    for (code, fix) in fixes {
        let range = fix.span.range();
        if range.start < from {
            continue;
        }
        let (Some(kept), Some(old)) = (text.get(from..range.start), text.get(range.clone())) else {
            continue;
        };
        done.push(line(code, fix.span, (old, &fix.text), sources));
        changed.push_str(kept);
        changed.push_str(&fix.text);
        from = range.end;
    }
    if from == 0 {
        return None;
    }
    changed.push_str(text.get(from..)?);
    Some(changed)
}

fn line(code: Code, span: Span, (old, new): (&str, &str), sources: &SourceMap) -> String {
    let (line, column) = sources.line_column(span);
    let place = one_line(sources.name_of(span));
    let shown = |text: &str| {
        if text.trim().is_empty() { "a space".to_owned() } else { format!("`{}`", one_line(text.trim())) }
    };
    if new.is_empty() {
        return format!("{place}:{line}:{column}: mended {code}: {} is left out", shown(old));
    }
    format!("{place}:{line}:{column}: mended {code}: {} is now {}", shown(old), shown(new))
}
