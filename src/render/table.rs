//! Rows and columns, fitted to the width.
//!
//! Columns give way from the widest, words staying whole; where that is not enough, each row
//! becomes a small list of its own. Plain output has a row a line, each cell behind its heading.
use std::borrow::Cow;

use super::block::Table;
use super::line::Line;
use super::paper::Paper;
use super::sanitize::{Safe, columns};
use super::style::{Role, Style};

/// Columns between two columns, and where the room is scarce: a narrow gap is easier to read than
/// rows that are no rows any more.
const GAP: usize = 2;
const NARROW_GAP: usize = 1;

/// Draws a table as wide as the paper allows.
pub(super) fn draw(paper: &mut Paper<'_>, table: &Table) {
    let style = paper.style();
    let fits = |line: &Line| matches!(line.fitted(style), Cow::Borrowed(_));
    if table
        .head
        .iter()
        .chain(table.rows.iter().flatten())
        .chain(table.sections.iter().map(|(_, line)| line))
        .all(fits)
    {
        draw_fitted(paper, table);
    } else {
        draw_fitted(paper, &fitted(table, style));
    }
}

/// Writes a table as one line a row.
pub(super) fn say(paper: &mut Paper<'_>, table: &Table) {
    let used = table.used();
    let bare = paper
        .is_bare()
        .then(|| Bare::of(table, &used, paper.style()));
    for (place, row) in table.rows.iter().enumerate() {
        sections(paper, table, place);
        // Straight onto the paper: a table may have a row for each of twenty thousand sockets.
        paper.begin_line();
        if let Some(bare) = &bare {
            bare.say(paper, row);
            paper.end_line();
            continue;
        }
        let mut first = true;
        for (head, cell) in cells(table, row, &used).filter(|(_, cell)| !cell.is_empty()) {
            if !first {
                let between = match (head.is_empty(), table.prose) {
                    (true, _) => ": ",
                    (false, true) => "; ",
                    (false, false) => ", ",
                };
                paper.text(Role::Plain, &Safe::ours(between));
            }
            first = false;
            if !head.is_empty() {
                paper.pieces(head);
                let behind = if table.prose { ": " } else { " " };
                paper.text(Role::Plain, &Safe::ours(behind));
            }
            paper.pieces(cell);
        }
        paper.end_line();
    }
    sections(paper, table, table.rows.len());
}

/// What stands before each cell where nothing is painted: the same in every row.
struct Bare(Vec<Before>);

struct Before {
    column: usize,
    /// When the cell is the first of its row that says something.
    first: String,
    later: String,
}

impl Bare {
    fn of(table: &Table, used: &[usize], style: Style) -> Self {
        let heads = used.iter().filter_map(|column| {
            let head = table.head.get(*column)?.fitted(style);
            let head = head.as_str();
            let (first, later) = match head {
                "" => (String::new(), ": ".to_owned()),
                _ => (format!("{head} "), format!(", {head} ")),
            };
            Some(Before {
                column: *column,
                first,
                later,
            })
        });
        Self(heads.collect())
    }

    fn say(&self, paper: &mut Paper<'_>, row: &[Line]) {
        let mut first = true;
        for before in &self.0 {
            let Some(cell) = row.get(before.column).filter(|cell| !cell.is_empty()) else {
                continue;
            };
            let text = if first { &before.first } else { &before.later };
            paper.text(Role::Plain, &Safe::of_line(text));
            paper.pieces(cell);
            first = false;
        }
    }
}

/// What stands across all columns before a row.
fn sections(paper: &mut Paper<'_>, table: &Table, row: usize) {
    for line in table.sections_before(row) {
        paper.line(line, GAP);
    }
}

/// Cells in one line, each behind its heading: `state LISTEN, local 127.0.0.1:80`.
fn sentence(table: &Table, row: &[Line], used: &[usize]) -> Line {
    let mut line = Line::new();
    for (head, cell) in cells(table, row, used).filter(|(_, cell)| !cell.is_empty()) {
        if !line.is_empty() {
            line.push(Role::Plain, if head.is_empty() { ": " } else { ", " });
        }
        if !head.is_empty() {
            line = line.then(head).text(' ');
        }
        line = line.then(cell);
    }
    line
}

fn fitted(table: &Table, style: Style) -> Table {
    let fitted = |line: &Line| line.fitted(style).into_owned();
    Table {
        head: table.head.iter().map(fitted).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| row.iter().map(fitted).collect())
            .collect(),
        numbers: table.numbers.clone(),
        prose: table.prose,
        titles: table.titles,
        sections: table
            .sections
            .iter()
            .map(|(row, line)| (*row, fitted(line)))
            .collect(),
    }
}

