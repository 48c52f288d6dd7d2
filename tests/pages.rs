//! The page of every code: its failing example gives that code and no other, its mended one nothing.
//!
//! An example is a row of fenced blocks. A block in `toml`, `json` or `csv` is a file, named after the
//! language (`toml part.toml`), or else `plan.toml`, `data.json` or `data.csv`. A block in `console`
//! holds the command after its `$`; without one it is `whereas check plan.toml`, or with a `data.json`
//! `whereas run plan.toml --data data.json`. The mended example takes what it does not show from the
//! failing one. A plan is always checked too, and the mended one has no problem at all. What only a
//! program can do wrong is shown in `rust`, and tried here by a test of its own.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::pedantic
)]

#[path = "bad/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Scratch, catalogue, codes, in_parallel, inside, misbehaved, name, run, words};

/// The most lines of a page: what fits a screen or two.
const MOST_LINES: usize = 90;

/// One of the two examples of a page.
#[derive(Clone, Debug, Default, PartialEq)]
struct Example {
    files: BTreeMap<String, String>,
    command: Option<String>,
    /// Lines of a program that uses the library.
    program: Option<String>,
}

impl Example {
    fn command(&self) -> String {
        self.command.clone().unwrap_or_else(|| {
            let data = self.files.contains_key("data.json");
            let line =
                if data { "whereas run plan.toml --data data.json" } else { "whereas check plan.toml" };
            line.to_owned()
        })
    }
}

#[derive(Debug)]
struct Page {
    code: String,
    fails: Example,
    mended: Example,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostic/pages")
}

/// Reads a page, or says what is wrong with its form.
fn read(path: &Path) -> Result<Page, String> {
    let code = name(path).trim_end_matches(".md").to_owned();
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
    let mut page = Page { code: code.clone(), fails: Example::default(), mended: Example::default() };
    let (mut section, mut sections, mut prose) = (String::new(), Vec::new(), 0);
    let mut lines = text.lines();
    if lines.next() != Some(&format!("# {code}")) {
        return Err(format!("does not begin with `# {code}`"));
    }
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut section);
            sections.push(section.clone());
        } else if let Some(info) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            let example = match &*section {
                "Fails" => &mut page.fails,
                "Mended" => &mut page.mended,
                other => return Err(format!("an example in the section `{other}`")),
            };
            add(example, info, &block)?;
        } else if section.is_empty() && !line.trim().is_empty() {
            prose += 1;
        }
    }
    if sections.first().map(String::as_str) != Some("Fails")
        || sections.get(1).map(String::as_str) != Some("Mended")
    {
        return Err(format!("its sections are {sections:?}, expected Fails, Mended and perhaps Notes"));
    }
    if sections.len() > 3 || sections.get(2).is_some_and(|s| s != "Notes") {
        return Err(format!("its sections are {sections:?}, expected Fails, Mended and perhaps Notes"));
    }
    if prose < 2 {
        return Err("says too little before its examples".to_owned());
    }
    if text.lines().count() > MOST_LINES {
        return Err(format!("is longer than {MOST_LINES} lines"));
    }
    if let Some(long) = text.lines().find(|l| l.chars().count() > 110) {
        return Err(format!("has a line of more than 110 characters: {long}"));
    }
    let before = page.mended.clone();
    for (file, text) in &page.fails.files {
        page.mended.files.entry(file.clone()).or_insert_with(|| text.clone());
    }
    if page.mended.command.is_none() {
        page.mended.command = page.fails.command.clone();
    }
    if before == Example::default() || page.mended == page.fails {
        return Err("mends nothing".to_owned());
    }
    Ok(page)
}

fn add(example: &mut Example, info: &str, block: &[&str]) -> Result<(), String> {
    let (language, file) = info.split_once(' ').unwrap_or((info, ""));
    let file = match (language, file) {
        ("console", "") => {
            let [line] = block else { return Err("a console block holds one line".to_owned()) };
            let line = line.strip_prefix("$ ").ok_or("a console block begins with `$ `")?;
            if !line.starts_with("whereas ") || example.command.replace(line.to_owned()).is_some() {
                return Err(format!("not the one command of an example: {line}"));
            }
            return Ok(());
        }
        ("rust", "") => {
            example.program = Some(block.join("\n"));
            return Ok(());
        }
        ("toml", "") => "plan.toml",
        ("json", "") => "data.json",
        ("csv", "") => "data.csv",
        ("toml" | "json" | "csv", file) => file,
        _ => return Err(format!("a block of the kind `{info}`")),
    };
    match example.files.insert(file.to_owned(), block.join("\n") + "\n") {
        None => Ok(()),
        Some(_) => Err(format!("two blocks for `{file}`")),
    }
}

