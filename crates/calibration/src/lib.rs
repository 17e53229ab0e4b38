//! Prices of defers: a generated Go benchmark, a linear model fitted to what it says, and the file
//! that keeps the model.
