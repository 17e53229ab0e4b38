//! What names mean: scopes and objects within a package and across imports.
