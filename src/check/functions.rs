//! Functions of the plan.

use super::context::{Allowed, Context};
use super::declare::plain;
use super::globals::{Globals, Progress};
use crate::ir::{Function, FunctionId};
use crate::value::Type;
use std::sync::Arc;

/// The type of a function's result, checking its body first where it is not declared. None where it
/// has a fault of its own. A function that is part of a cycle fits everywhere: the order of
/// evaluation reports the cycle.
pub fn type_of(globals: &mut Globals, id: FunctionId) -> Option<Type> {
    let info = globals.functions.get(id.0)?;
    match (&info.declared, &info.progress) {
        (Some(ty), _) => Some(ty.clone()),
        (None, Progress::Done(function)) => function.as_ref().map(|f| f.ty.clone()),
        (None, Progress::Busy) => {
            globals.meet_circle(id.0);
            Some(Type::Never)
        }
        (None, Progress::Waiting) => {
            if globals.waiting.len() >= globals.max_depth {
                let name = info.name.clone();
                globals.too_deep(&name.value, Some(name.span));
                return None;
            }
            check(globals, id);
            match globals.functions.get(id.0).map(|f| &f.progress) {
                Some(Progress::Done(Some(function))) => Some(function.ty.clone()),
                _ => None,
            }
        }
    }
}

/// Checks a function's body, once.
pub fn check(globals: &mut Globals, id: FunctionId) {
    let Some(info) = globals.functions.get_mut(id.0) else { return };
    if !matches!(info.progress, Progress::Waiting) {
        return;
    }
    info.progress = Progress::Busy;
    let (params, declared) = (info.params.clone(), info.declared.clone());
    let document = Arc::clone(&globals.document);
    let result = match (params, document.functions.get(id.0)) {
        (Some(params), Some(function)) => {
            globals.waiting.push(id.0);
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
            let sound = context.finish();
            globals.waiting.pop();
            sound.then(|| {
                Box::new(Function {
                    name: function.name.clone(),
                    params: params.iter().map(|(n, t)| (Arc::clone(&n.value), t.clone())).collect(),
                    ty: declared.unwrap_or_else(|| body.ty.clone()),
                    body,
                    slots,
                    cite: plain(&function.notes.cite),
                    about: function.notes.about.clone(),
                    change: function.notes.change.clone(),
                })
            })
        }
        _ => None,
    };
    if let Some(info) = globals.functions.get_mut(id.0) {
        info.progress = Progress::Done(result);
    }
}
