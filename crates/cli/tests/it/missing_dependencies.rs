//! A project half of whose dependencies are not there: whatever is still found is found with them,
//! too.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::harness::Folder;

const DEPENDENCIES: usize = 16;

const SEEDS: u64 = 12;

/// Rule, path, line and column of every finding.
type Found = BTreeSet<(String, String, u64, u64)>;

fn dependency(index: usize) -> String {
    let next = (index + 1) % DEPENDENCIES;
    // The last one does not close the circle.
    let (import, embedded) = if next == 0 {
        (String::new(), "struct{}".to_owned())
    } else {
        (
            format!("import \"example.com/d{next}\"\n"),
            format!("*d{next}.Conn"),
        )
    };
    format!(
        "package d{index}
import (\"errors\"; \"sync\")
{import}
type Conn struct {{ Inner {embedded}; mu sync.Mutex }}
func Open(name string) (*Conn, error) {{ return nil, errors.New(name) }}
func (c *Conn) Close() error {{ return nil }}
func (c *Conn) Lock() {{ c.mu.Lock() }}
func (c *Conn) Unlock() {{ c.mu.Unlock() }}
type Guard struct {{ sync.Mutex; N int }}
func Restore() func() {{ return func() {{}} }}
type Fail func(error)
func Map[T, U any](xs []T, f func(T) U) []U {{ return nil }}
"
    )
}

fn user(index: usize) -> String {
    format!(
        "package main
import (\"sync\"; \"example.com/d{index}\")
func copied{index}(g d{index}.Guard) int {{ return g.N }}
func loop{index}(names []string) {{
	for _, name := range names {{
		c, err := d{index}.Open(name)
		if err != nil {{ return }}
		defer c.Close()
	}}
}}
func early{index}(name string) error {{
	c, err := d{index}.Open(name)
	defer c.Close()
	if err != nil {{ return err }}
	return nil
}}
func missing{index}() {{
	defer d{index}.Restore()
	c, _ := d{index}.Open(\"\")
	c.Lock()
	defer c.Lock()
	for range d{index}.Map([]int{{1}}, func(x int) *d{index}.Conn {{ return c }}) {{
		defer c.Inner.Close()
	}}
}}
func wait{index}() {{
	var wg sync.WaitGroup
	var fail d{index}.Fail
	go func() {{ wg.Add(1); defer wg.Done(); defer fail(nil) }}()
	wg.Wait()
}}
"
    )
}

fn project() -> Folder {
    let mut go_mod = "module example.com/m\n\ngo 1.22\n".to_owned();
    let mut modules = String::new();
    let folder = Folder::new(&[("main.go", "package main\nfunc main() {}\n")]);
    for index in 0..DEPENDENCIES {
        let _ = writeln!(go_mod, "require example.com/d{index} v1.0.0");
        let _ = writeln!(
            modules,
            "# example.com/d{index} v1.0.0\n## explicit; go 1.22\nexample.com/d{index}"
        );
        folder.write(
            &format!("vendor/example.com/d{index}/d.go"),
            dependency(index),
        );
        folder.write(&format!("use{index}.go"), user(index));
    }
    folder.write("go.mod", go_mod);
    folder.write("vendor/modules.txt", modules);
    folder
}

fn found(folder: &Folder) -> Found {
    let run = folder.run(&["check", "--isolated", "--select", "all", "--format", "json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    run.stdout
        .lines()
        .map(|line| {
            let finding: Value = serde_json::from_str(line).expect("a JSON object");
            let text = |key: &str| finding[key].as_str().expect("a string").to_owned();
            let number = |key: &str| finding[key].as_u64().expect("a number");
            (text("rule"), text("path"), number("line"), number("column"))
        })
        .collect()
}

#[test]
fn less_is_known_but_nothing_else_is_found() {
    let all = found(&project());
    assert!(all.len() >= 3 * DEPENDENCIES, "{all:?}");
    let mut lost = 0;
    for seed in 1..=SEEDS {
        let folder = project();
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for index in 0..DEPENDENCIES {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if state >> 63 == 0 {
                let vendored = folder.path(&format!("vendor/example.com/d{index}"));
                std::fs::remove_dir_all(vendored).expect("the folder is removed");
            }
        }
        let less = found(&folder);
        let new: Vec<_> = less.difference(&all).collect();
        assert!(new.is_empty(), "seed {seed}: {new:?}");
        lost += all.len() - less.len();
    }
    // Some rules need to know types; if none had lost anything, nothing would have been removed.
    assert!(lost > 0);
}
