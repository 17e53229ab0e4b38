//! How often a loop goes round at most, where the source shows it.

use go_syntax::{
    AssignOp, BinaryOp, ExprId, ExprKind, File, LitKind, SpecId, SpecKind, StmtId, StmtKind,
    UnaryOp,
};
use go_types::{LocalId, LocalKind, MemberKind, Object, Role, Type};

use crate::facts::FunctionFacts;
use crate::vars::Value;

/// How deep constants may refer to each other.
const MAX_DEPTH: u32 = 32;

/// How many values are looked at to find one bound.
const MAX_STEPS: u32 = 64;

/// See [`LoopInfo::bound`](super::LoopInfo::bound).
pub(super) fn bound(facts: &FunctionFacts<'_>, stmt: StmtId) -> Option<u64> {
    match facts.file().stmt(stmt).kind {
        StmtKind::Range { x, .. } => range_bound(facts, x),
        StmtKind::For {
            init: Some(init),
            cond: Some(cond),
            post: Some(post),
            ..
        } => counted_bound(facts, init, cond, post),
        _ => None,
    }
}

fn range_bound(facts: &FunctionFacts<'_>, x: ExprId) -> Option<u64> {
    if let Some(count) = const_int(facts, x) {
        return Some(u64::try_from(count).unwrap_or(0));
    }
    elements(facts, x, &mut { MAX_STEPS })
}

/// The most elements that the value of `expr` may have. Values may lead to each other in circles, so
/// the number of `steps` is bounded.
fn elements(facts: &FunctionFacts<'_>, expr: ExprId, steps: &mut u32) -> Option<u64> {
    *steps = steps.checked_sub(1)?;
    let file = facts.file();
    let cx = facts.body().cx();
    let ty = cx.underlying(facts.body().type_of(expr));
    if let Type::Array { len: Some(len), .. } = cx.ty(cx.underlying(cx.deref(ty))) {
        return Some(len);
    }
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::CompositeLit { ty, elts, .. } => {
            let elts = file.exprs(elts);
            let keyed = |&elt: &ExprId| matches!(file.expr(elt).kind, ExprKind::KeyValue { .. });
            // A key of an array or slice moves the elements after it; in a map each key is one
            // element.
            let is_map =
                ty.is_some_and(|ty| matches!(file.expr(ty).kind, ExprKind::MapType { .. }));
            (is_map || !elts.iter().any(keyed)).then_some(elts.len() as u64)
        }
        // A slice can be made longer, up to its capacity, but seldom is.
        ExprKind::Slice { x, hi, .. } => {
            let all = elements(facts, x, steps);
            let hi = hi.and_then(|hi| u64::try_from(const_int(facts, hi)?).ok());
            hi.or(all)
        }
        ExprKind::Ident => {
            let local = facts.body().names().local_of(expr)?;
            // An assignment to an element makes a map longer.
            let is_map = matches!(cx.ty(ty), Type::Map { .. } | Type::Unknown);
            let reads = &facts.var(local).reads;
            if is_map && reads.iter().any(|read| read.role == Role::PartWrite) {
                return None;
            }
            let definitions = facts.definitions(facts.point_of_expr(expr)?, local);
            if !definitions.exact || definitions.list.is_empty() {
                return None;
            }
            definitions
                .list
                .iter()
                .try_fold(0, |most, definition| match definition.value {
                    Value::Zero => Some(most),
                    Value::Expr(value) => Some(elements(facts, value, steps)?.max(most)),
                    _ => None,
                })
        }
        _ => None,
    }
}

/// The bound of `for i := a; i < b; i += c`, when nothing else assigns to `i`.
fn counted_bound(
    facts: &FunctionFacts<'_>,
    init: StmtId,
    cond: ExprId,
    post: StmtId,
) -> Option<u64> {
    let file = facts.file();
    let StmtKind::Assign { lhs, rhs, op } = file.stmt(init).kind else {
        return None;
    };
    let (&[variable], &[start]) = (file.exprs(lhs), file.exprs(rhs)) else {
        return None;
    };
    if matches!(op, AssignOp::Op(_)) {
        return None;
    }
    let local = facts.body().names().local_of(variable)?;
    let start = const_int(facts, start)?;
    let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
        return None;
    };
    let (op, limit) = if facts.body().object(x) == Object::Local(local) {
        (op, y)
    } else if facts.body().object(y) == Object::Local(local) {
        (mirrored(op), x)
    } else {
        return None;
    };
    let limit = const_int(facts, limit)?;
    let step = step(facts, post, local)?;
    if changes_otherwise(facts, local, init, post) {
        return None;
    }
    let distance = match op {
        BinaryOp::Lt if step > 0 => limit - start,
        BinaryOp::Le if step > 0 => limit - start + 1,
        BinaryOp::Gt if step < 0 => start - limit,
        BinaryOp::Ge if step < 0 => start - limit + 1,
        BinaryOp::Ne if (limit - start) % step == 0 && (limit - start) / step >= 0 => {
            (limit - start).abs()
        }
        _ => return None,
    };
    let step = step.abs();
    u64::try_from((distance + step - 1) / step).ok().or(Some(0))
}

