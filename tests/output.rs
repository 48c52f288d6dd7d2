//! Where the command's output goes: files whole or not at all, readers that leave, terminals.
#![cfg(feature = "cli")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "bad/support.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Ran, Scratch, inside, name, run, words};

const PLAN: &str = r#"[plan]
language = 1
id = "p"
title = "P\u001B[31m"

[inputs.rows]
key = ["of", "id"]
fields = { of = "text", id = "text", a = "number", note = "text?" }

[rules.rows]
twice = { value = "2 * a", cite = "§1" }
said = { value = "note", cite = "§1" }

[rules]
b = { value = "sum(rows.a)", cite = "§1" }
noted = { value = "first(r.note for r in rows where r.note is present) otherwise \"none\"", cite = "§1" }
"#;

fn scratch(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.write("plan.toml", PLAN);
    scratch.write("rows.csv", "of,id,a,note\nx,1,1,plain\n");
    scratch
}

fn whereas(scratch: &Scratch, command: &str) -> Ran {
    run(&scratch.0, &words(command), None)
}

fn files(scratch: &Scratch) -> Vec<String> {
    inside(&scratch.0).iter().map(|p| name(p)).collect()
}

const RUN: &str = "run plan.toml --data rows=rows.csv";

#[test]
fn a_dash_is_standard_output_and_an_ending_counts_in_any_case() {
    let scratch = scratch("out-endings");
    let piped = whereas(&scratch, RUN);
    let dash = whereas(&scratch, &format!("{RUN} --out -"));
    assert_eq!((dash.code, &dash.out), (Some(0), &piped.out));
    assert!(!scratch.0.join("-").exists());
    assert_eq!(whereas(&scratch, &format!("{RUN} --only rows --out rows.CSV")).code, Some(0));
    let csv = fs::read_to_string(scratch.0.join("rows.CSV")).unwrap();
    assert_eq!(csv, "of,id,twice,said\nx,1,2,plain\n");
    assert_eq!(whereas(&scratch, "doc plan.toml --out page.MD").code, Some(0));
    assert!(fs::read_to_string(scratch.0.join("page.MD")).unwrap().starts_with("# "));
    let page = whereas(&scratch, "doc plan.toml --out plan.toml");
    assert_eq!(page.code, Some(2));
    assert!(page.err.contains("would be lost"), "{}", page.err);
    assert_eq!(fs::read_to_string(scratch.0.join("plan.toml")).unwrap(), PLAN);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_replaced_is_refused_and_left_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = scratch("out-refused");
    scratch.write("kept.json", "earlier");
    let kept = scratch.0.join("kept.json");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o444)).unwrap();
    let piped = Command::new("mkfifo").arg(scratch.0.join("pipe")).status().is_ok_and(|s| s.success());
    let before = files(&scratch);
    let mut refused = vec![("kept.json", "it is read-only")];
    if piped {
        refused.push(("pipe", "it is not a regular file"));
    }
    for (file, why) in refused {
        let ran = whereas(&scratch, &format!("{RUN} --out {file}"));
        assert_eq!(ran.code, Some(2), "{file}");
        assert!(ran.err.contains(&format!("`{file}` cannot be written: {why}")), "{}", ran.err);
        assert_eq!(files(&scratch), before);
    }
    assert_eq!(fs::read_to_string(&kept).unwrap(), "earlier");
}

#[cfg(unix)]
#[test]
fn a_new_file_is_as_readable_as_others_and_a_replaced_one_as_before() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = scratch("out-modes");
    let mode = |file: &str| fs::metadata(scratch.0.join(file)).unwrap().permissions().mode() & 0o777;
    let line = |umask: &str, file: &str| {
        let script = format!("umask {umask}; exec \"$0\" {RUN} --out {file}");
        let status = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_whereas")])
            .current_dir(&scratch.0)
            .status()
            .unwrap();
        assert!(status.success());
        mode(file)
    };
    assert_eq!(line("077", "own.json"), 0o600);
    assert_eq!(line("022", "all.json"), 0o644);
    fs::set_permissions(scratch.0.join("all.json"), fs::Permissions::from_mode(0o660)).unwrap();
    assert_eq!(line("022", "all.json"), 0o660);
}

