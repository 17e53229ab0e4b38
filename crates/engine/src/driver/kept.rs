//! What a run takes over from earlier ones, and what it leaves for later ones.

use std::path::Path;
use std::sync::Arc;

use go_project::StandardLibrary;

use super::package::PackageReport;
use super::{Contracts, Reported, Request, Run, Unit, UnitFile};
use crate::cache::{
    Cache, CacheError, Digest, Digester, Kept, Seen, Setting, from_bytes, keys, of_bytes, to_bytes,
};

/// Opens the cache, if one is to be used.
pub(super) fn open(request: &Request<'_>) -> Option<Cache> {
    let given = request
        .stand_ins
        .iter()
        .map(|given| (given.path.clone(), of_bytes(&given.bytes)))
        .collect();
    Some(Cache::open(request.cache?, request.cwd, given))
}

/// The cache of a run, with what its keys are made of.
pub(super) struct Memory<'a> {
    run: &'a Run<'a>,
    cache: &'a Cache,
    units: &'a [Unit],
    seen: &'a Seen,
    contracts: &'a Contracts<'a>,
    world: Digest,
    base: Digest,
    wants_contracts: bool,
}

impl<'a> Memory<'a> {
    pub(super) fn new(
        run: &'a Run<'a>,
        contracts: &'a Contracts<'a>,
        units: &'a [Unit],
        seen: Option<&'a Seen>,
        wants_contracts: bool,
    ) -> Option<Self> {
        let cache = run.cache.as_ref()?;
        let config = run.request.config;
        let world = Digester::new("world")
            .debug(run.project.context())
            .digest(&standard_library(run))
            .all(config.models.texts().iter(), |digester, text| {
                digester.bytes(text.as_bytes())
            })
            .finish();
        let base = Digester::new("base")
            .digest(&world)
            .bytes(run.request.cwd.as_os_str().as_encoded_bytes())
            .debug(&(config.generated, config.build.go_version))
            .flag(wants_contracts)
            .finish();
        Some(Self {
            run,
            cache,
            units,
            seen: seen?,
            contracts,
            world,
            base,
            wants_contracts,
        })
    }

    fn keys(&self, may_read: bool) -> Vec<Option<Digest>> {
        let rules = |file: &UnitFile| self.run.rule_sets.of(&file.absolute).digest;
        let setting = Setting {
            cache: self.cache,
            project: &self.run.project,
            contracts: self.contracts,
            world: self.world,
            base: self.base,
            rules: &rules,
            wants_contracts: self.wants_contracts,
            may_read,
        };
        keys(&setting, self.units, self.seen)
    }

    /// The keys of the units, before anything is analysed; not if no earlier run left anything, since
    /// they cost less afterwards.
    pub(super) fn keys_at_first(&self) -> Option<Vec<Option<Digest>>> {
        (!self.cache.store.is_empty()).then(|| self.keys(true))
    }

    /// The report that an earlier run made: one with fixes that were tried, or any where nobody asks for
    /// fixes.
    pub(super) fn recall(&self, key: &Digest, unit: &Unit) -> Option<PackageReport> {
        let store = &self.cache.store;
        let untried = || {
            let is_enough = !self.run.request.prove_fixes;
            is_enough.then(|| store.get(&tried(key, false))).flatten()
        };
        let bytes = store.get(&tried(key, true)).or_else(untried)?;
        let kept = from_bytes(bytes, &paths(unit))?;
        let Kept {
            findings,
            suppressed,
            files,
            bytes,
            generated,
            explored,
        } = kept;
        Some(PackageReport {
            findings,
            problems: Vec::new(),
            suppressed,
            files,
            bytes,
            generated,
            explored,
        })
    }

    /// Keeps what is new. What depends on files that changed meanwhile is not.
    pub(super) fn save(
        &self,
        keys: Option<Vec<Option<Digest>>>,
        reports: &[Reported],
    ) -> Result<(), CacheError> {
        // What an editor has not saved yet is not worth keeping.
        if !self.run.request.stand_ins.is_empty() {
            return Ok(());
        }
        let keys = keys.unwrap_or_else(|| self.keys(false));
        if self.cache.files.is_torn() {
            return Ok(());
        }
        for ((unit, key), reported) in self.units.iter().zip(keys).zip(reports) {
            let (Some(key), Reported::New(report)) = (key, reported) else {
                continue;
            };
            // Who has problems is to hear of them every time.
            if !report.problems.is_empty() {
                continue;
            }
            let kept = Kept {
                findings: report.findings.clone(),
                suppressed: report.suppressed,
                files: report.files,
                bytes: report.bytes,
                generated: report.generated,
                explored: report.explored,
            };
            if let Some(bytes) = to_bytes(&kept, &paths(unit)) {
                let key = tried(&key, self.run.request.prove_fixes);
                self.cache.store.put(key, bytes);
            }
        }
        self.cache.save()
    }
}

/// The key of a report whose fixes were tried, or were not.
fn tried(key: &Digest, are_tried: bool) -> Digest {
    let digester = Digester::new("fixes").digest(key);
    digester.flag(are_tried).finish()
}

fn paths(unit: &Unit) -> Vec<Arc<std::path::PathBuf>> {
    unit.files
        .iter()
        .map(|file| Arc::clone(&file.path))
        .collect()
}

/// Stands for the standard library. An installed one is not looked through file by file.
fn standard_library(run: &Run<'_>) -> Digest {
    let digester = Digester::new("standard library");
    match run.project.standard_library() {
        StandardLibrary::Embedded { release, .. } => digester.bytes(release.as_bytes()).finish(),
        StandardLibrary::Sources(src) => {
            let root = src.parent().unwrap_or(Path::new(""));
            let version = std::fs::read(root.join("VERSION")).unwrap_or_default();
            let modified = std::fs::metadata(&src).and_then(|metadata| metadata.modified());
            digester
                .bytes(src.as_os_str().as_encoded_bytes())
                .bytes(&version)
                .debug(&modified.ok())
                .finish()
        }
    }
}
