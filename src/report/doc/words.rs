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
        other => other.to_string(),
    }
}

/// A value as plans write it. It speaks of no rows, for there are no data here.
pub(super) fn value_text(program: &Program, ty: &Type, value: &Value) -> String {
    clean(&Shown { program, data: &Dataset::default(), ty, value }.words())
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
