//! One bit for each row.

/// Bits in words of 64, the first row lowest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// No bit set, for so many rows.
    #[must_use]
    pub fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)] }
    }

    /// Bits as their words hold them.
    #[must_use]
    pub fn from_words(words: Vec<u64>) -> Self {
        Self { words }
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether a row's bit is set.
    #[must_use]
    pub fn get(&self, row: usize) -> bool {
        self.words.get(row >> 6).is_some_and(|word| word >> (row & 63) & 1 == 1)
    }

    /// Sets a row's bit.
    pub fn set(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row >> 6) {
            *word |= 1 << (row & 63);
        }
    }

    /// Whether any bit is set.
    #[must_use]
    pub fn any(&self) -> bool {
        self.words.iter().any(|word| *word != 0)
    }

    /// The rows whose bits are set, in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let base = index << 6;
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = usize::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
                left &= left.wrapping_sub(1);
                Some(base | bit)
            })
        })
    }
}
