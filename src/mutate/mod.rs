//! Changes one thing of a plan at a time, runs the plan's tests, and tells which changes none of them
//! notices.

mod accepted;
mod cache;
mod changes;
mod equivalent;
mod given;
mod judge;
mod place;
mod propose;
mod run;
mod search;
mod sites;

pub use accepted::Stale;
pub use cache::{Cached, Known, fingerprint, is_cache, kept, known};
pub use run::{Asked, Failing, Found, Mutation, Report, Verdict, mutate};
