//! A file's lines in blocks: each holds whole records, also where cells in quotes run over lines.

use super::bounds::{quoted, whole};
use super::cell;
use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes read at a time.
pub const BLOCK: usize = 1 << 18;
/// Bytes of the longest record.
pub const LONGEST: usize = 1 << 20;

/// The first line of a file that is not empty, which names the columns.
pub struct Header {
    /// The names.
    pub names: Vec<String>,
    /// The line itself and the empty ones before it.
    pub bytes: Vec<u8>,
    /// How many lines those are.
    pub lines: u32,
}

impl Header {
    /// The header that a file begins with; none where it is none of the plain kind, one line of text.
    pub fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut reader = reader.take(1 << 16);
        let (mut bytes, mut begin, mut lines) = (Vec::new(), 0, 0_u32);
        loop {
            reader.read_until(b'\n', &mut bytes).ok()?;
            lines = lines.checked_add(1)?;
            let line = bytes.get(begin..)?;
            let marked = if lines == 1 { line.strip_prefix("\u{feff}".as_bytes()) } else { None };
            let line = marked.unwrap_or(line).strip_suffix(b"\n")?;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                let names = names(std::str::from_utf8(line).ok()?)?;
                return Some(Self { names, bytes, lines });
            }
            begin = bytes.len();
        }
    }

    /// The line after it.
    pub fn first_line(&self) -> Option<u32> {
        self.lines.checked_add(1)
    }
}

/// The cells of a line that stands alone.
fn names(line: &str) -> Option<Vec<String>> {
    let (mut names, mut rest) = (Vec::new(), line.as_bytes());
    loop {
        let (name, after) = if rest.first() == Some(&b'"') {
            let (name, after) = rest.split_at_checked(quoted(rest)?)?;
            (cell::quoted(name)?, after)
        } else {
            let (name, after) = rest.split_at_checked(memchr::memchr(b',', rest).unwrap_or(rest.len()))?;
            (name.to_vec(), after)
        };
        names.push(String::from_utf8(name).ok()?);
        rest = match after.split_first() {
            None => return (!line.contains(['\r', '\0'])).then_some(names),
            Some((b',', more)) => more,
            Some(_) => return None,
        };
    }
}

/// Room for what is read at a time.
pub fn room() -> Vec<u8> {
    vec![0; BLOCK]
}

/// Reads the records of a range of a file: those that begin in it.
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
    /// Why nothing more can be read. A reader that has failed once may say later that it is at its end.
    failed: Option<Failed>,
}

/// Why lines cannot be read further.
#[derive(Debug)]
pub enum Failed {
    /// What they are read from.
    Unread(std::io::Error),
    /// A record is longer than one may be.
    Endless,
}

impl Lines<File> {
    /// The records that begin from `start` on and before `end`: the first with the first line that does,
    /// or right at `start` where that is known to be the place of one. `block` is room for what is read.
    pub fn open(path: &Path, (start, end): (u64, u64), is_known: bool, block: Vec<u8>) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        // A line that begins at `start` is this range's; to see that it does, one byte more is read.
        let from = if is_known { start } else { start.checked_sub(1)? };
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut lines = Self { file, block, filled: 0, used: 0, at: from, end, done: false, failed: None };
        if !is_known {
            lines.skip_line()?;
        }
        Some(lines)
    }

    /// Where in the file the next record begins.
    pub fn place(&self) -> Option<u64> {
        self.at.checked_sub(u64::try_from(self.filled.checked_sub(self.used)?).ok()?)
    }
}

impl<R: Read> Lines<R> {
    /// All records that are left to read, so many bytes at a time or as many more as one has.
    pub fn rest(file: R, length: usize) -> Self {
        let block = vec![0; length.clamp(1, BLOCK)];
        Self { file, block, filled: 0, used: 0, at: 0, end: u64::MAX, done: false, failed: None }
    }

    /// What was read and not handed out.
    pub fn left(&self) -> &[u8] {
        self.block.get(self.used..self.filled).unwrap_or_default()
    }

    /// Why nothing more could be read.
    pub fn failed(&self) -> Option<&Failed> {
        self.failed.as_ref()
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
        if self.failed.is_some() {
            return None;
        }
        self.block.copy_within(self.used..self.filled, 0);
        self.filled = self.filled.checked_sub(self.used)?;
        self.used = 0;
        if self.filled == self.block.len() {
            if self.block.len() >= LONGEST {
                self.failed = Some(Failed::Endless);
                return None;
            }
            self.block.resize(self.block.len().saturating_mul(2).min(LONGEST), 0);
        }
        loop {
            match self.file.read(self.block.get_mut(self.filled..)?) {
                Ok(read) => {
                    self.filled = self.filled.checked_add(read)?;
                    self.at = self.at.checked_add(u64::try_from(read).ok()?)?;
                    return Some(read > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(Failed::Unread(error));
                    return None;
                }
            }
        }
    }

    /// The next block of whole records, none after the last; an outer none where the file cannot be read
    /// so, as where a quote is open for longer than a record may be. A last line without an end is given one.
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
            let length = whole(left, room);
            if length > 0 {
                self.used = begin.saturating_add(length);
                self.done = length >= room;
                return Some(self.block.get(begin..self.used));
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
