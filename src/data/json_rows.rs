//! A table in JSON that is larger than a document may be: a list of objects, read one after the other and never
//! held whole.

use super::fault::fault;
use super::files::{decode, io_fault, open_counted};
use super::read_json;
use super::rows::{Each, Found, Wanted};
use super::source::Source;
use super::{Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::progress::Tally;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read};

/// Hands on every row that is wanted. Rows have lines where each begins on one of its own.
pub(super) fn each_row(
    source: &Source,
    limits: &Limits,
    tally: &Tally,
    wanted: &mut Wanted<'_>,
    each: &mut Each<'_>,
) -> Result<(), Diagnostics> {
    let name = source.shown();
    let input = open_counted(&source.path, name, source.encoding.packing, tally.clone())?;
    let mut items = Items { name, limits, input: BufReader::with_capacity(1 << 16, input), line: 1 };
    let mut found = Found::new(source, limits);
    let mut next = items.first().map_err(|fault| vec![*fault])?;
    let mut has_lines = None;
    while let Some(item) = next {
        // What is no JSON between rows ends the reading; those before it are rows all the same.
        let after = items.next();
        let follows = after.as_ref().ok().and_then(Option::as_ref);
        let has_lines = *has_lines.get_or_insert(follows.is_none_or(|after| after.line > item.line));
        match wanted().then(|| items.row(&item, has_lines)).transpose() {
            Ok(None) => {}
            Ok(Some(row)) => {
                if !each(row) {
                    return found.finish();
                }
            }
            Err(faults) => faults.into_iter().for_each(|fault| found.push(fault)),
        }
        next = after.unwrap_or_else(|fault| {
            found.push(*fault);
            None
        });
    }
    found.finish()
}

/// An item of the list as it stands, and the line on which it begins.
struct Item {
    text: Vec<u8>,
    line: u32,
}

struct Items<'a, R> {
    name: &'a str,
    limits: &'a Limits,
    input: BufReader<R>,
    line: u32,
}

/// Where the next byte of an item stands.
#[derive(Debug, Default)]
struct Within {
    /// How many brackets are open.
    depth: usize,
    stands: Stands,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    OutsideText,
    InText,
    /// Behind a `\` in a text.
    Escaped,
    /// Behind the bracket that closes the item.
    Closed,
    /// Behind the item.
    Behind,
}

impl Within {
    /// Whether the next byte is the item's.
    fn takes(&mut self, byte: u8) -> bool {
        let ends = self.depth == 0 && matches!(byte, b',' | b']' | b'}');
        self.stands = match (self.stands, byte) {
            (Stands::Closed | Stands::Behind, _) => Stands::Behind,
            (Stands::OutsideText, _) if ends => Stands::Behind,
            (Stands::OutsideText, b'"') | (Stands::Escaped, _) => Stands::InText,
            (Stands::InText, b'"') => Stands::OutsideText,
            (Stands::InText, b'\\') => Stands::Escaped,
            (Stands::OutsideText, b'{' | b'[') => {
                self.depth = self.depth.saturating_add(1);
                Stands::OutsideText
            }
            (Stands::OutsideText, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 { Stands::Closed } else { Stands::OutsideText }
            }
            (other, _) => other,
        };
        self.stands != Stands::Behind
    }
}

