//! One line for each diagnostic, `file:line:column: error[code]: message`, as editors and `grep`
//! read them.

use super::place::{self, Places};
use super::{escape, word};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use std::fmt::Write as _;

/// One line for each diagnostic, each with its line break.
///
/// A plan's problem is `plan.toml:12:9: error[wrong-unit]: message`; one of the data is
/// `participants.csv:12: error[data-missing]: participants E1042 pay: message`, without the parts
/// that are not known. Line breaks within a message become spaces.
#[must_use]
pub fn short(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let places = Places::new(diagnostics, sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&location(diagnostic, &places));
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{}[{}]: ", word(diagnostic.severity), diagnostic.code);
        let row = diagnostic.subject.as_ref().map(|s| place::row_and_field(s, " "));
        if let Some(row) = row.filter(|row| !row.is_empty()) {
            out.push_str(&row);
            out.push_str(": ");
        }
        out.push_str(&escape::one_line(&diagnostic.message));
        out.push('\n');
    }
    out
}

/// `file:line:column: ` of the plan, else `file:line: ` of the data; empty where neither is known.
fn location(diagnostic: &Diagnostic, places: &Places) -> String {
    // A fault of the data stands in the data, though a condition of the plan may say so.
    let of_data = diagnostic.code.name().starts_with("data-")
        && diagnostic.subject.as_ref().is_some_and(|s| s.file.is_some());
    if !of_data && let Some((name, line, column)) = places.first(&diagnostic.labels) {
        return format!("{}:{line}:{column}: ", escape::one_line(name));
    }
    let Some(subject) = &diagnostic.subject else { return String::new() };
    match (subject.file.as_deref().map(escape::one_line), subject.line) {
        (Some(file), Some(line)) => format!("{file}:{line}: "),
        (Some(file), None) => match &subject.at {
            Some(at) => format!("{file}: {}: ", escape::one_line(at)),
            None => format!("{file}: "),
        },
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::short;
    use crate::diagnostic::{Code, Diagnostic, Subject};
    use crate::source::{SourceId, SourceMap, Span};

    #[test]
    fn each_diagnostic_is_one_line_whatever_its_message_holds() {
        let mut sources = SourceMap::default();
        let plan = sources.add("plans/a.toml", "[rules]\nétat = \"pay + shares\"\n");
        let subject = Subject {
            file: Some("participants.csv".into()),
            line: Some(12),
            at: None,
            table: Some("participants".into()),
            key: Some("E1042".into()),
            field: Some("pay".into()),
            rows: Vec::new(),
        };
        let no_place = Subject { file: None, line: None, ..subject.clone() };
        let diagnostics = [
            Diagnostic::error(Code::WrongUnit, "`pay` is in USD\n  and `shares`\u{1b}[2J in shares")
                .label(Span::new(plan, 17, 20), "USD"),
            Diagnostic::warning(Code::UnusedTerm, "nothing uses it").label(Span::new(SourceId(9), 1, 2), ""),
            Diagnostic::error(Code::DataMissing, "a value is required").about(subject.clone()),
            Diagnostic::error(Code::DataUnreadable, "the file is empty")
                .about(Subject { file: Some("a\nb.csv".into()), ..Subject::default() }),
            Diagnostic::error(Code::DivisionByZero, "the divisor is 0").about(no_place),
            Diagnostic::error(Code::DataCondition, "the two differ")
                .about(subject)
                .label(Span::new(plan, 900, 901), ""),
        ];
        insta::assert_snapshot!(short(&diagnostics, &sources), @r#"
        plans/a.toml:2:9: error[wrong-unit]: `pay` is in USD and `shares`\u{1b}[2J in shares
        warning[unused-term]: nothing uses it
        participants.csv:12: error[data-missing]: participants E1042 pay: a value is required
        a b.csv: error[data-unreadable]: the file is empty
        error[division-by-zero]: participants E1042 pay: the divisor is 0
        participants.csv:12: error[data-condition]: participants E1042 pay: the two differ
        "#);
        assert_eq!(short(&[], &sources), "");
    }
}
