//! A derivation made shorter: fewer levels of figures, fewer steps of walks.

use super::derivation::{Explanation, Extent, Node, NodeKind, Step, Walked};
use indexmap::IndexMap;

impl Explanation {
    /// The tree down to `levels` below its root; figures further down keep their value alone.
    #[must_use]
    pub fn down_to(mut self, levels: usize) -> Self {
        cut_steps(&mut self.root.steps, levels);
        self
    }

    /// At most so many steps of each walk, half of them its first and half its last. A figure that was
    /// opened in a step that is left out is opened where it is met next.
    #[must_use]
    pub fn steps_to(mut self, most: usize) -> Self {
        self.steps = Some(most);
        self.keeping(Kept { most, nested: most, listed: most, of_sums: most })
    }

    /// At most so many steps of each walk, as [`Explanation::steps_to`], and of a walk within another's
    /// step the first and the last; where rows are summed up, or the like, only the first of them is
    /// opened, and the others keep their value alone.
    #[must_use]
    pub fn readable(self, most: usize) -> Self {
        self.keeping(Kept { most, nested: most.min(2), listed: most, of_sums: 1 })
    }

    fn keeping(mut self, kept: Kept) -> Self {
        let mut moved = IndexMap::new();
        leave_out(&mut self.root.steps, kept, &mut moved);
        if !moved.is_empty() {
            put_back(&mut self.root.steps, &mut moved);
        }
        self
    }
}

/// How much of each walk is kept.
#[derive(Clone, Copy)]
struct Kept {
    /// How many steps.
    most: usize,
    /// How many where it is within a step of another.
    nested: usize,
    /// How many where something is made of them all, a sum or the greatest.
    listed: usize,
    /// How many of those are opened.
    of_sums: usize,
}

/// Leaves steps of one walk out.
fn shorten(walked: &mut Walked, kept: Kept, moved: &mut Moved) {
    let summed = walked.walk.result.as_ref().is_some_and(|(made, ..)| *made != "fold");
    let most = if summed { kept.listed } else { kept.most };
    if let Some(out) = walked.steps.len().checked_sub(most).filter(|out| *out > 0) {
        let first = most.div_ceil(2);
        for left in walked.steps.drain(first..first.saturating_add(out)) {
            collect(left.node.steps, kept, moved);
        }
    }
    if summed && !walked.walk.decided {
        for step in walked.steps.iter_mut().skip(kept.of_sums) {
            collect(std::mem::take(&mut step.node.steps), kept, moved);
            step.node.taken = None;
        }
    }
    let within = Kept { most: kept.nested, ..kept };
    walked.steps.iter_mut().for_each(|s| leave_out(&mut s.node.steps, within, moved));
}

fn cut_node(node: &mut Node, levels: usize) {
    match levels.checked_sub(1) {
        Some(left) => cut_steps(&mut node.steps, left),
        None if node.extent == Extent::Whole => {
            node.steps.clear();
            node.extent = Extent::Cut;
        }
        None => {}
    }
}

fn cut_steps(steps: &mut [Step], levels: usize) {
    for step in steps {
        match step {
            Step::Node(node) => cut_node(node, levels),
            Step::Walk(walked) => walked.steps.iter_mut().for_each(|s| cut_node(&mut s.node, levels)),
            Step::Branch(branch) => cut_steps(&mut branch.steps, levels),
            Step::Rounding(_) | Step::Figure(_) => {}
        }
    }
}

/// Figures opened in steps that are left out, until they are put elsewhere.
type Moved = IndexMap<NodeKind, Option<Node>>;

/// Leaves steps of walks out, and keeps what was opened in them.
fn leave_out(steps: &mut [Step], kept: Kept, moved: &mut Moved) {
    for step in steps {
        match step {
            Step::Node(node) => leave_out(&mut node.steps, kept, moved),
            Step::Branch(branch) => leave_out(&mut branch.steps, kept, moved),
            Step::Walk(walked) => shorten(walked, kept, moved),
            Step::Rounding(_) | Step::Figure(_) => {}
        }
    }
}

/// Keeps the figures opened in steps.
fn collect(steps: Vec<Step>, kept: Kept, moved: &mut Moved) {
    for step in steps {
        match step {
            Step::Node(mut node) => match node.kind {
                NodeKind::Variable(_) | NodeKind::Step(_) => collect(node.steps, kept, moved),
                _ if node.extent == Extent::Whole => {
                    leave_out(&mut node.steps, kept, moved);
                    moved.insert(node.kind.clone(), Some(node));
                }
                _ => {}
            },
            Step::Branch(branch) => collect(branch.steps, kept, moved),
            Step::Walk(walked) => walked.steps.into_iter().for_each(|s| collect(s.node.steps, kept, moved)),
            Step::Rounding(_) | Step::Figure(_) => {}
        }
    }
}

/// Opens kept figures where they are met next, in the order of reading: what a formula rests on, then
/// what its conditions do.
fn put_back(steps: &mut [Step], moved: &mut Moved) {
    for step in &mut *steps {
        match step {
            Step::Node(node) => {
                if matches!(node.extent, Extent::Above | Extent::Below) {
                    match moved.get_mut(&node.kind) {
                        Some(kept @ Some(_)) => *node = kept.take().unwrap_or_else(|| node.clone()),
                        Some(None) => node.extent = Extent::Above,
                        None => {}
                    }
                }
                put_back(&mut node.steps, moved);
            }
            Step::Walk(walked) => walked.steps.iter_mut().for_each(|s| put_back(&mut s.node.steps, moved)),
            Step::Branch(_) | Step::Rounding(_) | Step::Figure(_) => {}
        }
    }
    for step in steps {
        if let Step::Branch(branch) = step {
            put_back(&mut branch.steps, moved);
        }
    }
}
