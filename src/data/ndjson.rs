//! Newline-delimited JSON: an object on each line, read line by line and never held whole.

use super::fault::{fault, raw, too_deep};
use super::files::{decode, io_fault, open_counted};
use super::rows::{Each, Found, Wanted};
use super::source::Source;
use super::{Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::progress::Tally;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// Hands on every row that is wanted.
pub(super) fn each_row(
    source: &Source,
    limits: &Limits,
    tally: &Tally,
    wanted: &mut Wanted<'_>,
    each: &mut Each<'_>,
) -> Result<(), Diagnostics> {
    let name = source.shown();
    let mut input = BufReader::with_capacity(
        1 << 16,
        open_counted(&source.path, name, source.encoding.packing, tally.clone())?,
    );
    let mut reader = Reader { name, file: Arc::from(name), limits, names: BTreeSet::new() };
    let mut found = Found::new(source, limits);
    let (mut text, mut line) = (Vec::new(), 0_u32);
    let most = u64::try_from(limits.document_bytes).unwrap_or(u64::MAX);
    loop {
        text.clear();
        let read = input.by_ref().take(most).read_until(b'\n', &mut text);
        if read.map_err(|error| io_fault(name, &error))? == 0 {
            return found.finish();
        }
        line = line.saturating_add(1);
        if text.last() != Some(&b'\n') && u64::try_from(text.len()).unwrap_or(u64::MAX) >= most {
            let message = format!("the line is longer than {most} bytes");
            let help = "each line holds one row, an object; a line feed ends it";
            found.push(fault(Code::FileTooLarge, name, Some(line), message).help(help));
            return found.finish();
        }
        let Some(own) = unblank(&text, line).filter(|_| wanted()) else { continue };
        let row = match reader.line(own, line) {
            Ok(row) => row,
            Err(fault) => {
                found.push(*fault);
                continue;
            }
        };
        if !each(row) {
            return found.finish();
        }
    }
}

/// What a line holds besides the mark that some programs begin a file with; none where it is blank.
fn unblank(bytes: &[u8], line: u32) -> Option<&[u8]> {
    let bytes = if line == 1 { bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes) } else { bytes };
    (!bytes.trim_ascii().is_empty()).then_some(bytes)
}

struct Reader<'a> {
    name: &'a str,
    file: Arc<str>,
    limits: &'a Limits,
    /// Names of fields met so far: rows share theirs.
    names: BTreeSet<Arc<str>>,
}

impl Reader<'_> {
    /// The row of a line.
    fn line(&mut self, bytes: &[u8], line: u32) -> Result<Raw, Box<Diagnostic>> {
        let text = decode(self.name, bytes).map_err(|mut faults| {
            let mut found = faults
                .pop()
                .unwrap_or_else(|| fault(Code::FileNotText, self.name, Some(line), "the line is not text"));
            // What says that it holds a NUL character, or is in another encoding, says more than this.
            if std::str::from_utf8(bytes).is_err() && !bytes.contains(&0) {
                "the line is not UTF-8 text".clone_into(&mut found.message);
            }
            if let Some(subject) = &mut found.subject {
                subject.line = Some(line);
            }
            Box::new(found)
        })?;
        let value: &RawValue = serde_json::from_str(text).map_err(|error| self.malformed(&error, line))?;
        if !value.get().starts_with('{') {
            let message = "the line holds no object, expected one row";
            let help = "each line is one row with its fields by name, as in `{\"id\": \"E1\", \"pay\": 5000}`; a list of rows is plain JSON, in a file that ends in `.json`";
            return Err(Box::new(fault(Code::DataSyntax, self.name, Some(line), message).help(help)));
        }
        self.value(value, line, 0)
    }

    fn malformed(&self, error: &serde_json::Error, line: u32) -> Box<Diagnostic> {
        let message = if error.is_eof() {
            "the line ends within its object".to_owned()
        } else {
            format!("the line is no JSON from its character {} on", error.column())
        };
        let help = "each line is one whole object of strict JSON; data that go over several lines stand in a file that ends in `.json`";
        Box::new(fault(Code::DataSyntax, self.name, Some(line), message).help(help))
    }

    /// A value of strict JSON. `depth` counts the lists and objects around it.
    fn value(&mut self, value: &RawValue, line: u32, depth: usize) -> Result<Raw, Box<Diagnostic>> {
        let text = value.get();
        let inner = depth.saturating_add(1);
        if inner > self.limits.depth && text.starts_with(['{', '[']) {
            return Err(Box::new(too_deep(self.name, Some(line), self.limits)));
        }
        let bad = |error: serde_json::Error| self.malformed(&error, line);
        let kind = match text.as_bytes().first() {
            Some(b'n') => RawKind::Null,
            Some(b't') => RawKind::Bool(true),
            Some(b'f') => RawKind::Bool(false),
            Some(b'"') => RawKind::Text(serde_json::from_str::<String>(text).map_err(bad)?.into()),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(bad)?;
                let items = items.into_iter().map(|item| self.value(item, line, inner));
                RawKind::List(items.collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Entries(entries) = serde_json::from_str(text).map_err(bad)?;
                let entries = entries.into_iter().map(|(name, value)| {
                    let name = self.named(&name);
                    Ok((name, self.value(value, line, inner)?))
                });
                RawKind::Map(entries.collect::<Result<_, Box<Diagnostic>>>()?)
            }
            _ => RawKind::Number(Arc::from(text)),
        };
        Ok(raw(kind, &self.file, line))
    }

    fn named(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(name);
        self.names.insert(Arc::clone(&name));
        name
    }
}

/// The entries of an object, in their order, repeats kept.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;

        impl<'de> Visitor<'de> for Visit {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}
