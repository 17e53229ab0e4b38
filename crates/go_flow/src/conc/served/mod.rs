//! Channels in fields that loops serve: what becomes of the other end when the loops have been left.
//!
//! An object that keeps a goroutine has channels in its fields, a loop that receives from them, and
//! methods that send. The machine of [`super`] does not see these together, as nobody starts the one
//! and calls the others in one function. Here the operations of the whole package are collected by
//! type and field, and three things are found: an operation that waits for loops all of which may have
//! been left for another reason (`case <-quit: return`); a loop that calls, by itself, what waits for it;
//! and a loop that needs the lock under which it is waited for. A group whose `Wait` is called by one
//! of its own goroutines is found on the same calls. `feeder` looks at goroutines that send to methods.
//!
//! Only fields that the package uses for nothing else are judged: made by `make`, and only sent to,
//! received from, compared and closed, themselves or through variables and parameters.
//!
//! `alias` follows the channels to variables and parameters, `guard` tells what a waiting operation is
//! made sure of by, `own` what runs in a loop as methods of the same object, `paths` control flow.

mod alias;
mod feeder;
mod guard;
mod own;
mod paths;

use std::cell::OnceCell;

use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtKind};
use go_types::{Body, Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::declared::is_test;
use super::program::Program;
use super::state::Sym;
use super::{Held, Other, Site, Stuck, StuckKind, Waits};
use crate::cfg::LoopId;
use crate::channels::{ChannelAct, ChannelOp, SelectArm};
use crate::facts::Point;
use crate::fields::FieldUses;
use crate::sites::CallMode;
use paths::outermost;

/// So many loops may serve a channel.
const MAX_SERVERS: usize = 4;

/// A field of a type of the package.
type Key = (Sym, Sym);

/// An operation on such a field.
#[derive(Clone, Copy, Debug)]
struct FieldOp {
    act: ChannelAct,
    /// The declared function, as index into those of the package.
    body: usize,
    point: Point,
    span: Span,
    channel: ExprId,
    /// The object in whose field the channel is, when it is named in this function.
    object: Option<ExprId>,
    /// The `select` around it.
    arm: Option<SelectArm>,
    mode: CallMode,
}

/// How a channel comes into a field.
#[derive(Clone, Copy, Debug)]
enum Made {
    /// By `make`, with so much room, 2 and more taken together.
    Here(Site, usize),
    /// Somebody else may have it.
    Elsewhere,
}

/// A loop in which operations of one end stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Server {
    body: usize,
    func: FuncId,
    lp: LoopId,
}

/// A channel that is judged.
#[derive(Clone, Copy)]
struct Chan {
    key: Key,
    made: Site,
    room: usize,
}

/// What is known of a package.
struct Served<'p, 'a> {
    program: &'p Program<'a>,
    ops: FxHashMap<Key, Vec<FieldOp>>,
    made: FxHashMap<Key, Made>,
    /// Fields of these names are used in ways that are not followed.
    tainted: FxHashSet<Sym>,
    /// Functions and literals that run as goroutines.
    spawned: OnceCell<FxHashSet<(usize, FuncId)>>,
    /// The names of fields that may get a channel.
    names: FxHashSet<Sym>,
}

/// Looks for them in a package.
pub(super) fn served(program: &Program<'_>, found: &mut Vec<Stuck>) {
    let mut served = Served {
        program,
        ops: FxHashMap::default(),
        made: FxHashMap::default(),
        tainted: FxHashSet::default(),
        spawned: OnceCell::new(),
        names: FxHashSet::default(),
    };
    served.collect();
    let mut keys: Vec<Key> = served.ops.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        served.judge(key, found);
    }
    let uses = FieldUses::of(program.cx);
    if uses.any(|of| of.selects(&["Wait"]) && of.selects(&["Done"])) {
        served.groups(found);
    }
}

