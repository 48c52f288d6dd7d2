//! A file for what memory has no room for. It has no name, so that nothing of it is left when the process
//! ends, however it ends.

use crate::value::Store;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Rows of a segment for each of so many bytes of memory.
const BYTES_PER_ROW: usize = 4_096;

/// A file of segments and sorted runs, in the folder of temporary files.
#[derive(Debug)]
pub struct Spill {
    file: File,
    folder: PathBuf,
    /// Bytes of memory that a command may take.
    memory: usize,
    /// Bytes that may still stay in memory for good.
    room: AtomicUsize,
    end: AtomicU64,
    failed: OnceLock<Unspilled>,
}

/// Why something could not be put away or read back.
#[derive(Debug)]
pub struct Unspilled {
    /// The folder.
    pub folder: PathBuf,
    /// The system's reason.
    pub error: io::Error,
    /// Bytes that were put away before.
    pub before: u64,
}

impl Spill {
    /// A file for a command that may take so many bytes of memory.
    ///
    /// # Errors
    /// Where there is no folder to make it in.
    pub fn new(memory: usize) -> Result<Self, Unspilled> {
        let folder = std::env::temp_dir();
        let file = match tempfile::tempfile_in(&folder) {
            Ok(file) => file,
            Err(error) => return Err(Unspilled { folder, error, before: 0 }),
        };
        Ok(Self {
            file,
            folder,
            memory,
            room: AtomicUsize::new(memory >> 2),
            end: AtomicU64::new(0),
            failed: OnceLock::new(),
        })
    }

    /// What went wrong first.
    #[must_use]
    pub fn failed(&self) -> Option<&Unspilled> {
        self.failed.get()
    }

    fn fail(&self, error: io::Error) {
        let before = self.end.load(Ordering::Relaxed);
        // What went wrong first is what is told.
        let _ = self.failed.set(Unspilled { folder: self.folder.clone(), error, before });
    }
}

impl Store for Spill {
    fn keeps(&self, bytes: usize) -> bool {
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(bytes)).is_ok()
    }

    fn put(&self, bytes: &[u8]) -> Option<u64> {
        let length = u64::try_from(bytes.len()).ok()?;
        if self.failed.get().is_some() {
            return None;
        }
        let at = self.end.fetch_add(length, Ordering::Relaxed);
        write_at(&self.file, bytes, at).map_err(|error| self.fail(error)).ok()?;
        Some(at)
    }

    fn read(&self, at: u64, out: &mut [u8]) -> bool {
        read_at(&self.file, out, at).map_err(|error| self.fail(error)).is_ok()
    }

    fn share(&self) -> usize {
        self.memory >> 3
    }

    fn rows(&self) -> usize {
        // Rows of a batch stand in words of 64 bits.
        (self.memory / BYTES_PER_ROW).next_multiple_of(64)
    }
}

/// What came through standard input, in a file that can be read as often as is needed.
#[derive(Debug)]
pub struct Spool {
    path: String,
    #[cfg(target_os = "linux")]
    _file: File,
    #[cfg(not(target_os = "linux"))]
    _file: tempfile::NamedTempFile,
}

/// Why standard input could not be kept.
#[derive(Debug)]
pub enum Unspooled {
    /// It could not be read.
    Unread(io::Error),
    /// It could not be written down.
    Unwritten(Unspilled),
}

impl Spool {
    /// All of standard input.
    ///
    /// # Errors
    /// Where it cannot be read, or written down.
    pub fn of_standard_input() -> Result<Self, Unspooled> {
        let folder = std::env::temp_dir();
        let mut before = 0_u64;
        let unwritten =
            |error, before| Unspooled::Unwritten(Unspilled { folder: folder.clone(), error, before });
        let (spool, mut file) = Self::empty(&folder).map_err(|error| unwritten(error, 0))?;
        let mut input = io::stdin().lock();
        loop {
            let bytes = match input.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Unspooled::Unread(error)),
            };
            let length = bytes.len();
            file.write_all(bytes).map_err(|error| unwritten(error, before))?;
            before = before.saturating_add(u64::try_from(length).unwrap_or(0));
            input.consume(length);
        }
        Ok(spool)
    }

    /// The path by which it is opened, for as long as this value lives.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A file without a name, which the system knows by its number all the same.
    #[cfg(target_os = "linux")]
    fn empty(folder: &Path) -> io::Result<(Self, File)> {
        use std::os::fd::AsRawFd;
        let file = tempfile::tempfile_in(folder)?;
        let writer = file.try_clone()?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        Ok((Self { path, _file: file }, writer))
    }

    #[cfg(not(target_os = "linux"))]
    fn empty(folder: &Path) -> io::Result<(Self, File)> {
        let file = tempfile::Builder::new().prefix("whereas-").tempfile_in(folder)?;
        let (path, writer) = (file.path().display().to_string(), file.reopen()?);
        Ok((Self { path, _file: file }, writer))
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        let written = file.seek_write(bytes, at)?;
        if written == 0 {
            return Err(io::Error::from(io::ErrorKind::WriteZero));
        }
        bytes = bytes.get(written..).unwrap_or_default();
        at = at.saturating_add(u64::try_from(written).unwrap_or(0));
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &File, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !out.is_empty() {
        let read = file.seek_read(out, at)?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        out = out.get_mut(read..).unwrap_or_default();
        at = at.saturating_add(u64::try_from(read).unwrap_or(0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_away_is_read_back_and_memory_keeps_a_quarter() {
        let spill = Spill::new(1_000).unwrap();
        assert_eq!((spill.put(b"one"), spill.put(b"three")), (Some(0), Some(3)));
        let mut five = [0; 5];
        assert!(spill.read(3, &mut five));
        assert_eq!(&five, b"three");
        assert!(spill.keeps(200) && !spill.keeps(51) && spill.keeps(50));
        assert!(spill.failed().is_none());
        assert!(!spill.read(4, &mut five));
        assert_eq!(
            spill.failed().map(|f| (f.error.kind(), f.before)),
            Some((io::ErrorKind::UnexpectedEof, 8))
        );
        assert_eq!(spill.put(b"more"), None);
    }
}
