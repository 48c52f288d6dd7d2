//! The plan file: TOML in, a document out, with every place kept and every fault reported at once.

mod amendment;
mod assumptions;
pub mod document;
mod fixtures;
mod folder;
mod formula;
mod found;
mod functions;
mod header;
mod imports;
mod inputs;
mod lints;
mod mutants;
mod names;
mod outline;
mod quote;
mod read;
mod resolver;
mod rules;
mod terms;
mod test;
mod toml_errors;
mod toml_mend;
mod values;
mod walk;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod read_tests;

pub use document::*;
pub use folder::FolderResolver;
pub use read::read_plan;
#[cfg(feature = "cli")]
pub(crate) use resolver::join;
pub use resolver::{MapResolver, NoImports, ResolveError, ResolvedFile, Resolver};
