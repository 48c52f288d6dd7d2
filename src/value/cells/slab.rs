//! Memory for what many segments hold, in large pieces.
//!
//! What many segments hold stands side by side, so that memory grows by few steps and is given back whole.
//! Large pages are not asked for: where the machine is a guest, those that its host took back cost more
//! than small ones. What is put into a slab can be read once all slabs are sealed, which types see to:
//! until then a segment is [`Placed`], and says nothing.
//!
//! A slab in which nothing stands any more can be filled again, which costs no page touched for the first
//! time. What stays to the end has slabs of its own, so that it does not hold up those of what goes.

use super::{Bits, Filling, Part, Segment, Store};
use crate::value::Value;
use memmap2::MmapMut;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a slab: few enough that one comes free soon where segments are given up one after the other.
const SLAB: usize = 1 << 19;
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

/// Slabs in which nothing stands any more, to be filled again; none by default.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Vec<MmapMut>>);

impl Spare {
    /// Takes a segment that nobody reads any more. Its slab is spare once all that stood in it was taken.
    pub fn take(&self, segment: Segment) {
        if let Some(Bytes::Within(slab, _)) = segment.into_bytes()
            && let Some(map) = Arc::into_inner(slab)
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(map);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// One of so many bytes at least, the first that came: the last may be one that was never full.
    fn next(&self, least: usize) -> Option<MmapMut> {
        let mut maps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = maps.iter().position(|map| map.len() >= least)?;
        Some(maps.remove(found))
    }
}

/// A slab that is being filled.
#[derive(Debug)]
struct Slab {
    number: usize,
    map: MmapMut,
    filled: usize,
    stay: Stay,
}

/// How long what is put into a slab is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stay {
    /// Until the end.
    #[default]
    Whole,
    /// Perhaps not as long: until it is read for the last time.
    Short,
}

impl Slab {
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
    spare: Arc<Spare>,
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
        let is_worth_it = bytes >= WORTH && store.is_none();
        Self { kept: Mutex::default(), is_worth_it, store: store.cloned(), spare: Arc::default() }
    }

    /// The same, where slabs that are spare are filled first.
    #[must_use]
    pub fn after(self, spare: &Arc<Spare>) -> Self {
        Self { spare: Arc::clone(spare), ..self }
    }

    /// Room for the segments of one thread.
    #[must_use]
    pub fn room(&self) -> Room<'_> {
        let slabs = self.is_worth_it.then_some(self);
        Room { slabs, staying: None, passing: None, stay: Stay::Whole, store: self.store.as_ref() }
    }

    /// Ends the filling.
    #[must_use]
    pub fn seal(self) -> Sealed {
        let Kept { open, full, .. } = self.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Sealed(open.into_iter().chain(full).map(|slab| (slab.number, Arc::new(slab.map))).collect())
    }

    /// A slab with room for so many bytes, and back with one that has none.
    fn next(&self, full: Option<Slab>, stay: Stay, least: usize) -> Option<Slab> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.full.extend(full);
        let fits = |slab: &Slab| slab.stay == stay && slab.room() >= least;
        if let Some(at) = kept.open.iter().position(fits) {
            return Some(kept.open.swap_remove(at));
        }
        kept.count = kept.count.saturating_add(1);
        let spare = self.spare.next(least);
        let map = spare.or_else(|| MmapMut::map_anon(SLAB.max(least)).ok())?;
        Some(Slab { number: kept.count, map, filled: 0, stay })
    }
}

/// Slabs that are full, by their numbers; none by default.
#[derive(Debug, Default)]
pub struct Sealed(BTreeMap<usize, Arc<MmapMut>>);

/// Where one thread puts the segments that it makes.
#[derive(Debug, Default)]
pub struct Room<'s> {
    slabs: Option<&'s Slabs>,
    staying: Option<Slab>,
    passing: Option<Slab>,
    /// How long the segment at hand is there.
    stay: Stay,
    store: Option<&'s Arc<dyn Store>>,
}

impl Room<'_> {
    /// A segment made of these rows, as [`Segment::new`] makes it; it is put away where there is a store.
    pub fn segment(
        &mut self,
        stay: Stay,
        filling: Filling<'_>,
        absent: Option<Bits>,
        odd: Vec<(u32, Option<Value>)>,
    ) -> Placed {
        self.stay = stay;
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
        let slab = match self.stay {
            Stay::Whole => &mut self.staying,
            Stay::Short => &mut self.passing,
        };
        if slab.as_ref().is_none_or(|slab| slab.room() < length) {
            *slab = slabs.next(slab.take(), self.stay, length);
        }
        let slab = slab.as_mut()?;
        let start = slab.filled;
        let end = start.checked_add(length)?;
        slab.filled = end.checked_next_multiple_of(ALIGNED)?.min(slab.map.len());
        Some((slab.number, start, slab.map.get_mut(start..end)?))
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if let Some(slabs) = self.slabs {
            let mut kept = slabs.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.open.extend(self.staying.take().into_iter().chain(self.passing.take()));
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::arithmetic_side_effects
)]
mod tests {
    use super::*;
    use crate::value::{Meaning, Packed, SEGMENT};

