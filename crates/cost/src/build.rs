//! A way to compile: the release of Go, and the flags that change what becomes of defers.

/// The oldest release whose conditions are known, as the N of Go 1.N.
pub(crate) const OLDEST: u32 = 21;
/// The newest.
pub(crate) const NEWEST: u32 = 27;

/// How a package is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Build {
    /// The N of Go 1.N. What is newer than the newest release known is taken for that.
    pub minor: u32,
    /// `-gcflags=-N`: no optimisation.
    pub no_optimization: bool,
    /// `-race`.
    pub race: bool,
    /// GOARCH is 386, and the code is made for a shared object (`-shared`, `-dynlink`).
    pub shared_386: bool,
    /// The size of a pointer in bytes.
    pub pointer_bytes: u32,
}

impl Build {
    /// A plain build by Go 1.`minor`, on a machine of 64 bits.
    pub const fn plain(minor: u32) -> Self {
        let minor = if minor < OLDEST { OLDEST } else { minor };
        Self {
            minor,
            no_optimization: false,
            race: false,
            shared_386: false,
            pointer_bytes: 8,
        }
    }

    /// Whether code that constants keep from running is gone before anything is counted, returns and
    /// what follows them included.
    pub(crate) const fn drops_while_writing(&self) -> bool {
        self.minor >= 22
    }

    /// Whether there are loops over functions.
    pub(crate) const fn has_range_over_func(&self) -> bool {
        self.minor >= 23
    }

    /// Whether literals that are called once are put in place of the call nearly whatever their length.
    pub(crate) const fn inlines_literals_freely(&self) -> bool {
        self.minor >= 24
    }

    /// Whether that holds for those that have a loop over a function with a `defer` in it.
    pub(crate) const fn inlines_range_func_defers(&self) -> bool {
        self.minor < 26
    }

    /// Whether switches over integers that only return constants become tables.
    pub(crate) const fn has_lookup_tables(&self) -> bool {
        self.minor >= 27 && !self.no_optimization
    }
}

impl Default for Build {
    fn default() -> Self {
        Self::plain(NEWEST)
    }
}
