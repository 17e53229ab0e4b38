//! Constants as far as types and dead code need them: whether an expression is one, the values that
//! lengths of arrays are made of, and the truth values that conditions are.
//!
//! Arithmetic is bounded: an integer beyond 128 bits, a complex number or a long string is a constant
//! whose value nobody asks for.

use std::cmp::Ordering;
use std::sync::Arc;

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, LitKind, SpecId, SpecKind, UnaryOp, literal};

use super::store::{PathId, Type, TypeId};
use super::typer::{Meaning, Place, Typer};
use crate::names::{LocalId, LocalKind, MemberId, MemberKind, PackageNames};
use crate::universe::{Basic, Builtin, UniverseConst};
use crate::unsafe_package;

/// The value of a constant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Value {
    Int(i128),
    Float(f64),
    Bool(bool),
    /// A string of this many bytes, and which, when it is short.
    Str(u64, Option<PathId>),
    /// A constant, but its value is not kept.
    Opaque,
}

/// The value of a constant, for those who ask from outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// An integer or a rune; also the whole number of a floating-point constant may be one.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A short string.
    Text(Arc<str>),
    /// A constant whose value is not known.
    Unknown,
}

/// Longer strings are compared by nobody.
const LONGEST_TEXT: usize = 64;

impl Value {
    fn as_float(self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a length of an array is far smaller"
            )]
            Self::Int(int) => Some(int as f64),
            Self::Float(float) => Some(float),
            Self::Bool(_) | Self::Str(..) | Self::Opaque => None,
        }
    }

    /// The value as one of integer type.
    fn to_int(self) -> Self {
        match self {
            Self::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a whole number of few digits"
                )]
                Self::Int(float as i128)
            }
            Self::Float(_) => Self::Opaque,
            value => value,
        }
    }
}

