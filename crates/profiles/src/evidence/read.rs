//! Reading evidence. A file that is wrong is refused, with its line and the reason: half of an
//! observation would say that the other half never happened.

use serde::Deserialize;
use serde_json::Value;

use super::{Evidence, Header, Site, VERSION};

/// More sites than this in one file are not believed.
pub const MAX_SITES: usize = 1 << 20;

/// Evidence could not be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ReadError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// What tells the first line of an observation.
#[derive(Deserialize)]
struct Marker {
    deferscope: String,
    version: u32,
}

/// Reads the observations of a file.
///
/// # Errors
///
/// When a line is not what it should be.
pub fn read(bytes: &[u8]) -> Result<Vec<Evidence>, ReadError> {
    let mut found: Vec<Evidence> = Vec::new();
    let mut sites = 0usize;
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let wrong = |reason: String| ReadError {
            line: number,
            reason,
        };
        let value: Value = serde_json::from_slice(line).map_err(|error| {
            let what = if found.is_empty() {
                "evidence of deferscope begins with a line of JSON, and this is none"
            } else {
                "this is not JSON"
            };
            wrong(format!("{what}: {}", plain(&error)))
        })?;
        if value.get("deferscope").is_some() {
            found.push(Evidence {
                header: header(value).map_err(wrong)?,
                sites: Vec::new(),
            });
            continue;
        }
        let Some(current) = found.last_mut() else {
            return Err(wrong(
                "the header of the evidence is missing, an object with \"deferscope\":\"evidence\""
                    .to_owned(),
            ));
        };
        sites += 1;
        if sites > MAX_SITES {
            return Err(wrong(format!("there are more than {MAX_SITES} sites")));
        }
        current.sites.push(site(value).map_err(wrong)?);
    }
    if found.is_empty() {
        return Err(ReadError {
            line: 1,
            reason: "there is no evidence in it".to_owned(),
        });
    }
    Ok(found)
}

fn header(value: Value) -> Result<Header, String> {
    let marker = Marker::deserialize(&value)
        .map_err(|error| format!("the header of the evidence is wrong: {error}"))?;
    if marker.deferscope != "evidence" {
        return Err(format!(
            "this is a deferscope file of another kind, {:?}",
            marker.deferscope
        ));
    }
    if marker.version != VERSION {
        return Err(format!(
            "this is version {} of the format, and only version {VERSION} is known: \
             use the deferscope that wrote it",
            marker.version
        ));
    }
    let header = Header::deserialize(value)
        .map_err(|error| format!("the header of the evidence is wrong: {error}"))?;
    amount("seconds", header.seconds)?;
    Ok(header)
}

fn site(value: Value) -> Result<Site, String> {
    let site = Site::deserialize(value).map_err(|error| format!("the site is wrong: {error}"))?;
    for (what, name) in [
        ("package", &site.package),
        ("function", &site.function),
        ("file", &site.file),
    ] {
        if name.is_empty() {
            return Err(format!("the site is wrong: its {what} is empty"));
        }
    }
    if site.line == 0 || site.ordinal == 0 {
        return Err("the site is wrong: lines and ordinals count from 1".to_owned());
    }
    amount("rate", site.rate)?;
    if let Some(held) = &site.held_ns {
        for part in [Some(held.mean), held.p50, held.p99, held.max] {
            amount("held_ns", part)?;
        }
    }
    let (low, high) = (site.count_low, site.count_high);
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err("the site is wrong: count_low is above count_high".to_owned());
    }
    Ok(site)
}

/// JSON has no infinities, but numbers can be negative.
fn amount(what: &str, number: Option<f64>) -> Result<(), String> {
    match number {
        Some(number) if number < 0.0 || !number.is_finite() => {
            Err(format!("{what} cannot be {number}"))
        }
        _ => Ok(()),
    }
}

/// The error without its line, which is always the first one of a line.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line 1 column ") {
        Some((what, column)) => format!("{what} at column {column}"),
        None => text,
    }
}
