//! The order of evaluation: rules after what they use, and cycles named along their whole path.

use super::globals::Globals;
use super::graph::Graph;
use super::infer;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, Holder, RuleId, Use, uses};
use crate::limits::Limits;
use crate::plan::RuleBody;
use crate::source::Span;
use crate::syntax::ast;
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

/// How many circles of names are looked for: they only tell a circle from a long chain.
const NAMED_CIRCLES: usize = 100;

/// Checks functions and rules, each after those whose names it mentions, so that types are inferred
/// without deep recursion. The order is by names alone and may be wrong where a name means something
/// else; what is needed earlier is then checked on demand.
pub fn infer_in_order(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    let functions = document.functions.len();
    let mut by_name: IndexMap<Arc<str>, Vec<usize>> = IndexMap::new();
    for (index, function) in document.functions.iter().enumerate() {
        by_name.entry(Arc::clone(&function.name.value)).or_default().push(index);
    }
    for (index, rule) in document.rules.iter().enumerate() {
        by_name.entry(Arc::clone(&rule.name.value)).or_default().push(functions.saturating_add(index));
    }
    let mut edges = Vec::new();
    let mut add = |formulas: Vec<&ast::Expr>| {
        let mut targets = IndexSet::new();
        for formula in formulas {
            names(formula, &mut |name| targets.extend(by_name.get(name).into_iter().flatten().copied()));
        }
        edges.push(targets.into_iter().collect());
    };
    document.functions.iter().for_each(|f| add(vec![&f.body]));
    document.rules.iter().for_each(|r| add(formulas(&r.body)));
    let graph = Graph { edges };
    let in_text: Vec<usize> = (0..graph.edges.len()).collect();
    let circles = graph.circles(&in_text, NAMED_CIRCLES);
    globals.named_circles = circles.into_iter().filter(|c| c.len() > globals.max_depth).collect();
    for node in graph.sort() {
        infer::check(globals, node);
    }
}

/// The formulas of a rule as written.
pub fn formulas(body: &RuleBody) -> Vec<&ast::Expr> {
    match body {
        RuleBody::Value(e) => vec![e],
        RuleBody::Cases { cases, otherwise } => {
            cases.iter().flat_map(|c| [&c.when, &c.then]).chain(otherwise.iter().map(|o| &o.then)).collect()
        }
        RuleBody::All(requirements) => requirements.iter().map(|r| &r.require).collect(),
        RuleBody::Allocate(a) => [&a.parts, &a.step, &a.ties].into_iter().chain(a.within.as_ref()).collect(),
    }
}

/// Calls `found` with every name that a formula mentions.
pub fn names(expr: &ast::Expr, found: &mut dyn FnMut(&str)) {
    use ast::ExprKind as K;
    match &expr.kind {
        K::Name(name) => found(&name.value),
        K::Field(_, name) | K::Call(name, _) => found(&name.value),
        _ => {}
    }
    expr.children(&mut |child| names(child, found));
}

/// What sorting found to be in order.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Everything: rules and functions have an order, and so have defaults.
    pub rules: bool,
    /// Functions and the defaults of inputs, whatever the rules are like.
    pub data: bool,
}