impl Typer<'_> {
    /// Whether an expression is a constant.
    pub(crate) fn is_constant(self, place: Place<'_>, expr: ExprId) -> bool {
        matches!(place.tree().expr(expr).kind, ExprKind::BasicLit(_))
            || self.constant(place, expr, None).is_some()
    }

    /// The value of a constant expression; `None` when the expression is not constant.
    pub(crate) fn constant_value(self, place: Place<'_>, expr: ExprId) -> Option<Constant> {
        Some(match self.constant(place, expr, None)? {
            Value::Int(int) => Constant::Int(int),
            Value::Float(float) => Constant::Float(float),
            Value::Bool(truth) => Constant::Bool(truth),
            Value::Str(_, Some(text)) => Constant::Text(self.cx.path_text(text)),
            Value::Str(_, None) | Value::Opaque => Constant::Unknown,
        })
    }

    /// The length of an array that a constant expression gives.
    pub(super) fn array_len(self, place: Place<'_>, len: ExprId) -> Option<u64> {
        match self.constant(place, len, None)?.to_int() {
            Value::Int(int) => u64::try_from(int).ok(),
            _ => None,
        }
    }

    /// The value of a constant expression; `None` when the expression is not constant.
    pub(super) fn constant(
        self,
        place: Place<'_>,
        expr: ExprId,
        iota: Option<u32>,
    ) -> Option<Value> {
        let kind = place.tree().expr(expr).kind;
        match kind {
            ExprKind::BasicLit(kind) => {
                return Some(self.literal_value(kind, place.tree().expr_text(expr)));
            }
            ExprKind::Ident
            | ExprKind::Paren(_)
            | ExprKind::Selector { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Call { .. } => {}
            _ => return None,
        }
        let memo = self.body_at(place, expr).filter(|_| {
            iota.is_none() && matches!(kind, ExprKind::Binary { .. } | ExprKind::Call { .. })
        });
        if let Some(known) = memo.and_then(|body| body.constants.borrow().get(&expr).copied()) {
            return known;
        }
        let value = self.deeper(None, || self.compute_constant(place, expr, iota));
        if let Some(body) = memo {
            body.constants.borrow_mut().insert(expr, value);
        }
        value
    }

    fn compute_constant(self, place: Place<'_>, expr: ExprId, iota: Option<u32>) -> Option<Value> {
        let tree = place.tree();
        match tree.expr(expr).kind {
            ExprKind::Ident => match self.meaning(place, expr) {
                Meaning::Local(id) => self.local_constant(id),
                Meaning::Member(id) => self.member_constant(place.path, place.package, id),
                Meaning::DotMember(path) => self.imported_constant(path, tree.expr_text(expr)),
                Meaning::Const(UniverseConst::Iota) => {
                    Some(iota.map_or(Value::Opaque, |iota| Value::Int(iota.into())))
                }
                Meaning::Const(UniverseConst::True) => Some(Value::Bool(true)),
                Meaning::Const(UniverseConst::False) => Some(Value::Bool(false)),
                _ => None,
            },
            ExprKind::Paren(x) => self.constant(place, x, iota),
            ExprKind::Selector { x, sel } => {
                let path = self.package_named(place, x)?;
                self.imported_constant(path, tree.span_text(sel))
            }
            ExprKind::Unary { op, x } => {
                if matches!(op, UnaryOp::Addr | UnaryOp::Recv | UnaryOp::Tilde) {
                    return None;
                }
                let value = self.constant(place, x, iota)?;
                Some(match (op, value) {
                    (UnaryOp::Plus, value) => value,
                    (UnaryOp::Neg, Value::Int(int)) => {
                        int.checked_neg().map_or(Value::Opaque, Value::Int)
                    }
                    (UnaryOp::Neg, Value::Float(float)) => Value::Float(-float),
                    (UnaryOp::Not, Value::Bool(truth)) => Value::Bool(!truth),
                    (UnaryOp::BitNot, Value::Int(int)) => self.complement(place, x, int),
                    _ => Value::Opaque,
                })
            }
            ExprKind::Binary { .. } => self.binary_constant(place, expr, iota),
            ExprKind::Call { fun, args, .. } => {
                self.call_constant(place, fun, tree.exprs(args), iota)
            }
            _ => None,
        }
    }

    /// `^int` for an operand of the type of `x`.
    fn complement(self, place: Place<'_>, x: ExprId, int: i128) -> Value {
        let ty = self.underlying(self.type_of(place, x));
        let Type::Basic(basic) = self.cx.ty(ty) else {
            return Value::Opaque;
        };
        match basic.unsigned_bits() {
            Some(bits) => Value::Int(!int & ((1i128 << bits) - 1)),
            None => Value::Int(!int),
        }
    }

    /// A chain of operators, which may be thousands of links long, from its inner end.
    fn binary_constant(self, place: Place<'_>, expr: ExprId, iota: Option<u32>) -> Option<Value> {
        let tree = place.tree();
        let memo = self.body_at(place, expr).filter(|_| iota.is_none());
        let known = |expr| memo.and_then(|body| body.constants.borrow().get(&expr).copied());
        let mut links = Vec::new();
        let mut left = expr;
        let mut value = loop {
            if let Some(known) = known(left) {
                break known;
            }
            let ExprKind::Binary { op, x, y } = tree.expr(left).kind else {
                break self.constant(place, left, iota);
            };
            links.push((left, op, y));
            left = x;
        };
        for (link, op, y) in links.into_iter().rev() {
            value = value.and_then(|left| {
                let right = self.constant(place, y, iota)?;
                let whole = || {
                    let ty = self.underlying(self.type_of(place, link));
                    matches!(self.cx.ty(ty), Type::Basic(basic) if basic.is_integer())
                };
                Some(self.operate(op, left, right, &whole))
            });
            if let Some(body) = memo {
                body.constants.borrow_mut().insert(link, value);
            }
        }
        value
    }

    fn call_constant(
        self,
        place: Place<'_>,
        fun: ExprId,
        args: &[ExprId],
        iota: Option<u32>,
    ) -> Option<Value> {
        let tree = place.tree();
        let fun = tree.unparen(fun);
        if matches!(tree.expr(fun).kind, ExprKind::Ident)
            && let Meaning::Builtin(builtin) = self.meaning(place, fun)
        {
            return self.builtin_constant(place, builtin, args, iota);
        }
        if let ExprKind::Selector { x, sel } = tree.expr(fun).kind
            && let Some(path) = self.package_named(place, x)
            && *self.cx.path_text(path) == *unsafe_package::PATH
        {
            return self.unsafe_constant(place, tree.span_text(sel), args);
        }
        let &[arg] = args else { return None };
        if !self.denotes_type(place, fun) {
            return None;
        }
        let value = self.constant(place, arg, iota)?;
        let Type::Basic(basic) = self.cx.ty(self.underlying(self.type_expr(place, fun))) else {
            return None;
        };
        Some(match value {
            _ if basic == Basic::UnsafePointer => return None,
            Value::Int(int) if basic.is_string() => {
                let char = u32::try_from(int).ok().and_then(char::from_u32);
                let char = char.unwrap_or(char::REPLACEMENT_CHARACTER);
                self.text(char.encode_utf8(&mut [0; 4]))
            }
            value if basic.is_integer() => value.to_int(),
            Value::Int(_) => value.as_float().map_or(Value::Opaque, Value::Float),
            value => value,
        })
    }

    fn builtin_constant(
        self,
        place: Place<'_>,
        builtin: Builtin,
        args: &[ExprId],
        iota: Option<u32>,
    ) -> Option<Value> {
        let all = || args.iter().map(|&arg| self.constant(place, arg, iota));
        match builtin {
            Builtin::Len | Builtin::Cap => {
                let &arg = args.first()?;
                if let Some(value) = self.constant(place, arg, iota) {
                    return Some(match value {
                        Value::Str(len, _) => Value::Int(len.into()),
                        _ => Value::Opaque,
                    });
                }
                let ty = self.underlying(self.type_of(place, arg));
                let array = match self.cx.ty(ty) {
                    Type::Pointer(elem) => self.cx.ty(self.underlying(elem)),
                    array => array,
                };
                let Type::Array { len, .. } = array else {
                    return None;
                };
                (!self.calls_or_receives(place, arg))
                    .then_some(len.map_or(Value::Opaque, |len| Value::Int(len.into())))
            }
            Builtin::Min | Builtin::Max => {
                let mut result: Option<Value> = None;
                for value in all() {
                    let value = value?;
                    result = Some(match (result, value) {
                        (None, value) => value,
                        (Some(Value::Int(a)), Value::Int(b)) if builtin == Builtin::Min => {
                            Value::Int(a.min(b))
                        }
                        (Some(Value::Int(a)), Value::Int(b)) => Value::Int(a.max(b)),
                        _ => Value::Opaque,
                    });
                }
                result
            }
            Builtin::Complex | Builtin::Imag | Builtin::Real => {
                all().all(|value| value.is_some()).then_some(Value::Opaque)
            }
            _ => None,
        }
    }

    /// `unsafe.Sizeof` and the like, of operands whose type parameters do not decide.
    fn unsafe_constant(self, place: Place<'_>, name: &str, args: &[ExprId]) -> Option<Value> {
        let &arg = args.first()?;
        let int = |int: Option<u64>| int.map_or(Value::Opaque, |int| Value::Int(int.into()));
        match name {
            "Sizeof" | "Alignof" => {
                let ty = self.default_type(self.type_of(place, arg));
                if self.depends_on_params(ty) {
                    return None;
                }
                let layout = self.layout(ty);
                Some(int(layout.map(|layout| {
                    if name == "Sizeof" {
                        layout.size
                    } else {
                        layout.align
                    }
                })))
            }
            "Offsetof" => Some(Value::Opaque),
            _ => None,
        }
    }

    fn calls_or_receives(self, place: Place<'_>, expr: ExprId) -> bool {
        let tree = place.tree();
        let mut found = false;
        walk(tree, Node::Expr(expr), |node| match node {
            Node::Expr(expr) => match tree.expr(expr).kind {
                ExprKind::FuncLit(_) => Descend::Past,
                ExprKind::Unary {
                    op: UnaryOp::Recv, ..
                } => {
                    found = true;
                    Descend::Stop
                }
                ExprKind::Call { fun, .. }
                    if !self.denotes_type(place, fun) && !self.is_constant(place, expr) =>
                {
                    found = true;
                    Descend::Stop
                }
                _ => Descend::Into,
            },
            _ => Descend::Into,
        });
        found
    }

    fn local_constant(self, id: LocalId) -> Option<Value> {
        let body = self.body?;
        let LocalKind::Const {
            spec,
            index,
            origin,
        } = body.names.local(id).kind
        else {
            return None;
        };
        if let Some(&known) = body.local_constants.borrow().get(&id) {
            return known;
        }
        // A constant that is made of itself has no value.
        body.local_constants.borrow_mut().insert(id, None);
        let place = self.root_place(body.file);
        let value = self.declared_constant(place, (spec, origin), index);
        body.local_constants.borrow_mut().insert(id, value);
        value
    }

    fn imported_constant(self, path: PathId, name: &str) -> Option<Value> {
        let package = self.cx.package_at(path)?;
        self.member_constant(path, &package, package.lookup(name)?)
    }

    fn member_constant(self, path: PathId, package: &PackageNames, id: MemberId) -> Option<Value> {
        let member = package.member(id);
        let MemberKind::Const {
            spec,
            index,
            origin,
        } = member.kind
        else {
            return None;
        };
        if let Some(known) = self.cx.known_constant(path, id) {
            return known;
        }
        self.cx.remember_constant(path, id, None);
        let place = Place {
            path,
            package,
            file: member.file,
        };
        let outside = Typer { body: None, ..self };
        let value = outside.declared_constant(place, (spec, origin), index);
        self.cx.remember_constant(path, id, value);
        value
    }

    /// The constant at `index` of a specification; type and value are those of `origin`.
    fn declared_constant(
        self,
        place: Place<'_>,
        (spec, origin): (SpecId, SpecId),
        index: u32,
    ) -> Option<Value> {
        let tree = place.tree();
        let (SpecKind::Value { iota, .. }, SpecKind::Value { ty, values, .. }) =
            (tree.spec(spec).kind, tree.spec(origin).kind)
        else {
            return None;
        };
        // It is a constant whatever its value, by its declaration.
        let value = tree
            .exprs(values)
            .get(index as usize)
            .and_then(|&value| self.constant(place, value, Some(iota)))
            .unwrap_or(Value::Opaque);
        let whole = ty.is_some_and(|ty| {
            let ty = self.underlying(self.type_expr(place, ty));
            matches!(self.cx.ty(ty), Type::Basic(basic) if basic.is_integer())
        });
        Some(if whole { value.to_int() } else { value })
    }

    fn text(self, text: &str) -> Value {
        let id = (text.len() <= LONGEST_TEXT).then(|| self.cx.text_id(text));
        Value::Str(text.len() as u64, id)
    }

    fn literal_value(self, kind: LitKind, text: &str) -> Value {
        match kind {
            LitKind::Int => integer(text).map_or(Value::Opaque, Value::Int),
            LitKind::Float => text
                .replace('_', "")
                .parse()
                .map_or(Value::Opaque, Value::Float),
            LitKind::Imag => Value::Opaque,
            LitKind::Char => character(text).map_or(Value::Opaque, Value::Int),
            LitKind::String => literal::unquote(text).map_or(Value::Opaque, |bytes| {
                match std::str::from_utf8(&bytes) {
                    Ok(text) => self.text(text),
                    Err(_) => Value::Str(bytes.len() as u64, None),
                }
            }),
        }
    }

    fn operate(self, op: BinaryOp, x: Value, y: Value, whole: &dyn Fn() -> bool) -> Value {
        match (x, y) {
            (Value::Str(a, x), Value::Str(b, y)) => match (op, x, y) {
                (BinaryOp::Add, Some(x), Some(y)) => {
                    self.text(&format!("{}{}", self.cx.path_text(x), self.cx.path_text(y)))
                }
                (BinaryOp::Add, ..) => Value::Str(a + b, None),
                (_, Some(x), Some(y)) => {
                    compared(op, self.cx.path_text(x).cmp(&self.cx.path_text(y)))
                }
                (BinaryOp::Eq, ..) if a != b => Value::Bool(false),
                (BinaryOp::Ne, ..) if a != b => Value::Bool(true),
                _ => Value::Opaque,
            },
            (Value::Bool(a), Value::Bool(b)) => match op {
                BinaryOp::LAnd => Value::Bool(a && b),
                BinaryOp::LOr => Value::Bool(a || b),
                BinaryOp::Eq => Value::Bool(a == b),
                BinaryOp::Ne => Value::Bool(a != b),
                _ => Value::Opaque,
            },
            _ => operate(op, x, y, whole),
        }
    }

    /// Whether values of a type have a size that type parameters decide.
    fn depends_on_params(self, ty: TypeId) -> bool {
        let mut ty = ty;
        loop {
            match self.cx.ty(self.underlying(ty)) {
                Type::TypeParam(_) => return true,
                Type::Array { elem, .. } => ty = elem,
                _ => return false,
            }
        }
    }
}

const fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge)
}

/// The truth value of a comparison.
fn compared(op: BinaryOp, ordering: Ordering) -> Value {
    Value::Bool(match op {
        BinaryOp::Eq => ordering.is_eq(),
        BinaryOp::Ne => ordering.is_ne(),
        BinaryOp::Lt => ordering.is_lt(),
        BinaryOp::Le => ordering.is_le(),
        BinaryOp::Gt => ordering.is_gt(),
        BinaryOp::Ge => ordering.is_ge(),
        _ => return Value::Opaque,
    })
}

fn operate(op: BinaryOp, x: Value, y: Value, whole: &dyn Fn() -> bool) -> Value {
    let checked = |int: Option<i128>| int.map_or(Value::Opaque, Value::Int);
    if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
        let (Value::Int(x), Value::Int(y)) = (x.to_int(), y.to_int()) else {
            return Value::Opaque;
        };
        return match u32::try_from(y) {
            Ok(bits) if op == BinaryOp::Shr => Value::Int(x >> bits.min(127)),
            Ok(bits) if bits < 126 && x.unsigned_abs().leading_zeros() > bits + 1 => {
                Value::Int(x << bits)
            }
            _ => Value::Opaque,
        };
    }
    match (x, y) {
        (Value::Int(a), Value::Int(b)) => match op {
            BinaryOp::Add => checked(a.checked_add(b)),
            BinaryOp::Sub => checked(a.checked_sub(b)),
            BinaryOp::Mul => checked(a.checked_mul(b)),
            BinaryOp::Quo => checked(a.checked_div(b)),
            BinaryOp::Rem => checked(a.checked_rem(b)),
            BinaryOp::And => Value::Int(a & b),
            BinaryOp::Or => Value::Int(a | b),
            BinaryOp::Xor => Value::Int(a ^ b),
            BinaryOp::AndNot => Value::Int(a & !b),
            _ => compared(op, a.cmp(&b)),
        },
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            if is_comparison(op) {
                return x
                    .as_float()
                    .zip(y.as_float())
                    .and_then(|(a, b)| a.partial_cmp(&b))
                    .map_or(Value::Opaque, |ordering| compared(op, ordering));
            }
            if whole() {
                return match (x.to_int(), y.to_int()) {
                    (Value::Int(a), Value::Int(b)) => {
                        operate(op, Value::Int(a), Value::Int(b), whole)
                    }
                    _ => Value::Opaque,
                };
            }
            let (Some(a), Some(b)) = (x.as_float(), y.as_float()) else {
                return Value::Opaque;
            };
            match op {
                BinaryOp::Add => Value::Float(a + b),
                BinaryOp::Sub => Value::Float(a - b),
                BinaryOp::Mul => Value::Float(a * b),
                BinaryOp::Quo if b != 0.0 => Value::Float(a / b),
                _ => Value::Opaque,
            }
        }
        _ => Value::Opaque,
    }
}

fn integer(text: &str) -> Option<i128> {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x', ..] => (16, &digits[2..]),
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', b'o', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, &*digits),
    };
    i128::from_str_radix(digits, radix).ok()
}

/// The value of a rune literal.
fn character(text: &str) -> Option<i128> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut chars = inner.chars();
    let first = chars.next()?;
    if first != '\\' {
        return Some(u32::from(first).into());
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok();
    match escape {
        'a' => Some(7),
        'b' => Some(8),
        'f' => Some(12),
        'n' => Some(10),
        'r' => Some(13),
        't' => Some(9),
        'v' => Some(11),
        '\\' | '\'' => Some(u32::from(escape).into()),
        'x' | 'u' | 'U' => radix(rest, 16),
        '0'..='7' => radix(&inner[1..], 8),
        _ => None,
    }
}
