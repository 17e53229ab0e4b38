//! What in a snapshot looks like a defect: which rule of `check` to ask, and what to do.

use crate::snapshot::{Group, SitePending, Snapshot};

/// So many calls pending at a site in one goroutine are too many: nobody nests functions that deep by hand.
pub const MANY_CALLS: u64 = 100;
/// So many goroutines that wait for the same at the same place are too many to be workers.
pub const MANY_GOROUTINES: u64 = 1000;

/// Something that looks like a defect.
#[derive(Clone, Debug)]
pub struct Suspicion<'s> {
    /// Where.
    pub at: At<'s>,
    /// What is suspicious about it.
    pub why: String,
    /// The rules that know the defect, the likeliest first.
    pub rules: &'static [&'static str],
    /// What to do.
    pub fix: &'static str,
}

/// Where something is suspicious.
#[derive(Clone, Copy, Debug)]
pub enum At<'s> {
    /// At a `defer` statement.
    Site(&'s SitePending),
    /// Where goroutines wait.
    Group(&'s Group),
}

impl Snapshot {
    /// What looks like a defect, the gravest first.
    #[must_use]
    pub fn suspicions(&self) -> Vec<Suspicion<'_>> {
        let sites = self.sites.iter().filter_map(|site| {
            let (why, (rules, fix)) = of_site(site)?;
            Some(Suspicion {
                at: At::Site(site),
                why,
                rules,
                fix,
            })
        });
        let groups = self.groups.iter().filter_map(|group| {
            let (rules, fix) = of_group(group)?;
            let doing = if group.reason.is_empty() {
                group.status.as_str()
            } else {
                &group.reason
            };
            Some(Suspicion {
                at: At::Group(group),
                why: format!("{} goroutines are at the same place: {doing}", group.count),
                rules,
                fix,
            })
        });
        sites.chain(groups).collect()
    }
}

/// Which rules to ask, the likeliest first, and what to do.
type Advice = (&'static [&'static str], &'static str);

const RECURSION: Advice = (
    &["defer-in-recursion"],
    "release before the function calls itself, or turn the recursion into a loop",
);

const LOOP: Advice = (
    &[
        "defer-in-loop",
        "defer-in-endless-loop",
        "defer-in-channel-range",
    ],
    "put the body of the loop into a function of its own",
);

/// By what many goroutines wait for.
const WAITING: [(&[&str], Advice); 7] = [
    (
        &["chan send", "chan send (nil chan)", "chan send (durable)"],
        (
            &["abandoned-send", "nil-channel"],
            "give the channel room for the value, or let the sender give up when the context does",
        ),
    ),
    (
        &[
            "chan receive",
            "chan receive (nil chan)",
            "chan receive (durable)",
        ],
        (
            &["abandoned-receive", "channel-never-closed", "nil-channel"],
            "close the channel when nothing more is sent, or wait for the context, too",
        ),
    ),
    (
        &["select", "select (no cases)", "select (durable)"],
        (
            &["goroutine-without-stop"],
            "let the goroutine end when its context does",
        ),
    ),
    (
        &[
            "sync.Mutex.Lock",
            "sync.RWMutex.Lock",
            "sync.RWMutex.RLock",
            "semacquire",
        ],
        (
            &[
                "lock-not-released",
                "double-lock",
                "lock-held-while-blocking",
            ],
            "see who holds the lock: unlock with defer, and do not block while it is held",
        ),
    ),
    (
        &["sync.WaitGroup.Wait", "sync.WaitGroup.Wait (durable)"],
        (
            &["waitgroup-done-missing", "waitgroup-wrong-count"],
            "call Done with defer, at the start of the goroutine",
        ),
    ),
    (
        &["sync.Cond.Wait"],
        (
            &["cond-never-signalled"],
            "signal the condition where it becomes true",
        ),
    ),
    (
        &["IO wait"],
        (
            &["conn-not-closed", "body-not-closed"],
            "close what is read from, or set a deadline",
        ),
    ),
];

/// The rules that a suspicion can name.
pub fn suspected_rules() -> impl Iterator<Item = &'static str> {
    let advice = WAITING.iter().map(|(_, advice)| advice);
    let advice = advice.chain([&RECURSION, &LOOP]);
    advice.flat_map(|(rules, _)| rules.iter().copied())
}

fn of_site(site: &SitePending) -> Option<(String, Advice)> {
    if site.largest < MANY_CALLS {
        return None;
    }
    // As many frames as calls: the function called itself.
    if site.frames == site.pending {
        return Some((
            format!(
                "{} calls are pending in goroutine {}, each in a call of its own: a recursion",
                site.largest, site.largest_in
            ),
            RECURSION,
        ));
    }
    Some((
        format!(
            "{} calls are pending in goroutine {}, and {} calls of the function made them: a loop \
             makes promises that are kept when the function returns",
            site.largest, site.largest_in, site.frames
        ),
        LOOP,
    ))
}

fn of_group(group: &Group) -> Option<Advice> {
    if group.system || group.count < MANY_GOROUTINES {
        return None;
    }
    let reason = group.reason.as_str();
    let (_, advice) = WAITING
        .iter()
        .find(|(reasons, _)| reasons.contains(&reason))?;
    Some(*advice)
}
