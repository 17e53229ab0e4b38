//! The command line, through the binary.

#[path = "it/harness.rs"]
mod harness;

#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/bench.rs"]
mod bench;
#[path = "it/cache.rs"]
mod cache;
#[path = "it/check.rs"]
mod check;
#[path = "it/commands.rs"]
mod commands;
#[path = "it/cost.rs"]
mod cost;
#[path = "it/cut_files.rs"]
mod cut_files;
#[path = "it/evidence.rs"]
mod evidence;
#[path = "it/explain.rs"]
mod explain;
#[path = "it/fix.rs"]
mod fix;
#[path = "it/fix_writing.rs"]
mod fix_writing;
#[path = "it/git.rs"]
mod git;
#[path = "it/goroutines.rs"]
mod goroutines;
#[path = "it/inspect.rs"]
mod inspect;
#[cfg(target_os = "linux")]
#[path = "it/leak.rs"]
mod leak;
#[path = "it/missing_dependencies.rs"]
mod missing_dependencies;
#[path = "it/models.rs"]
mod models;
#[path = "it/no_go.rs"]
mod no_go;
#[cfg(target_os = "linux")]
#[path = "it/probes.rs"]
mod probes;
#[path = "it/process.rs"]
mod process;
#[cfg(target_os = "linux")]
#[path = "it/profile.rs"]
mod profile;
#[cfg(target_os = "linux")]
#[path = "it/rights.rs"]
mod rights;
#[path = "it/shop.rs"]
mod shop;
#[cfg(target_os = "linux")]
#[path = "it/snapshot.rs"]
mod snapshot;
#[path = "it/summary.rs"]
mod summary;
#[path = "it/suppression.rs"]
mod suppression;
#[path = "it/types.rs"]
mod types;
