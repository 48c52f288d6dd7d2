//! A picture drawn as SVG, in bands that a printer can keep whole.

use super::layout::{Drawing, Placed, Px, Size, Wire, half, layout, px};
use super::model::{Link, Node, Picture, Target};
use maud::{Markup, html};

/// How wide the boxes of a layer may be together: a printed page's text.
const WIDEST: Px = px(640);
/// How high a band may be, the first below the picture's heading: a printed page.
const HIGHEST: Px = px(880);
const HIGHEST_FIRST: Px = px(780);
/// Around the text of a box, at its sides and at its top and bottom.
const INSET: (Px, Px) = (px(9), px(6));
/// Around the picture, for the strokes of its outermost boxes.
const MARGIN: Px = px(2);
/// From line to line of a name, and of what is read.
const NAME_LINE: Px = px(15);
const READ_LINE: Px = px(13);
/// The longest line of a name, in characters, before it is broken at a `_`.
const LONGEST: usize = 22;

/// The picture as one SVG, or as several with nothing between them.
pub(super) fn svg(picture: &Picture) -> Markup {
    let names: Vec<Vec<String>> = picture.nodes.iter().map(|n| broken(&n.link.text)).collect();
    let sizes: Vec<Size> = picture.nodes.iter().zip(&names).map(|(node, name)| size(node, name)).collect();
    let drawing = layout(&sizes, &picture.edges, WIDEST);
    let bands = bands(&drawing);
    let count = bands.len();
    html! {
        @for (number, (top, bottom)) in bands.into_iter().enumerate() {
            (band(picture, &names, &drawing, (top, bottom), (number.saturating_add(1), count)))
        }
    }
}

/// Cuts the picture between layers so that no band is higher than a page, where that can be.
fn bands(drawing: &Drawing) -> Vec<(Px, Px)> {
    let mut bands = Vec::new();
    let mut top = px(0);
    let mut last: Option<Px> = None;
    for cut in drawing.cuts.iter().copied().chain([drawing.size.height]) {
        let highest = if bands.is_empty() { HIGHEST_FIRST } else { HIGHEST };
        if cut - top > highest
            && let Some(before) = last
        {
            bands.push((top, before));
            top = before;
        }
        last = Some(cut);
    }
    bands.push((top, drawing.size.height));
    bands
}

fn band(
    picture: &Picture,
    names: &[Vec<String>],
    drawing: &Drawing,
    (top, bottom): (Px, Px),
    (number, count): (usize, usize),
) -> Markup {
    let (first, last) = (number == 1, number == count);
    let above = if first { top - MARGIN } else { top };
    let below = if last { bottom + MARGIN } else { bottom };
    let (width, height) = (drawing.size.width + MARGIN * px(2), below - above);
    let view = format!("{} {above} {width} {height}", px(0) - MARGIN);
    let label = if count > 1 {
        format!("{}, part {number} of {count}", picture.title)
    } else {
        picture.title.clone()
    };
    let here = |y: Px| top <= y && y < bottom;
    let wires = drawing.wires.iter().filter(|w| w.from.1 < bottom && w.on.unwrap_or(w.to.1) > top);
    let ends = drawing.wires.iter().filter(|w| w.on.is_none() && w.to.1 >= top && w.to.1 <= bottom);
    let nodes = picture.nodes.iter().zip(names).zip(&drawing.boxes).filter(|(_, placed)| here(placed.y));
    html! {
        svg viewBox=(view) width=(width) height=(height) role="group" aria-label=(label) {
            g class="wires" aria-hidden="true" {
                path d=(wires.map(wire).collect::<String>()) {}
                path class="ends" d=(ends.map(arrow).collect::<String>()) {}
            }
            @for ((node, name), placed) in nodes {
                (boxed(node, name, placed))
            }
        }
    }
}

