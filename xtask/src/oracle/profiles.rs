//! `oracle profiles`: the crate `profiles` against Go. A CPU profile that Go writes tells the defers of
//! the program; what we write of it is the same to `go tool pprof`; and the flame graph is a page that
//! a browser draws, searches and zooms.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use profiles::evidence::from_cpu_profile;
use profiles::flame::Graph;
use profiles::pprof::{Builder, Frame, Label, Profile};

use crate::page;
use crate::process;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::say;

/// How long the program runs, in seconds.
const SECONDS: &str = "5";

/// What the program has: a function, the class of its defers, and the end of a line of its source.
const DEFERS: &[(&str, &str, &str)] = &[
    ("(*store).heap", "heap-allocated", "// heap-allocated"),
    (
        "(*store).literal",
        "heap-allocated",
        "// heap-allocated, two of them",
    ),
];

/// All of it.
pub(crate) fn run(project: &Project) -> Result<()> {
    check(project)?;
    flame(project)
}

/// What needs Go.
pub(crate) fn check(project: &Project) -> Result<()> {
    let go = toolchains::go_toolchain(project, GO)?;
    let folder = project.cache_dir("oracle-profiles")?;
    let program = go.build_program(project, "hot")?;
    let taken = folder.join("cpu.pb.gz");
    process::stdout(
        std::process::Command::new(&program)
            .arg(&taken)
            .arg(SECONDS),
    )?;
    let bytes = fs::read(&taken).with_context(|| format!("reading {}", taken.display()))?;
    let profile = Profile::read(&bytes).context("reading what Go wrote")?;
    defers(project, &profile)?;

    let rewritten = folder.join("rewritten.pb.gz");
    write(&profile, &rewritten)?;
    if raw(&go, &taken)? != raw(&go, &rewritten)? {
        bail!(
            "`go tool pprof -raw` does not see the same in {} and {}",
            taken.display(),
            rewritten.display()
        );
    }
    ours(&go, &folder.join("ours.pb.gz"))?;
    say!("profiles of Go are read, and ours are read by Go {GO}");
    Ok(())
}

/// The defers of the program are in its profile.
fn defers(project: &Project, profile: &Profile) -> Result<()> {
    let source = fs::read_to_string(project.root.join("xtask/go/hot/main.go"))?;
    let told = from_cpu_profile(profile, "cpu.pb.gz")?;
    for &(function, class, end) in DEFERS {
        let line = (1u32..)
            .zip(source.lines())
            .find(|(_, text)| text.ends_with(end))
            .map(|(line, _)| line)
            .with_context(|| format!("no line of the program ends with {end:?}"))?;
        let found = told.evidence.sites.iter().any(|site| {
            site.function == function
                && site.line == line
                && site.class.is_some_and(|seen| seen.as_str() == class)
                && site.cpu_ns > Some(0)
        });
        if !found {
            bail!(
                "the profile does not tell the {class} defer of {function} in line {line}: {:#?}",
                told.evidence.sites
            );
        }
    }
    Ok(())
}

/// A profile as `snapshot` and `profile` make them: more than one value, labels, inlined frames.
fn ours(go: &Go, path: &Path) -> Result<()> {
    let mut builder = Builder::new(&[("pending", "count"), ("held", "nanoseconds")]);
    builder.shown_first("held");
    let inlined = Frame {
        inlined: true,
        address: 0x1000,
        ..Frame::new("example.com/m.inner", "m.go", 7)
    };
    let outer = Frame {
        address: 0x1000,
        ..Frame::new("example.com/m.outer", "m.go", 12)
    };
    let labels = [
        Label::Text("class".into(), "heap-allocated".into()),
        Label::Number("goid".into(), 17, "".into()),
    ];
    let stack = [inlined, outer, Frame::new("main.main", "main.go", 3)];
    builder.sample(&stack, &[3, 1_500_000], &labels);
    builder.sample(&stack[1..], &[1, 500_000], &[]);
    write(&builder.finish(), path)?;
    let top = pprof(go, &["-top", "-sample_index=held"], path)?;
    for expected in ["1500us", "example.com/m.inner", "2000us", "100%"] {
        if !top.contains(expected) {
            bail!("`go tool pprof -top` does not say {expected:?}:\n{top}");
        }
    }
    let raw = raw(go, path)?;
    for expected in [
        "pending/count held/nanoseconds[dflt]",
        "class:[heap-allocated]",
        "goid:[17]",
    ] {
        if !raw.contains(expected) {
            bail!("`go tool pprof -raw` does not say {expected:?}:\n{raw}");
        }
    }
    Ok(())
}