impl<'a> Served<'_, 'a> {
    /// Fields that may get a channel by `make` somewhere, and are sent to or received from, by name.
    fn find_names(&mut self) {
        let uses = FieldUses::of(self.program.cx);
        let is_used = |name: &str| {
            uses.get(name)
                .is_some_and(|of| of.assigned && (of.sent || of.received || of.ranged))
        };
        if !uses.any(|of| of.sent && of.assigned) {
            return;
        }
        for index in 0..self.program.declared.len() {
            let file = self.program.file(index);
            let node = file.func(self.program.declared[index].func);
            let is_made = |value: ExprId| match file.call(file.unparen(value)) {
                Some((fun, _)) => file.ident(fun) == Some("make"),
                None => file.ident(value).is_some(),
            };
            for expr in node.exprs.iter() {
                if let ExprKind::KeyValue { key, value } = file.expr(expr).kind
                    && let Some(name) = file.ident(key)
                    && is_made(value)
                    && is_used(name)
                {
                    self.names.insert(self.program.sym(name));
                }
            }
            for stmt in node.stmts.iter() {
                let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                    continue;
                };
                for (&target, &value) in file.exprs(lhs).iter().zip(file.exprs(rhs)) {
                    if let Some((_, name)) = file.selector(file.unparen(target))
                        && is_made(value)
                        && is_used(name)
                    {
                        self.names.insert(self.program.sym(name));
                    }
                }
            }
        }
    }

    fn is_candidate(&self, name: &str) -> bool {
        self.names.contains(&self.program.sym(name))
    }

    fn collect(&mut self) {
        self.find_names();
        if self.names.is_empty() {
            return;
        }
        let mut aliases = Vec::new();
        for index in 0..self.program.declared.len() {
            let file = self.program.file(index);
            let node = file.func(self.program.declared[index].func);
            let mentions = node.exprs.iter().any(|expr| match file.expr(expr).kind {
                ExprKind::Selector { sel, .. } => self.is_candidate(file.span_text(sel)),
                ExprKind::KeyValue { key, .. } => {
                    file.ident(key).is_some_and(|name| self.is_candidate(name))
                }
                _ => false,
            });
            if !mentions {
                continue;
            }
            self.makes(index, &mut aliases);
            if is_test(self.program.name(index)) || self.program.declared[index].in_tests {
                continue;
            }
            let facts = self.program.facts(index);
            for op in facts.channel_ops() {
                self.add(index, &op);
            }
            self.lends(index, &mut aliases);
        }
        self.follow_all(aliases);
    }

    /// The fields that get a value in a function.
    fn makes(&mut self, index: usize, aliases: &mut Vec<alias::Alias>) {
        let body = self.program.body(index);
        let file = body.file();
        let node = file.func(self.program.declared[index].func);
        for expr in node.exprs.iter() {
            let ExprKind::CompositeLit { elts, .. } = file.expr(expr).kind else {
                continue;
            };
            for &element in file.exprs(elts) {
                let ExprKind::KeyValue { key, value } = file.expr(element).kind else {
                    continue;
                };
                if let Some(name) = file.ident(key)
                    && self.is_candidate(name)
                {
                    let key = self.key(body, body.type_of(expr), name);
                    self.is_made(index, name, key, value, aliases);
                }
            }
        }
        for stmt in node.stmts.iter() {
            let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                continue;
            };
            let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
            for (at, &target) in lhs.iter().enumerate() {
                let Some((x, name)) = file.selector(file.unparen(target)) else {
                    continue;
                };
                if !self.is_candidate(name) {
                    continue;
                }
                let key = self.key(body, body.type_of(x), name);
                match (rhs.get(at), key) {
                    (Some(&value), _) if lhs.len() == rhs.len() => {
                        self.is_made(index, name, key, value, aliases);
                    }
                    (_, Some(key)) => {
                        self.made.insert(key, Made::Elsewhere);
                    }
                    (_, None) => self.taint(name),
                }
            }
        }
    }

    fn taint(&mut self, name: &str) {
        self.tainted.insert(self.program.sym(name));
    }

    fn add(&mut self, index: usize, op: &ChannelOp<'a>) {
        let body = self.program.body(index);
        let file = body.file();
        let Some((x, name)) = file.selector(file.unparen(op.channel)) else {
            return;
        };
        if !self.is_candidate(name) {
            return;
        }
        match self.key(body, body.type_of(x), name) {
            Some(key) => self.push(index, key, Some(x), op),
            // Of whose field it is nobody knows.
            None => self.taint(name),
        }
    }

    fn push(&mut self, index: usize, key: Key, object: Option<ExprId>, op: &ChannelOp<'a>) {
        self.ops.entry(key).or_default().push(FieldOp {
            act: op.act,
            body: index,
            point: op.point,
            span: op.span,
            channel: op.channel,
            object,
            arm: op.arm,
            mode: op.mode,
        });
    }

    /// The field `name` of a type of the package, or of one that it embeds.
    fn key(&self, body: &Body<'a>, ty: TypeId, name: &str) -> Option<Key> {
        let cx = body.cx();
        let path = self.program.path_to(body, cx.deref(ty), name)?;
        let owner = match path.len().checked_sub(2) {
            Some(before) => cx.deref(path[before].1),
            None => cx.deref(ty),
        };
        let Type::Named { name: named, .. } = cx.ty(owner) else {
            return None;
        };
        let named = cx.named(named);
        (named.package == *cx.names().path())
            .then(|| (self.program.sym(&named.name), self.program.sym(name)))
    }

    fn site(&self, op: &FieldOp) -> Site {
        self.program.site(op.body, op.point.func, op.span)
    }

    fn judge(&self, key: Key, found: &mut Vec<Stuck>) {
        let Some(&Made::Here(made, room)) = self.made.get(&key) else {
            return;
        };
        if self.tainted.contains(&key.1) || self.is_public(key) {
            return;
        }
        let chan = Chan { key, made, room };
        let of = |wanted: &[ChannelAct]| -> Vec<FieldOp> {
            let ops = self.ops[&key].iter();
            ops.filter(|op| wanted.contains(&op.act)).copied().collect()
        };
        let receives = of(&[ChannelAct::Receive, ChannelAct::Range]);
        let sends = of(&[ChannelAct::Send]);
        let closes = of(&[ChannelAct::Close]);
        self.judge_feeder(chan, &sends, &receives, &closes, found);
        if !closes.is_empty() {
            return;
        }
        self.judge_waiters(chan, &receives, &sends, found);
        self.judge_waiters(chan, &sends, &receives, found);
    }

    /// Whether other packages can use the field.
    fn is_public(&self, (owner, field): Key) -> bool {
        let is_exported = |sym| {
            let text = self.program.text_of(sym);
            text.chars().next().is_some_and(char::is_uppercase)
        };
        is_exported(owner) && is_exported(field)
    }

    /// The loops in which all the operations stand.
    fn servers(&self, ops: &[FieldOp]) -> Vec<Server> {
        let mut found = Vec::new();
        for op in ops {
            let cfg = self.program.cfg(op.body, op.point.func);
            let Some(lp) = outermost(cfg, op.point.node).filter(|_| op.mode == CallMode::Now)
            else {
                return Vec::new();
            };
            let server = Server {
                body: op.body,
                func: op.point.func,
                lp: lp.id,
            };
            if !found.contains(&server) {
                found.push(server);
            }
        }
        if found.len() > MAX_SERVERS {
            found.clear();
        }
        found
    }

    /// Looks at what waits for the loops that serve the channel.
    fn judge_waiters(
        &self,
        chan: Chan,
        serving: &[FieldOp],
        waiting: &[FieldOp],
        found: &mut Vec<Stuck>,
    ) {
        let waiting = waiting.iter().filter(|op| {
            op.mode == CallMode::Now
                && op.arm.is_none_or(|arm| !arm.has_default && arm.cases <= 1)
                && matches!(op.act, ChannelAct::Send | ChannelAct::Receive)
        });
        let waiting: Vec<&FieldOp> = waiting.collect();
        let servers = self.servers(serving);
        if waiting.is_empty() || servers.is_empty() {
            return;
        }
        let ways: Vec<_> = servers
            .iter()
            .map(|&server| self.ways_out(server, serving))
            .collect();
        let inside: Vec<_> = servers
            .iter()
            .map(|server| self.same_object(server.body, server.func, Some(server.lp)))
            .collect();
        for op in waiting {
            let is_send = op.act == ChannelAct::Send;
            let at = (op.body, op.point.func);
            let mut stuck = Stuck {
                kind: StuckKind::Circular,
                waits: if is_send { Waits::Send } else { Waits::Receive },
                site: self.site(op),
                operand: Some(op.channel),
                made: Some((chan.made, chan.room)),
                started: None,
                left: None,
                served: None,
                sent_before: None,
                others: Vec::new(),
                holds: Vec::new(),
            };
            if let ([server], [inside]) = (&*servers, &*inside)
                && is_send
                && self.is_on_self(op)
            {
                let is_own = inside.contains_key(&at) && at != (server.body, server.func);
                if is_own && chan.room <= 1 {
                    stuck.served = Some(self.head_of(*server));
                    found.push(stuck);
                    continue;
                }
                if !is_own && let Some((held, wanted)) = self.needs_lock(op, *server, inside) {
                    stuck.holds.push(Held::Lock(held));
                    stuck.others.push(Other {
                        site: wanted,
                        waits: Waits::Lock,
                    });
                    found.push(stuck);
                    continue;
                }
            }
            // Room is used up at once by a sender that goes on and on.
            let fills = chan.room == 0 || self.program.facts(op.body).in_cycle(op.point);
            if is_send && !fills || inside.iter().any(|inside| inside.contains_key(&at)) {
                continue;
            }
            let unasked = |ways: &Vec<guard::WayOut>| {
                ways.iter()
                    .find(|way| !self.is_guarded(chan.key, op, &way.quit))
                    .map(|way| way.site)
            };
            if let Some(left) = unasked(&ways[0])
                && ways[1..].iter().all(|ways| unasked(ways).is_some())
            {
                stuck.kind = if is_send {
                    StuckKind::Send
                } else {
                    StuckKind::Receive
                };
                stuck.served = Some(left);
                found.push(stuck);
            }
        }
    }

    fn head_of(&self, server: Server) -> Site {
        let cfg = self.program.cfg(server.body, server.func);
        let file = self.program.file(server.body);
        let span = file.stmt(cfg.loop_(server.lp).stmt).span;
        let head = Span::new(span.start, (span.start + 3).min(span.end));
        self.program.site(server.body, server.func, head)
    }
}
