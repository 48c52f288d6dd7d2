//! On which lines of a file the rows of a table stand.

use crate::eval::Places;
use crate::value::{Filling, Meaning, Packed, Part, Place, Segment, Store};
use std::sync::Arc;

/// The lines of rows as they are read.
#[derive(Debug, Default)]
pub struct Standing {
    /// Lines that were read, all rows and empty lines together.
    lines: u32,
    /// The line of the first row since the last segment.
    first: u32,
    rows: usize,
    /// How far each row stands below where it would if each stood on the line after the one before; nothing
    /// where each does.
    beyond: Vec<i64>,
}

/// The lines of a segment's rows.
#[derive(Debug)]
pub struct Stood {
    /// The line of the first row, from 0.
    first: u32,
    rows: usize,
    /// How far below their own number rows stand, where some row does.
    beyond: Option<Part>,
}

impl Standing {
    /// Passes over empty lines.
    pub fn pass(&mut self, lines: u32) {
        self.lines = self.lines.saturating_add(lines);
    }

    /// The line at which reading is, from 0.
    pub fn line(&self) -> u32 {
        self.lines
    }

    /// Goes on to a line, from 0, that was not read yet; none where it was.
    pub fn go_to(&mut self, line: u32) -> Option<()> {
        (line >= self.lines).then(|| self.lines = line)
    }

    /// Adds rows with a line each.
    pub fn add(&mut self, rows: usize) {
        if self.rows == 0 {
            self.first = self.lines;
        }
        let number = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let beyond = self.lines.saturating_sub(self.first).saturating_sub(number);
        let all = self.rows.saturating_add(rows);
        if beyond > 0 || !self.beyond.is_empty() {
            self.beyond.resize(self.rows, 0);
            self.beyond.resize(all, beyond.into());
        }
        self.rows = all;
        self.pass(u32::try_from(rows).unwrap_or(u32::MAX));
    }

    /// Adds rows with so many lines each; with one each where nothing is said.
    pub fn add_over(&mut self, rows: usize, lines: &[u32]) {
        if lines.is_empty() {
            return self.add(rows);
        }
        for more in lines {
            self.add(1);
            self.pass(more.saturating_sub(1));
        }
    }

    /// The lines of the rows since the last segment.
    pub fn close(&mut self, store: Option<&Arc<dyn Store>>) -> Stood {
        let beyond = std::mem::take(&mut self.beyond);
        let segment = (!beyond.is_empty()).then(|| Segment::new(Filling::Numbers(&beyond), None, Vec::new()));
        let rows = std::mem::take(&mut self.rows);
        Stood { first: self.first, rows, beyond: segment.map(|s| Part::stored(s, store)) }
    }

    /// How many lines were read; none are then.
    pub fn finish(&mut self) -> u32 {
        std::mem::take(&mut self.lines)
    }
}

impl Stood {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The same after so many lines more.
    pub fn after(self, lines: u32) -> Self {
        Self { first: self.first.saturating_add(lines), ..self }
    }
}

/// The places of a table's rows by those of its segments; lines count from that of `top`.
pub fn places(top: Place, segments: Vec<Stood>, store: Option<&Arc<dyn Store>>) -> Places {
    let top_line = top.line.unwrap_or(0);
    let start = segments.first().map_or(0, |s| s.first);
    let mut next = start;
    let mut follow = true;
    for segment in &segments {
        follow &= segment.first == next && segment.beyond.is_none();
        next = next.saturating_add(u32::try_from(segment.rows).unwrap_or(u32::MAX));
    }
    if follow {
        return Places::Lines(Place { line: top.line.map(|line| line.saturating_add(start)), ..top });
    }
    let firsts = segments.iter().map(|s| s.first.saturating_add(top_line)).collect();
    let parts = segments.into_iter().map(|segment| {
        let each = || Segment::new(Filling::Numbers(&vec![0; segment.rows]), None, Vec::new());
        segment.beyond.unwrap_or_else(|| each().into())
    });
    let beyond = Packed::of_parts(Meaning::Number { times: 1, over: 1 }, parts.collect(), store.cloned());
    Places::Apart { file: top, firsts, beyond: Arc::new(beyond) }
}

/// The same places, put away where memory has no room for them.
pub fn put_away(places: Places, store: Option<&Arc<dyn Store>>) -> Places {
    let (Places::Apart { file, firsts, beyond }, Some(_)) = (&places, store) else { return places };
    let parts = beyond.parts().iter().map(|part| Part::stored(part.clone().into_segment(), store));
    let beyond = Packed::of_parts(beyond.meaning().clone(), parts.collect(), store.cloned());
    Places::Apart { file: file.clone(), firsts: Arc::clone(firsts), beyond: Arc::new(beyond) }
}
