//! Profiles for programs: JSON, evidence, pprof, flame graphs.

use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use probe::profile::{Counted, Ended, Estimate, Held, Profile, SiteProfile};
use profiles::evidence::{self, Evidence};
use profiles::flame::Graph;
use profiles::pprof;
use serde_json::{Value, json};

use super::{descriptors, exit};

/// One object.
pub(super) fn json(out: &mut dyn Write, profile: &Profile) -> io::Result<()> {
    let cost = &profile.cost;
    let value = json!({
        "pid": profile.pid,
        "executable": profile.executable,
        "go_version": profile.go_version,
        "started": started(profile),
        "started_unix_ns": u64::try_from(
            profile.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos(),
        )
        .unwrap_or(u64::MAX),
        "seconds": profile.seconds,
        "ended": match profile.ended {
            Ended::Time => "time",
            Ended::Stopped => "stopped",
            Ended::Exited => "exited",
            Ended::Replaced => "replaced",
        },
        "watched": profile.watched,
        "panics": profile.panics.map(estimate),
        "recovers": profile.recovers.map(estimate),
        "cost": {
            "share": cost.share(),
            "of_processor": cost.of_processor(),
            "of_process": cost.of_process(),
            "seconds": cost.seconds,
            "trapped_seconds": cost.trapped_seconds,
            "placing_seconds": cost.placing_seconds,
            "own_seconds": cost.own_seconds,
            "dearness": cost.dearness,
            "process_seconds": cost.process_seconds,
            "hits": cost.hits,
            "hit_ns": cost.prices.count,
            "timed_hit_ns": cost.prices.timed,
            "step_ns": cost.prices.step,
            "windows": cost.windows,
            "window_seconds": cost.window_seconds,
        },
        "descriptors": profile.descriptors.as_ref().map(descriptors::json),
        "exit": profile.exit.as_ref().map(exit::json),
        "sites": profile.sites.iter().map(site).collect::<Vec<_>>(),
    });
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

fn site(site: &SiteProfile) -> Value {
    json!({
        "package": site.id.package,
        "function": site.id.function,
        "file": site.id.file,
        "line": site.id.line,
        "ordinal": site.id.ordinal,
        "path": site.path,
        "symbol": site.symbol,
        "class": site.class.as_str(),
        "count": estimate(site.count),
        "rate": estimate(site.rate),
        "exact": site.exact,
        "counted": match site.counted {
            Counted::Made => "made",
            Counted::Before => "before",
            Counted::Kept => "kept",
        },
        "pending": site.pending,
        "held_ns": site.held.as_ref().map(held),
    })
}

fn estimate(estimate: Estimate) -> Value {
    json!({ "value": estimate.value, "low": estimate.low, "high": estimate.high })
}

fn held(held: &Held) -> Value {
    let bars = held.histogram.iter();
    json!({
        "count": held.count,
        "mean": held.mean,
        "p50": held.p50,
        "p99": held.p99,
        "max": held.max,
        "cut": held.cut,
        "from_before": held.from_before,
        "histogram": bars.map(|(from, to, count)| json!([from, to, count])).collect::<Vec<_>>(),
    })
}

/// What `check` and `cost` read.
pub(super) fn evidence(profile: &Profile) -> Evidence {
    let whole = |value: f64| value.round().max(0.0) as u64;
    let unkept = |id: &go_binary::SiteId| {
        let exit = profile.exit.iter();
        let mut pending = exit.flat_map(|exit| &exit.pending);
        pending
            .find(|site| site.id == *id)
            .map(probe::profile::Unkept::count)
    };
    let sites = profile.sites.iter().map(|site| evidence::Site {
        path: Some(site.path.clone()),
        class: Some(site.class),
        count: Some(whole(site.count.value)),
        count_low: Some(whole(site.count.low)),
        count_high: Some(whole(site.count.high)),
        rate: Some(site.rate.value),
        held_ns: site
            .held
            .as_ref()
            .filter(|held| held.count > 0)
            .map(|held| evidence::Held {
                count: held.count,
                mean: held.mean,
                p50: held.p50,
                p99: held.p99,
                max: Some(held.max as f64),
            }),
        pending: unkept(&site.id).or(site.pending),
        ..evidence::Site::at(&site.id)
    });
    Evidence {
        header: evidence::Header {
            source: evidence::Source::Profile,
            from: format!("pid {} ({})", profile.pid, profile.executable),
            go_version: profile.go_version.clone(),
            started: Some(started(profile)),
            seconds: Some(profile.seconds),
            total_cpu_ns: None,
        },
        sites: sites
            .chain(profile.descriptors.iter().flat_map(descriptors::evidence))
            .chain(exit::evidence(profile))
            .collect(),
    }
}

/// Counts and delays, by site: there are no callers, since a stack for each hit would cost as much again. And
/// descriptors by the stack that opened them.
pub(super) fn pprof(profile: &Profile) -> pprof::Profile {
    let mut builder = pprof::Builder::new(&[
        ("defers", "count"),
        ("delay", "nanoseconds"),
        ("opened", "count"),
        ("open", "count"),
    ]);
    builder.taken(profile.started, Duration::from_secs_f64(profile.seconds));
    builder.shown_first("defers");
    let cost = profile.cost.of_process() * 100.0;
    builder.comment(&format!(
        "deferscope profile of process {}; cost {cost:.2} % of its processor time",
        profile.pid
    ));
    let mapping = builder.mapping(&pprof::Mapping {
        file: profile.executable.as_str().into(),
        ..pprof::Mapping::default()
    });
    for site in &profile.sites {
        let frame = pprof::Frame {
            mapping: Some(mapping),
            ..pprof::Frame::new(&site.symbol, &site.path, site.id.line)
        };
        let class = pprof::Label::Text("class".into(), site.class.as_str().into());
        let count = site.count.value.round();
        let delay = site.held.as_ref().map_or(0.0, |held| held.mean * count);
        builder.sample(&[frame], &[count as i64, delay as i64, 0, 0], &[class]);
    }
    if let Some(opened) = &profile.descriptors {
        descriptors::pprof(&mut builder, mapping, opened);
    }
    builder.finish()
}

/// Packages, then functions, then lines; as wide as they ran often.
pub(super) fn flame(profile: &Profile) -> Graph {
    let title = format!(
        "defers of process {} in {:.1} s",
        profile.pid, profile.seconds
    );
    let mut graph = Graph::new(&title, "defers");
    for site in &profile.sites {
        let line = format!("{}:{}", site.id.file, site.id.line);
        let stack = [site.id.package.as_str(), &site.id.function, &line];
        graph.add(stack, site.count.value.round() as u64);
    }
    graph
}

/// As RFC 3339 writes it, in UTC.
fn started(profile: &Profile) -> String {
    let since = profile
        .started
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    rfc3339(since.as_secs())
}

fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The calendar repeats every 400 years; years begin in March, so that the day that may be missing is the last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_305_600), "2026-11-22T00:00:00Z");
    }
}
