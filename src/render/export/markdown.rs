//! A page as Markdown (CommonMark with tables). Text that is not meant as markup is escaped; a
//! lesson's own Markdown stays, but HTML in it does not act.
use pulldown_cmark::{Event, Parser};

use super::super::block::{Block, Item, ItemText, Mark, Table};
use super::super::line::Line;
use super::super::markdown::options;
use super::super::style::Role;
use super::{clean, drawn};

/// A page with these blocks.
pub fn markdown(blocks: &[Block]) -> String {
    let mut parts = Vec::new();
    for block in blocks {
        write_block(&mut parts, block);
    }
    parts.join("\n\n") + "\n"
}

fn write_block(parts: &mut Vec<String>, block: &Block) {
    match block {
        Block::Gap => {}
        Block::Title(title, aside) => {
            parts.push(format!("# {}", inline(title)));
            parts.extend(aside.as_ref().map(inline));
        }
        Block::Heading(line) => parts.push(format!("## {}", inline(line))),
        Block::Progress(_, _, title) => {
            parts.extend(title.as_ref().map(|title| format!("### {}", inline(title))));
        }
        Block::Prose(text) => parts.push(prose(text)),
        Block::Labelled(label, text) => {
            parts.push(format!("**{}:** {}", inline(label), prose(text)));
        }
        Block::Fact(line) | Block::Remark(line) => parts.push(inline(line)),
        Block::Command(line) => parts.push(fenced(line.as_str())),
        Block::List(items) => {
            let items: Vec<_> = items.iter().map(item).collect();
            parts.push(items.join("\n"));
        }
        Block::Table(table) => parts.push(rows(table)),
        Block::Verbatim(lines) => {
            let lines: Vec<_> = lines.iter().map(Line::as_str).collect();
            parts.push(fenced(&lines.join("\n")));
        }
        drawing => parts.push(fenced(&drawn(drawing))),
    }
}

fn inline(line: &Line) -> String {
    line_start(&pieces(line))
}

fn pieces(line: &Line) -> String {
    let mut out = String::new();
    for (role, text) in line.pieces() {
        let code = matches!(
            role,
            Role::Code | Role::Name | Role::Endpoint | Role::Verb | Role::Payload
        );
        if code && !text.trim().is_empty() {
            out.push_str(&code_span(text));
        } else {
            out.push_str(&escaped(text));
        }
    }
    out
}

/// Text in which no character is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// What begins a heading, a list or a line only where a line begins.
fn line_start(text: &str) -> String {
    let text = text.trim();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if text.starts_with(['#', '-', '+', '=']) {
        format!("\\{text}")
    } else if digits.len() < text.len() && digits.starts_with(['.', ')']) {
        let number = text.get(..text.len() - digits.len()).unwrap_or_default();
        format!("{number}\\{digits}")
    } else {
        text.to_owned()
    }
}

/// A code span whose fence is longer than any run of backticks in it.
fn code_span(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    // A bar would end the cell of a table, even here.
    format!("{fence}{pad}{}{pad}{fence}", text.trim())
}

fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

fn item(item: &Item) -> String {
    let mark = match item.mark {
        Mark::Goal { met: true } | Mark::Check { ok: true } => "- ✓ ".to_owned(),
        Mark::Goal { met: false } | Mark::Check { ok: false } => "- ✗ ".to_owned(),
        Mark::Bullet => "- ".to_owned(),
        Mark::Number(number) => format!("{number}. "),
        Mark::Letter(option) => format!("- {}) ", Mark::letter(option)),
    };
    let text = match &item.text {
        ItemText::Lesson(text) => prose(text),
        ItemText::Ours(line) => inline(line),
    };
    let aside = item
        .aside
        .as_ref()
        .map(inline)
        .filter(|aside| !aside.is_empty());
    let aside = aside.map_or_else(String::new, |aside| format!("\n\n{aside}"));
    let whole = format!("{text}{aside}");
    mark + &whole.replace('\n', "\n  ").replace("\n  \n", "\n\n")
}

