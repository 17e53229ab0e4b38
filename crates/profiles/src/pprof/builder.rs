//! Making profiles: names become numbers in tables, equal samples become one.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Frame, Label, Mapping, Profile, proto};

/// A mapping of the profile that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MappingId(pub(super) u64);

/// A profile in the making.
#[derive(Debug)]
pub struct Builder {
    proto: proto::Profile,
    strings: HashMap<String, i64>,
    functions: HashMap<(i64, i64, i64), u64>,
    locations: HashMap<(u64, u64, Vec<proto::Line>), u64>,
    samples: HashMap<(Vec<u64>, Vec<proto::Label>), usize>,
}

impl Builder {
    /// A profile whose samples have these values, each a kind and a unit; there must be at least one.
    /// `go tool pprof` shows the last one unless it is told otherwise by [`Builder::shown_first`].
    #[must_use]
    pub fn new(sample_types: &[(&str, &str)]) -> Self {
        let mut builder = Self {
            proto: proto::Profile::default(),
            strings: HashMap::new(),
            functions: HashMap::new(),
            locations: HashMap::new(),
            samples: HashMap::new(),
        };
        // The format wants the empty string at zero.
        builder.string("");
        for (kind, unit) in sample_types {
            let kind = builder.kind(kind, unit);
            builder.proto.sample_type.push(kind);
        }
        builder
    }

    /// The kind of value that viewers show first.
    pub fn shown_first(&mut self, kind: &str) -> &mut Self {
        self.proto.default_sample_type = self.string(kind);
        self
    }

    /// What lies between two samples.
    pub fn period(&mut self, kind: &str, unit: &str, period: i64) -> &mut Self {
        self.proto.period_type = Some(self.kind(kind, unit));
        self.proto.period = period;
        self
    }

    /// When the observation began, and how long it took.
    pub fn taken(&mut self, started: SystemTime, took: Duration) -> &mut Self {
        let since = started.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.proto.time_nanos = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        self.proto.duration_nanos = i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
        self
    }

    /// A remark, which `go tool pprof -comments` shows.
    pub fn comment(&mut self, text: &str) -> &mut Self {
        let text = self.string(text);
        self.proto.comment.push(text);
        self
    }

    /// A file that was mapped. The first one should be the program.
    pub fn mapping(&mut self, mapping: &Mapping<'_>) -> MappingId {
        let id = self.proto.mapping.len() as u64 + 1;
        let mapping = proto::Mapping {
            id,
            memory_start: mapping.start,
            memory_limit: mapping.end,
            file_offset: mapping.offset,
            filename: self.string(&mapping.file),
            build_id: self.string(&mapping.build_id),
            // Nobody need look for symbols: the frames have them.
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        };
        self.proto.mapping.push(mapping);
        MappingId(id)
    }

    /// Adds a stack, the frame that runs first, with a value for each sample type: missing ones are
    /// zero, further ones are not looked at. The values of equal stacks with equal labels are added up.
    pub fn sample(&mut self, stack: &[Frame<'_>], values: &[i64], labels: &[Label<'_>]) {
        let mut location_id = Vec::with_capacity(stack.len());
        let mut rest = stack;
        while !rest.is_empty() {
            let inlined = rest.iter().take_while(|frame| frame.inlined).count();
            // The outermost frame cannot have been inlined into anything.
            let (one, after) = rest.split_at((inlined + 1).min(rest.len()));
            location_id.push(self.location(one));
            rest = after;
        }
        let label: Vec<_> = labels.iter().map(|label| self.label(label)).collect();
        let width = self.proto.sample_type.len();
        let samples = &mut self.proto.sample;
        let place =
            *self
                .samples
                .entry((location_id, label))
                .or_insert_with_key(|(location_id, label)| {
                    samples.push(proto::Sample {
                        location_id: location_id.clone(),
                        value: vec![0; width],
                        label: label.clone(),
                    });
                    samples.len() - 1
                });
        for (sum, &value) in samples[place].value.iter_mut().zip(values) {
            *sum = sum.saturating_add(value);
        }
    }

    /// The finished profile.
    #[must_use]
    pub fn finish(self) -> Profile {
        Profile { proto: self.proto }
    }

    fn kind(&mut self, kind: &str, unit: &str) -> proto::ValueType {
        proto::ValueType {
            kind: self.string(kind),
            unit: self.string(unit),
        }
    }

    fn label(&mut self, label: &Label<'_>) -> proto::Label {
        match label {
            Label::Text(key, text) => proto::Label {
                key: self.string(key),
                text: self.string(text),
                ..proto::Label::default()
            },
            Label::Number(key, number, unit) => proto::Label {
                key: self.string(key),
                number: *number,
                unit: self.string(unit),
                ..proto::Label::default()
            },
        }
    }

    /// Frames that are one instruction: inlined calls and the function that they are in.
    fn location(&mut self, frames: &[Frame<'_>]) -> u64 {
        let lines: Vec<_> = frames
            .iter()
            .map(|frame| proto::Line {
                function_id: self.function(frame),
                line: frame.line.into(),
            })
            .collect();
        let address = frames.last().map_or(0, |frame| frame.address);
        let mapping = frames.last().and_then(|frame| frame.mapping);
        let mapping_id = mapping.map_or(0, |mapping| mapping.0);
        let locations = &mut self.proto.location;
        *self
            .locations
            .entry((mapping_id, address, lines))
            .or_insert_with_key(|(mapping_id, address, lines)| {
                let id = locations.len() as u64 + 1;
                locations.push(proto::Location {
                    id,
                    mapping_id: *mapping_id,
                    address: *address,
                    line: lines.clone(),
                });
                id
            })
    }

    fn function(&mut self, frame: &Frame<'_>) -> u64 {
        let name = self.string(&frame.function);
        let filename = self.string(&frame.file);
        let start_line = i64::from(frame.start_line);
        let functions = &mut self.proto.function;
        *self
            .functions
            .entry((name, filename, start_line))
            .or_insert_with(|| {
                let id = functions.len() as u64 + 1;
                functions.push(proto::Function {
                    id,
                    name,
                    system_name: name,
                    filename,
                    start_line,
                });
                id
            })
    }

    fn string(&mut self, text: &str) -> i64 {
        if let Some(&known) = self.strings.get(text) {
            return known;
        }
        let index = i64::try_from(self.proto.string_table.len()).unwrap_or(i64::MAX);
        self.proto.string_table.push(text.as_bytes().to_vec());
        self.strings.insert(text.to_owned(), index);
        index
    }
}
