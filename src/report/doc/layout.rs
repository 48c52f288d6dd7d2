//! Where the boxes and arrows of a picture stand: layers from top to bottom, each box below those
//! that lead to it, ordered so that few arrows cross. Whole numbers throughout, and no chance.

use super::model::Edge;
use std::num::Saturating;

/// A length in the picture's units. Sums of lengths saturate, so that no name is too long to draw.
pub(super) type Px = Saturating<i64>;

/// A length.
pub(super) const fn px(n: i64) -> Px {
    Saturating(n)
}

/// The half of a length.
pub(super) fn half(length: Px) -> Px {
    px(length.0.checked_div(2).unwrap_or(0))
}

/// Between two boxes of a layer.
const BESIDE: Px = px(14);
/// Between an arrow that passes and what stands beside it.
const PASSING: Px = px(9);
/// Between two layers.
const BELOW: Px = px(34);
/// How often the order within layers is improved.
const SWEEPS: usize = 16;
/// How often boxes are moved toward what they are joined to.
const PLACINGS: usize = 12;

/// A width and a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub width: Px,
    pub height: Px,
}

/// A box in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub x: Px,
    pub y: Px,
    pub size: Size,
}

/// A part of an arrow: down to the end of a layer, over to the next, and on through that one where
/// no box ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    pub from: (Px, Px),
    pub turn: Px,
    pub to: (Px, Px),
    /// How far it goes on, past a layer; none where a box ends it.
    pub on: Option<Px>,
}

/// A picture laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawing {
    pub boxes: Vec<Placed>,
    pub wires: Vec<Wire>,
    pub size: Size,
    /// Heights between layers, where the picture may be cut.
    pub cuts: Vec<Px>,
}

/// A place in a layer: a box, or an arrow that passes.
#[derive(Clone, Copy, Debug)]
struct Cell {
    node: Option<usize>,
    layer: usize,
    width: Px,
    x: Px,
    /// Its place in its layer.
    place: usize,
}

