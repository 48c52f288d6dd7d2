//! The rules of `benches/purchase.toml` written by hand, a row at a time, with the crates that most
//! would take: `baseline IN OUT POOL`. It is what whole jobs are compared with.
#![allow(clippy::pedantic, clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::{Months, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};

struct Half {
    id: String,
    eligible: bool,
    contribution: Decimal,
    requested: u64,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let pool: u128 = arguments[3].parse().unwrap();
    let first_day = NaiveDate::from_ymd_opt(2001, 1, 2).unwrap();
    let (discount, first, last) = (decimal("0.85"), decimal("1.75"), decimal("1.3125"));
    let price = (discount * first.min(last))
        .max(decimal("0.01"))
        .round_dp_with_strategy(4, RoundingStrategy::ToPositiveInfinity);
    let (cap, limit, owner) = (decimal("0.10"), decimal("25000"), decimal("0.05") * decimal("93840935"));
    let mut reader = csv::Reader::from_path(&arguments[1]).unwrap();
    let mut record = csv::StringRecord::new();
    let mut people: Vec<Half> = Vec::new();
    while reader.read_record(&mut record).unwrap() {
        let hired: NaiveDate = record[1].parse().unwrap();
        let eligible = hired.checked_add_months(Months::new(3)).unwrap() <= first_day
            && decimal(&record[2]) > decimal("20")
            && decimal(&record[3]) >= decimal("5")
            && decimal(&record[4]) < owner;
        let contribution = if eligible {
            cents(decimal(&record[8]).min(cap) * decimal(&record[7])) + decimal(&record[9])
        } else {
            Decimal::ZERO
        };
        let buys = match &record[5] {
            "active" => true,
            "retired" | "leave" | "deceased" => &record[6] == "purchase",
            _ => false,
        };
        let requested = if buys {
            let left = ((limit - decimal(&record[10])).max(Decimal::ZERO) / first).floor();
            (contribution / price).floor().min(left)
        } else {
            Decimal::ZERO
        };
        people.push(Half {
            id: record[0].to_owned(),
            eligible,
            contribution,
            requested: requested.try_into().unwrap(),
        });
    }
    let total: u128 = people.iter().map(|p| u128::from(p.requested)).sum();
    let mut out = BufWriter::new(std::fs::File::create(&arguments[2]).unwrap());
    writeln!(out, "id,eligible,contribution,requested,purchased,cost,refund").unwrap();
    let mut line = String::new();
    for person in &people {
        let requested = u128::from(person.requested);
        let purchased = if total > pool { (requested * pool / total) as u64 } else { person.requested };
        let cost = cents(Decimal::from(purchased) * price);
        let refund = person.contribution - cost;
        line.clear();
        writeln!(
            line,
            "{},{},{:.2},{},{purchased},{cost:.2},{refund:.2}",
            person.id, person.eligible, person.contribution, person.requested
        )
        .unwrap();
        out.write_all(line.as_bytes()).unwrap();
    }
    out.flush().unwrap();
}
