//! The objects of an explanation's JSON; `explain_json` describes them.

use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub struct Document<'a> {
    pub plan: &'a str,
    pub title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<AssumptionOut>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headings: BTreeMap<&'a str, &'a str>,
    pub explanation: FigureOut,
}

#[derive(Serialize)]
pub struct FigureOut {
    pub kind: &'static str,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    pub r#type: String,
    pub value: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filled: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extent: Option<&'static str>,
    #[serde(flatten)]
    pub rests: Rests,
}

#[derive(Serialize)]
pub struct Argument {
    pub name: String,
    #[serde(flatten)]
    pub value: ValueOut,
}

/// A value in the two forms it is written in.
#[derive(Serialize)]
pub struct ValueOut {
    pub value: serde_json::Value,
    pub words: String,
}

#[derive(Serialize)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

#[derive(Serialize)]
pub struct Failure {
    pub message: String,
    pub formula: String,
    pub place: Place,
}

/// What a figure or a condition rests on.
#[derive(Default, Serialize)]
pub struct Rests {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roundings: Vec<RoundingOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation: Option<ShareOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<LookupOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<TermOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<AssumptionOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub walks: Vec<WalkOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stopped_at: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub computed: Vec<ComputedOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<FigureOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<BranchOut>,
}

#[derive(Serialize)]
pub struct BranchOut {
    pub of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    pub answer: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gives: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(flatten)]
    pub subject: Option<ValueOut>,
    #[serde(flatten)]
    pub rests: Rests,
}

#[derive(Serialize)]
pub struct RoundingOut {
    pub formula: String,
    pub mode: &'static str,
    pub step: serde_json::Value,
    pub exact: serde_json::Value,
    pub result: serde_json::Value,
    pub residual: serde_json::Value,
    pub r#type: String,
    pub words: RoundingWords,
}

#[derive(Serialize)]
pub struct RoundingWords {
    pub step: String,
    pub exact: String,
    pub result: String,
    pub residual: String,
}

#[derive(Serialize)]
pub struct ShareOut {
    pub exact: serde_json::Value,
    pub step: serde_json::Value,
    pub cut: serde_json::Value,
    pub cut_off: serde_json::Value,
    pub rows: usize,
    pub left_over: serde_json::Value,
    pub winners: usize,
    pub place: usize,
    pub r#type: String,
}

#[derive(Default, Serialize)]
pub struct InputOut {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(flatten)]
    pub value: Option<ValueOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

#[derive(Serialize)]
pub struct LookupOut {
    pub table: String,
    pub key: Vec<serde_json::Value>,
    pub found: bool,
}

#[derive(Serialize)]
pub struct TermOut {
    pub name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    pub r#type: String,
    #[serde(flatten)]
    pub value: ValueOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_on: Option<String>,
}

#[derive(Serialize)]
pub struct AssumptionOut {
    pub name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(flatten)]
    pub relied_upon: Reading,
    pub chosen_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determination: Option<DeterminationOut>,
    pub others: Vec<Reading>,
}

#[derive(Serialize)]
pub struct DeterminationOut {
    pub reading: Option<String>,
    pub by: String,
    pub on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Serialize)]
pub struct Reading {
    pub reading: String,
    pub meaning: String,
}

#[derive(Serialize)]
pub struct WalkOut {
    pub formula: String,
    pub over: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    pub rows: usize,
    pub passed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<&'static str>,
    #[serde(flatten)]
    pub value: Option<ValueOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemOut>,
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
pub struct ItemOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    pub of: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<ValueOut>,
    #[serde(flatten)]
    pub value: ValueOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filled: Option<String>,
    #[serde(flatten)]
    pub rests: Rests,
}

#[derive(Serialize)]
pub struct ComputedOut {
    pub formula: String,
    pub r#type: String,
    #[serde(flatten)]
    pub value: ValueOut,
}
