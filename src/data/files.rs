//! Files read with care: what is missing, not a file, not text or too large is refused before it is
//! read whole.

use super::Raw;
use super::fault::{fault, shown, too_large};
use super::format::Packing;
#[cfg(feature = "xlsx")]
use super::parts::Lasting;
use super::unpack::unpacked;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::progress::Tally;
use crate::source::is_utf_16;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes read before a file is looked at for the first time, and at a time after that.
const CHUNK: usize = 1 << 16;

/// The name that messages show for what comes through a pipe.
pub(super) const STANDARD_INPUT: &str = "standard input";

/// The help line for a file in another encoding.
const SAVE_AS_UTF_8: &str = "save the file with the encoding UTF-8; a spreadsheet calls it \"CSV UTF-8\"";

/// Whether a path means standard input.
pub(super) fn is_standard_input(path: &str) -> bool {
    path == "-" || path == "/dev/stdin"
}

/// What is at a path: a regular file or a folder, or else the fault of it.
pub(super) fn inspect(path: &Path, shown_path: &str) -> Result<Metadata, Diagnostics> {
    let metadata = fs::metadata(path).map_err(|error| io_fault(shown_path, &error))?;
    if metadata.is_file() || metadata.is_dir() {
        return Ok(metadata);
    }
    let message = format!("{} is not a regular file", shown(shown_path));
    let help = "save the data to a file first, or give `-` to read a JSON document from standard input";
    Err(vec![fault(Code::DataUnreadable, shown_path, None, message).help(help)])
}

/// The fault of what the system refuses.
pub(super) fn io_fault(shown_path: &str, error: &io::Error) -> Diagnostics {
    let path = shown(shown_path);
    let (message, help) = match error.kind() {
        ErrorKind::NotFound if shown_path.is_empty() => {
            ("no data file is named".to_owned(), "write the path of a file or folder")
        }
        ErrorKind::NotFound => {
            (format!("{path} does not exist"), "check the path; it is looked up from the current folder")
        }
        ErrorKind::NotADirectory => {
            (format!("{path} does not exist"), "a part of the path is a file, not a folder")
        }
        ErrorKind::PermissionDenied => (format!("{path} may not be read"), "ask for permission to read it"),
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::Other => (
            format!("{path} cannot be unpacked: {error}"),
            "the file is damaged or not packed so; make it anew",
        ),
        _ => (format!("{path} cannot be read: {error}"), "check the path and the file"),
    };
    vec![fault(Code::DataUnreadable, shown_path, None, message).help(help)]
}

/// The bytes of a regular file as it lies there; none of anything else.
pub(super) fn length(path: &str) -> u64 {
    fs::metadata(path).ok().filter(Metadata::is_file).map_or(0, |metadata| metadata.len())
}

/// Reads a document's text, bounded by `limits.document_bytes`, and hands it to a reader.
pub(super) fn read_text(
    path: &str,
    shown_path: &str,
    packing: Packing,
    limits: &Limits,
    reader: impl FnOnce(&str) -> Result<Raw, Diagnostics>,
) -> Result<Raw, Diagnostics> {
    let bytes = read_bytes(path, shown_path, packing, Some(limits.document_bytes))?;
    reader(decode(shown_path, &bytes)?)
}

/// The bytes of a regular file or of standard input, unpacked, at most `limit`.
pub(super) fn read_bytes(
    path: &str,
    shown_path: &str,
    packing: Packing,
    limit: Option<usize>,
) -> Result<Vec<u8>, Diagnostics> {
    if packing == Packing::Plain
        && let (Some(limit), false) = (limit, is_standard_input(path))
        && usize::try_from(inspect(Path::new(path), shown_path)?.len()).map_or(true, |size| size > limit)
    {
        return Err(vec![too_large(shown_path, limit)]);
    }
    read_checked(open(path, shown_path, packing)?, shown_path, limit)
}

/// A regular file or standard input, unpacked as it is read.
pub(super) fn open(
    path: &str,
    shown_path: &str,
    packing: Packing,
) -> Result<Box<dyn Read + Send>, Diagnostics> {
    open_counted(path, shown_path, packing, Tally::default())
}

/// The same where the bytes of a file are counted as it has them, packed ones for a packed file.
pub(super) fn open_counted(
    path: &str,
    shown_path: &str,
    packing: Packing,
    tally: Tally,
) -> Result<Box<dyn Read + Send>, Diagnostics> {
    if is_standard_input(path) {
        return unpacked(io::stdin(), packing).map_err(|error| io_fault(shown_path, &error));
    }
    let metadata = inspect(Path::new(path), shown_path)?;
    if metadata.is_dir() {
        let message = format!("{} is a folder, expected a file", shown(shown_path));
        return Err(vec![
            fault(Code::DataUnreadable, shown_path, None, message).help("give the path of a file"),
        ]);
    }
    let file = File::open(path).map_err(|error| io_fault(shown_path, &error))?;
    unpacked(Counted { file, tally }, packing).map_err(|error| io_fault(shown_path, &error))
}

