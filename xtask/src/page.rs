//! The pages of `deferscope explain --format html` in a real browser: they are drawn, and the browser
//! has nothing to complain of.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::generated;
use crate::oracle;
use crate::process;
use crate::project::Project;
use crate::ui::say;

/// What the browser may be called.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Folder and function of each page; the first one is the picture in the documentation.
const PAGES: &[(&str, &str)] = &[
    ("crates/explain/testdata/upload", "upload.go:Store.Put"),
    ("crates/explain/testdata/upload", "upload.go:Count"),
    ("crates/explain/testdata/upload", "upload.go:Outer"),
    ("examples/shop", "cmd/shop/main.go:run"),
    ("examples/shop", "internal/cache/cache.go:99"),
];

/// Where the picture is.
const PICTURE: &str = "docs/explain.png";

/// The flags of `oracle page`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct PageArgs {
    /// Take the picture in the documentation anew.
    #[arg(long)]
    write: bool,
    /// Use this `deferscope` rather than building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// The browser on this machine.
pub(crate) fn browser() -> Result<&'static str> {
    match BROWSERS.iter().find(|name| process::exists(name)) {
        Some(name) => Ok(name),
        None => bail!(
            "no Chromium was found ({}); Debian: apt-get install chromium",
            BROWSERS.join(", ")
        ),
    }
}

/// The step of the test run.
pub(crate) fn check(project: &Project) -> Result<()> {
    run(project, &PageArgs::default())?;
    oracle::check_flame(project)
}

/// Opens the pages.
pub(crate) fn run(project: &Project, args: &PageArgs) -> Result<()> {
    let browser = browser()?;
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "dev")?,
    };
    let folder = project.cache_dir("pages")?;
    hears_errors(browser, &folder)?;
    for (index, (root, target)) in PAGES.iter().enumerate() {
        let page = folder.join(format!("page{index}.html"));
        let mut command = Command::new(&deferscope);
        command
            .current_dir(project.root.join(root))
            .args(["explain", "--format", "html", "--output"])
            .arg(&page)
            .arg(target);
        process::run(&mut command)?;
        look(browser, &folder, &page).with_context(|| format!("the page of {root}/{target}"))?;
    }
    if args.write {
        let picture = project.root.join(PICTURE);
        let mut command = headless(browser, &folder);
        command
            .args([
                "--hide-scrollbars",
                "--force-device-scale-factor=1",
                "--window-size=1000,760",
            ])
            .arg(format!("--screenshot={}", picture.display()))
            .arg(url(&folder.join("page0.html")));
        process::stdout(&mut command)?;
        say!("{PICTURE} is new");
    }
    if !project.root.join(PICTURE).is_file() {
        bail!("{PICTURE} is missing; `cargo xtask oracle page --write` takes it");
    }
    say!(
        "{} pages are drawn, and the browser complains of nothing",
        PAGES.len()
    );
    Ok(())
}

pub(crate) fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}

pub(crate) fn headless(browser: &str, folder: &Path) -> Command {
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--enable-logging=stderr",
    ]);
    // In containers there is no user to protect the machine from.
    command.arg("--no-sandbox");
    command.arg(format!(
        "--user-data-dir={}",
        folder.join("profile").display()
    ));
    command
}

/// The page as the browser has it, and what it said on its console.
pub(crate) fn opened(browser: &str, folder: &Path, page: &Path) -> Result<(String, Vec<String>)> {
    let mut command = headless(browser, folder);
    command.arg("--dump-dom").arg(url(page));
    let output = command
        .output()
        .with_context(|| format!("starting `{}`", process::shown(&command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{said}",
            process::shown(&command),
            output.status
        );
    }
    let console = said
        .lines()
        .filter(|line| line.contains(":CONSOLE"))
        .map(str::to_owned)
        .collect();
    Ok((
        String::from_utf8_lossy(&output.stdout).into_owned(),
        console,
    ))
}

/// That an error in a page would be heard.
fn hears_errors(browser: &str, folder: &Path) -> Result<()> {
    let page = folder.join("broken.html");
    std::fs::write(
        &page,
        "<!DOCTYPE html><script>throw new Error(\"heard\")</script>",
    )?;
    let (_, console) = opened(browser, folder, &page)?;
    if !console
        .iter()
        .any(|line| line.contains("Uncaught Error: heard"))
    {
        bail!("{browser} does not tell of errors in pages: {console:?}");
    }
    Ok(())
}

/// Opens a page, and a copy of it that measures what was drawn.
fn look(browser: &str, folder: &Path, page: &Path) -> Result<()> {
    let (dom, console) = opened(browser, folder, page)?;
    if !console.is_empty() {
        bail!("the browser says {console:?}");
    }
    if !dom.contains("</svg>") || !dom.trim_end().ends_with("</html>") {
        bail!("the page has no drawing");
    }
    let text = std::fs::read_to_string(page)?;
    for outside in [
        "http:", "https:", "<script", "<link", "<img", "@import", "url(\"",
    ] {
        // What the function has in its own text is escaped, and is no matter.
        if text.contains(outside) && outside != "http:" && outside != "https:" {
            bail!("the page has {outside:?} in it");
        }
    }
    let probe = "<script>\n\
        const boxes = [...document.querySelectorAll('svg text, svg circle')].map(e => e.getBoundingClientRect());\n\
        const frame = document.querySelector('svg').getBoundingClientRect();\n\
        const outside = boxes.filter(b => b.width === 0 || b.right > frame.right || b.bottom > frame.bottom);\n\
        const paper = getComputedStyle(document.body).backgroundColor;\n\
        const ink = getComputedStyle(document.querySelector('svg text')).fill;\n\
        document.title = `probe ${boxes.length} drawn, ${outside.length} cut off, ${document.documentElement.scrollWidth > innerWidth ? 'too wide' : 'fits'}, ${paper === ink ? 'unreadable' : 'readable'}`;\n\
        </script></body>";
    let probed = page.with_extension("probe.html");
    std::fs::write(&probed, text.replace("</body>", probe))?;
    for scheme in ["0", "1"] {
        let mut command = headless(browser, folder);
        command
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .args(["--window-size=1000,800", "--dump-dom"])
            .arg(url(&probed));
        let dom = process::stdout(&mut command)?;
        let found = dom
            .split("<title>probe ")
            .nth(1)
            .and_then(|rest| rest.split("</title>").next())
            .context("the page was not measured")?;
        let good = !found.starts_with("0 drawn")
            && found.contains(" 0 cut off")
            && found.contains("fits")
            && !found.contains("unreadable");
        if !good {
            bail!("measured: {found}");
        }
    }
    Ok(())
}
