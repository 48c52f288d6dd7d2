//! Rendering at the edge: diagnostics become text for people, one line each for editors, or JSON
//! for programs. Nothing that a plan or data file says reaches a terminal as a control character.

mod coverage;
mod diagnostics_json;
mod diagnostics_short;
mod diff;
#[cfg(feature = "doc")]
pub mod doc;
mod escape;
mod explain;
mod moves;
mod mutants;
mod place;
mod readings;
mod results;

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "cli")]
mod csv;
#[cfg(feature = "cli")]
mod diagnostics;
#[cfg(feature = "cli")]
mod drawn_line;
#[cfg(feature = "cli")]
mod refused;
#[cfg(feature = "cli")]
mod results_table;
#[cfg(feature = "cli")]
mod snippet;
#[cfg(feature = "cli")]
mod table;
#[cfg(feature = "cli")]
mod terminal;
#[cfg(feature = "xlsx")]
mod xlsx;

pub use crate::eval::{Faced, Shown, row_label};
#[cfg(feature = "arrow")]
pub use arrow::write_arrow;
#[cfg(feature = "parquet")]
pub use arrow::write_parquet;
#[cfg(feature = "doc")]
pub use coverage::coverage_html;
pub use coverage::{coverage_json, coverage_lcov, coverage_text};
#[cfg(feature = "cli")]
pub use csv::write_csv;
pub use diagnostics_json::json;
pub use diagnostics_short::short;
#[cfg(feature = "cli")]
pub use diff::diff_text;
pub use diff::{Told, diff_json, diff_markdown};
#[cfg(feature = "cli")]
pub(crate) use escape::{Visible, one_line};
#[cfg(feature = "cli")]
pub use explain::explain_tree;
pub use explain::{explain_json, explain_markdown};
#[cfg(feature = "cli")]
pub use mutants::mutants_text;
pub use mutants::{mutants_json, mutants_markdown};
#[cfg(feature = "cli")]
pub use readings::readings_text;
pub use readings::{readings_json, readings_markdown};
pub use results::write_json;
#[cfg(feature = "cli")]
pub use results::write_ndjson;
#[cfg(feature = "cli")]
pub use table::one_table;

#[cfg(feature = "cli")]
pub use refused::{write_refused_csv, write_refused_json};
#[cfg(feature = "cli")]
pub use results_table::write_results_table;

#[cfg(feature = "cli")]
pub use diagnostics::{Style, human};
#[cfg(feature = "xlsx")]
pub use xlsx::{check_workbook, write_workbook};

#[cfg(feature = "cli")]
pub use terminal::{ColourChoice, Terminal};

use crate::diagnostic::{Diagnostic, Severity};

/// How many errors and warnings there are: "2 errors, 1 warning"; empty where there are none.
#[must_use]
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len().saturating_sub(errors);
    let counted = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> =
        counted.map(|(n, word)| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }).collect();
    parts.join(", ")
}

/// The word for a severity: "error".
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::summary;
    use crate::diagnostic::{Code, Diagnostic};

    #[test]
    fn the_count_respects_singular_and_plural() {
        let error = Diagnostic::error(Code::Cycle, "a");
        let warning = Diagnostic::warning(Code::UnusedTerm, "b");
        assert_eq!(summary(&[]), "");
        assert_eq!(summary(std::slice::from_ref(&error)), "1 error");
        assert_eq!(summary(&[warning.clone(), warning.clone()]), "2 warnings");
        assert_eq!(summary(&[warning, error.clone(), error]), "2 errors, 1 warning");
    }
}