fn rows(table: &Table) -> String {
    let used = table.used();
    let row = |cells: &[Line]| {
        let cell = |column: &usize| {
            let text = cells.get(*column).map(pieces).unwrap_or_default();
            // Bars outside of code are escaped already; in code, only this form is known.
            unescaped_bars(&text)
        };
        let cells: Vec<_> = used.iter().map(cell).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = |column: &usize| {
        if table.numbers.contains(column) {
            "--:"
        } else {
            "---"
        }
    };
    let rules: Vec<_> = used.iter().map(rule).collect();
    let mut lines = vec![row(&table.head), format!("| {} |", rules.join(" | "))];
    for (place, cells) in table.rows.iter().enumerate() {
        let here = table.sections_before(place);
        lines.extend(here.map(|section| format!("| **{}** |", inline(section))));
        lines.push(row(cells));
    }
    lines.join("\n")
}

/// Escapes the bars that are not.
fn unescaped_bars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if c == '|' && before != '\\' {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// A lesson's Markdown; tags in it are shown, not obeyed.
fn prose(text: &str) -> String {
    let mut text = clean(text);
    // What follows an escaped tag is read anew, and may be one now.
    while let Some(escaped) = without_html(&text) {
        text = escaped;
    }
    text.trim().to_owned()
}

/// The same text with the beginning of each piece of HTML escaped; `None` when there is none.
fn without_html(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        if matches!(event, Event::Html(_) | Event::InlineHtml(_)) && range.start >= done {
            out.push_str(text.get(done..range.start)?);
            // Only the first: a later one may be escaped already.
            let html = text.get(range.clone())?;
            out.push_str(&html.replacen('<', "\\<", 1));
            done = range.end;
        }
    }
    out.push_str(text.get(done..)?);
    (done > 0 && out != text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader of the Markdown sees.
    fn read(text: &str) -> String {
        let mut out = String::new();
        for event in Parser::new_ext(text, options()) {
            match event {
                Event::Text(text) | Event::Code(text) => out.push_str(&text),
                Event::Html(html) | Event::InlineHtml(html) => panic!("HTML: {html}"),
                _ => {}
            }
        }
        out
    }

    #[test]
    fn blocks_become_markdown() {
        let mut table = Table::new(&["what", "value"]);
        table.rows = vec![vec![Line::from("a|b"), Line::of(Role::Code, "c|d")]];
        let item = Item {
            mark: Mark::Check { ok: true },
            text: ItemText::Lesson("One.\n\nTwo.".to_owned()),
            aside: Some(Line::from("because")),
        };
        let blocks = [
            Block::Title(Line::from("A *title*"), None),
            Block::Gap,
            Block::Labelled(Line::from("question"), "Who <b>else</b>?".to_owned()),
            Block::List(vec![item]),
            Block::Table(table),
            Block::Command(Line::from("show `x`")),
        ];
        assert_eq!(
            markdown(&blocks),
            "# A \\*title\\*\n\n**question:** Who \\<b>else\\</b>?\n\n- ✓ One.\n\n  Two.\n\n  because\n\n\
             | what | value |\n| --- | --- |\n| a\\|b | `c\\|d` |\n\n```\nshow `x`\n```\n"
        );
    }

    #[test]
    fn escaping_one_tag_makes_no_other() {
        for text in ["/<!a\n<?>", "<!w\nye ?\nl`[]<-\n<?>", "<b>\n<i>"] {
            read(&prose(text));
        }
    }

    proptest! {
        #[test]
        fn text_is_read_as_it_was(text in "[ -~]{0,40}") {
            let seen = read(&markdown(&[Block::Fact(Line::from(&*text))]));
            prop_assert_eq!(seen.trim(), text.trim());
        }

        #[test]
        fn code_is_read_as_it_was(text in "[!-~]([ -~]{0,20}[!-~])?") {
            let line = Line::from("x ").and(Role::Code, &text);
            let seen = read(&markdown(&[Block::Fact(line)]));
            prop_assert_eq!(seen, format!("x {text}"));
        }

        #[test]
        fn no_prose_brings_html(text in "[<>a-z/ !?\\[\\]\\-`\n]{0,40}") {
            read(&prose(&text));
        }
    }
}
