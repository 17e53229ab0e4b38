//! `deferred-closure-escapes`.

use cost::{Class, Site};
use diagnostics::{Diagnostic, Evidence};
use go_syntax::{ExprKind, FuncId};

use crate::costs;
use crate::cx::RuleCx;
use crate::rule::{EvidenceUse, Rule, declare_rule};

declare_rule! {
    /// Finds deferred literals that are allocated in every round of a loop, with what they capture.
    ///
    /// ## What it does
    /// Reports `defer func() { … }()` in a loop or in the body of a range over a function, when the literal uses
    /// variables from around it: literal and variables outlive the round, so they are allocated on the
    /// heap. With `--evidence` it is on, and reports those that take at least 0.1 % of a processor, and
    /// says how much.
    ///
    /// ## Why it is bad
    /// Beside the record of the defer there is an allocation, which costs more than the defer, and the
    /// garbage collector has to look after it until the function returns.
    ///
    /// ## Example
    /// ```go
    /// func (s *store) addAll(items []item) {
    /// 	for _, it := range items {
    /// 		s.lock(it.key)
    /// 		defer func() { s.unlock(it.key) }()
    /// 		s.add(it)
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func (s *store) addAll(items []item) {
    /// 	for _, it := range items {
    /// 		s.addOne(it)
    /// 	}
    /// }
    ///
    /// func (s *store) addOne(it item) {
    /// 	s.lock(it.key)
    /// 	defer s.unlock(it.key)
    /// 	s.add(it)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the loop runs seldom, which is why the rule is off without evidence. The compiler also
    /// allocates a closure for a deferred call with arguments in a loop; `defer-heap-allocated` speaks of
    /// that.
    ///
    /// ## Fix safety
    /// There is no fix.
    pub DeferredClosureEscapes {
        name: "deferred-closure-escapes",
        category: Cost,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for DeferredClosureEscapes {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn evidence(&self) -> EvidenceUse {
        EvidenceUse::TurnsOn
    }

    fn weigh(&self, finding: &mut Diagnostic, seen: &Evidence) -> bool {
        if !costs::is_borne_out(seen, Class::HeapAllocated) {
            return false;
        }
        let price = costs::price(Class::HeapAllocated.as_str()) + costs::capture_price();
        let Some(told) = costs::worth(seen, price) else {
            return false;
        };
        finding.message = format!("{}; it {told}", finding.message);
        true
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in costs::heap_allocated(cx) {
            let Some(literal) = literal(cx, &site) else {
                continue;
            };
            let captured = captured(cx, literal);
            if captured.is_empty() {
                continue;
            }
            cx.report(
                &Self::META,
                cx.file().stmt(site.stmt).span,
                format!(
                    "the deferred literal is allocated in every round, because it uses {} and waits for the end of the function",
                    shown(&captured)
                ),
            )
            .help("put the body of the loop into a function of its own: there the literal stays on the stack");
        }
    }
}

/// The literal that is deferred.
fn literal(cx: &RuleCx<'_>, site: &Site) -> Option<FuncId> {
    let file = cx.file();
    let (callee, _) = file.call(file.unparen(site.call))?;
    match file.expr(file.unparen(callee)).kind {
        ExprKind::FuncLit(literal) => Some(literal),
        _ => None,
    }
}

/// The names of the variables that a literal uses and does not declare, in the order of their
/// declaration.
fn captured(cx: &RuleCx<'_>, literal: FuncId) -> Vec<String> {
    let file = cx.file();
    let is_within = |func: FuncId| {
        std::iter::successors(Some(func), |&func| file.func(func).parent).any(|at| at == literal)
    };
    let names = cx.body().names();
    names
        .locals()
        .filter(|(id, local)| {
            local.is_var()
                && !is_within(local.func)
                && names.uses(*id).iter().any(|used| is_within(used.func))
        })
        .map(|(_, local)| file.span_text(local.span).to_owned())
        .collect()
}

/// `a`, `b` and 2 more.
fn shown(names: &[String]) -> String {
    let quoted: Vec<_> = names
        .iter()
        .take(2)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len() {
        1 => quoted.concat(),
        2 => quoted.join(" and "),
        more => format!("{} and {} more variables", quoted.join(", "), more - 2),
    }
}
