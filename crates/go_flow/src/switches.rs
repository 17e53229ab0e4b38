//! Switches that leave nothing over.

use go_syntax::{StmtId, StmtKind};
use go_types::{MemberId, MemberKind, Object, Type};
use rustc_hash::FxHashSet;

use crate::facts::FunctionFacts;

/// The clauses of switches over a type of the package that name each of its constants. Values of an
/// exported type may come from anywhere; such a type counts only if `exported` says so.
pub(crate) fn exhaustive(facts: &FunctionFacts<'_>, exported: bool) -> FxHashSet<StmtId> {
    let file = facts.file();
    let body = facts.body();
    let names = body.cx().names();
    let mut found = FxHashSet::default();
    for stmt in file.func(facts.root()).stmts.iter() {
        let StmtKind::Switch {
            tag: Some(tag),
            body: block,
            ..
        } = file.stmt(stmt).kind
        else {
            continue;
        };
        let clauses = file.block_stmts(block);
        let mut listed: FxHashSet<MemberId> = FxHashSet::default();
        for &clause in clauses {
            if let StmtKind::CaseClause { list, .. } = file.stmt(clause).kind {
                listed.extend(file.exprs(list).iter().filter_map(|&expr| {
                    match body.object(file.unparen(expr)) {
                        Object::Member(member) => Some(member),
                        _ => None,
                    }
                }));
            }
        }
        if listed.len() < 2 {
            continue;
        }
        let ty = body.type_of(tag);
        let Type::Named { name, .. } = body.cx().ty(ty) else {
            continue;
        };
        let named = body.cx().named(name);
        let is_exported = named.name.starts_with(char::is_uppercase);
        if named.package != *names.path() || (is_exported && !exported) {
            continue;
        }
        let all_listed = names
            .members()
            .filter(|(id, member)| {
                matches!(member.kind, MemberKind::Const { .. })
                    && body.identical(body.cx().type_of_member(*id), ty)
            })
            .all(|(id, _)| listed.contains(&id));
        if all_listed {
            found.extend(clauses);
        }
    }
    found
}
