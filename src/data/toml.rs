//! TOML data: numbers and dates as written, names given again, the line of every value.

use super::fault::{Lines, capped, check_size, fault, raw, shown, too_deep};
use super::repeats::{Apart, REPEATED};
use super::{Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::source::TomlFault;
use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue, Error};
use std::sync::Arc;

/// Reads a TOML document, its names in the order written.
///
/// `name` is the file as messages show it.
///
/// # Errors
///
/// A text beyond `limits.document_bytes`, values nested beyond `limits.depth`, every fault of the
/// syntax. What TOML has and data have not (numbers to another base than ten, `inf` and `nan`, times)
/// is kept as written, and a name given twice is kept twice: what they stand for is known only to the
/// plan, against which all of the data are held at once.
pub fn read_toml(name: &str, text: &str, limits: &Limits) -> Result<Raw, Diagnostics> {
    check_size(name, text, limits)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Lines::new(text);
    if let Some(place) = crate::source::too_deep(text, limits.depth.saturating_add(1)) {
        return Err(vec![too_deep(name, Some(lines.at(place.start)), limits)]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if let Some(apart) = Apart::of(text, &errors) {
        let (table, _) = DeTable::parse_recoverable(&apart.text);
        return read_table(name, &apart.text, table.into_inner(), Some(&apart), limits);
    }
    if !errors.is_empty() {
        let mut errors: Vec<&Error> = errors.iter().collect();
        errors.sort_by_key(|e| e.span().map_or(usize::MAX, |span| span.start));
        let mut faults: Diagnostics =
            errors.iter().map(|e| syntax_fault(name, text, &lines, e, limits)).collect();
        // The parser often finds the same fault of a line again.
        faults.dedup_by_key(|f| f.subject.as_ref().map(|s| s.line));
        return Err(capped(faults, 0, name, limits));
    }
    read_table(name, text, table.into_inner(), None, limits)
}

/// The tree of a text without faults.
fn read_table(
    name: &str,
    text: &str,
    table: DeTable<'_>,
    apart: Option<&Apart>,
    limits: &Limits,
) -> Result<Raw, Diagnostics> {
    let mut reader = Reader {
        name,
        file: Arc::from(name),
        text,
        lines: Lines::new(text),
        apart,
        limits,
        faults: Vec::new(),
    };
    let document = reader.map(table, 1);
    if reader.faults.is_empty() {
        Ok(raw(document, &reader.file, 1))
    } else {
        Err(capped(reader.faults, 0, name, limits))
    }
}

/// Turns the parser's tree into ours and collects what is too deep on the way.
struct Reader<'a> {
    name: &'a str,
    file: Arc<str>,
    text: &'a str,
    lines: Lines,
    /// Where names were told apart.
    apart: Option<&'a Apart>,
    limits: &'a Limits,
    faults: Diagnostics,
}

impl Reader<'_> {
    /// The table's entries in the order written; `depth` counts this table and those around it.
    fn map(&mut self, table: DeTable<'_>, depth: usize) -> RawKind {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut map = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key: &str = key.get_ref();
            let key = Arc::from(self.apart.map_or(key, |apart| apart.name(key)));
            map.push((key, self.raw(value, depth)));
        }
        RawKind::Map(map)
    }

    fn raw(&mut self, value: Spanned<DeValue<'_>>, depth: usize) -> Raw {
        let span = value.span();
        let line = self.lines.at(span.start);
        let written = self.text.get(span).unwrap_or_default();
        let inner = depth.saturating_add(1);
        let kind = match value.into_inner() {
            DeValue::Array(_) | DeValue::Table(_) if inner > self.limits.depth => {
                self.faults.push(too_deep(self.name, Some(line), self.limits));
                RawKind::Null
            }
            DeValue::Array(array) => {
                RawKind::List(array.into_iter().map(|item| self.raw(item, inner)).collect())
            }
            DeValue::Table(table) => self.map(table, inner),
            DeValue::String(text) => RawKind::Text(Arc::from(&*text)),
            DeValue::Boolean(b) => RawKind::Bool(b),
            DeValue::Integer(n) if n.radix() == 10 => number(written),
            DeValue::Float(f) if !f.as_str().contains(['i', 'n']) => number(written),
            DeValue::Integer(_) | DeValue::Float(_) => RawKind::Number(Arc::from(written)),
            DeValue::Datetime(_) => RawKind::Date(Arc::from(written)),
        };
        raw(kind, &self.file, line)
    }
}

