//! How arguments are spelled: times, ranges, modes, states, names.
use std::time::Duration;

use crate::limits;
use crate::net::{PortRange, TcpState};

/// Reads `300ms`, `2s`, `1m`; what a flag or `wait` accepts.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let wrong = || format!("`{text}` is not a time: write 300ms, 2s or 1m");
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if duration.is_zero() || duration > limits::LONGEST_WITHIN {
        let bare = if unit.is_empty() {
            format!("; a number without a unit counts seconds, so write `{text}ms` for less")
        } else {
            String::new()
        };
        return Err(format!("`{text}` is out of bounds: from 1ms to 1h{bare}"));
    }
    Ok(duration)
}

pub(super) fn parse_range(text: &str) -> Result<PortRange, String> {
    PortRange::parse(text).ok_or_else(|| {
        let turned = text
            .split_once('-')
            .map(|(low, high)| format!("{high}-{low}"));
        match turned.filter(|turned| PortRange::parse(turned).is_some()) {
            Some(turned) => format!("`{text}` begins with its higher end: write {turned}"),
            None => format!("`{text}` is not a range of ports: write 49340-49349"),
        }
    })
}

pub(super) fn parse_mode(text: &str) -> Result<u32, String> {
    let octal = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let mode = u32::from_str_radix(text, 8).ok();
    mode.filter(|mode| octal && *mode <= 0o777)
        .ok_or_else(|| format!("`{text}` are no permissions: write 0600 or 0000"))
}

/// Reads the name of a state.
pub fn parse_state(text: &str) -> Result<TcpState, String> {
    TcpState::parse(text).ok_or_else(|| {
        let names = TcpState::ALL.map(TcpState::name).join(", ");
        format!("`{text}` is not a TCP state: one of {names}")
    })
}

/// Whether a word can name a thing in the lab: a letter, then letters, digits and underscores.
pub fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && word.len() <= 40
}
