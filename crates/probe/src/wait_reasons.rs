//! Why a goroutine waits, in the words of Go's own stack traces. The numbers change with releases.

use go_binary::Version;

/// The reasons of Go 1.21, in the order of their numbers.
const GO_1_21: [&str; 32] = [
    "",
    "GC assist marking",
    "IO wait",
    "chan receive (nil chan)",
    "chan send (nil chan)",
    "dumping heap",
    "garbage collection",
    "garbage collection scan",
    "panicwait",
    "select",
    "select (no cases)",
    "GC assist wait",
    "GC sweep wait",
    "GC scavenge wait",
    "chan receive",
    "chan send",
    "finalizer wait",
    "force gc (idle)",
    "semacquire",
    "sleep",
    "sync.Cond.Wait",
    "sync.Mutex.Lock",
    "sync.RWMutex.RLock",
    "sync.RWMutex.Lock",
    "trace reader (blocked)",
    "wait for GC cycle",
    "GC worker (idle)",
    "GC worker (active)",
    "preempted",
    "debug call",
    "GC mark termination",
    "stopping the world",
];

/// What later releases put between or behind those before: release, number, text.
const SINCE: [(u16, usize, &str); 15] = [
    (22, 32, "flushing proc caches"),
    (22, 33, "trace goroutine status"),
    (22, 34, "trace proc status"),
    (22, 35, "page trace flush"),
    (22, 36, "coroutine"),
    (23, 37, "GC weak to strong wait"),
    (24, 24, "sync.WaitGroup.Wait"),
    (24, 39, "synctest.Run"),
    (24, 40, "synctest.Wait"),
    (24, 41, "chan receive (synctest)"),
    (24, 42, "chan send (synctest)"),
    (24, 43, "select (synctest)"),
    (25, 18, "GOMAXPROCS updater (idle)"),
    (25, 45, "sync.WaitGroup.Wait (durable)"),
    (25, 46, "cleanup wait"),
];

/// Go 1.26 put the first ones into another order.
const GO_1_26: [&str; 26] = [
    "",
    "GC assist marking",
    "IO wait",
    "dumping heap",
    "garbage collection",
    "garbage collection scan",
    "panicwait",
    "GC assist wait",
    "GC sweep wait",
    "GC scavenge wait",
    "finalizer wait",
    "force gc (idle)",
    "GOMAXPROCS updater (idle)",
    "semacquire",
    "sleep",
    "chan receive (nil chan)",
    "chan send (nil chan)",
    "select (no cases)",
    "select",
    "chan receive",
    "chan send",
    "sync.Cond.Wait",
    "sync.Mutex.Lock",
    "sync.RWMutex.RLock",
    "sync.RWMutex.Lock",
    "sync.WaitGroup.Wait",
];

/// What a release calls its reasons, by number.
#[must_use]
pub(crate) fn of(release: Version) -> Vec<&'static str> {
    let mut reasons = GO_1_21.to_vec();
    for (minor, at, text) in SINCE {
        if release.minor >= minor && at <= reasons.len() {
            reasons.insert(at, text);
        }
    }
    if release.minor >= 25 {
        for reason in &mut reasons {
            *reason = match *reason {
                "chan receive (synctest)" => "chan receive (durable)",
                "chan send (synctest)" => "chan send (durable)",
                "select (synctest)" => "select (durable)",
                other => other,
            };
        }
    }
    if release.minor >= 26 {
        reasons.splice(..GO_1_26.len(), GO_1_26);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_release() {
        let at = |minor, number: usize| of(Version::new(minor)).get(number).copied();
        assert_eq!(at(21, 18), Some("semacquire"));
        assert_eq!(at(25, 18), Some("GOMAXPROCS updater (idle)"));
        assert_eq!(at(25, 19), Some("semacquire"));
        assert_eq!(at(27, 13), Some("semacquire"));
        assert_eq!(at(27, 26), Some("trace reader (blocked)"));
        assert_eq!(at(21, 24), Some("trace reader (blocked)"));
        assert_eq!(at(24, 24), Some("sync.WaitGroup.Wait"));
        assert_eq!(at(25, 25), Some("sync.WaitGroup.Wait"));
        let lengths = [21, 22, 23, 24, 25, 27].map(|minor| of(Version::new(minor)).len());
        let mut sorted = (of(Version::new(25)), of(Version::new(26)));
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "only the order changed");
        assert_eq!(lengths, [32, 37, 38, 44, 47, 47]);
        assert_eq!(at(27, 46), Some("cleanup wait"));
        assert_eq!(at(27, 45), Some("sync.WaitGroup.Wait (durable)"));
    }
}
