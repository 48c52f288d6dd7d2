//! Evaluates the stock purchase plan for one participant, from the program's own types, and prints what
//! it concludes and why. Run it with `cargo run --example embed`.

use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt::Write as _;
use whereas::{Plan, report};

/// What the plan is told. Amounts are text, so that they are exact.
#[derive(Serialize)]
struct Data {
    company: Company,
    period: Period,
    participants: Vec<Participant>,
}

#[derive(Serialize)]
struct Company {
    shares_outstanding: u64,
    adopted: &'static str,
    approved: Option<&'static str>,
}

#[derive(Serialize)]
struct Period {
    first_trading_day: &'static str,
    last_trading_day: &'static str,
    fmv_first: &'static str,
    fmv_last: &'static str,
}

#[derive(Serialize)]
struct Participant {
    id: &'static str,
    hire_date: &'static str,
    hours_per_week: u32,
    months_per_year: u32,
    owned_shares: u64,
    pay: &'static str,
    deduction_rate: &'static str,
}

/// What the program reads of the plan's conclusions; it leaves the others alone.
#[derive(Deserialize)]
struct Conclusions {
    purchase_price: String,
    participants: Vec<Purchase>,
}

#[derive(Deserialize)]
struct Purchase {
    id: String,
    outcome: String,
    purchased_shares: i64,
    cost: String,
    refund: String,
}

fn data() -> Data {
    Data {
        company: Company {
            shares_outstanding: 93_000_000,
            adopted: "2000-10-20",
            approved: Some("2001-05-15"),
        },
        period: Period {
            first_trading_day: "2001-01-02",
            last_trading_day: "2001-06-29",
            fmv_first: "1.75",
            fmv_last: "1.3125",
        },
        participants: vec![Participant {
            id: "E1042",
            hire_date: "1999-08-16",
            hours_per_week: 40,
            months_per_year: 12,
            owned_shares: 200,
            pay: "31250.00",
            deduction_rate: "8%",
        }],
    }
}

/// Evaluates the plan in this file, and answers what there is to print.
///
/// # Errors
/// Where the plan cannot be loaded, or does not fit the data.
pub fn run(plan: &str) -> Result<String, Box<dyn Error>> {
    let plan = Plan::from_path(plan)?;
    let data = data();
    let conclusions: Conclusions = plan.evaluate(&data)?.deserialize()?;

    let mut text = format!("a share costs {} USD\n", conclusions.purchase_price);
    for purchase in &conclusions.participants {
        writeln!(
            text,
            "{}: {}, {} shares for {} USD, {} USD back",
            purchase.id, purchase.outcome, purchase.purchased_shares, purchase.cost, purchase.refund
        )?;
    }
    let explanation = plan.explain(&data, "participants.deductions", Some("E1042"))?;
    writeln!(text, "\n{}", report::explain_markdown(&explanation).trim_end())?;
    Ok(text)
}

fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", run("plans/espp.toml")?);
    Ok(())
}
