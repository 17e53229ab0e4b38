//! Where the cache is, and `deferscope clean`.

use anyhow::Result;
use engine::CachePlace;

use crate::args::CacheFolder;
use crate::exit::Exit;
use crate::output::note;

/// The value that stands for no cache.
const OFF: &str = "off";

/// Where the cache is; nothing when there is to be none.
pub(crate) fn place(folder: &CacheFolder) -> Option<CachePlace> {
    match &folder.cache_dir {
        Some(named) if named.as_os_str() == OFF => None,
        Some(named) if !named.as_os_str().is_empty() => Some(CachePlace {
            folder: std::path::absolute(named).unwrap_or_else(|_| named.clone()),
        }),
        _ => CachePlace::usual(|name| std::env::var_os(name)),
    }
}

pub(crate) fn clean(folder: &CacheFolder) -> Result<Exit> {
    let Some(place) = place(folder) else {
        note("there is no folder for a cache");
        return Ok(Exit::Clean);
    };
    let cleaned = engine::clean(&place.folder)?;
    note(&format!(
        "{} files with {} removed from {}",
        cleaned.files,
        size(cleaned.bytes),
        place.folder.display()
    ));
    Ok(Exit::Clean)
}

/// So many bytes, for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
