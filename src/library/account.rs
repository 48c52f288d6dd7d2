//! What an evaluation has taken so far: its steps, and the values that it holds.

use crate::limits::{LimitError, Limits};
use crate::number::Num;
use crate::value::Value;
use std::cell::Cell;
use std::cmp::Ordering;

/// Bytes of a text that count as one value.
const TEXT: usize = 24;
/// Bytes of a text that are compared or copied in one step.
const TEXT_STEP: usize = 256;

/// The account of one evaluation. It is charged before work is done or room is taken.
#[derive(Clone, Debug)]
pub struct Account {
    steps: Cell<u64>,
    most_steps: u64,
    held: Cell<u64>,
    most_values: u64,
}

impl Account {
    /// The account of an evaluation over data of this many rows.
    #[must_use]
    pub fn new(limits: &Limits, rows: u64) -> Self {
        Self {
            steps: Cell::new(0),
            most_steps: limits.steps.saturating_add(limits.steps_per_row.saturating_mul(rows)),
            held: Cell::new(0),
            most_values: limits.values.saturating_add(limits.values_per_row.saturating_mul(rows)),
        }
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Steps that may still be taken.
    #[must_use]
    pub fn steps_left(&self) -> u64 {
        self.most_steps.saturating_sub(self.steps.get())
    }

    /// Counts steps anew, and gives back all that was built since `before`.
    pub fn begin_again(&self, before: u64) {
        self.steps.set(0);
        self.release(before);
    }

    /// Takes steps.
    ///
    /// # Errors
    /// [`LimitError::Steps`] where they are more than the evaluation may take.
    pub fn step(&self, steps: u64) -> Result<(), LimitError> {
        let taken = self.steps.get().saturating_add(steps);
        self.steps.set(taken);
        if taken > self.most_steps { Err(LimitError::Steps(self.most_steps)) } else { Ok(()) }
    }

    /// Takes steps where there are as many left; whether there were.
    #[must_use]
    pub fn take(&self, steps: u64) -> bool {
        let taken = self.steps.get().saturating_add(steps);
        let fits = taken <= self.most_steps;
        if fits {
            self.steps.set(taken);
        }
        fits
    }

    /// Makes room for values, and takes the steps of making them.
    ///
    /// # Errors
    /// [`LimitError::Values`] or [`LimitError::Steps`].
    pub fn build(&self, values: usize) -> Result<(), LimitError> {
        let values = u64::try_from(values).unwrap_or(u64::MAX);
        let held = self.held.get().saturating_add(values);
        if held > self.most_values {
            return Err(LimitError::Values(self.most_values));
        }
        self.held.set(held);
        self.step(values)
    }

    /// Makes room for a value that was made: nothing for one that takes no room of its own.
    ///
    /// # Errors
    /// As [`Account::build`].
    pub fn build_single(&self, value: &Value) -> Result<(), LimitError> {
        match single(value) {
            Some(0) | None => Ok(()),
            Some(room) => self.build(room),
        }
    }

    /// Values held so far.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held.get()
    }

    /// The most values that may be held.
    #[must_use]
    pub fn most_values(&self) -> u64 {
        self.most_values
    }

    /// Gives back what was built since `before` and is not part of `result`, where `result` is single
    /// and so has nothing of it; lists and records may.
    pub fn settle_single(&self, before: u64, result: &Value) {
        if let Some(room) = single(result) {
            let built = self.held.get().saturating_sub(before);
            let kept = built.min(u64::try_from(room).unwrap_or(u64::MAX));
            self.held.set(before.saturating_add(kept));
        }
    }

    /// As [`Account::settle_single`], whatever the result is. It looks at no more parts of the result
    /// than were built.
    pub fn settle(&self, before: u64, result: &Value) {
        let built = self.held.get().saturating_sub(before);
        if built > 0 {
            self.held.set(before.saturating_add(room(result, built).min(built)));
        }
    }

    /// Gives back all that was built since `before`.
    pub fn release(&self, before: u64) {
        self.held.set(before.min(self.held.get()));
    }

    /// Counts a conclusion, with every part as often as it stands in it: that is how it is written out.
    ///
    /// # Errors
    /// As [`Account::build`].
    pub fn conclude(&self, before: u64, result: &Value) -> Result<(), LimitError> {
        self.release(before);
        match result {
            Value::List(_) | Value::Record(_) => {
                let left = self.most_values.saturating_sub(before).saturating_add(1);
                self.build(usize::try_from(room(result, left)).unwrap_or(usize::MAX))
            }
            other => self.build_single(other),
        }
    }

    /// Takes the steps of arithmetic on two numbers: work on long fractions grows with the square of
    /// their length.
    ///
    /// # Errors
    /// [`LimitError::Steps`].
    pub fn arithmetic(&self, a: &Num, b: &Num) -> Result<(), LimitError> {
        match a.long_words().saturating_add(b.long_words()) {
            0 => Ok(()),
            words => self.step(square(words)),
        }
    }