    const MANY: usize = 64;

    /// Numbers of eight bytes, other ones for each segment.
    fn numbers(of: usize) -> Vec<i64> {
        (0..SEGMENT).map(|row| (row as i64 + 1) << 40 | of as i64).collect()
    }

    /// So many segments of numbers, the first of which is of `first`.
    fn column(first: usize, spare: &Arc<Spare>) -> Packed {
        let slabs = Slabs::of(usize::MAX, None).after(spare);
        let mut room = slabs.room();
        let placed: Vec<Placed> = (first..first + MANY)
            .map(|of| room.segment(Stay::Short, Filling::Numbers(&numbers(of)), None, Vec::new()))
            .collect();
        drop(room);
        let sealed = slabs.seal();
        let parts = placed.into_iter().map(|placed| placed.settled(&sealed)).collect();
        Packed::of_parts(Meaning::Date, parts, None)
    }

    fn addresses(column: &Packed) -> Vec<usize> {
        let first = |part: &Part| match Segment::clone(&part.segment()).into_bytes() {
            Some(Bytes::Within(slab, _)) => slab.as_ptr() as usize,
            other => panic!("{other:?}"),
        };
        let mut found: Vec<usize> = column.parts().iter().map(first).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn slabs_of_what_was_given_up_are_filled_again() {
        let spare = Arc::new(Spare::default());
        let first = column(0, &spare).lent();
        let before = addresses(&first);
        assert!(before.len() > 8);
        for part in first.parts() {
            part.give_up(&spare);
        }
        assert_eq!(spare.count(), before.len());
        assert!(first.parts().iter().all(Part::is_gone));
        assert_eq!((first.get(0), first.len()), (None, MANY * SEGMENT));
        let second = column(1_000, &spare);
        assert_eq!((addresses(&second), spare.count()), (before, 0));
        for (of, part) in second.parts().iter().enumerate() {
            let mut read = vec![0; SEGMENT];
            part.segment().unpack(0, &mut read);
            assert!(read == numbers(1_000 + of));
        }
    }

    #[test]
    fn what_is_shared_or_stays_keeps_its_slab() {
        let spare = Arc::new(Spare::default());
        let whole = column(0, &spare);
        // Not lent at all.
        whole.parts().iter().for_each(|part| part.give_up(&spare));
        assert_eq!((spare.count(), whole.number(1)), (0, numbers(0)[1]));
        // Shared with the column that it was lent of.
        let lent = whole.lent();
        lent.parts().iter().for_each(|part| part.give_up(&spare));
        assert_eq!((spare.count(), whole.number(1)), (0, numbers(0)[1]));
        // Of a slab in which others stand yet.
        let lent = column(0, &spare).lent();
        lent.parts()[1].give_up(&spare);
        assert_eq!((spare.count(), lent.number(1)), (0, numbers(0)[1]));
    }

    #[test]
    fn what_stays_has_slabs_of_its_own() {
        let spare = Arc::new(Spare::default());
        let slabs = Slabs::of(usize::MAX, None).after(&spare);
        let mut room = slabs.room();
        let placed: Vec<(Stay, Placed)> = (0..MANY)
            .map(|of| {
                let stay = if of % 2 == 0 { Stay::Whole } else { Stay::Short };
                (stay, room.segment(stay, Filling::Numbers(&numbers(of)), None, Vec::new()))
            })
            .collect();
        drop(room);
        let sealed = slabs.seal();
        let (stay, short): (Vec<_>, Vec<_>) = placed.into_iter().partition(|(stay, _)| *stay == Stay::Whole);
        let packed = |of: Vec<(Stay, Placed)>, sealed: &Sealed| {
            let parts = of.into_iter().map(|(_, placed)| placed.settled(sealed)).collect();
            Packed::of_parts(Meaning::Date, parts, None).lent()
        };
        let (stay, short) = (packed(stay, &sealed), packed(short, &sealed));
        drop(sealed);
        let slabs = addresses(&short);
        short.parts().iter().for_each(|part| part.give_up(&spare));
        assert_eq!(spare.count(), slabs.len());
        assert_eq!(stay.number(1), numbers(0)[1]);
    }
}
