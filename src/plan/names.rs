//! Which names a definition may have.

use super::found::Space;
use super::quote::quoted;
use super::walk::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;
use crate::syntax::is_name;

/// The units that every plan has; their plurals (`shares`, `days`) are free, because data call
/// their columns so.
pub(super) const UNITS: [&str; 4] = ["share", "day", "month", "year"];
/// The words of types.
const TYPES: [&str; 8] = ["text", "date", "boolean", "number", "count", "list", "one", "ref"];
/// `assumption.name` is how a formula asks for a reading.
const ASSUMPTION: &str = "assumption";
/// The word for the row itself in a table's rules.
const THIS: &str = "this";

/// Whether three capital letters make this a currency's code.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Reports a text that no formula could use as a name.
pub(super) fn checked_name(reader: &mut Reader<'_>, name: &Name) -> bool {
    if is_name(&name.value) {
        return true;
    }
    let shown = quoted(&name.value);
    let spelt = !name.value.is_empty()
        && !name.value.starts_with(|c: char| c.is_ascii_digit())
        && name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let diagnostic = if spelt {
        Diagnostic::error(
            Code::BadName,
            format!("{shown} cannot be a name: it is a word of the plan language"),
        )
        .label(name.span, "a word of the plan language")
        .help("choose another name, or add a word to it")
    } else {
        let help = match mended(&name.value) {
            Some(mended) => {
                // Formulas may call it by the name that it should have.
                reader.found.leave_out(&Name::new(mended.as_str().into(), name.span));
                format!("write it as {}", quoted(&mended))
            }
            None => "names look like `hire_date`".to_owned(),
        };
        Diagnostic::error(Code::BadName, format!("{shown} cannot be a name"))
            .label(name.span, "a name is a letter, then letters, digits and `_`")
            .help(help)
    };
    reader.report(diagnostic);
    false
}

/// The nearest text that could be a name: `first day` as `first_day`.
fn mended(text: &str) -> Option<String> {
    let name: String = text
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    Some(name).filter(|n| n != text && is_name(n))
}

impl Reader<'_> {
    /// Whether a definition may have this name, in this space; a problem is reported and the
    /// definition counted.
    pub fn define(&mut self, space: Space, name: &Name, kind: &'static str) -> bool {
        let bounded = !matches!(space, Space::Clauses | Space::Fixtures | Space::Tests);
        if bounded && !self.found.room(name, self.limits) {
            return false;
        }
        if self.file.is_unsure(name.span) || self.file.has_lost_header(&space, name, kind) {
            return false;
        }
        let free_text = matches!(space, Space::Clauses | Space::Tests);
        let usable = free_text || (checked_name(self, name) && self.unreserved(&space, name));
        usable && self.found.claim(space, name, kind, self.limits)
    }

    /// Whether a unit or a currency may be declared: not twice in one file.
    pub fn declare(&mut self, name: &Name, kind: &'static str) -> bool {
        self.found.room(name, self.limits)
            && self.found.claim(Space::Units(self.file.source), name, kind, self.limits)
    }

    /// Reports a name that already means a unit, a type or something else built in.
    fn unreserved(&mut self, space: &Space, name: &Name) -> bool {
        let text = &*name.value;
        let unit = UNITS.contains(&text) || self.found.units.contains(text);
        let meaning = match space {
            Space::Fixtures | Space::Assumptions => return true,
            _ if is_currency(text) && unit => "a currency",
            _ if unit => "a unit",
            Space::Types if TYPES.contains(&text) => "a type that every plan has",
            Space::Definitions if text == ASSUMPTION => "the word before an assumption's name",
            _ if text == THIS => "the word for the row itself in a table's rules",
            _ => return true,
        };
        let message = format!("{} cannot be a name: it is {meaning}", quoted(text));
        self.report(
            Diagnostic::error(Code::BadName, message)
                .label(name.span, meaning)
                .help("choose another name, or add a word to it"),
        );
        false
    }
}
