//! The Go module that measures: written, built, and held against what the compiler said about it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cases::Case;

/// The file with the cases.
pub(super) const CASES: &str = "cases.go";

/// The files of the module, for Go 1.`minor`.
pub(super) fn files(cases: &[Case], minor: u32) -> Vec<(&'static str, String)> {
    vec![
        (
            "go.mod",
            format!("module deferscope.bench\n\ngo 1.{minor}\n"),
        ),
        ("main.go", MAIN.to_owned()),
        ("clock_linux.go", CLOCK_LINUX.to_owned()),
        ("clock_other.go", CLOCK_OTHER.to_owned()),
        (CASES, render(cases)),
    ]
}

/// The text of the file with the cases.
fn render(cases: &[Case]) -> String {
    let mut text = String::from(PRELUDE);
    for (index, case) in cases.iter().enumerate() {
        let Case {
            name, body, beside, ..
        } = case;
        let _ = write!(
            text,
            "\n{beside}// {name}\n//\n//go:noinline\nfunc case{index}() {{\n{body}}}\n\nfunc loop{index}(n int) {{\n\tfor i := 0; i < n; i++ {{\n\t\tcase{index}()\n\t}}\n}}\n"
        );
    }
    text.push_str("\nvar loops = []func(n int){\n");
    for index in 0..cases.len() {
        let _ = writeln!(text, "\tloop{index},");
    }
    text.push_str("}\n");
    text
}

/// Where the compiler did not do what a case is named after; nothing when all is as it should be.
/// `printed` is what it wrote with `-d=defer`.
pub(super) fn wrong_classes(cases: &[Case], printed: &str) -> Option<String> {
    let prefix = format!("./{CASES}:");
    let said: BTreeMap<usize, &str> = printed
        .lines()
        .filter_map(|line| {
            let (place, class) = line.strip_prefix(&prefix)?.split_once(": ")?;
            let line = place.split(':').next()?.parse().ok()?;
            Some((line, class.strip_suffix(" defer")?))
        })
        .collect();
    let text = render(cases);
    let mut name = "";
    for (index, line) in text.lines().enumerate() {
        if let Some(comment) = line.strip_prefix("// ") {
            name = comment;
        }
        let Some((_, wanted)) = line.split_once("// want ") else {
            continue;
        };
        let class = said.get(&(index + 1)).copied();
        if class != Some(wanted) {
            let class = class.unwrap_or("nothing");
            return Some(format!("{name}: {wanted} is wanted, and it says {class}"));
        }
    }
    None
}

const PRELUDE: &str = r#"// The functions that deferscope measures.
package main

import "sync"

var (
	sink    int
	never   bool
	mu      sync.Mutex
	trouble any = "trouble"
)

//go:noinline
func work() {}

//go:noinline
func workWith(x int) {}

//go:noinline
func nest(depth int) {
	if depth <= 1 {
		panic(trouble)
	}
	nest(depth - 1)
	sink++
}
"#;

/// Samples go round over the cases, in an order that differs from run to run: what disturbs the machine
/// for a while disturbs all of them a little. Time is that of the whole process on one P, so that the garbage
/// collector's work counts for those who make it.
const MAIN: &str = r#"// Measures the functions of cases.go: bench SEED NANOSECONDS PASSES
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

func argument(i int) int64 {
	if i < len(os.Args) {
		if n, err := strconv.ParseInt(os.Args[i], 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	fmt.Fprintln(os.Stderr, "usage: bench SEED NANOSECONDS PASSES")
	os.Exit(2)
	return 0
}

func measure(loop func(int), n int) int64 {
	start := now()
	loop(n)
	return now() - start
}

// rounds says how often to call loop's function for a sample of that length.
func rounds(loop func(int), length int64) int {
	loop(1)
	for n := 1; ; n *= 2 {
		took := measure(loop, n)
		if took >= length/4 || n >= 1<<30 {
			if took < 1 {
				took = 1
			}
			if wanted := int64(float64(n) * float64(length) / float64(took)); wanted > 1 {
				return int(wanted)
			}
			return 1
		}
	}
}

func main() {
	seed, length, passes := argument(1), argument(2), argument(3)
	debug.SetGCPercent(100)
	cores := runtime.NumCPU()
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintln(out, "go", runtime.Version(), runtime.GOOS, runtime.GOARCH, cores)

	counts := make([]int, len(loops))
	var before, after runtime.MemStats
	for i, loop := range loops {
		n := rounds(loop, length)
		runtime.GC()
		// The runtime keeps records for reuse until a collection takes them.
		loop(1)
		runtime.ReadMemStats(&before)
		loop(n)
		runtime.ReadMemStats(&after)
		allocations := float64(after.Mallocs-before.Mallocs) / float64(n)
		bytes := float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
		if allocations > 0.5 {
			// Long enough for some garbage collections.
			n *= 20
			runtime.ReadMemStats(&before)
			loop(n)
			runtime.ReadMemStats(&after)
		}
		counts[i] = n
		collections := float64(after.NumGC-before.NumGC) / float64(n)
		fmt.Fprintln(out, "memory", i, allocations, bytes, collections)
	}
	order := rand.New(rand.NewSource(seed)).Perm(len(loops))
	for ; passes > 0; passes-- {
		for _, i := range order {
			fmt.Fprintln(out, "sample", i, float64(measure(loops[i], counts[i]))/float64(counts[i]))
		}
	}
	fmt.Fprintln(out, "end")
	if err := out.Flush(); err != nil {
		os.Exit(1)
	}
}
"#;

const CLOCK_LINUX: &str = r#"package main

import (
	"syscall"
	"unsafe"
)

// now is the time that this process has spent on CPUs.
func now() int64 {
	const processTime = 2
	var t syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, processTime, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		panic(errno)
	}
	return t.Nano()
}
"#;

const CLOCK_OTHER: &str = r#"//go:build !linux

package main

import "time"

var start = time.Now()

func now() int64 { return int64(time.Since(start)) }
"#;

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    /// What the compiler would print if it did as wanted.
    fn as_wanted(cases: &[Case]) -> String {
        let mut printed = String::from("# deferscope.bench\n");
        for (index, line) in render(cases).lines().enumerate() {
            if let Some((_, class)) = line.split_once("// want ") {
                let _ = writeln!(printed, "./cases.go:{}:2: {class} defer", index + 1);
            }
        }
        printed
    }

    #[test]
    fn classes_that_are_not_as_wanted_are_named() {
        let cases = cases::all(27);
        let printed = as_wanted(&cases);
        assert_eq!(wrong_classes(&cases, &printed), None);
        let other = printed.replacen("open-coded defer", "stack-allocated defer", 1);
        assert_eq!(
            wrong_classes(&cases, &other).as_deref(),
            Some("open-coded, 1 defer: open-coded is wanted, and it says stack-allocated")
        );
        let said = wrong_classes(&cases, "").expect("nothing was said");
        assert!(said.ends_with("it says nothing"), "{said}");
    }

    #[test]
    fn a_module_is_for_the_release_that_builds_it() {
        let module = |minor| files(&cases::all(minor), minor);
        assert!(module(21)[0].1.ends_with("\ngo 1.21\n"));
        assert!(!module(22)[4].1.contains("yield"));
        assert!(module(23)[4].1.contains("yield"));
    }
}