/// A file whose bytes are counted as they are read.
pub(super) struct Counted<R> {
    pub file: R,
    pub tally: Tally,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        self.tally.add(read);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

/// A regular file, which can be read here and there; at most so many bytes of standard input, which stay in memory.
#[cfg(feature = "xlsx")]
pub(super) fn open_seekable(
    path: &str,
    shown_path: &str,
    limit: u64,
) -> Result<Box<dyn Lasting>, Diagnostics> {
    let mut opened = open(path, shown_path, Packing::Plain)?.take(limit);
    if is_standard_input(path) {
        let mut bytes = Vec::new();
        opened.read_to_end(&mut bytes).map_err(|error| io_fault(shown_path, &error))?;
        return Ok(Box::new(io::Cursor::new(bytes)));
    }
    let file = File::open(path).map_err(|error| io_fault(shown_path, &error))?;
    Ok(Box::new(io::BufReader::new(file)))
}

/// The most of a packed table that is kept with the place of every value, in bytes: a hundred times what
/// its file has, which only a file made to fill the memory exceeds, or 64 MiB.
pub(super) fn unpacked_bound(path: &str) -> usize {
    let size = fs::metadata(path).map_or(0, |m| m.len());
    usize::try_from(size).unwrap_or(usize::MAX).saturating_mul(100).max(64 << 20)
}

/// Reads to the end, giving up where more than `limit` bytes come or a piece cannot be text.
fn read_checked(
    mut reader: impl Read,
    shown_path: &str,
    limit: Option<usize>,
) -> Result<Vec<u8>, Diagnostics> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0_u8; CHUNK];
    loop {
        let read = match reader.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(read) => chunk.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(io_fault(shown_path, &error)),
        };
        let head = bytes.is_empty();
        bytes.extend_from_slice(read);
        if limit.is_some_and(|limit| bytes.len() > limit) {
            return Err(vec![too_large(shown_path, limit.unwrap_or_default())]);
        }
        if read.contains(&0) {
            // UTF-16 has NUL bytes too, and its own help; the head is enough to tell.
            let head = bytes.get(..CHUNK.min(bytes.len())).unwrap_or_default();
            return Err(decode(shown_path, head).err().unwrap_or_else(|| vec![binary(shown_path, None)]));
        }
        if head && let Err(error) = std::str::from_utf8(&bytes) {
            // A character cut by the end of the piece is no fault yet.
            if error.error_len().is_some() {
                decode(shown_path, &bytes)?;
            }
        }
    }
}

/// The text of a data file: not empty, UTF-8, without NUL bytes; a byte order mark is dropped.
pub(super) fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostics> {
    if bytes.is_empty() {
        let message = format!("{} is empty", shown(file));
        return Err(vec![
            fault(Code::FileNotText, file, None, message).help("check that it is the right file"),
        ]);
    }
    if is_utf_16(bytes) {
        let message = format!("{} is written in UTF-16, expected UTF-8", shown(file));
        return Err(vec![fault(Code::FileNotText, file, None, message).help(SAVE_AS_UTF_8)]);
    }
    if let Some(line) = line_of_nul(bytes) {
        return Err(vec![binary(file, Some(line))]);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = count_lines(before).saturating_add(1);
            let message = format!("line {line} of {} is not UTF-8", shown(file));
            Err(vec![fault(Code::FileNotText, file, Some(line), message).help(SAVE_AS_UTF_8)])
        }
    }
}

/// The fault of a file that is not text.
fn binary(file: &str, line: Option<u32>) -> Diagnostic {
    fault(Code::FileNotText, file, line, format!("{} is not text: it holds a NUL character", shown(file)))
        .help("name the file by what it holds: a workbook ends in `.xlsx`, a packed table in `.csv.gz`")
}

/// The line of the first NUL byte.
fn line_of_nul(bytes: &[u8]) -> Option<u32> {
    let at = bytes.iter().position(|b| *b == 0)?;
    Some(count_lines(bytes.get(..at).unwrap_or_default()).saturating_add(1))
}

/// How many line ends the bytes hold.
fn count_lines(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.split(|b| *b == b'\n').skip(1).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_other_bytes() {
        assert_eq!(decode("a", b"x\n").unwrap(), "x\n");
        assert_eq!(decode("a", "\u{feff}x".as_bytes()).unwrap(), "x");
        assert_eq!(decode("a", b"").unwrap_err()[0].message, "`a` is empty");
        let nul = decode("a", b"x\ny\0").unwrap_err().remove(0);
        assert_eq!((nul.code, nul.subject.unwrap().line), (Code::FileNotText, Some(2)));
        let latin = decode("a", b"x\n\ncaf\xe9\n").unwrap_err().remove(0);
        assert_eq!(latin.message, "line 3 of `a` is not UTF-8");
        assert!(decode("a", b"\xff\xfex\0").unwrap_err()[0].message.contains("UTF-16"));
    }

    #[test]
    fn a_character_cut_by_the_end_of_a_piece_is_no_fault() {
        let text = format!("id\n{}é\n", "x".repeat(CHUNK - 4));
        assert_eq!(read_checked(text.as_bytes(), "a", None).unwrap().len(), text.len());
        let late = [text.as_bytes(), b"\xff\n"].concat();
        assert!(decode("a", &read_checked(&*late, "a", None).unwrap()).is_err());
        assert_eq!(read_checked(&b"id\n\xff"[..], "a", None).unwrap_err()[0].code, Code::FileNotText);
        assert_eq!(
            read_checked(io::repeat(b'x'), "a", Some(1 << 20)).unwrap_err()[0].code,
            Code::FileTooLarge
        );
    }
}
