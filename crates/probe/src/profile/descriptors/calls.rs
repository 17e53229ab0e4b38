//! Which system calls open and close descriptors, and what.

use crate::bpf::syscalls::Effect;
use crate::descriptors::Kind;

/// The kinds, under the numbers that our program knows them by.
const KINDS: [Kind; 10] = [
    Kind::Other,
    Kind::File,
    Kind::Socket,
    Kind::Pipe,
    Kind::Epoll,
    Kind::Event,
    Kind::Timer,
    Kind::Watch,
    Kind::Memory,
    Kind::Device,
];

/// The kind with a number.
pub(super) fn kind(number: u32) -> Kind {
    let at = usize::try_from(number).unwrap_or(usize::MAX);
    KINDS.get(at).copied().unwrap_or(Kind::Other)
}

fn number(kind: Kind) -> u32 {
    let at = KINDS.iter().position(|&known| known == kind);
    at.and_then(|at| u32::try_from(at).ok()).unwrap_or(0)
}

/// The calls that matter: their numbers, and what our program is told of them. Ranges of descriptors
/// (`close_range`) are not among them: whether one is still open is looked up at the end.
pub(super) fn table() -> Vec<(u32, u32)> {
    let effect = |effect: Effect, kind: Kind| effect.entry(number(kind));
    let opens = |kind| effect(Effect::Opens, kind);
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_mut, reason = "only amd64 has the older calls")
    )]
    let mut calls = vec![
        (libc::SYS_close, effect(Effect::Closes, Kind::Other)),
        (libc::SYS_openat, opens(Kind::File)),
        (libc::SYS_openat2, opens(Kind::File)),
        (libc::SYS_socket, opens(Kind::Socket)),
        (libc::SYS_accept, opens(Kind::Socket)),
        (libc::SYS_accept4, opens(Kind::Socket)),
        (
            libc::SYS_socketpair,
            effect(Effect::OpensPairFourth, Kind::Socket),
        ),
        (libc::SYS_pipe2, effect(Effect::OpensPair, Kind::Pipe)),
        (libc::SYS_epoll_create1, opens(Kind::Epoll)),
        (libc::SYS_eventfd2, opens(Kind::Event)),
        (libc::SYS_signalfd4, effect(Effect::Duplicates, Kind::Other)),
        (libc::SYS_timerfd_create, opens(Kind::Timer)),
        (libc::SYS_inotify_init1, opens(Kind::Watch)),
        (libc::SYS_memfd_create, opens(Kind::Memory)),
        (libc::SYS_pidfd_open, opens(Kind::Other)),
        (libc::SYS_perf_event_open, opens(Kind::Other)),
        (libc::SYS_dup, opens(Kind::Other)),
        (libc::SYS_dup3, opens(Kind::Other)),
        (libc::SYS_fcntl, effect(Effect::Controls, Kind::Other)),
    ];
    #[cfg(target_arch = "x86_64")]
    calls.extend([
        (libc::SYS_open, opens(Kind::File)),
        (libc::SYS_creat, opens(Kind::File)),
        (libc::SYS_pipe, effect(Effect::OpensPair, Kind::Pipe)),
        (libc::SYS_epoll_create, opens(Kind::Epoll)),
        (libc::SYS_eventfd, opens(Kind::Event)),
        (libc::SYS_signalfd, effect(Effect::Duplicates, Kind::Other)),
        (libc::SYS_inotify_init, opens(Kind::Watch)),
        (libc::SYS_dup2, effect(Effect::Duplicates, Kind::Other)),
    ]);
    calls
        .into_iter()
        .filter_map(|(call, entry)| Some((u32::try_from(call).ok()?, entry)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::syscalls::CALLS;

    #[test]
    fn every_call_has_a_place_in_the_table() {
        for (call, entry) in table() {
            assert!(call < CALLS && entry != 0, "{call}");
        }
        for kind_of in KINDS {
            assert_eq!(kind(number(kind_of)), kind_of);
        }
        assert_eq!(kind(99), Kind::Other);
    }
}
