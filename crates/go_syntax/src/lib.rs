//! Go source text to an arena tree: lexer, parser, positions and walkers for all of Go 1.27.
//!
//! Parsing never fails: [`parse`] returns a tree and a list of errors. There is no I/O here and
//! no meaning of names.

pub mod ast;
pub mod ids;
pub mod literal;
pub mod position;
pub mod source;
pub mod walk;

mod lexer;
mod outside;
mod parser;
mod token;

pub use ast::*;
pub use ids::{
    ArenaId, DeclId, ExprId, FieldId, FieldListId, FuncId, IdRange, List, NameId, SigId, SpecId,
    StmtId,
};
pub use outside::DeclRun;
pub use parser::{Mode, parse};
pub use position::{LineColumn, LineIndex};
pub use source::Source;
