//! Memory for what many segments hold, in large pieces.
//!
//! What many segments hold stands side by side, so that memory grows by few steps and is given back whole.
//! Large pages are not asked for: where the machine is a guest, those that its host took back cost more
//! than small ones. What is put into a slab can be read once all slabs are sealed, which types see to:
//! until then a segment is [`Placed`], and says nothing.

use super::{Bits, Filling, Part, Segment, Store};
use crate::value::Value;
use memmap2::MmapMut;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a slab.
const SLAB: usize = 2 << 20;
/// Bytes from which slabs are worth it.
const WORTH: usize = 4 << 20;
/// Where something begins in a slab: a line of the processor's cache.
const ALIGNED: usize = 64;

/// Bytes that no longer change.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    /// By themselves.
    Own(Vec<u8>),
    /// Within a slab.
    Within(Arc<MmapMut>, Range<usize>),
    /// Within a slab that is not sealed yet, by its number.
    Placed(usize, Range<usize>),
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Within(slab, range) => slab.get(range.clone()).unwrap_or_default(),
            Self::Placed(..) => &[],
        }
    }
}

impl Bytes {
    /// Bytes of a slab that is sealed now.
    pub(super) fn settle(&mut self, sealed: &Sealed) {
        if let Self::Placed(number, range) = self
            && let Some(slab) = sealed.0.get(number)
        {
            *self = Self::Within(Arc::clone(slab), range.clone());
        }
    }
}

/// A slab that is being filled.
#[derive(Debug)]
struct Slab {
    number: usize,
    map: MmapMut,
    filled: usize,
}

impl Slab {
    fn new(number: usize, least: usize) -> Option<Self> {
        let map = MmapMut::map_anon(SLAB.max(least)).ok()?;
        Some(Self { number, map, filled: 0 })
    }

    fn room(&self) -> usize {
        self.map.len().saturating_sub(self.filled)
    }
}

/// The slabs of a table, shared by the threads that work on it.
#[derive(Debug, Default)]
pub struct Slabs {
    kept: Mutex<Kept>,
    is_worth_it: bool,
    store: Option<Arc<dyn Store>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Slabs with room, of threads that are done with them.
    open: Vec<Slab>,
    full: Vec<Slab>,
    count: usize,
}

impl Slabs {
    /// For about so many bytes in all; where they are few, everything stands by itself. Where there is a
    /// store it takes everything, and nothing stays here.
    #[must_use]
    pub fn of(bytes: usize, store: Option<&Arc<dyn Store>>) -> Self {
        Self { kept: Mutex::default(), is_worth_it: bytes >= WORTH && store.is_none(), store: store.cloned() }
    }

    /// Room for the segments of one thread.
    #[must_use]
    pub fn room(&self) -> Room<'_> {
        Room { slabs: self.is_worth_it.then_some(self), slab: None, store: self.store.as_ref() }
    }

    /// Ends the filling.
    #[must_use]
    pub fn seal(self) -> Sealed {
        let Kept { open, full, .. } = self.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Sealed(open.into_iter().chain(full).map(|slab| (slab.number, Arc::new(slab.map))).collect())
    }

    /// A slab with room for so many bytes, and back with one that has none.
    fn next(&self, full: Option<Slab>, least: usize) -> Option<Slab> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.full.extend(full);
        if let Some(at) = kept.open.iter().position(|slab| slab.room() >= least) {
            return Some(kept.open.swap_remove(at));
        }
        kept.count = kept.count.saturating_add(1);
        Slab::new(kept.count, least)
    }
}

/// Slabs that are full, by their numbers; none by default.
#[derive(Debug, Default)]
pub struct Sealed(BTreeMap<usize, Arc<MmapMut>>);

/// Where one thread puts the segments that it makes.
#[derive(Debug, Default)]
pub struct Room<'s> {
    slabs: Option<&'s Slabs>,
    slab: Option<Slab>,
    store: Option<&'s Arc<dyn Store>>,
}

impl Room<'_> {
    /// A segment made of these rows, as [`Segment::new`] makes it; it is put away where there is a store.
    pub fn segment(
        &mut self,
        filling: Filling<'_>,
        absent: Option<Bits>,
        odd: Vec<(u32, Option<Value>)>,
    ) -> Placed {
        match self.store {
            Some(_) => Placed::Part(Part::stored(Segment::new(filling, absent, odd), self.store)),
            None => Placed::Segment(Segment::within(filling, absent, odd, self)),
        }
    }

    /// So many bytes as `write` makes them of zeros or of whatever stood there.
    pub(super) fn bytes(&mut self, length: usize, write: impl FnOnce(&mut [u8])) -> Bytes {
        if let Some((number, start, place)) = self.place(length) {
            write(place);
            return Bytes::Placed(number, start..start.saturating_add(length));
        }
        let mut own = vec![0; length];
        write(&mut own);
        Bytes::Own(own)
    }

    fn place(&mut self, length: usize) -> Option<(usize, usize, &mut [u8])> {
        let slabs = self.slabs?;
        if self.slab.as_ref().is_none_or(|slab| slab.room() < length) {
            self.slab = slabs.next(self.slab.take(), length);
        }
        let slab = self.slab.as_mut()?;
        let start = slab.filled;
        let end = start.checked_add(length)?;
        slab.filled = end.checked_next_multiple_of(ALIGNED)?.min(slab.map.len());
        Some((slab.number, start, slab.map.get_mut(start..end)?))
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if let (Some(slabs), Some(slab)) = (self.slabs, self.slab.take()) {
            slabs.kept.lock().unwrap_or_else(PoisonError::into_inner).open.push(slab);
        }
    }
}

/// A part of a column as it was made: its bytes are away in a store, or stand in slabs that are not sealed
/// yet.
#[derive(Debug)]
pub enum Placed {
    /// Ready.
    Part(Part),
    /// To be settled.
    Segment(Segment),
}

impl Placed {
    /// The part, once its slabs are sealed.
    #[must_use]
    pub fn settled(self, sealed: &Sealed) -> Part {
        match self {
            Self::Part(part) => part,
            Self::Segment(mut segment) => {
                segment.settle(sealed);
                segment.into()
            }
        }
    }
}
