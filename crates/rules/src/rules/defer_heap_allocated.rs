//! `defer-heap-allocated`.

use cost::Class;
use diagnostics::{Diagnostic, Evidence};

use crate::costs;
use crate::cx::RuleCx;
use crate::rule::{EvidenceUse, Rule, declare_rule};

declare_rule! {
    /// Finds defers that need a record on the heap, where that matters.
    ///
    /// ## What it does
    /// Reports `defer` statements that the compiler can only keep in records on the heap: those in a
    /// loop, and in the body of a range over a function. With `--evidence` it is on, and reports those that
    /// take at least 0.1 % of a processor, or of whose records at least 1,000 wait, and says how much.
    ///
    /// ## Why it is bad
    /// A record costs some ten nanoseconds where an open-coded defer costs less than one; it keeps what
    /// is deferred alive until the function returns, and makes all the function's other defers
    /// dearer.
    ///
    /// ## Example
    /// ```go
    /// func (s *store) addAll(items []item) {
    /// 	for _, it := range items {
    /// 		s.lock(it.key)
    /// 		defer s.unlock(it.key)
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
    /// When the calls are meant to wait for the end of the function. The class is that of the newest
    /// compiler known; `deferscope cost` tells those of others, and where the evidence tells the class, that
    /// one counts. Without evidence the rule is off: most loops do not run often enough.
    ///
    /// ## Fix safety
    /// There is no fix.
    pub DeferHeapAllocated {
        name: "defer-heap-allocated",
        category: Cost,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for DeferHeapAllocated {
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
        let price = costs::price(Class::HeapAllocated.as_str());
        let told = [costs::worth(seen, price), costs::pile(seen)];
        let told: Vec<String> = told.into_iter().flatten().collect();
        if !told.is_empty() {
            finding.message = format!("{}; it {}", finding.message, told.join(", and "));
        }
        !told.is_empty()
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in costs::heap_allocated(cx) {
            let span = cx.file().stmt(site.stmt).span;
            let finding = cx.report(
                &Self::META,
                span,
                format!(
                    "the defer needs a record on the heap each time: it is {}",
                    site.reason
                ),
            );
            if let Some(advice) = site.reason.advice() {
                finding.help(advice);
            }
        }
    }
}
