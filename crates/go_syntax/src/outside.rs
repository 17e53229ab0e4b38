//! What stands outside of functions, in the form in which functions have it: ranges of ids.
//!
//! The parser makes the nodes of a file in order, so the nodes of all declarations between two
//! functions follow each other in the arenas.

use crate::ast::{DeclKind, File};
use crate::ids::{ArenaId, DeclId, ExprId, IdRange, NameId, StmtId};

/// Declarations that follow each other without a function between, and all their nodes, those of
/// function literals in them included. The ranges may hold nodes that the parser has given up, too.
#[derive(Clone, Copy, Debug)]
pub struct DeclRun<'a> {
    /// The declarations.
    pub decls: &'a [DeclId],
    /// Their expressions.
    pub exprs: IdRange<ExprId>,
    /// The statements of their literals.
    pub stmts: IdRange<StmtId>,
    /// The names that they declare, that of the package before the first declaration included.
    pub names: IdRange<NameId>,
}

/// The ends of what has been seen.
#[derive(Clone, Copy, Default)]
struct Ends {
    exprs: usize,
    stmts: usize,
    names: usize,
}

impl File {
    /// The top-level declarations that are no functions.
    pub fn decl_runs(&self) -> Vec<DeclRun<'_>> {
        let mut runs = Vec::new();
        let mut ends = Ends::default();
        let mut first = 0;
        for (index, &decl) in self.top.iter().enumerate() {
            let DeclKind::Func(func) = self.decl(decl).kind else {
                continue;
            };
            let func = self.func(func);
            let start = Ends {
                exprs: start(func.exprs, ends.exprs),
                stmts: start(func.stmts, ends.stmts),
                names: start(func.names, ends.names),
            };
            runs.extend(self.decl_run(first, index, ends, start));
            first = index + 1;
            ends = Ends {
                exprs: start.exprs + func.exprs.len(),
                stmts: start.stmts + func.stmts.len(),
                names: start.names + func.names.len(),
            };
        }
        let last = Ends {
            exprs: self.exprs.len(),
            stmts: self.stmts.len(),
            names: self.names.len(),
        };
        runs.extend(self.decl_run(first, self.top.len(), ends, last));
        runs
    }

    fn decl_run(&self, first: usize, end: usize, from: Ends, to: Ends) -> Option<DeclRun<'_>> {
        (first < end).then(|| DeclRun {
            decls: &self.top[first..end],
            exprs: IdRange::new(from.exprs, to.exprs),
            stmts: IdRange::new(from.stmts, to.stmts),
            names: IdRange::new(from.names, to.names),
        })
    }

    /// All statements of the file.
    pub fn all_stmts(&self) -> impl ExactSizeIterator<Item = StmtId> + use<> {
        (0..self.stmts.len()).map(StmtId::from_index)
    }

    /// All names of the file in order: of what it declares, of labels in branch statements, and of
    /// the package.
    pub fn names(&self) -> impl ExactSizeIterator<Item = NameId> + use<> {
        (0..self.names.len()).map(NameId::from_index)
    }
}

/// Where a range starts: not before `least`, whatever the parser left behind.
fn start<T: ArenaId>(range: IdRange<T>, least: usize) -> usize {
    range.start().max(least)
}

#[cfg(test)]
mod tests {
    use crate::{DeclKind, Mode, Source, parse};

    #[test]
    fn every_node_belongs_to_a_function_or_to_a_run() {
        let text = "package p
import \"fmt\"
var a, b = func() int { x := 1; return x }(), 2
func f[T any](x int) (y T) { l: for { break l }; fmt.Println(x); return }
func (r *R) g()
type R struct{ f int; *S }
const c = 1 + 2
func h() {}
type S interface{ m(x int) }
";
        let file = parse(Source::new(text.as_bytes().to_vec()), Mode::Full);
        assert!(file.errors().is_empty());
        let runs = file.decl_runs();
        let counts: Vec<usize> = runs.iter().map(|run| run.decls.len()).collect();
        assert_eq!(counts, [2, 2, 1]);
        let funcs: Vec<_> = file
            .top_decls()
            .iter()
            .filter_map(|&decl| match file.decl(decl).kind {
                DeclKind::Func(func) => Some(file.func(func)),
                _ => None,
            })
            .collect();
        for expr in 0..file.exprs.len() {
            let id = crate::ids::ArenaId::from_index(expr);
            let homes = funcs.iter().filter(|func| func.exprs.contains(id)).count()
                + runs.iter().filter(|run| run.exprs.contains(id)).count();
            assert_eq!(homes, 1, "{}", file.expr_text(id));
        }
        for stmt in 0..file.stmts.len() {
            let id = crate::ids::ArenaId::from_index(stmt);
            let homes = funcs.iter().filter(|func| func.stmts.contains(id)).count()
                + runs.iter().filter(|run| run.stmts.contains(id)).count();
            assert_eq!(homes, 1, "{:?}", file.stmt(id));
        }
        for run in &runs {
            for expr in run.exprs.iter() {
                let span = file.expr(expr).span;
                let inside = |&&decl: &&_| file.decl(decl).span.contains(span);
                assert!(run.decls.iter().any(|decl| inside(&decl)), "{span:?}");
            }
        }
    }
}
