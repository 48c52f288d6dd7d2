//! Records that the quick search does not take: cells in quotes, which may run over lines, among empty lines
//! and lines that end differently.

use super::Bounds;

impl Bounds {
    /// Finds the cells of records from a place on that stand one after the other and whose lines end in one
    /// way, up to the last that begins before another place. Answers where they end, which is before an
    /// empty line at the latest; none where not even the first is a record of so many cells.
    pub fn records(&mut self, text: &[u8], start: usize, columns: usize, until: usize) -> Option<usize> {
        self.columns = columns;
        (self.rows, self.tail, self.quotes, self.is_plain) = (0, 0, false, false);
        self.lines.clear();
        self.places.clear();
        self.places.push(u32::try_from(start).ok()?);
        let mut at = start;
        while at < until && blank(text.get(at..)?, columns).is_none() {
            let found = self.places.len();
            let quotes = self.quotes;
            let Some((end, tail, lines)) =
                self.record(text, at).filter(|f| self.rows == 0 || f.1 == self.tail)
            else {
                self.places.truncate(found);
                self.quotes = quotes;
                break;
            };
            self.tail = tail;
            self.rows = self.rows.checked_add(1)?;
            self.lines.push(lines);
            at = end;
        }
        (self.rows > 0).then_some(())?;
        self.found = self.places.len();
        self.reserve(self.found)?;
        Some(at)
    }

    /// Finds the cells of one record: where it ends, how many bytes its line's end has before the line feed,
    /// and how many lines it has.
    fn record(&mut self, text: &[u8], mut at: usize) -> Option<(usize, u32, u32)> {
        let mut lines = 1_u32;
        for column in (0..self.columns).rev() {
            let rest = text.get(at..)?;
            let (length, tail) = if rest.first() == Some(&b'"') {
                self.quotes = true;
                let length = quoted(rest)?;
                let inner = memchr::memchr_iter(b'\n', rest.get(..length)?).count();
                lines = lines.checked_add(u32::try_from(inner).ok()?)?;
                let tail = rest.get(length) == Some(&b'\r');
                (length.checked_add(usize::from(tail))?, tail)
            } else {
                let length = memchr::memchr2(b',', b'\n', rest)?;
                let cell = rest.get(..length)?;
                let tail = cell.last() == Some(&b'\r');
                let own = cell.strip_suffix(b"\r").unwrap_or(cell);
                memchr::memchr2(b'\r', 0, own).is_none().then_some(())?;
                (length, tail)
            };
            let separator = if column == 0 { b'\n' } else { b',' };
            (rest.get(length) == Some(&separator) && (column == 0 || !tail)).then_some(())?;
            at = at.checked_add(length)?;
            at = at.checked_add(1)?;
            self.places.push(u32::try_from(at).ok()?);
            if column == 0 {
                return Some((at, u32::from(tail), lines));
            }
        }
        None
    }
}

/// The length of the empty line that a text begins with, if it does; in a table of several columns a line of
/// spaces is as empty.
pub fn blank(text: &[u8], columns: usize) -> Option<usize> {
    match text {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        [first, ..] if columns > 1 && (first.is_ascii_whitespace() || *first == 0x0B || *first > 0x7F) => {
            let length = memchr::memchr(b'\n', text)?;
            let line = text.get(..length)?;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let is_blank = !line.contains(&b'\r') && std::str::from_utf8(line).ok()?.trim().is_empty();
            is_blank.then(|| length.checked_add(1)).flatten()
        }
        _ => None,
    }
}

/// The length of a cell in quotes, which a text begins with; none where the quote is not closed, or stands
/// for no text.
pub fn quoted(cell: &[u8]) -> Option<usize> {
    let mut at = 1_usize;
    loop {
        let next = at.checked_add(memchr::memchr2(b'"', 0, cell.get(at..)?)?)?;
        (cell.get(next) == Some(&b'"')).then_some(())?;
        at = next.checked_add(1)?;
        if cell.get(at) != Some(&b'"') {
            return Some(at);
        }
        at = at.checked_add(1)?;
    }
}

