//! Questions to graphs.
