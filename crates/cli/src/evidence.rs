//! Reading the files given to `--evidence`: deferscope's own, and CPU profiles of Go.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use profiles::evidence::{self, Evidence, Merged};
use profiles::pprof::Profile;

use crate::output::note;

/// Files larger than this are not read.
const MAX_BYTES: u64 = 1 << 29;

/// What gzip begins with, and thereby every profile that Go writes.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Reads the files and takes together what they say; nothing when there are no files.
pub(crate) fn load(paths: &[PathBuf], quiet: bool) -> Result<Option<Merged>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut observations = Vec::new();
    for path in paths {
        let found = one(path, quiet)
            .with_context(|| format!("cannot use {} as evidence", path.display()))?;
        observations.extend(found);
    }
    Ok(Some(Merged::of(observations)))
}

fn one(path: &Path, quiet: bool) -> Result<Vec<Evidence>> {
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no such file; `deferscope profile PID --format evidence -o {}` writes one",
            path.display()
        ),
        file => file?,
    };
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("it is larger than {MAX_BYTES} bytes");
    }
    if !bytes.starts_with(GZIP) {
        return Ok(evidence::read(&bytes)?);
    }
    let profile = Profile::read(&bytes)?;
    let told = evidence::from_cpu_profile(&profile, &path.to_string_lossy())?;
    if told.unattributed_ns > 0 && !quiet {
        note(&format!(
            "{}: {} of CPU time in the runtime's defer machinery belongs to no defer that the profile tells",
            path.display(),
            diagnostics::evidence::time(told.unattributed_ns as f64)
        ));
    }
    Ok(vec![told.evidence])
}
