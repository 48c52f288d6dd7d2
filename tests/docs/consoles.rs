//! The transcripts of the documentation: every command is run in a copy of the plans and examples,
//! and its output is what the page shows.
//!
//! A block in `console` holds commands after `$` and their output, one in `console quiet` commands
//! alone, which must succeed. A block in `diff` with a file's name is the edit that the reader makes
//! there. The blocks of a page follow each other.

use super::blocks::{pages, read, root, update, write};
use std::fs;
use std::path::Path;
use std::process::Command;

/// How the README runs the command before anything is installed.
const FROM_SOURCE: &str = "cargo run --release --quiet --";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Lines, each with its end.
fn lines<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What a command prints, standard output and error as they come.
fn output(command: &str, folder: &Path) -> String {
    run(command, folder).0
}

/// What a command prints, and whether it succeeds.
fn run(command: &str, folder: &Path) -> (String, bool) {
    let binary = Path::new(env!("CARGO_BIN_EXE_whereas"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", binary.parent().unwrap().display());
    let script = command.replace(FROM_SOURCE, "whereas");
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {script}\n}} 2>&1")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (lines(text.lines().map(str::trim_end)), output.status.success())
}

/// Makes the edit of a `diff` block: what it removes stands in the file once.
fn edit(text: &str, file: &Path, place: &str) {
    let side = |mark: char| -> String {
        lines(text.lines().filter(|l| l.starts_with([mark, ' '])).filter_map(|l| l.get(1..)))
    };
    let (old, new) = (side('-'), side('+'));
    let before = fs::read_to_string(file).unwrap();
    assert_eq!(before.matches(&old).count(), 1, "{place}: the file has not one place that reads\n{old}");
    fs::write(file, before.replace(&old, &new)).unwrap();
}

/// Runs a page from its top and answers it with the outputs that came.
fn played(page: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("plans"), &folder.path().join("plans"));
    copy(&root().join("examples"), &folder.path().join("examples"));
    let mut answer = String::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        answer.push_str(line);
        answer.push('\n');
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let mut block = Vec::new();
        for (_, line) in lines.by_ref() {
            block.push(line);
            if line == "```" {
                break;
            }
        }
        let place = format!("{page}:{}", number + 1);
        if info == "console" {
            for command in block.iter().filter_map(|l| l.strip_prefix("$ ")) {
                answer.push_str(&format!("$ {command}\n{}", output(command, folder.path())));
            }
            answer.push_str("```\n");
            continue;
        }
        if info == "console quiet" {
            for command in block.iter().filter_map(|l| l.strip_prefix("$ ")) {
                let (text, succeeds) = run(command, folder.path());
                assert!(succeeds, "{place}: {command}\n{text}");
            }
        }
        if let Some(file) = info.strip_prefix("diff ") {
            let lines: Vec<&str> = block.iter().filter(|l| **l != "```").copied().collect();
            edit(&lines.join("\n"), &folder.path().join(file), &place);
        }
        for line in block {
            answer.push_str(line);
            answer.push('\n');
        }
    }
    answer
}

#[test]
fn every_transcript_is_what_the_commands_print() {
    for page in pages() {
        let text = read(&page);
        if !text.contains("```console") {
            continue;
        }
        let played = played(&page, &text);
        if update() {
            write(&page, &played);
        } else {
            for (number, (shown, came)) in text.lines().zip(played.lines()).enumerate() {
                assert_eq!(shown, came, "{page}:{}: run with UPDATE=1 to renew it", number + 1);
            }
            assert_eq!(text, played, "{page}: run with UPDATE=1 to renew it");
        }
    }
}

/// The lines of a help text that begin with a word of this form, as the words.
fn listed(help: &str, is: impl Fn(&str) -> bool) -> Vec<String> {
    let words = help.lines().filter_map(|line| line.trim_start().split([' ', ',']).next());
    words.filter(|word| is(word)).map(str::to_owned).collect()
}

#[test]
fn the_manual_names_every_command_and_every_option() {
    let manual = read("docs/plan-file.md");
    let help = output("whereas --help", &root());
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    let commands: Vec<&str> = rest.lines().map_while(|l| l.strip_prefix("  ")?.split(' ').next()).collect();
    assert!(commands.contains(&"run"), "{help}");
    let mut missing = Vec::new();
    for command in commands.iter().filter(|c| **c != "help") {
        if !manual.contains(&format!("`whereas {command} ")) {
            missing.push((*command).to_owned());
        }
        let options = listed(&output(&format!("whereas {command} --help"), &root()), |w| w.starts_with("--"));
        missing.extend(options.into_iter().filter(|option| !manual.contains(option.as_str())));
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "docs/plan-file.md does not name {missing:?}");
}
