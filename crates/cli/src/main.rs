//! The command line: arguments in, exit codes out.
fn main() {}
