//! What must hold of bytes that are taken for a profile, or for evidence.

use profiles::evidence::{self, Merged};
use profiles::flame::Graph;
use profiles::pprof::{Limits, Profile};

/// Small enough that an input which wants more is refused before it gets it.
const LIMITS: Limits = Limits {
    unpacked: 1 << 22,
    memory: 1 << 26,
    frames: 1 << 16,
};

/// Reads `bytes` as a profile and as evidence, and asks all there is to ask.
pub fn check(bytes: &[u8]) {
    match Profile::read_within(bytes, &LIMITS) {
        Ok(profile) => whole(&profile),
        Err(error) => assert!(!error.to_string().is_empty(), "an error says something"),
    }
    match evidence::read(bytes) {
        Ok(observations) => {
            let sites: usize = observations.iter().map(|one| one.sites.len()).sum();
            let mut out = Vec::new();
            for one in &observations {
                evidence::write(&mut out, one).expect("written");
            }
            let again = evidence::read(&out).expect("what is written is read");
            assert_eq!(again.len(), observations.len());
            assert!(Merged::of(again).sites.len() <= sites);
        }
        Err(error) => assert!(error.line > 0, "an error has a line"),
    }
}

fn whole(profile: &Profile) {
    let kinds = profile.sample_types().len();
    let mut frames = 0;
    for sample in profile.samples() {
        assert_eq!(sample.values().len(), kinds);
        frames += sample.frames().count();
        let _ = sample.labels().count();
    }
    assert!(frames <= LIMITS.frames);
    let mut out = Vec::new();
    profile.write(&mut out).expect("written");
    let again = Profile::read(&out).expect("what is written is read");
    assert_eq!(again.samples().len(), profile.samples().len());
    let _ = evidence::from_cpu_profile(profile, "fuzz");
    let mut page = Vec::new();
    Graph::of_profile("fuzz", profile, 0)
        .write_html(&mut page)
        .expect("written");
    let page = String::from_utf8(page).expect("text");
    assert_eq!(page.matches("<script").count(), 1, "names stay text");
}
