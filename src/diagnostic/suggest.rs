//! "Did you mean": the nearest of the names that could have stood there.

/// The candidate nearest to `found`, where one is near enough to be worth naming.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer name's length (at
/// least one), or a difference of letter case alone; of equally near ones the first is taken.
/// Nothing is near to what is longer than any name.
#[must_use]
pub fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 200;
    if found.len() > LONGEST {
        return None;
    }
    let folded = found.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&folded, &candidate.to_lowercase());
        let allowed = found.chars().count().max(candidate.chars().count()).div_ceil(3).max(1);
        if distance <= allowed && candidate != found && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let names = ["hire_date", "hours_per_week", "status"];
        assert_eq!(did_you_mean("hire_dat", names), Some("hire_date"));
        assert_eq!(did_you_mean("Status", names), Some("status"));
        assert_eq!(did_you_mean("principal", names), None);
    }
}
