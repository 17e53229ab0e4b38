//! Where a variable is declared, written, read and captured.

use go_syntax::{AssignOp, DeclKind, ExprId, FieldListId, SpecKind, StmtId, StmtKind};
use go_types::{DeclSite, Init, Local, LocalId, LocalKind, Role};

use super::{Access, Capture, Value, VarFacts};
use crate::cfg::{Cfg, NodeKind};
use crate::facts::{FunctionFacts, Point};

impl FunctionFacts<'_> {
    /// Where a local variable is written, read and captured.
    pub fn var(&self, local: LocalId) -> &VarFacts {
        self.var_facts(local)
    }

    /// Finds the statements that declare locals by name; by number of local.
    pub(crate) fn collect_declarations(&self) -> Box<[Option<StmtId>]> {
        let file = self.file();
        let names = self.body().names();
        let mut found = vec![None; names.local_count()];
        for stmt in file.func(self.root()).stmts.iter() {
            let StmtKind::Decl(decl) = file.stmt(stmt).kind else {
                continue;
            };
            let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
                continue;
            };
            for spec in specs.iter() {
                let SpecKind::Value {
                    names: declared, ..
                } = file.spec(spec).kind
                else {
                    continue;
                };
                for local in declared.iter().filter_map(|name| names.declared(name)) {
                    found[local.index()] = Some(stmt);
                }
            }
        }
        found.into_boxed_slice()
    }

    pub(crate) fn collect_var(&self, id: LocalId) -> VarFacts {
        let names = self.body().names();
        let local = names.local(id);
        let mut facts = VarFacts {
            local: id,
            writes: Vec::new(),
            reads: Vec::new(),
            captures: Vec::new(),
            address_taken: false,
            by_point: Vec::new(),
        };
        if !local.is_var() {
            return facts;
        }
        facts.writes.extend(self.declaration(id, local));
        for used in names.uses(id) {
            let Some(node) = self.cfg(used.func).node_of_expr(used.expr) else {
                continue;
            };
            let point = Point {
                func: used.func,
                node,
            };
            let mut access = Access {
                point,
                expr: Some(used.expr),
                role: used.role,
                value: Value::None,
            };
            if used.role.reads() {
                facts.reads.push(access);
            }
            if used.role.writes() {
                access.value = self.written_value(point, used.expr, used.role);
                facts.writes.push(access);
            }
            facts.address_taken |= matches!(used.role, Role::AddressTaken | Role::PartAddressTaken);
            if used.func != local.func {
                match facts
                    .captures
                    .iter_mut()
                    .find(|capture| capture.literal == used.func)
                {
                    Some(capture) => capture.writes |= used.role.writes(),
                    None => facts.captures.push(Capture {
                        literal: used.func,
                        writes: used.role.writes(),
                    }),
                }
            }
        }
        if let LocalKind::Result(_) = local.kind {
            self.collect_returns(id, local, &mut facts);
        }
        facts.index_writes();
        facts
    }

    /// The declaration as a write.
    fn declaration(&self, id: LocalId, local: &Local) -> Option<Access> {
        let cfg = self.cfg(local.func);
        let entry = Some(Cfg::ENTRY);
        let (node, value) = match local.kind {
            LocalKind::Param(_) | LocalKind::Receiver(_) => (entry, Value::Param),
            LocalKind::Result(_) => (entry, Value::Zero),
            LocalKind::Var { init, .. } => {
                let node = match local.site {
                    DeclSite::Expr(expr) => cfg.node_of_expr(expr),
                    DeclSite::Name(_) => {
                        self.declarations()[id.index()].and_then(|stmt| cfg.node_of_stmt(stmt))
                    }
                };
                let value = match init {
                    Init::Zero => Value::Zero,
                    Init::Value(expr) => Value::Expr(expr),
                    Init::Element { expr, index, count } => Value::Element { expr, index, count },
                };
                (node, value)
            }
            LocalKind::RangeVar { stmt, is_key, .. } => {
                let lp = cfg.loop_of_stmt(stmt);
                (lp.map(|lp| lp.head), Value::Range { stmt, is_key })
            }
            LocalKind::TypeSwitchVar { clause, .. } => {
                (cfg.node_of_stmt(clause), Value::TypeSwitch { clause })
            }
            LocalKind::TypeParam(_) | LocalKind::Const { .. } | LocalKind::Type(_) => return None,
        };
        let expr = match local.site {
            DeclSite::Expr(expr) if !matches!(local.kind, LocalKind::TypeSwitchVar { .. }) => {
                Some(expr)
            }
            _ => None,
        };
        Some(Access {
            point: Point {
                func: local.func,
                node: node?,
            },
            expr,
            role: Role::Write,
            value,
        })
    }

    /// The value that `target`, an operand on the left of an assignment, is given.
    fn written_value(&self, point: Point, target: ExprId, role: Role) -> Value {
        let file = self.file();
        let cfg = self.cfg(point.func);
        let Some(mut stmt) = cfg.stmt_of_node(point.node) else {
            return Value::Unknown;
        };
        if role == Role::ReadWrite {
            return Value::Updated(stmt);
        }
        if let NodeKind::Comm(clause) = cfg.kind(point.node)
            && let StmtKind::CommClause {
                comm: Some(comm), ..
            } = file.stmt(clause).kind
        {
            stmt = comm;
        }
        match file.stmt(stmt).kind {
            StmtKind::Assign {
                lhs,
                rhs,
                op: AssignOp::Assign | AssignOp::Define,
            } => {
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                let is_target = |&left: &ExprId| file.unparen(left) == target;
                lhs.iter()
                    .position(is_target)
                    .map_or(Value::Unknown, |index| value_at(rhs, index, lhs.len()))
            }
            StmtKind::Range { key, .. } => Value::Range {
                stmt,
                is_key: key.is_some_and(|key| file.unparen(key) == target),
            },
            _ => Value::Unknown,
        }
    }

    /// What the `return`s of a function do to its named result `id`.
    fn collect_returns(&self, id: LocalId, local: &Local, facts: &mut VarFacts) {
        let file = self.file();
        let results = file.sig(file.func(local.func).sig).results;
        let Some((index, count)) = results.and_then(|list| self.index_of_result(id, list)) else {
            return;
        };
        let cfg = self.cfg(local.func);
        for node in cfg.nodes() {
            let NodeKind::Return(stmt) = node.kind else {
                continue;
            };
            let StmtKind::Return(values) = file.stmt(stmt).kind else {
                continue;
            };
            let values = file.exprs(values);
            let mut access = Access {
                point: Point {
                    func: local.func,
                    node: node.id,
                },
                expr: None,
                role: Role::Read,
                value: Value::None,
            };
            if values.is_empty() {
                facts.reads.push(access);
            } else {
                access.role = Role::Write;
                access.value = value_at(values, index, count);
                facts.writes.push(access);
            }
        }
    }

    /// The place of a named result among the results, and how many there are.
    fn index_of_result(&self, id: LocalId, list: FieldListId) -> Option<(usize, usize)> {
        let file = self.file();
        let mut names = file
            .fields_of(list)
            .iter()
            .flat_map(|field| file.field(field).names.iter())
            .enumerate();
        let declared = self.body().names();
        let (index, _) = names.find(|&(_, name)| declared.declared(name) == Some(id))?;
        Some((index, index + 1 + names.count()))
    }
}

/// What the variable at `index` of `count` gets from `values`.
fn value_at(values: &[ExprId], index: usize, count: usize) -> Value {
    match *values {
        [expr] if count > 1 => Value::Element {
            expr,
            index: u32::try_from(index).unwrap_or(u32::MAX),
            count: u32::try_from(count).unwrap_or(u32::MAX),
        },
        _ => values
            .get(index)
            .map_or(Value::Unknown, |&expr| Value::Expr(expr)),
    }
}
