//! One self-contained page of HTML: no script, no picture, nothing fetched; readable in the dark and
//! on paper. Every character of a lesson, a peer or a learner is escaped on its way in.
use std::fmt::{self, Write as _};

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::super::block::{Block, Item, ItemText, Mark, Table};
use super::super::line::Line;
use super::super::markdown::options;
use super::super::style::Role;
use super::{clean, drawn};

const STYLE: &str = include_str!("page.css");

/// A page with this title and these blocks.
pub fn html(title: &str, blocks: &[Block]) -> String {
    let mut body = String::new();
    for block in blocks {
        write_block(&mut body, block);
    }
    let title = escaped(&clean(title));
    // Whatever were to slip through: a browser fetches and runs nothing here.
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Text between tags and within attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Gap => push(out, "div class=\"gap\"", ""),
        Block::Title(title, aside) => {
            push(out, "h1", &inline(title));
            if let Some(aside) = aside {
                push(out, "p class=\"aside\"", &inline(aside));
            }
        }
        Block::Heading(line) => push(out, "h2", &inline(line)),
        Block::Progress(_, _, title) => {
            if let Some(title) = title {
                push(out, "h3", &inline(title));
            }
        }
        Block::Prose(text) => push(out, "div class=\"prose\"", &prose(text)),
        Block::Labelled(label, text) => {
            let label = format!("<dt>{}</dt><dd>{}</dd>", inline(label), prose(text));
            push(out, "dl", &label);
        }
        Block::Fact(line) => push(out, "p class=\"fact\"", &inline(line)),
        Block::Remark(line) => push(out, "p class=\"remark\"", &inline(line)),
        Block::Command(line) => push(out, "pre class=\"command\"", &escaped(line.as_str())),
        Block::List(items) => {
            let items: Vec<_> = items.iter().map(item).collect();
            push(out, "ul", &items.join(""));
        }
        Block::Table(table) => write_table(out, table),
        Block::Verbatim(lines) => {
            let lines: Vec<_> = lines.iter().map(|line| escaped(line.as_str())).collect();
            push(out, "pre", &lines.join("\n"));
        }
        drawing => push(out, "pre", &escaped(&drawn(drawing))),
    }
}