/// Sorts the rules, with faults for the circles, and the defaults of inputs; hands the finished
/// definitions to the program.
pub fn sort(globals: &mut Globals, limits: &Limits) -> Order {
    let functions: Vec<_> = globals.functions.iter_mut().map(|f| f.checked.take()).collect();
    let rules: Vec<_> = globals.rules.iter_mut().map(|r| r.checked.take()).collect();
    globals.rule_types = globals.rules.iter().map(|rule| rule.standing.ty.clone()).collect();
    let count = functions.len();
    let most = limits.faults.max(1);
    let circles = circles(globals, count.saturating_add(rules.len()), most);
    for circle in &circles {
        report_cycle(globals, circle);
    }
    let mut edges: Vec<Vec<usize>> = Vec::new();
    let mut direct: Vec<IndexSet<Use>> = Vec::new();
    let mut add = |visit: &dyn Fn(&mut dyn FnMut(&Expr))| {
        let mut found = IndexSet::new();
        visit(&mut |e| {
            uses(e, &mut |u| {
                found.insert(u);
            });
        });
        edges.push(
            found
                .iter()
                .filter_map(|u| match u {
                    Use::Function(id) => Some(id.0),
                    Use::Rule(id) => Some(count.saturating_add(id.0)),
                    _ => None,
                })
                .collect(),
        );
        direct.push(found);
    };
    for function in &functions {
        add(&|visit| {
            if let Some(f) = function {
                visit(&f.body);
            }
        });
    }
    for rule in &rules {
        add(&|visit| {
            if let Some(r) = rule {
                r.body.formulas(&mut |e| visit(e));
            }
        });
    }
    let sorted = Graph { edges }.sort();
    // Beyond the most that are reported, any function may be part of a circle.
    let circular = circles.len() >= most || circles.iter().flatten().any(|node| *node < count);
    let functions_known = functions.iter().all(Option::is_some) && !circular;
    let rules_known = rules.iter().all(Option::is_some) && circles.is_empty();
    let mut data = false;
    if functions_known {
        globals.program.functions = functions.into_iter().flatten().map(|f| *f).collect();
        data = call_depth(globals, &sorted, &direct, count, limits)
            && defaults(globals, &direct, limits)
            && data_only(globals, &direct);
    }
    if functions_known && rules_known {
        globals.program.rules = rules.into_iter().flatten().map(|r| *r).collect();
        globals.program.order = sorted.iter().filter_map(|n| n.checked_sub(count)).map(RuleId).collect();
    }
    Order { rules: rules_known && data, data }
}

/// The circles among functions and rules: one at least through each that is part of any, each once,
/// from the first of its definitions in the text.
fn circles(globals: &Globals, nodes: usize, most: usize) -> Vec<Vec<usize>> {
    let mut graph = Graph { edges: vec![Vec::new(); nodes] };
    for (user, used) in &globals.edges {
        if let Some(edges) = graph.edges.get_mut(*user) {
            edges.extend(used.iter().copied());
        }
    }
    let mut by_place: Vec<usize> = (0..nodes).collect();
    by_place.sort_by_key(|node| span_of(globals, *node));
    let mut found = graph.circles(&by_place, most);
    // Types that wait for each other along a circle of names, and for nothing that closes it.
    for named in &globals.circles {
        if found.len() < most && !found.iter().flatten().any(|node| named.contains(node)) {
            found.push(named.clone());
        }
    }
    found
}

/// Everything that a formula reads, also through functions.
fn closure(formula: &Expr, direct: &[IndexSet<Use>]) -> IndexSet<Use> {
    let mut found: IndexSet<Use> = IndexSet::new();
    uses(formula, &mut |u| {
        found.insert(u);
    });
    let mut at = 0;
    while let Some(read) = found.get_index(at).copied() {
        if let Use::Function(id) = read {
            found.extend(direct.get(id.0).into_iter().flatten().copied());
        }
        at = at.saturating_add(1);
    }
    found
}

/// Defaults and conditions are asked while data is read: no function that they call may use a rule.
fn data_only(globals: &mut Globals, direct: &[IndexSet<Use>]) -> bool {
    let mut faults = Vec::new();
    let program = &globals.program;
    let fields = program.records.iter().map(|r| (&r.fields, &r.conditions));
    for (fields, conditions) in fields.chain(program.tables.iter().map(|t| (&t.fields, &t.conditions))) {
        let defaults = fields.iter().filter_map(|f| f.default.as_ref());
        for formula in defaults.chain(conditions.iter().map(|c| &c.that)) {
            let rule = closure(formula, direct).into_iter().find_map(|u| match u {
                Use::Rule(id) => Some(id),
                _ => None,
            });
            if let Some(rule) = rule {
                let name = globals.rule_name(rule);
                faults.push(
                    Diagnostic::error(Code::WrongType, format!("this comes to use the rule `{name}`"))
                        .label(formula.span, "data is read before any rule concludes")
                        .help("use inputs, terms and functions that use no rule"),
                );
            }
        }
    }
    let sound = faults.is_empty();
    globals.diagnostics.extend(faults);
    sound
}

/// A circle in words; the middle of a long one is left out.
fn chain(path: &[String]) -> String {
    const ENDS: usize = 6;
    let left_out = path.len().saturating_sub(ENDS.saturating_mul(2));
    if left_out == 0 {
        return path.join(" uses ");
    }
    let (begin, rest) = path.split_at_checked(ENDS).unwrap_or((path, &[]));
    let end: Vec<&str> = rest.iter().skip(left_out).map(String::as_str).collect();
    format!("{} uses {left_out} more, the last of which uses {}", begin.join(" uses "), end.join(" uses "))
}