/// A decimal number as written, without the marks that only TOML has: `_` between digits and a leading `+`.
fn number(written: &str) -> RawKind {
    let text = written.strip_prefix('+').unwrap_or(written);
    RawKind::Number(if text.contains('_') { Arc::from(text.replace('_', "")) } else { Arc::from(text) })
}

/// The parser's fault in our words.
fn syntax_fault(name: &str, text: &str, lines: &Lines, error: &Error, limits: &Limits) -> Diagnostic {
    let span = error.span();
    let line = span.as_ref().map(|s| lines.at(s.start));
    let message = error.message();
    if message.contains("recurs") {
        return too_deep(name, line, limits);
    }
    let found = span.clone().and_then(|s| text.get(s)).map(str::trim).filter(|t| !t.is_empty());
    if message == REPEATED {
        let key = found.unwrap_or("a name");
        return fault(Code::DataGivenTwice, name, line, format!("{} is given twice", shown(key)))
            .help("give it once; the rows of a table begin with `[[name]]`, each with its own fields");
    }
    let place = span.unwrap_or(text.len()..text.len());
    let said = TomlFault::in_words(text, &place, message, "text stands");
    fault(Code::DataSyntax, name, line, said.message).help(said.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> Vec<(Arc<str>, Raw)> {
        let raw = read_toml("d.toml", text, &Limits::DEFAULT).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        let RawKind::Map(entries) = raw.kind else { panic!() };
        entries
    }

    fn bad(text: &str) -> Diagnostics {
        match read_toml("d.toml", text, &Limits::DEFAULT) {
            Ok(raw) => panic!("{text:?} was read as {raw:?}"),
            Err(faults) => faults,
        }
    }

    #[test]
    fn numbers_keep_their_text_without_underscores() {
        let read =
            ok("a = 25_000\nb = 1.50\nc = 1e3\nd = -0.0\ne = +7\nf = 123456789012345678901234567890\n\
                       g = 1_0.000_1\nh = 0\ni = 6.0E+2");
        let texts: Vec<&str> = read
            .iter()
            .map(|(_, v)| match &v.kind {
                RawKind::Number(n) => &**n,
                other => panic!("{other:?}"),
            })
            .collect();
        let expected =
            ["25000", "1.50", "1e3", "-0.0", "7", "123456789012345678901234567890", "10.0001", "0", "6.0E+2"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn names_keep_their_order_and_values_their_lines() {
        let read = ok(
            "# head\nz = true\nb = 'x'\na = 2001-01-02\n\n[[rows]]\nid = 1\n\n[[rows]]\nid = 2\n[m]\nk = [\n1,\n2]\n",
        );
        let names: Vec<(&str, Option<u32>)> = read.iter().map(|(n, v)| (&**n, v.place.line)).collect();
        assert_eq!(
            names,
            [("z", Some(2)), ("b", Some(3)), ("a", Some(4)), ("rows", Some(6)), ("m", Some(11))]
        );
        assert_eq!(read[0].1.kind, RawKind::Bool(true));
        assert_eq!(read[1].1.kind, RawKind::Text(Arc::from("x")));
        assert_eq!(read[2].1.kind, RawKind::Date(Arc::from("2001-01-02")));
        let RawKind::List(rows) = &read[3].1.kind else { panic!() };
        assert_eq!(rows.iter().map(|r| r.place.line).collect::<Vec<_>>(), [Some(6), Some(9)]);
        let RawKind::Map(m) = &read[4].1.kind else { panic!() };
        let RawKind::List(k) = &m[0].1.kind else { panic!() };
        assert_eq!(k.iter().map(|r| r.place.line).collect::<Vec<_>>(), [Some(13), Some(14)]);
    }

    #[test]
    fn what_data_cannot_hold_is_kept_as_written() {
        let read = ok("a = 0x10\nb = -inf\nc = nan\nd = 2001-01-02T10:00:00Z\ne = 10:00:00");
        let kinds: Vec<RawKind> = read.into_iter().map(|(_, value)| value.kind).collect();
        let number = |text: &str| RawKind::Number(text.into());
        let date = |text: &str| RawKind::Date(text.into());
        let expected =
            [number("0x10"), number("-inf"), number("nan"), date("2001-01-02T10:00:00Z"), date("10:00:00")];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_name_given_twice_is_kept_twice() {
        let read = ok("[[people]]\nid = 1\npay = 2\npay = 3\n[[people]]\nid = 2\n");
        let RawKind::List(rows) = &read[0].1.kind else { panic!() };
        let RawKind::Map(row) = &rows[0].kind else { panic!() };
        let found: Vec<(&str, Option<u32>)> = row.iter().map(|(n, v)| (&**n, v.place.line)).collect();
        assert_eq!(found, [("id", Some(2)), ("pay", Some(3)), ("pay", Some(4))]);
        for text in ["a = 1\na = 2", "[a]\n[a]", "a = 1\n[a]", "a = []\n[[a]]"] {
            let names: Vec<String> = ok(text).iter().map(|(name, _)| name.to_string()).collect();
            assert_eq!(names, ["a", "a"], "{text}");
        }
    }

    #[test]
    fn a_name_given_twice_beside_other_faults_has_its_own_code() {
        let faults = bad("a = 1\na = 2\nb = x");
        assert_eq!(faults[0].code, Code::DataGivenTwice);
        assert_eq!(faults[0].message, "`a` is given twice");
        assert_eq!(faults[1].code, Code::DataSyntax);
    }

    #[test]
    fn faults_of_the_syntax_name_their_lines() {
        let faults = bad("a = 1\nb = \nc = x\nd = 2001-02-30");
        let lines: Vec<_> = faults.iter().map(|f| f.subject.as_ref().unwrap().line).collect();
        assert!(
            lines.contains(&Some(2)) && lines.contains(&Some(3)) && lines.contains(&Some(4)),
            "{faults:#?}"
        );
        assert!(faults.iter().all(|f| f.code == Code::DataSyntax));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |n: usize| format!("a = {}{}", "[".repeat(n), "]".repeat(n));
        assert!(read_toml("d", &nested(63), &Limits::DEFAULT).is_ok());
        let dotted = |n: usize| format!("{}a = 1", "a.".repeat(n));
        let tables = |n: usize| format!("a = {}1{}", "{ a = ".repeat(n), " }".repeat(n));
        for text in [nested(64), nested(1_000_000), dotted(79), dotted(100_000), tables(70), tables(100_000)]
        {
            let faults = bad(&text);
            assert_eq!(faults[0].message, "lists and records nest deeper than 64 levels here");
        }
        let both = format!("a = {}1{}", format!("{{ {}a = ", "a.".repeat(75)).repeat(75), " }".repeat(75));
        assert!(!bad(&both).is_empty());
        let limits = Limits { document_bytes: 4, ..Limits::DEFAULT };
        assert!(read_toml("d", "a=1", &limits).is_ok());
        assert_eq!(read_toml("d", "a=100", &limits).unwrap_err()[0].code, Code::FileTooLarge);
    }

    #[test]
    fn a_file_of_comments_holds_nothing() {
        assert!(ok("# nothing yet\n").is_empty());
    }
}
