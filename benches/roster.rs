//! Writes a roster for `benches/purchase.toml`: `roster ROWS FILE [SEED]`, the same bytes every time.
//!
//! One participant in ten stands near a boundary of a rule: three months of employment, twenty hours,
//! five percent of the shares, the annual limit, a sum that buys whole shares exactly.
#![allow(clippy::pedantic, clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{BufWriter, Write};

/// A small generator of numbers that look random (PCG, 32 bits out of 64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u32 {
        let old = self.0;
        self.0 = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (((old >> 18) ^ old) >> 27) as u32;
        mixed.rotate_right((old >> 59) as u32)
    }

    fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(n)) >> 32) as u32
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u32) as usize]
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let seed = arguments.get(3).map_or(7, |seed| seed.parse().unwrap());
    write(arguments[1].parse().unwrap(), &arguments[2], seed);
}

/// Writes so many rows to a file.
pub fn write(rows: u32, file: &str, seed: u64) {
    let mut dice = Dice(seed);
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    let header = "id,hire_date,hours_per_week,months_per_year,owned_shares,status,election,pay,\
                  deduction_rate,extra_cash,prior_purchases_fmv_this_year";
    writeln!(out, "{header}").unwrap();
    for row in 1..=rows {
        let edge = dice.below(10) == 0;
        let hired = if edge {
            format!("2000-10-{:02}", 1 + dice.below(4))
        } else {
            format!("{}-{:02}-{:02}", 1975 + dice.below(25), 1 + dice.below(12), 1 + dice.below(28))
        };
        let hours =
            if edge { dice.one(&["20", "20.00", "20.25", "19.75"]) } else { dice.one(&["40", "37.5", "32"]) };
        let months = if edge { 4 + dice.below(3) } else { 12 };
        let owned = if edge && dice.below(20) == 0 { 4_692_046 + dice.below(2) } else { dice.below(3_000) };
        let status = dice.one(&[
            "active",
            "active",
            "active",
            "active",
            "active",
            "active",
            "terminated",
            "retired",
            "leave",
            "deceased",
        ]);
        let election =
            if status == "active" { "" } else { dice.one(&["", "purchase", "purchase", "withdraw"]) };
        let whole_lot = edge && dice.below(4) == 0;
        // 111.57 buys a hundred shares at 1.1157 to the cent.
        let extra =
            if whole_lot { 11_157 * (1 + dice.below(30)) } else { [0, 0, 0, 25_000][dice.below(4) as usize] };
        let pay = if whole_lot { 0 } else { 400_000 + dice.below(2_500_000) };
        let rate = dice.one(&["0.01", "0.03", "0.05", "0.0625", "0.075", "0.10", "0.12"]);
        let prior = if edge { 2_400_000 + dice.below(150_000) } else { 175 * dice.below(6_000) };
        writeln!(
            out,
            "P{row:08},{hired},{hours},{months},{owned},{status},{election},{},{rate},{},{}",
            money(pay),
            money(extra),
            money(prior)
        )
        .unwrap();
    }
    out.flush().unwrap();
}
