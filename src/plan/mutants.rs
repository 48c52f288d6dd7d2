//! `[[mutants]]`: changes of the plan that its tests do not tell, each with the reason why.

use super::document::{AcceptedMutant, Document};
use super::walk::{Entry, Reader};

const MUTANT: &[&str] = &["in", "change", "why"];

/// Reads `[[mutants]]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(items) = reader.items(entry) else {
        let help = "begin each with a line `[[mutants]]`".to_owned();
        reader.wrong(entry, "a list of accepted changes", Some(help));
        return;
    };
    for item in items {
        document.mutants.extend(read_one(reader, &item));
    }
}

fn read_one(reader: &mut Reader<'_>, item: &Entry<'_>) -> Option<AcceptedMutant> {
    let mut section = reader.section(item, "the accepted change".to_owned(), MUTANT)?;
    section.place = item.span;
    let place = section.need(reader, "in").and_then(|e| reader.text(&e));
    let change = section.need(reader, "change").and_then(|e| reader.text(&e));
    let why = section.need(reader, "why").and_then(|e| reader.text(&e));
    section.finish(reader);
    Some(AcceptedMutant { place: place?, change: change?, why: why?.value })
}
