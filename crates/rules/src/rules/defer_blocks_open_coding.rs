//! `defer-blocks-open-coding`.

use cost::{Class, Reason};
use diagnostics::{Diagnostic, Evidence};

use crate::costs;
use crate::cx::RuleCx;
use crate::rule::{EvidenceUse, Rule, declare_rule};

declare_rule! {
    /// Finds functions whose defers could be nearly free, but for one defer or return too many.
    ///
    /// ## What it does
    /// Reports functions with more than eight defers, and those whose `return` statements times defers
    /// are more than fifteen: the compiler then keeps records of all of them, on the stack. With
    /// `--evidence` it is on, and reports those whose defers take at least 0.1 % of a processor, and
    /// says how much.
    ///
    /// ## Why it is bad
    /// An open-coded defer costs less than a nanosecond, one with a record five to eleven.
    ///
    /// ## Example
    /// ```go
    /// func (s *store) move(from, to, log *shard, n int) error {
    /// 	from.mu.Lock()
    /// 	defer from.mu.Unlock()
    /// 	to.mu.Lock()
    /// 	defer to.mu.Unlock()
    /// 	log.mu.Lock()
    /// 	defer log.mu.Unlock()
    /// 	s.mu.RLock()
    /// 	defer s.mu.RUnlock()
    /// 	if from.count < n {
    /// 		return errTooFew
    /// 	}
    /// 	if to.count+n > to.limit {
    /// 		return errFull
    /// 	}
    /// 	if err := log.write(n); err != nil {
    /// 		return err
    /// 	}
    /// 	return s.transfer(from, to, n)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func (s *store) move(from, to, log *shard, n int) error {
    /// 	from.mu.Lock()
    /// 	defer from.mu.Unlock()
    /// 	to.mu.Lock()
    /// 	defer to.mu.Unlock()
    /// 	log.mu.Lock()
    /// 	defer log.mu.Unlock()
    /// 	s.mu.RLock()
    /// 	defer s.mu.RUnlock()
    /// 	return s.moveLocked(from, to, log, n)
    /// }
    ///
    /// func (s *store) moveLocked(from, to, log *shard, n int) error {
    /// 	if from.count < n {
    /// 		return errTooFew
    /// 	}
    /// 	if to.count+n > to.limit {
    /// 		return errFull
    /// 	}
    /// 	if err := log.write(n); err != nil {
    /// 		return err
    /// 	}
    /// 	return s.transfer(from, to, n)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function runs seldom, which is why the rule is off without evidence. Which returns
    /// count is the newest compiler's opinion.
    ///
    /// ## Fix safety
    /// There is no fix.
    pub DeferBlocksOpenCoding {
        name: "defer-blocks-open-coding",
        category: Cost,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for DeferBlocksOpenCoding {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn evidence(&self) -> EvidenceUse {
        EvidenceUse::TurnsOn
    }

    fn weigh(&self, finding: &mut Diagnostic, seen: &Evidence) -> bool {
        if !costs::is_borne_out(seen, Class::StackAllocated) {
            return false;
        }
        // The others run with it.
        let defers = finding.related.len() as f64 + 1.0;
        let dearer = costs::price("stack-allocated") - costs::price("open-coded");
        let Some(told) = costs::worth(seen, dearer * defers) else {
            return false;
        };
        finding.message = format!("{}; the first of them {told}", finding.message);
        true
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut told = Vec::new();
        let classes = costs::classes_of(cx);
        for site in &classes.sites {
            let is_counted = matches!(
                site.reason,
                Reason::TooMany { .. } | Reason::TooManyExits { .. }
            );
            if !is_counted || told.contains(&site.func) {
                continue;
            }
            told.push(site.func);
            let mut finding = cx.report(
                &Self::META,
                cx.file().stmt(site.stmt).span,
                format!(
                    "the defers of the function need records on the stack: {}",
                    site.reason
                ),
            );
            if let Some(advice) = site.reason.advice() {
                finding = finding.help(advice);
            }
            for other in &classes.sites {
                if other.func == site.func && other.stmt != site.stmt && other.class.is_some() {
                    finding = finding.related(cx.file().stmt(other.stmt).span, "another of them");
                }
            }
        }
    }
}