/// The place of a function or a rule.
fn span_of(globals: &Globals, node: usize) -> Option<Span> {
    globals.node_name(node).map(|(_, span)| span)
}

fn report_cycle(globals: &mut Globals, cycle: &[usize]) {
    let nodes: Vec<(String, Span)> =
        cycle.iter().map(|n| globals.node_name(*n).unwrap_or_default()).collect();
    let path: Vec<String> = nodes.iter().map(|(name, _)| format!("`{name}`")).collect();
    let first = path.first().cloned().unwrap_or_default();
    let mut diagnostic =
        Diagnostic::error(Code::Cycle, format!("{first} depends on itself: {}", chain(&path)));
    for ((_, span), next) in nodes.iter().zip(path.iter().skip(1)).take(12) {
        diagnostic = diagnostic.label(*span, format!("uses {next}"));
    }
    globals.diagnostics.push(
        diagnostic.help("a rule may use only what can be known before it: break the circle at one of these"),
    );
}

/// Functions may not call each other deeper than the limit, so that evaluation never overflows.
fn call_depth(
    globals: &mut Globals,
    sorted: &[usize],
    direct: &[IndexSet<Use>],
    functions: usize,
    limits: &Limits,
) -> bool {
    let mut depth: Vec<usize> = vec![0; functions];
    for node in sorted.iter().filter(|n| **n < functions) {
        let called = direct.get(*node).into_iter().flatten().filter_map(|u| match u {
            Use::Function(id) => depth.get(id.0).copied(),
            _ => None,
        });
        let own = called.max().unwrap_or(0).saturating_add(1);
        if own > limits.calls {
            let Some(function) = globals.functions.get(*node) else { continue };
            let (name, span) = (Arc::clone(&function.name.value), function.name.span);
            globals.diagnostics.push(
                Diagnostic::error(
                    Code::TooDeep,
                    format!("`{name}` calls functions more than {} deep", limits.calls),
                )
                .label(span, "the chain of calls ends here")
                .help("put some of these formulas together"),
            );
            return false;
        }
        if let Some(slot) = depth.get_mut(*node) {
            *slot = own;
        }
    }
    true
}

/// Orders the fields that have defaults by what their defaults use.
fn defaults(globals: &mut Globals, direct: &[IndexSet<Use>], limits: &Limits) -> bool {
    let mut nodes: Vec<(Holder, usize)> = Vec::new();
    let records = (0..globals.records.len()).map(Holder::Record);
    for holder in records.chain((0..globals.tables.len()).map(Holder::Table)) {
        let fields = globals.fields(holder).iter().enumerate();
        nodes.extend(fields.filter(|(_, f)| f.default.is_some()).map(|(i, _)| (holder, i)));
    }
    let mut edges = Vec::new();
    for (holder, field) in &nodes {
        let default = globals.fields(*holder).get(*field).and_then(|f| f.default.as_ref());
        let found = default.map(|d| closure(d, direct)).unwrap_or_default();
        edges.push(
            nodes
                .iter()
                .enumerate()
                .filter(|(_, (h, f))| {
                    found.contains(&Use::field(*h, *f))
                        || matches!(h, Holder::Record(r) if found.contains(&Use::Record(*r)))
                })
                .map(|(i, _)| i)
                .collect(),
        );
    }
    let graph = Graph { edges };
    let in_text: Vec<usize> = (0..nodes.len()).collect();
    let (sorted, cycles) = (graph.sort(), graph.circles(&in_text, limits.faults.max(1)));
    for cycle in &cycles {
        let named: Vec<_> = cycle
            .iter()
            .filter_map(|n| {
                let (holder, field) = nodes.get(*n)?;
                globals.fields(*holder).get(*field).map(|f| f.name.clone())
            })
            .collect();
        let path: Vec<String> = named.iter().map(|n| format!("`{}`", n.value)).collect();
        let mut diagnostic =
            Diagnostic::error(Code::Cycle, format!("defaults depend on each other: {}", chain(&path)));
        for (field, used) in named.iter().zip(path.iter().skip(1)) {
            diagnostic = diagnostic.label(field.span, format!("its default uses {used}"));
        }
        globals
            .diagnostics
            .push(diagnostic.help("give one of these fields a default that uses none of the others"));
    }
    globals.program.defaults = sorted.into_iter().filter_map(|n| nodes.get(n).copied()).collect();
    cycles.is_empty()
}