fn add(out: &mut String, text: fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// An element; its attributes stand behind its name.
fn push(out: &mut String, element: &str, inside: &str) {
    let name = element.split(' ').next().unwrap_or(element);
    add(out, format_args!("<{element}>{inside}</{name}>\n"));
}

fn inline(line: &Line) -> String {
    let mut out = String::new();
    for (role, text) in line.pieces() {
        let text = escaped(text);
        match tag_of(role) {
            Some(("span", class)) => {
                add(
                    &mut out,
                    format_args!("<span class=\"{class}\">{text}</span>"),
                );
            }
            Some((tag, _)) => add(&mut out, format_args!("<{tag}>{text}</{tag}>")),
            None => out.push_str(&text),
        }
    }
    out
}

fn tag_of(role: Role) -> Option<(&'static str, &'static str)> {
    Some(match role {
        Role::Code | Role::Name | Role::Endpoint | Role::Verb | Role::Payload => ("code", ""),
        Role::Strong | Role::Key => ("strong", ""),
        Role::Emphasis => ("em", ""),
        Role::Ok => ("span", "ok"),
        Role::Refused => ("span", "refused"),
        Role::Surprise => ("span", "surprise"),
        Role::Dim => ("span", "dim"),
        Role::Plain | Role::Prompt | Role::Heading | Role::Link => return None,
    })
}

fn item(item: &Item) -> String {
    let (class, mark) = match item.mark {
        Mark::Goal { met: true } | Mark::Check { ok: true } => ("yes", "✓ ".to_owned()),
        Mark::Goal { met: false } | Mark::Check { ok: false } => ("no", "✗ ".to_owned()),
        Mark::Letter(option) => ("letter", Mark::letter(option) + ") "),
        Mark::Number(number) => ("number", format!("{number}. ")),
        Mark::Bullet => ("bullet", String::new()),
    };
    let text = match &item.text {
        ItemText::Lesson(text) => prose(text),
        ItemText::Ours(line) => inline(line),
    };
    let aside = item.aside.as_ref().map(inline);
    let aside = aside.map_or_else(String::new, |aside| {
        format!("<p class=\"aside\">{aside}</p>")
    });
    let mark = if mark.is_empty() {
        mark
    } else {
        format!("<span class=\"mark\">{mark}</span>")
    };
    format!("<li class=\"{class}\">{mark}<div>{text}{aside}</div></li>")
}

fn write_table(out: &mut String, table: &Table) {
    let used = table.used();
    let class = |column: &usize| {
        if table.numbers.contains(column) {
            " class=\"number\""
        } else {
            ""
        }
    };
    let cells = |tag: &str, row: &[Line]| -> String {
        let cell = |column: &usize| {
            let text = row.get(*column).map(inline).unwrap_or_default();
            format!("<{tag}{}>{text}</{tag}>", class(column))
        };
        used.iter().map(cell).collect()
    };
    let mut inside = String::new();
    if table.head.iter().any(|name| !name.is_empty()) {
        inside = format!("<thead><tr>{}</tr></thead>", cells("th", &table.head));
    }
    for (place, row) in table.rows.iter().enumerate() {
        for section in table.sections_before(place) {
            let columns = used.len();
            let section = inline(section);
            add(
                &mut inside,
                format_args!("<tr><th colspan=\"{columns}\">{section}</th></tr>"),
            );
        }
        add(&mut inside, format_args!("<tr>{}</tr>", cells("td", row)));
    }
    push(out, "table", &inside);
}

/// A lesson's Markdown. HTML in it is shown as it is written, never obeyed.
fn prose(text: &str) -> String {
    let text = clean(text);
    let mut prose = Prose::default();
    for event in Parser::new_ext(&text, options()) {
        prose.event(event);
    }
    prose.out
}

#[derive(Default)]
struct Prose {
    out: String,
    alignments: Vec<Alignment>,
    column: usize,
    head: bool,
    /// Whether the link that is open may be followed.
    links: Vec<bool>,
}

impl Prose {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.out.push_str(&escaped(&text));
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                let code = escaped(&text);
                self.out.extend(["<code>", &code, "</code>"]);
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.out.push_str("<p>"),
            Tag::Heading { .. } => self.out.push_str("<h4>"),
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => {
                self.out.push_str("<pre>");
            }
            Tag::List(None) => self.out.push_str("<ul>"),
            Tag::List(Some(first)) => add(&mut self.out, format_args!("<ol start=\"{first}\">")),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(alignments) => {
                self.alignments = alignments;
                self.out.push_str("<table>");
            }
            Tag::TableHead => {
                (self.head, self.column) = (true, 0);
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => self.open_cell(),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Link { dest_url, .. } => self.open_link(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let close = match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => "</p>\n",
            TagEnd::Heading(_) => "</h4>\n",
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock => "</pre>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Table => "</table>\n",
            TagEnd::TableHead => {
                self.head = false;
                "</tr></thead>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell => self.close_cell(),
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Link if self.links.pop() == Some(true) => "</a>",
            _ => "",
        };
        self.out.push_str(close);
    }

    fn open_cell(&mut self) {
        let right = self.alignments.get(self.column) == Some(&Alignment::Right);
        let tag = if self.head { "th" } else { "td" };
        let class = if right { " class=\"number\"" } else { "" };
        add(&mut self.out, format_args!("<{tag}{class}>"));
    }

    fn close_cell(&mut self) -> &'static str {
        self.column += 1;
        if self.head { "</th>" } else { "</td>" }
    }

    /// Links lead to the web and nowhere else; `javascript:` is no place.
    fn open_link(&mut self, url: &str) {
        let web = ["http://", "https://"];
        let follow = web.iter().any(|scheme| url.starts_with(scheme));
        self.links.push(follow);
        if follow {
            let url = escaped(url);
            let open = format_args!("<a rel=\"noopener noreferrer\" href=\"{url}\">");
            add(&mut self.out, open);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tags of a page, without what stands between them.
    fn tags(page: &str) -> Vec<String> {
        page.split('<')
            .skip(1)
            .map(|part| part.split('>').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn prose_becomes_elements_and_html_stays_text() {
        for (text, expected) in [
            (
                "One *two* **three** `a<b`.",
                "<p>One <em>two</em> <strong>three</strong> <code>a&lt;b</code>.</p>\n",
            ),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            (
                "a <b onclick=x>b</b>",
                "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n",
            ),
            ("[x](javascript:alert(1))", "<p>x</p>\n"),
            (
                "[x](https://a.example/?q=\"&b)",
                "<p><a rel=\"noopener noreferrer\" href=\"https://a.example/?q=&quot;&amp;b\">x</a></p>\n",
            ),
            ("![x](https://a.example/p.png)", "<p>x</p>\n"),
            ("- a\n- b", "<ul><li>a</li>\n<li>b</li>\n</ul>\n"),
            ("```\na & b\n```", "<pre>a &amp; b\n</pre>\n"),
            (
                "|a|b|\n|-|-:|\n|1|2|",
                "<table><thead><tr><th>a</th><th class=\"number\">b</th></tr></thead>\n<tr><td>1</td><td class=\"number\">2</td></tr>\n</table>\n",
            ),
        ] {
            let said = prose(text);
            assert!(said.contains(expected), "{said}");
        }
    }

    proptest! {
        /// Whatever the text, the page has the same tags.
        #[test]
        fn no_text_becomes_a_tag(text in "\\PC{0,40}|[<>&\"'`*\\[\\]()a-z/ ]{0,40}") {
            let page = |text: &str| {
                let line = Line::from(text).and(Role::Code, text);
                let blocks = [
                    Block::Title(line.clone(), Some(line.clone())),
                    Block::Fact(line.clone()),
                    Block::Command(line.clone()),
                    Block::Verbatim(vec![line]),
                ];
                html(text, &blocks)
            };
            prop_assert_eq!(tags(&page(&text)), tags(&page("x")));
            let allowed = ["p", "em", "strong", "code", "a ", "ul", "ol", "li", "pre", "br", "hr", "h4", "blockquote", "table", "thead", "tr", "th", "td"];
            let prose = prose(&text);
            for tag in tags(&prose) {
                let name = tag.trim_start_matches('/');
                prop_assert!(allowed.iter().any(|known| name == known.trim() || name.starts_with(&format!("{} ", known.trim()))), "{}", tag);
            }
        }
    }
}
