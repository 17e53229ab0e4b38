//! Many observations taken together.
//!
//! Different things that were observed add up: two processes defer twice as much. The same thing,
//! observed twice, was there once: what was counted adds up, and so does the time; what was pending or
//! open counts as often as it was at the worst moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use go_binary::SiteId;

use super::{Evidence, Header, Held, Resource, Site};

/// What all observations say of each site.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Merged {
    /// The observations, in the order given.
    pub headers: Vec<Header>,
    /// The sites by identity.
    pub sites: BTreeMap<SiteId, Site>,
    /// The CPU time of everything observed, in nanoseconds; 0 when nobody measured it.
    pub total_cpu_ns: u64,
}

impl Merged {
    /// Takes observations together. Their order does not matter but for that of the headers.
    #[must_use]
    pub fn of(observations: Vec<Evidence>) -> Self {
        // What was observed, and by site the sums over its observations.
        let mut things: BTreeMap<String, HashMap<SiteId, (Site, f64)>> = BTreeMap::new();
        let mut merged = Self::default();
        for evidence in observations {
            let seconds = evidence.header.seconds.unwrap_or(0.0);
            let thing = things.entry(evidence.header.from.clone()).or_default();
            for site in evidence.sites {
                let timed = if site.rate.is_some() { seconds } else { 0.0 };
                match thing.entry(site.id()) {
                    std::collections::hash_map::Entry::Vacant(free) => {
                        free.insert((site, timed));
                    }
                    std::collections::hash_map::Entry::Occupied(mut known) => {
                        let (sum, before) = known.get_mut();
                        sum.rate = mean(sum.rate, *before, site.rate, timed);
                        *before += timed;
                        sum.pending = sum.pending.max(site.pending);
                        for resource in &site.resources {
                            opened(sum, resource, u64::max);
                        }
                        counted(sum, &site);
                    }
                }
            }
            let cpu = evidence.header.total_cpu_ns.unwrap_or(0);
            merged.total_cpu_ns = merged.total_cpu_ns.saturating_add(cpu);
            merged.headers.push(evidence.header);
        }
        for (id, (site, _)) in things.into_values().flatten() {
            match merged.sites.entry(id) {
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(site);
                }
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    let sum = known.get_mut();
                    sum.rate = both(sum.rate, site.rate, |one, other| one + other);
                    sum.pending = both(sum.pending, site.pending, u64::saturating_add);
                    for resource in &site.resources {
                        opened(sum, resource, u64::saturating_add);
                    }
                    counted(sum, &site);
                }
            }
        }
        merged
    }

    /// The share of all CPU time that the machinery of a site took, if that was measured.
    #[must_use]
    pub fn cpu_share(&self, site: &Site) -> Option<f64> {
        let cpu = site.cpu_ns?;
        (self.total_cpu_ns > 0).then(|| cpu as f64 / self.total_cpu_ns as f64)
    }

    /// The kinds of observation, each once.
    #[must_use]
    pub fn sources(&self) -> BTreeSet<super::Source> {
        self.headers.iter().map(|header| header.source).collect()
    }
}

fn both<T>(one: Option<T>, other: Option<T>, sum: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(sum(one, other)),
        (one, other) => one.or(other),
    }
}

/// The mean of two rates over their times; over both alike when the times are unknown.
fn mean(one: Option<f64>, before: f64, other: Option<f64>, after: f64) -> Option<f64> {
    both(one, other, |one, other| {
        let time = before + after;
        if time > 0.0 {
            (one * before + other * after) / time
        } else {
            f64::midpoint(one, other)
        }
    })
}

/// What adds up in any case.
fn counted(sum: &mut Site, site: &Site) {
    // Who gave no interval was sure of the count.
    let low = both(
        sum.count_low.or(sum.count),
        site.count_low.or(site.count),
        u64::saturating_add,
    );
    let high = both(
        sum.count_high.or(sum.count),
        site.count_high.or(site.count),
        u64::saturating_add,
    );
    let unsure = [
        sum.count_low,
        sum.count_high,
        site.count_low,
        site.count_high,
    ];
    if unsure.iter().any(Option::is_some) {
        (sum.count_low, sum.count_high) = (low, high);
    }
    for (total, more) in [
        (&mut sum.count, site.count),
        (&mut sum.panics, site.panics),
        (&mut sum.recovers, site.recovers),
        (&mut sum.cpu_ns, site.cpu_ns),
        (&mut sum.deferred_cpu_ns, site.deferred_cpu_ns),
    ] {
        *total = both(*total, more, u64::saturating_add);
    }
    sum.class = sum.class.max(site.class);
    // Of two builds in two places, always the same one.
    sum.path = match (sum.path.take(), &site.path) {
        (Some(one), Some(other)) => Some(one.min(other.clone())),
        (one, other) => one.or_else(|| other.clone()),
    };
    sum.held_ns = both(sum.held_ns, site.held_ns, held);
}

fn opened(sum: &mut Site, more: &Resource, how: fn(u64, u64) -> u64) {
    match sum
        .resources
        .iter_mut()
        .find(|known| known.kind == more.kind)
    {
        Some(known) => known.open = how(known.open, more.open),
        None => {
            sum.resources.push(more.clone());
            sum.resources
                .sort_by(|one, other| one.kind.cmp(&other.kind));
        }
    }
}

/// Means can be taken together; quantiles cannot, so the larger one stands for both.
fn held(one: Held, other: Held) -> Held {
    let count = one.count.saturating_add(other.count);
    let mean = if count == 0 {
        f64::midpoint(one.mean, other.mean)
    } else {
        (one.mean * one.count as f64 + other.mean * other.count as f64) / count as f64
    };
    Held {
        count,
        mean,
        p50: both(one.p50, other.p50, f64::max),
        p99: both(one.p99, other.p99, f64::max),
        max: both(one.max, other.max, f64::max),
    }
}
