//! Where the numbers of some cells go, cell by cell or four cells at a time.

use super::bounds::Cell;
use crate::lanes::{Four, Lanes};

/// Where the numbers of some cells go.
pub struct Places<'a> {
    /// The least and the greatest number before.
    pub range: &'a mut (i64, i64),
    pub numbers: &'a mut [i64],
    /// The row of the first.
    pub first: u32,
    /// Rows whose cells are empty, where that means that they have no value.
    pub absent: Option<&'a mut Vec<u32>>,
    /// Rows whose cells are none of those read here.
    pub others: &'a mut Vec<(u32, Cell)>,
}

/// Stands where a cell was not read: no number that is read so is below zero.
const LEFT: i64 = i64::MIN;

/// Places of which some may be left.
pub struct Left<'a>(Option<Places<'a>>);

impl<'a> Places<'a> {
    /// Reads each cell into its place, if `read` takes it. As little as can be is held meanwhile, so that it
    /// stays in registers.
    #[inline]
    pub fn fill(self, cells: impl Iterator<Item = Cell>, read: impl Fn(Cell) -> Option<i64>) -> Left<'a> {
        let (mut least, mut most) = *self.range;
        let mut is_left = false;
        for (place, cell) in self.numbers.iter_mut().zip(cells) {
            if let Some(number) = read(cell) {
                *place = number;
                (least, most) = (least.min(number), most.max(number));
            } else {
                *place = LEFT;
                is_left = true;
            }
        }
        *self.range = (least, most);
        Left(is_left.then_some(self))
    }

    /// Reads cells into their places four at a time, as far as `read` takes them; as many cells as there are
    /// numbers, and then perhaps some more.
    pub fn fill_fours(self, lanes: Lanes, cells: &[u64], read: impl ReadFours) -> Left<'a> {
        let (range, numbers) = (&mut *self.range, &mut *self.numbers);
        let cells = cells.as_chunks().0;
        let is_left = lanes.run(move || {
            let all = |number: i64| lanes.all(number.cast_unsigned());
            let (mut least, mut most, mut every) = (all(range.0), all(range.1), all(-1));
            for (places, cells) in numbers.chunks_mut(4).zip(cells) {
                let (numbers, taken) = read.read(*cells);
                least = numbers.where_or(taken, least).least(least);
                most = numbers.where_or(taken, most).most(most);
                let numbers = numbers.where_or(taken, all(LEFT)).words().map(u64::cast_signed);
                if let Some(places) = places.first_chunk_mut() {
                    *places = numbers;
                    every = every & taken;
                } else {
                    places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number);
                    every = if places.contains(&LEFT) { all(0) } else { every };
                }
            }
            let extreme = |of: Four| of.words().map(u64::cast_signed);
            range.0 = extreme(least).into_iter().fold(range.0, i64::min);
            range.1 = extreme(most).into_iter().fold(range.1, i64::max);
            every.words() != [u64::MAX; 4]
        });
        Left(is_left.then_some(self))
    }
}

/// What reads four cells at a time.
pub trait ReadFours {
    /// The numbers of four cells, and all bits of those that it takes. A cell is the place of its first byte in
    /// the lower half of a word, and the place after its last in the upper; an empty one at the place 0 is never
    /// taken. It is inlined always, into work that is compiled for newer instructions.
    fn read(&self, cells: [u64; 4]) -> (Four, Four);
}

impl Left<'_> {
    /// Reads the cells that are left, if `read` takes them; notes the others.
    #[inline]
    pub fn finish(self, cells: impl Iterator<Item = Cell>, mut read: impl FnMut(Cell) -> Option<i64>) {
        let Some(mut places) = self.0 else { return };
        let (mut least, mut most) = *places.range;
        let all = places.numbers.iter_mut().zip(cells).zip(places.first..);
        for ((place, cell), row) in all.filter(|((place, _), _)| **place == LEFT) {
            if let (Some(absent), true) = (&mut places.absent, cell.0 == cell.1) {
                *place = 0;
                absent.push(row);
            } else if let Some(number) = read(cell) {
                *place = number;
                (least, most) = (least.min(number), most.max(number));
            } else {
                *place = 0;
                places.others.push((row, cell));
            }
        }
        *places.range = (least, most);
    }
}
