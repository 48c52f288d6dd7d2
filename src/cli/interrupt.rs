//! A command that is interrupted while it writes a file: what is begun is removed, the user is told,
//! and the command ends as the signal would have ended it.

use super::output::Screen;
use crate::diagnostic::{Code, Diagnostic};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempPath;

/// Where the new file's path is kept until the file takes its place; to take it out removes the file.
type Slot = Arc<Mutex<Option<TempPath>>>;

fn lock(slot: &Slot) -> MutexGuard<'_, Option<TempPath>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The new file beside the one that is asked for, until it takes its place. Where this value or the
/// process goes before that, the new file goes with it.
#[derive(Debug, Default)]
pub struct Begun(Slot);

impl Drop for Begun {
    fn drop(&mut self) {
        // Whoever watches for signals still holds the slot.
        lock(&self.0).take();
    }
}

impl Begun {
    /// Watches for the signals that end a command, from now until it ends; `shown` is the file's name.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn watched(shown: &Path, screen: &Screen) -> io::Result<Self> {
        let begun = Self::default();
        watch(&begun.0, not_written(shown), screen.clone())?;
        // Whoever watched before leaves it to this one.
        screen.is_writing.store(true, Ordering::SeqCst);
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
        let mut slot = lock(&self.0);
        let (file, path) = make()?.into_parts();
        *slot = Some(path);
        Ok(file)
    }

    /// Puts the new file into its place.
    ///
    /// # Errors
    /// Where it cannot take it.
    pub fn finish(&self, target: &Path) -> io::Result<()> {
        match lock(&self.0).take() {
            Some(path) => path.persist(target).map_err(|e| e.error),
            None => Ok(()),
        }
    }
}

fn not_written(shown: &Path) -> Diagnostic {
    let told = format!("`{}` was not written: the command was interrupted", shown.display());
    Diagnostic::error(Code::OutputFailed, told).help("run it again")
}

/// From here on an interrupt is told of, although nothing of the file that will be written is there yet. Where the
/// system refuses to watch, the command ends as it would have ended, without a word.
#[cfg(unix)]
pub fn tell_before(shown: &Path, screen: &Screen) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM]) else {
        return;
    };
    let (told, screen) = (not_written(shown), screen.clone());
    let watching = std::thread::Builder::new().name("interrupts".to_owned()).spawn(move || {
        let before = |_: &i32| !screen.is_writing.load(Ordering::SeqCst);
        let Some(signal) = signals.forever().find(before) else { return };
        screen.fail(&told);
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        std::process::exit(signal.saturating_add(128));
    });
    // Nobody waits for it: it ends with the command.
    drop(watching);
}

/// Other systems end the process without asking.
#[cfg(not(unix))]
pub fn tell_before(_: &Path, _: &Screen) {}

/// From here on a file that may not grow further is a failure of writing, which is reported like any
/// other, and not the end of the process.
pub fn outlast_full_files() {
    // Where the system refuses, the process ends as it would have ended.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

#[cfg(unix)]
fn watch(slot: &Slot, told: Diagnostic, screen: Screen) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let slot = Arc::clone(slot);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        // Whoever holds the slot finishes first; from here on nobody else gets it.
        let mut begun = lock(&slot);
        if begun.take().is_some() {
            screen.fail(&told);
        }
        // A shell sees that the command was interrupted, and does not go on with its loop.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        std::process::exit(signal.saturating_add(128));
    })?;
    Ok(())
}

/// Other systems end the process without asking; the system removes what is temporary.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn watch(_: &Slot, _: Diagnostic, _: Screen) -> io::Result<()> {
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
        let watcher = std::sync::Arc::clone(&begun.0);
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
