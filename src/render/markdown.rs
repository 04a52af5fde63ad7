//! Markdown onto paper: the text of lessons, wrapped and styled as it is parsed.
//!
//! CommonMark with tables and alerts. HTML is shown as it is written, never obeyed. Whatever a
//! lesson draws stays to the right of the paper's prefix.
use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd,
};

use super::block::Table;
use super::highlight::highlight;
use super::line::Line;
use super::paper::{Indent, Paper};
use super::sanitize::{Safe, columns};
use super::style::Role;
use super::table;

/// Extensions of CommonMark that lessons may use. The cost of parsing is measured with these.
pub(super) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_GFM
}

/// Writes a Markdown text in a ground role, such as [`Role::Plain`].
pub(super) fn write(paper: &mut Paper<'_>, text: &str, ground: Role) {
    let mut writer = Writer::new(paper, ground);
    for event in Parser::new_ext(text, options()) {
        writer.event(event);
    }
    writer.paper.end_line();
}

/// A Markdown text as one line: emphasis and code keep their roles, blocks become sentences.
pub(super) fn one_line(text: &str) -> Line {
    let mut line = Line::new();
    let (mut strong, mut emphasis) = (0_usize, 0_usize);
    for event in Parser::new_ext(text, options()) {
        let role = match (strong, emphasis) {
            (0, 0) => Role::Plain,
            (0, _) => Role::Emphasis,
            _ => Role::Strong,
        };
        match event {
            Event::Start(Tag::Strong) => strong += 1,
            Event::End(TagEnd::Strong) => strong = strong.saturating_sub(1),
            Event::Start(Tag::Emphasis) => emphasis += 1,
            Event::End(TagEnd::Emphasis) => emphasis = emphasis.saturating_sub(1),
            Event::Code(code) => line.push(Role::Code, code),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                for word in text.lines() {
                    line.push(role, word);
                }
            }
            Event::SoftBreak | Event::HardBreak => line.push(role, ' '),
            Event::Start(Tag::Paragraph | Tag::Item) if !line.is_empty() => line.push(role, ' '),
            _ => {}
        }
    }
    line
}

/// What is being written, and inside of what.
struct Writer<'w, 'p> {
    paper: &'w mut Paper<'p>,
    ground: Role,
    /// Whether a block stands above in the same container.
    follows: bool,
    lists: Vec<List>,
    quotes: Vec<Indent>,
    strong: usize,
    emphasis: usize,
    heading: bool,
    link: Option<Target>,
    code: Option<Code>,
    table: Option<Table>,
}

struct List {
    /// The number of the next item; `None` for bullets.
    number: Option<u64>,
    /// The mark that is written as soon as its item has a first word.
    pending: bool,
    /// Whether an item stands above.
    follows: bool,
    indent: Option<Indent>,
}

struct Target {
    url: String,
    text: String,
}

struct Code {
    indent: Indent,
    /// Whether the block is marked as lines of the lab.
    lab: bool,
}

