//! Coverage as records of LCOV, which editors and services of continuous integration read: lines are those
//! on which a part of a formula begins, functions are rules and functions, branches are cases, branches, requirements, conditions and
//! boundaries.

use crate::engine::{Coverage, Kind, Reached};
use crate::report::escape::one_line;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The records of every plan, a file after the other.
#[must_use]
pub fn coverage_lcov(all: &[Coverage]) -> String {
    let mut out = String::new();
    for coverage in all {
        for (id, source) in coverage.sources.iter() {
            let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
            for (span, reached) in coverage.parts.iter().filter(|(span, _)| span.source == id) {
                let (line, _) = coverage.sources.line_column(*span);
                let tests = if let Reached::Expected(tests) = reached { *tests } else { 0 };
                let most = lines.entry(line).or_default();
                *most = (*most).max(tests);
            }
            let branches: Vec<(usize, usize)> = coverage
                .points
                .iter()
                .filter(|p| p.span.source == id)
                .filter(|p| !matches!(p.kind, Kind::Rule | Kind::Function | Kind::Reading))
                .map(|p| (coverage.sources.line_column(p.span).0, p.tests))
                .collect();
            if lines.is_empty() && branches.is_empty() {
                continue;
            }
            let _ = write!(out, "TN:\nSF:{}\n", one_line(&source.name));
            let concluded = coverage
                .points
                .iter()
                .filter(|p| p.span.source == id && matches!(p.kind, Kind::Rule | Kind::Function));
            let functions: Vec<(usize, String, usize)> = concluded
                .map(|p| (coverage.sources.line_column(p.span).0, one_line(&p.place), p.tests))
                .collect();
            for (line, name, _) in &functions {
                let _ = writeln!(out, "FN:{line},{name}");
            }
            for (_, name, tests) in &functions {
                let _ = writeln!(out, "FNDA:{tests},{name}");
            }
            let called = functions.iter().filter(|(.., tests)| *tests > 0).count();
            let _ = write!(out, "FNF:{}\nFNH:{called}\n", functions.len());
            for (index, (line, tests)) in branches.iter().enumerate() {
                let _ = writeln!(out, "BRDA:{line},0,{index},{tests}");
            }
            let taken = branches.iter().filter(|(_, tests)| *tests > 0).count();
            let _ = write!(out, "BRF:{}\nBRH:{taken}\n", branches.len());
            for (line, tests) in &lines {
                let _ = writeln!(out, "DA:{line},{tests}");
            }
            let hit = lines.values().filter(|tests| **tests > 0).count();
            let _ = write!(out, "LF:{}\nLH:{hit}\nend_of_record\n", lines.len());
        }
    }
    out
}