#[cfg(unix)]
#[test]
fn a_file_that_grows_too_large_is_said_and_leaves_nothing() {
    let scratch = scratch("out-large");
    let rows: String = (0..2_000).map(|n| format!("x,{n},{n},\n")).collect();
    scratch.write("rows.csv", format!("of,id,a,note\n{rows}"));
    let before = files(&scratch);
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -f 8; exec \"$0\" {RUN} --out new.json"),
            env!("CARGO_BIN_EXE_whereas"),
        ])
        .current_dir(&scratch.0)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`new.json` cannot be written: it would be larger"), "{said}");
    assert_eq!(files(&scratch), before);
    for command in [format!("{RUN} --only rows"), "doc plan.toml".to_owned(), "man".to_owned()] {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -f 1; exec \"$0\" {command} > redirected")])
            .arg(env!("CARGO_BIN_EXE_whereas"))
            .current_dir(&scratch.0)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(
            said.contains("cannot be written: it would be larger than files may be here"),
            "{command}: {said}"
        );
    }
}

#[test]
fn what_cannot_be_carried_out_is_printed_as_problems_are_asked_for() {
    let scratch = scratch("out-problems");
    for (command, code) in [
        (format!("{RUN} --out nowhere/new.json"), "output-failed"),
        (format!("{RUN} --memory 15MB"), "bad-request"),
        (format!("{RUN} --out rows.csv"), "output-failed"),
        ("run plan.toml --data row=rows.csv".to_owned(), "bad-request"),
        ("readings plan.toml --data rows=rows.csv --out nowhere/new.json".to_owned(), "output-failed"),
    ] {
        let said = whereas(&scratch, &format!("{command} --problems json"));
        let problems: serde_json::Value = serde_json::from_str(&said.err).unwrap();
        assert_eq!(
            (said.code, problems[0]["code"].as_str()),
            (Some(2), Some(code)),
            "{command}: {}",
            said.err
        );
        let said = whereas(&scratch, &format!("{command} --problems short"));
        assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{command}: {}", said.err);
        assert!(said.err.contains(&format!("[{code}]")), "{}", said.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_said_and_a_reader_that_leaves_is_not() {
    let scratch = scratch("out-full");
    let rows: String = (0..2_000).map(|n| format!("x,{n},{n},\n")).collect();
    scratch.write("rows.csv", format!("of,id,a,note\n{rows}"));
    let line = |script: &str| {
        let args = ["-c", script, env!("CARGO_BIN_EXE_whereas")];
        let output = Command::new("sh").args(args).current_dir(&scratch.0).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (to, what) in [
        ("> /dev/full", "the results cannot be written"),
        ("--out /dev/full", "`/dev/full` cannot be written"),
    ] {
        for format in ["csv", "ndjson", "json"] {
            let (code, said) = line(&format!("exec \"$0\" {RUN} --only rows --format {format} {to}"));
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(what) && said.contains("space left"), "{said}");
        }
    }
    // The reader takes one line, and the command ends without a word.
    let (code, said) = line(&format!("\"$0\" {RUN} --only rows --format csv | head -n 1 > first"));
    assert_eq!((code, &*said), (Some(0), ""));
    assert_eq!(fs::read_to_string(scratch.0.join("first")).unwrap(), "of,id,twice,said\n");
    for format in ["json", "csv", "ndjson", "table", "xlsx", "parquet", "arrow"] {
        let (code, said) = line(&format!("\"$0\" {RUN} --only rows --format {format} | head -c 60 > first"));
        assert_eq!((code, &*said), (Some(0), ""), "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_nothing_and_is_told() {
    use std::os::unix::process::ExitStatusExt;
    let scratch = scratch("out-interrupted");
    let rows: String = (0..60_000).map(|n| format!("x,{n},{n},\n")).collect();
    scratch.write("rows.csv", format!("of,id,a,note\n{rows}"));
    scratch.write("result.json", "earlier");
    let before = files(&scratch);
    // None where it came to its end before the signal reached it, as it may on a busy machine.
    let interrupted = |signal: &str| {
        scratch.write("result.json", "earlier");
        let mut child = Command::new(env!("CARGO_BIN_EXE_whereas"))
            .args(words(&format!("{RUN} --out result.json")))
            .current_dir(&scratch.0)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It is interrupted while it writes: as soon as the new file is there.
        while !files(&scratch).iter().any(|f| f.starts_with(".whereas-")) {
            if child.try_wait().unwrap().is_some() {
                return None;
            }
        }
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).output();
        sent.unwrap();
        let output = child.wait_with_output().unwrap();
        (!output.status.success()).then_some(output)
    };
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let output = (0..20).find_map(|_| interrupted(signal)).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.signal(), Some(number), "{said}");
        assert!(said.contains("`result.json` was not written: the command was interrupted"), "{said}");
        assert_eq!(files(&scratch), before);
        assert_eq!(fs::read_to_string(scratch.0.join("result.json")).unwrap(), "earlier");
    }
}

/// A pipe that nobody writes to is read for as long as it takes: nothing of the results is there then.
#[cfg(unix)]
#[test]
fn an_interrupt_before_anything_is_written_is_told() {
    use std::os::unix::process::ExitStatusExt;
    let scratch = scratch("out-interrupted-early");
    scratch.write("result.json", "earlier");
    let before = files(&scratch);
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_whereas"))
            .args(words("run plan.toml --data rows=- --input-format csv --out result.json"))
            .current_dir(&scratch.0)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Before the command watches, the system ends it without a word: it is given some time.
        std::thread::sleep(std::time::Duration::from_millis(1_000));
        let stdin = child.stdin.take();
        Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).output().unwrap();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.signal(), Some(number), "{said}");
        assert!(said.contains("`result.json` was not written: the command was interrupted"), "{said}");
        assert_eq!(files(&scratch), before);
        assert_eq!(fs::read_to_string(scratch.0.join("result.json")).unwrap(), "earlier");
    }
}

