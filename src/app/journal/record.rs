//! One record of the journal, and how it stands in the file: a line of JSON with a version in front
//! and a checksum at the end.
//!
//! Lessons and steps are named by their ids: an index would mean another step after an edit.
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::evidence::Evidence;
use super::seen::Seen;
use crate::limits;
use crate::tutor::StepResult;

/// The version this program writes.
const VERSION: u64 = 1;

/// Something worth keeping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When, in seconds since 1970 (UTC). For people; the order is the order in the file.
    pub t: u64,
    /// What happened.
    pub event: Event,
    /// The lesson's id.
    pub lesson: String,
    /// The step's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How the step went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<StepResult>,
    /// What the learner predicted or answered, in the lesson's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<String>,
    /// What the kernel's answer made true, in the lesson's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came_true: Vec<String>,
    /// The tag of the misconception a missed prediction points at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misconception: Option<String>,
    /// What kind of step it was: `predict`, `task`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The question of a prediction or a recall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What a missed prediction was answered with: the explanation, with the kernel's own values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<String>,
    /// What was observed of what came true: the kernel's own values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Hints that were asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hints: u32,
    /// Seconds spent on the step, at most [`limits::STEP_SECONDS`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seconds: u32,
    /// Figures of the learner's own machine.
    #[serde(default, skip_serializing_if = "Seen::is_empty")]
    pub seen: Seen,
    /// What the lines of a step with claims showed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Whatever else a later version adds.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A lesson begins from its first step.
    LessonStarted,
    /// A step is done.
    StepDone,
    /// The last step of a lesson is done.
    LessonDone,
    /// A question of a lesson was asked again, and how that went.
    Reviewed,
    /// Questions that were due were put off.
    ReviewLater,
    /// Questions are to be offered no more.
    ReviewOff,
    /// Questions are to be offered again.
    ReviewOn,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// As much of a text as a record keeps.
fn clipped(text: String) -> String {
    match text.char_indices().nth(limits::JOURNAL_TEXT) {
        None => text,
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
    }
}

/// As many paragraphs of an explanation as a record keeps.
fn paragraphs(text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(limits::JOURNAL_EXPLANATION) else {
        return text;
    };
    let kept = text.get(..end).unwrap_or_default();
    match kept.rfind("\n\n") {
        Some(border) => kept.get(..border).unwrap_or_default().to_owned(),
        None => clipped(text),
    }
}

impl Record {
    /// A record without a step.
    pub fn new(at: SystemTime, event: Event, lesson: impl Into<String>) -> Self {
        Self {
            t: at
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            event,
            lesson: lesson.into(),
            step: None,
            result: None,
            predicted: None,
            came_true: Vec::new(),
            misconception: None,
            kind: None,
            question: None,
            explained: None,
            observed: None,
            hints: 0,
            seconds: 0,
            seen: Seen::default(),
            evidence: Vec::new(),
            extra: Map::new(),
        }
    }

    /// A step that is done.
    pub fn step(
        at: SystemTime,
        lesson: impl Into<String>,
        step: impl Into<String>,
        result: StepResult,
    ) -> Self {
        Self {
            step: Some(step.into()),
            result: Some(result),
            ..Self::new(at, Event::StepDone, lesson)
        }
    }

    /// The same with what was predicted and what came true.
    #[must_use]
    pub fn with_prediction(mut self, predicted: Option<String>, came_true: Vec<String>) -> Self {
        self.predicted = predicted.map(clipped);
        self.came_true = came_true.into_iter().map(clipped).collect();
        self
    }

    /// The same with the question, with what was observed, and with the explanation where there is
    /// one to keep.
    #[must_use]
    pub fn with_question(
        mut self,
        question: Option<String>,
        observed: Option<String>,
        explained: Option<String>,
    ) -> Self {
        self.question = question.map(clipped);
        self.observed = observed.map(clipped);
        self.explained = explained.map(paragraphs);
        self
    }
}

