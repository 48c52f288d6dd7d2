//! A directed graph of definitions: an order in which each comes after what it uses, and the circles
//! that stand in the way of one. All walks keep their own stacks, so that a long chain of definitions
//! costs no recursion.

use std::collections::VecDeque;

/// What each of `0..edges.len()` uses.
pub struct Graph {
    /// The nodes that each node uses.
    pub edges: Vec<Vec<usize>>,
}

/// How far a node has been walked.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

impl Graph {
    fn uses(&self, node: usize) -> &[usize] {
        self.edges.get(node).map_or(&[], Vec::as_slice)
    }

    /// Every node after all that it uses, as far as circles let it.
    pub fn sort(&self) -> Vec<usize> {
        let roots: Vec<usize> = (0..self.edges.len()).collect();
        let mut sorted = Vec::new();
        let mut marks = vec![Mark::New; self.edges.len()];
        for root in roots {
            self.walk(root, &mut marks, &mut sorted);
        }
        sorted
    }

    /// Adds `root` and all that it uses and that is new to `sorted`.
    fn walk(&self, root: usize, marks: &mut [Mark], sorted: &mut Vec<usize>) {
        if marks.get(root) != Some(&Mark::New) {
            return;
        }
        let mut set = |node: usize, mark: Mark| {
            if let Some(slot) = marks.get_mut(node) {
                *slot = mark;
            }
        };
        set(root, Mark::Open);
        let mut stack: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(target) = self.uses(node).get(next).copied() else {
                if let Some(slot) = marks.get_mut(node) {
                    *slot = Mark::Done;
                }
                sorted.push(node);
                continue;
            };
            stack.push((node, next.saturating_add(1)));
            if let Some(mark) = marks.get_mut(target).filter(|mark| **mark == Mark::New) {
                *mark = Mark::Open;
                stack.push((target, 0));
            }
        }
    }

    /// The knot that each node belongs to: nodes of one knot use each other, directly or through
    /// others.
    fn knots(&self) -> Vec<usize> {
        let mut turned = Self { edges: vec![Vec::new(); self.edges.len()] };
        for (user, used) in self.edges.iter().enumerate() {
            for node in used {
                if let Some(users) = turned.edges.get_mut(*node) {
                    users.push(user);
                }
            }
        }
        let mut knots = vec![usize::MAX; self.edges.len()];
        let mut marks = vec![Mark::New; self.edges.len()];
        for (knot, root) in self.sort().into_iter().rev().enumerate() {
            let mut members = Vec::new();
            turned.walk(root, &mut marks, &mut members);
            for member in members {
                if let Some(slot) = knots.get_mut(member) {
                    *slot = knot;
                }
            }
        }
        knots
    }

    /// Circles, as paths that end where they began: the nodes are taken in this order, and each that
    /// no circle before it goes through adds its shortest one. At most `most` of them.
    pub fn circles(&self, order: &[usize], most: usize) -> Vec<Vec<usize>> {
        let knots = self.knots();
        let mut covered = vec![false; self.edges.len()];
        let mut found = Vec::new();
        for node in order {
            if found.len() >= most {
                break;
            }
            if covered.get(*node) != Some(&false) {
                continue;
            }
            let Some(circle) = self.shortest(*node, &knots) else { continue };
            for member in &circle {
                if let Some(slot) = covered.get_mut(*member) {
                    *slot = true;
                }
            }
            found.push(circle);
        }
        found
    }

    /// The shortest way from a node back to itself.
    fn shortest(&self, start: usize, knots: &[usize]) -> Option<Vec<usize>> {
        let mut came_from: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for target in self.uses(node) {
                if knots.get(*target) != knots.get(start) || came_from.contains_key(target) {
                    continue;
                }
                came_from.insert(*target, node);
                if *target == start {
                    let mut path = vec![start];
                    let mut at = node;
                    while at != start {
                        path.push(at);
                        at = came_from.get(&at).copied()?;
                    }
                    path.push(start);
                    path.reverse();
                    return Some(path);
                }
                queue.push_back(*target);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    fn circles(edges: &[&[usize]]) -> Vec<Vec<usize>> {
        let graph = Graph { edges: edges.iter().map(|e| e.to_vec()).collect() };
        graph.circles(&(0..edges.len()).collect::<Vec<_>>(), 100)
    }

    #[test]
    fn each_comes_after_what_it_uses() {
        let graph = Graph { edges: vec![vec![1, 2], vec![2], vec![], vec![0]] };
        assert_eq!(graph.sort(), [2, 1, 0, 3]);
        assert_eq!(graph.circles(&[0, 1, 2, 3], 9), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_circle_goes_through_every_node_of_a_knot() {
        // 0 → 1 → 2 → 0 and 2 → 3 → 2, with 4 using the knot and itself.
        let found = circles(&[&[1], &[2], &[3, 0], &[2], &[0, 4]]);
        assert_eq!(found, [vec![0, 1, 2, 0], vec![3, 2, 3], vec![4, 4]]);
    }

    #[test]
    fn knots_that_use_each_other_one_way_are_apart() {
        assert_eq!(circles(&[&[1, 2], &[0], &[3], &[2]]), [vec![0, 1, 0], vec![2, 3, 2]]);
        assert_eq!(circles(&[&[1], &[2], &[]]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn long_chains_and_stars_are_bounded() {
        let long: Vec<Vec<usize>> = (0..100_000).map(|n| vec![(n + 1) % 100_000]).collect();
        assert_eq!(Graph { edges: long }.circles(&[0, 1], 9).len(), 1);
        let star: Vec<Vec<usize>> =
            (0..2_000).map(|n| if n == 0 { (1..2_000).collect() } else { vec![0] }).collect();
        assert_eq!(Graph { edges: star }.circles(&(0..2_000).collect::<Vec<_>>(), 50).len(), 50);
    }
}
