//! Codes and their binary digits, each a bit in a mask: 64 rows of a digit are one word, so that what is
//! asked of codes costs next to nothing.

use super::program::{PLANES, WORDS};

/// A bit in each byte of a word.
const EACH: u64 = 0x0101_0101_0101_0101;
/// Brings the lowest bits of eight bytes together in the highest byte of the product.
const TOGETHER: u64 = 0x0102_0408_1020_4080;
/// One bit of each byte, another in each.
const DIAGONAL: u64 = 0x8040_2010_0804_0201;
/// All bits of each byte but the highest.
const BELOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// The binary digits of codes, the lowest first.
pub fn apart(codes: &[i64]) -> [[u64; WORDS]; PLANES] {
    let mut words = [[0_u64; WORDS]; PLANES];
    for (at, rows) in codes.chunks(64).enumerate() {
        for (place, eight) in (0_u32..).zip(rows.chunks(8)) {
            // Eight codes in the bytes of a word, the first in the lowest.
            let bytes = eight.iter().rev().fold(0, |bytes, code| bytes << 8 | code.cast_unsigned() & 0xff);
            for (plane, words) in (0_u32..).zip(&mut words) {
                let digits = (bytes >> (plane & 63) & EACH).wrapping_mul(TOGETHER) >> 56;
                if let Some(word) = words.get_mut(at) {
                    *word |= digits << (place.wrapping_mul(8) & 63);
                }
            }
        }
    }
    words
}

/// The codes of which some digits stand in masks, each at its place, and `plus` are the others.
pub fn together(planes: &[[u64; WORDS]], places: &[u32], plus: i64, out: &mut [i64]) {
    let others = (plus.cast_unsigned() & 0xff).wrapping_mul(EACH);
    for (at, rows) in out.chunks_mut(64).enumerate() {
        for (place, eight) in (0_u32..).zip(rows.chunks_mut(8)) {
            let mut bytes = others;
            for (words, digit) in planes.iter().zip(places) {
                let word = words.get(at).copied().unwrap_or(0) >> (place.wrapping_mul(8) & 63);
                // Each byte keeps the bit of its row, and then holds whether there is one.
                let spread = (word & 0xff).wrapping_mul(EACH) & DIAGONAL;
                let ones = spread.wrapping_add(BELOW) >> 7 & EACH;
                bytes |= ones << (digit & 63);
            }
            for (row, code) in (0_u32..).zip(eight) {
                *code = (bytes >> (row.wrapping_mul(8) & 63) & 0xff).cast_signed();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_taken_apart_and_put_together_are_the_same() {
        let codes: Vec<i64> = (0..1_000).map(|n| n * 37 % 64).collect();
        let planes = apart(&codes);
        for (row, code) in codes.iter().enumerate() {
            for (plane, words) in planes.iter().enumerate() {
                assert_eq!((words[row / 64] >> (row % 64) & 1).cast_signed(), code >> plane & 1);
            }
        }
        let mut out = vec![7; codes.len()];
        together(&planes, &[0, 1, 2, 3, 4, 5], 0, &mut out);
        assert_eq!(out, codes);
        together(&planes[1..2], &[3], 5, &mut out);
        for (out, code) in out.iter().zip(&codes) {
            assert_eq!(*out, 5 | (code >> 1 & 1) << 3);
        }
    }
}
