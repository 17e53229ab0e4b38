//! A Go program without its source: functions, lines, inlining, defers and their classes.
//!
//! Bytes go in, facts come out: no I/O here, and no judgement. Programs are ELF files for amd64 and
//! arm64, made by Go 1.18 or later, with or without symbols.
//!
//! - [`Binary`] is where to start: it finds the tables and answers questions about instructions.
//! - [`Binary::defers`] tells all defer sites.
//! - [`compare`] tells how two programs differ in them.
//! - [`Binary::frames_at`], [`Binary::stack_delta`] and [`Binary::open_defers`] are for those who unwind
//!   the stacks of a living process; [`RuntimeLayout`] has the offsets of the runtime's structures.
//!
//! Any bytes may be given: what contradicts itself is an [`Error`], or left out. Memory is bounded by a
//! small multiple of the size of the file.

mod binary;
mod build_info;
mod code;
mod compare;
mod debug_info;
mod defers;
mod error;
mod image;
mod inline;
mod module_data;
mod open_defers;
mod pclntab;
mod runtime_layout;
mod sites;
mod symbol;
mod varint;
mod version;

pub use self::binary::Binary;
pub use self::build_info::{BuildInfo, Module};
pub use self::compare::{Change, Comparison, Verdict, compare};
pub use self::debug_info::DebugInfoError;
pub use self::defers::{Class, DeferFunction, DeferSite, Defers, Maker};
pub use self::error::Error;
pub use self::image::{Arch, Image, Linkage, Section, Segment};
pub use self::inline::Frame;
pub use self::module_data::ModuleData;
pub use self::open_defers::OpenDefers;
pub use self::pclntab::{FuncId, Function, FunctionTable, Layout, Run, Values, funcdata, pcdata};
pub use self::runtime_layout::{G, M, Panic, Record, RuntimeLayout};
pub use self::sites::{Site, SiteId};
pub use self::symbol::{Symbol, unescape};
pub use self::version::Version;
