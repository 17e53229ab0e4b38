//! The table of `oracle peers`.

use super::list::{Kind, Peer};

/// What came out for one check.
#[derive(Default)]
pub(super) struct Row {
    pub(super) expected: usize,
    pub(super) out: usize,
    pub(super) on_line: usize,
    pub(super) in_function: usize,
    pub(super) missed: Vec<Place>,
    pub(super) besides: Vec<Place>,
}

/// An expectation or finding, and what the list says of it.
pub(super) struct Place {
    pub(super) at: String,
    pub(super) what: String,
    pub(super) note: Option<(Kind, String)>,
}

impl Row {
    fn found(&self) -> usize {
        self.on_line + self.in_function
    }

    fn in_scope(&self) -> usize {
        self.found() + self.missed.len()
    }

    fn cells(&self, heads: [&str; 3]) -> String {
        let share = match self.in_scope() {
            0 => "–".to_owned(),
            all => format!("{:.0}", self.found() as f64 / all as f64 * 100.0),
        };
        let right = self
            .besides
            .iter()
            .filter(|place| matches!(place.note, Some((Kind::Right, _))))
            .count();
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {share} | {right} | {} |\n",
            heads[0],
            heads[1],
            heads[2],
            self.expected,
            self.in_scope(),
            self.found(),
            self.on_line,
            self.besides.len() - right,
        )
    }
}

/// What stands above the rows; continuous integration, which has not the sources, checks only this.
pub(super) const HEAD: &str = "# Peers' own test data

Written by `cargo xtask oracle peers --write`; do not edit. The expectations are those that the
authors of other checkers wrote into their test data; [peers.toml](peers.toml) says which, which of our
rules answer for them, and what is out of scope. An expectation is *found* when a rule speaks *on its
line*, or elsewhere in its function without answering for another expectation. What we say besides is
either *right*, which a note in peers.toml explains, or a false *alarm*.

| peer | check | our rules | expected | in scope | found | on the line | % | besides, right | alarms |
|---|---|---|--:|--:|--:|--:|--:|--:|--:|
";

/// The beginning of the row of a check.
pub(super) fn row_head(peer: &str, check: &str) -> String {
    format!("| {peer} | {check} |")
}

/// The table of all rows, in the order of the checks of the peers.
pub(super) fn table(peers: &[Peer], rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    let mut all = Row::default();
    let (mut missed, mut besides) = (String::new(), String::new());
    let checks = peers
        .iter()
        .flat_map(|peer| peer.checks.iter().map(move |check| (peer, check)));
    for ((peer, check), row) in checks.clone().zip(rows) {
        text.push_str(&row.cells([&peer.name, &check.name, &check.rules.join(", ")]));
        all.expected += row.expected;
        all.out += row.out;
        all.on_line += row.on_line;
        all.in_function += row.in_function;
        let head = format!("{} {}", peer.name, check.name);
        for place in &row.missed {
            let why = match &place.note {
                Some((_, reason)) => reason.as_str(),
                None => "**not explained**",
            };
            missed.push_str(&format!(
                "- {head}, {}: “{}”: {why}\n",
                place.at, place.what
            ));
        }
        for place in &row.besides {
            let why = match &place.note {
                Some((Kind::Right, reason)) => format!("right: {reason}"),
                Some((_, reason)) => format!("false: {reason}"),
                None => "**not judged**".to_owned(),
            };
            besides.push_str(&format!("- {head}, {}: {}: {why}\n", place.at, place.what));
        }
        all.missed.extend(row.missed.iter().map(Place::copy));
        all.besides.extend(row.besides.iter().map(Place::copy));
    }
    text.push_str(&all.cells(["**all**", "", ""]));
    text.push_str("\n## Out of scope\n\n");
    for (peer, check) in checks.clone() {
        for note in check.notes.iter().filter(|note| note.kind == Kind::Out) {
            text.push_str(&format!(
                "- {} {}: {}\n",
                peer.name, check.name, note.reason
            ));
        }
    }
    text.push_str("\n## Missed\n\n");
    text.push_str(&missed);
    text.push_str("\n## Said besides\n\n");
    text.push_str(&besides);
    text
}

impl Place {
    fn copy(&self) -> Self {
        Self {
            at: self.at.clone(),
            what: self.what.clone(),
            note: self.note.clone(),
        }
    }
}
