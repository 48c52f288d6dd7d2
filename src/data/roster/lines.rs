//! A file's lines in blocks, each whole.

use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes read at a time.
const BLOCK: usize = 1 << 18;
/// The longest line.
const LONGEST: usize = 1 << 20;

/// The header's names and its line; none where the header is none of the plain kind.
pub fn header(reader: &mut impl BufRead) -> Option<(Vec<String>, Vec<u8>)> {
    let mut line = Vec::new();
    reader.take(1 << 16).read_until(b'\n', &mut line).ok()?;
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (!text.contains('"')).then_some(())?;
    let names = text.split(',').map(str::to_owned).collect();
    Some((names, line))
}

/// Room for what is read at a time.
pub fn room() -> Vec<u8> {
    vec![0; BLOCK]
}

/// Reads the lines of a range of a file: those that begin in it.
pub struct Lines<R> {
    file: R,
    block: Vec<u8>,
    /// Bytes of the block that are read.
    filled: usize,
    /// Bytes of the block that were handed out.
    used: usize,
    /// Where in the file the block's bytes end.
    at: u64,
    end: u64,
    done: bool,
}

impl Lines<File> {
    /// The lines that begin from `start` on and before `end`; the first of all begins at `first`.
    /// `block` is room for what is read.
    pub fn open(path: &Path, start: u64, end: u64, first: u64, block: Vec<u8>) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        // A line that begins at `start` is this range's; to see that it does, one byte more is read.
        let from = if start == first { start } else { start.checked_sub(1)? };
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut lines = Self { file, block, filled: 0, used: 0, at: from, end, done: false };
        if start != first {
            lines.skip_line()?;
        }
        Some(lines)
    }
}

impl<R: Read> Lines<R> {
    /// All lines that are left to read.
    pub fn rest(file: R) -> Self {
        Self { file, block: room(), filled: 0, used: 0, at: 0, end: u64::MAX, done: false }
    }

    /// The room for what is read, for other lines.
    pub fn room(self) -> Vec<u8> {
        self.block
    }

    /// Passes over the rest of the line that belongs to the range before.
    fn skip_line(&mut self) -> Option<()> {
        loop {
            if let Some(end) = self.block.get(self.used..self.filled)?.iter().position(|b| *b == b'\n') {
                self.used = self.used.saturating_add(end).saturating_add(1);
                return Some(());
            }
            self.used = self.filled;
            if !self.fill()? {
                self.done = true;
                return Some(());
            }
        }
    }

    /// Reads more; whether there was more.
    fn fill(&mut self) -> Option<bool> {
        self.block.copy_within(self.used..self.filled, 0);
        self.filled = self.filled.checked_sub(self.used)?;
        self.used = 0;
        if self.filled == self.block.len() {
            if self.block.len() >= LONGEST {
                return None;
            }
            self.block.resize(self.block.len().saturating_mul(2), 0);
        }
        loop {
            match self.file.read(self.block.get_mut(self.filled..)?) {
                Ok(read) => {
                    self.filled = self.filled.checked_add(read)?;
                    self.at = self.at.checked_add(u64::try_from(read).ok()?)?;
                    return Some(read > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }

    /// The next block of whole lines, none after the last; an outer none where the file cannot be read
    /// so, as where its last line has no end.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Option<&[u8]>> {
        if self.done {
            return Some(None);
        }
        loop {
            let begin = self.used;
            let left = self.block.get(begin..self.filled)?;
            // The place in the file where what is left begins.
            let place = self.at.checked_sub(u64::try_from(left.len()).ok()?)?;
            if place >= self.end {
                self.done = true;
                return Some(None);
            }
            let room = usize::try_from(self.end.checked_sub(place)?).unwrap_or(usize::MAX);
            let last = if left.len() >= room {
                // The last line that begins in the range may end beyond it.
                let tail = left.get(room.checked_sub(1)?..)?;
                let found = tail.iter().position(|b| *b == b'\n');
                found.map(|p| room.saturating_sub(1).saturating_add(p))
            } else {
                left.iter().rposition(|b| *b == b'\n')
            };
            if let Some(last) = last {
                let length = last.saturating_add(1);
                self.used = begin.saturating_add(length);
                self.done = length >= room;
                return Some(self.block.get(begin..begin.saturating_add(length)));
            }
            if !self.fill()? {
                // A last line without an end is given one.
                if self.filled > self.used {
                    if self.filled == self.block.len() {
                        self.block.push(0);
                    }
                    *self.block.get_mut(self.filled)? = b'\n';
                    let begin = self.used;
                    let end = self.filled.saturating_add(1);
                    self.used = end;
                    self.filled = end;
                    self.done = true;
                    return Some(self.block.get(begin..end));
                }
                self.done = true;
                return Some(None);
            }
        }
    }
}
