//! Files as an editor has them: cut off at any place. Every run ends, nothing panics, and
//! functions that the cut does not concern keep their findings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use engine::config::Flags;
use engine::{Config, Request, Silent, StandIn};
use go_project::MapEnv;
use go_syntax::{DeclKind, File, Mode, Source, SpecKind, parse};

use crate::harness::repository;

const CUTS: usize = 1000;

/// A file, what is declared in its folder, and its findings when it is whole.
struct Whole {
    path: PathBuf,
    bytes: Vec<u8>,
    decls: Vec<Decl>,
    /// Those of the other files of the folder.
    others: Vec<Decl>,
    findings: BTreeSet<Found>,
}

/// A finding: where it starts, the rule and the message.
type Found = (u32, &'static str, String);

/// A declaration: where it ends, what it declares, and the words in it.
struct Decl {
    start: u32,
    end: u32,
    declares: Vec<String>,
    words: BTreeSet<String>,
}

fn go_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            go_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "go") {
            files.push(path);
        }
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(str::to_owned)
        .collect()
}

fn decls(file: &File) -> Vec<Decl> {
    let declares = |kind| match kind {
        DeclKind::Bad => Vec::new(),
        DeclKind::Func(func) => file.func(func).name.into_iter().collect(),
        DeclKind::Gen { specs, .. } => specs
            .iter()
            .flat_map(|spec| match file.spec(spec).kind {
                SpecKind::Import { name, .. } => name.into_iter().collect::<Vec<_>>(),
                SpecKind::Value { names, .. } => names.iter().collect(),
                SpecKind::Type { name, .. } => vec![name],
            })
            .collect(),
    };
    file.top_decls()
        .iter()
        .map(|&decl| {
            let decl = file.decl(decl);
            let names = declares(decl.kind).into_iter();
            Decl {
                start: decl.span.start,
                end: decl.span.end,
                declares: names.map(|name| file.name(name).to_owned()).collect(),
                words: words(file.span_text(decl.span)),
            }
        })
        .collect()
}

/// The findings of all rules in a file with these bytes.
fn findings(path: &Path, bytes: &[u8]) -> BTreeSet<Found> {
    let folder = path.parent().expect("a file in a folder");
    let env = MapEnv::default().with("GOENV", "off").with("GOROOT", "off");
    let flags = Flags {
        select: Some(vec!["all".to_owned()]),
        ..Flags::default()
    };
    let config = Config::defaults(folder).with_flags(&flags).expect("flags");
    let stand_in = StandIn {
        path: path.to_path_buf(),
        bytes: bytes.into(),
    };
    let outcome = engine::run(&Request {
        cwd: folder,
        env: &env,
        patterns: &[path.to_string_lossy().into_owned()],
        config: &config,
        stand_ins: &[stand_in],
        changes: None,
        evidence: None,
        baseline: None,
        min_severity: diagnostics::Severity::Note,
        cache: None,
        jobs: Some(1),
        count_imports: false,
        prove_fixes: false,
        observer: &Silent,
        interrupt: &AtomicBool::new(false),
    })
    .expect("threads");
    // A panic is caught, and becomes a problem.
    let problems: Vec<String> = outcome.problems.iter().map(ToString::to_string).collect();
    assert!(
        !problems.iter().any(|text| text.contains("internal error")),
        "{}: {problems:?}",
        path.display()
    );
    outcome
        .findings
        .into_iter()
        .map(|finding| (finding.range.start, finding.rule, finding.message))
        .collect()
}

impl Whole {
    fn read(path: PathBuf) -> Self {
        let bytes = std::fs::read(&path).expect("a file");
        let parsed = |bytes: &[u8]| parse(Source::new(bytes.to_vec()), Mode::Full);
        let mut others = Vec::new();
        for entry in std::fs::read_dir(path.parent().expect("a folder")).expect("a folder") {
            let other = entry.expect("an entry").path();
            if other != path && other.extension().is_some_and(|extension| extension == "go") {
                others.extend(decls(&parsed(&std::fs::read(&other).expect("a file"))));
            }
        }
        Self {
            findings: findings(&path, &bytes),
            decls: decls(&parsed(&bytes)),
            others,
            path,
            bytes,
        }
    }

    /// The declarations before the cut that neither name what comes after it, nor are named there,
    /// directly or through others.
    fn untouched(&self, cut: u32) -> Vec<&Decl> {
        let (before, after): (Vec<&Decl>, Vec<&Decl>) =
            self.decls.iter().partition(|decl| decl.end < cut);
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        for decl in &after {
            touched.extend(decl.declares.iter().map(String::as_str));
            // What the rest does with a variable, type or function is known no more.
            touched.extend(decl.words.iter().map(String::as_str));
        }
        let mut candidates: Vec<(&Decl, bool)> = before
            .iter()
            .map(|&decl| (decl, true))
            .chain(self.others.iter().map(|decl| (decl, false)))
            .collect();
        loop {
            let count = candidates.len();
            candidates.retain(|(decl, _)| {
                let is_named = decl
                    .declares
                    .iter()
                    .any(|name| touched.contains(name.as_str()));
                if is_named {
                    touched.extend(decl.declares.iter().map(String::as_str));
                }
                !is_named
            });
            let lost: BTreeSet<&str> = before
                .iter()
                .copied()
                .chain(&self.others)
                .chain(after.iter().copied())
                .filter(|decl| {
                    !candidates
                        .iter()
                        .any(|(kept, _)| std::ptr::eq(*kept, *decl))
                })
                .flat_map(|decl| decl.declares.iter().map(String::as_str))
                .collect();
            candidates.retain(|(decl, _)| !lost.iter().any(|name| decl.words.contains(*name)));
            if candidates.len() == count {
                let own = candidates.into_iter().filter(|(_, own)| *own);
                return own.map(|(decl, _)| decl).collect();
            }
        }
    }
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn what_a_cut_does_not_concern_stays() {
    let root = repository();
    let mut files = Vec::new();
    go_files(&root.join("examples"), &mut files);
    go_files(&root.join("crates/rules/testdata"), &mut files);
    let wholes: Vec<Whole> = files.into_iter().map(Whole::read).collect();
    assert!(wholes.iter().any(|whole| !whole.findings.is_empty()));
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut functions, mut kept) = (0, 0);
    for _ in 0..CUTS {
        let whole = &wholes[numbers.below(wholes.len())];
        let cut = numbers.below(whole.bytes.len() + 1);
        let after = findings(&whole.path, &whole.bytes[..cut]);
        for decl in whole.untouched(u32::try_from(cut).expect("a small file")) {
            let within = |found: &BTreeSet<Found>| -> BTreeSet<Found> {
                let range = decl.start..decl.end;
                let inside = found.iter().filter(|(start, ..)| range.contains(start));
                inside.cloned().collect()
            };
            let (expected, found) = (within(&whole.findings), within(&after));
            assert_eq!(
                found,
                expected,
                "{} cut at {cut}: {:?}",
                whole.path.display(),
                decl.declares
            );
            functions += 1;
            kept += expected.len();
        }
    }
    // Most cuts leave something untouched; if none did, nothing was tested.
    assert!(
        functions > CUTS / 2 && kept > CUTS / 10,
        "{functions} functions, {kept} findings"
    );
}
