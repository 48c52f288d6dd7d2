//! Names that a TOML text gives more than once, told apart before it is parsed: the parser keeps the
//! first of them alone, and data are refused by table, row and field.

use std::ops::Range;
use toml::de::{DeTable, Error};

/// How often a text is parsed again: one name given again may hide another.
const ROUNDS: usize = 8;

/// The parser's words for a name given again.
pub(super) const REPEATED: &str = "duplicate key";

/// A text in which every name stands once, its lines where they were.
#[derive(Debug)]
pub(super) struct Apart {
    /// The text.
    pub text: String,
    /// What a name begins with that was given before: this, its number, and this again.
    mark: char,
}

impl Apart {
    /// The text with its repeated names told apart; none where it has none, or other faults too.
    pub(super) fn of(text: &str, errors: &[Error]) -> Option<Self> {
        let mut repeated = places(errors)?;
        let mark = ('\u{e000}'..='\u{f8ff}').find(|c| !text.contains(*c))?;
        let mut apart = Self { text: text.to_owned(), mark };
        let mut number = 0_usize;
        for _ in 0..ROUNDS {
            apart.text = apart.marked(&repeated, &mut number)?;
            let (_, errors) = DeTable::parse_recoverable(&apart.text);
            if errors.is_empty() {
                return Some(apart);
            }
            repeated = places(&errors)?;
        }
        None
    }

    fn marked(&self, repeated: &[Range<usize>], number: &mut usize) -> Option<String> {
        let mut out =
            String::with_capacity(self.text.len().saturating_add(repeated.len().saturating_mul(16)));
        let mut done = 0;
        for place in repeated {
            out.push_str(self.text.get(done..place.start)?);
            let key = self.text.get(place.clone())?;
            let (quote, inner) = match key.chars().next()? {
                quote @ ('"' | '\'') => (quote, key.strip_prefix(quote)?.strip_suffix(quote)?),
                _ => ('"', key),
            };
            let mark = self.mark;
            out.push_str(&format!("{quote}{mark}{number}{mark}{inner}{quote}"));
            *number = number.saturating_add(1);
            done = place.end;
        }
        out.push_str(self.text.get(done..)?);
        Some(out)
    }

    /// A name as it was written.
    pub(super) fn name<'k>(&self, key: &'k str) -> &'k str {
        let marked = key.strip_prefix(self.mark).and_then(|rest| rest.split_once(self.mark));
        marked.map_or(key, |(_, name)| name)
    }
}

/// Where names are given again, in the order of the text; none where anything else is wrong.
fn places(errors: &[Error]) -> Option<Vec<Range<usize>>> {
    let place = |error: &Error| error.span().filter(|s| error.message() == REPEATED && !s.is_empty());
    let mut places: Vec<Range<usize>> = errors.iter().map(place).collect::<Option<_>>()?;
    places.sort_by_key(|place| place.start);
    places.dedup();
    (!places.is_empty()).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(text: &str) -> Option<Apart> {
        Apart::of(text, &DeTable::parse_recoverable(text).1)
    }

    /// The names at the top of a text, and how many stand below each.
    fn names(text: &str) -> Vec<(String, usize)> {
        let apart = apart(text).unwrap();
        assert_eq!(apart.text.lines().count(), text.lines().count());
        let (table, errors) = DeTable::parse_recoverable(&apart.text);
        assert!(errors.is_empty(), "{text}");
        let mut keys: Vec<_> = table.get_ref().iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let below = |value: &toml::de::DeValue<'_>| value.as_table().map_or(0, |t| t.len());
        keys.into_iter().map(|(k, v)| (apart.name(k.get_ref()).to_owned(), below(v.get_ref()))).collect()
    }

    #[test]
    fn repeated_names_are_told_apart_where_they_stand() {
        let two = |name: &str, first, second| vec![(name.to_owned(), first), (name.to_owned(), second)];
        assert_eq!(names("a = 1\na = 2"), two("a", 0, 0));
        assert_eq!(names("'a' = 1\n\"a\" = 2\na = 3").len(), 3);
        assert_eq!(names("[a]\nx = 1\n[a]\nx = 2\ny = 3"), two("a", 1, 2));
        assert_eq!(names("a = []\n[[a]]\nx = 1"), two("a", 0, 0));
        assert_eq!(names("a = { x = 1, y = 2, x = 3 }"), [("a".to_owned(), 3)]);
        assert_eq!(names("[a]\nx = 1\nb = { x = 1 }\nx = 2"), [("a".to_owned(), 3)]);
    }

    #[test]
    fn other_faults_are_left_to_the_parser() {
        assert!(apart("a = 1").is_none());
        assert!(apart("a = 1\na = 2\nb = ").is_none());
    }
}