/// What `post` adds to `local`.
fn step(facts: &FunctionFacts<'_>, post: StmtId, local: LocalId) -> Option<i128> {
    let file = facts.file();
    let is_local = |expr| facts.body().object(expr) == Object::Local(local);
    match file.stmt(post).kind {
        StmtKind::IncDec { x, inc } if is_local(x) => Some(if inc { 1 } else { -1 }),
        StmtKind::Assign {
            lhs,
            rhs,
            op: AssignOp::Op(op),
        } => match (file.exprs(lhs), file.exprs(rhs)) {
            (&[x], &[by]) if is_local(x) => {
                let by = const_int(facts, by)?;
                match op {
                    BinaryOp::Add if by != 0 => Some(by),
                    BinaryOp::Sub if by != 0 => Some(-by),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether anything but `init` and `post` may assign to `local`.
fn changes_otherwise(
    facts: &FunctionFacts<'_>,
    local: LocalId,
    init: StmtId,
    post: StmtId,
) -> bool {
    let file = facts.file();
    let within = |expr, stmt: StmtId| file.stmt(stmt).span.contains(file.expr(expr).span);
    facts.body().names().uses(local).iter().any(|used| {
        let takes_address = matches!(used.role, Role::AddressTaken | Role::PartAddressTaken);
        takes_address || used.role.writes() && !within(used.expr, init) && !within(used.expr, post)
    })
}

/// The operator with its operands exchanged.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

/// The value of a constant integer expression of plain form: literals, named constants, signs, the
/// four operations.
fn const_int(facts: &FunctionFacts<'_>, expr: ExprId) -> Option<i128> {
    let names = facts.body().names();
    let resolve = |ident: ExprId| facts.body().object(ident);
    let local = |id: LocalId| match names.local(id).kind {
        LocalKind::Const { spec, index, .. } => Some((spec, index)),
        _ => None,
    };
    let value = eval(facts, facts.file(), expr, &resolve, &local, MAX_DEPTH)?;
    // What fits no integer type is an error of the program; differences of the others fit i128.
    (i128::from(i64::MIN)..=i128::from(u64::MAX))
        .contains(&value)
        .then_some(value)
}

fn eval(
    facts: &FunctionFacts<'_>,
    file: &File,
    expr: ExprId,
    resolve: &dyn Fn(ExprId) -> Object,
    local: &dyn Fn(LocalId) -> Option<(SpecId, u32)>,
    depth: u32,
) -> Option<i128> {
    let depth = depth.checked_sub(1)?;
    let again = |expr| eval(facts, file, expr, resolve, local, depth);
    match file.expr(expr).kind {
        ExprKind::Paren(x) => again(x),
        ExprKind::BasicLit(LitKind::Int) => int_literal(file.expr_text(expr)),
        ExprKind::Unary { op, x } => match op {
            UnaryOp::Neg => again(x)?.checked_neg(),
            UnaryOp::Plus => again(x),
            _ => None,
        },
        ExprKind::Binary { op, x, y } => {
            let (x, y) = (again(x)?, again(y)?);
            match op {
                BinaryOp::Add => x.checked_add(y),
                BinaryOp::Sub => x.checked_sub(y),
                BinaryOp::Mul => x.checked_mul(y),
                BinaryOp::Quo => x.checked_div(y),
                BinaryOp::Rem => x.checked_rem(y),
                BinaryOp::Shl => (0..64)
                    .contains(&y)
                    .then(|| x.checked_mul(1 << y))
                    .flatten(),
                _ => None,
            }
        }
        ExprKind::Ident => match resolve(expr) {
            Object::Local(id) => {
                let (spec, index) = local(id)?;
                again(const_value(file, spec, index)?)
            }
            Object::Member(id) => {
                let cx = facts.body().cx();
                let member = cx.names().member(id);
                let MemberKind::Const { spec, index, .. } = member.kind else {
                    return None;
                };
                let file = cx.file(member.file);
                let value = const_value(file, spec, index)?;
                // Outside of functions the names of a file mean what its blocks say.
                let resolve = |ident| cx.lookup(member.file, file.expr_text(ident));
                eval(facts, file, value, &resolve, &|_| None, depth)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The expression of a constant; none where it repeats the one of the specification before.
fn const_value(file: &File, spec: SpecId, index: u32) -> Option<ExprId> {
    match file.spec(spec).kind {
        SpecKind::Value { values, .. } => file.exprs(values).get(index as usize).copied(),
        _ => None,
    }
}

fn int_literal(text: &str) -> Option<i128> {
    let text: String = text
        .chars()
        .filter(|&c| c != '_')
        .collect::<String>()
        .to_lowercase();
    let (digits, radix) = if let Some(rest) = text.strip_prefix("0x") {
        (rest, 16)
    } else if let Some(rest) = text.strip_prefix("0b") {
        (rest, 2)
    } else if let Some(rest) = text.strip_prefix("0o") {
        (rest, 8)
    } else if text.len() > 1 && text.starts_with('0') {
        (&text[1..], 8)
    } else {
        (&*text, 10)
    };
    u64::from_str_radix(digits, radix).ok().map(i128::from)
}
