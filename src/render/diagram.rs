//! The four-tuple, drawn: both ends of a connection with their addresses and ports.
//!
//! A drawing repeats what was told in words; it never holds a fact of its own.
use super::line::Line;
use super::paper::Paper;
use super::sanitize::{Safe, columns};
use super::style::{Glyphs, Role};
use crate::net::Endpoint;

/// Both ends of a connection, the one that connected first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// What the connecting end is called, and its endpoint.
    pub client: (String, Endpoint),
    /// What the other end is called, and its endpoint.
    pub server: (String, Endpoint),
}

/// An end as it is written into a box.
struct Boxed {
    name: String,
    address: String,
    port: String,
    wide: usize,
}

/// Columns an arrow needs to be seen as one.
const SHORTEST_ARROW: usize = 6;

/// Columns an arrow may take before the boxes look unrelated.
const LONGEST_ARROW: usize = 24;

impl Ends {
    /// Draws two boxes and an arrow, side by side where there is room.
    pub(super) fn draw(&self, paper: &mut Paper<'_>) {
        let client = Boxed::new(&self.client, paper);
        let server = Boxed::new(&self.server, paper);
        let room = paper.room();
        let arrow = room.saturating_sub(client.wide + server.wide);
        if arrow >= SHORTEST_ARROW {
            draw_beside(paper, &client, &server, arrow.min(LONGEST_ARROW));
        } else {
            draw_below(paper, &self.client, &self.server);
        }
    }

    /// The same in words.
    pub(super) fn say(&self, paper: &mut Paper<'_>) {
        for (role, (name, endpoint)) in [("from", &self.client), ("to", &self.server)] {
            let line = Line::of(Role::Dim, role)
                .text(' ')
                .and(Role::Name, name)
                .text(", ")
                .and(Role::Endpoint, endpoint);
            paper.line(&line, 0);
        }
    }
}

impl Boxed {
    fn new((name, endpoint): &(String, Endpoint), paper: &Paper<'_>) -> Self {
        let (address, port) = endpoint.inet().map_or_else(
            || (endpoint.to_string(), "Unix socket".to_owned()),
            |inet| (inet.ip().to_string(), format!("port {}", inet.port())),
        );
        let fit = |text: &str| {
            let safe = Safe::new(text);
            if paper.style().unicode {
                safe.as_str().to_owned()
            } else {
                safe.into_ascii().as_str().to_owned()
            }
        };
        let (name, address) = (fit(name), fit(&address));
        let inner = [columns(&name) + 1, columns(&address), columns(&port)];
        Self {
            wide: inner.into_iter().max().unwrap_or_default() + 4,
            name,
            address,
            port,
        }
    }

    /// The four rows of the box; an arrow may leave it on the row of the port.
    fn rows(&self, glyphs: &Glyphs, left: &'static str, right: &'static str) -> [Line; 4] {
        let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
        let light = |count: usize| glyphs.light.repeat(count);
        let rest = self.wide - 4 - columns(&self.name);
        let inside = |text: &str, left: &str, right: &str| {
            let pad = " ".repeat(self.wide - 4 - columns(text));
            Line::of(Role::Dim, left)
                .text(' ')
                .and(Role::Endpoint, text)
                .text(pad)
                .text(' ')
                .and(Role::Dim, right)
        };
        [
            Line::of(Role::Dim, top_left)
                .text(' ')
                .and(Role::Name, &self.name)
                .text(' ')
                .and(Role::Dim, light(rest))
                .and(Role::Dim, top_right),
            inside(&self.address, glyphs.vertical, glyphs.vertical),
            inside(&self.port, left, right),
            Line::of(Role::Dim, bottom_left)
                .and(Role::Dim, light(self.wide - 2))
                .and(Role::Dim, bottom_right),
        ]
    }
}

fn draw_beside(paper: &mut Paper<'_>, client: &Boxed, server: &Boxed, arrow: usize) {
    let glyphs = paper.glyphs();
    let left = client.rows(glyphs, glyphs.vertical, glyphs.branch_right);
    let right = server.rows(glyphs, glyphs.vertical, glyphs.vertical);
    for (row, (left, right)) in left.iter().zip(&right).enumerate() {
        let between = if row == 2 {
            let line = glyphs.light.repeat(arrow - 1);
            Line::of(Role::Dim, line).and(Role::Dim, glyphs.right)
        } else {
            Line::from(" ".repeat(arrow).as_str())
        };
        paper.laid_out(&left.clone().then(&between).then(right));
    }
}

fn draw_below(paper: &mut Paper<'_>, client: &(String, Endpoint), server: &(String, Endpoint)) {
    let glyphs = paper.glyphs();
    draw_end(paper, client);
    for glyph in [glyphs.vertical, glyphs.down] {
        paper.laid_out(&Line::of(Role::Dim, format_args!("  {glyph}")));
    }
    draw_end(paper, server);
}

fn draw_end(paper: &mut Paper<'_>, (name, endpoint): &(String, Endpoint)) {
    let line = Line::of(Role::Name, name)
        .text("  ")
        .and(Role::Endpoint, endpoint);
    paper.line(&line, 2);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::style::{Palette, Style};

    fn drawn(client: &str, server: &str, width: usize, unicode: bool) -> String {
        let ends = Ends {
            client: ("client".to_owned(), Endpoint::parse(client).unwrap()),
            server: ("the server".to_owned(), Endpoint::parse(server).unwrap()),
        };
        let style = Style {
            color: false,
            unicode,
            width,
        };
        let palette = Palette::new(false);
        let mut paper = Paper::new(&palette, style, width);
        ends.draw(&mut paper);
        let text = paper.into_string();
        assert!(text.lines().all(|line| columns(line) <= width), "{text}");
        text
    }

    #[test]
    fn two_ends() {
        let (client, server) = ("127.0.0.1:40002", "127.0.0.1:43817");
        insta::assert_snapshot!("ends_beside", drawn(client, server, 80, true));
        insta::assert_snapshot!("ends_ascii", drawn(client, server, 40, false));
        let long = "[fe80::1ff:fe23:4567:890a]:40002";
        insta::assert_snapshot!("ends_below", drawn(long, server, 40, true));
        drawn("unix:a", "unix:chat", 10, true);
        drawn("127.0.0.1:40002", "127.0.0.1:43817", 1, true);
    }
}
