//! Profiles that Go teams have and that deferscope writes, and the evidence that they hold for each
//! defer site.
//!
//! - [`pprof`] reads and writes the format of `go tool pprof`.
//! - [`flame`] draws stacks with weights: as SVG, and as a page that can be searched and zoomed.
//! - [`evidence`] is what observers hand to `check` and `cost`: lines of JSON, one for each site.
//!
//! Bytes go in and out; nothing here opens a file or looks at a process. Any bytes may be given.

pub mod evidence;
pub mod flame;
pub mod pprof;
