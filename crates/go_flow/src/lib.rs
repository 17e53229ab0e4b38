//! Control flow of function bodies, and the facts about defers that rules share.
