//! Real Go code from Debian: source packages, downloaded and unpacked into the cache, never
//! installed. The versions are pinned, because findings and tables depend on them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::Project;
use crate::ui::{complain, say};

/// Packages and versions of Debian 12: large and of many kinds.
const PACKAGES: &[(&str, &str)] = &[
    ("golang-1.19-src", "1.19.8-2"),
    ("golang-entgo-ent-dev", "0.11.3-4"),
    ("golang-etcd-server-dev", "3.4.23-4"),
    ("golang-github-aws-aws-sdk-go-dev", "1.44.133-1"),
    ("golang-github-cilium-ebpf-dev", "0.9.1-1"),
    ("golang-github-dgraph-io-badger-dev", "2.2007.2-3"),
    ("golang-github-evanw-esbuild-dev", "0.17.0-1"),
    ("golang-github-gin-gonic-gin-dev", "1.8.1-1"),
    ("golang-github-go-git-go-git-dev", "5.4.2-3"),
    ("golang-github-gopacket-gopacket-dev", "1.0.0-1"),
    ("golang-github-hashicorp-memberlist-dev", "0.2.2-2"),
    ("golang-github-hashicorp-raft-dev", "1.1.2-1"),
    ("golang-github-hashicorp-serf-dev", "0.9.4~ds1-1"),
    ("golang-github-influxdb-influxdb-dev", "1.6.7~rc0-1"),
    ("golang-github-jackc-pgx-v4-dev", "4.15.0-4"),
    ("golang-github-lucas-clemente-quic-go-dev", "0.29.0-1"),
    ("golang-github-nats-io-nats-server-dev", "2.9.10-1"),
    ("golang-github-osrg-gobgp-dev", "3.10.0-1"),
    ("golang-github-pion-webrtc.v3-dev", "3.1.56-2"),
    ("golang-github-prometheus-alertmanager-dev", "0.25.0-1"),
    ("golang-github-prometheus-client-golang-dev", "1.14.0-3"),
    ("golang-github-rclone-rclone-dev", "1.60.1+dfsg-2"),
    ("golang-github-spf13-cobra-dev", "1.6.1-1"),
    ("golang-github-spf13-viper-dev", "1.10.1-1"),
    ("golang-github-syncthing-syncthing-dev", "1.19.2~ds1-1"),
    ("golang-github-traefik-yaegi-dev", "0.14.3-1"),
    ("golang-github-valyala-fasthttp-dev", "1:1.31.0-4"),
    (
        "golang-github-victoriametrics-victoriametrics-dev",
        "1.79.5+ds1-2",
    ),
    ("golang-go.uber-zap-dev", "1.23.0-1"),
    ("golang-golang-x-crypto-dev", "1:0.4.0-1"),
    ("golang-golang-x-net-dev", "1:0.7.0+dfsg-1"),
    ("golang-golang-x-sys-dev", "0.3.0-1"),
    ("golang-golang-x-text-dev", "0.7.0-1"),
    ("golang-golang-x-tools-dev", "1:0.5.0+ds-1"),
    ("golang-google-grpc-dev", "1.33.3-2"),
    ("golang-google-protobuf-dev", "1.28.1-3"),
    ("golang-gvisor-gvisor-dev", "0.0~20221219.0-2"),
    ("golang-honnef-go-tools-dev", "2023.1-1"),
    ("golang-k8s-kube-openapi-dev", "0.0~git20211014.b3fe75c-2"),
    ("golang-mongodb-mongo-driver-dev", "1.8.4+ds1-3"),
    ("golang-mvdan-sh-dev", "3.6.0-1"),
];

/// An unpacked package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) root: PathBuf,
}

/// How many packages are pinned.
pub(crate) const fn count() -> usize {
    PACKAGES.len()
}

/// Fetches every package that is not in the cache yet. A version that the archive no longer has
/// is named and left out: other versions would give other numbers.
pub(crate) fn fetch(project: &Project) -> Result<Vec<Package>> {
    let folder = project.cache_dir("debian")?;
    let mut packages = Vec::new();
    let mut missing = Vec::new();
    let mut updated = false;
    for &(name, version) in PACKAGES {
        let root = folder.join(format!("{name}_{}", version.replace(':', "%3a")));
        if !root.is_dir() {
            if !process::exists("apt-get") || !process::exists("dpkg-deb") {
                bail!(
                    "the Debian corpora need apt-get and dpkg-deb; run this on Debian, or in a container of it"
                );
            }
            if !updated {
                // Without fresh lists (or without the right to fetch them) the old ones may do.
                if let Err(error) =
                    process::stdout(Command::new("apt-get").args(["update", "--quiet"]))
                {
                    complain!("warning: {error:#}");
                }
                updated = true;
            }
            if let Err(error) = unpack(&root, name, version) {
                complain!("warning: {name} {version} is left out: {error:#}");
                missing.push(name);
                continue;
            }
        }
        packages.push(Package {
            name,
            version,
            root,
        });
    }
    if !missing.is_empty() {
        complain!(
            "warning: {} of {} Debian packages are missing",
            missing.len(),
            PACKAGES.len()
        );
    }
    Ok(packages)
}

fn unpack(root: &PathBuf, name: &str, version: &str) -> Result<()> {
    say!("fetching {name} {version}");
    let scratch = root.with_extension(format!("part.{}", std::process::id()));
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch).with_context(|| format!("creating {}", scratch.display()))?;
    let mut download = Command::new("apt-get");
    // The sandbox user of apt cannot write to our folder; root may do the download itself.
    download
        .current_dir(&scratch)
        .args(["--quiet", "-o", "APT::Sandbox::User=root", "download"]);
    download.arg(format!("{name}={version}"));
    process::stdout(&mut download)?;
    let archive = std::fs::read_dir(&scratch)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get left no archive")?;
    let unpacked = scratch.join("unpacked");
    process::stdout(
        Command::new("dpkg-deb")
            .arg("-x")
            .arg(&archive)
            .arg(&unpacked),
    )?;
    std::fs::rename(&unpacked, root)
        .with_context(|| format!("moving {} into place", root.display()))?;
    std::fs::remove_dir_all(&scratch).with_context(|| format!("removing {}", scratch.display()))
}