/// A command that was begun with `nohup` goes on when the terminal goes.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_from_the_beginning_stays_so() {
    let scratch = scratch("out-nohup");
    scratch.write("rows.csv", "of,id,a,note\nx,1,2,\n");
    let mut child = Command::new("nohup")
        .args([env!("CARGO_BIN_EXE_whereas")])
        .args(words("run plan.toml --data rows=- --input-format csv --out result.json"))
        .current_dir(&scratch.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_000));
    Command::new("kill").args(["-HUP", &child.id().to_string()]).output().unwrap();
    let rows = fs::read(scratch.0.join("rows.csv")).unwrap();
    child.stdin.take().unwrap().write_all(&rows).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(scratch.0.join("result.json").exists());
}

/// What the command prints on a terminal; none where there is no `script` to make one.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &Path, columns: usize, command: &str) -> Option<String> {
    let line = format!("stty cols {columns} rows 24; {} {command}", env!("CARGO_BIN_EXE_whereas"));
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_the_data_is_obeyed_by_a_terminal() {
    let scratch = scratch("out-terminal");
    let hostile = "x,1,1,\u{1b}[2J\u{9b}31m\u{202e}end\r\n";
    scratch.write("rows.csv", format!("of,id,a,note\n{hostile}\"y\u{1b}]0;t\u{7}\",2,2,\n"));
    let data = "--data rows=rows.csv";
    let commands = [
        "run --only rows --format csv",
        "run --format json",
        "run",
        "explain noted",
        "explain noted --format json",
        "explain noted --format markdown",
        "explain rows.twice --for nobody",
        "readings --format markdown",
        "readings",
        "doc --format html",
        "doc --format markdown",
        "run --set a\u{1b}[2J=1",
        "run --data nowhere\u{1b}[2J.json",
        "check",
        "test",
    ];
    for command in commands {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let data = if ["run", "explain", "readings"].contains(&verb) { data } else { "" };
        let rest = if rest.is_empty() { String::new() } else { quoted(rest) };
        let Some(shown) = on_a_terminal(&scratch.0, 80, &format!("{verb} plan.toml {data} {rest}")) else {
            return;
        };
        assert!(!shown.is_empty(), "{command}");
        let obeyed = shown.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(obeyed, None, "{command}: {shown:?}");
    }
    // A pipe gets what the data have.
    let piped = whereas(&scratch, &format!("{RUN} --only rows --format csv"));
    assert!(piped.out.contains("x,1,2,\u{1b}[2J\u{9b}31m\u{202e}end"), "{}", piped.out);
}

