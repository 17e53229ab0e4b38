//! Snapshots for programs: an object on each line, described in docs/snapshot.md; and evidence.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use probe::{At, Group, Place, SitePending};
use profiles::evidence::{Evidence, Header, Site, Source};
use serde_json::{Value, json};

use super::{Filter, Taken, opened, text};

pub(super) fn write(out: &mut dyn Write, taken: &Taken, filter: &Filter<'_>) -> io::Result<()> {
    let snapshot = &taken.snapshot;
    line(
        out,
        &json!({
            "kind": "snapshot",
            "version": 1,
            "from": taken.from,
            "go": snapshot.go_version,
            "taken": rfc3339(snapshot.taken),
            "took_ms": millis(snapshot.took),
            "paused_ms": taken.paused.map(millis),
            "still": snapshot.still,
            "goroutines": snapshot.goroutines,
            "read_again": snapshot.again,
            "doubtful": snapshot.doubtful,
            "doubtful_pending": snapshot.doubtful_pending,
            "unreadable": snapshot.unreadable,
            "descriptors": taken.descriptors.iter().map(|(kind, count)| ((*kind).to_owned(), json!(count))).collect::<serde_json::Map<_, _>>(),
            "warnings": taken.warnings,
        }),
    )?;
    for site in &taken.opened {
        line(out, &opened::json(site))?;
    }
    for site in snapshot.sites.iter().filter(|site| filter.shows_site(site)) {
        line(out, &of_site(site))?;
    }
    for group in snapshot
        .groups
        .iter()
        .filter(|group| filter.shows_group(group))
    {
        line(out, &of_group(group))?;
    }
    for panic in &snapshot.panics {
        line(
            out,
            &json!({
                "kind": "panic",
                "goroutine": panic.goroutine,
                "value": panic.value,
                "goexit": panic.value.is_none(),
                "recovered": panic.recovered,
            }),
        )?;
    }
    for suspicion in snapshot.suspicions() {
        let (site, place) = match suspicion.at {
            At::Site(site) if filter.shows_site(site) => (Some(identity(site)), text::place(site)),
            At::Group(group) if filter.shows_group(group) => (None, text::where_of(group)),
            At::Site(_) | At::Group(_) => continue,
        };
        line(
            out,
            &json!({
                "kind": "suspicion",
                "site": site,
                "place": place,
                "why": suspicion.why,
                "rules": suspicion.rules,
                "fix": suspicion.fix,
            }),
        )?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn identity(site: &SitePending) -> Value {
    json!({
        "package": site.id.package,
        "function": site.id.function,
        "file": site.id.file,
        "line": site.id.line,
        "ordinal": site.id.ordinal,
    })
}

fn of_site(site: &SitePending) -> Value {
    let counts = |counts: &[(String, u64)], name: &str| -> Vec<Value> {
        counts
            .iter()
            .map(|(text, count)| json!({ name: text, "count": count }))
            .collect()
    };
    let mut value = identity(site);
    value["kind"] = json!("site");
    value["path"] = json!(site.path);
    value["class"] = json!(site.class);
    value["pending"] = json!(site.pending);
    value["goroutines"] = json!(site.goroutines);
    value["frames"] = json!(site.frames);
    value["largest"] = json!({ "pending": site.largest, "goroutine": site.largest_in });
    value["calls"] = json!(counts(&site.calls, "function"));
    value["waiting_for"] = json!(counts(&site.reasons, "reason"));
    value["longest_ms"] = json!(site.longest.map(millis));
    value["doubtful"] = json!(site.doubtful);
    value
}

fn of_group(group: &Group) -> Value {
    let place = |place: &Place| json!({ "function": place.function, "path": place.file, "line": place.line });
    json!({
        "kind": "goroutines",
        "count": group.count,
        "ids": group.ids,
        "status": group.status.as_str(),
        "waiting_for": group.reason,
        "longest_ms": group.longest.map(millis),
        "pending": group.pending,
        "system": group.system,
        "doubtful": group.doubtful,
        "started_by": group.created_by.as_ref().map(place),
        "stack": group.stack.iter().map(place).collect::<Vec<_>>(),
    })
}

/// What `check --evidence` and `cost --evidence` read.
pub(super) fn evidence(taken: &Taken, filter: &Filter<'_>) -> Evidence {
    let snapshot = &taken.snapshot;
    let sites = snapshot
        .sites
        .iter()
        .filter(|site| filter.shows_site(site) && site.id.line > 0)
        .map(|site| {
            let mut seen = Site::at(&site.id);
            seen.pending = Some(site.pending);
            seen.path = (!site.path.is_empty()).then(|| site.path.clone());
            seen.class = [
                go_binary::Class::OpenCoded,
                go_binary::Class::StackAllocated,
                go_binary::Class::HeapAllocated,
            ]
            .into_iter()
            .find(|class| class.as_str() == site.class);
            seen
        });
    Evidence {
        header: Header {
            source: Source::Snapshot,
            from: taken.from.clone(),
            go_version: Some(snapshot.go_version.clone()),
            started: Some(rfc3339(snapshot.taken)),
            seconds: None,
            total_cpu_ns: None,
        },
        sites: sites.collect(),
    }
}

fn millis(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// A time as RFC 3339 has it, in UTC.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that start in March put the day that comes and goes at their end.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day = shifted % 146_097;
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!(
        "{:04}-{month:02}-{of_month:02}T{:02}:{:02}:{:02}Z",
        era * 400 + year + next,
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(at(1_795_305_600), "2026-11-22T00:00:00Z");
    }
}
