//! The state machine of TCP, drawn, with the present state of each end of a connection marked.
//!
//! After the figure of RFC 9293 §3.3.2, without the ways that hardly anybody walks. A drawing
//! repeats what was told in words; it never holds a fact of its own.
use super::line::Line;
use super::paper::Paper;
use super::style::Role;
use crate::net::TcpState;

/// The machine, and who is where in it.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Names of ends, and their states.
    pub(super) ends: Vec<(String, TcpState)>,
}

/// States in braces, which are drawn as spaces, `!` for a line and `~` for the head of an arrow. Above ESTABLISHED the left lane
/// is the end that listens, below it the end that closes first.
const FIGURE: [&str; 19] = [
    "                            {CLOSED}",
    "        listen !                                  ! connect: SYN",
    "               ~                                  ~",
    "            {LISTEN}                          {SYN-SENT}",
    " SYN: SYN+ACK  !                                  !",
    "               ~                                  !",
    "         {SYN-RECEIVED}                           ! SYN+ACK: ACK",
    "           ACK !                                  !",
    "               ~                                  ~",
    "                          {ESTABLISHED}",
    "    close: FIN !                                  ! FIN: ACK",
    "               ~                                  ~",
    "          {FIN-WAIT-1}                       {CLOSE-WAIT}",
    "           ACK !           ! FIN: ACK             ! close: FIN",
    "               ~           ~                      ~",
    "          {FIN-WAIT-2}      {CLOSING}         {LAST-ACK}",
    "      FIN: ACK !           ! ACK                  ! ACK",
    "               ~           ~                      ~",
    "           {TIME-WAIT}    a minute later:     {CLOSED}",
];

/// A screen with room for less gets a list.
const ROOM_FOR_FIGURE: usize = 68;

impl Machine {
    /// Draws the figure, or a list of the states where there is no room for it.
    pub(super) fn draw(&self, paper: &mut Paper<'_>) {
        if paper.room() >= ROOM_FOR_FIGURE {
            self.figure(paper);
        } else {
            self.list(paper);
        }
    }

    fn figure(&self, paper: &mut Paper<'_>) {
        let glyphs = paper.glyphs();
        for row in FIGURE {
            let mut line = Line::new();
            // Columns that a state and its mark have taken from the space behind them.
            let mut taken: usize = 0;
            for (place, part) in row.split(['{', '}']).enumerate() {
                if place % 2 == 1 {
                    let state = TcpState::parse(part).unwrap_or(TcpState::Closed);
                    let mark = self.mark(state, glyphs.left);
                    let role = if mark.is_empty() {
                        Role::Dim
                    } else {
                        Role::Heading
                    };
                    // The braces were two columns, of which one stands before the state.
                    taken = mark.chars().count().saturating_sub(1);
                    let gap = if mark.is_empty() { " " } else { "" };
                    line = line
                        .text(' ')
                        .and(role, part)
                        .and(Role::Key, mark)
                        .text(gap);
                    continue;
                }
                let spaces = part.len() - part.trim_start_matches(' ').len();
                let part = part.get(taken.min(spaces)..).unwrap_or_default();
                let drawn = part.replace('!', glyphs.vertical).replace('~', glyphs.down);
                line.push(Role::Dim, drawn);
                taken = 0;
            }
            paper.laid_out(&line);
        }
        let mut legend = Line::new();
        for (place, (name, _)) in self.ends.iter().enumerate() {
            let gap = if place > 0 { "   " } else { "" };
            let mark = format!("{}{}", glyphs.left, place + 1);
            legend = legend
                .text(gap)
                .and(Role::Key, mark)
                .text(' ')
                .and(Role::Name, name);
        }
        paper.laid_out(&legend);
    }

    /// ` ◀1`, ` ◀1,2`, or nothing.
    fn mark(&self, state: TcpState, arrow: &str) -> String {
        let here = self.ends.iter().enumerate();
        let numbers: Vec<String> = here
            .filter(|(_, (_, at))| *at == state)
            .map(|(place, _)| (place + 1).to_string())
            .collect();
        if numbers.is_empty() {
            return String::new();
        }
        format!(" {arrow}{}", numbers.join(","))
    }

    fn list(&self, paper: &mut Paper<'_>) {
        let glyphs = paper.glyphs();
        for state in TcpState::ALL {
            let here: Vec<&str> = self
                .ends
                .iter()
                .filter(|(_, at)| *at == state)
                .map(|(name, _)| name.as_str())
                .collect();
            let line = if here.is_empty() {
                Line::of(Role::Dim, state.name())
            } else {
                Line::of(Role::Heading, state.name())
                    .and(Role::Key, format_args!(" {} ", glyphs.left))
                    .and(Role::Name, here.join(", "))
            };
            paper.line(&line, 2);
        }
    }
}
