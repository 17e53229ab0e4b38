//! What the compiler makes of each `defer`, per release of Go and flags, and what that costs.