impl<R: Read> Items<'_, R> {
    /// The first item, behind the bracket that opens the list; none where the list is empty.
    fn first(&mut self) -> Result<Option<Item>, Box<Diagnostic>> {
        let mut opening = self.blank()?;
        // The mark that some programs begin a file with.
        for byte in "\u{feff}".bytes() {
            if opening == Some(byte) {
                self.take()?;
                opening = self.blank()?;
            }
        }
        if opening != Some(b'[') {
            let message = "the file holds no list of rows, expected one";
            let help = "a table is a list of objects, as in `[{ \"id\": \"E1\" }]`";
            return Err(Box::new(fault(Code::DataSyntax, self.name, Some(self.line), message).help(help)));
        }
        self.take()?;
        if self.blank()? == Some(b']') {
            self.take()?;
            return self.end().map(|()| None);
        }
        self.item().map(Some)
    }

    /// The item after another; none at the end of the list.
    fn next(&mut self) -> Result<Option<Item>, Box<Diagnostic>> {
        match self.blank()? {
            Some(b',') => {
                self.take()?;
                self.blank()?;
                self.item().map(Some)
            }
            Some(b']') => {
                self.take()?;
                self.end().map(|()| None)
            }
            Some(_) => Err(self.malformed("a `,` or a `]` is missing behind a row")),
            None => Err(self.malformed("the list is not closed")),
        }
    }

    /// The bytes of an item up to what follows it, which is not taken.
    fn item(&mut self) -> Result<Item, Box<Diagnostic>> {
        let (line, mut text) = (self.line, Vec::new());
        let mut within = Within::default();
        while within.stands != Stands::Behind && self.peek()?.is_some() {
            let bytes = self.input.buffer();
            let room = self.limits.document_bytes.saturating_sub(text.len());
            let taken = bytes.iter().take(room).take_while(|byte| within.takes(**byte)).count();
            let own = bytes.get(..taken).unwrap_or_default();
            let lines = memchr::memchr_iter(b'\n', own).count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            text.extend_from_slice(own);
            self.input.consume(taken);
            let is_full = taken == room && within.stands != Stands::Behind;
            if is_full && self.peek()?.is_some_and(|byte| within.takes(byte)) {
                let message = format!("a row is longer than {} bytes", self.limits.document_bytes);
                let found = fault(Code::FileTooLarge, self.name, Some(line), message);
                return Err(Box::new(found.help("check that every text of the row is closed")));
            }
        }
        Ok(Item { text, line })
    }

    /// The row of an item.
    fn row(&self, item: &Item, has_lines: bool) -> Result<Raw, Diagnostics> {
        let before = item.line.saturating_sub(1);
        let later = |line: &mut Option<u32>| {
            *line = line.filter(|_| has_lines).map(|line| line.saturating_add(before));
        };
        let text = item.text.trim_ascii();
        if text.is_empty() {
            return Err(vec![*self.malformed_at(item.line, "a row is missing")]);
        }
        let read = decode(self.name, text).and_then(|text| read_json(self.name, text, self.limits));
        let mut row = read.map_err(|mut faults| {
            faults.iter_mut().filter_map(|f| f.subject.as_mut()).for_each(|subject| later(&mut subject.line));
            faults
        })?;
        row.each_line(&later);
        if matches!(row.kind, RawKind::Map(_)) {
            return Ok(row);
        }
        let message = "the list holds something else than an object, expected one row";
        let help = "each item is one row with its fields by name, as in `{ \"id\": \"E1\" }`";
        Err(vec![fault(Code::DataSyntax, self.name, Some(item.line), message).help(help)])
    }

    /// Nothing may stand behind the list.
    fn end(&mut self) -> Result<(), Box<Diagnostic>> {
        match self.blank()? {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the list")),
        }
    }

    /// Passes over blanks; answers what follows.
    fn blank(&mut self) -> Result<Option<u8>, Box<Diagnostic>> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.take()?;
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, Box<Diagnostic>> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unread(&error)),
            }
        }
    }

    fn take(&mut self) -> Result<(), Box<Diagnostic>> {
        if self.peek()? == Some(b'\n') {
            self.line = self.line.saturating_add(1);
        }
        self.input.consume(1);
        Ok(())
    }

    fn unread(&self, error: &Error) -> Box<Diagnostic> {
        let found = io_fault(self.name, error).pop();
        Box::new(found.unwrap_or_else(|| fault(Code::DataUnreadable, self.name, None, "it cannot be read")))
    }

    fn malformed(&self, message: &str) -> Box<Diagnostic> {
        self.malformed_at(self.line, message)
    }

    fn malformed_at(&self, line: u32, message: &str) -> Box<Diagnostic> {
        let help =
            "a table is a list of objects in strict JSON, as in `[{ \"id\": \"E1\" }, { \"id\": \"E2\" }]`";
        Box::new(fault(Code::DataSyntax, self.name, Some(line), message).help(help))
    }
}