fn draw_fitted(paper: &mut Paper<'_>, table: &Table) {
    let used = table.used();
    let fit = |gap| {
        Some(Layout {
            widths: fit(table, &used, gap, paper.room())?,
            gap,
        })
    };
    match fit(GAP).or_else(|| fit(NARROW_GAP)) {
        Some(layout) => draw_columns(paper, table, &used, &layout),
        None => draw_stacked(paper, table, &used),
    }
}

/// How wide the used columns are, and what is between them.
struct Layout {
    widths: Vec<usize>,
    gap: usize,
}

/// The width of each used column, or `None` when not even the longest words fit side by side.
fn fit(table: &Table, used: &[usize], gap: usize, room: usize) -> Option<Vec<usize>> {
    let widest = |measure: fn(&Line) -> usize| -> Vec<usize> {
        used.iter()
            .map(|column| {
                let head = table.head.get(*column).map_or(0, Line::columns);
                let cells = table.rows.iter().filter_map(|row| row.get(*column));
                cells.map(measure).fold(head, usize::max)
            })
            .collect()
    };
    let gaps = gap * used.len().saturating_sub(1);
    let mut widths = widest(Line::columns);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    if excess == 0 {
        return Some(widths);
    }
    let least = widest(longest_word);
    while excess > 0 {
        let (width, least) = widths
            .iter_mut()
            .zip(&least)
            .filter(|(width, least)| **width > **least)
            .max_by_key(|(width, _)| **width)?;
        let given = (*width - least).min(excess).min((*width / 8).max(1));
        *width -= given;
        excess -= given;
    }
    Some(widths)
}

fn longest_word(line: &Line) -> usize {
    line.as_str()
        .split(' ')
        .map(columns)
        .max()
        .unwrap_or_default()
}

fn cells<'t>(
    table: &'t Table,
    row: &'t [Line],
    used: &'t [usize],
) -> impl Iterator<Item = (&'t Line, &'t Line)> {
    used.iter()
        .filter_map(|column| table.head.get(*column).zip(row.get(*column)))
}

fn draw_columns(paper: &mut Paper<'_>, table: &Table, used: &[usize], layout: &Layout) {
    if table.head.iter().any(|head| !head.is_empty()) {
        draw_row(paper, table, &table.head, used, layout);
        draw_rule(paper, layout);
    }
    for (place, row) in table.rows.iter().enumerate() {
        sections(paper, table, place);
        draw_row(paper, table, row, used, layout);
    }
    sections(paper, table, table.rows.len());
}

fn draw_row(paper: &mut Paper<'_>, table: &Table, row: &[Line], used: &[usize], layout: &Layout) {
    let empty = Line::new();
    let cells: Vec<(&Line, usize, bool)> = used
        .iter()
        .zip(&layout.widths)
        .map(|(column, width)| {
            let cell = row.get(*column).unwrap_or(&empty);
            (cell, *width, table.numbers.contains(column))
        })
        .collect();
    paper.begin_line();
    if cells.iter().any(|(cell, width, _)| cell.columns() > *width) {
        draw_wrapped(paper, &cells, layout.gap);
        return;
    }
    for (place, (cell, width, right)) in cells.iter().enumerate() {
        paper.pad(if place == 0 { 0 } else { layout.gap });
        paper.cell(cell, *width, *right);
    }
    paper.end_line();
}

/// A row of which some cell takes several lines.
fn draw_wrapped(paper: &mut Paper<'_>, cells: &[(&Line, usize, bool)], gap: usize) {
    let wrapped: Vec<(String, usize, bool)> = cells
        .iter()
        .map(|(cell, width, right)| {
            let mut small = Paper::new(paper.palette(), paper.style(), *width);
            small.line(cell, 0);
            (small.into_string(), *width, *right)
        })
        .collect();
    let height = wrapped
        .iter()
        .map(|(text, ..)| text.lines().count())
        .max()
        .unwrap_or_default();
    for level in 0..height {
        paper.begin_line();
        for (place, (text, width, right)) in wrapped.iter().enumerate() {
            paper.pad(if place == 0 { 0 } else { gap });
            let line = text.lines().nth(level).unwrap_or_default();
            paper.inlay(line, *width, *right);
        }
        paper.end_line();
    }
}

