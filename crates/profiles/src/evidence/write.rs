//! Writing evidence.

use std::io::{self, Write};

use serde::Serialize;

use super::{Evidence, Header, VERSION};

/// The first line.
#[derive(Serialize)]
struct FirstLine<'a> {
    deferscope: &'static str,
    version: u32,
    #[serde(flatten)]
    header: &'a Header,
}

/// Writes an observation: the header, and the sites in order of their identity.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, evidence: &Evidence) -> io::Result<()> {
    let first = FirstLine {
        deferscope: "evidence",
        version: VERSION,
        header: &evidence.header,
    };
    serde_json::to_writer(&mut *out, &first)?;
    writeln!(out)?;
    let mut sites: Vec<_> = evidence.sites.iter().collect();
    sites.sort_by_cached_key(|site| site.id());
    for site in sites {
        serde_json::to_writer(&mut *out, site)?;
        writeln!(out)?;
    }
    Ok(())
}
