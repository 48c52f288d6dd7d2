//! `[functions]`: formulas with parameters.

use super::document::{Document, Function};
use super::found::Space;
use super::names::checked_name;
use super::quote::quoted;
use super::walk::{Entry, Reader};

const FUNCTION: &[&str] = &["params", "type", "value", "cite", "about", "change"];

/// Reads `[functions]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[functions]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let function = reader.judged(&entry.key, |reader| read_one(reader, &entry));
        let defined = reader.define(Space::Definitions, &entry.key, "function");
        match function {
            Some(function) if defined => document.functions.push(function),
            _ => reader.leave_out(&entry),
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Function> {
    let name = entry.key.clone();
    let mut section = reader.section(entry, format!("the function {}", quoted(&name.value)), FUNCTION)?;
    let notes = reader.notes(&mut section);
    let mut whole = true;
    let mut params = Vec::new();
    if let Some(list) = section.take("params") {
        let help = || "write `params = { day = \"date\", rate = \"%\" }`".to_owned();
        if list.as_table().is_none() {
            reader.wrong(&list, "a table of parameters and their types", Some(help()));
            whole = false;
        } else if let Some(mut list) = reader.section(&list, "`params`".to_owned(), &[]) {
            for param in list.take_all(|_| true) {
                let named = checked_name(reader, &param.key);
                match reader.ty(&param) {
                    Some(ty) if named => params.push((param.key, ty)),
                    _ => whole = false,
                }
            }
        }
    }
    let ty = section.take("type").map(|e| reader.ty(&e));
    let body = section.need(reader, "value").and_then(|e| reader.formula(&e));
    section.finish(reader);
    let ty = match ty {
        Some(ty) => Some(ty?),
        None => None,
    };
    Some(Function { name, params, ty, body: body.filter(|_| whole)?, notes })
}
