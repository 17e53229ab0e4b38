//! Digests of what results depend on. BLAKE3, cut to 16 bytes.

use std::fmt::Debug;

/// Stands for some content.
pub(crate) type Digest = [u8; 16];

/// Makes a digest of parts, none of which can run into the next one.
pub(crate) struct Digester(blake3::Hasher);

impl Digester {
    /// A digest for one purpose: equal parts have other digests for another.
    pub(crate) fn new(purpose: &str) -> Self {
        Self(blake3::Hasher::new()).bytes(purpose.as_bytes())
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Of a value that says everything about itself in its debugging form.
    pub(crate) fn debug(self, value: &dyn Debug) -> Self {
        self.bytes(format!("{value:?}").as_bytes())
    }

    pub(crate) fn digest(mut self, digest: &Digest) -> Self {
        self.0.update(digest);
        self
    }

    pub(crate) fn flag(mut self, flag: bool) -> Self {
        self.0.update(&[u8::from(flag)]);
        self
    }

    /// Of a list, with its length.
    pub(crate) fn all<T>(
        self,
        items: impl ExactSizeIterator<Item = T>,
        add: impl FnMut(Self, T) -> Self,
    ) -> Self {
        let start = self.bytes(&(items.len() as u64).to_le_bytes());
        items.fold(start, add)
    }

    pub(crate) fn finish(self) -> Digest {
        cut(self.0.finalize())
    }
}

/// The digest of plain bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> Digest {
    cut(blake3::hash(bytes))
}

fn cut(hash: blake3::Hash) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.as_bytes()[..16]);
    digest
}
