//! What came of a plan's changes, kept in a file that a later run can start from. It holds the texts that
//! it was made from, so that it is never taken for that of another plan.

use super::run::Report;
use crate::source::SourceMap;
use serde::{Deserialize, Serialize};

/// A number that changes whenever other changes are tried, or tests proposed in another way.
const KIND: u32 = 1;

/// A report, and what it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cached {
    version: String,
    asked: String,
    files: Vec<(String, String)>,
    report: Report,
}

/// What a report depends on besides the plan: this program, and what was asked.
#[must_use]
pub fn fingerprint(only: Option<&str>, propose: bool) -> String {
    format!("{} {KIND} {propose} {}", env!("CARGO_PKG_VERSION"), only.unwrap_or_default())
}

fn files(sources: &SourceMap) -> Vec<(String, String)> {
    sources.iter().map(|(_, s)| (s.name.to_string(), s.text.to_string())).collect()
}

/// A report as the text of a file.
#[must_use]
pub fn kept(report: &Report, sources: &SourceMap, asked: &str) -> String {
    let cached = Cached {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        asked: asked.to_owned(),
        files: files(sources),
        report: report.clone(),
    };
    serde_json::to_string(&cached).unwrap_or_default()
}

/// The report in a file's text, where it was made from these texts by this program.
#[must_use]
pub fn cached(text: &str, sources: &SourceMap, asked: &str) -> Option<Report> {
    let found: Cached = serde_json::from_str(text).ok()?;
    (found.version == env!("CARGO_PKG_VERSION") && found.asked == asked && found.files == files(sources))
        .then_some(found.report)
}
