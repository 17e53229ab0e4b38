//! Flame graphs: stacks with weights, drawn. A frame is as wide as the stacks that go through it weigh
//! together; callers stand below what they call, frames of one caller in the order of their names.
//!
//! There are two forms of the same drawing: an SVG that stands alone, and a page that can be searched
//! and zoomed. Neither needs anything from elsewhere, and what is in names stays text.

mod draw;
mod page;
mod tree;

pub use self::tree::Graph;