#[derive(Debug, Default)]
struct Grid {
    cells: Vec<Cell>,
    layers: Vec<Vec<usize>>,
    /// Pairs of cells in a layer and the next.
    links: Vec<(usize, usize)>,
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

/// Lays out boxes of these sizes. Every arrow leads from a box to a later one of the list. Layers
/// are at most `most` wide, as far as the boxes alone are concerned.
pub(super) fn layout(sizes: &[Size], edges: &[Edge], most: Px) -> Drawing {
    let mut parts: Vec<(Vec<usize>, Drawing)> = Vec::new();
    for members in joined(sizes.len(), edges) {
        let own = |i: usize| members.iter().position(|m| *m == i);
        let sizes: Vec<Size> = members.iter().filter_map(|i| sizes.get(*i).copied()).collect();
        let edges: Vec<Edge> =
            edges.iter().filter_map(|e| Some(Edge { from: own(e.from)?, to: own(e.to)? })).collect();
        let mut grid = Grid::new(&sizes, &edges, &ranks(&sizes, &edges, most));
        grid.order();
        grid.place(most);
        parts.push((members, grid.draw(&sizes)));
    }
    // The largest first, and boxes that no arrow touches last.
    parts.sort_by_key(|(members, _)| std::cmp::Reverse(members.len()));
    let widest = parts.iter().map(|(_, part)| part.size.width).max().unwrap_or(px(0)).max(most);
    let mut whole = put_together(sizes.len(), &parts, widest);
    whole.cuts = cuts(&whole.boxes);
    whole
}

/// Boxes in groups that arrows join, each in the order of the list.
fn joined(count: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut group: Vec<usize> = (0..count).collect();
    for edge in edges {
        let (Some(a), Some(b)) = (group.get(edge.from).copied(), group.get(edge.to).copied()) else {
            continue;
        };
        group.iter_mut().filter(|g| **g == b).for_each(|g| *g = a);
    }
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, id) in group.iter().enumerate() {
        match groups.iter_mut().find(|(g, _)| g == id) {
            Some((_, members)) => members.push(index),
            None => groups.push((*id, vec![index])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// Puts parts side by side as long as there is room, then below.
fn put_together(count: usize, parts: &[(Vec<usize>, Drawing)], widest: Px) -> Drawing {
    let nothing = Size { width: px(0), height: px(0) };
    let none = Placed { x: px(0), y: px(0), size: nothing };
    let mut whole = Drawing { boxes: vec![none; count], wires: Vec::new(), size: nothing, cuts: Vec::new() };
    let (mut x, mut y, mut height) = (px(0), px(0), px(0));
    for (members, part) in parts {
        if x > px(0) && x + part.size.width > widest {
            (x, y, height) = (px(0), y + height + BELOW, px(0));
        }
        for (index, placed) in members.iter().zip(&part.boxes) {
            if let Some(slot) = whole.boxes.get_mut(*index) {
                *slot = Placed { x: placed.x + x, y: placed.y + y, size: placed.size };
            }
        }
        whole.wires.extend(part.wires.iter().map(|w| Wire {
            from: (w.from.0 + x, w.from.1 + y),
            turn: w.turn + y,
            to: (w.to.0 + x, w.to.1 + y),
            on: w.on.map(|on| on + y),
        }));
        height = height.max(part.size.height);
        whole.size.width = whole.size.width.max(x + part.size.width);
        whole.size.height = whole.size.height.max(y + height);
        // More room between parts than between boxes of one.
        x += part.size.width + if members.len() > 1 { BELOW } else { BESIDE };
    }
    whole
}

/// Heights at which no box stands, one for each gap.
fn cuts(boxes: &[Placed]) -> Vec<Px> {
    let mut spans: Vec<(Px, Px)> = boxes.iter().map(|b| (b.y, b.y + b.size.height)).collect();
    spans.sort_unstable();
    let mut cuts = Vec::new();
    let mut end: Option<Px> = None;
    for (top, bottom) in spans {
        if let Some(end) = end.filter(|end| *end < top) {
            cuts.push(half(end + top));
        }
        end = Some(end.map_or(bottom, |end| end.max(bottom)));
    }
    cuts
}

/// The layer of each box: below all that lead to it, near to what it leads to, and no layer too wide.
fn ranks(sizes: &[Size], edges: &[Edge], most: Px) -> Vec<usize> {
    let mut ranks: Vec<usize> = vec![0; sizes.len()];
    let rank = |ranks: &[usize], i: usize| ranks.get(i).copied().unwrap_or(0);
    for to in 0..sizes.len() {
        let above = edges.iter().filter(|e| e.to == to).map(|e| rank(&ranks, e.from).saturating_add(1)).max();
        if let Some(slot) = ranks.get_mut(to) {
            *slot = above.unwrap_or(0);
        }
    }
    for from in (0..sizes.len()).rev() {
        let below: Vec<usize> = edges.iter().filter(|e| e.from == from).map(|e| rank(&ranks, e.to)).collect();
        let above = edges.iter().filter(|e| e.to == from).count();
        if let Some(nearest) = below.iter().min().filter(|_| above < below.len())
            && let Some(slot) = ranks.get_mut(from)
        {
            *slot = nearest.saturating_sub(1);
        }
    }
    let mut layer = 0;
    while ranks.iter().max().is_some_and(|deepest| layer <= *deepest) {
        // Boxes that lead nowhere make room for the others.
        let mut here: Vec<usize> = (0..sizes.len()).filter(|i| rank(&ranks, *i) == layer).collect();
        here.sort_by_key(|i| !edges.iter().any(|e| e.from == *i));
        let mut width = px(0);
        let mut moved = Vec::new();
        for (place, i) in here.iter().enumerate() {
            width += sizes.get(*i).map_or(px(0), |s| s.width) + BESIDE;
            if place > 0 && width > most {
                moved.push(*i);
            }
        }
        if !moved.is_empty() {
            for (i, slot) in ranks.iter_mut().enumerate() {
                if *slot > layer || moved.contains(&i) {
                    *slot = slot.saturating_add(1);
                }
            }
        }
        layer = layer.saturating_add(1);
    }
    ranks
}

impl Grid {
    /// Boxes and the arrows that pass other layers. Arrows from one box share one line as long as
    /// they can.
    fn new(sizes: &[Size], edges: &[Edge], ranks: &[usize]) -> Self {
        let mut grid = Self::default();
        let depth = ranks.iter().max().map_or(0, |deepest| deepest.saturating_add(1));
        grid.layers = vec![Vec::new(); depth];
        let rank = |i: usize| ranks.get(i).copied();
        let mut own: Vec<Option<usize>> = Vec::new();
        for (i, size) in sizes.iter().enumerate() {
            own.push(rank(i).map(|layer| grid.add(Some(i), layer, size.width)));
        }
        for (from, cell) in own.iter().enumerate() {
            let (Some(cell), Some(layer)) = (*cell, rank(from)) else { continue };
            let mut ends: Vec<(usize, usize)> = edges
                .iter()
                .filter(|e| e.from == from)
                .filter_map(|e| Some((rank(e.to)?, own.get(e.to).copied().flatten()?)))
                .collect();
            ends.sort_unstable();
            let (mut last, mut at) = (cell, layer);
            for (layer, end) in ends {
                while at.saturating_add(1) < layer {
                    at = at.saturating_add(1);
                    let passing = grid.add(None, at, px(1));
                    grid.links.push((last, passing));
                    last = passing;
                }
                grid.links.push((last, end));
            }
        }
        grid.above = vec![Vec::new(); grid.cells.len()];
        grid.below = vec![Vec::new(); grid.cells.len()];
        for (upper, lower) in &grid.links {
            if let Some(list) = grid.below.get_mut(*upper) {
                list.push(*lower);
            }
            if let Some(list) = grid.above.get_mut(*lower) {
                list.push(*upper);
            }
        }
        grid
    }

    fn add(&mut self, node: Option<usize>, layer: usize, width: Px) -> usize {
        let id = self.cells.len();
        let place = self.layers.get(layer).map_or(0, Vec::len);
        self.cells.push(Cell { node, layer, width, x: px(0), place });
        if let Some(cells) = self.layers.get_mut(layer) {
            cells.push(id);
        }
        id
    }

    fn cell(&self, id: usize) -> Cell {
        self.cells.get(id).copied().unwrap_or(Cell { node: None, layer: 0, width: px(0), x: px(0), place: 0 })
    }

    fn beside(&self, id: usize, upward: bool) -> &[usize] {
        let lists = if upward { &self.above } else { &self.below };
        lists.get(id).map_or(&[], Vec::as_slice)
    }

    /// Orders layers by the places of what they are joined to, down and up, and keeps the order with
    /// the fewest crossings.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let upward = sweep % 2 == 0;
            let depth = self.layers.len();
            for step in 1..depth {
                let layer = if upward { step } else { depth.saturating_sub(1).saturating_sub(step) };
                let Some(mut cells) = self.layers.get(layer).cloned() else { continue };
                cells.sort_by_cached_key(|id| self.middle(*id, upward));
                self.set(layer, cells);
            }
            self.swap_neighbours();
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        for (layer, cells) in best.1.into_iter().enumerate() {
            self.set(layer, cells);
        }
    }

    fn set(&mut self, layer: usize, cells: Vec<usize>) {
        for (place, id) in cells.iter().enumerate() {
            if let Some(cell) = self.cells.get_mut(*id) {
                cell.place = place;
            }
        }
        if let Some(slot) = self.layers.get_mut(layer) {
            *slot = cells;
        }
    }

    /// The mean place, in thousandths, of what a cell is joined to; its own where it is to nothing.
    fn middle(&self, id: usize, upward: bool) -> usize {
        let joined = self.beside(id, upward);
        let sum = joined.iter().fold(0_usize, |sum, other| sum.saturating_add(self.cell(*other).place));
        let thousandth = |n: usize| n.saturating_mul(1000);
        thousandth(sum).checked_div(joined.len()).unwrap_or_else(|| thousandth(self.cell(id).place))
    }

    fn swap_neighbours(&mut self) {
        for layer in 0..self.layers.len() {
            let Some(mut cells) = self.layers.get(layer).cloned() else { continue };
            for right in 1..cells.len() {
                let left = right.saturating_sub(1);
                let (Some(a), Some(b)) = (cells.get(left).copied(), cells.get(right).copied()) else {
                    continue;
                };
                if self.pair_crossings(b, a) < self.pair_crossings(a, b) {
                    cells.swap(left, right);
                    self.set(layer, cells.clone());
                }
            }
        }
    }

    /// How often the lines of two cells cross if the first stands left of the second.
    fn pair_crossings(&self, left: usize, right: usize) -> usize {
        let mut crossings = 0_usize;
        for upward in [true, false] {
            for l in self.beside(left, upward) {
                let l = self.cell(*l).place;
                let crossed = self.beside(right, upward).iter().filter(|r| self.cell(**r).place < l).count();
                crossings = crossings.saturating_add(crossed);
            }
        }
        crossings
    }

    fn crossings(&self) -> usize {
        let place = |id: usize| self.cell(id).place;
        let mut crossings = 0_usize;
        for (index, (a, b)) in self.links.iter().enumerate() {
            let layer = self.cell(*a).layer;
            let others =
                self.links.iter().skip(index.saturating_add(1)).filter(|(c, _)| self.cell(*c).layer == layer);
            let crossed = others.filter(|(c, d)| {
                (place(*a) < place(*c) && place(*b) > place(*d))
                    || (place(*a) > place(*c) && place(*b) < place(*d))
            });
            crossings = crossings.saturating_add(crossed.count());
        }
        crossings
    }

    /// Moves cells sideways to where they are joined to, keeping their order and distance, within the
    /// width `most` or that of the widest layer.
    fn place(&mut self, most: Px) {
        let widest = (0..self.layers.len()).map(|layer| self.packed(layer).1).max().unwrap_or(most).max(most);
        for layer in 0..self.layers.len() {
            let (places, width) = self.packed(layer);
            self.set_places(layer, places.iter().map(|x| *x + half(widest - width)));
        }
        for _ in 0..PLACINGS {
            for layer in 1..self.layers.len() {
                self.settle(layer, true, widest);
            }
            for layer in (0..self.layers.len().saturating_sub(1)).rev() {
                self.settle(layer, false, widest);
            }
        }
    }

    /// The places of a layer's cells where they stand as close as they may, and how wide they are.
    fn packed(&self, layer: usize) -> (Vec<Px>, Px) {
        let mut places = Vec::new();
        let mut end = px(0);
        let mut before: Option<Cell> = None;
        for cell in self.layers.get(layer).into_iter().flatten().map(|id| self.cell(*id)) {
            end += match before {
                Some(before) if before.node.is_some() && cell.node.is_some() => BESIDE,
                Some(_) => PASSING,
                None => px(0),
            };
            places.push(end + half(cell.width));
            end += cell.width;
            before = Some(cell);
        }
        (places, end)
    }

    fn set_places(&mut self, layer: usize, places: impl Iterator<Item = Px>) {
        let Some(cells) = self.layers.get(layer) else { return };
        for (id, place) in cells.iter().zip(places) {
            if let Some(cell) = self.cells.get_mut(*id) {
                cell.x = place;
            }
        }
    }

    /// The places nearest to the wished ones, in the sense of least squares, at which a layer's cells
    /// keep their distance: neighbours that would come too close move as one.
    fn settle(&mut self, layer: usize, upward: bool, widest: Px) {
        let Some(cells) = self.layers.get(layer) else { return };
        let (packed, width) = self.packed(layer);
        // Runs of cells that touch: how many, the weight of all, the weighted sum of how far each
        // wishes to be moved from where it is packed.
        let mut runs: Vec<(usize, Px, Px)> = Vec::new();
        for (id, packed) in cells.iter().zip(&packed) {
            let cell = self.cell(*id);
            let wish = self.wish(*id, upward).unwrap_or(cell.x);
            // A line that passes layers is best straight.
            let weight = if cell.node.is_none() { px(12) } else { px(1) };
            runs.push((1, weight, weight * (wish - *packed)));
            while let [.., a, b] = runs.as_slice()
                && a.2 * b.1 >= b.2 * a.1
            {
                let joined = (a.0.saturating_add(b.0), a.1 + b.1, a.2 + b.2);
                runs.truncate(runs.len().saturating_sub(2));
                runs.push(joined);
            }
        }
        let moves = runs.iter().flat_map(|(count, weight, sum)| {
            let by = px(sum.0.checked_div(weight.0).unwrap_or(0));
            std::iter::repeat_n(by.max(px(0)).min((widest - width).max(px(0))), *count)
        });
        let places: Vec<Px> = packed.iter().zip(moves).map(|(packed, by)| *packed + by).collect();
        self.set_places(layer, places.into_iter());
    }

    /// The median of the places that a cell is joined to. A line goes straight on where it can.
    fn wish(&self, id: usize, upward: bool) -> Option<Px> {
        let joined = self.beside(id, upward).iter().map(|other| self.cell(*other));
        let passing: Vec<Cell> = joined.clone().filter(|c| c.node.is_none()).collect();
        let own = self.cell(id).node.is_none();
        let mut places: Vec<Px> = match passing.as_slice() {
            [only] if own => vec![only.x],
            _ => joined.map(|c| c.x).collect(),
        };
        places.sort_unstable();
        let middle = places.len() / 2;
        let upper = places.get(middle).copied()?;
        if places.len() % 2 == 1 {
            return Some(upper);
        }
        let lower = places.get(middle.saturating_sub(1)).copied()?;
        Some(half(lower + upper))
    }

    fn draw(&self, sizes: &[Size]) -> Drawing {
        let left = self.cells.iter().map(|c| c.x - half(c.width)).min().unwrap_or(px(0));
        let right = self.cells.iter().map(|c| c.x + half(c.width)).max().unwrap_or(px(0));
        let size = |node: usize| sizes.get(node).copied().unwrap_or(Size { width: px(0), height: px(0) });
        // The top and the bottom of each layer.
        let mut layers: Vec<(Px, Px)> = Vec::new();
        let mut y = px(0);
        for cells in &self.layers {
            if !layers.is_empty() {
                y += BELOW;
            }
            let nodes = cells.iter().filter_map(|id| self.cell(*id).node);
            let height = nodes.map(|n| size(n).height).max().unwrap_or(px(0));
            layers.push((y, y + height));
            y += height;
        }
        let span = |layer: usize| layers.get(layer).copied().unwrap_or((px(0), px(0)));
        let nothing = Placed { x: px(0), y: px(0), size: Size { width: px(0), height: px(0) } };
        let mut boxes = vec![nothing; sizes.len()];
        for cell in &self.cells {
            if let Some(node) = cell.node
                && let Some(slot) = boxes.get_mut(node)
            {
                *slot =
                    Placed { x: cell.x - half(cell.width) - left, y: span(cell.layer).0, size: size(node) };
            }
        }
        let wire = |(upper, lower): &(usize, usize)| {
            let (upper, lower) = (self.cell(*upper), self.cell(*lower));
            let turn = span(upper.layer).1;
            let start = upper.node.map_or(turn, |n| span(upper.layer).0 + size(n).height);
            let end = span(lower.layer);
            Wire {
                from: (upper.x - left, start),
                turn,
                to: (lower.x - left, end.0),
                on: lower.node.is_none().then_some(end.1),
            }
        };
        let wires = self.links.iter().map(wire).collect();
        Drawing { boxes, wires, size: Size { width: right - left, height: y }, cuts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(n: usize) -> Vec<Size> {
        vec![Size { width: px(100), height: px(30) }; n]
    }

    fn edges(pairs: &[(usize, usize)]) -> Vec<Edge> {
        pairs.iter().map(|(from, to)| Edge { from: *from, to: *to }).collect()
    }

    #[test]
    fn every_box_stands_below_what_leads_to_it_and_none_overlap() {
        let edges = edges(&[(0, 2), (1, 2), (0, 3), (2, 4), (0, 5), (4, 5), (1, 5), (3, 6)]);
        let drawing = layout(&sizes(9), &edges, px(360));
        for edge in &edges {
            assert!(drawing.boxes[edge.from].y < drawing.boxes[edge.to].y, "{edge:?}");
        }
        for (i, a) in drawing.boxes.iter().enumerate() {
            assert!(a.x >= px(0) && a.x + a.size.width <= drawing.size.width, "{a:?} {:?}", drawing.size);
            assert!(a.y + a.size.height <= drawing.size.height);
            for b in &drawing.boxes[i + 1..] {
                let apart = a.x + a.size.width <= b.x || b.x + b.size.width <= a.x;
                assert!(apart || a.y != b.y, "{a:?} {b:?}");
            }
        }
        assert_eq!(drawing, layout(&sizes(9), &edges, px(360)));
    }

    #[test]
    fn a_layer_that_is_too_wide_is_parted() {
        let edges = edges(&[(0, 6), (1, 6), (2, 6), (3, 6), (4, 6), (5, 6)]);
        let drawing = layout(&sizes(7), &edges, px(360));
        assert!(drawing.size.width <= px(400), "{:?}", drawing.size);
    }

    #[test]
    fn lines_that_need_not_cross_do_not() {
        let edges = edges(&[(0, 4), (1, 3), (2, 5)]);
        let sizes = sizes(6);
        let ranks = [0, 0, 0, 1, 1, 1];
        let mut grid = Grid::new(&sizes, &edges, &ranks);
        assert_eq!(grid.crossings(), 1);
        grid.order();
        assert_eq!(grid.crossings(), 0);
    }

    #[test]
    fn boxes_that_nothing_joins_stand_side_by_side() {
        let drawing = layout(&sizes(4), &edges(&[(1, 3)]), px(360));
        assert!(drawing.size.width <= px(360) && drawing.size.height == px(94), "{:?}", drawing.size);
        assert_eq!(drawing.boxes[0].y, drawing.boxes[1].y);
        assert_eq!(drawing.cuts, [px(47)], "{:?}", drawing.boxes);
    }

    #[test]
    fn a_picture_of_nothing_is_empty() {
        let drawing = layout(&[], &[], px(100));
        assert_eq!((drawing.size.width, drawing.size.height), (px(0), px(0)));
    }
}
