//! Bars: the ports a kernel hands out, the times a round trip takes.
//!
//! On a screen they stand side by side in eighths of a character; without Unicode they lie one
//! below the other. Plain output has a line for each bar.
use super::line::Line;
use super::paper::Paper;
use super::sanitize::columns;
use super::style::{Role, Style};
use crate::lang::{Bucket, Plot};

/// Rows of a standing chart: enough to tell a hill from a plain, and half a screen stays free.
const ROWS: usize = 5;

/// Bars and what they count.
#[derive(Clone, Debug)]
pub struct Chart {
    buckets: Vec<Bucket>,
    measure: Measure,
}

/// What the bounds of the bars are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// Whole numbers: an upper bound that does not count is one too many.
    Ports,
    Microseconds,
    Milliseconds,
}

impl Chart {
    /// The bars of a plot.
    pub fn of(plot: &Plot) -> Self {
        let measure = match plot.of {
            "microseconds" => Measure::Microseconds,
            "milliseconds" => Measure::Milliseconds,
            _ => Measure::Ports,
        };
        Self {
            buckets: plot.histogram.clone(),
            measure,
        }
    }

    /// A line for each bar: `32768–34531: 12`. Bars of no height are left out, and counted at the
    /// end.
    pub(super) fn say(&self, paper: &mut Paper<'_>) {
        let last = self.buckets.len().saturating_sub(1);
        let mut empty = 0;
        for (place, bucket) in self.buckets.iter().enumerate() {
            if bucket.count == 0 {
                empty += 1;
                continue;
            }
            let line = Line::of(Role::Endpoint, self.bounds(bucket, place == last))
                .text(format_args!(": {}", bucket.count));
            paper.line(&line, 0);
        }
        if empty > 0 {
            let line = Line::from("none in the other ").text(parts(empty));
            paper.line(&line, 0);
        }
    }

    /// Draws the bars as wide as the paper allows.
    pub(super) fn draw(&self, paper: &mut Paper<'_>) {
        if self.buckets.iter().all(|bucket| bucket.count == 0) {
            paper.line(&Line::of(Role::Dim, "nothing to draw"), 0);
        } else if paper.style().unicode {
            self.draw_standing(paper);
        } else {
            self.draw_lying(paper);
        }
    }

    fn draw_standing(&self, paper: &mut Paper<'_>) {
        let label = columns(&self.highest().to_string());
        let room = paper.room().saturating_sub(label + 2).max(1);
        let merged = self.at_most(room);
        let each = (room / merged.buckets.len().max(1)).clamp(1, 3);
        let top = merged.highest();
        let label = top.to_string();
        for row in (0..ROWS).rev() {
            let (mark, tick) = if row + 1 == ROWS {
                (label.as_str(), paper.glyphs().branch_left)
            } else {
                ("", paper.glyphs().vertical)
            };
            let line = Line::of(Role::Dim, format_args!("{mark:>0$} {tick}", label.len()))
                .and(Role::Endpoint, merged.level(row, top, each, paper.style()));
            paper.laid_out(&line);
        }
        merged.draw_axis(paper, label.len(), each);
    }

    /// One row of standing bars.
    fn level(&self, row: usize, top: u64, each: usize, style: Style) -> String {
        let eighths = style.glyphs().eighths;
        let mut text = String::new();
        for bucket in &self.buckets {
            let height = scaled(bucket.count, top, ROWS * eighths.len());
            let here = height
                .saturating_sub(row * eighths.len())
                .min(eighths.len());
            let glyph = here
                .checked_sub(1)
                .and_then(|place| eighths.get(place))
                .unwrap_or(&" ");
            text.extend(std::iter::repeat_n(*glyph, each));
        }
        text
    }

