//! The stacks as a tree, and where each frame of it is drawn.

use std::collections::HashMap;
use std::io::{self, Write};

use super::{draw, page};
use crate::pprof::Profile;

/// Stacks deeper than this are drawn without what lies above.
const MAX_DEPTH: usize = 200;
/// So many frames are drawn at most, the widest first.
const MAX_BOXES: usize = 20_000;

/// A flame graph.
#[derive(Debug)]
pub struct Graph {
    title: String,
    unit: String,
    nodes: Vec<Node>,
    names: HashMap<String, u32>,
    texts: Vec<String>,
    children: HashMap<(u32, u32), u32>,
}

#[derive(Debug)]
struct Node {
    name: u32,
    depth: u32,
    weight: u64,
    children: Vec<u32>,
}

/// A frame as it is drawn; positions are shares of the whole.
#[derive(Debug)]
pub(super) struct Box<'g> {
    pub(super) name: &'g str,
    pub(super) depth: usize,
    pub(super) weight: u64,
    pub(super) left: f64,
    pub(super) width: f64,
}

impl Graph {
    /// A graph without stacks. The unit is written behind weights; `nanoseconds` and `bytes` are
    /// written for people.
    #[must_use]
    pub fn new(title: &str, unit: &str) -> Self {
        let root = Node {
            name: 0,
            depth: 0,
            weight: 0,
            children: Vec::new(),
        };
        Self {
            title: title.to_owned(),
            unit: unit.to_owned(),
            nodes: vec![root],
            names: HashMap::from([("all".to_owned(), 0)]),
            texts: vec!["all".to_owned()],
            children: HashMap::new(),
        }
    }

    /// The stacks of a profile, weighted by one of its values. What is inlined has frames of its own.
    #[must_use]
    pub fn of_profile(title: &str, profile: &Profile, value: usize) -> Self {
        let unit = profile.sample_types().nth(value);
        let mut graph = Self::new(title, unit.as_ref().map_or("", |kind| &kind.unit));
        let mut names = Vec::new();
        for sample in profile.samples() {
            let weight = sample.values().get(value).copied().unwrap_or(0);
            let Ok(weight) = u64::try_from(weight) else {
                continue;
            };
            names.clear();
            names.extend(sample.frames().map(|frame| frame.function));
            graph.add(names.iter().rev(), weight);
        }
        graph
    }

    /// Adds a stack, from the outermost frame inwards. What weighs nothing is not drawn.
    pub fn add<S: AsRef<str>>(&mut self, stack: impl IntoIterator<Item = S>, weight: u64) {
        if weight == 0 {
            return;
        }
        let mut at = 0u32;
        self.weigh(at, weight);
        for name in stack.into_iter().take(MAX_DEPTH) {
            let name = self.name(name.as_ref());
            at = match self.children.get(&(at, name)) {
                Some(&known) => known,
                None => self.grow(at, name),
            };
            self.weigh(at, weight);
        }
    }

    /// What all stacks weigh.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.nodes.first().map_or(0, |root| root.weight)
    }

    /// Draws it as an SVG.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub fn write_svg(&self, out: &mut dyn Write) -> io::Result<()> {
        draw::alone(out, self)
    }

    /// Draws it as a page of HTML.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub fn write_html(&self, out: &mut dyn Write) -> io::Result<()> {
        page::write(out, self)
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// A weight in its unit, for people.
    pub(super) fn shown(&self, weight: u64) -> String {
        amount(weight, &self.unit)
    }

    /// What is drawn, callers before what they call, and how many frames are too narrow for that.
    pub(super) fn boxes(&self) -> (Vec<Box<'_>>, usize) {
        let total = self.total();
        if total == 0 {
            return (Vec::new(), 0);
        }
        let least = self.least_weight();
        let mut boxes = Vec::new();
        let mut pending = vec![(0usize, 0.0)];
        while let Some((at, left)) = pending.pop() {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            let share = |weight: u64| weight as f64 / total as f64;
            boxes.push(Box {
                name: self.text(node.name),
                depth: node.depth as usize,
                weight: node.weight,
                left,
                width: share(node.weight),
            });
            let mut children: Vec<_> = node
                .children
                .iter()
                .filter_map(|&child| Some((child as usize, self.nodes.get(child as usize)?)))
                .collect();
            children.sort_by_key(|(_, child)| self.text(child.name));
            let mut left = left;
            for (index, child) in children {
                if child.weight >= least {
                    pending.push((index, left));
                }
                left += share(child.weight);
            }
        }
        let narrow = self.nodes.len() - boxes.len();
        (boxes, narrow)
    }

    /// The weight of the narrowest frame that is drawn.
    fn least_weight(&self) -> u64 {
        if self.nodes.len() <= MAX_BOXES {
            return 1;
        }
        let mut weights: Vec<_> = self.nodes.iter().map(|node| node.weight).collect();
        weights.sort_unstable_by(|one, other| other.cmp(one));
        // Frames as wide as the first one that is left out are left out too.
        weights.get(MAX_BOXES).map_or(1, |weight| weight + 1)
    }

    fn text(&self, name: u32) -> &str {
        self.texts.get(name as usize).map_or("", String::as_str)
    }

    fn weigh(&mut self, at: u32, weight: u64) {
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.weight = node.weight.saturating_add(weight);
        }
    }

    fn name(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.names.get(name) {
            return known;
        }
        let index = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(name.to_owned());
        self.names.insert(name.to_owned(), index);
        index
    }

    fn grow(&mut self, parent: u32, name: u32) -> u32 {
        let index = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let depth = self
            .nodes
            .get(parent as usize)
            .map_or(0, |node| node.depth + 1);
        self.nodes.push(Node {
            name,
            depth,
            weight: 0,
            children: Vec::new(),
        });
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children.push(index);
        }
        self.children.insert((parent, name), index);
        index
    }
}

