//! How far long work is, on a terminal: a bar with the rate and the time left, below everything else and
//! gone before anything else is printed. In a pipe there is none.

use crate::progress::{Phase, Watch};
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Work that takes no longer shows nothing.
const LONG: Duration = Duration::from_secs(1);
/// How often what is shown is drawn anew.
const OFTEN: Duration = Duration::from_millis(200);

/// The bar that stands on the terminal.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Takes the bar off the terminal, for something that is printed there.
pub fn clear() {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bar) = &*shown {
        bar.finish_and_clear();
    }
}

/// How far a command is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Whether it is drawn, or never will be.
    settled: Arc<AtomicBool>,
}

impl Progress {
    /// Nothing done yet; drawn as soon as the work has taken long.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        let settled = Arc::new(AtomicBool::new(!std::io::stderr().is_terminal()));
        if !settled.load(Ordering::Relaxed) {
            let (bar, settled) = (bar.clone(), Arc::clone(&settled));
            // Where there is no thread for it, nothing is shown.
            let waiting = std::thread::Builder::new().name("progress".to_owned()).spawn(move || {
                std::thread::sleep(LONG);
                if !settled.swap(true, Ordering::Relaxed) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(OFTEN);
                }
            });
            drop(waiting);
        }
        Self { bar, settled }
    }

    /// The same with a look of its own.
    pub fn looking(self, template: &str) -> Self {
        self.look(template);
        self
    }

    fn look(&self, template: &str) {
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rate that is shown, cut to a whole number"
            )]
            let rate = state.per_sec() as u64;
            let _ = write!(out, "{}/s", HumanCount(rate));
        };
        // As long as nothing is done, nobody knows how long it takes.
        let left = |state: &ProgressState, out: &mut dyn Write| {
            let _ = match state.pos() {
                0 => write!(out, "{:#}", HumanDuration(state.elapsed())),
                _ => write!(out, "{:#} left", HumanDuration(state.eta())),
            };
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.with_key("rate", rate).with_key("left", left));
        }
    }

    /// One more of so many is done.
    pub fn one_of(&self, all: usize) {
        self.bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        self.advance(1);
    }

    /// Takes it off the terminal, for good.
    pub fn end(&self) {
        self.settled.store(true, Ordering::Relaxed);
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

impl Watch for Progress {
    fn begin(&self, phase: Phase, all: Option<u64>) {
        let what = match phase {
            Phase::Reading => "reading",
            Phase::Rules => "rules  ",
            Phase::Writing => "writing",
        };
        let rate = if phase == Phase::Reading { "{bytes_per_sec}" } else { "{rate}" };
        // The look comes first: whatever is drawn from here on is about what begins, and not the work before
        // from its beginning.
        if all.is_some() {
            self.look(&format!("{what} {{bar:30}} {{percent:>3}}%  {rate}, {{left}}"));
        } else {
            self.look(&format!("{what} {{spinner}} {{elapsed}}"));
        }
        self.bar.update(|state| {
            state.set_pos(0);
            if let Some(all) = all {
                state.set_len(all);
            }
        });
        if all.is_none() {
            self.bar.unset_length();
        }
        // How long the command runs is not counted anew; the rate is.
        self.bar.reset_eta();
    }

    fn advance(&self, parts: u64) {
        self.bar.inc(parts);
    }
}
