//! `cargo xtask std-index`: makes the index of the standard library that is part of the program.
//!
//! From the sources of the Go that the front end is held against, it keeps what code outside of the
//! standard library can see, and what that leads to: for every system, with the constraints of the
//! files, as Go text without bodies.

mod items;
mod pack;
mod reach;
mod read;
mod shorten;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::toolchains::{GO, go_toolchain};
use crate::ui::say;

/// Where the index lies.
const INDEX: &str = "crates/go_std/index.bin";

/// The flags of `std-index`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct StdIndexArgs {
    /// Only see whether the committed index is what would be made.
    #[arg(long)]
    pub(crate) check: bool,
    /// Also write the Go text of the index to files in this folder, to look at.
    #[arg(long, value_name = "DIR")]
    pub(crate) unpack: Option<PathBuf>,
}

/// Checks the committed index.
pub(crate) fn check(project: &Project) -> Result<()> {
    let args = StdIndexArgs {
        check: true,
        unpack: None,
    };
    run(project, &args)
}

/// Makes the index, or checks the committed one.
pub(crate) fn run(project: &Project, args: &StdIndexArgs) -> Result<()> {
    let go = go_toolchain(project, GO)?;
    let packages = read::packages(&go.root.join("src"))?;
    let kept = reach::reach(&packages)?;
    let contents = pack::contents(&kept);
    if let Some(folder) = &args.unpack {
        unpack(folder, &contents)?;
    }
    let index = pack::pack(GO, &contents);
    let files: usize = contents.iter().map(|package| package.files.len()).sum();
    let bytes: usize = contents
        .iter()
        .flat_map(|package| &package.files)
        .map(|(_, text)| text.len())
        .sum();
    say!(
        "Go {GO}: {} packages, {files} files, {bytes} bytes of Go, {} bytes packed",
        contents.len(),
        index.len()
    );
    let path = project.root.join(INDEX);
    if !args.check {
        return std::fs::write(&path, &index)
            .with_context(|| format!("writing {}", path.display()));
    }
    let committed = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    if committed != index {
        bail!("{INDEX} is not what `cargo xtask std-index` makes now; run it, and commit the file");
    }
    Ok(())
}

fn unpack(folder: &Path, contents: &[pack::Contents]) -> Result<()> {
    for package in contents {
        let dir = folder.join(&package.path);
        std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        for (name, text) in &package.files {
            let path = dir.join(name);
            std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
    }
    Ok(())
}
