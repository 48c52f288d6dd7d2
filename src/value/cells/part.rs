//! A part of a packed column: a segment in memory or put away, with what is asked of it most.

use super::{Segment, Spare, Store};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// A segment, in memory or put away.
#[derive(Clone, Debug)]
pub struct Part {
    rows: u32,
    least: i64,
    most: i64,
    absent: bool,
    odd: bool,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Here(Arc<Segment>),
    /// In memory until it is given up, for all that share it.
    Lent(Arc<Mutex<Option<Arc<Segment>>>>),
    Away {
        store: Arc<dyn Store>,
        at: u64,
        length: u32,
        width: u8,
    },
}

/// A segment that was asked for: the part's own, or one read back.
#[derive(Debug)]
pub enum Held<'a> {
    /// The part's own.
    Own(&'a Segment),
    /// Read back.
    Read(Arc<Segment>),
}

impl Deref for Held<'_> {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        match self {
            Self::Own(segment) => segment,
            Self::Read(segment) => segment,
        }
    }
}

impl From<Segment> for Part {
    fn from(segment: Segment) -> Self {
        let (least, most) = segment.extremes();
        Self {
            rows: u32::try_from(segment.len()).unwrap_or(u32::MAX),
            least,
            most,
            absent: segment.absent().is_some(),
            odd: !segment.odd().is_empty(),
            body: Body::Here(Arc::new(segment)),
        }
    }
}

impl Part {
    /// A segment, put away where there is a store that has no room for it in memory. One that cannot be
    /// put away is lost, which the store keeps.
    #[must_use]
    pub fn stored(segment: Segment, store: Option<&Arc<dyn Store>>) -> Self {
        let Some(store) = store else { return segment.into() };
        if store.keeps(segment.bytes()) {
            return segment.into();
        }
        let mut bytes = Vec::with_capacity(segment.bytes());
        let encoded =
            segment.encode(&mut bytes).and_then(|width| Some((width, u32::try_from(bytes.len()).ok()?)));
        // What has no form as bytes stays.
        let Some((width, length)) = encoded else { return segment.into() };
        let at = store.put(&bytes).unwrap_or(u64::MAX);
        Self { body: Body::Away { store: Arc::clone(store), at, length, width }, ..segment.into() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows as usize
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The least and the greatest number of rows that have one.
    #[must_use]
    pub fn extremes(&self) -> (i64, i64) {
        (self.least, self.most)
    }

    /// Whether any row is without a value.
    #[must_use]
    pub fn has_absent(&self) -> bool {
        self.absent
    }

    /// Whether the packed form does not hold some row.
    #[must_use]
    pub fn has_odd(&self) -> bool {
        self.odd
    }

    /// Where it is put away.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        match &self.body {
            Body::Here(_) | Body::Lent(_) => None,
            Body::Away { store, .. } => Some(store),
        }
    }

    /// The same part, which can be given up while others share it.
    #[must_use]
    pub fn lent(&self) -> Self {
        let body = match &self.body {
            Body::Here(segment) => Body::Lent(Arc::new(Mutex::new(Some(Arc::clone(segment))))),
            other => other.clone(),
        };
        Self { rows: self.rows, least: self.least, most: self.most, absent: self.absent, odd: self.odd, body }
    }

    /// Gives up a part that is lent: nobody reads it any more, and what it stood in serves again.
    pub fn give_up(&self, spare: &Spare) {
        if let Body::Lent(lent) = &self.body
            && let Some(segment) = lent.lock().unwrap_or_else(PoisonError::into_inner).take()
            && let Some(segment) = Arc::into_inner(segment)
        {
            spare.take(segment);
        }
    }

