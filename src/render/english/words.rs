//! Numbers, lists and payloads in words.
use std::fmt::Display;
use std::time::Duration;

use crate::lang::grouped;
use crate::render::line::Line;
use crate::render::style::Role;

/// A count with a comma between thousands from 10,000 on. Not for ports, which are names.
pub(super) fn count(number: impl Into<u64>) -> String {
    grouped(&number.into().to_string())
}

/// `1 byte`, `5 bytes`.
pub(super) fn counted(number: usize, one: &str) -> String {
    let shown = count(number as u64);
    if number == 1 {
        format!("{shown} {one}")
    } else {
        format!("{shown} {one}s")
    }
}

/// `2 tasks solved, 1 of them with the solution`.
pub(super) fn solved(tasks: usize, with_solution: usize) -> String {
    let helped = match with_solution {
        0 => String::new(),
        all if all == tasks => ", with the solution".to_owned(),
        some => format!(", {some} of them with the solution"),
    };
    format!("{} solved{helped}", counted(tasks, "task"))
}

/// `once`, `twice`, `3 times`.
pub(super) fn times(number: usize) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{} times", count(number as u64)),
    }
}

/// A day from seconds since 1970 (UTC): `23 November 2026`. The calendar of Howard Hinnant's
/// `civil_from_days`: years begin in March, so that the leap day is the last.
pub(super) fn date(seconds: u64) -> String {
    const MONTHS: [&str; 12] = [
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "January",
        "February",
    ];
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + era * 400 + u64::from(month >= 10);
    let name = usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month));
    format!("{day} {} {year}", name.copied().unwrap_or_default())
}

/// A time with two or three digits that matter: `8.4 µs`, `12 ms`, `2.0 s`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    if value < 10.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// So many microseconds, as [`duration`] has them. They come from a journal, which somebody may have
/// edited: a time nobody can measure is none.
pub(super) fn micros_in_words(micros: f64) -> String {
    duration(Duration::try_from_secs_f64(micros / 1e6).unwrap_or_default())
}

/// `a`, `a and b`, `a, b and c`, each piece in its role.
pub(super) fn listed<T: Display>(
    role: Role,
    items: impl IntoIterator<Item = T>,
    last: &str,
) -> Line {
    let mut items = items.into_iter().peekable();
    let mut line = Line::new();
    while let Some(item) = items.next() {
        if !line.is_empty() {
            line.push(
                Role::Plain,
                if items.peek().is_some() { ", " } else { last },
            );
        }
        line.push(role, item);
    }
    line
}

/// Characters of a payload that are shown; the rest is counted. A small answer of a web server, with its
/// head, is shown whole.
const PAYLOAD_SHOWN: usize = 1024;

/// A payload between quotation marks, with the escapes that `send` reads.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars();
    for c in rest.by_ref().take(PAYLOAD_SHOWN) {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    let hidden = rest.as_str().len();
    if hidden > 0 {
        out.push_str(" … and ");
        out.push_str(&counted(hidden, "byte"));
        out.push_str(" more");
    }
    out
}

/// ` (backlog 128, reuseport)`, or nothing.
pub(super) fn in_brackets(words: &[String]) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join(", "))
    }
}

/// A text of a lesson that is one paragraph: a line that begins with a number and a dot is no list of
/// numbers (CommonMark 0.31 §5.3), but an answer such as `100.`, and one such as `[::1]:8080` defines
/// no link (§4.7), of which nothing would be seen.
pub(super) fn paragraph(text: &str) -> String {
    let line = |line: &str| {
        if let Some(rest) = line.trim_start_matches(' ').strip_prefix('[')
            && rest
                .split_once(']')
                .is_some_and(|(_, rest)| rest.starts_with(':'))
        {
            return format!("\\[{rest}");
        }
        let behind = line
            .trim_start_matches(' ')
            .trim_start_matches(|c: char| c.is_ascii_digit());
        let before = line.len() - behind.len();
        let numbered = line
            .get(..before)
            .is_some_and(|b| b.ends_with(|c: char| c.is_ascii_digit()));
        let (head, tail) = line.split_at(before);
        let marked = tail.strip_prefix(['.', ')']);
        if numbered && marked.is_some_and(|text| text.is_empty() || text.starts_with(' ')) {
            format!("{head}\\{tail}")
        } else {
            line.to_owned()
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times() {
        let counts = [0_u64, 999, 9_999, 28_232, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "9999", "28,232", "1,234,567"]);
        let times = [8_440, 123_400, 12_000_000, 2_000_000_000, 61_000_000_000]
            .map(|nanos| duration(Duration::from_nanos(nanos)));
        assert_eq!(times, ["8.4 µs", "123 µs", "12 ms", "2.0 s", "61 s"]);
        let micros = [8.44, -1.0, 1e300, f64::NAN].map(micros_in_words);
        assert_eq!(micros, ["8.4 µs", "0.0 µs", "0.0 µs", "0.0 µs"]);
    }

    #[test]
    fn payloads() {
        assert_eq!(quoted("a\r\n\"b\\"), r#""a\r\n\"b\\""#);
        let long = "ä".repeat(PAYLOAD_SHOWN + 3);
        assert!(quoted(&long).ends_with("ä\" … and 6 bytes more"));
    }

    #[test]
    fn an_answer_is_no_definition_of_a_link() {
        for (text, expected) in [
            ("[::1]:8080", "\\[::1]:8080"),
            ("It is\n  [::1]:80", "It is\n\\[::1]:80"),
            ("[here](https://[::1]:80)", "[here](https://[::1]:80)"),
            ("`[::1]:8080`", "`[::1]:8080`"),
        ] {
            assert_eq!(paragraph(text), expected);
        }
    }

    #[test]
    fn lists() {
        let shown = |items: &[&str]| listed(Role::Name, items, " and ").as_str().to_owned();
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&["a"]), "a");
        assert_eq!(shown(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn days_have_names() {
        for (seconds, expected) in [
            (0, "1 January 1970"),
            (951_782_400, "29 February 2000"),
            (1_709_251_199, "29 February 2024"),
            (1_709_251_200, "1 March 2024"),
            (1_795_462_860, "23 November 2026"),
            (4_107_542_399, "28 February 2100"),
            (4_107_542_400, "1 March 2100"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn a_number_with_a_dot_is_no_list() {
        let table = [
            ("100. of them", "100\\. of them"),
            ("about\n  3) or so", "about\n  3\\) or so"),
            ("100.5 µs and 127.0.0.1", "100.5 µs and 127.0.0.1"),
            ("100.", "100\\."),
            ("plain\n\n12 of them", "plain\n\n12 of them"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(paragraph(text), expected);
        }
    }
}
