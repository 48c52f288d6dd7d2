//! How far long work is, on a terminal: a bar with the rate and the time left, below everything else and
//! gone before anything else is printed. In a pipe there is none.

use crate::progress::{Phase, Watch};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Work that takes no longer shows nothing.
const LONG: Duration = Duration::from_secs(1);

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
    settled: AtomicBool,
}

impl Progress {
    /// Nothing done yet; drawn as soon as the work has taken long.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        let settled = AtomicBool::new(!std::io::stderr().is_terminal());
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
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.with_key("rate", rate));
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
            self.look(&format!("{what} {{bar:30}} {{percent:>3}}%  {rate}, {{eta}} left"));
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
        if !self.settled.load(Ordering::Relaxed)
            && self.bar.elapsed() >= LONG
            && !self.settled.swap(true, Ordering::Relaxed)
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(parts);
    }
}
