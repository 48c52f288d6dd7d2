//! Coverage for people: how much of each kind, then what is not covered, by place and clause.

use crate::engine::{Coverage, KINDS};
use crate::report::escape::one_line;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A summary, and every point that no test covers.
#[must_use]
pub fn coverage_text(coverage: &Coverage) -> String {
    let mut out = String::new();
    let left_out = match coverage.left_out {
        0 => String::new(),
        n => format!(", {n} left out"),
    };
    let _ = writeln!(out, "{}: {} tests{left_out}", one_line(&coverage.title), coverage.tests);
    for (kind, noun) in KINDS {
        let (covered, all) = coverage.count(kind);
        if all > 0 {
            let percent = covered.saturating_mul(100).checked_div(all).unwrap_or(0);
            let _ = writeln!(out, "  {noun:<20}{covered:>5} of {all:>5}  {percent:>3}%");
        }
    }
    clauses(coverage, &mut out);
    let missed: Vec<_> = coverage.points.iter().filter(|p| p.tests == 0).collect();
    if !missed.is_empty() {
        out.push_str("not covered:\n");
    }
    for point in missed {
        let (line, column) = coverage.sources.line_column(point.span);
        let cite =
            if point.cite.is_empty() { String::new() } else { format!("  ({})", point.cite.join(", ")) };
        let place = one_line(&format!("{}{cite}", point.place));
        let file = one_line(coverage.sources.name_of(point.span));
        let _ = writeln!(out, "  {file}:{line}:{column}  {place}\n      {}", one_line(&point.what));
    }
    out
}

fn clauses(coverage: &Coverage, out: &mut String) {
    if coverage.clauses.is_empty() {
        return;
    }
    let mut by_status: BTreeMap<&'static str, usize> = BTreeMap::new();
    for status in coverage.clauses.iter().flat_map(|c| &c.status) {
        let count = by_status.entry(status).or_default();
        *count = count.saturating_add(1);
    }
    let counts: Vec<String> = by_status.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let computed = coverage.clauses.iter().filter(|c| c.covered.is_some()).count();
    let covered = coverage.clauses.iter().filter(|c| c.covered == Some(true)).count();
    let percent = covered.saturating_mul(100).checked_div(computed).unwrap_or(100);
    let _ = writeln!(out, "  {:<20}{covered:>5} of {computed:>5}  {percent:>3}%", "clauses computed");
    let _ = writeln!(out, "  {} clauses in the outline: {}", coverage.clauses.len(), counts.join(", "));
    let missed: Vec<&str> =
        coverage.clauses.iter().filter(|c| c.covered == Some(false)).map(|c| &*c.name).collect();
    if !missed.is_empty() {
        let _ = writeln!(out, "  clauses not covered: {}", one_line(&missed.join(", ")));
    }
}
