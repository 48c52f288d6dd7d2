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
    let lone: Vec<usize> = (0..sizes.len()).filter(|i| !edges.iter().any(|e| e.from == *i || e.to == *i)).collect();
    let ranks = ranks(sizes, edges, &lone, most);
    let mut grid = Grid::new(sizes, edges, &ranks);
    grid.order();
    grid.place();
    let mut drawing = grid.draw(sizes);
    place_lone(&mut drawing, sizes, &lone, most);
    drawing
}

/// The layer of each box: below all that lead to it, near to what it leads to, and no layer too wide.
fn ranks(sizes: &[Size], edges: &[Edge], lone: &[usize], most: Px) -> Vec<Option<usize>> {
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
    while let Some(deepest) = ranks.iter().max().filter(|deepest| layer <= **deepest) {
        let _ = deepest;
        // Boxes that lead nowhere make room for the others.
        let mut here: Vec<usize> = (0..sizes.len()).filter(|i| rank(&ranks, *i) == layer && !lone.contains(i)).collect();
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
    ranks.iter().enumerate().map(|(i, rank)| (!lone.contains(&i)).then_some(*rank)).collect()
}

impl Grid {
    /// Boxes and the arrows that pass other layers. Arrows from one box share one line as long as
    /// they can.
    fn new(sizes: &[Size], edges: &[Edge], ranks: &[Option<usize>]) -> Self {
        let mut grid = Self::default();
        let depth = ranks.iter().flatten().max().map_or(0, |deepest| deepest.saturating_add(1));
        grid.layers = vec![Vec::new(); depth];
        let rank = |i: usize| ranks.get(i).copied().flatten();
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
                let (Some(a), Some(b)) = (cells.get(left).copied(), cells.get(right).copied()) else { continue };
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
            let others = self.links.iter().skip(index.saturating_add(1)).filter(|(c, _)| self.cell(*c).layer == layer);
            let crossed = others.filter(|(c, d)| {
                (place(*a) < place(*c) && place(*b) > place(*d)) || (place(*a) > place(*c) && place(*b) < place(*d))
            });
            crossings = crossings.saturating_add(crossed.count());
        }
        crossings
    }

    /// Moves cells sideways to where they are joined to, keeping their order and distance.
    fn place(&mut self) {
        for layer in 0..self.layers.len() {
            self.settle(layer, None);
        }
        for _ in 0..PLACINGS {
            for layer in 1..self.layers.len() {
                self.settle(layer, Some(true));
            }
            for layer in (0..self.layers.len().saturating_sub(1)).rev() {
                self.settle(layer, Some(false));
            }
        }
    }

    /// The places nearest to the wished ones, in the sense of least squares, at which a layer's cells
    /// keep their distance: neighbours that would come too close move as one.
    fn settle(&mut self, layer: usize, upward: Option<bool>) {
        let Some(cells) = self.layers.get(layer).cloned() else { return };
        // Runs of cells that touch: how many, the weight of all, the weighted sum of what they wish
        // for the first one's place.
        let mut runs: Vec<(usize, Px, Px)> = Vec::new();
        let mut offset = px(0);
        let mut before: Option<Cell> = None;
        let mut offsets = Vec::new();
        for id in &cells {
            let cell = self.cell(*id);
            if let Some(before) = before {
                let apart = if before.node.is_some() && cell.node.is_some() { BESIDE } else { PASSING };
                offset += (before.width + cell.width) / px(2) + apart;
            }
            before = Some(cell);
            offsets.push(offset);
            let wish = upward.and_then(|u| self.wish(*id, u)).unwrap_or(cell.x);
            let wish = if upward.is_none() { offset } else { wish };
            // A line that passes layers is best straight.
            let weight = if cell.node.is_none() { px(12) } else { px(1) };
            runs.push((1, weight, weight * (wish - offset)));
            while let [.., a, b] = runs.as_slice()
                && a.2 * b.1 >= b.2 * a.1
            {
                let joined = (a.0.saturating_add(b.0), a.1 + b.1, a.2 + b.2);
                runs.truncate(runs.len().saturating_sub(2));
                runs.push(joined);
            }
        }
        let places = runs.iter().flat_map(|(count, weight, sum)| {
            let base = sum.0.checked_div(weight.0).unwrap_or(0);
            std::iter::repeat_n(px(base), *count)
        });
        for ((id, base), offset) in cells.iter().zip(places).zip(offsets) {
            if let Some(cell) = self.cells.get_mut(*id) {
                cell.x = base + offset;
            }
        }
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
        Some((lower + upper) / px(2))
    }

    fn draw(&self, sizes: &[Size]) -> Drawing {
        let left = self.cells.iter().map(|c| c.x - c.width / px(2)).min().unwrap_or(px(0));
        let right = self.cells.iter().map(|c| c.x + c.width / px(2)).max().unwrap_or(px(0));
        let size = |node: usize| sizes.get(node).copied().unwrap_or(Size { width: px(0), height: px(0) });
        // The top and the bottom of each layer.
        let mut layers: Vec<(Px, Px)> = Vec::new();
        let mut cuts = Vec::new();
        let mut y = px(0);
        for cells in &self.layers {
            if !layers.is_empty() {
                cuts.push(y + BELOW / px(2));
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
                *slot = Placed { x: cell.x - cell.width / px(2) - left, y: span(cell.layer).0, size: size(node) };
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
        Drawing { boxes, wires, size: Size { width: right - left, height: y }, cuts }
    }
}

/// Boxes that no arrow touches stand in rows below the others.
fn place_lone(drawing: &mut Drawing, sizes: &[Size], lone: &[usize], most: Px) {
    let wide = drawing.size.width.max(most);
    let (mut x, mut y, mut height) = (px(0), drawing.size.height, px(0));
    for (place, index) in lone.iter().enumerate() {
        let Some(size) = sizes.get(*index).copied() else { continue };
        if place == 0 || x + size.width > wide {
            if drawing.size.height > px(0) || place > 0 {
                y += height;
                drawing.cuts.push(y + BELOW / px(2));
                y += BELOW;
            }
            (x, height) = (px(0), px(0));
        }
        if let Some(slot) = drawing.boxes.get_mut(*index) {
            *slot = Placed { x, y, size };
        }
        x += size.width + BESIDE;
        height = height.max(size.height);
        drawing.size.width = drawing.size.width.max(x - BESIDE);
        drawing.size.height = y + height;
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
        let ranks: Vec<Option<usize>> = vec![Some(0), Some(0), Some(0), Some(1), Some(1), Some(1)];
        let mut grid = Grid::new(&sizes, &edges, &ranks);
        assert_eq!(grid.crossings(), 1);
        grid.order();
        assert_eq!(grid.crossings(), 0);
    }

    #[test]
    fn a_picture_of_nothing_is_empty() {
        let drawing = layout(&[], &[], px(100));
        assert_eq!((drawing.size.width, drawing.size.height), (px(0), px(0)));
    }
}