impl<'w, 'p> Writer<'w, 'p> {
    fn new(paper: &'w mut Paper<'p>, ground: Role) -> Self {
        Self {
            paper,
            ground,
            follows: false,
            lists: Vec::new(),
            quotes: Vec::new(),
            strong: 0,
            emphasis: 0,
            heading: false,
            link: None,
            code: None,
            table: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) if self.code.is_some() => self.code_lines(&text),
            Event::Text(text) | Event::InlineHtml(text) => self.inline(self.role(), &text),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.inline_code(&text);
            }
            Event::Html(text) => self.html(&text),
            Event::SoftBreak => self.soft_break(),
            Event::HardBreak => self.paper.end_line(),
            Event::Rule => self.rule(),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open_block(),
            Tag::Heading { .. } => {
                self.open_block();
                self.heading = true;
            }
            Tag::BlockQuote(kind) => self.open_quote(kind),
            Tag::CodeBlock(kind) => self.open_code(&kind),
            Tag::List(first) => self.open_list(first),
            Tag::Item => self.open_item(),
            Tag::Table(alignments) => self.open_table(&alignments),
            Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.open_cell(),
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => self.open_link(link_type, &dest_url),
            Tag::Image { dest_url, .. } => self.open_link(LinkType::Inline, &dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.paper.end_line(),
            TagEnd::Heading(_) => {
                self.heading = false;
                self.paper.end_line();
            }
            TagEnd::BlockQuote(_) => {
                self.paper.end_line();
                if let Some(indent) = self.quotes.pop() {
                    self.paper.outdent(indent);
                }
            }
            TagEnd::CodeBlock => {
                self.paper.end_line();
                if let Some(code) = self.code.take() {
                    self.paper.outdent(code.indent);
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => self.close_item(),
            TagEnd::Table => self.close_table(),
            TagEnd::Emphasis => self.emphasis -= 1,
            TagEnd::Strong => self.strong -= 1,
            TagEnd::Link | TagEnd::Image => self.close_link(),
            _ => {}
        }
    }

    /// The role of text that stands where the writer is.
    fn role(&self) -> Role {
        if self.link.is_some() {
            Role::Link
        } else if self.heading {
            Role::Heading
        } else if self.strong > 0 {
            Role::Strong
        } else if self.emphasis > 0 {
            Role::Emphasis
        } else {
            self.ground
        }
    }

    /// Leaves an empty line above a block, except for the first one of its container.
    fn open_block(&mut self) {
        let loose = self
            .lists
            .last()
            .is_some_and(|list| list.pending && list.follows);
        if self.follows || loose {
            self.paper.blank();
        }
        self.follows = true;
        self.write_mark();
    }

    fn inline(&mut self, role: Role, text: &str) {
        if let Some(link) = &mut self.link {
            link.text.push_str(text);
        }
        if let Some(cell) = self.cell() {
            cell.push(role, text);
            return;
        }
        self.write_mark();
        self.paper.text(role, &Safe::new(text));
    }

    /// Code in running text keeps its backticks where no colour tells it apart.
    fn inline_code(&mut self, text: &str) {
        let painted = self.paper.palette().paints() || self.cell().is_some();
        if !painted {
            self.inline(Role::Code, "`");
        }
        self.inline(Role::Code, text);
        if !painted {
            self.inline(Role::Code, "`");
        }
    }

    fn soft_break(&mut self) {
        let role = self.role();
        if let Some(cell) = self.cell() {
            cell.push(role, ' ');
        } else {
            self.paper.space(role);
        }
    }

    fn html(&mut self, text: &str) {
        for line in text.lines() {
            self.inline(self.ground, line);
            self.paper.end_line();
        }
    }

    fn rule(&mut self) {
        self.open_block();
        self.paper.fresh_line();
        if self.paper.draws() {
            let line = self.paper.glyphs().light.repeat(self.paper.room());
            self.paper.text(Role::Dim, &Safe::ours(&line));
        }
        self.paper.end_line();
    }

    fn open_quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.open_block();
        let mark = if self.paper.draws() {
            self.paper.glyphs().quote
        } else {
            ""
        };
        self.quotes.push(self.paper.indent(Role::Dim, mark, 2));
        if let Some(kind) = kind {
            let title = match kind {
                BlockQuoteKind::Note => "Note",
                BlockQuoteKind::Tip => "Tip",
                BlockQuoteKind::Important => "Important",
                BlockQuoteKind::Warning => "Warning",
                BlockQuoteKind::Caution => "Caution",
            };
            self.paper.text(Role::Surprise, &Safe::ours(title));
            self.paper.end_line();
        }
        self.follows = false;
    }

