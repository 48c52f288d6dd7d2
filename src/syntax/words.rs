//! The words of the language: which are reserved, which are keywords only where they stand.

/// Words that a formula cannot use as names.
const RESERVED: &[&str] = &[
    "absent",
    "and",
    "at",
    "else",
    "fail",
    "false",
    "fold",
    "for",
    "if",
    "in",
    "is",
    "let",
    "match",
    "not",
    "or",
    "otherwise",
    "then",
    "true",
    "when",
    "where",
    "with",
];

/// What other languages write for no value. They are kept from use as names, so that a formula
/// which says `null` is told about `absent` and not about an unknown name.
const FOREIGN: &[&str] = &["None", "NULL", "nil", "null", "undefined"];

/// Every keyword of formulas and types, in alphabetical order.
///
/// Those that are not [reserved](is_reserved) are told apart by where they stand (`order` before
/// `by`, `clause` before `of`, `present` after `is`) and may be names too.
pub const KEYWORDS: &[&str] = &[
    "absent",
    "and",
    "ascending",
    "at",
    "by",
    "clause",
    "descending",
    "else",
    "fail",
    "false",
    "fold",
    "for",
    "if",
    "in",
    "is",
    "let",
    "list",
    "match",
    "not",
    "of",
    "one",
    "or",
    "order",
    "otherwise",
    "present",
    "reasons",
    "ref",
    "running",
    "then",
    "true",
    "when",
    "where",
    "with",
];

/// Whether a word cannot be the name of anything that formulas refer to by itself. As a field
/// after a `.`, a label in a record or a value after `one of` every word will do.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word) || is_foreign_absence(word)
}

/// Whether a word is what another language calls `absent`.
pub(super) fn is_foreign_absence(word: &str) -> bool {
    FOREIGN.contains(&word)
}

/// Whether a text can be the name of a term, a rule, a field or a variable: letters a to z of
/// either case, digits and `_`, not beginning with a digit, and not reserved.
#[must_use]
pub fn is_name(text: &str) -> bool {
    is_word(text) && !is_reserved(text)
}

/// Whether a text has the form of a name, reserved or not.
pub(super) fn is_word(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The months, as a date in words names them.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The number of the month that a word names, in full or by its first three letters.
pub(super) fn month(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    let found = MONTHS.iter().position(|m| *m == word || m.get(..3) == Some(&*word))?;
    u32::try_from(found.saturating_add(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_that_is_not_reserved() {
        for name in ["a", "_x", "hire_date", "R01", "order", "present", "clause", "list", "none", "Index"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "1st", "first-day", "é", "a b", "if", "absent", "null", "None"] {
            assert!(!is_name(other), "{other}");
        }
    }

    #[test]
    fn every_reserved_word_is_a_keyword_and_the_list_is_sorted() {
        assert!(RESERVED.iter().all(|w| KEYWORDS.contains(w)));
        assert!(KEYWORDS.is_sorted() && RESERVED.is_sorted());
    }

    #[test]
    fn months_are_known_by_name_and_by_three_letters() {
        assert_eq!((month("January"), month("sep"), month("Sept")), (Some(1), Some(9), None));
    }
}