/// The length of the whole records that a text begins with, up to the first that ends at a place or after
/// it; 0 where there is none. Only a quote that begins a cell hides line feeds.
pub fn whole(text: &[u8], within: usize) -> usize {
    let last = within.saturating_sub(1);
    let (mut at, mut length) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..) {
        let quote = memchr::memchr(b'"', rest);
        let end = quote.map_or(text.len(), |quote| at.saturating_add(quote));
        let from = last.max(at);
        let beyond = text.get(from..end).and_then(|tail| memchr::memchr(b'\n', tail));
        if let Some(feed) = beyond {
            return from.saturating_add(feed).saturating_add(1);
        }
        if let Some(feed) = text.get(at..end).and_then(|plain| memchr::memrchr(b'\n', plain)) {
            length = at.saturating_add(feed).saturating_add(1);
        }
        if quote.is_none() {
            break;
        }
        let begins = end.checked_sub(1).is_none_or(|before| matches!(text.get(before), Some(b',' | b'\n')));
        let skipped = if begins { text.get(end..).and_then(quoted) } else { Some(1) };
        let Some(skipped) = skipped else { break };
        at = end.saturating_add(skipped);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells of each record and its line, from 0, as they stand; none where any is not found.
    fn records(text: &str, columns: usize) -> Option<Vec<(u32, Vec<String>)>> {
        let (mut at, mut line, mut found) = (0, 0, Vec::new());
        let mut bounds = Bounds::default();
        while at < text.len() {
            if let Some(length) = blank(&text.as_bytes()[at..], columns) {
                (at, line) = (at + length, line + 1);
                continue;
            }
            at = bounds.records(text.as_bytes(), at, columns, text.len())?;
            for row in 0..bounds.rows() {
                let cell = |c| bounds.column(c, row..row + 1).next().unwrap();
                let cells = (0..columns).map(cell).map(|(a, b)| text[a as usize..b as usize].to_owned());
                found.push((line, cells.collect()));
                line += bounds.lines()[row];
            }
        }
        Some(found)
    }

    proptest! {
        #[test]
        fn records_are_those_of_a_reader_of_csv(
            rows in proptest::collection::vec(
                (proptest::collection::vec("[a-zé.0-9 -]{0,9}|a\"b?|\"([a, é\r\n]|\"\"){0,9}\"", 3), "\r?\n( *\r?\n){0,2}"),
                1..20,
            )
        ) {
            let text: String = rows.iter().map(|(cells, end)| cells.join(",") + end).collect();
            let mut line = 0;
            let lines = |text: &str| u32::try_from(text.matches('\n').count()).unwrap();
            let expected: Vec<(u32, Vec<String>)> = rows.iter().map(|(cells, end)| {
                let own = line;
                line += lines(&cells.concat()) + lines(end);
                (own, cells.clone())
            }).collect();
            prop_assert_eq!(records(&text, 3), Some(expected));
            // Of any beginning of the text, whole records are found.
            let ends: Vec<usize> = rows.iter().scan(0, |at, (cells, end)| {
                let record = *at + cells.join(",").len() + end.find('\n').unwrap() + 1;
                *at += cells.join(",").len() + end.len();
                Some(record)
            }).collect();
            for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let length = whole(&text.as_bytes()[..cut], usize::MAX);
                let before = ends.iter().rev().find(|end| **end <= cut).copied().unwrap_or(0);
                prop_assert!((before..=cut).contains(&length), "{cut}: {length}");
                prop_assert!(records(&text[..length], 3).is_some(), "{cut}: {length}");
                let within = whole(text.as_bytes(), cut);
                prop_assert!(within >= cut && records(&text[..within], 3).is_some(), "{cut}: {within}");
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            text in proptest::collection::vec(proptest::sample::select(&b"a,\"\r\n \0\xff"[..]), 0..90), columns in 0_usize..4
        ) {
            let _ = Bounds::default().records(&text, 0, columns, text.len());
            prop_assert!(whole(&text, columns * 20) <= text.len());
        }
    }
}