    fn open_code(&mut self, kind: &CodeBlockKind<'_>) {
        self.open_block();
        self.paper.fresh_line();
        let lab = matches!(kind, CodeBlockKind::Fenced(language) if **language == *"lab");
        let indent = self.paper.indent(Role::Plain, "", 2);
        self.code = Some(Code { indent, lab });
    }

    fn code_lines(&mut self, text: &str) {
        let lab = self.code.as_ref().is_some_and(|code| code.lab);
        for line in text.split_inclusive('\n') {
            let words = line.trim_end_matches(['\r', '\n']);
            if lab {
                self.paper.begin_line();
                self.paper.pieces(&highlight(words));
            } else {
                self.paper.begin_line();
                self.paper.text(Role::Code, &Safe::new(words));
            }
            if line.ends_with('\n') {
                self.paper.end_line();
            }
        }
    }

    fn open_list(&mut self, first: Option<u64>) {
        if self.lists.is_empty() {
            self.open_block();
        } else {
            self.write_mark();
            self.paper.end_line();
        }
        self.lists.push(List {
            number: first,
            pending: false,
            follows: false,
            indent: None,
        });
    }

    fn open_item(&mut self) {
        self.paper.end_line();
        self.follows = false;
        if let Some(list) = self.lists.last_mut() {
            list.pending = true;
        }
    }

    /// Writes the mark of the item that begins here, and hangs what follows behind it.
    fn write_mark(&mut self) {
        let depth = self.lists.len();
        let Some(list) = self.lists.last_mut().filter(|list| list.pending) else {
            return;
        };
        list.pending = false;
        let mark = match &mut list.number {
            Some(number) => {
                let mark = format!("{number}.");
                *number += 1;
                mark
            }
            None => bullet(self.paper, depth).to_owned(),
        };
        let width = columns(&mark) + 1;
        self.paper.mark(Role::Dim, &mark, width);
        list.indent = Some(self.paper.indent(Role::Plain, "", width));
    }

    fn close_item(&mut self) {
        self.write_mark();
        self.paper.end_line();
        self.follows = true;
        if let Some(list) = self.lists.last_mut() {
            list.follows = true;
            if let Some(indent) = list.indent.take() {
                self.paper.outdent(indent);
            }
        }
    }

    fn open_table(&mut self, alignments: &[Alignment]) {
        self.open_block();
        self.paper.fresh_line();
        let numbers = alignments
            .iter()
            .enumerate()
            .filter(|(_, alignment)| **alignment == Alignment::Right)
            .map(|(column, _)| column)
            .collect();
        self.table = Some(Table {
            numbers,
            prose: true,
            ..Table::default()
        });
    }

    fn open_cell(&mut self) {
        if let Some(table) = &mut self.table {
            let row = table.rows.last_mut().unwrap_or(&mut table.head);
            row.push(Line::new());
        }
    }

    fn cell(&mut self) -> Option<&mut Line> {
        let table = self.table.as_mut()?;
        let row = table.rows.last_mut().unwrap_or(&mut table.head);
        row.last_mut()
    }

    fn close_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        if self.paper.draws() {
            table::draw(self.paper, &table);
        } else {
            table::say(self.paper, &table);
        }
    }

    fn open_link(&mut self, kind: LinkType, url: &str) {
        let shown = !matches!(kind, LinkType::Autolink | LinkType::Email);
        self.link = Some(Target {
            url: if shown { url } else { "" }.to_owned(),
            text: String::new(),
        });
    }

    /// Where a link leads stands behind it, unless its text says so already.
    fn close_link(&mut self) {
        let Some(link) = self.link.take() else {
            return;
        };
        if !link.url.is_empty() && link.url != link.text {
            self.inline(Role::Dim, &format!(" ({})", link.url));
        }
    }
}

fn bullet(paper: &Paper<'_>, depth: usize) -> &'static str {
    if !paper.draws() {
        return "-";
    }
    let [outer, inner] = paper.glyphs().bullets;
    if depth % 2 == 1 { outer } else { inner }
}