/// An amount as people write it.
fn amount(value: u64, unit: &str) -> String {
    let scaled = |steps: &[(&str, f64)]| {
        let value = value as f64;
        let (name, size) = steps
            .iter()
            .rev()
            .find(|(_, size)| value >= *size)
            .unwrap_or(&steps[0]);
        let number = value / size;
        if *size == 1.0 || number >= 100.0 {
            format!("{number:.0} {name}")
        } else {
            format!("{number:.1} {name}")
        }
    };
    match unit {
        "nanoseconds" => scaled(&[("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)]),
        "bytes" => scaled(&[
            ("B", 1.0),
            ("KiB", 1024.0),
            ("MiB", 1024.0 * 1024.0),
            ("GiB", 1024.0 * 1024.0 * 1024.0),
        ]),
        "" | "count" => grouped(value),
        unit => format!("{} {unit}", grouped(value)),
    }
}

/// 1234567 as 1,234,567.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let mut graph = Graph::new("defers <held>", "nanoseconds");
        graph.add(["main.main", "main.work", "os.Open"], 6_000);
        graph.add(["main.main", "main.idle"], 2_000);
        graph.add(["main.main", "main.work"], 2_000);
        graph
    }

    #[test]
    fn stacks_share_their_beginnings() {
        let graph = graph();
        let (boxes, narrow) = graph.boxes();
        let mut shown: Vec<_> = boxes
            .iter()
            .map(|b| {
                let place = (b.left * 100.0).round() as u32;
                (b.name, b.depth, place, (b.width * 100.0).round() as u32)
            })
            .collect();
        shown.sort_unstable_by_key(|&(_, depth, left, _)| (depth, left));
        assert_eq!(
            shown,
            [
                ("all", 0, 0, 100),
                ("main.main", 1, 0, 100),
                ("main.idle", 2, 0, 20),
                ("main.work", 2, 20, 80),
                ("os.Open", 3, 20, 60),
            ]
        );
        assert_eq!(narrow, 0);
    }

    #[test]
    fn the_widest_frames_are_drawn_when_there_are_too_many() {
        let mut graph = Graph::new("many", "count");
        for index in 0..30_000u64 {
            graph.add([format!("f{index}")], index + 1);
        }
        let (boxes, narrow) = graph.boxes();
        assert_eq!(boxes.len(), MAX_BOXES);
        assert_eq!(boxes.len() + narrow, 30_001);
        assert!(boxes.iter().all(|b| b.weight > 10_000));
    }

    #[test]
    fn endless_recursion_is_cut() {
        let mut graph = Graph::new("deep", "count");
        graph.add(std::iter::repeat_n("main.f", 100_000), 1);
        let (boxes, _) = graph.boxes();
        assert_eq!(boxes.len(), MAX_DEPTH + 1);
    }

    #[test]
    fn amounts_are_written_for_people() {
        assert_eq!(amount(950, "nanoseconds"), "950 ns");
        assert_eq!(amount(1_500_000, "nanoseconds"), "1.5 ms");
        assert_eq!(amount(3 << 20, "bytes"), "3.0 MiB");
        assert_eq!(amount(1_234_567, "count"), "1,234,567");
        assert_eq!(amount(12, "defers"), "12 defers");
        assert_eq!(amount(0, "nanoseconds"), "0 ns");
    }

    #[test]
    fn what_weighs_nothing_is_not_there() {
        let mut graph = Graph::new("none", "count");
        graph.add(["main.f"], 0);
        assert_eq!(graph.total(), 0);
        assert!(graph.boxes().0.is_empty());
        let mut svg = Vec::new();
        graph.write_svg(&mut svg).expect("written");
        let svg = String::from_utf8(svg).expect("text");
        assert!(svg.contains("nothing was observed"), "{svg}");
    }

    #[test]
    fn names_stay_text() {
        let mut graph = Graph::new("</title><script>alert(1)</script>", "count");
        graph.add(["main.f[\"a\"&<b>]'\u{1b}"], 1);
        for write in [Graph::write_svg, Graph::write_html] {
            let mut out = Vec::new();
            write(&graph, &mut out).expect("written");
            let out = String::from_utf8(out).expect("text");
            assert!(!out.contains("<script>alert"), "{out}");
            assert!(!out.contains("<b>"), "{out}");
            assert!(!out.contains('\u{1b}'));
            assert!(out.contains("main.f[&quot;a&quot;&amp;&lt;b&gt;]&#39;"));
        }
    }
}
