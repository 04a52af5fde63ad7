//! How far a long line has come, in one line of text that fits the width.
use super::style::Style;

/// The longest bar; a third of a narrow screen.
const BAR: usize = 24;

/// `many ━━━━━━────── 52 %, Ctrl-C stops it`, without an end of line.
pub fn progress_line(verb: &str, done: u64, of: u64, style: Style) -> String {
    let glyphs = style.glyphs();
    let bar = BAR.min(style.width / 3);
    let part = |whole: usize| {
        let part = u128::from(done.min(of)) * whole as u128 / u128::from(of.max(1));
        usize::try_from(part).unwrap_or(whole)
    };
    let full = part(bar);
    let line = format!(
        "{verb} {}{} {} %, Ctrl-C stops it",
        glyphs.heavy.repeat(full),
        glyphs.light.repeat(bar - full),
        part(100)
    );
    // A line that is wrapped could not be wiped.
    line.chars().take(style.width.saturating_sub(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_fits() {
        let wide = Style {
            color: false,
            unicode: true,
            width: 80,
        };
        let table = [
            (0, 10, "many ──────────────────────── 0 %, Ctrl-C stops it"),
            (5, 10, "many ━━━━━━━━━━━━──────────── 50 %, Ctrl-C stops it"),
            (
                11,
                10,
                "many ━━━━━━━━━━━━━━━━━━━━━━━━ 100 %, Ctrl-C stops it",
            ),
            (0, 0, "many ──────────────────────── 0 %, Ctrl-C stops it"),
        ];
        for (done, of, expected) in table {
            assert_eq!(progress_line("many", done, of, wide), expected);
        }
        for width in 0..40 {
            let line = progress_line("many", 5, 10, Style { width, ..wide });
            assert!(line.chars().count() < width.max(1), "{width}: {line}");
        }
    }
}
