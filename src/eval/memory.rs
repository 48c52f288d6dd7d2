//! What functions gave for the arguments that they were called with. A result can be worked out again, so that
//! this is a question of steps alone: where room is short, what took few steps for the room that it takes gives
//! way to what took more.

use crate::ir::FunctionId;
use crate::library::room;
use crate::value::Value;
use indexmap::IndexMap;

/// Values that an entry takes besides its arguments and its result.
const ENTRY: u64 = 4;

/// Results of functions.
#[derive(Debug, Default)]
pub(super) struct Memory {
    functions: Vec<Results>,
    /// Values that all of them take.
    room: u64,
    /// The function with results that took the fewest steps for their room, where that is known.
    least: Option<(FunctionId, Cost)>,
}

/// Results of one function.
#[derive(Debug, Default)]
struct Results {
    known: IndexMap<Vec<Value>, Value>,
    cost: Cost,
}

/// What was worked out: how many steps that took, and how many values it takes to remember.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    steps: u64,
    room: u64,
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self { steps: self.steps.saturating_add(other.steps), room: self.room.saturating_add(other.room) }
    }

    /// Whether it took fewer steps for the room that it takes.
    fn is_below(self, other: Self) -> bool {
        let product = |steps: u64, room: u64| u128::from(steps).saturating_mul(room.into());
        product(self.steps, other.room) < product(other.steps, self.room)
    }
}

/// Where a result is remembered.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// Its place among those of its function; none where there is no room for it.
    pub place: Option<usize>,
    /// The functions whose results gave way.
    pub forgotten: Vec<FunctionId>,
}

impl Memory {
    /// A result that is remembered, and its place among those of its function.
    pub(super) fn find(&self, id: FunctionId, args: &[Value]) -> Option<(usize, &Value)> {
        let (place, _, value) = self.functions.get(id.0)?.known.get_full(args)?;
        Some((place, value))
    }

    /// Remembers a result that took so many steps, where all that is remembered takes no more than `most` values
    /// then. With `may_forget`, all results of another function that took fewer steps for their room give way, those
    /// with the fewest first.
    pub(super) fn keep(
        &mut self,
        id: FunctionId,
        (args, value): (Vec<Value>, &Value),
        steps: u64,
        (most, may_forget): (u64, bool),
    ) -> Kept {
        let mut kept = Kept { place: None, forgotten: Vec::new() };
        let mut entry = Cost { steps, room: ENTRY.saturating_add(room(value, most)) };
        for arg in &args {
            entry.room = entry.room.saturating_add(1).saturating_add(room(arg, most));
        }
        if entry.room >= most {
            return kept;
        }
        while self.room.saturating_add(entry.room) >= most {
            let least =
                self.least().filter(|(other, cost)| may_forget && *other != id && cost.is_below(entry));
            let Some((other, cost)) = least else { return kept };
            self.functions.get_mut(other.0).map(std::mem::take);
            self.room = self.room.saturating_sub(cost.room);
            self.least = None;
            kept.forgotten.push(other);
        }
        if self.functions.len() <= id.0 {
            self.functions.resize_with(id.0.saturating_add(1), Results::default);
        }
        if let Some(results) = self.functions.get_mut(id.0) {
            kept.place = Some(results.known.insert_full(args, value.clone()).0);
            results.cost = results.cost.and(entry);
            self.room = self.room.saturating_add(entry.room);
            // Each call that finds no room asks, and nothing changes between two of them.
            if self.least.is_some_and(|(least, cost)| least == id || results.cost.is_below(cost)) {
                self.least = None;
            }
        }
        kept
    }

    /// Of the functions with results, that which took the fewest steps for their room.
    fn least(&mut self) -> Option<(FunctionId, Cost)> {
        if self.least.is_none() {
            let with_results = self.functions.iter().enumerate().filter(|(_, results)| results.cost.room > 0);
            let costs = with_results.map(|(id, results)| (FunctionId(id), results.cost));
            self.least = costs.reduce(|least, next| if next.1.is_below(least.1) { next } else { least });
        }
        self.least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: i64) -> Value {
        Value::Number(n.into())
    }

    /// Each entry of one number takes 5 values: four, and one for its argument.
    fn keep(memory: &mut Memory, function: usize, n: i64, steps: u64, most: u64) -> Option<Vec<usize>> {
        let result = (vec![number(n)], &number(n));
        let kept = memory.keep(FunctionId(function), result, steps, (most, true));
        kept.place.map(|_| kept.forgotten.into_iter().map(|id| id.0).collect())
    }

    #[test]
    fn what_took_few_steps_gives_way_to_what_took_more() {
        let mut memory = Memory::default();
        for n in 0..3 {
            assert_eq!(keep(&mut memory, 1, n, 10, 26), Some(vec![]));
            assert_eq!(keep(&mut memory, 0, n, 5, 26), if n < 2 { Some(vec![]) } else { None });
        }
        // Twenty-five are taken; a result of as few steps finds no room, one of more steps does.
        assert_eq!(keep(&mut memory, 2, 0, 5, 26), None);
        assert_eq!(keep(&mut memory, 2, 1, 6, 26), Some(vec![0]));
        assert_eq!(memory.find(FunctionId(0), &[number(0)]), None);
        assert_eq!(memory.find(FunctionId(1), &[number(2)]), Some((2, &number(2))));
        assert_eq!(keep(&mut memory, 2, 2, 6, 26), Some(vec![]));
        // Both others are in the way of one that takes more room.
        let long: Value = Value::List((0..10).map(number).collect());
        let kept = memory.keep(FunctionId(3), (vec![], &long), 1_000, (26, true));
        assert_eq!((kept.place, kept.forgotten), (Some(0), vec![FunctionId(2), FunctionId(1)]));
        assert_eq!(memory.room, 15);
    }

    #[test]
    fn what_is_larger_than_all_room_makes_nothing_give_way() {
        let mut memory = Memory::default();
        assert_eq!(keep(&mut memory, 0, 0, 1, 10), Some(vec![]));
        let long: Value = Value::List((0..10).map(number).collect());
        let kept = memory.keep(FunctionId(1), (vec![], &long), 1_000, (10, true));
        assert!(kept.place.is_none() && kept.forgotten.is_empty());
        assert!(memory.find(FunctionId(0), &[number(0)]).is_some());
        // What gave way is told of, also where that was not enough.
        assert_eq!(keep(&mut memory, 2, 0, 100_000, 12), Some(vec![]));
        let kept = memory.keep(FunctionId(3), (vec![number(1), number(2)], &number(3)), 1_000, (11, true));
        assert_eq!((kept.place, kept.forgotten), (None, vec![FunctionId(0)]));
    }
}
