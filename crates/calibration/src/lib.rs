//! Prices of defers: a generated Go benchmark, a linear model fitted to what it says, and the file
//! that keeps the model.
//!
//! [`Calibration::reference`] is what ships; `deferscope bench` makes one for the machine at hand. Which
//! defer belongs to which class is not known here: that is `cost` for sources and `go_binary` for programs.

mod bench;
mod chart;
mod error;
mod file;
mod fit;
mod model;
mod statistics;
mod text;

pub use bench::{FEWEST_RUNS, Plan, Progress, Toolchain, measure};
pub use chart::{write_html, write_svg};
pub use error::CalibrationError;
pub use model::{Calibration, Case, Estimate, Fit, Machine, Release, Term};
pub use text::write_text;
