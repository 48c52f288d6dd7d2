//! A command that is interrupted: what is begun of a file is removed, the user is told that it was not
//! written, and the command ends as the signal would have ended it.

use super::output::Screen;
use crate::diagnostic::{Code, Diagnostic};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempPath;

/// Where the new file's path is kept until the file takes its place; to take it out removes the file.
type Slot = Arc<Mutex<Option<TempPath>>>;

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an interrupt ends, for all of a command: one watch, whatever is written one after the other.
#[derive(Clone, Debug, Default)]
pub struct Interrupts(Arc<Mutex<Awaited>>);

/// What is not there yet.
#[derive(Debug, Default)]
struct Awaited {
    is_watched: bool,
    /// A file that is to be written.
    file: Option<PathBuf>,
    /// The file that is being written, and its name.
    begun: Option<(Slot, PathBuf)>,
}

impl Interrupts {
    /// From here on an interrupt tells that a file was not written, although nothing of it is there yet. Where the
    /// system refuses to watch, the command ends as it would have ended, without a word.
    pub fn expect(&self, shown: &Path, screen: &Screen) {
        lock(&self.0).file = Some(shown.to_path_buf());
        // A file that is written later says why it cannot be.
        let _ = self.watch(screen);
    }

    /// Watches for the signals that end a command, from now until it ends.
    fn watch(&self, screen: &Screen) -> io::Result<()> {
        if std::mem::replace(&mut lock(&self.0).is_watched, true) {
            return Ok(());
        }
        let watching = watch(Arc::clone(&self.0), screen.clone());
        if watching.is_err() {
            lock(&self.0).is_watched = false;
        }
        watching
    }
}

/// The new file beside the one that is asked for, until it takes its place. Where this value or the
/// process goes before that, the new file goes with it.
#[derive(Debug, Default)]
pub struct Begun {
    slot: Slot,
    shown: PathBuf,
    interrupts: Interrupts,
}

impl Drop for Begun {
    fn drop(&mut self) {
        // Whoever watches for signals still holds the slot.
        lock(&self.slot).take();
    }
}

impl Begun {
    /// Watches for the signals that end a command, from now until it ends; `shown` is the file's name.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn watched(shown: &Path, screen: &Screen) -> io::Result<Self> {
        let interrupts = screen.interrupts.clone();
        let begun = Self { slot: Slot::default(), shown: shown.to_path_buf(), interrupts };
        lock(&begun.interrupts.0).begun = Some((Arc::clone(&begun.slot), begun.shown.clone()));
        begun.interrupts.watch(screen)?;
        Ok(begun)
    }

    /// Makes the new file; no signal comes between its making and its being known here.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn begin(
        &self,
        make: impl FnOnce() -> io::Result<tempfile::NamedTempFile>,
    ) -> io::Result<std::fs::File> {
        let mut slot = lock(&self.slot);
        let (file, path) = make()?.into_parts();
        *slot = Some(path);
        Ok(file)
    }

    /// Puts the new file into its place.
    ///
    /// # Errors
    /// Where it cannot take it.
    pub fn finish(&self, target: &Path) -> io::Result<()> {
        // An interrupt waits until it is known whether the file is there: whoever watches takes both in this order.
        let mut awaited = lock(&self.interrupts.0);
        let Some(path) = lock(&self.slot).take() else { return Ok(()) };
        path.persist(target).map_err(|e| e.error)?;
        if awaited.file.as_ref() == Some(&self.shown) {
            awaited.file = None;
        }
        Ok(())
    }
}

fn not_written(shown: &Path) -> Diagnostic {
    let told = format!("`{}` was not written: the command was interrupted", shown.display());
    Diagnostic::error(Code::OutputFailed, told).help("run it again")
}

/// From here on a file that may not grow further is a failure of writing, which is reported like any
/// other, and not the end of the process.
pub fn outlast_full_files() {
    // Where the system refuses, the process ends as it would have ended.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

#[cfg(unix)]
fn watch(awaited: Arc<Mutex<Awaited>>, screen: Screen) -> io::Result<()> {
    let (told, answer) = std::sync::mpsc::channel();
    // The watch begins where there is somebody to heed it.
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut signals = match signal_hook::iterator::Signals::new(heeded()) {
            Ok(signals) => signals,
            Err(refused) => return drop(told.send(Err(refused))),
        };
        drop(told.send(Ok(())));
        let Some(signal) = signals.forever().next() else { return };
        let awaited = lock(&awaited);
        let begun = awaited.begun.as_ref();
        // Whoever holds the slot finishes first; from here on nobody else gets it.
        let mut slot = begun.map(|(slot, _)| lock(slot));
        let was_begun = slot.as_mut().is_some_and(|slot| slot.take().is_some());
        let not_there = begun.filter(|_| was_begun).map(|(_, shown)| shown).or(awaited.file.as_ref());
        if let Some(shown) = not_there {
            screen.fail(&not_written(shown));
        }
        // A shell sees that the command was interrupted, and does not go on with its loop.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        std::process::exit(signal.saturating_add(128));
    })?;
    answer.recv().unwrap_or_else(|_| Err(io::Error::other("nobody watches for signals")))
}

/// The signals that end a command, but for those that it was begun without, as by `nohup`.
#[cfg(unix)]
fn heeded() -> Vec<i32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let ignored = super::file::ignored_signals();
    let bit =
        |signal: &i32| signal.checked_sub(1).and_then(|n| 1_u64.checked_shl(n.unsigned_abs())).unwrap_or(0);
    [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| ignored & bit(signal) == 0).collect()
}

/// Other systems end the process without asking; the system removes what is temporary.
#[cfg(not(unix))]
#[expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "on Unix it can fail, and keeps them"
)]
fn watch(_: Arc<Mutex<Awaited>>, _: Screen) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Begun;
    use std::fs;
    use std::io::Write as _;

    #[test]
    fn what_is_begun_and_not_finished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("results.json");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let begun = Begun::default();
        let watcher = std::sync::Arc::clone(&begun.slot);
        let mut file = begun.begin(|| tempfile::NamedTempFile::new_in(folder.path())).unwrap();
        file.write_all(b"{}").unwrap();
        assert_eq!(names(), 1);
        drop(begun);
        assert_eq!(names(), 0);
        drop(watcher);
        let begun = Begun::default();
        let mut file = begun.begin(|| tempfile::NamedTempFile::new_in(folder.path())).unwrap();
        file.write_all(b"{}").unwrap();
        begun.finish(&target).unwrap();
        drop(begun);
        assert_eq!((names(), fs::read(&target).unwrap()), (1, b"{}".to_vec()));
    }
}