    /// Takes the steps of going through a value, as to compare or to remember it.
    ///
    /// # Errors
    /// [`LimitError::Steps`].
    pub fn look_through(&self, value: &Value) -> Result<(), LimitError> {
        match value {
            Value::Number(n) => match n.long_words() {
                0 => Ok(()),
                words => self.step(square(words)),
            },
            Value::Text(text) if text.len() < TEXT_STEP => Ok(()),
            Value::Text(text) => self.step(count(text.len(), TEXT_STEP)),
            Value::List(items) | Value::Record(items) => {
                self.step(u64::try_from(items.len()).unwrap_or(u64::MAX))?;
                items.iter().try_for_each(|item| self.look_through(item))
            }
            _ => Ok(()),
        }
    }

    /// Takes the steps of sorting items by this many keys each.
    ///
    /// # Errors
    /// [`LimitError::Steps`].
    pub fn sort(&self, items: usize, keys: usize) -> Result<(), LimitError> {
        let depth = u64::from(usize::BITS.saturating_sub(items.leading_zeros()));
        let (items, keys) = (u64::try_from(items).unwrap_or(u64::MAX), u64::try_from(keys).unwrap_or(1));
        // Comparing two keys takes far less than a part of a formula does.
        let comparisons = items.saturating_mul(depth).saturating_mul(keys.max(1));
        self.step(comparisons.checked_div(4).unwrap_or(0))
    }
}

/// Steps of multiplying, or reducing to lowest terms, what has this many words in all.
fn square(words: u64) -> u64 {
    words.saturating_mul(words).saturating_mul(2)
}

fn count(bytes: usize, each: usize) -> u64 {
    u64::try_from(bytes.checked_div(each).unwrap_or(0)).unwrap_or(u64::MAX)
}

/// The room that a value takes beside its own place; none for what has parts.
fn single(value: &Value) -> Option<usize> {
    match value {
        Value::List(_) | Value::Record(_) => None,
        Value::Text(text) => Some(text.len().checked_div(TEXT).unwrap_or(0).saturating_add(1)),
        Value::Number(n) => match n.long_words() {
            0 => Some(0),
            words => Some(
                usize::try_from(words).unwrap_or(usize::MAX).checked_div(3).unwrap_or(0).saturating_add(4),
            ),
        },
        _ => Some(0),
    }
}

/// The room that a value and its parts take, each part as often as it stands in it, counted up to `most`.
#[must_use]
pub fn room(value: &Value, most: u64) -> u64 {
    fn add(value: &Value, sum: &mut u64, most: u64) {
        match value {
            Value::List(items) | Value::Record(items) => {
                *sum = sum.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX)).saturating_add(1);
                for item in items.iter() {
                    if (*sum).cmp(&most) != Ordering::Less {
                        return;
                    }
                    add(item, sum, most);
                }
            }
            other => {
                let room = single(other).unwrap_or(0);
                *sum = sum.saturating_add(u64::try_from(room).unwrap_or(u64::MAX));
            }
        }
    }
    let mut sum = 0;
    add(value, &mut sum, most);
    sum.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { steps: 100, steps_per_row: 10, values: 50, values_per_row: 5, ..Limits::DEFAULT }
    }

    fn list(values: Vec<Value>) -> Value {
        Value::List(values.into())
    }

    #[test]
    fn an_allowance_grows_with_the_rows() {
        assert_eq!(Account::new(&limits(), 0).step(101), Err(LimitError::Steps(100)));
        assert_eq!(Account::new(&limits(), 2).step(121), Err(LimitError::Steps(120)));
        assert_eq!(Account::new(&limits(), 2).step(120), Ok(()));
        assert_eq!(Account::new(&limits(), 2).build(61), Err(LimitError::Values(60)));
    }

    #[test]
    fn what_is_not_part_of_a_result_is_given_back() {
        let account = Account::new(&limits(), 0);
        account.build(40).unwrap();
        account.settle_single(0, &Value::Bool(true));
        assert_eq!(account.held(), 0);
        account.build(40).unwrap();
        let three = list(vec![Value::Absent; 3]);
        account.settle_single(0, &three);
        assert_eq!(account.held(), 40);
        account.settle(0, &three);
        assert_eq!(account.held(), 4);
    }

    #[test]
    fn a_conclusion_counts_a_part_as_often_as_it_is_written() {
        let account = Account::new(&limits(), 0);
        let mut doubled = list(vec![Value::Absent]);
        for _ in 0..60 {
            doubled = list(vec![doubled.clone(), doubled]);
        }
        assert_eq!(account.conclude(0, &doubled), Err(LimitError::Values(50)));
        assert!(account.look_through(&doubled).is_err());
    }

    #[test]
    fn long_fractions_and_texts_cost_what_they_are_long() {
        let account = Account::new(&limits(), 0);
        let long = Num::parse("2").unwrap().powi(6_400, 16_384).unwrap();
        assert_eq!(account.arithmetic(&Num::ONE, &Num::ONE), Ok(()));
        assert_eq!(account.steps(), 0);
        assert_eq!(account.arithmetic(&long, &Num::ONE), Err(LimitError::Steps(100)));
        assert!(account.build_single(&Value::Text("x".repeat(5_000).into())).is_err());
    }
}