/// What a line of the file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Read {
    /// A record, whole and understood.
    Good(Box<Record>),
    /// Written by a newer version, and not understood; to be left as it is.
    Newer,
    /// Torn, flipped or never a record.
    Bad,
}

#[derive(Serialize, Deserialize)]
struct Versioned<R> {
    v: u64,
    #[serde(flatten)]
    record: R,
}

/// The checksum as the last member: `,"crc":"89abcdef"}`.
const SEAL: usize = r#","crc":"89abcdef"}"#.len();

/// How every line begins, in every version.
const OPENING: &[u8] = b"{\"v\":";

/// Whether bytes that are no record could be the beginning of one that was cut short.
pub(super) fn is_beginning(bytes: &[u8]) -> bool {
    bytes.starts_with(OPENING) || OPENING.starts_with(bytes)
}

/// The line of a record, its newline included.
pub(super) fn encode(record: &Record) -> serde_json::Result<Vec<u8>> {
    let versioned = Versioned { v: VERSION, record };
    let mut line = serde_json::to_vec(&versioned)?;
    line.pop();
    let seal = format!(",\"crc\":\"{:08x}\"}}\n", crc32(&line));
    line.extend(seal.bytes());
    Ok(line)
}

/// Reads a line without its newline. The seal is the same in every version; what is under it may
/// be new.
pub(super) fn decode(line: &[u8]) -> Read {
    let Some(json) = unsealed(line) else {
        return Read::Bad;
    };
    match serde_json::from_slice::<Versioned<Record>>(&json) {
        Ok(versioned) => Read::Good(Box::new(versioned.record)),
        Err(_) => Read::Newer,
    }
}

/// What the progress needs of a record.
#[derive(Deserialize)]
struct Glimpse {
    t: u64,
    event: Event,
    lesson: String,
    #[serde(default)]
    step: Option<String>,
    #[serde(default)]
    result: Option<StepResult>,
    #[serde(default)]
    kind: Option<String>,
}

/// The same without the texts and figures: a start reads every record, and no learner waits for
/// what is not looked at.
pub(super) fn glimpse(line: &[u8]) -> Read {
    let Some(json) = unsealed(line) else {
        return Read::Bad;
    };
    match serde_json::from_slice::<Glimpse>(&json) {
        Ok(seen) => Read::Good(Box::new(Record {
            t: seen.t,
            step: seen.step,
            result: seen.result,
            kind: seen.kind,
            ..Record::new(UNIX_EPOCH, seen.event, seen.lesson)
        })),
        Err(_) => Read::Newer,
    }
}

/// The JSON under the checksum, when the checksum holds.
fn unsealed(line: &[u8]) -> Option<Vec<u8>> {
    let (body, seal) = line.split_at_checked(line.len().checked_sub(SEAL)?)?;
    let written = seal.strip_prefix(b",\"crc\":\"")?.strip_suffix(b"\"}")?;
    let written = std::str::from_utf8(written).ok()?;
    (written == format!("{:08x}", crc32(body))).then(|| [body, b"}"].concat())
}

/// CRC-32 of IEEE 802.3, as gzip and PNG use it (RFC 1952 §8): finds every flipped bit and every
/// torn end of a line this short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        let remainder = REMAINDERS.get(usize::from(low ^ byte));
        (crc >> 8) ^ remainder.copied().unwrap_or_default()
    })
}