fn write(profile: &Profile, path: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    profile.write(&mut bytes)?;
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

fn raw(go: &Go, path: &Path) -> Result<String> {
    pprof(go, &["-raw"], path)
}

fn pprof(go: &Go, flags: &[&str], path: &Path) -> Result<String> {
    let mut command = go.command();
    command
        .args(["tool", "pprof", "-symbolize=none"])
        .args(flags)
        .arg(path);
    process::stdout(&mut command)
}

/// Clicks and searches in the page, and says what came of it in the title.
const PROBE: &str = "<script>\n\
    const shown = () => [...document.querySelectorAll('.frame')].filter(g => !g.classList.contains('hidden'));\n\
    const all = shown().length;\n\
    const heap = [...document.querySelectorAll('.frame')].find(g => g.textContent.includes('(*store).heap'));\n\
    heap.dispatchEvent(new MouseEvent('click'));\n\
    const zoomed = shown().length, wide = +heap.querySelector('rect').getAttribute('width');\n\
    document.getElementById('reset').click();\n\
    const reset = shown().length;\n\
    const search = document.getElementById('search');\n\
    search.value = 'DEFERPROC'; search.dispatchEvent(new Event('input'));\n\
    const found = document.querySelectorAll('.found').length;\n\
    const ink = getComputedStyle(document.querySelector('.frame text')).fill;\n\
    const paper = getComputedStyle(document.querySelector('.frame rect')).fill;\n\
    const level = c => c.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => a + +b, 0);\n\
    const contrast = Math.abs(level(ink) - level(paper));\n\
    document.title = `probe ${all > 20 && zoomed < all && wide > 1100 && reset === all && found > 0 && contrast > 250 ? 'good' : [all, zoomed, wide, reset, found, contrast]}`;\n\
    </script></body>";

/// What needs a browser.
pub(crate) fn flame(project: &Project) -> Result<()> {
    let browser = page::browser()?;
    let folder = project.cache_dir("pages")?;
    let committed = project.root.join("crates/profiles/testdata/hot.pb.gz");
    let bytes = fs::read(&committed).with_context(|| format!("reading {}", committed.display()))?;
    let graph = Graph::of_profile("hot.pb.gz <CPU time>", &Profile::read(&bytes)?, 1);
    let mut text = Vec::new();
    graph.write_html(&mut text)?;
    let text = String::from_utf8(text)?;
    for outside in [
        "http:", "https:", "<link", "<img", "@import", "url(", "src=",
    ] {
        if text.contains(outside) {
            bail!("the flame graph has {outside:?} in it");
        }
    }
    let path = folder.join("flame.html");
    fs::write(&path, &text)?;
    let (_, console) = page::opened(browser, &folder, &path)?;
    if !console.is_empty() {
        bail!("the browser says {console:?}");
    }
    let probed = folder.join("flame.probe.html");
    fs::write(&probed, text.replace("</body>", PROBE))?;
    for scheme in ["0", "1"] {
        let mut command = page::headless(browser, &folder);
        command
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .args(["--window-size=1200,800", "--dump-dom"])
            .arg(page::url(&probed));
        let dom = process::stdout(&mut command)?;
        if !dom.contains("<title>probe good</title>") {
            let title = dom.split("<title>").nth(1).unwrap_or_default();
            bail!("measured: {}", title.split('<').next().unwrap_or_default());
        }
    }
    let svg = folder.join("flame.svg");
    let mut bytes = Vec::new();
    graph.write_svg(&mut bytes)?;
    fs::write(&svg, bytes)?;
    let (dom, console) = page::opened(browser, &folder, &svg)?;
    if !console.is_empty() || !dom.contains("</svg>") || dom.contains("parsererror") {
        bail!("the browser does not draw {}: {console:?}", svg.display());
    }
    say!("the flame graph is drawn, searched and zoomed");
    Ok(())
}