    fn draw_axis(&self, paper: &mut Paper<'_>, label: usize, each: usize) {
        let glyphs = paper.glyphs();
        let [.., corner, _] = glyphs.corners;
        let wide = self.buckets.len() * each;
        let axis = format!("{:>label$} {corner}{}", 0, glyphs.light.repeat(wide));
        paper.laid_out(&Line::of(Role::Dim, axis));
        let (low, high) = self.ends();
        let between = wide.saturating_sub(columns(&low) + columns(&high)).max(1);
        let margin = label + 2;
        let scale = format!("{:margin$}{low}{:between$}{high}", "", "");
        paper.laid_out(&Line::of(Role::Dim, scale));
    }

    fn draw_lying(&self, paper: &mut Paper<'_>) {
        let last = self.buckets.len().saturating_sub(1);
        let names: Vec<String> = self
            .buckets
            .iter()
            .enumerate()
            .map(|(place, bucket)| self.bounds(bucket, place == last).replace('–', "-"))
            .collect();
        let wide = names.iter().map(String::len).max().unwrap_or_default();
        let top = self.highest();
        let digits = top.to_string().len();
        let room = paper.room().saturating_sub(wide + digits + 4).max(1);
        for (name, bucket) in names.iter().zip(&self.buckets) {
            let bar = "#".repeat(scaled(bucket.count, top, room));
            let line = Line::of(Role::Dim, format_args!("{name:>wide$}"))
                .text(format_args!("  {:>digits$}  ", bucket.count))
                .and(Role::Endpoint, bar);
            paper.laid_out(&line);
        }
    }

    fn highest(&self) -> u64 {
        self.buckets
            .iter()
            .map(|bucket| bucket.count)
            .max()
            .unwrap_or_default()
    }

    /// The same bars, neighbours joined until there are at most so many.
    fn at_most(&self, bars: usize) -> Self {
        let joined = self.buckets.len().div_ceil(bars.max(1)).max(1);
        let buckets = self
            .buckets
            .chunks(joined)
            .filter_map(|chunk| {
                let (first, last) = (chunk.first()?, chunk.last()?);
                Some(Bucket {
                    from: first.from,
                    to: last.to,
                    count: chunk
                        .iter()
                        .fold(0, |sum, bucket| bucket.count.saturating_add(sum)),
                })
            })
            .collect();
        Self {
            buckets,
            measure: self.measure,
        }
    }

    fn ends(&self) -> (String, String) {
        let low = self.buckets.first().map_or(0.0, |bucket| bucket.from);
        let high = self.buckets.last().map_or(0.0, |bucket| bucket.to);
        match self.measure {
            Measure::Ports => (format!("{low:.0}"), format!("{high:.0}")),
            Measure::Microseconds => (format!("{low:.1}"), format!("{high:.1} µs")),
            Measure::Milliseconds => (format!("{low:.0}"), format!("{high:.0} ms")),
        }
    }

    fn bounds(&self, bucket: &Bucket, last: bool) -> String {
        match self.measure {
            Measure::Microseconds => format!("{:.1}–{:.1} µs", bucket.from, bucket.to),
            Measure::Milliseconds => format!("{:.0}–{:.0} ms", bucket.from, bucket.to),
            Measure::Ports => {
                let low = bucket.from.ceil();
                let high = if last {
                    bucket.to.floor()
                } else {
                    bucket.to.ceil() - 1.0
                };
                if high > low {
                    format!("{low:.0}–{high:.0}")
                } else {
                    format!("{low:.0}")
                }
            }
        }
    }
}

fn parts(count: usize) -> String {
    if count == 1 {
        "part of the range".to_owned()
    } else {
        format!("{count} parts of the range")
    }
}

/// A count on a scale of so many units; what is not nothing is at least one unit.
fn scaled(count: u64, top: u64, units: usize) -> usize {
    if count == 0 || top == 0 {
        return 0;
    }
    let exact = u128::from(count) * units as u128 / u128::from(top);
    usize::try_from(exact).unwrap_or(units).clamp(1, units)
}
