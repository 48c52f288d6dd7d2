//! Texts of a segment, one after the other.

use super::slab::{Bytes, Room, Sealed};

/// Bytes of a text that are copied together.
const COPIED: usize = 16;

/// Texts as they come.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    ends: Vec<[u8; 4]>,
}

/// Texts that no longer change.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    bytes: Bytes,
    ends: KeptEnds,
}

#[derive(Clone, Debug)]
enum KeptEnds {
    /// Where each ends, four bytes a text.
    Each(Bytes),
    /// So many texts of the same length.
    Every { length: u32, count: u32 },
}

/// Texts to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    bytes: &'a [u8],
    ends: Ends<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Ends<'a> {
    Each(&'a [[u8; 4]]),
    Every { length: u32, count: u32 },
}

/// Adds bytes to others. Most are few: copies of a length known beforehand, which may overlap, are
/// cheaper than one that must ask.
#[inline]
pub fn append(to: &mut Vec<u8>, bytes: &[u8]) {
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            let end = to.len().wrapping_add(bytes.len());
            to.extend_from_slice(first);
            to.truncate(end.wrapping_sub(8));
            to.extend_from_slice(last);
        }
        (None, _) => bytes.iter().for_each(|byte| to.push(*byte)),
        _ => to.extend_from_slice(bytes),
    }
}

/// Copies what is longer than most, apart, so that the others are copied without a call.
#[cold]
#[inline(never)]
fn copy_long(to: &mut [u8], from: &[u8]) {
    to.copy_from_slice(from);
}

impl Texts {
    /// Drops all texts; the room for them stays.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Drops all texts but the first so many.
    pub fn truncate(&mut self, texts: usize) {
        self.ends.truncate(texts);
        self.bytes.truncate(self.ends.last().map_or(0, |end| u32::from_le_bytes(*end) as usize));
    }

    /// Adds a text, which is UTF-8.
    #[inline]
    pub fn push(&mut self, text: &[u8]) {
        append(&mut self.bytes, text);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    }

    /// Adds the parts of a text, which is UTF-8, from a first byte up to another each; answers how many
    /// they are, or none where one is no part of it.
    pub fn extend(&mut self, text: &[u8], parts: impl Iterator<Item = (u32, u32)> + Clone) -> Option<usize> {
        let before = self.ends.len();
        let mut at = self.bytes.len();
        let all =
            parts.clone().fold(0_u32, |all, (start, end)| all.saturating_add(end.saturating_sub(start)));
        // A copy of a length known beforehand may go over the end.
        self.bytes.resize(at.checked_add(all as usize)?.checked_add(COPIED)?, 0);
        for (start, end) in parts {
            let (start, end) = (start as usize, end as usize);
            let length = end.checked_sub(start)?;
            let to = self.bytes.get_mut(at..)?;
            match (text.get(start..)?.first_chunk::<COPIED>(), to.first_chunk_mut::<COPIED>()) {
                (Some(from), Some(to)) if length <= COPIED => *to = *from,
                _ => copy_long(to.get_mut(..length)?, text.get(start..end)?),
            }
            at = at.wrapping_add(length);
            self.ends.push(u32::try_from(at).ok()?.to_le_bytes());
        }
        self.bytes.truncate(at);
        Some(self.ends.len().saturating_sub(before))
    }

    /// About how many bytes of memory they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len().saturating_add(self.ends.len().saturating_mul(4))
    }

    /// The texts, to be looked at.
    #[must_use]
    pub fn look(&self) -> Looked<'_> {
        Looked { bytes: &self.bytes, ends: Ends::Each(&self.ends) }
    }
}

impl Kept {
    /// Puts texts where they stay.
    pub(super) fn new(texts: &Texts, room: &mut Room<'_>) -> Self {
        let bytes = room.bytes(texts.bytes.len(), |out| out.copy_from_slice(&texts.bytes));
        let ends = if let Some((length, count)) = texts.look().length_of_all() {
            KeptEnds::Every { length, count }
        } else {
            let all = texts.ends.as_flattened();
            KeptEnds::Each(room.bytes(all.len(), |out| out.copy_from_slice(all)))
        };
        Self { bytes, ends }
    }

    /// Texts as bytes that stand one after the other, and where each ends, in four bytes.
    pub(super) fn of_bytes(ends: Vec<u8>, bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::Own(bytes), ends: KeptEnds::Each(Bytes::Own(ends)) }
    }

    /// The texts, to be looked at.
    #[inline]
    pub(super) fn look(&self) -> Looked<'_> {
        let ends = match &self.ends {
            KeptEnds::Each(ends) => Ends::Each(ends.as_chunks().0),
            KeptEnds::Every { length, count } => Ends::Every { length: *length, count: *count },
        };
        Looked { bytes: &self.bytes, ends }
    }

    pub(super) fn settle(&mut self, sealed: &Sealed) {
        self.bytes.settle(sealed);
        if let KeptEnds::Each(ends) = &mut self.ends {
            ends.settle(sealed);
        }
    }
}

impl<'a> Looked<'a> {
    /// Where the text at a position begins and ends.
    #[inline]
    fn place(&self, index: usize) -> Option<(usize, usize)> {
        match self.ends {
            Ends::Each(ends) => {
                let of = |end: &[u8; 4]| u32::from_le_bytes(*end) as usize;
                let end = of(ends.get(index)?);
                let start = index.checked_sub(1).map_or(Some(0), |before| ends.get(before).map(of))?;
                Some((start, end))
            }
            Ends::Every { length, count } => {
                (index < count as usize).then_some(())?;
                let start = index.wrapping_mul(length as usize);
                Some((start, start.wrapping_add(length as usize)))
            }
        }
    }

