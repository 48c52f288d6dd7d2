//! The one boundary at which a panic of somebody else's reader or writer ends: damaged files of formats that
//! other crates read become faults with a place, and a full disk under the writer of workbooks an error.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Does something that may panic; none where it did, and nothing is printed of it.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                before(info);
            }
        }));
    });
    let outer = CONTAINED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_here() {
        assert_eq!(contained(|| 1), Some(1));
        assert_eq!(contained(|| if CONTAINED.get() { panic!("damaged") } else { 1 }), None);
        assert!(!CONTAINED.get());
    }
}
