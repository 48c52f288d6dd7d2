//! Holds the invariants that ARCHITECTURE.md names: one direction of imports, small files, a core
//! that reads no clock, file, environment or network, and no binary floats or hash order in it.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of `src` in the order of their imports: each may use those before it.
const LAYERS: &[&str] = &[
    "limits.rs",
    "progress.rs",
    "lanes",
    "source",
    "diagnostic",
    "number",
    "value",
    "syntax",
    "plan",
    "format",
    "library",
    "ir",
    "eval",
    "columns",
    "proof",
    "check",
    "lint",
    "data",
    "engine",
    "compare",
    "mutate",
    "report",
    "cli",
];

fn sources(under: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A file's code without comments and without its tests, which stand at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().take_while(|l| !l.starts_with("#[cfg(test)]"));
    lines.filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    name == "tests"
        || name.ends_with("_tests")
        || name == "properties"
        || path.components().any(|c| c.as_os_str() == "tests")
}

fn layer_of(path: &Path) -> Option<usize> {
    let first = path.strip_prefix(src()).unwrap().components().next()?.as_os_str().to_str()?.to_owned();
    LAYERS.iter().position(|l| *l == first)
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for path in sources(&src()) {
        let Some(own) = layer_of(&path) else { continue };
        if is_test(&path) {
            continue;
        }
        let text = code(&path);
        for (index, layer) in LAYERS.iter().enumerate().skip(own + 1) {
            let name = layer.trim_end_matches(".rs");
            if text.contains(&format!("crate::{name}::"))
                || text.contains(&format!("crate::{name};"))
                || text.contains(&format!("use crate::{name}"))
            {
                wrong.push(format!("{} uses {} (layer {index} above its own, {own})", path.display(), name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_has_its_layer() {
    let known: Vec<&str> = LAYERS.iter().copied().chain(["lib.rs", "main.rs"]).collect();
    for entry in fs::read_dir(src()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            known.contains(&name.as_str()),
            "`src/{name}` stands in no layer: name it in tests/architecture.rs and ARCHITECTURE.md"
        );
    }
}

#[test]
fn files_are_small() {
    let mut lengths: Vec<(usize, PathBuf)> = sources(&src())
        .into_iter()
        .filter(|p| !is_test(p))
        .map(|p| (fs::read_to_string(&p).unwrap().lines().count(), p))
        .collect();
    lengths.sort();
    let (longest, path) = lengths.last().unwrap();
    assert!(*longest <= 900, "{} has {longest} lines", path.display());
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= 250, "the median file has {median} lines");
}

#[test]
fn the_core_reads_nothing_of_its_own_accord() {
    // The readers of files that callers ask for, and the command line, are the only exceptions.
    let allowed = [
        "plan/folder.rs",
        "engine/evaluation.rs",
        "data/argument.rs",
        "data/arrow/files.rs",
        "data/files.rs",
        "data/folder.rs",
        "data/rows.rs",
        "data/roster/lines.rs",
        "data/roster/mod.rs",
        "data/roster/pieces.rs",
        "data/spill.rs",
        "report/terminal.rs",
    ];
    for path in sources(&src()) {
        let name = path.strip_prefix(src()).unwrap().to_str().unwrap().replace('\\', "/");
        if name.starts_with("cli/") || name == "main.rs" || allowed.contains(&name.as_str()) || is_test(&path)
        {
            continue;
        }
        let text = code(&path);
        for word in [
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "SystemTime",
            "Instant::now",
            "Utc::now",
            "Local::now",
        ] {
            assert!(!text.contains(word), "`{name}` mentions `{word}`");
        }
    }
}

#[test]
fn the_core_has_no_binary_floats_and_no_hash_order() {
    for path in sources(&src()) {
        let name = path.strip_prefix(src()).unwrap().to_str().unwrap().replace('\\', "/");
        // A serializer must name the floats that it marks for refusal; a workbook has no other numbers.
        if is_test(&path) || name == "data/from_serde.rs" || name == "report/xlsx.rs" {
            continue;
        }
        for word in code(&path).split(|c: char| !c.is_alphanumeric() && c != '_') {
            assert!(!["f32", "f64", "HashMap", "HashSet"].contains(&word), "`{name}` mentions `{word}`");
        }
    }
}

#[test]
fn public_types_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<whereas::Plan>();
    shared::<whereas::Results>();
    shared::<whereas::Inputs>();
    shared::<whereas::EvaluateError>();
    shared::<whereas::PlanError>();
}
