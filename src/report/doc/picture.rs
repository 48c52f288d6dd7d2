//! What depends on what, as boxes and arrows: one picture of the results, and one for the rules of
//! each table and of the plan with all that they read.

use super::items::Maker;
use super::model::{Edge, Link, Node, Picture, Target};
use super::uses::User;
use super::words::clean;
use crate::ir::{Holder, RuleId, Use};
use std::collections::BTreeSet;

/// A picture with more boxes than this shows nothing.
const MOST_BOXES: usize = 300;

/// The pictures of a plan; those in which nothing depends on anything are left out.
pub(super) fn pictures(maker: &Maker<'_>) -> Vec<Picture> {
    let program = maker.program;
    let groups: Vec<Option<usize>> = std::iter::once(None)
        .chain((0..program.tables.len()).map(Some))
        .filter(|table| program.rules_of(*table).next().is_some())
        .collect();
    let mut found = Vec::new();
    let is_public = |id: RuleId| program.rule(id).is_some_and(|r| !r.private);
    if groups.len() > 1 || program.rules.iter().any(|r| r.private) {
        found.extend(picture(maker, Scope::Results, &is_public));
    }
    for table in groups {
        let own = |id: RuleId| program.rule(id).is_some_and(|r| r.table == table);
        found.extend(picture(maker, Scope::Table(table), &own));
    }
    found
}

/// What a picture is of.
#[derive(Clone, Copy)]
enum Scope {
    /// All results; private steps are passed over.
    Results,
    /// The rules of a table, or the plan's figures.
    Table(Option<usize>),
}

fn picture(maker: &Maker<'_>, scope: Scope, shown: &dyn Fn(RuleId) -> bool) -> Option<Picture> {
    let program = maker.program;
    // In the order of evaluation every rule comes after those it uses, and so does every box.
    let rules: Vec<RuleId> = program.order.iter().copied().filter(|id| shown(*id)).collect();
    if rules.len() > MOST_BOXES {
        return None;
    }
    let mut edges = BTreeSet::new();
    for (to, id) in rules.iter().enumerate() {
        let mut used = BTreeSet::new();
        leading_to(maker, scope, shown, User::Rule(*id), &mut used, &mut BTreeSet::new());
        let from = used.iter().filter_map(|id| rules.iter().position(|r| r == id));
        edges.extend(from.filter(|from| *from < to).map(|from| Edge { from, to }));
    }
    let edges = without_implied(rules.len(), &edges);
    if edges.is_empty() {
        return None;
    }
    let nodes = rules.iter().map(|id| node(maker, scope, shown, *id)).collect();
    let (id, title, caption) = match scope {
        Scope::Results => (
            "picture-results".to_owned(),
            "The results".to_owned(),
            "Every result stands below those it is drawn from. Private steps are passed over.".to_owned(),
        ),
        Scope::Table(None) => (
            "picture-plan".to_owned(),
            "Figures of the plan, step by step".to_owned(),
            "Every rule stands below those it uses, with what else it reads under its name.".to_owned(),
        ),
        Scope::Table(Some(table)) => {
            let name = maker.anchors.holder(Holder::Table(table)).text;
            (
                format!("picture-{name}"),
                format!("Each row of {name}, step by step"),
                "Every rule stands below those it uses, with what else it reads under its name.".to_owned(),
            )
        }
    };
    Some(Picture { id, title, caption, nodes, edges })
}

/// The boxes from which arrows lead to a rule: what it uses, by way of functions and, in the picture
/// of the results, of private steps.
fn leading_to(
    maker: &Maker<'_>,
    scope: Scope,
    shown: &dyn Fn(RuleId) -> bool,
    user: User,
    found: &mut BTreeSet<RuleId>,
    seen: &mut BTreeSet<User>,
) {
    let mut open = vec![user];
    while let Some(user) = open.pop() {
        if !seen.insert(user) {
            continue;
        }
        for used in maker.uses.read_by(user) {
            match used {
                Use::Rule(id) if shown(*id) => {
                    found.insert(*id);
                }
                Use::Rule(id) if matches!(scope, Scope::Results) => open.push(User::Rule(*id)),
                Use::Function(id) => open.push(User::Function(*id)),
                _ => {}
            }
        }
    }
}

