//! Which line of a stack opened something, in the words of its author.

use std::collections::HashSet;

use go_binary::{Binary, SiteId, Symbol};

use crate::process::{entry_of, path};
use crate::snapshot::Place;

/// Packages that open things on behalf of others; what is below them counts as well.
const SERVICES: &[&str] = &[
    "runtime", "syscall", "internal", "os", "io", "net", "crypto", "bufio", "vendor", "sync",
];
/// A module that only wraps system calls.
const WRAPPERS: &str = "golang.org/x/sys";

/// What is needed to read stacks.
#[derive(Debug)]
pub(super) struct Opener<'a> {
    binary: &'a Binary<'a>,
    /// What is added to addresses in the file.
    bias: u64,
    /// The modules of the program.
    modules: HashSet<&'a str>,
}

impl<'a> Opener<'a> {
    pub(super) fn new(binary: &'a Binary<'a>, pid: u32) -> Self {
        let bias = i32::try_from(pid).ok().and_then(|pid| bias(binary, pid));
        let mut modules = HashSet::new();
        if let Some(info) = binary.build_info() {
            modules.extend(info.main.iter().map(|module| module.path.as_str()));
            modules.extend(info.dependencies.iter().map(|module| module.path.as_str()));
        }
        Self {
            binary,
            bias: bias.unwrap_or(0),
            modules,
        }
    }

    /// The frames of a stack, what was inlined included, the innermost first.
    pub(super) fn stack(&self, addresses: &[u64]) -> Vec<Place> {
        let mut stack = Vec::new();
        for &address in addresses {
            // All but the first are where a call returns to, and that is behind the instruction of the system
            // call as well.
            let pc = address.wrapping_sub(self.bias).wrapping_sub(1);
            let frames = self.binary.frames_at(pc).into_iter();
            stack.extend(frames.map(|frame| Place {
                function: frame.function.to_owned(),
                file: frame.file.to_owned(),
                line: frame.line,
            }));
        }
        stack.retain(|place| place.function != "runtime.goexit");
        stack
    }

    /// The frame that its author would name.
    pub(super) fn named<'p>(&self, stack: &'p [Place]) -> Option<&'p Place> {
        let of = |place: &Place, test: &dyn Fn(&str) -> bool| {
            test(&Symbol::parse(&place.function).package)
        };
        let find = |test: &dyn Fn(&str) -> bool| stack.iter().find(|place| of(place, test));
        find(&|package| self.is_of_module(package))
            .or_else(|| find(&|package| !package.is_empty() && !is_service(package)))
            .or_else(|| stack.last())
    }

    /// Whether a package belongs to the program or to a module that it uses: not to the standard library.
    fn is_of_module(&self, package: &str) -> bool {
        if package == "main" {
            return true;
        }
        if is_at_or_below(package, WRAPPERS) {
            return false;
        }
        if self.modules.is_empty() {
            // Import paths of the standard library have no dot in their first part.
            return package
                .split('/')
                .next()
                .is_some_and(|first| first.contains('.'));
        }
        let prefixes = package.match_indices('/').map(|(at, _)| &package[..at]);
        prefixes
            .chain([package])
            .any(|prefix| self.modules.contains(prefix))
    }

    /// The identity of a line.
    pub(super) fn site(&self, place: &Place) -> SiteId {
        let symbol = Symbol::parse(&place.function);
        let main = self.binary.build_info();
        let main = main.and_then(|info| info.path.as_deref());
        SiteId {
            package: match (&*symbol.package, main) {
                ("main", Some(path)) => path.to_owned(),
                (package, _) => package.to_owned(),
            },
            function: symbol.declared_name(),
            file: place.file.rsplit('/').next().unwrap_or_default().to_owned(),
            line: place.line,
            ordinal: 1,
        }
    }
}

/// What is added to addresses in the file of a process's program.
fn bias(binary: &Binary<'_>, pid: i32) -> Option<u64> {
    let image = binary.image();
    let vector = std::fs::read(path(pid, "auxv")).unwrap_or_default();
    if let Some(entry) = entry_of(&vector) {
        return Some(entry.wrapping_sub(image.entry()));
    }
    // That is for the owner only; this is for all who may trace.
    let exe = std::fs::read_link(path(pid, "exe")).ok()?;
    let exe = exe.to_string_lossy();
    let maps = std::fs::read_to_string(path(pid, "maps")).ok()?;
    let first = maps.lines().find(|line| line.ends_with(&*exe))?;
    let (start, _) = first.split_once('-')?;
    let start = u64::from_str_radix(start, 16).ok()?;
    let lowest = image
        .segments()
        .iter()
        .map(|segment| segment.address)
        .min()?;
    Some(start.wrapping_sub(lowest & !0xfff))
}

fn is_service(package: &str) -> bool {
    SERVICES
        .iter()
        .any(|service| is_at_or_below(package, service))
        || is_at_or_below(package, WRAPPERS)
}

fn is_at_or_below(package: &str, path: &str) -> bool {
    package
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_serve_others_are_known() {
        for service in ["os", "net/http", "internal/poll", "golang.org/x/sys/unix"] {
            assert!(is_service(service), "{service}");
        }
        for other in ["osutil", "database/sql", "example.com/net", "main"] {
            assert!(!is_service(other), "{other}");
        }
    }
}
