//! Room that tasks work in, handed on from one to the next.

use std::sync::{Mutex, PoisonError};

/// Rooms that nobody works in. There are never more than tasks at a time, however many tasks there are.
#[derive(Debug)]
pub struct Rooms<T>(Mutex<Vec<T>>);

impl<T> Default for Rooms<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Rooms<T> {
    /// Works in a room, a new one where all are in use.
    pub fn work<R>(&self, new: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = free().pop();
        let mut room = found.unwrap_or_else(new);
        let result = work(&mut room);
        free().push(room);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_serves_again_once_it_is_free() {
        let rooms = Rooms::default();
        let made = Mutex::new(0);
        let new = || {
            *made.lock().unwrap() += 1;
            Vec::new()
        };
        for n in 0..3 {
            rooms.work(new, |room: &mut Vec<i32>| room.push(n));
        }
        // One within another is another.
        let both = rooms.work(new, |outer| rooms.work(new, |inner| (outer.len(), inner.len())));
        assert_eq!((both, *made.lock().unwrap()), ((3, 0), 2));
    }
}
