//! The lines of a journal that may be damaged anywhere: records are told from the rest, and every
//! byte is accounted for. It reads on to the end whatever it meets, in bounded memory.
use std::io::{self, BufRead, BufReader, Read};

use super::record::Read as Decoded;
use crate::limits;

/// A stretch of the file, in the order of the file. Together they are the file, newlines and empty
/// lines aside.
#[derive(Debug, PartialEq)]
pub(super) enum Stretch<'b> {
    /// A line with what it says.
    Line(&'b [u8], Decoded),
    /// Bytes that are part of no record.
    Damage(&'b [u8]),
}

/// Visits the whole file. `decode` reads as much of a line as is wanted.
pub(super) fn scan(
    file: impl Read,
    decode: fn(&[u8]) -> Decoded,
    mut visit: impl FnMut(Stretch<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 << 10, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = u64::try_from(limits::JOURNAL_LINE_BYTES).unwrap_or(u64::MAX);
        if reader.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        visit_line(
            line.strip_suffix(b"\n").unwrap_or(&line),
            decode,
            &mut visit,
        )?;
    }
}

/// A line that a crash filled with zeros at its front still has its record at its end.
fn visit_line(
    line: &[u8],
    decode: fn(&[u8]) -> Decoded,
    visit: &mut impl FnMut(Stretch<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let zeros = line.iter().take_while(|byte| **byte == 0).count();
    let (front, rest) = line.split_at_checked(zeros).unwrap_or((line, &[]));
    if !front.is_empty() {
        visit(Stretch::Damage(front))?;
    }
    if rest.is_empty() {
        return Ok(());
    }
    match decode(rest) {
        Decoded::Bad => visit(Stretch::Damage(rest)),
        read => visit(Stretch::Line(rest, read)),
    }
}
