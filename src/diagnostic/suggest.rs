//! "Did you mean": the nearest of the names that could have stood there, and lists of names.

/// The candidate nearest to `found`, where one is near enough to be worth naming.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer name's length (at
/// least one, and never all of it), or a difference of letter case alone; of equally near ones the
/// first is taken. Of names with points, parts that are the same count for nothing: `people.pay` is
/// as far from `people.age` as `pay` is from `age`. Nothing is near to what is longer than any name.
#[must_use]
pub fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 200;
    if found.len() > LONGEST {
        return None;
    }
    let folded = found.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other = candidate.to_lowercase();
        let (own, other) = without_shared_parts(&folded, &other);
        let distance = strsim::damerau_levenshtein(own, other);
        let length = own.chars().count().max(other.chars().count());
        let allowed = length.div_ceil(3).max(1).min(length.saturating_sub(1));
        if distance <= allowed && candidate != found && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// Two names without the parts before the first point, or after the last, that they share.
fn without_shared_parts<'a>(mut one: &'a str, mut other: &'a str) -> (&'a str, &'a str) {
    while let (Some((a, one_rest)), Some((b, other_rest))) = (one.split_once('.'), other.split_once('.'))
        && a == b
    {
        (one, other) = (one_rest, other_rest);
    }
    while let (Some((one_rest, a)), Some((other_rest, b))) = (one.rsplit_once('.'), other.rsplit_once('.'))
        && a == b
    {
        (one, other) = (one_rest, other_rest);
    }
    (one, other)
}

/// The help for a name that is not there: "did you mean `hire_date`?", where one is near enough.
#[must_use]
pub fn meant<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    did_you_mean(found, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// Names in backticks, set apart by commas: `` `a`, `b`, `c` ``.
#[must_use]
pub fn ticked<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, meant, ticked};

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let names = ["hire_date", "hours_per_week", "status"];
        assert_eq!(did_you_mean("hire_dat", names), Some("hire_date"));
        assert_eq!(did_you_mean("Status", names), Some("status"));
        assert_eq!(did_you_mean("principal", names), None);
        assert_eq!((did_you_mean("Z", ["A"]), did_you_mean("z", ["Z"])), (None, Some("Z")));
    }

    #[test]
    fn what_names_share_before_a_point_is_no_likeness() {
        let names = ["participants.cost", "participants.hire_date", "participants.cost.rounded"];
        assert_eq!(did_you_mean("participants.fmv", names), None);
        assert_eq!(did_you_mean("participants.hire_dat", names), Some("participants.hire_date"));
        assert_eq!(did_you_mean("participant.cost", names), Some("participants.cost"));
        assert_eq!(did_you_mean("participants.costs.rounded", names), Some("participants.cost.rounded"));
    }

    #[test]
    fn names_stand_in_backticks() {
        let names = ["hours", "status"];
        assert_eq!(meant("hour", names).as_deref(), Some("did you mean `hours`?"));
        assert_eq!(ticked(names), "`hours`, `status`");
    }
}
