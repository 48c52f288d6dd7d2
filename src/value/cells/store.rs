//! Where segments go that memory has no room for.

use std::fmt;

/// Takes bytes out of memory and gives them back, from any thread. What cannot be put away or read back
/// is lost: the store keeps the reason, and whoever supplied it asks for that before anything is made of
/// the results.
pub trait Store: fmt::Debug + Send + Sync {
    /// Whether so many bytes may stay in memory for good; they are then counted.
    fn keeps(&self, bytes: usize) -> bool;

    /// Puts bytes away; answers where they begin, none where they cannot be put away.
    fn put(&self, bytes: &[u8]) -> Option<u64>;

    /// Reads bytes that were put away at a place; whether they could be read.
    fn read(&self, at: u64, out: &mut [u8]) -> bool;

    /// Bytes that one who works on a table may hold at a time.
    fn share(&self) -> usize;

    /// Rows of a segment, at most.
    fn rows(&self) -> usize;
}
