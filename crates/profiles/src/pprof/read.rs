//! Reading profiles. They come from anywhere: what they would take in memory is known before it is
//! taken, and every number is looked up once, so that nothing else has to doubt.

use std::collections::HashMap;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use prost::Message;

use super::{Profile, entry, proto};

/// How much a profile may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes after unpacking.
    pub unpacked: usize,
    /// Bytes in memory, about.
    pub memory: usize,
    /// Frames of all samples together: few bytes can stand for many.
    pub frames: usize,
}

impl Default for Limits {
    /// A hundred times what a day of a large program's profile has.
    fn default() -> Self {
        Self {
            unpacked: 256 << 20,
            memory: 1 << 30,
            frames: 1 << 26,
        }
    }
}

/// A profile could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Nothing there.
    #[error("the profile is empty")]
    Empty,
    /// Text, such as `debug=1` gives.
    #[error(
        "this is text, not a pprof profile; take it without `debug=1`, or from `go test -cpuprofile`"
    )]
    Text,
    /// The gzip stream is damaged or cut off.
    #[error("the profile cannot be unpacked: {0}")]
    Unpack(#[source] io::Error),
    /// Larger than the limit.
    #[error("the profile is larger than {0} bytes when unpacked")]
    TooLarge(usize),
    /// Many small messages.
    #[error("the profile would take more than {0} bytes of memory")]
    TooMuchMemory(usize),
    /// Long stacks, again and again.
    #[error("the stacks of the profile have more than {0} frames")]
    TooManyFrames(usize),
    /// Not the wire format.
    #[error("this is not a pprof profile: {0}")]
    Damaged(String),
    /// A number that leads nowhere.
    #[error("the profile contradicts itself: {0}")]
    Inconsistent(String),
}

/// What gzip begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Profile, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    let unpacked;
    let plain = if bytes.starts_with(GZIP) {
        unpacked = unpack(bytes, limits.unpacked)?;
        &unpacked
    } else {
        bytes
    };
    if plain.is_empty() {
        return Err(ReadError::Empty);
    }
    if plain.len() > limits.unpacked {
        return Err(ReadError::TooLarge(limits.unpacked));
    }
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if plain[..plain.len().min(256)].iter().all(is_text) {
        return Err(ReadError::Text);
    }
    if memory(plain)? > limits.memory {
        return Err(ReadError::TooMuchMemory(limits.memory));
    }
    let decoded =
        proto::Profile::decode(plain).map_err(|error| ReadError::Damaged(error.to_string()))?;
    consistent(decoded, limits)
}

fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>, ReadError> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(limit as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(ReadError::Unpack)?;
    if plain.len() > limit {
        return Err(ReadError::TooLarge(limit));
    }
    Ok(plain)
}

/// About how much memory the messages take: a message of two bytes becomes a structure of dozens.
fn memory(plain: &[u8]) -> Result<usize, ReadError> {
    let mut sum = 0usize;
    for field in Fields(plain) {
        let (number, payload) = field?;
        let payload = payload.unwrap_or_default();
        let size = match number {
            1 => size_of::<proto::ValueType>(),
            2 => {
                size_of::<proto::Sample>()
                    + of_entries(payload, 3, size_of::<proto::Label>())
                    + payload.len() * size_of::<u64>()
            }
            3 => size_of::<proto::Mapping>(),
            4 => size_of::<proto::Location>() + of_entries(payload, 4, size_of::<proto::Line>()),
            5 => size_of::<proto::Function>(),
            6 => size_of::<Vec<u8>>() + payload.len(),
            13 => payload.len().max(1) * size_of::<i64>(),
            _ => 0,
        };
        // Tables grow by doubling.
        sum = sum.saturating_add(2 * size);
    }
    Ok(sum)
}

fn of_entries(message: &[u8], number: u32, size: usize) -> usize {
    let entries = Fields(message).map_while(Result::ok);
    entries.filter(|&(found, _)| found == number).count() * size
}

