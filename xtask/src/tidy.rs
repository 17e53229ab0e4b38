//! `cargo xtask tidy`: rules of the house that neither compiler nor clippy knows.

mod layers;
mod text;

use anyhow::{Result, bail};

use crate::project::Project;
use crate::ui::{complain, say};

/// Checks everything and names every breach.
pub(crate) fn run(project: &Project) -> Result<()> {
    let mut breaches = layers::check(project)?;
    breaches.extend(text::check(project)?);
    for breach in &breaches {
        complain!("tidy: {breach}");
    }
    if !breaches.is_empty() {
        bail!("{} breaches of the rules of the house", breaches.len());
    }
    say!("tidy: nothing to complain of");
    Ok(())
}
