//! Files written whole or not at all.

use super::interrupt::Begun;
use super::output::Screen;
use crate::diagnostic::{Code, Diagnostic};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

/// Why a file is not written whose earlier text somebody has changed.
const CHANGED: &str = "it was changed meanwhile";

/// Writes a file whole or not at all: into a new file beside it, which then takes its place. A device,
/// or what stands for an open stream (`/dev/stdout`, `/dev/fd/3`), is written to as it is.
///
/// An interrupt is told of on the screen.
pub fn write_file(
    path: &Path,
    screen: &Screen,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Box<Diagnostic>> {
    write_file_unless(path, screen, write, || false)
}

/// As [`write_file`], and not at all where `changed` says, once everything is written, that the file it
/// would take the place of is no longer what it was.
pub fn write_file_unless(
    path: &Path,
    screen: &Screen,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    changed: impl Fn() -> bool,
) -> Result<(), Box<Diagnostic>> {
    let failed = |error: &io::Error| {
        refused(
            path,
            &unwritten(error),
            "check the folder, its permissions and the space left; no file was written",
        )
    };
    if is_stream(path) {
        let file = OpenOptions::new().append(true).open(path).map_err(|e| failed(&e))?;
        return buffered(&file, write).map_err(|e| failed(&e));
    }
    // A link is written through: its target is what is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let earlier = std::fs::metadata(&target).ok();
    if let Some(earlier) = &earlier {
        replaceable(path, earlier)?;
    }
    let begun = Begun::watched(path, screen).map_err(|e| failed(&e))?;
    replace(&target, earlier.as_ref(), &begun, write, changed).map_err(|e| failed(&e))
}

/// The signals that the command was begun without, a bit for each from the first on; none where the system does not
/// say.
#[cfg(unix)]
pub fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Why something cannot be written, in words.
pub fn unwritten(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "its folder does not exist".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        ErrorKind::PermissionDenied => "writing there is not permitted".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no space left".to_owned(),
        ErrorKind::FileTooLarge => "it would be larger than files may be here".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::Other if error.to_string() == CHANGED => CHANGED.to_owned(),
        // The system's own words name the file beside it, which nobody knows of.
        _ if error.to_string().contains(".whereas-") => error.kind().to_string(),
        _ => error.to_string(),
    }
}

fn replace(
    target: &Path,
    earlier: Option<&Metadata>,
    begun: &Begun,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    changed: impl Fn() -> bool,
) -> io::Result<()> {
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = begun.begin(|| {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".whereas-");
        // A new file is as readable as the user's other files; one that replaces another is private
        // until it is as readable as that one.
        #[cfg(unix)]
        if earlier.is_none() {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder)
    })?;
    buffered(&file, write)?;
    file.sync_all()?;
    if let Some(earlier) = earlier {
        file.set_permissions(earlier.permissions())?;
    }
    if changed() {
        return Err(io::Error::other(CHANGED));
    }
    begun.finish(target)
}

fn buffered(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, Early { file, written: 0, told: 0 });
    write(&mut out).and_then(|()| out.flush())
}

/// Bytes after which the system is told to begin with what was written.
const EARLY: u64 = 4 << 20;

/// A file whose bytes begin their way to the disk while further ones are still made, so that the end
/// need not wait for all of them.
struct Early<'f> {
    file: &'f File,
    written: u64,
    told: u64,
}

impl Write for Early<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written = self.written.saturating_add(u64::try_from(written).unwrap_or(0));
        let (begin, length) = (self.told, self.written.saturating_sub(self.told));
        if length >= EARLY {
            begin_writing(self.file, begin, length);
            self.told = self.written;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Tells the system that nobody is about to read a part of a file: it then begins to write it. Where
/// that fails, as for a stream, nothing is lost but time.
#[cfg(target_os = "linux")]
fn begin_writing(file: &File, begin: u64, length: u64) {
    let length = std::num::NonZeroU64::new(length);
    let _ = rustix::fs::fadvise(file, begin, length, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn begin_writing(_: &File, _: u64, _: u64) {}

fn refused(path: &Path, why: &str, help: &str) -> Box<Diagnostic> {
    let message = format!("`{}` cannot be written: {why}", path.display());
    Box::new(Diagnostic::error(Code::OutputFailed, message).help(help))
}

/// Refuses what stands at the path and is no file that may be replaced.
fn replaceable(path: &Path, earlier: &Metadata) -> Result<(), Box<Diagnostic>> {
    if earlier.is_dir() {
        return Err(refused(path, "it is a folder", "name a file in it"));
    }
    if !earlier.is_file() {
        // To open a pipe that nobody reads would wait for ever.
        let help = "name a file, or leave `--out` out and send the output on with `>` or `|`";
        return Err(refused(path, "it is not a regular file", help));
    }
    if earlier.permissions().readonly() {
        return Err(refused(path, "it is read-only", "name another file, or permit writing to this one"));
    }
    Ok(())
}

/// Whether the path is a device of characters (`/dev/null`, a terminal) or stands for an open stream.
#[cfg(unix)]
pub(super) fn is_stream(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let streams = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"];
    streams.iter().any(|s| path.starts_with(s))
        || std::fs::metadata(path).is_ok_and(|m| m.file_type().is_char_device())
}

#[cfg(not(unix))]
pub(super) fn is_stream(_: &Path) -> bool {
    false
}
