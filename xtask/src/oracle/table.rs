//! Committed tables: written by a command, or compared with what the command would write.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::ui::say;

/// Writes `text` to `path`, or demands that it stands there already.
pub(crate) fn settle(path: &Path, text: &str, write: bool, rewrite_with: &str) -> Result<()> {
    if write {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("creating {}", folder.display()))?;
        }
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
        say!("wrote {}", path.display());
        return Ok(());
    }
    let committed = std::fs::read_to_string(path)
        .with_context(|| format!("reading {}; `{rewrite_with}` writes it", path.display()))?;
    if committed == text {
        say!("{} is as committed", path.display());
        return Ok(());
    }
    let mut difference = String::new();
    for line in committed
        .lines()
        .filter(|line| !text.lines().any(|other| other == *line))
    {
        difference.push_str(&format!("\n  - {line}"));
    }
    for line in text
        .lines()
        .filter(|line| !committed.lines().any(|other| other == *line))
    {
        difference.push_str(&format!("\n  + {line}"));
    }
    bail!(
        "{} is not what comes out now (rewrite it with `{rewrite_with}`):{difference}",
        path.display()
    );
}
