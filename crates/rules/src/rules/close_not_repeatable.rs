//! `close-not-repeatable`.

use go_flow::{ChannelAct, Point, calls};
use go_syntax::FuncId;
use go_types::{Callee, LocalKind, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::sequence::Channels;

declare_rule! {
    /// Finds methods such as Close and Stop that panic when they are called a second time.
    ///
    /// ## What it does
    /// Reports a `close` of a channel in a field of the receiver, on every path through an exported
    /// method `Close`, `Stop`, `Shutdown` or `ShutDown`, when nothing in the method makes it happen once:
    /// no lock, no `sync.Once`, no atomic swap, no condition, no new value for the field.
    ///
    /// ## Why it is bad
    /// The second `close` of a channel panics (Go specification, Close). What ends things is called
    /// twice easily: by a `defer` and by hand, by a signal while the program shuts down anyway, by two
    /// owners. The panic then cuts off the rest of the shutdown.
    ///
    /// ## Example
    /// ```go
    /// type server struct{ done chan struct{} }
    ///
    /// func (s *server) Stop() {
    /// 	close(s.done)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type server struct {
    /// 	done chan struct{}
    /// 	once sync.Once
    /// }
    ///
    /// func (s *server) Stop() {
    /// 	s.once.Do(func() { close(s.done) })
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When there is one caller, which calls it once. It is off by default: most such methods have one.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CloseNotRepeatable {
        name: "close-not-repeatable",
        category: Goroutines,
        severity: Note,
        default: off,
        needs: BODY,
    }
}

/// The methods that are called twice easily.
const METHODS: [&str; 4] = ["Close", "Stop", "Shutdown", "ShutDown"];

/// What makes something happen once.
const GUARDS: [&str; 8] = [
    "Do",
    "Lock",
    "TryLock",
    "CompareAndSwap",
    "Swap",
    "CompareAndSwapInt32",
    "CompareAndSwapUint32",
    "SwapInt32",
];

impl Rule for CloseNotRepeatable {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let node = file.func(func);
        let name = node.name.map_or("", |name| file.name(name));
        node.recv.is_some()
            && METHODS.contains(&name)
            && !input.is_test
            && calls(file, func).contains("close")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let facts = cx.facts();
        let is_guarded = facts.calls().iter().any(|site| {
            matches!(
                facts.callee(site.call),
                Callee::Selected { name, .. } | Callee::Func { name, .. } if GUARDS.contains(&name)
            )
        });
        if is_guarded {
            return;
        }
        let channels = Channels::new(cx);
        let root = cx.root();
        let cfg = facts.cfg(root);
        for close in channels.now(ChannelAct::Close) {
            let Some(place) = &close.place else { continue };
            let of_receiver = !place.is_variable()
                && place.local().is_some_and(|local| {
                    matches!(cx.body().names().local(local).kind, LocalKind::Receiver(_))
                });
            let entry = Point {
                func: root,
                node: cfg.entry(),
            };
            if !of_receiver
                || close.point.func != root
                || cfg.in_cycle(close.point.node)
                || !channels.always_follows(entry, close.point.node)
                || channels.is_set(place)
            {
                continue;
            }
            let channel = cx.snippet(close.channel);
            let method = cx.func_label(root);
            cx.report(
                &Self::META,
                close.span,
                format!("a second call of {method} closes `{channel}` again, which panics"),
            )
            .help("close it in a `sync.Once`");
        }
    }
}
