//! Coverage for programs.

use crate::engine::{Coverage, KINDS};
use serde_json::{Map, Value, json};

/// Every point of every plan.
#[must_use]
pub fn coverage_json(all: &[Coverage]) -> String {
    let plans: Vec<Value> = all.iter().map(one).collect();
    let text = serde_json::to_string_pretty(&json!({ "plans": plans })).unwrap_or_default();
    format!("{}\n", crate::report::escape::json(&text))
}

fn one(coverage: &Coverage) -> Value {
    let mut counts = Map::new();
    for (kind, noun) in KINDS {
        let (covered, all) = coverage.count(kind);
        counts.insert(noun.replace(' ', "_"), json!({ "covered": covered, "all": all }));
    }
    let points: Vec<Value> = coverage
        .points
        .iter()
        .map(|point| {
            let (line, column) = coverage.sources.line_column(point.span);
            let noun = KINDS.iter().find(|(k, _)| *k == point.kind).map_or("", |(_, noun)| noun);
            json!({
                "kind": noun.replace(' ', "_"),
                "in": point.place,
                "what": point.what,
                "cite": point.cite,
                "file": coverage.sources.name_of(point.span),
                "line": line,
                "column": column,
                "tests": point.tests,
            })
        })
        .collect();
    let clauses: Vec<Value> = coverage
        .clauses
        .iter()
        .map(|c| json!({ "clause": c.name, "status": c.status, "covered": c.covered }))
        .collect();
    json!({
        "title": coverage.title,
        "tests": coverage.tests,
        "left_out": coverage.left_out,
        "counts": counts,
        "points": points,
        "clauses": clauses,
    })
}
