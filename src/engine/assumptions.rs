//! Assumptions and their readings as callers name them.

use crate::diagnostic::{Code, Diagnostic, meant, ticked};
use crate::ir::{Assumption, Program};

/// The assumption of this name, with its index.
pub(super) fn assumption<'p>(
    program: &'p Program,
    name: &str,
) -> Result<(usize, &'p Assumption), Box<Diagnostic>> {
    program.assumptions.iter().enumerate().find(|(_, a)| &*a.name.value == name).ok_or_else(|| {
        let names: Vec<&str> = program.assumptions.iter().map(|a| &*a.name.value).collect();
        let help = meant(name, names.iter().copied()).unwrap_or_else(|| match names.as_slice() {
            [] => "the plan makes no assumptions".to_owned(),
            [only] => format!("the plan's only assumption is `{only}`"),
            names => format!("the plan's assumptions are {}", ticked(names)),
        });
        let message = format!("the plan has no assumption `{name}`");
        Box::new(Diagnostic::error(Code::BadAssume, message).help(help))
    })
}

/// The index of the reading of this name.
pub(super) fn reading(assumption: &Assumption, name: &str) -> Result<usize, Box<Diagnostic>> {
    let readings = &assumption.readings.values;
    readings.iter().position(|r| &**r == name).ok_or_else(|| {
        let help = meant(name, readings.iter().map(|r| &**r))
            .unwrap_or_else(|| format!("its readings are {}", ticked(readings)));
        let message = format!("`{}` has no reading `{name}`", assumption.name.value);
        Box::new(Diagnostic::error(Code::BadAssume, message).help(help))
    })
}
