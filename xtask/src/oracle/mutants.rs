//! Broken files: small random changes to files of GOROOT, which both parsers must judge alike.
//!
//! Whole corpora hold few wrong files; here they are made. Accepted mutants must have equal trees.

use std::path::Path;

use anyhow::{Context, Result};
use go_mutate::{Random, mutate};

use super::astdump::{self, Reference, Verdict};
use crate::corpus::Corpus;
use crate::ui::say;

/// Larger files only make mutants slower.
const MAX_BYTES: usize = 20_000;

/// Makes `count` mutants and says how many are judged alike.
pub(crate) fn run(
    reference: &Reference,
    corpora: &[Corpus],
    count: usize,
    seed: u64,
    keep: Option<&Path>,
) -> Result<()> {
    let files: Vec<_> = corpora
        .iter()
        .flat_map(|corpus| corpus.files.iter().map(|file| corpus.path(file)))
        .collect();
    let mut random = Random::new(seed);
    let mut mutants = Vec::with_capacity(count);
    while mutants.len() < count {
        let path = &files[random.below(files.len())];
        let source = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        if source.len() > MAX_BYTES {
            continue;
        }
        mutants.push((path, mutate(&source, &mut random, 3)));
    }
    let (mut rejected, mut differ, mut trees) = (0, 0, 0);
    for (batch, mutants) in mutants.chunks(2000).enumerate() {
        let sources: Vec<Vec<u8>> = mutants.iter().map(|(_, source)| source.clone()).collect();
        let theirs = reference.judge(&sources)?;
        let ours = astdump::judge(&sources)?;
        for (index, ((path, source), (theirs, ours))) in
            mutants.iter().zip(theirs.iter().zip(&ours)).enumerate()
        {
            let difference = match (theirs, ours) {
                (Verdict::Reject(_), Verdict::Reject(_)) => {
                    rejected += 1;
                    continue;
                }
                (Verdict::Accept(theirs), Verdict::Accept(ours)) if theirs == ours => continue,
                (Verdict::Accept(_), Verdict::Accept(_)) => {
                    trees += 1;
                    "trees differ".to_owned()
                }
                (Verdict::Accept(_), Verdict::Reject(message)) => {
                    differ += 1;
                    format!("only we reject it: {message}")
                }
                (Verdict::Reject(message), Verdict::Accept(_)) => {
                    differ += 1;
                    format!("only go/parser rejects it: {message}")
                }
            };
            let number = batch * 2000 + index;
            say!("mutant {number} of {}: {difference}", path.display());
            if let Some(folder) = keep {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("creating {}", folder.display()))?;
                let path = folder.join(format!("{number}.go"));
                std::fs::write(&path, source)
                    .with_context(|| format!("writing {}", path.display()))?;
            }
        }
    }
    say!(
        "{count} mutants: {rejected} rejected by both, {differ} judged differently, {trees} with other trees"
    );
    Ok(())
}
