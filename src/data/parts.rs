//! What the parts of a workbook come to once they are unpacked, seen before anything of them is kept: the library
//! that reads workbooks holds the texts that sheets share, and one row of a sheet at a time, whatever their size.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of a tag that are looked at.
const TAG: usize = 4_096;
/// Bytes that a text takes besides its own, about.
const TEXT: u64 = 48;
/// Bytes that a text's place among the others takes.
const ENTRY: u64 = 24;
/// How much larger styles are in memory than in the file at most, and names and relationships, about.
const STYLES: u64 = 16;
const WHOLE: u64 = 4;
/// The element that holds the rows of a sheet.
const ROWS: &[u8] = b"sheetData";

/// A part of a workbook, looked at as it is unpacked.
#[derive(Debug)]
pub(super) struct Part {
    bytes: u64,
    is_looked_at: bool,
    /// Elements around what is a unit: a row, or a text.
    level: usize,
    state: State,
    /// The beginning of the tag at hand, and its last byte.
    tag: Vec<u8>,
    last: u8,
    depth: usize,
    /// Bytes since the last unit ended, and the most that one had.
    since: u64,
    longest: u64,
    /// Texts that it holds, and says that it holds.
    texts: u64,
    said: u64,
    /// How much larger it is in memory, where it is read as a whole.
    factor: Option<u64>,
    rows: Rows,
    /// Whether it declares what no workbook does, so that nobody knows how it goes on.
    is_odd: bool,
    /// Its first letter or sign.
    begins: Option<u8>,
    /// The end of the bytes before, among which the name of the rows' element may begin.
    tail: Vec<u8>,
}

/// What was met of the element that holds a sheet's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    Nothing,
    /// Its name, wherever it stands.
    Named,
    /// Its end, behind which nothing is read.
    Ended,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Text,
    Opened,
    Tag,
    Quoted(u8),
    Declared,
    /// Dashes, brackets or question marks before the byte at hand.
    Comment(usize),
    Verbatim(usize),
    Instruction(bool),
}