/// The arrows without those that a way by others implies. Every arrow leads to a later box.
fn without_implied(boxes: usize, edges: &BTreeSet<Edge>) -> Vec<Edge> {
    let mut reached: Vec<BTreeSet<usize>> = Vec::with_capacity(boxes);
    let mut kept = Vec::new();
    for to in 0..boxes {
        let mut from: Vec<usize> = edges.iter().filter(|e| e.to == to).map(|e| e.from).collect();
        // The latest first: what it reaches need not be drawn again.
        from.sort_unstable_by(|a, b| b.cmp(a));
        let mut all = BTreeSet::new();
        for from in from {
            if all.insert(from) {
                kept.push(Edge { from, to });
                all.extend(reached.get(from).into_iter().flatten().copied());
            }
        }
        reached.push(all);
    }
    kept.sort_unstable();
    kept
}

fn node(maker: &Maker<'_>, scope: Scope, shown: &dyn Fn(RuleId) -> bool, id: RuleId) -> Node {
    let rule = maker.program.rule(id);
    let table = rule.and_then(|r| r.table);
    let mut link = maker.anchors.rule(id);
    if let Some(rule) = rule {
        link.text = clean(&rule.name.value);
    }
    Node {
        link,
        about: rule.and_then(|r| r.about.as_ref()).map(|a| clean(a)),
        private: rule.is_some_and(|r| r.private),
        of: match scope {
            Scope::Results => table.map(|t| maker.anchors.holder(Holder::Table(t)).text),
            Scope::Table(_) => None,
        },
        reads: match scope {
            Scope::Results => Vec::new(),
            Scope::Table(_) => reads(maker, shown, id, table),
        },
    }
}

/// What a rule reads besides the rules of its own picture.
fn reads(maker: &Maker<'_>, shown: &dyn Fn(RuleId) -> bool, id: RuleId, own: Option<usize>) -> Vec<Link> {
    let all = maker.uses.read_by(User::Rule(id));
    let mut found: Vec<Link> = Vec::new();
    for used in all {
        let own_row = match used {
            Use::Rule(id) if shown(*id) => continue,
            Use::Calendar(_) => continue,
            // A table that is named for the sake of its rows' fields goes without saying.
            Use::Table(table) if all.iter().any(|other| is_of(maker, *other, *table)) => continue,
            Use::Record(record) if all.iter().any(|o| matches!(o, Use::RecordField(r, _) if r == record)) => {
                continue;
            }
            Use::TableField(table, _) => own == Some(*table),
            _ => false,
        };
        let mut link = maker.anchors.used(*used);
        if own_row && let Some((_, field)) = link.text.split_once('.') {
            link.text = String::from(field);
        }
        found.push(link);
    }
    let rank = |target: Target| match target {
        Target::Rule => 0,
        Target::Function => 1,
        Target::Input => 2,
        Target::Term => 3,
        _ => 4,
    };
    found.sort_by_key(|link| rank(link.target));
    found
}

fn is_of(maker: &Maker<'_>, used: Use, table: usize) -> bool {
    match used {
        Use::TableField(other, _) => other == table,
        Use::Rule(id) => maker.program.rule(id).is_some_and(|r| r.table == Some(table)),
        _ => false,
    }
}

impl Picture {
    /// What leads to a box.
    pub(super) fn before(&self, index: usize) -> Vec<&Node> {
        self.edges.iter().filter(|e| e.to == index).filter_map(|e| self.nodes.get(e.from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_that_others_imply_are_left_out() {
        let edge = |from, to| Edge { from, to };
        let all = BTreeSet::from([edge(0, 1), edge(1, 2), edge(0, 2), edge(0, 3), edge(2, 3)]);
        assert_eq!(without_implied(4, &all), [edge(0, 1), edge(1, 2), edge(2, 3)]);
    }
}
