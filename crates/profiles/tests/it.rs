//! A CPU profile that Go 1.27.3 wrote, of the program in `xtask/go/hot`.

use std::io::Read;

use profiles::evidence::{Site, from_cpu_profile};
use profiles::flame::Graph;
use profiles::pprof::Profile;

const HOT: &[u8] = include_bytes!("../testdata/hot.pb.gz");
const SOURCE: &str = include_str!("../../../xtask/go/hot/main.go");

/// The line of the program that ends like this.
fn line(end: &str) -> u32 {
    let found = (1..)
        .zip(SOURCE.lines())
        .find(|(_, text)| text.ends_with(end));
    found.expect("a line of the program").0
}

#[test]
fn a_profile_of_go_is_read() {
    let profile = Profile::read(HOT).expect("a profile");
    let kinds: Vec<_> = profile
        .sample_types()
        .map(|kind| format!("{}/{}", kind.kind, kind.unit))
        .collect();
    assert_eq!(kinds, ["samples/count", "cpu/nanoseconds"]);
    assert!(profile.samples().len() > 50);
    assert!(
        profile
            .samples()
            .all(|sample| sample.frames().next().is_some())
    );
    let mut written = Vec::new();
    profile.write(&mut written).expect("written");
    assert_eq!(Profile::read(&written).expect("read again"), profile);
}

#[test]
fn its_defers_are_found_with_their_class() {
    let profile = Profile::read(HOT).expect("a profile");
    let told = from_cpu_profile(&profile, "hot.pb.gz").expect("a CPU profile");
    let sites = &told.evidence.sites;
    let at = |function: &str, line: u32| -> &Site {
        let found = sites
            .iter()
            .find(|site| site.function == function && site.line == line);
        found.unwrap_or_else(|| panic!("{function}:{line} in {sites:#?}"))
    };
    let class = |site: &Site| site.class.map(go_binary::Class::as_str);
    let heap = at("(*store).heap", line("// heap-allocated"));
    assert_eq!(heap.package, "main");
    assert_eq!(class(heap), Some("heap-allocated"));
    assert_eq!(heap.path.as_deref(), Some("example.com/hot/main.go"));
    assert!(heap.cpu_ns > Some(0));
    let stack: Vec<_> = sites
        .iter()
        .filter(|site| site.function == "(*store).stack")
        .collect();
    assert!(!stack.is_empty());
    assert!(
        stack
            .iter()
            .all(|site| class(site) == Some("stack-allocated"))
    );
    let total = told.evidence.header.total_cpu_ns.expect("a total");
    let machinery: u64 = sites.iter().filter_map(|site| site.cpu_ns).sum();
    assert!(machinery <= total);
    assert!(
        told.unattributed_ns < total / 10,
        "{} of {total}",
        told.unattributed_ns
    );
}

#[test]
fn it_is_drawn() {
    let profile = Profile::read(HOT).expect("a profile");
    let graph = Graph::of_profile("hot", &profile, 1);
    let total: i64 = profile.samples().map(|sample| sample.values()[1]).sum();
    assert_eq!(graph.total(), u64::try_from(total).expect("positive"));
    let mut svg = Vec::new();
    graph.write_svg(&mut svg).expect("written");
    let svg = String::from_utf8(svg).expect("text");
    assert!(svg.contains("main.(*store).heap"));
    assert!(svg.trim_end().ends_with("</svg>"));
}

/// Numbers that repeat themselves.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

#[test]
fn damaged_profiles_are_refused_or_read() {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(HOT)
        .read_to_end(&mut plain)
        .expect("unpacked");
    let mut numbers = Numbers(1);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..1_000 {
        let mut bytes = plain.clone();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(bytes.len());
            bytes[at] ^= 1 << numbers.below(8);
        }
        match Profile::read(&bytes) {
            Ok(profile) => {
                read += 1;
                let _ = from_cpu_profile(&profile, "damaged");
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
    for end in 0..HOT.len() {
        assert!(Profile::read(&HOT[..end]).is_err(), "cut at {end}");
    }
}