fn boxed(node: &Node, name: &[String], placed: &Placed) -> Markup {
    let (x, y) = (placed.x, placed.y);
    let Size { width, height } = placed.size;
    let left = x + INSET.0;
    let title = match &node.about {
        Some(about) => format!("{}: {about}", full_name(node)),
        None => full_name(node),
    };
    let lines = name.iter().zip(1_i64..);
    let mut under = y + INSET.1 + NAME_LINE * px(i64::try_from(name.len()).unwrap_or(1));
    let mut next = || {
        under += READ_LINE;
        under - px(2)
    };
    html! {
        g class=(if node.private { "box private" } else if node.of.is_some() { "box row" } else { "box" }) {
            rect x=(x) y=(y) width=(width) height=(height) rx="2" {}
            a href={ "#" (node.link.id) } {
                title { (title) }
                text class="name" x=(left) {
                    @for (line, n) in lines {
                        tspan x=(left) y=(y + INSET.1 + NAME_LINE * px(n) - px(4)) { (line) }
                    }
                }
            }
            @if let Some(of) = &node.of {
                text class="of" x=(left) y=(next()) { (of) }
            }
            @for read in &node.reads {
                a href={ "#" (read.id) } {
                    title { (described(read)) }
                    text class=(class(read)) x=(left) y=(next()) { (shown(read)) }
                }
            }
        }
    }
}

/// A box's name as results show it.
fn full_name(node: &Node) -> String {
    node.link.id.strip_prefix("rule-").unwrap_or(&node.link.text).to_owned()
}

fn class(read: &Link) -> &'static str {
    match read.target {
        Target::Input => "read input",
        Target::Assumption => "read assumption",
        _ => "read",
    }
}

fn described(read: &Link) -> String {
    let what = match read.target {
        Target::Input => "input",
        Target::Assumption => "assumption",
        Target::Term => "term",
        Target::Function => "function",
        _ => "rule",
    };
    format!("{} ({what})", shown(read))
}

/// A name with the mark of its kind, as the legend explains them.
fn shown(read: &Link) -> String {
    match read.target {
        Target::Function => format!("{}()", read.text),
        Target::Assumption => format!("{} ?", read.text),
        Target::Rule => format!("↗ {}", read.text),
        _ => read.text.clone(),
    }
}

fn size(node: &Node, name: &[String]) -> Size {
    let wide = |chars: usize, tenths: i64| {
        let tenths = i64::try_from(chars).unwrap_or(i64::MAX).saturating_mul(tenths);
        px(tenths.checked_div(10).unwrap_or(0))
    };
    let names = name.iter().map(|line| wide(line.chars().count(), 74));
    let reads = node.reads.iter().map(|r| wide(shown(r).chars().count(), 62));
    let of = node.of.iter().map(|of| wide(of.chars().count(), 62));
    let width = names.chain(reads).chain(of).max().unwrap_or(px(0));
    let lines = |n: usize| px(i64::try_from(n).unwrap_or(i64::MAX));
    let under = node.reads.len().saturating_add(usize::from(node.of.is_some()));
    Size {
        width: width + INSET.0 * px(2),
        height: lines(name.len()) * NAME_LINE + lines(under) * READ_LINE + INSET.1 * px(2),
    }
}

/// A name on lines that are not too long, broken after `_`.
fn broken(name: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in name.split_inclusive('_') {
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(part.chars().count()) <= LONGEST => {
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

fn wire(wire: &Wire) -> String {
    let ((x, y), (end_x, end_y)) = (wire.from, wire.to);
    let turn = wire.turn;
    let start = if y == turn { format!("M{x} {y}") } else { format!("M{x} {y}V{turn}") };
    let over = if x == end_x {
        format!("V{end_y}")
    } else {
        let middle = half(turn + end_y);
        format!("C{x} {middle} {end_x} {middle} {end_x} {end_y}")
    };
    let on = wire.on.filter(|on| *on != end_y).map(|on| format!("V{on}")).unwrap_or_default();
    format!("{start}{over}{on}")
}

fn arrow(wire: &Wire) -> String {
    let (x, y) = wire.to;
    format!("M{} {}L{x} {y}L{} {}", x - px(3), y - px(6), x + px(3), y - px(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_broken_where_their_words_end() {
        assert_eq!(broken("cost"), ["cost"]);
        assert_eq!(broken("elected_by_retirement_deadline"), ["elected_by_retirement_", "deadline"]);
        assert_eq!(broken("averyveryverylongnamewithoutwords"), ["averyveryverylongnamewithoutwords"]);
    }
}
