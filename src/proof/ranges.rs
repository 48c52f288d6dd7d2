//! The ranges of what rules and functions give, each worked out after those that it uses.

use super::range::Range;
use super::reading::Env;
use super::world::{Origin, Sym, SymValue, Thing, World};
use crate::ir::{Expr, FunctionId, Program, RuleBody, RuleId, Use, uses};
use crate::value::Type;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A rule or a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Function(FunctionId),
    Rule(RuleId),
}

/// The values of a plan, with the ranges of everything that it concludes.
pub fn world(program: &Program, steps: u64) -> World<'_> {
    let mut world = World::new(program, steps);
    for node in in_order(program) {
        match node {
            Node::Rule(id) => {
                let Some(rule) = program.rule(id) else { continue };
                let mut env = of_row(&mut world, rule.table);
                // What an allocation gives is a part cut down, so never below 0 where the parts are not.
                let (range, is_allocation) = match &rule.body {
                    RuleBody::Allocate(allocate) => (range(&mut world, &allocate.parts, &mut env), true),
                    body => {
                        let sym = world.conclusion(body, &mut env);
                        (sym.map(|sym| range_of(&world, &sym)).unwrap_or_default(), false)
                    }
                };
                let range = match (is_allocation, range.is_from_zero()) {
                    (false, _) => range,
                    (true, true) => Range::from(crate::number::Num::ZERO),
                    (true, false) => Range::default(),
                };
                // Outside the range that it declares, a rule has no conclusion.
                world.rule_ranges.insert(id, range.and(&super::words::range_of(&rule.bounds)));
            }
            Node::Function(id) => {
                let Some(function) = program.functions.get(id.0) else { continue };
                let mut env = of_parameters(&mut world, id, &function.params);
                let range = range(&mut world, &function.body, &mut env);
                world.function_ranges.insert(id, range);
            }
        }
    }
    world
}

fn range(world: &mut World<'_>, expr: &Expr, env: &mut Env) -> Range {
    let sym = world.read(expr, env);
    range_of(world, &sym)
}

fn range_of(world: &World<'_>, sym: &Sym) -> Range {
    match &sym.value {
        SymValue::Amount(sum) => world.range_of(sum),
        _ => Range::default(),
    }
}

/// The row that a table's rule is about, as any row of the data.
pub fn of_row(world: &mut World<'_>, table: Option<usize>) -> Env {
    let Some(table) = table else { return Env::new() };
    let id = world.number(format!("row of its own {table}"), Vec::new());
    let thing = Thing { said: Arc::from(""), ty: Type::Row(table), origin: Origin::Data };
    vec![(0, world.value(id, thing, Range::default()))]
}

/// The parameters of a function, as anything that it may be called with.
pub fn of_parameters(world: &mut World<'_>, function: FunctionId, params: &[(Arc<str>, Type)]) -> Env {
    let mut env = Env::new();
    for (slot, (name, ty)) in params.iter().enumerate() {
        let id = world.number(format!("parameter {slot} of {}", function.0), Vec::new());
        let thing = Thing { said: Arc::clone(name), ty: ty.clone(), origin: Origin::Beyond };
        env.push((slot, world.value(id, thing, Range::default())));
    }
    env
}

/// Functions and rules, each after those that it uses; there are no circles in a checked plan.
fn in_order(program: &Program) -> Vec<Node> {
    let functions = (0..program.functions.len()).map(|i| Node::Function(FunctionId(i)));
    let all: Vec<Node> = functions.chain((0..program.rules.len()).map(|i| Node::Rule(RuleId(i)))).collect();
    let (mut begun, mut order) = (BTreeSet::new(), Vec::new());
    for node in all {
        let mut waiting = vec![(node, false)];
        while let Some((node, is_last)) = waiting.pop() {
            if is_last {
                order.push(node);
                continue;
            }
            if !begun.insert(node) {
                continue;
            }
            waiting.push((node, true));
            let mut formula = |expr: &Expr| {
                uses(expr, &mut |used| match used {
                    Use::Rule(id) => waiting.push((Node::Rule(id), false)),
                    Use::Function(id) => waiting.push((Node::Function(id), false)),
                    _ => {}
                });
            };
            match node {
                Node::Function(id) => program.functions.get(id.0).into_iter().for_each(|f| formula(&f.body)),
                Node::Rule(id) => {
                    if let Some(rule) = program.rule(id) {
                        rule.body.formulas(&mut |expr| formula(expr));
                    }
                }
            }
        }
    }
    order
}
