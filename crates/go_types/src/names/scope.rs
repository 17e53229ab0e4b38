//! The blocks that are open while a body is resolved.