    /// Where each text ends.
    pub(super) fn ends(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter_map(|index| u32::try_from(self.place(index)?.1).ok())
    }

    /// The text at a position.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(index)?).ok()
    }

    /// The bytes of the text at a position.
    #[inline]
    #[must_use]
    pub fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        let (start, end) = self.place(index)?;
        self.bytes.get(start..end)
    }

    /// The text at a position with what stands after it, and how many bytes are its own; none for the
    /// last texts, or where they are more.
    #[inline]
    #[must_use]
    pub fn chunk(&self, index: usize) -> Option<(&'a [u8; COPIED], usize)> {
        let (start, end) = self.place(index)?;
        let length = end.wrapping_sub(start);
        let chunk = self.bytes.get(start..)?.first_chunk()?;
        (length <= COPIED).then_some((chunk, length))
    }

    /// Whether each text is greater than the one before.
    #[must_use]
    pub fn ascend(&self) -> bool {
        if let Ends::Every { length, .. } = self.evened().ends
            && (1..=COPIED).contains(&(length as usize))
        {
            return self.even_ascend(length as usize);
        }
        // Short texts are compared as one number and their length; the empty one is below all others.
        let short = |index: usize| {
            let (chunk, length) = self.chunk(index)?;
            let unused = u128::MAX.checked_shr(u32::try_from(length << 3).ok()?).unwrap_or(0);
            Some((u128::from_be_bytes(*chunk) & !unused, length))
        };
        let mut before = None;
        (0..self.len()).all(|index| {
            let own = short(index);
            let above = match (before, own) {
                (Some(before), Some(own)) => before < own,
                _ => index.checked_sub(1).is_none_or(|before| self.bytes(before) < self.bytes(index)),
            };
            before = own;
            above
        })
    }

    /// The same for short texts of one length, each as one number with what stands after it cut off.
    fn even_ascend(&self, length: usize) -> bool {
        let unused = u32::try_from(COPIED.saturating_sub(length) << 3).unwrap_or(0) & 127;
        let numbers = self
            .bytes
            .windows(COPIED)
            .step_by(length)
            .map(|chunk| chunk.first_chunk().map_or(0, |chunk| u128::from_be_bytes(*chunk) >> unused));
        // The last texts have less after them than that.
        let known = self.bytes.len().saturating_sub(COPIED.saturating_sub(1)).div_ceil(length);
        numbers.is_sorted_by(|a, b| a < b)
            && (known.max(1)..self.len())
                .all(|index| index.checked_sub(1).is_none_or(|before| self.bytes(before) < self.bytes(index)))
    }

    /// The same texts, known to be of one length where they are.
    fn evened(self) -> Self {
        let ends = self.length_of_all().map_or(self.ends, |(length, count)| Ends::Every { length, count });
        Self { bytes: self.bytes, ends }
    }

    /// The length of all texts, where it is one, and how many they are.
    fn length_of_all(&self) -> Option<(u32, u32)> {
        let ends = match self.ends {
            Ends::Each(ends) => ends,
            Ends::Every { length, count } => return Some((length, count)),
        };
        let length = u32::from_le_bytes(*ends.first()?);
        let mut end = 0_u32;
        let same = ends.iter().all(|own| {
            end = end.wrapping_add(length);
            u32::from_le_bytes(*own) == end
        });
        same.then_some((length, u32::try_from(ends.len()).ok()?))
    }

    /// All texts, one after the other.
    #[must_use]
    pub fn all(&self) -> &'a [u8] {
        self.bytes
    }

    /// About how many bytes of memory they take.
    #[must_use]
    pub fn size(&self) -> usize {
        let ends = match self.ends {
            Ends::Each(ends) => ends.len().saturating_mul(4),
            Ends::Every { .. } => 0,
        };
        self.bytes.len().saturating_add(ends)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.ends {
            Ends::Each(ends) => ends.len(),
            Ends::Every { count, .. } => count as usize,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_stay_what_they_were(
            texts in prop_oneof![
                proptest::collection::vec("[a-c]{0,20}", 0..40), proptest::collection::vec("[ab]{3}", 0..40),
                proptest::collection::btree_set("[a-c]{3}", 0..20).prop_map(|t| t.into_iter().collect()),
                proptest::collection::btree_set("[a-c]{16,17}", 0..20).prop_map(|t| t.into_iter().collect()),
            ]
        ) {
            let mut growing = Texts::default();
            texts.iter().for_each(|text: &String| growing.push(text.as_bytes()));
            let kept = Kept::new(&growing, &mut Room::default());
            let ascend = texts.windows(2).all(|pair| pair[0] < pair[1]);
            for looked in [growing.look(), kept.look()] {
                prop_assert_eq!(looked.len(), texts.len());
                prop_assert_eq!(looked.ascend(), ascend);
                for (index, text) in texts.iter().enumerate() {
                    prop_assert_eq!(looked.get(index), Some(text.as_str()));
                    if let Some((chunk, length)) = looked.chunk(index) {
                        prop_assert_eq!(&chunk[..length], text.as_bytes());
                    }
                }
                prop_assert_eq!(looked.get(texts.len()), None);
            }
        }
    }
}