impl Part {
    /// The part of a name. Where memory has no bound, all but its texts are only counted.
    pub(super) fn new(name: &str, is_bounded: bool) -> Self {
        let name = name.to_lowercase();
        let holds_texts = name.ends_with("sharedstrings.xml");
        let factor =
            [("sharedstrings.xml", 1), ("styles.xml", STYLES), ("theme1.xml", WHOLE), (".rels", WHOLE)];
        let factor = factor.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, factor)| factor);
        Self {
            bytes: 0,
            is_looked_at: is_bounded || holds_texts,
            level: if holds_texts { 1 } else { 2 },
            state: State::Text,
            tag: Vec::new(),
            last: 0,
            depth: 0,
            since: 0,
            longest: 0,
            texts: 0,
            said: 0,
            factor,
            rows: Rows::Nothing,
            is_odd: false,
            begins: None,
            tail: Vec::new(),
        }
    }

    /// Bytes that it unpacks to.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of memory that are held of it for as long as the workbook is open, about.
    pub(super) fn kept(&self) -> u64 {
        // A picture may look as if it declared something.
        let odd = (self.is_odd && self.begins == Some(b'<')).then_some(WHOLE);
        self.factor.or(odd).map_or(0, |factor| {
            self.bytes.saturating_mul(factor).saturating_add(self.texts.saturating_mul(TEXT))
        })
    }

    /// Bytes of its longest row or text; none where it holds neither.
    pub(super) fn longest(&self) -> u64 {
        match self.rows {
            Rows::Nothing if self.texts == 0 => 0,
            Rows::Named | Rows::Ended if self.is_odd => u64::MAX,
            Rows::Ended => self.longest,
            Rows::Nothing | Rows::Named => self.longest.max(self.since),
        }
    }

    /// Bytes that room is made for before any text is read, since it says that it holds so many.
    pub(super) fn asked(&self) -> u64 {
        self.said.saturating_mul(ENTRY)
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(first) = rest.first().copied() {
            let was_text = matches!(self.state, State::Text);
            let taken = self.step(first, rest);
            self.since = self.since.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            let has_ended = !was_text && matches!(self.state, State::Text);
            if has_ended && self.depth <= self.level && self.rows != Rows::Ended {
                self.longest = self.longest.max(self.since);
                self.since = 0;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Takes some of the bytes at hand, of which the first is given; answers how many.
    fn step(&mut self, first: u8, rest: &[u8]) -> usize {
        match self.state {
            State::Text => match memchr::memchr(b'<', rest) {
                Some(at) => {
                    self.state = State::Opened;
                    at.saturating_add(1)
                }
                None => rest.len(),
            },
            State::Opened => {
                self.tag.clear();
                self.last = 0;
                self.state = match first {
                    b'!' => State::Declared,
                    b'?' => State::Instruction(false),
                    _ => State::Tag,
                };
                usize::from(matches!(first, b'!' | b'?'))
            }
            State::Tag => {
                let at = memchr::memchr3(b'>', b'"', b'\'', rest).unwrap_or(rest.len());
                self.keep(rest.get(..at).unwrap_or_default());
                match rest.get(at).copied() {
                    Some(b'>') => {
                        self.close();
                        self.state = State::Text;
                    }
                    Some(quote) => {
                        self.keep(&[quote]);
                        self.state = State::Quoted(quote);
                    }
                    None => return at,
                }
                at.saturating_add(1)
            }
            State::Quoted(quote) => {
                let end = memchr::memchr(quote, rest).map(|at| at.saturating_add(1));
                let taken = end.unwrap_or(rest.len());
                self.keep(rest.get(..taken).unwrap_or_default());
                if end.is_some() {
                    self.state = State::Tag;
                }
                taken
            }
            State::Declared => {
                self.tag.push(first);
                let (comment, verbatim) = (&b"--"[..], &b"[CDATA["[..]);
                if self.tag == comment {
                    self.state = State::Comment(0);
                } else if self.tag == verbatim {
                    self.state = State::Verbatim(0);
                } else if !comment.starts_with(&self.tag) && !verbatim.starts_with(&self.tag) {
                    self.is_odd = true;
                    self.state = State::Tag;
                }
                1
            }
            State::Comment(dashes) => {
                self.state = match first {
                    b'>' if dashes >= 2 => State::Text,
                    b'-' => State::Comment(dashes.saturating_add(1)),
                    _ => State::Comment(0),
                };
                1
            }
            State::Verbatim(brackets) => {
                self.state = match first {
                    b'>' if brackets >= 2 => State::Text,
                    b']' => State::Verbatim(brackets.saturating_add(1)),
                    _ => State::Verbatim(0),
                };
                1
            }
            State::Instruction(is_asked) => {
                self.state = match first {
                    b'>' if is_asked => State::Text,
                    other => State::Instruction(other == b'?'),
                };
                1
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = TAG.saturating_sub(self.tag.len());
        self.tag.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.last = bytes.last().copied().unwrap_or(self.last);
    }

    /// Ends a tag.
    fn close(&mut self) {
        let is_end = self.tag.first() == Some(&b'/');
        let is_alone = !is_end && self.last == b'/';
        if is_end {
            self.depth = self.depth.saturating_sub(1);
        } else if !is_alone {
            self.depth = self.depth.saturating_add(1);
        }
        let name = self.tag.strip_prefix(b"/").unwrap_or(&self.tag);
        let end = name.iter().position(|b| b.is_ascii_whitespace() || *b == b'/');
        let name = end.and_then(|end| name.get(..end)).unwrap_or(name);
        let prefix = name.iter().position(|b| *b == b':');
        let name = prefix.and_then(|at| name.get(at.saturating_add(1)..)).unwrap_or(name);
        match name {
            b"si" if !is_end => self.texts = self.texts.saturating_add(1),
            b"sst" if !is_end => self.said = self.said.max(self.count()),
            b"sheet" | b"definedName" => self.factor = self.factor.or(Some(WHOLE)),
            ROWS if is_end || is_alone => {
                self.longest = self.longest.max(self.since);
                self.rows = Rows::Ended;
            }
            _ => {}
        }
    }

    /// How many texts the tag at hand says that there are.
    fn count(&self) -> u64 {
        if self.tag.len() >= TAG {
            return u64::MAX;
        }
        let name = b"uniqueCount";
        let Some(at) = memchr::memmem::find(&self.tag, name) else { return 0 };
        let after = self.tag.get(at.saturating_add(name.len())..).unwrap_or_default();
        let digits = after.iter().skip_while(|b| !b.is_ascii_digit()).take_while(|b| b.is_ascii_digit());
        digits.fold(0_u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d.saturating_sub(b'0'))))
    }

    /// Looks for the name of the rows' element, wherever it stands.
    fn look(&mut self, bytes: &[u8]) {
        if self.rows != Rows::Nothing {
            return;
        }
        let before = ROWS.len().saturating_sub(1);
        self.tail.extend_from_slice(bytes.get(..before).unwrap_or(bytes));
        if memchr::memmem::find(&self.tail, ROWS).or_else(|| memchr::memmem::find(bytes, ROWS)).is_some() {
            self.rows = Rows::Named;
        }
        if bytes.len() >= before {
            self.tail.clear();
            self.tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(before)..).unwrap_or_default());
        } else {
            let passed = self.tail.len().saturating_sub(before);
            self.tail.drain(..passed);
        }
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if !self.is_looked_at {
            return Ok(bytes.len());
        }
        let mut own = bytes.iter().filter(|b| !b.is_ascii_whitespace() && b.is_ascii());
        self.begins = self.begins.or_else(|| own.next().copied());
        self.look(bytes);
        self.feed(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a workbook is read from: its file, or its bytes.
pub(super) trait Lasting: Read + Seek + Send {}

impl<T: Read + Seek + Send> Lasting for T {}

/// A file of which no more than so many bytes are read, as of the list of its parts.
pub(super) struct Within<R> {
    pub(super) inner: R,
    pub(super) left: u64,
}

impl<R> Within<R> {
    /// Whether more was to be read.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }
}

impl<R: Read> Read for Within<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        if self.is_over() { Err(io::Error::other("the list of its parts is too long")) } else { Ok(read) }
    }
}

impl<R: Seek> Seek for Within<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part that comes in pieces of so many bytes.
    fn part(name: &str, text: &str, piece: usize) -> Part {
        let mut part = Part::new(name, true);
        for bytes in text.as_bytes().chunks(piece) {
            part.write_all(bytes).unwrap();
        }
        part
    }

    #[test]
    fn rows_are_measured_whatever_stands_in_them() {
        let long = "x".repeat(500);
        for (row, is_long) in [
            ("<row><c><v>1</v></c></row>".to_owned(), false),
            (format!("<row><c><v>{long}</v></c></row>"), true),
            (format!("<row a='</sheetData>{long}'/>"), true),
            (format!("<row><!-- </row><row></sheetData> {long} --></row>"), true),
            (format!("<row><![CDATA[ </row><row></sheetData> {long} ]]></row>"), true),
            (format!("<?x </sheetData> {long} ?>"), true),
            (format!("{long}<row/>"), true),
            (format!("<x:row><x:c>{}</x:c></x:row>", "<a/>".repeat(150)), true),
            ("<a>".repeat(200), true),
            (format!("<!DOCTYPE {long}>"), true),
            ("<row><c/></row>".repeat(300), false),
        ] {
            for piece in [1, 2, 7, 100_000] {
                let text = format!("<?xml?><worksheet><sheetData>{row}</sheetData>{long}</worksheet>");
                let part = part("xl/worksheets/sheet1.xml", &text, piece);
                assert_eq!(part.longest() > 500, is_long, "{row} by {piece}: {part:?}");
                assert_eq!(part.kept() > 0, row.contains("DOCTYPE"), "{row}");
            }
        }
        assert_eq!(part("xl/media/a.png", &format!("<{long}\"<"), 9).longest(), 0);
        assert_eq!(part("xl/media/a.png", &format!("PNG<!{long}"), 9).kept(), 0);
        assert_eq!(part("a.xml", "<x><!D <sheetData>\"", 3).longest(), u64::MAX);
    }

    #[test]
    fn what_is_kept_is_about_what_it_takes() {
        let texts = "<si><t>one</t></si>".repeat(100);
        let kept = |count: u64| {
            part("xl/SharedStrings.xml", &format!("<sst uniqueCount=\"{count}\">{texts}</sst>"), 50)
        };
        assert!((6_000..8_000).contains(&kept(100).kept()), "{}", kept(100).kept());
        assert!(kept(100).longest() < 60);
        assert_eq!((kept(100).asked(), kept(1_000_000).asked()), (2_400, 24_000_000));
        assert!(part("xl/styles.xml", "<styleSheet/>", 3).kept() > 100);
        assert!(
            part("xl/any.xml", "<workbook><sheets><sheet name='a'/></sheets></workbook>", 3).kept() > 100
        );
        assert_eq!(part("xl/calcChain.xml", "<calcChain><c r='A1'/></calcChain>", 3).kept(), 0);
    }
}
