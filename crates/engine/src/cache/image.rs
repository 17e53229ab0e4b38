//! The bytes of a cache file: blobs by the digest of what they are the result of.
//!
//! A file is a mark, a checksum of the rest, and that rest. What is not exactly so is no image; there
//! are no partly good ones. Nothing here reads or writes files.

use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, Serializer};

use super::digest::{Digest, of_bytes};

/// The mark of our files, with the version of this layout.
const MARK: &[u8; 8] = b"dfrscp\x001";
const HEAD: usize = MARK.len() + size_of::<Digest>();

/// Bytes that are written and read as a whole, without a copy.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Blob<'a>(#[serde(borrow)] pub(crate) &'a [u8]);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Body<'a> {
    /// The tool that wrote it: what another one wrote means nothing.
    tool: Digest,
    /// Counts the runs that wrote the file.
    run: u32,
    #[serde(borrow)]
    entries: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry<'a> {
    key: Digest,
    /// The last run that had a use for it.
    used: u32,
    #[serde(borrow)]
    blob: Blob<'a>,
}

/// A file as it was read.
#[derive(Debug, Default)]
pub(crate) struct Image {
    bytes: Vec<u8>,
    pub(crate) run: u32,
    entries: FxHashMap<Digest, (Range<usize>, u32)>,
}

impl Image {
    /// The image that `bytes` are, if they are one that `tool` wrote.
    pub(crate) fn read(bytes: Vec<u8>, tool: &Digest) -> Option<Self> {
        let (mark, rest) = bytes.split_first_chunk::<8>()?;
        let (sum, rest) = rest.split_first_chunk::<16>()?;
        if mark != MARK || *sum != of_bytes(rest) {
            return None;
        }
        let body: Body<'_> = postcard::from_bytes(rest).ok()?;
        if body.tool != *tool {
            return None;
        }
        let mut entries = FxHashMap::default();
        entries.reserve(body.entries.len());
        for entry in &body.entries {
            let blob = entry.blob.0;
            let start = (blob.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)?;
            entries.insert(entry.key, (start..start + blob.len(), entry.used));
        }
        let run = body.run;
        Some(Self {
            bytes,
            run,
            entries,
        })
    }

    /// What is kept under a key.
    pub(crate) fn get(&self, key: &Digest) -> Option<&[u8]> {
        let (range, _) = self.entries.get(key)?;
        self.bytes.get(range.clone())
    }

    /// All entries: key, blob, and the last run that had a use for it.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Digest, &[u8], u32)> {
        self.entries
            .iter()
            .filter_map(|(key, (range, used))| Some((key, self.bytes.get(range.clone())?, *used)))
    }
}

/// The bytes of a file with these entries.
pub(crate) fn write(tool: Digest, run: u32, entries: &[(Digest, &[u8], u32)]) -> Vec<u8> {
    let body = Body {
        tool,
        run,
        entries: entries
            .iter()
            .map(|&(key, blob, used)| Entry {
                key,
                used,
                blob: Blob(blob),
            })
            .collect(),
    };
    let mut bytes = vec![0; HEAD];
    bytes[..MARK.len()].copy_from_slice(MARK);
    let Ok(mut bytes) = postcard::to_extend(&body, bytes) else {
        // Nothing in it can fail; a file without a body is no image.
        return Vec::new();
    };
    seal(&mut bytes);
    bytes
}

fn seal(bytes: &mut [u8]) {
    let sum = of_bytes(&bytes[HEAD..]);
    bytes[MARK.len()..HEAD].copy_from_slice(&sum);
}

/// Some bytes with the mark and the checksum that make readers look at them.
pub(super) fn sealed(tool: &Digest, rest: &[u8]) -> Vec<u8> {
    let mut bytes = [&MARK[..], &Digest::default(), tool, rest].concat();
    seal(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: Digest = [7; 16];

    fn written() -> Vec<u8> {
        write(TOOL, 3, &[([1; 16], b"one", 3), ([2; 16], b"", 1)])
    }

    #[test]
    fn what_was_written_is_read() {
        let image = Image::read(written(), &TOOL).expect("an image");
        assert_eq!(image.run, 3);
        assert_eq!(image.get(&[1; 16]), Some(&b"one"[..]));
        assert_eq!(image.get(&[2; 16]), Some(&b""[..]));
        assert_eq!(image.get(&[3; 16]), None);
        assert_eq!(image.entries().count(), 2);
    }

    #[test]
    fn nothing_else_is_read() {
        let good = written();
        assert!(
            Image::read(good.clone(), &[8; 16]).is_none(),
            "another tool"
        );
        for length in 0..good.len() {
            assert!(
                Image::read(good[..length].to_vec(), &TOOL).is_none(),
                "{length}"
            );
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            assert!(Image::read(bad, &TOOL).is_none(), "{at}");
        }
    }
}