/// What is left of each byte: the start-up reads every record, and bit by bit that is felt.
#[expect(
    clippy::indexing_slicing,
    reason = "computed by the compiler, which checks the index"
)]
const REMAINDERS: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte: u32 = 0;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn record() -> Record {
        let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let mut record = Record::step(at, "one-port", "same-port", StepResult::Missed)
            .with_prediction(Some("Both work.".to_owned()), vec!["Refused.".to_owned()]);
        record.extra.insert("attempts".to_owned(), 2.into());
        record
    }

    fn line() -> Vec<u8> {
        let mut line = encode(&record()).unwrap();
        assert_eq!(line.pop(), Some(b'\n'));
        line
    }

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(
            String::from_utf8(line()).unwrap(),
            "{\"v\":1,\"t\":1700000000,\"event\":\"step_done\",\"lesson\":\"one-port\",\
             \"step\":\"same-port\",\"result\":\"missed\",\"predicted\":\"Both work.\",\
             \"came_true\":[\"Refused.\"],\"attempts\":2,\"crc\":\"3877920d\"}"
        );
        assert_eq!(decode(&line()), Read::Good(Box::new(record())));
    }

    #[test]
    fn long_texts_are_cut_and_old_records_lack_what_came_later() {
        let long = "ä".repeat(limits::JOURNAL_TEXT + 1);
        let record = Record::new(UNIX_EPOCH, Event::Reviewed, "x")
            .with_prediction(Some(long.clone()), vec![long.clone()])
            .with_question(Some("short".to_owned()), None, Some(long.repeat(3)));
        let kept = format!("{}…", "ä".repeat(limits::JOURNAL_TEXT));
        for text in [
            record.predicted,
            record.explained,
            record.came_true.first().cloned(),
        ] {
            assert_eq!(text.unwrap(), kept);
        }
        assert_eq!(record.question.unwrap(), "short");
        let explained = |text: &str| {
            let record = Record::new(UNIX_EPOCH, Event::Reviewed, "x");
            let record = record.with_question(None, None, Some(text.to_owned()));
            record.explained.unwrap()
        };
        let paragraph = "ä".repeat(limits::JOURNAL_EXPLANATION / 2);
        let two = format!("{paragraph}\n\n{paragraph}");
        assert_eq!(explained(&two), paragraph);
        assert_eq!(explained(&paragraph), paragraph);
        let old = r#"{"t":1,"event":"step_done","lesson":"x","step":"y","result":"right"}"#;
        let old: Record = serde_json::from_str(old).unwrap();
        assert_eq!((old.kind, old.hints, old.seen.is_empty()), (None, 0, true));
    }

    #[test]
    fn a_glimpse_sees_what_the_progress_needs() {
        let Read::Good(seen) = glimpse(&line()) else {
            panic!("it is a record");
        };
        let whole = record();
        assert_eq!((seen.t, seen.event), (whole.t, whole.event));
        assert_eq!((seen.lesson, seen.step), (whole.lesson, whole.step));
        assert_eq!((seen.result, seen.kind), (whole.result, whole.kind));
        assert_eq!((seen.predicted, seen.came_true.len()), (None, 0));
    }

    #[test]
    fn newer_records_are_told_from_broken_ones() {
        let seal = |body: &str| format!("{body},\"crc\":\"{:08x}\"}}", crc32(body.as_bytes()));
        for (line, expected) in [
            (seal("{\"v\":2,\"event\":\"exam\""), Read::Newer),
            (
                seal("{\"v\":1,\"t\":1,\"event\":\"exam\",\"lesson\":\"x\""),
                Read::Newer,
            ),
            ("{\"v\":2,\"event\":\"exam\"}".to_owned(), Read::Bad),
            ("{}".to_owned(), Read::Bad),
            ("garbage".to_owned(), Read::Bad),
        ] {
            assert_eq!(decode(line.as_bytes()), expected, "{line}");
            assert_eq!(glimpse(line.as_bytes()), expected, "{line}");
        }
        let known = seal("{\"v\":2,\"t\":1,\"event\":\"lesson_done\",\"lesson\":\"x\",\"new\":[1]");
        assert!(matches!(decode(known.as_bytes()), Read::Good(_)));
    }

    #[test]
    fn no_part_of_a_record_is_a_record() {
        let line = line();
        for end in 0..line.len() {
            assert_eq!(decode(&line[..end]), Read::Bad, "{end}");
            assert!(is_beginning(&line[..end]), "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_found(at in 0..200_usize, bit in 0..8_u8) {
            let mut line = line();
            let at = at % line.len();
            line[at] ^= 1 << bit;
            prop_assert_eq!(decode(&line), Read::Bad);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(!matches!(decode(&bytes), Read::Good(_)));
        }
    }
}