fn draw_rule(paper: &mut Paper<'_>, layout: &Layout) {
    let light = paper.glyphs().light;
    paper.begin_line();
    for (place, width) in layout.widths.iter().enumerate() {
        paper.pad(if place == 0 { 0 } else { layout.gap });
        paper.cell(&Line::of(Role::Dim, light.repeat(*width)), *width, false);
    }
    paper.end_line();
}

fn draw_stacked(paper: &mut Paper<'_>, table: &Table, used: &[usize]) {
    if table.titles > 0 {
        for (place, row) in table.rows.iter().enumerate() {
            sections(paper, table, place);
            draw_entitled(paper, table, row, used);
        }
        return sections(paper, table, table.rows.len());
    }
    let widest = |lines: &mut dyn Iterator<Item = usize>| lines.max().unwrap_or_default();
    let heads = used.iter().filter_map(|column| table.head.get(*column));
    let head = widest(&mut heads.map(Line::columns)) + GAP;
    let word = widest(&mut table.rows.iter().flatten().map(longest_word));
    // A heading stands above its value where that would otherwise be cut.
    let beside = (head + word <= paper.room()).then_some(head);
    for (place, row) in table.rows.iter().enumerate() {
        if place > 0 {
            paper.blank();
        }
        sections(paper, table, place);
        for (head, cell) in cells(table, row, used).filter(|(_, cell)| !cell.is_empty()) {
            draw_entry(paper, head, cell, beside);
        }
    }
    sections(paper, table, table.rows.len());
}

/// A row whose first cells are its title; the others stand below, each behind its heading.
fn draw_entitled(paper: &mut Paper<'_>, table: &Table, row: &[Line], used: &[usize]) {
    let (titles, rest) = used.split_at(used.partition_point(|column| *column < table.titles));
    let mut title = Line::new();
    for (_, cell) in cells(table, row, titles).filter(|(_, cell)| !cell.is_empty()) {
        title = if title.is_empty() {
            cell.clone()
        } else {
            title.text("  ").then(cell)
        };
    }
    paper.line(&title, GAP);
    let indent = paper.indent(Role::Plain, "", GAP);
    paper.line(&sentence(table, row, rest), GAP);
    paper.outdent(indent);
}

fn draw_entry(paper: &mut Paper<'_>, head: &Line, cell: &Line, beside: Option<usize>) {
    if head.is_empty() {
        paper.line(cell, GAP);
    } else if let Some(width) = beside {
        paper.cell(head, width, false);
        paper.line(cell, width);
    } else {
        paper.line(head, 0);
        let indent = paper.indent(Role::Plain, "", GAP);
        paper.line(cell, 0);
        paper.outdent(indent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::style::Palette;

    fn drawn(width: usize, unicode: bool) -> String {
        let mut table = Table::new(&["state", "local", "peer", "empty", "queue"]);
        table.numbers.push(4);
        for (state, local, peer, queue) in [
            ("LISTEN", "127.0.0.1:43817", "", "0 of 128 waiting"),
            (
                "ESTABLISHED",
                "[fe80::1ff:fe23:4567:890a]:43817",
                "[fe80::1]:40002 → itself",
                "5",
            ),
        ] {
            let cells = [state, local, peer, "", queue];
            table.rows.push(cells.map(Line::from).to_vec());
        }
        let style = Style {
            color: false,
            unicode,
            width,
        };
        let palette = Palette::new(false);
        let mut paper = Paper::new(&palette, style, width);
        draw(&mut paper, &table);
        let text = paper.into_string();
        assert!(text.lines().all(|line| columns(line) <= width), "{text}");
        text
    }

    #[test]
    fn running_text_is_told_from_its_heading() {
        let mut table = Table::new(&["way", "who needs a right"]);
        table
            .rows
            .push(["sudo", "you, the user"].map(Line::from).to_vec());
        for (prose, expected) in [
            (false, "way sudo, who needs a right you, the user\n"),
            (true, "way: sudo; who needs a right: you, the user\n"),
        ] {
            table.prose = prose;
            let style = Style {
                color: false,
                unicode: true,
                width: 80,
            };
            let palette = Palette::new(false);
            let mut paper = Paper::plain(&palette, style, 80);
            say(&mut paper, &table);
            assert_eq!(paper.into_string(), expected);
        }
    }

    #[test]
    fn columns_give_way_and_then_stack() {
        insta::assert_snapshot!("table_100", drawn(100, true));
        insta::assert_snapshot!("table_80", drawn(80, true));
        insta::assert_snapshot!("table_40", drawn(40, false));
        drawn(5, true);
        drawn(1, true);
    }
}