/// The fields of a message: number, and bytes where it has them.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u32, Option<&'a [u8]>)> {
        let key = self.varint()?;
        let payload = match key & 7 {
            0 => {
                self.varint()?;
                None
            }
            1 => self.take(8).map(|_| None)?,
            2 => {
                let length = self.varint()?;
                Some(self.take(length)?)
            }
            5 => self.take(4).map(|_| None)?,
            _ => return None,
        };
        Some((u32::try_from(key >> 3).ok()?, payload))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Option<&'a [u8]>), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let left = self.0.len();
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(|| {
            ReadError::Damaged(format!("no field begins {left} bytes before the end"))
        }))
    }
}

/// Checks every number, and makes identifiers positions.
fn consistent(mut decoded: proto::Profile, limits: &Limits) -> Result<Profile, ReadError> {
    let wrong = |what: String| Err(ReadError::Inconsistent(what));
    if decoded.sample_type.is_empty() {
        return wrong("it does not say what its values mean".to_owned());
    }
    if decoded
        .string_table
        .first()
        .is_none_or(|text| !text.is_empty())
    {
        return wrong("its first string is not the empty one".to_owned());
    }
    let count = decoded.string_table.len();
    let mut strings = Ok(());
    for_each_string(&decoded, |index| {
        if strings.is_ok() && usize::try_from(index).is_ok_and(|index| index < count) {
            return;
        }
        if strings.is_ok() {
            strings = Err(index);
        }
    });
    if let Err(index) = strings {
        return wrong(format!("there is no string {index}, only {count}"));
    }
    let mappings = numbered("mapping", decoded.mapping.iter_mut().map(|m| &mut m.id))?;
    let functions = numbered("function", decoded.function.iter_mut().map(|f| &mut f.id))?;
    let locations = numbered("location", decoded.location.iter_mut().map(|l| &mut l.id))?;
    for location in &mut decoded.location {
        if location.mapping_id != 0 {
            renumber("mapping", &mappings, &mut location.mapping_id)?;
        }
        for line in &mut location.line {
            renumber("function", &functions, &mut line.function_id)?;
        }
    }
    let width = decoded.sample_type.len();
    let mut frames = 0usize;
    for sample in &mut decoded.sample {
        if sample.value.len() != width {
            return wrong(format!(
                "a sample has {} values, and there are {width} kinds of them",
                sample.value.len()
            ));
        }
        for id in &mut sample.location_id {
            renumber("location", &locations, id)?;
            let lines = entry(&decoded.location, *id).map_or(0, |location| location.line.len());
            frames = frames.saturating_add(lines.max(1));
        }
        if frames > limits.frames {
            return Err(ReadError::TooManyFrames(limits.frames));
        }
    }
    Ok(Profile { proto: decoded })
}

fn for_each_string(profile: &proto::Profile, mut f: impl FnMut(i64)) {
    for kind in profile.sample_type.iter().chain(&profile.period_type) {
        f(kind.kind);
        f(kind.unit);
    }
    for label in profile.sample.iter().flat_map(|sample| &sample.label) {
        f(label.key);
        f(label.text);
        f(label.unit);
    }
    for mapping in &profile.mapping {
        f(mapping.filename);
        f(mapping.build_id);
    }
    for function in &profile.function {
        f(function.name);
        f(function.system_name);
        f(function.filename);
    }
    profile.comment.iter().for_each(|&text| f(text));
    f(profile.default_sample_type);
}

/// Gives the entries of a table their positions for identifiers.
fn numbered<'a>(
    what: &str,
    ids: impl Iterator<Item = &'a mut u64>,
) -> Result<HashMap<u64, u64>, ReadError> {
    let mut known = HashMap::new();
    for (position, id) in (1u64..).zip(ids) {
        if *id == 0 || known.insert(*id, position).is_some() {
            return Err(ReadError::Inconsistent(format!(
                "{what} {id} is there twice, or has no number"
            )));
        }
        *id = position;
    }
    Ok(known)
}

fn renumber(what: &str, known: &HashMap<u64, u64>, id: &mut u64) -> Result<(), ReadError> {
    *id = *known
        .get(id)
        .ok_or_else(|| ReadError::Inconsistent(format!("there is no {what} {id}")))?;
    Ok(())
}
