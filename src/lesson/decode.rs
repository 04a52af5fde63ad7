//! From bytes to text that is safe to hand to a YAML reader: UTF-8, no control characters, no lone
//! carriage return, not too large.
use std::borrow::Cow;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Source};
use crate::limits;

/// Reads bytes as UTF-8; a byte order mark at the start is dropped.
pub(super) fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Box<Diagnostic>> {
    if bytes.len() > limits::LESSON_BYTES {
        return Err(Box::new(too_large(name, bytes.len())));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(name, bytes, error.valid_up_to())))
}

fn not_utf8(name: &str, bytes: &[u8], at: usize) -> Diagnostic {
    let shown = String::from_utf8_lossy(bytes);
    // The valid part is the same in both, so the offset still fits.
    let source = Source::new(name, &shown);
    let end = shown.ceil_char_boundary(at + 1);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Diagnostic::new(
            Code::NotUtf8,
            &source,
            0..end,
            "this file is UTF-16, not UTF-8",
        )
        .help("save it as UTF-8");
    }
    let byte = bytes.get(at).copied().unwrap_or_default();
    let message = format!("byte {at} (0x{byte:02X}) is not UTF-8");
    Diagnostic::new(Code::NotUtf8, &source, at..end, message).help("save the file as UTF-8")
}

fn too_large(name: &str, bytes: usize) -> Diagnostic {
    let most = limits::LESSON_BYTES;
    let message = format!("this file has {bytes} bytes; a lesson has at most {most}");
    let source = Source::new(name, "");
    Diagnostic::new(Code::TooLarge, &source, 0..0, message).help("split it into several lessons")
}

/// Refuses characters that terminals act on and YAML readers disagree about.
pub(super) fn check_text(source: &Source) -> Result<(), Box<Diagnostic>> {
    let text = &*source.text;
    if text.len() > limits::LESSON_BYTES {
        return Err(Box::new(too_large(&source.name, text.len())));
    }
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let lone_return = c == '\r' && !matches!(chars.peek(), Some((_, '\n')));
        let control = c.is_control() && !matches!(c, '\n' | '\t' | '\r');
        if lone_return || control {
            return Err(Box::new(raw_control(source, at, c)));
        }
    }
    Ok(())
}

fn raw_control(source: &Source, at: usize, c: char) -> Diagnostic {
    let code = u32::from(c);
    let (message, help) = match c {
        '\r' => (
            format!("a carriage return without a line feed at byte {at}"),
            "end lines with a line feed".to_owned(),
        ),
        _ => (
            format!("a control character (U+{code:04X}) at byte {at}"),
            format!("leave it out; where a lesson needs it, write \"\\x{code:02x}\" in quotes"),
        ),
    };
    Diagnostic::new(Code::RawControl, source, at..at + c.len_utf8(), message).help(help)
}

/// The text with a line feed at its end: YAML readers disagree about a block without one.
pub(super) fn with_last_newline(text: &str) -> Cow<'_, str> {
    if text.ends_with('\n') {
        text.into()
    } else {
        format!("{text}\n").into()
    }
}
