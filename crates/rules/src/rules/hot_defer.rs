//! `hot-defer`.

use cost::Class;
use diagnostics::{Diagnostic, Evidence};

use crate::costs;
use crate::cx::RuleCx;
use crate::rule::{EvidenceUse, Rule, declare_rule};

declare_rule! {
    /// Finds defers that take a noticeable part of the CPU time, as observed.
    ///
    /// ## What it does
    /// Reports a `defer` statement when evidence (`--evidence`) says that it takes at least 1 % of a
    /// processor by itself, not counting what it calls: by a CPU profile, or by how often it ran and
    /// what a defer of its class costs on the reference machine (`deferscope cost`). It says how
    /// much. Without evidence it says nothing, even if selected.
    ///
    /// ## Why it is bad
    /// At that rate the convenience is paid for: half a million records a second are a hundredth
    /// of a processor.
    ///
    /// ## Example
    /// ```go
    /// func (c *counter) add(n int) {
    /// 	c.mu.Lock()
    /// 	defer c.mu.Unlock()
    /// 	c.count += n
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func (c *counter) add(n int) {
    /// 	c.mu.Lock()
    /// 	c.count += n // nothing here can panic
    /// 	c.mu.Unlock()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// A hundredth of a processor may be nothing on a large machine. Prices are those of the
    /// reference machine; a CPU profile tells those of yours. What is open-coded is hardly ever hot:
    /// it would have to run tens of millions of times in a second.
    ///
    /// ## Fix safety
    /// There is no fix: a call by hand does not run when something panics.
    pub HotDefer {
        name: "hot-defer",
        category: Cost,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

/// What findings say until they are weighed. The class is at the end.
const MESSAGE: &str = "the defer may be hot; the compiler makes it ";

impl Rule for HotDefer {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn evidence(&self) -> EvidenceUse {
        EvidenceUse::Needed
    }

    fn weigh(&self, finding: &mut Diagnostic, seen: &Evidence) -> bool {
        let class = seen
            .class
            .or_else(|| finding.message.strip_prefix(MESSAGE))
            .unwrap_or_default()
            .to_owned();
        match costs::share(seen, costs::price(&class)) {
            Some(share) if share.share >= costs::HOT => {
                finding.message = format!("this {class} defer {}", share.told);
                true
            }
            _ => false,
        }
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in costs::classes_of(cx).sites {
            let Some(class) = site.class else {
                continue;
            };
            let finding = cx.report(
                &Self::META,
                cx.file().stmt(site.stmt).span,
                format!("{MESSAGE}{}", class.as_str()),
            );
            let advice = site.reason.advice();
            finding.help(match (advice, class) {
                (Some(advice), _) => advice,
                (None, Class::OpenCoded) => {
                    "do more in one call of the function, so that it runs less often".to_owned()
                }
                (None, _) => {
                    "call the function less often, or release by hand what nothing can panic before"
                        .to_owned()
                }
            });
        }
    }
}
