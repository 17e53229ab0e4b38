//! What must hold of the files that a user writes for us: `deferscope.toml`, and baselines.

use std::path::Path;

use engine::config::{Config, ConfigError};
use engine::{Baseline, BaselineError};

/// Reads `bytes` as a baseline when they look like JSON, else as a configuration.
pub fn check(bytes: &[u8]) {
    if bytes.first() == Some(&b'{') {
        check_baseline(bytes);
    } else {
        check_config(&String::from_utf8_lossy(bytes));
    }
}

fn check_config(text: &str) {
    let (path, root) = (Path::new("deferscope.toml"), Path::new("/project"));
    let once = Config::parse(text, path, root);
    match &once {
        Ok(config) => {
            for file in [
                "/project/a.go",
                "/project/cmd/x/é.go",
                "/elsewhere/b_test.go",
                "/project",
            ] {
                let _ = (
                    config.selection_for(Path::new(file)),
                    config.excludes(Path::new(file)),
                );
            }
            let _ = config.selection();
        }
        Err(ConfigError::Invalid { problems, .. }) => {
            assert!(!problems.is_empty(), "a wrong file has something wrong");
            let lines = text.split('\n').count();
            for problem in problems {
                assert!(
                    (1..=lines).contains(&(problem.line as usize)),
                    "{problem:?} is on no line of the file"
                );
                let line = text
                    .split('\n')
                    .nth(problem.line as usize - 1)
                    .unwrap_or_default();
                assert!(
                    (1..=line.len() + 1).contains(&(problem.column as usize)),
                    "{problem:?} is in no column"
                );
                assert!(!problem.message.is_empty(), "{problem:?} says nothing");
            }
        }
        Err(error) => panic!("text that was read cannot fail so: {error}"),
    }
    let again = Config::parse(text, path, root);
    assert_eq!(
        format!("{once:?}"),
        format!("{again:?}"),
        "reading is repeatable"
    );
}

fn check_baseline(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("baseline.json");
    std::fs::write(&path, bytes).expect("a file in it");
    let baseline = match Baseline::load(&path) {
        Ok(baseline) => baseline,
        Err(BaselineError::Parse { .. } | BaselineError::Version { .. }) => return,
        Err(error) => panic!("a file that is there cannot fail so: {error}"),
    };
    let _ = baseline.apply(&mut Vec::new(), |_, _| true);
    // What was read is written, and read again the same.
    let copy = folder.path().join("copy.json");
    baseline.clone().write(&copy).expect("a copy of a baseline");
    let again = Baseline::load(&copy).expect("what was written can be read");
    assert_eq!(baseline, again);
}
