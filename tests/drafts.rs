//! The hardest rules of the seven plans, as formulas on paper: every one is read, and printing it and
//! reading it back gives the same tree.
#![allow(clippy::string_slice, clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use whereas::limits::Limits;
use whereas::source::{SourceId, TextMap};
use whereas::syntax::ast::Expr;
use whereas::syntax::{parse_expr, print_expr, same_formula};

/// Reads a formula, or says where it cannot be read.
fn read(place: &str, text: &str) -> Expr {
    let map = TextMap::plain(SourceId(0), text, 0);
    parse_expr(&map, &Limits::DEFAULT).unwrap_or_else(|d| {
        let start = d.primary().map_or(0, |s| s.range().start);
        panic!("{place}: {}\n{:?}\n... {}", d.message, d.help, &text[start..text.len().min(start + 80)])
    })
}

#[test]
fn every_draft_is_read_and_survives_printing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drafts");
    let mut formulas = 0;
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 7, "one file for each plan");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, block) in text.split("\n---\n").enumerate() {
            let place = format!("{}, formula {}", file.file_name().unwrap().to_string_lossy(), number + 1);
            let tree = read(&place, block);
            let printed = print_expr(&tree);
            assert!(!printed.contains('\n'), "{place}: {printed}");
            let again = read(&place, &printed);
            assert!(same_formula(&tree, &again), "{place}: {printed}");
            assert_eq!(print_expr(&again), printed, "{place}");
            formulas += 1;
        }
    }
    assert!(formulas > 70, "{formulas}");
}
