//! What a profile may cost: it earns while the process runs, and spends on hits and on placing probes.
//!
//! Windows are paid before they are opened. What cannot be known before it was paid (the first look, a site
//! that becomes frequent) is debt, and no window is opened until that is paid.

use crate::profile::in_situ::PRIOR;

/// A process that uses less than one processor is watched as much as one that uses all of it: what it does not use
/// is there for our traps, and does not slow it down.
pub(crate) const LEAST: f64 = 1.0;
/// So much of what is allowed is planned for: the rest is for what cannot be foreseen.
const PLANNED: f64 = 0.92;

/// What placing a probe or taking it away takes of the program, as a share of the processor time that it takes of
/// us, for each processor that the program runs on: those are interrupted. Measured with 20 times 60 probes a
/// second, placed and taken away again: a program busy on one processor lost 0.8 %, we used 3 %.
const INTERRUPTED: f64 = 0.25;

/// Earned and spent, in seconds of processor time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    overhead: f64,
    earned: f64,
    /// What hits took, as the prices measured at the start say.
    hits: f64,
    /// How much dearer hits turned out to be.
    dearer: f64,
    placing: f64,
    /// What is spent by others than probes at defers.
    others: f64,
    /// The processor time of the process and the time of day until which was earned.
    until: Option<(f64, f64)>,
}

impl Budget {
    pub(super) const fn new(overhead: f64) -> Self {
        Self {
            overhead,
            earned: 0.0,
            hits: 0.0,
            dearer: PRIOR.value,
            placing: 0.0,
            others: 0.0,
            until: None,
        }
    }

    /// What it may cost in a second of a process that uses so many processors.
    pub(super) fn income(&self, running: f64) -> f64 {
        PLANNED * self.overhead * running.max(LEAST)
    }

    /// What must not be passed.
    pub(super) fn limit(&self, running: f64) -> f64 {
        self.overhead * running.max(LEAST)
    }

    /// By now the process has used so much processor time, and hits have taken so much of it.
    pub(super) fn earn(&mut self, processor: f64, clock: f64, hits: f64) {
        if let Some((processor_before, clock_before)) = self.until {
            let taken = (hits - self.hits) * self.dearer;
            let own = processor - processor_before - taken;
            let wall = clock - clock_before;
            self.earned += PLANNED * self.overhead * own.max(LEAST * wall).max(0.0);
        }
        self.hits = hits;
        self.until = Some((processor, clock));
    }

    /// Placing probes, or taking them away, took so much of our processor time, while the program ran on so many
    /// processors. Gives what it took of the program.
    pub(super) fn place(&mut self, own: f64, running: f64) -> f64 {
        let took = own * INTERRUPTED * running;
        self.placing += took;
        took
    }

    /// Others have spent so much until now.
    pub(super) fn others(&mut self, seconds: f64) {
        self.others = seconds;
    }

    pub(super) const fn others_spent(&self) -> f64 {
        self.others
    }

    /// Hits cost so much more than the prices say.
    pub(super) fn correct(&mut self, dearer: f64) {
        self.dearer = dearer;
    }

    pub(super) const fn dearer(&self) -> f64 {
        self.dearer
    }

    pub(super) const fn placing(&self) -> f64 {
        self.placing
    }

    /// What hits took.
    pub(super) fn trapped(&self) -> f64 {
        self.hits * self.dearer
    }

    /// What is left; less than nothing is debt.
    pub(super) fn left(&self) -> f64 {
        self.earned - self.trapped() - self.placing - self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hits_take_of_the_processor_earns_nothing() {
        let mut budget = Budget::new(0.01);
        budget.correct(1.0);
        budget.earn(5.0, 100.0, 0.0);
        // Three seconds of its own, and half a second in traps.
        budget.earn(8.5, 102.0, 0.5);
        let left = PLANNED * 0.03 - 0.5;
        assert!((budget.left() - left).abs() < 1e-9, "{budget:?}");
        // Debt is paid by running on.
        budget.earn(58.5, 127.0, 0.5);
        let left = left + PLANNED * 0.5;
        assert!((budget.left() - left).abs() < 1e-9, "{budget:?}");
    }

    #[test]
    fn an_idle_process_earns_as_if_it_used_one_processor() {
        let mut budget = Budget::new(0.01);
        budget.earn(0.0, 0.0, 0.0);
        budget.earn(0.0, 100.0, 0.0);
        assert!((budget.left() - PLANNED).abs() < 1e-9, "{budget:?}");
        assert!((budget.income(0.0) - PLANNED * 0.01).abs() < 1e-12);
        assert!((budget.income(2.0) - PLANNED * 0.02).abs() < 1e-12);
    }

    #[test]
    fn dearer_hits_and_placing_are_paid_too() {
        let mut budget = Budget::new(0.1);
        budget.correct(1.0);
        budget.earn(0.0, 0.0, 0.0);
        budget.earn(10.4, 10.0, 0.4);
        budget.correct(1.5);
        budget.place(0.4 / INTERRUPTED, 0.5);
        assert!((budget.left() - (PLANNED - 0.6 - 0.2)).abs() < 1e-9);
    }
}
