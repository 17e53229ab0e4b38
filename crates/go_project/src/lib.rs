//! From folders and patterns to a graph of Go packages, without running Go.
