//! `whereas code`.

use super::Exit;
use super::args::CodeArgs;
use super::output::Screen;
use crate::diagnostic::{CODES, Code, Diagnostic, Level, did_you_mean};
use std::fmt::Write as _;

/// Prints a code's page, or the list of all codes.
pub fn run(args: &CodeArgs, screen: &Screen) -> Exit {
    let text = match &args.name {
        None => {
            let width = CODES.iter().map(|c| c.name.len()).max().unwrap_or(0);
            let below = " ".repeat(width.saturating_add(2));
            let mut text = String::new();
            for entry in CODES {
                // In a pipe each stands on one line.
                let room = if screen.is_terminal { screen.out.width } else { usize::MAX };
                let options = textwrap::Options::new(room).subsequent_indent(&below);
                let level = match entry.code.level() {
                    Some(Level::Allow) => " (a lint, allowed)",
                    Some(_) => " (a lint)",
                    None => "",
                };
                let line = format!("{:width$}  {}{level}", entry.name, entry.summary);
                let _ = writeln!(text, "{}", textwrap::fill(&line, options));
            }
            text
        }
        Some(name) => {
            if let Some(entry) = Code::find(name) {
                entry.page.to_owned()
            } else {
                let near =
                    did_you_mean(name, CODES.iter().map(|c| c.name)).map(|n| format!("did you mean `{n}`?"));
                return screen.fail(
                    &Diagnostic::error(Code::BadRequest, format!("there is no code `{name}`"))
                        .help(near.unwrap_or_else(|| "`whereas code` lists them all".to_owned())),
                );
            }
        }
    };
    screen.print(&text).map_or_else(|exit| exit, |()| Exit::Fine)
}
