//! What tests cover of plans: as text, JSON, records of LCOV and a page that shows the plan's own text.

#[cfg(feature = "doc")]
mod html;
mod json;
mod lcov;
mod text;

#[cfg(feature = "doc")]
pub use html::coverage_html;
pub use json::coverage_json;
pub use lcov::coverage_lcov;
pub use text::coverage_text;
