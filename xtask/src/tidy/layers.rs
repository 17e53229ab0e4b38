//! The arrows of ARCHITECTURE.md against what `cargo metadata` says, and what every crate's
//! manifest must have.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::project::{Project, cargo_metadata};

/// What each crate may use of the others. Tests (dev-dependencies) are free.
const ARROWS: &[(&str, &[&str])] = &[
    ("go_syntax", &[]),
    ("go_std", &[]),
    ("go_project", &["go_std", "go_syntax"]),
    ("go_types", &["go_project", "go_syntax"]),
    ("go_flow", &["go_types", "go_project", "go_syntax"]),
    (
        "explain",
        &[
            "cost",
            "calibration",
            "go_flow",
            "go_types",
            "go_project",
            "go_syntax",
        ],
    ),
    ("go_binary", &[]),
    ("calibration", &[]),
    ("profiles", &["go_binary"]),
    (
        "cost",
        &[
            "calibration",
            "go_binary",
            "go_flow",
            "go_types",
            "go_project",
            "go_syntax",
        ],
    ),
    ("probe", &["go_binary"]),
    ("diagnostics", &[]),
    (
        "rules",
        &[
            "cost",
            "calibration",
            "go_flow",
            "go_types",
            "go_project",
            "go_syntax",
            "diagnostics",
        ],
    ),
    (
        "engine",
        &[
            "profiles",
            "go_binary",
            "cost",
            "calibration",
            "rules",
            "go_flow",
            "go_types",
            "go_project",
            "go_syntax",
            "diagnostics",
        ],
    ),
    ("report", &["diagnostics"]),
    (
        "deferscope",
        &[
            "engine",
            "explain",
            "report",
            "go_binary",
            "calibration",
            "cost",
            "probe",
            "profiles",
            "rules",
            "go_flow",
            "go_types",
            "go_project",
            "go_syntax",
            "diagnostics",
        ],
    ),
];

/// The chores: they may use everything, and no other crate uses them.
const FREE: &[&str] = &["xtask", "go_mutate"];

/// Breaches in the manifests of the workspace.
pub(super) fn check(project: &Project) -> Result<Vec<String>> {
    let metadata = cargo_metadata(&project.root, &["--no-deps", "--locked"])
        .context("reading the workspace; is Cargo.lock up to date?")?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or_else(|| anyhow!("`cargo metadata` names no packages"))?;
    let mut breaches = arrows(packages);
    for package in packages {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let text =
            std::fs::read_to_string(manifest).with_context(|| format!("reading {manifest}"))?;
        breaches.extend(manifest_breaches(name(package), &text)?);
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        if !present(&project.root.join(licence)) {
            breaches.push(format!("{licence} is missing or empty"));
        }
    }
    Ok(breaches)
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

fn present(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}

/// Dependencies between crates of the workspace that no arrow allows.
fn arrows(packages: &[Value]) -> Vec<String> {
    let members: Vec<&str> = packages.iter().map(name).collect();
    let mut breaches = Vec::new();
    for package in packages {
        let user = name(package);
        if FREE.contains(&user) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == user) else {
            breaches.push(format!(
                "crate {user} has no line in ARROWS of xtask/src/tidy/layers.rs"
            ));
            continue;
        };
        let Some(dependencies) = package["dependencies"].as_array() else {
            continue;
        };
        for dependency in dependencies {
            let used = name(dependency);
            if dependency["kind"] == "dev" || !members.contains(&used) || allowed.contains(&used) {
                continue;
            }
            breaches.push(format!(
                "crate {user} must not use {used}: arrows point one way, see ARCHITECTURE.md"
            ));
        }
    }
    breaches
}

/// What every manifest must say.
fn manifest_breaches(package: &str, text: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = text
        .parse()
        .with_context(|| format!("reading the manifest of {package}"))?;
    let mut breaches = Vec::new();
    let inherits = |value: Option<&toml::Value>| {
        value
            .and_then(|value| value.get("workspace"))
            .and_then(toml::Value::as_bool)
            == Some(true)
    };
    if !inherits(manifest.get("lints")) {
        breaches.push(format!(
            "crate {package} does not take the lints of the workspace"
        ));
    }
    let section = manifest.get("package");
    for key in ["license", "edition", "rust-version"] {
        if !inherits(section.and_then(|section| section.get(key))) {
            breaches.push(format!(
                "crate {package} does not take `{key}` from the workspace"
            ));
        }
    }
    if section
        .and_then(|section| section.get("description"))
        .is_none()
    {
        breaches.push(format!("crate {package} has no description"));
    }
    Ok(breaches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let dependencies: Vec<_> = dependencies
            .iter()
            .map(|(name, kind)| serde_json::json!({"name": name, "kind": kind}))
            .collect();
        serde_json::json!({"name": name, "dependencies": dependencies})
    }

    #[test]
    fn an_arrow_against_the_layers_is_a_breach() {
        let packages = [
            package("go_syntax", &[("go_types", None), ("memchr", None)]),
            package("go_types", &[("go_syntax", None)]),
        ];
        let breaches = arrows(&packages);
        assert_eq!(breaches.len(), 1, "{breaches:?}");
        assert!(
            breaches[0].contains("go_syntax must not use go_types"),
            "{breaches:?}"
        );
    }

    #[test]
    fn tests_may_use_what_they_like() {
        let packages = [
            package("go_syntax", &[("go_types", Some("dev"))]),
            package("go_types", &[]),
        ];
        assert_eq!(arrows(&packages), Vec::<String>::new());
    }

    #[test]
    fn a_crate_without_arrows_is_a_breach() {
        let breaches = arrows(&[package("newcomer", &[])]);
        assert!(breaches[0].contains("newcomer has no line"), "{breaches:?}");
    }

    #[test]
    fn a_manifest_must_take_the_lints() -> Result<()> {
        let head = "[package]\ndescription = \"x\"\nlicense.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n";
        let breaches = manifest_breaches("x", head)?;
        assert_eq!(
            breaches,
            ["crate x does not take the lints of the workspace"]
        );
        assert!(manifest_breaches("x", &format!("{head}[lints]\nworkspace = true\n"))?.is_empty());
        Ok(())
    }
}
