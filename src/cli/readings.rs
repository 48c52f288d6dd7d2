//! `whereas readings`.

use super::Exit;
use super::args::{ReadingsArgs, ReadingsFormat};
use super::output::{Screen, Target};
use super::plan::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::report;

/// Evaluates the other readings of every assumption and shows what moves.
pub fn run(args: &ReadingsArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &ReadingsArgs, screen: &Screen) -> Result<(), Exit> {
    let target = Target::of(args.out.as_deref());
    target.spare(args.data.reads(), screen)?;
    let asked = Asked::load(&args.data, screen)?;
    let format = match (args.format, target.ending().as_deref()) {
        (Some(format), _) => format,
        (None, Some("json")) => ReadingsFormat::Json,
        (None, Some("md" | "markdown")) => ReadingsFormat::Markdown,
        (None, None | Some("txt")) => ReadingsFormat::Table,
        (None, Some(other)) => {
            let message = format!("readings are not written to files that end in `.{other}`");
            let help = "end the file's name in `.json`, `.md` or `.txt`, or say which with `--format`";
            return Err(asked.refuse(&[Diagnostic::error(Code::BadRequest, message).help(help)]));
        }
    };
    let (evaluation, inputs) = asked.evaluation(&args.only, 1)?;
    let readings = evaluation.readings(&inputs, args.pairs).map_err(|e| asked.failed(&e))?;
    let text = match format {
        ReadingsFormat::Table => {
            let text = report::readings_text(&readings, target.style(screen), args.rows);
            return target.print(screen, &text);
        }
        ReadingsFormat::Json => report::readings_json(&readings),
        ReadingsFormat::Markdown => report::readings_markdown(&readings, args.rows),
    };
    target.write(screen, |out| out.write_all(text.as_bytes()))
}