/// Writes what cannot be shown on a page, because it is too large or no text.
fn unshown(code: &str, scratch: &Scratch) {
    const HEAD: &str = "[plan]\nlanguage = 1\nid = \"roster\"\ntitle = \"Roster\"\n\n";
    match code {
        "file-not-text" => {
            let wide: Vec<u8> = HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
            scratch.write("roster.toml", [&[0xff, 0xfe], &*wide].concat());
        }
        "file-too-large" => scratch.write("roster.toml", format!("{HEAD}# {}\n", "E1042 ".repeat(1_000_000))),
        "plan-too-large" => {
            let terms: String =
                (0..20_001).map(|n| format!("pay_{n} = {{ value = \"{n}\", cite = \"§6\" }}\n")).collect();
            scratch.write("roster.toml", format!("{HEAD}[terms]\n{terms}"));
        }
        _ => {}
    }
}

/// Runs one example; the codes it gives, or what it did that no example does.
fn codes_of(code: &str, which: &str, example: &Example) -> Result<Vec<String>, String> {
    let scratch = Scratch::new(&format!("page-{code}-{which}"));
    for (file, text) in &example.files {
        scratch.write(file, text);
    }
    unshown(code, &scratch);
    let mut found = Vec::new();
    let check = "whereas check plan.toml".to_owned();
    let command = example.command();
    let checked = (command != check && example.files.contains_key("plan.toml")).then_some(check);
    for line in checked.into_iter().chain([command]) {
        let args = words(line.trim_start_matches("whereas "));
        let ran = run(&scratch.0, &args, None);
        if let Some(wrong) = misbehaved(&ran) {
            return Err(format!("`{line}` {wrong}"));
        }
        let named = codes(&ran.text());
        if named.is_empty() != (ran.code == Some(0)) {
            return Err(format!("`{line}` ended with {:?} and named {named:?}:\n{}", ran.code, ran.text()));
        }
        if which == "mended" && !named.is_empty() {
            return Err(format!("`{line}` of the mended example:\n{}", ran.text()));
        }
        if let Some(other) = named.iter().find(|c| *c != code) {
            return Err(format!("`{line}` of the failing example gives `{other}` too:\n{}", ran.text()));
        }
        found.extend(named);
    }
    Ok(found)
}

fn judge(path: &std::path::Path) -> Result<(), String> {
    let page = read(path)?;
    let fails = codes_of(&page.code, "fails", &page.fails)?;
    if page.fails.program.is_some() != fails.is_empty() {
        return Err("the failing example does not fail".to_owned());
    }
    codes_of(&page.code, "mended", &page.mended).map(|_| ())
}

#[test]
fn every_code_has_a_page_whose_examples_do_what_they_say() {
    let pages = inside(&folder());
    let names: Vec<String> = pages.iter().map(|p| name(p).trim_end_matches(".md").to_owned()).collect();
    let known: Vec<String> = catalogue().into_iter().collect();
    assert_eq!(names, known, "one page for every code");
    let wrong: Vec<String> =
        in_parallel(&pages, |path| judge(path).err().map(|e| format!("{}: {e}", name(path))))
            .into_iter()
            .flatten()
            .collect();
    assert!(wrong.is_empty(), "{} of {} pages:\n\n{}", wrong.len(), pages.len(), wrong.join("\n\n"));
}

/// Runs the lines of a program, which are those of the page.
macro_rules! as_on_the_page {
    ($example:expr, $($code:tt)*) => {
        assert_eq!(squeezed(stringify!($($code)*)), squeezed($example.program.as_deref().unwrap_or("")));
        $($code)*
    };
}

fn squeezed(code: &str) -> String {
    code.split_whitespace().collect()
}

#[test]
fn a_binary_float_is_refused_from_a_program_as_its_page_shows() {
    let page = read(&folder().join("data-binary-float.md")).unwrap();
    let plan = whereas::Plan::from_str(&page.fails.files["plan.toml"]).unwrap();
    as_on_the_page! { page.fails,
        let data = BTreeMap::from([("pay", 2000.10_f64)]);
        let error = plan.evaluate(&data).unwrap_err();
    }
    let found: Vec<&str> = error.diagnostics().iter().map(|d| d.code.name()).collect();
    assert_eq!(found, [&*page.code]);
    as_on_the_page! { page.mended,
        let data = BTreeMap::from([("pay", "2000.10")]);
        let results = plan.evaluate(&data).unwrap();
    }
    assert_eq!(serde_json::to_value(&results).unwrap()["deductions"], "200.01");
}

#[test]
fn a_page_is_printed_by_its_code() {
    for path in inside(&folder()) {
        let code = name(&path).trim_end_matches(".md").to_owned();
        let ran = run(Path::new("."), &["code".to_owned(), code], None);
        assert_eq!((ran.code, &*ran.err), (Some(0), ""));
        assert!(ran.out.starts_with("# ") && ran.out.ends_with('\n'), "{}", ran.out);
    }
}
