//! How large the corpus is of rules whose defects need more than one function to see.

use std::collections::BTreeSet;
use std::path::Path;

use diagnostics::Category;
use go_syntax::{LineIndex, Mode, Source, parse};

/// The cases of the rules about goroutines: functions in which something is reported, and functions that
/// look alike and are right. Shown by `cargo test -p rules --test it corpus -- --nocapture`.
#[test]
fn the_corpus_of_goroutines_has_as_many_right_functions_as_wrong_ones() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let (mut wrong, mut right, mut rules, mut files) = (0, 0, 0, 0);
    for &rule in rules::all_rules() {
        if rule.meta().category != Category::Goroutines {
            continue;
        }
        rules += 1;
        let entries = std::fs::read_dir(testdata.join(rule.meta().name)).expect("cases");
        for entry in entries {
            let path = entry.expect("entry").path();
            if path.extension().is_none_or(|ext| ext != "go") {
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).expect("readable case");
            let marked: BTreeSet<u32> = (1..)
                .zip(text.lines())
                .filter(|(_, line)| {
                    ["// want", "// bug-missed"]
                        .iter()
                        .any(|marker| line.contains(marker))
                })
                .map(|(line, _)| line)
                .collect();
            let file = parse(Source::from(&*text), Mode::Full);
            let lines = LineIndex::new(&text);
            for func in file.all_funcs() {
                let node = file.func(func);
                if node.parent.is_some() || node.body.is_none() || node.name.is_none() {
                    continue;
                }
                let span = lines.line(node.span.start)..=lines.line(node.span.end);
                match marked.range(span).next() {
                    Some(_) => wrong += 1,
                    None => right += 1,
                }
            }
        }
    }
    #[expect(
        clippy::print_stdout,
        reason = "whoever asks for the numbers sees them"
    )]
    {
        println!(
            "goroutine rules: {rules}, files: {files}, functions: {}, reported: {wrong}, silent: {right}",
            wrong + right
        );
    }
    assert!(wrong + right >= 200, "{wrong} + {right}");
    assert!(right >= wrong, "{wrong} are reported, {right} are not");
}