    /// Whether it was given up.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.lent_segment().is_some_and(|segment| segment.is_none())
    }

    /// The segment of a part that is lent, which may be gone; an outer none where it is not lent.
    fn lent_segment(&self) -> Option<Option<Arc<Segment>>> {
        let Body::Lent(lent) = &self.body else { return None };
        Some(lent.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// The segment, read back where it was put away.
    #[must_use]
    pub fn segment(&self) -> Held<'_> {
        match &self.body {
            Body::Here(segment) => Held::Own(segment),
            Body::Lent(_) => {
                let segment = self.lent_segment().flatten();
                Held::Read(segment.unwrap_or_else(|| Arc::new(Segment::lost(self.len()))))
            }
            Body::Away { store, at, length, .. } => {
                let mut bytes = vec![0; *length as usize];
                let read = store.read(*at, &mut bytes);
                let found = read.then(|| Segment::decode(&bytes, self.len(), self.extremes())).flatten();
                // The store keeps why there is none, and nothing is made of what is evaluated now.
                Held::Read(Arc::new(found.unwrap_or_else(|| Segment::lost(self.len()))))
            }
        }
    }

    /// Changes the segment; one that was put away is put away anew.
    pub fn revise(&mut self, change: impl FnOnce(&mut Segment)) {
        let store = self.store().cloned();
        let nothing = Self::from(Segment::lost(0));
        let mut segment = std::mem::replace(self, nothing).into_segment();
        change(&mut segment);
        *self = Self::stored(segment, store.as_ref());
    }

    /// The segment itself.
    #[must_use]
    pub fn into_segment(self) -> Segment {
        let read = match self.segment() {
            Held::Own(_) => None,
            Held::Read(segment) => Some(segment),
        };
        match (read, self.body) {
            (Some(segment), _) | (None, Body::Here(segment)) => Arc::unwrap_or_clone(segment),
            (None, Body::Lent(_) | Body::Away { .. }) => Segment::lost(self.rows as usize),
        }
    }

    /// A row's number, read alone; none where it is absent, and an outer none where only the whole segment
    /// tells.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<Option<i64>> {
        match &self.body {
            Body::Here(segment) => segment.number_at(row),
            Body::Lent(lent) => {
                let lent = lent.lock().unwrap_or_else(PoisonError::into_inner);
                lent.as_ref()?.number_at(row)
            }
            Body::Away { .. } if self.odd => None,
            Body::Away { width, .. } => {
                let bit = |offset: usize| {
                    let [byte] = self.read_at(offset.checked_add(row >> 3)?)?;
                    Some(byte >> (row & 7) & 1)
                };
                let width = usize::from(*width);
                let (number, length) = match width {
                    Segment::FLAGS => (i64::from(bit(0)?), self.len().div_ceil(64).checked_mul(8)?),
                    0 => (self.least, 0),
                    1..=8 => {
                        let mut word = [0; 8];
                        self.read_into(row.checked_mul(width)?, word.get_mut(..width)?)?;
                        let word = i64::from_le_bytes(word);
                        let number = if width == 8 { word } else { self.least.wrapping_add(word) };
                        (number, self.len().checked_mul(width)?)
                    }
                    _ => return None,
                };
                let absent = self.absent && bit(length)? == 1;
                Some((!absent).then_some(number))
            }
        }
    }

    /// The bytes of a row of a segment of texts that was put away, read alone; none where it is absent, and an
    /// outer none where only the whole segment tells.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<Option<Vec<u8>>> {
        let Body::Away { width, .. } = &self.body else { return None };
        (*width == Segment::TEXTS && !self.odd && row < self.len()).then_some(())?;
        let end = |row: usize| Some(u32::from_le_bytes(self.read_at(row.checked_mul(4)?)?) as usize);
        let texts = self.len().checked_mul(4)?;
        if self.absent {
            let all = end(self.len().checked_sub(1)?)?;
            let [byte] = self.read_at(texts.checked_add(all)?.checked_add(row >> 3)?)?;
            if byte >> (row & 7) & 1 == 1 {
                return Some(None);
            }
        }
        let start = row.checked_sub(1).map_or(Some(0), end)?;
        let mut bytes = vec![0; end(row)?.checked_sub(start)?];
        self.read_into(texts.checked_add(start)?, &mut bytes)?;
        Some(Some(bytes))
    }

    /// Some bytes of a segment that was put away, from this one on behind its front.
    fn read_at<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.read_into(offset, &mut bytes)?;
        Some(bytes)
    }

    fn read_into(&self, offset: usize, out: &mut [u8]) -> Option<()> {
        let Body::Away { store, at, length, .. } = &self.body else { return None };
        let offset = u64::try_from(offset).ok()?.checked_add(Segment::FRONT)?;
        let end = offset.checked_add(u64::try_from(out.len()).ok()?)?;
        (end <= u64::from(*length)).then_some(())?;
        store.read(at.checked_add(offset)?, out).then_some(())
    }
}
