//! The headings of the clauses that an explanation cites, as the plan's outline gives them.

use crate::ir::{Clause, Program};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The headings of the outline's clauses that cover a clause cited somewhere in `explanation`.
pub(super) fn headings<'p>(
    program: &'p Program,
    explanation: &impl serde::Serialize,
) -> BTreeMap<&'p str, &'p str> {
    if program.outline.iter().all(|clause| clause.heading.is_none()) {
        return BTreeMap::new();
    }
    let mut cited = BTreeSet::new();
    // Structures of texts and numbers always have a JSON form.
    collect(&serde_json::to_value(explanation).unwrap_or_default(), &mut cited);
    let covers = |clause: &Clause| {
        let rest = |cite: &String| cite.strip_prefix(&*clause.name.value).map(|rest| rest.chars().next());
        cited.iter().filter_map(rest).any(|next| next.is_none_or(|c| !c.is_alphanumeric()))
    };
    let headed = program.outline.iter().filter(|clause| covers(clause));
    headed.filter_map(|clause| Some((&*clause.name.value, &**clause.heading.as_ref()?))).collect()
}

/// The texts under `clause` and `clauses`.
fn collect(value: &Value, cited: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, cited)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match (&**key, value) {
                    ("clause", Value::String(clause)) => {
                        cited.insert(clause.clone());
                    }
                    ("clauses", Value::Array(clauses)) => {
                        cited.extend(clauses.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => collect(value, cited),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::headings;
    use crate::Plan;
    use serde_json::json;

    #[test]
    fn the_headings_of_cited_clauses_are_found_by_the_clause_that_covers_them() {
        let plan = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n[rules]\na = { value = \"1\", cite = \"§4(a)\" }\n\
            [outline]\n\"§4\" = { heading = \"Eligibility\", rule = \"a\" }\n\
            \"§40\" = { heading = \"Notices\", narrative = \"nothing\" }\n\"§5\" = { narrative = \"nothing\" }\n";
        let plan = Plan::from_str(plan).unwrap();
        let cited = json!({ "clauses": ["§4(a)"], "steps": [{ "branches": [{ "clause": "§5" }] }] });
        let found: Vec<_> = headings(plan.program(), &cited).into_iter().collect();
        assert_eq!(found, [("§4", "Eligibility")]);
        assert!(headings(plan.program(), &json!({ "clauses": ["§6"] })).is_empty());
    }
}
