//! Texts of a plan made fit for a page, and types and values in the plan's words.

use crate::eval::{Dataset, Shown};
use crate::ir::Program;
use crate::report::escape;
use crate::source::Span;
use crate::value::{Type, Value};

/// A text on one line, without characters that hide or reorder others.
pub(super) fn clean(text: &str) -> String {
    escape::one_line(text)
}

/// A formula's characters: its lines kept, tabs as blanks.
pub(super) fn clean_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            '\r' => {}
            '\t' => out.push_str("    "),
            c => escape::push(&mut out, c),
        }
    }
    out
}

/// A type as plans write it.
pub(super) fn type_text(program: &Program, ty: &Type) -> String {
    match ty {
        Type::Row(table) => {
            let name = program.tables.get(*table).map(|t| t.name.value.to_string()).unwrap_or_default();
            format!("row of {name}")
        }
        Type::Optional(inner) => format!("{}?", type_text(program, inner)),
        Type::List(item) => format!("list of {}", type_text(program, item)),
        Type::Record(record) => {
            let fields: Vec<String> =
                record.fields.iter().map(|f| format!("{}: {}", f.name, type_text(program, &f.ty))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        // Things counted are written in the plural: `shares`, `days`.
        Type::Number(unit) if unit.counts() => {
            unit.single().map_or_else(|| ty.to_string(), |name| format!("{name}s"))
        }
        other => other.to_string(),
    }
}

/// A value as plans write it. It speaks of no rows, for there are no data here.
pub(super) fn value_text(program: &Program, ty: &Type, value: &Value) -> String {
    let words = clean(&Shown { program, data: &Dataset::default(), ty, value }.words());
    if matches!(ty.required(), Type::Number(_)) { grouped(&words) } else { words }
}

/// A number's words with its figures in threes before the decimal point: `25,000.00 USD`.
fn grouped(words: &str) -> String {
    let start = usize::from(words.starts_with('-'));
    let (sign, rest) = words.split_at_checked(start).unwrap_or(("", words));
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (whole, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    // Two long numbers in a fraction are easier to read as they are.
    if whole.len() < 5 || after.starts_with('/') {
        return words.to_owned();
    }
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len().saturating_sub(index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(after);
    out
}

/// The imported file that a definition stands in, from the plan's folder; none for the plan file.
pub(super) fn imported_from(program: &Program, span: Span) -> Option<String> {
    let (own, main) = program.sources.iter().next()?;
    if span.source == own {
        return None;
    }
    let folder = main.name.rfind(['/', '\\']).and_then(|end| main.name.get(..=end)).unwrap_or("");
    let name = program.sources.name_of(span);
    Some(clean(name.strip_prefix(folder).unwrap_or(name)))
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn long_numbers_are_grouped_in_threes() {
        let all = ["93840935 shares", "-25000.00 USD", "1950.00 USD", "10000/70001", "85%", "0.000001"];
        let shown = ["93,840,935 shares", "-25,000.00 USD", "1950.00 USD", "10000/70001", "85%", "0.000001"];
        assert_eq!(all.map(grouped), shown);
    }
}
