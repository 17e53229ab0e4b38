//! Explanations against real Go, and of what people write.

#[path = "it/generate.rs"]
mod generate;
#[path = "it/generate_defers.rs"]
mod generate_defers;
#[path = "it/predict.rs"]
mod predict;
#[path = "it/random.rs"]
mod random;
#[path = "it/tell.rs"]
mod tell;
