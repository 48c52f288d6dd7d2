//! Functions of the plan.

use super::context::{Allowed, Context, has_fault};
use super::declare::plain;
use super::globals::Globals;
use crate::ir::{Function, FunctionId};
use crate::value::Type;
use std::sync::Arc;

/// Checks a function's body and keeps the function; answers its result's type where it has no fault.
pub fn check(globals: &mut Globals, id: FunctionId) -> Option<Type> {
    let info = globals.functions.get(id.0)?;
    let (params, declared) = (info.params.clone()?, info.standing.ty.clone());
    let document = Arc::clone(&globals.document);
    let function = document.functions.get(id.0)?;
    let mut context = Context::new(globals, Allowed::Rules, None);
    for (name, ty) in &params {
        context.bind(name, ty.clone());
    }
    let body = match &declared {
        Some(ty) => context.check(&function.body, ty, &format!("`{}`", function.name.value)),
        None => context.infer(&function.body, None),
    };
    for _ in &params {
        context.unbind(true);
    }
    let slots = context.slots;
    if !context.settle(has_fault(&body)) {
        return None;
    }
    let ty = declared.unwrap_or_else(|| body.ty.clone());
    if !globals.is_bounded(&ty, &function.name) {
        return None;
    }
    globals.functions.get_mut(id.0)?.checked = Some(Box::new(Function {
        name: function.name.clone(),
        params: params.iter().map(|(n, t)| (Arc::clone(&n.value), t.clone())).collect(),
        ty: ty.clone(),
        body,
        slots,
        cite: plain(&function.notes.cite),
        about: function.notes.about.clone(),
        change: function.notes.approval(),
    }));
    Some(ty)
}
