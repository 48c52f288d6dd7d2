//! How a row is named by its key: the fields joined by ` / `, each in quotes where it is not plain.

use std::borrow::Borrow;

/// What stands between the fields of a composite key.
const BETWEEN: &str = " / ";

/// The most rows that help names.
const SHOWN: usize = 3;

/// The key as messages and results show it, its fields joined by ` / `.
#[must_use]
pub fn joined<S: Borrow<str>>(parts: &[S]) -> String {
    parts.join(BETWEEN)
}

/// The key in the one form that names no other row: every field in quotes, a quote in it doubled.
#[must_use]
pub fn quoted(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|p| format!("\"{}\"", p.replace('"', "\"\""))).collect();
    joined(&parts)
}

/// What to do where a name may stand for several rows, by the forms that name each of them alone.
pub fn choose<'k>(keys: impl Iterator<Item = &'k [String]>) -> String {
    let forms: Vec<String> = keys.take(SHOWN).map(|key| format!("`{}`", quoted(key))).collect();
    format!("put the fields of the key in quotes: {}", forms.join(" or "))
}

/// The rows that a name may stand for, by index: those whose key is shown so (` / ` or `/` between its
/// fields), else those whose key it is with its fields in quotes.
#[must_use]
pub fn named(asked: &str, keys: &[Vec<String>]) -> Vec<usize> {
    let of = |holds: &dyn Fn(&[String]) -> bool| -> Vec<usize> {
        keys.iter().enumerate().filter(|(_, key)| holds(key)).map(|(row, _)| row).collect()
    };
    let shown = of(&|key| joined(key) == asked);
    if !shown.is_empty() {
        return shown;
    }
    let close = of(&|key| key.len() > 1 && joined(key).replace(BETWEEN, "/") == asked);
    if !close.is_empty() {
        return close;
    }
    unquoted(asked).map(|parts| of(&|key| key == parts)).unwrap_or_default()
}

/// The fields of a key of which some stand in quotes; none where the text is no such key.
fn unquoted(text: &str) -> Option<Vec<String>> {
    if !text.contains('"') {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, after) = match rest.trim_start().strip_prefix('"') {
            Some(quote) => in_quotes(quote)?,
            None => match rest.find('/') {
                Some(at) => (rest.get(..at)?.trim().to_owned(), rest.get(at..)?),
                None => (rest.trim().to_owned(), ""),
            },
        };
        parts.push(part);
        let after = after.trim_start();
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('/')?;
    }
}

/// The text up to the quote that closes it, and what follows that.
fn in_quotes(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        part.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => return Some((part, after)),
        }
    }
}

/// Where a text first has `c` outside quotes; a quote that is never closed is no quote.
#[must_use]
pub fn find_outside_quotes(text: &str, c: char) -> Option<usize> {
    let mut within = false;
    let found = text.char_indices().find(|(_, found)| {
        within ^= *found == '"';
        !within && *found == c
    });
    found.map(|(at, _)| at).or_else(|| text.find(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|p| (*p).to_owned()).collect()
    }

    #[test]
    fn a_key_is_found_as_it_is_shown_or_in_quotes() {
        let keys = [key(&["a / b", "c"]), key(&["a", "b / c"]), key(&["a", "b"]), key(&["d/e", "5\""])];
        let find = |asked: &str| named(asked, &keys);
        assert_eq!(find("a / b"), [2]);
        assert_eq!(find("a/b"), [2]);
        assert_eq!(find("a / b / c"), [0, 1]);
        assert_eq!(find("\"a / b\" / c"), [0]);
        assert_eq!(find("a/\"b / c\""), [1]);
        assert_eq!(find("\"a\" / \"b\""), [2]);
        assert_eq!(find("d/e / 5\""), [3]);
        for (row, key) in keys.iter().enumerate() {
            assert_eq!(find(&quoted(key)), [row], "{}", quoted(key));
        }
        for none in ["", "\"", "\"a\"b", "\"a / b\"", "\"a\" / \"b\" / ", "x / \"y"] {
            assert!(find(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn quotes_of_the_data_are_found_as_they_are() {
        let keys = [key(&["\"x\""]), key(&["x"])];
        let find = |asked: &str| named(asked, &keys);
        assert_eq!(find("\"x\""), [0]);
        assert_eq!(find("x"), [1]);
        assert_eq!(find("\"\"\"x\"\"\""), [0]);
    }

    #[test]
    fn what_stands_in_quotes_is_passed_over() {
        assert_eq!(find_outside_quotes("a.\"b=c\".d=1", '='), Some(9));
        assert_eq!(find_outside_quotes("a.5\".d=1", '='), Some(6));
        assert_eq!(find_outside_quotes("a=\"b\"", '='), Some(1));
        assert_eq!(find_outside_quotes("a", '='), None);
    }
}
