//! The JSON view: one object a line, each with a version, for programs.
//!
//! Every value is there in full. What could act on a terminal is escaped as JSON allows, so that
//! `looplab run x --json` is fit to look at, too; a parser reads the original characters.
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use super::View;
use super::block::Page;
use super::sanitize::is_hostile;
use crate::lang::Outcome;
use crate::tutor::{Ask, Event};

/// The version of the records. Fields may be added; what is there keeps its meaning until this
/// number changes.
pub const VERSION: u32 = 1;

/// Writes JSON Lines.
pub struct JsonView<W> {
    out: W,
    line: Vec<u8>,
}

/// A record with its version in front.
#[derive(Serialize)]
struct Record<'r, T> {
    v: u32,
    #[serde(flatten)]
    rest: &'r T,
}

/// A record that says what it is.
#[derive(Serialize)]
struct Kinded<'r, T> {
    v: u32,
    event: &'r str,
    #[serde(flatten)]
    rest: &'r T,
}

impl<W: Write> JsonView<W> {
    /// A view onto a stream.
    pub fn new(out: W) -> Self {
        Self {
            out,
            line: Vec::new(),
        }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Writes one record of a kind of its own: `{"v":1,"event":"diagnostic",…}`.
    pub fn record(&mut self, kind: &str, rest: &impl Serialize) -> io::Result<()> {
        self.write(&Kinded {
            v: VERSION,
            event: kind,
            rest,
        })
    }

    fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        let formatter = Shown(CompactFormatter);
        let mut serializer = Serializer::with_formatter(&mut self.line, formatter);
        record.serialize(&mut serializer).map_err(io::Error::from)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

impl<W: Write> View for JsonView<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.write(&Record {
            v: VERSION,
            rest: event,
        })
    }

    fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        self.record("outcome", outcome)
    }

    fn ask(&mut self, ask: &Ask) -> io::Result<()> {
        self.record("ask", ask)
    }

    fn page(&mut self, page: &Page) -> io::Result<()> {
        page.records
            .iter()
            .try_for_each(|record| self.record(page.kind, record))
    }
}

/// Compact JSON in which control characters and invisible ones are written as `\u….`
struct Shown(CompactFormatter);

impl Formatter for Shown {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (place, c) in fragment.char_indices().filter(|(_, c)| is_hostile(*c)) {
            let before = fragment.get(plain..place).unwrap_or_default();
            self.0.write_string_fragment(writer, before)?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = place + c.len_utf8();
        }
        let rest = fragment.get(plain..).unwrap_or_default();
        self.0.write_string_fragment(writer, rest)
    }
}