#[cfg(target_os = "linux")]
#[test]
fn long_work_shows_how_far_it_is_on_a_terminal_and_nowhere_else() {
    let scratch = scratch("out-progress");
    let rows: String = (0..600_000).map(|n| format!("x,{n},{n},note {n}\n")).collect();
    scratch.write("rows.csv", format!("of,id,a,note\n{rows}"));
    let command = format!("{RUN} --only rows --format csv");
    let piped = whereas(&scratch, &command);
    assert_eq!((piped.code, &*piped.err), (Some(0), ""));
    let Some(shown) = on_a_terminal(&scratch.0, 100, &format!("{command} --out shown.csv")) else { return };
    let parts: Vec<&str> = shown.split(['\r', '\n']).filter(|p| p.contains('%')).collect();
    // Which part of the work is under way after a second is the machine's affair.
    let phases = ["reading", "rules", "writing"];
    assert!(
        parts.iter().any(|p| phases.iter().any(|phase| p.contains(phase))
            && p.contains("/s, ")
            && p.contains(" left")),
        "{shown:?}"
    );
    // What is read is never less than it was.
    let read = parts.iter().filter(|p| p.contains("reading"));
    let shares: Vec<u32> =
        read.filter_map(|p| p.split('%').next()?.split_whitespace().last()?.parse().ok()).collect();
    assert!(shares.is_sorted(), "{shown:?}");
    // Nothing of it stays: the last line is cleared.
    let last = shown.rsplit(['\r', '\n']).find(|p| !p.trim().is_empty()).unwrap();
    assert!(!last.contains('%'), "{shown:?}");
    assert!(fs::read_to_string(scratch.0.join("shown.csv")).unwrap() == piped.out);
    // Output that a terminal shows is the output alone.
    let shown = on_a_terminal(&scratch.0, 100, &format!("{command} 2>errors | cat")).unwrap();
    assert!(shown == piped.out);
    assert_eq!(fs::read_to_string(scratch.0.join("errors")).unwrap(), "");
}

/// The words of a command line, each in quotes for a shell.
#[cfg(target_os = "linux")]
fn quoted(line: &str) -> String {
    line.split(' ').map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" ")
}

#[cfg(target_os = "linux")]
#[test]
fn no_line_is_wider_than_the_terminal() {
    let scratch = scratch("out-wide");
    for columns in [80, 100] {
        for command in ["", "check", "run", "explain", "readings", "test", "doc", "code"] {
            let Some(help) = on_a_terminal(&scratch.0, columns, &format!("{command} --help")) else { return };
            let wide = help.lines().find(|l| l.chars().count() > columns);
            assert_eq!(wide, None, "{command}");
            assert!(help.contains("Example"), "{help}");
        }
        let espp = "plans/espp.toml --data examples/espp/period-2001";
        for command in [
            format!("run {espp}"),
            format!("readings {espp}"),
            format!("explain {espp} participants.refund --for E1042"),
            "code".to_owned(),
        ] {
            let shown = on_a_terminal(Path::new(env!("CARGO_MANIFEST_DIR")), columns, &command).unwrap();
            let wide = shown.lines().find(|l| l.chars().count() > columns);
            assert_eq!(wide, None, "{command}");
        }
    }
}
