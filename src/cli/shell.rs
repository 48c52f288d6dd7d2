//! `whereas completions` and `whereas man`: what shells and manuals know of the command line.

use super::Exit;
use super::args::{Cli, CompletionsArgs, ManArgs};
use super::file::write_file;
use super::output::Screen;
use crate::diagnostic::{Code, Diagnostic};
use clap::CommandFactory;
use clap_mangen::Man;
use std::io;

/// Prints the completions of a shell.
pub fn completions(args: &CompletionsArgs, screen: &Screen) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "whereas", &mut text);
    screen.write(|out| out.write_all(&text)).map_or_else(|exit| exit, |()| Exit::Fine)
}

/// Prints the manual's page of the command, or writes those of all its commands into a folder.
pub fn man(args: &ManArgs, screen: &Screen) -> Exit {
    attempt(args, screen).map_or_else(|exit| exit, |()| Exit::Fine)
}

fn attempt(args: &ManArgs, screen: &Screen) -> Result<(), Exit> {
    let mut whole = Cli::command();
    whole.build();
    let Some(folder) = &args.out else {
        let page = page(&whole, "whereas").map_err(|e| failed(&e, screen))?;
        return screen.write(|out| out.write_all(&page));
    };
    if !folder.is_dir() {
        let message = format!("`{}` is not a folder", folder.display());
        let fault = Diagnostic::error(Code::OutputFailed, message).help("make the folder, or name another");
        return Err(screen.fail(&fault));
    }
    let of_commands = whole.get_subcommands().filter(|c| c.get_name() != "help");
    let names = of_commands.map(|c| (format!("whereas-{}", c.get_name()), c.clone()));
    for (name, command) in std::iter::once(("whereas".to_owned(), whole.clone())).chain(names) {
        let page = page(&command, &name).map_err(|e| failed(&e, screen))?;
        write_file(&folder.join(format!("{name}.1")), screen, |out| out.write_all(&page))
            .map_err(|fault| screen.fail(&fault))?;
    }
    Ok(())
}

fn page(command: &clap::Command, name: &str) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let command = command.clone().display_name(name.to_owned());
    Man::new(command).date("").manual("Whereas").render(&mut page)?;
    Ok(page)
}

fn failed(error: &io::Error, screen: &Screen) -> Exit {
    screen.fail(&Diagnostic::error(Code::OutputFailed, format!("the page cannot be written: {error}")))
}
