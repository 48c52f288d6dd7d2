//! `whereas fmt`.

use super::Exit;
use super::args::{CheckFormat, FmtArgs};
use super::file::write_file;
use super::output::Screen;
use super::plan::shown;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::unreadable;
use crate::format::{Formatted, format};
use crate::limits::Limits;
use crate::plan::{FolderResolver, ResolveError};
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

/// Puts every file named into its one form, or says what that would change.
pub fn run(args: &FmtArgs, screen: &Screen) -> Exit {
    let mut exit = Exit::Fine;
    for path in &args.files {
        exit = exit.max(one(path, args, screen).unwrap_or_else(|exit| exit));
    }
    exit
}

fn one(path: &Path, args: &FmtArgs, screen: &Screen) -> Result<Exit, Exit> {
    let limits = Limits::DEFAULT;
    let is_standard = path.as_os_str() == "-";
    let name = if is_standard { "standard input".to_owned() } else { path.display().to_string() };
    let fail = |error: ResolveError| screen.fail(&unreadable(&name, &error));
    let before = read(path, is_standard, &limits).map_err(fail)?;
    let Formatted { text, left, sources } = format(&name, &before, &limits);
    screen.problems(&left, &sources, CheckFormat::Human);
    let mut exit = Exit::of(&left);
    if args.check {
        if text != before {
            let text = difference(&name, &before, &text);
            screen.write(|out| out.write_all(text.as_bytes()))?;
            exit = exit.max(Exit::Problems);
        }
    } else if args.stdout || is_standard {
        screen.write(|out| out.write_all(text.as_bytes()))?;
    } else if text != before {
        // Somebody may have saved it meanwhile.
        if read(path, false, &limits).map_err(fail)? != before {
            let message = format!("`{name}` has changed while it was read; it is left alone");
            return Err(
                screen.fail(&Diagnostic::error(Code::OutputFailed, message).help("run the command again"))
            );
        }
        write_file(path, screen, |out| out.write_all(text.as_bytes()))
            .map_err(|fault| screen.fail(&fault))?;
        screen.print(&format!("{}: formatted\n", shown(path)))?;
    }
    Ok(exit)
}

fn read(path: &Path, is_standard: bool, limits: &Limits) -> Result<String, ResolveError> {
    if !is_standard {
        return Ok(FolderResolver::for_plan(path, limits)?.plan()?.text);
    }
    let most = u64::try_from(limits.plan_bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|e| ResolveError::Unreadable(e.to_string()))?;
    if bytes.len() > limits.plan_bytes {
        return Err(ResolveError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| ResolveError::NotText)
}

/// What would change, as a unified diff.
fn difference(name: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let mut text = String::new();
    let _ = write!(text, "{}", diff.unified_diff().context_radius(2).header(name, name));
    text
}
