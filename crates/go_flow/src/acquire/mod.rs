//! Assignments of the shape `x, err := call()`: what they give, and which variable has the error.

#[cfg(test)]
mod tests;

use go_syntax::{AssignOp, DeclKind, ExprId, ExprKind, GenKeyword, SpecKind, StmtId, StmtKind};
use go_types::{Callee, LocalId, Object};

use crate::facts::{FunctionFacts, Point};

/// How it is known that a variable holds the error of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorBy {
    /// Its type is `error`.
    Type,
    /// Types are not known; it is the last variable and is called `err`, or `…Err`, or `err…`.
    Name,
}

/// The variable that takes the error of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ErrorLocal {
    /// The variable.
    pub local: LocalId,
    /// Which result of the call it takes.
    pub index: u32,
    /// How that is known.
    pub by: ErrorBy,
}

/// An assignment or declaration whose one value is a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acquisition {
    /// The assignment or declaration.
    pub stmt: StmtId,
    /// Where it happens.
    pub point: Point,
    /// The call.
    pub call: ExprId,
    /// For each result of the call the local variable that takes it; `None` for `_`, fields and
    /// variables of the package.
    pub results: Vec<Option<LocalId>>,
    /// The variable that takes the error; never a variable of which it is unknown whether it does.
    pub error: Option<ErrorLocal>,
}

impl Acquisition {
    /// The variables that take something else than the error.
    pub fn values(&self) -> impl Iterator<Item = LocalId> + '_ {
        let error = self.error.map(|error| error.local);
        self.results
            .iter()
            .flatten()
            .copied()
            .filter(move |&local| Some(local) != error)
    }
}

impl FunctionFacts<'_> {
    /// What `stmt` takes from a call; `None` when it is no assignment or declaration with one call
    /// as its only value. (For a declaration in parentheses: the first such specification.)
    pub fn acquisition(&self, stmt: StmtId) -> Option<Acquisition> {
        let file = self.file();
        let names = self.body().names();
        let (call, results) = match file.stmt(stmt).kind {
            StmtKind::Assign {
                lhs,
                rhs,
                op: AssignOp::Assign | AssignOp::Define,
            } => {
                let &[value] = file.exprs(rhs) else {
                    return None;
                };
                let local = |&left: &ExprId| match self.body().object(left) {
                    Object::Local(local) => Some(local),
                    _ => None,
                };
                (value, file.exprs(lhs).iter().map(local).collect())
            }
            StmtKind::Decl(decl) => {
                let DeclKind::Gen {
                    keyword: GenKeyword::Var,
                    specs,
                    ..
                } = file.decl(decl).kind
                else {
                    return None;
                };
                specs.iter().find_map(|spec| match file.spec(spec).kind {
                    SpecKind::Value {
                        names: declared,
                        values,
                        ..
                    } => match *file.exprs(values) {
                        [value] if self.is_call(value) => {
                            let locals = declared.iter().map(|name| names.declared(name));
                            Some((value, locals.collect::<Vec<_>>()))
                        }
                        _ => None,
                    },
                    _ => None,
                })?
            }
            _ => return None,
        };
        if !self.is_call(call) {
            return None;
        }
        let call = file.unparen(call);
        Some(Acquisition {
            stmt,
            point: self.point_of_stmt(stmt)?,
            call,
            error: self.error_local(call, &results),
            results,
        })
    }

    /// All acquisitions, those of literals included, in the order of the source.
    pub fn acquisitions(&self) -> Vec<Acquisition> {
        let mut stmts: Vec<StmtId> = self.file().func(self.root()).stmts.iter().collect();
        stmts.sort_by_key(|&stmt| self.file().stmt(stmt).span.start);
        stmts
            .into_iter()
            .filter_map(|stmt| self.acquisition(stmt))
            .collect()
    }

    /// Whether this is a call, and no conversion.
    fn is_call(&self, expr: ExprId) -> bool {
        let expr = self.file().unparen(expr);
        matches!(self.file().expr(expr).kind, ExprKind::Call { .. })
            && !matches!(self.callee(expr), Callee::Conversion(_))
    }

    fn error_local(&self, call: ExprId, results: &[Option<LocalId>]) -> Option<ErrorLocal> {
        let body = self.body();
        if let Some(types) = body.results_of_call(call)
            && types.len() == results.len()
            && types.iter().all(|ty| !ty.is_unknown())
        {
            // Go's convention: of several errors the last one is about the call.
            let index = types.iter().rposition(|&ty| body.cx().is_error(ty))?;
            return Some(ErrorLocal {
                local: results[index]?,
                index: u32::try_from(index).ok()?,
                by: ErrorBy::Type,
            });
        }
        let local = (*results.last()?)?;
        let by = if body.cx().is_error(body.type_of_local(local)) {
            ErrorBy::Type
        } else {
            let name = self.file().span_text(body.names().local(local).span);
            let is_error = name == "err" || name.ends_with("Err") || name.starts_with("err");
            is_error.then_some(ErrorBy::Name)?
        };
        Some(ErrorLocal {
            local,
            index: u32::try_from(results.len() - 1).ok()?,
            by,
        })
    }
}
