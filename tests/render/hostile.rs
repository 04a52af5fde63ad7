//! Whatever a lesson, a payload or a peer says, nothing acts on the terminal, nothing runs over
//! the edge, and nobody draws our gutter.
use std::collections::BTreeMap;
use std::ops::Range;

use looplab::lang::{
    Author, Bucket, CaptureSaved, Card, Cause, Closed, CounterReading, Exchange, Explanation, Fact,
    FailureCause, HalfClosed, Holders, Holding, InWorld, Interface, Interfaces, LinkState,
    Observed, Outcome, Packet, Plot, Received, Request, Requests, Resolved, Response, Sent,
    Setting, Shown, SocketRow, SocketTable, Waited, WorldName,
};
use looplab::net::TcpState;
use looplab::render::{self, Check, ClaimEntry, ClaimStatus, Found, MenuChapter, MenuEntry};
use looplab::tutor::{Ask, Event, Foretold, GoalState, Summary};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::{Look, printed, stories, tell, wire};

/// Fragments that have driven terminals, parsers or readers up the wall.
const NASTY: [&str; 34] = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\u{9b}31m",
    "\u{90}q\u{9c}",
    "\r> lab",
    "\0",
    "\x7f\x08",
    "\u{202e}txt.exe",
    "\u{2066}\u{2069}",
    "a\u{200b}b\u{feff}",
    "\u{e0041}",
    "e\u{301}\u{301}\u{301}\u{301}",
    "日本語の文章",
    "👩‍👩‍👧",
    "\n\n\n\n",
    "\r\n",
    "\t",
    "`",
    "``` \n~~~",
    "**",
    "| a | b |\n|---|---|\n| c |\n",
    "- - - 1. > # \n",
    "> [!NOTE]\n> x",
    "<script>",
    "[x](\x1b[31m)",
    "![](\u{202e})",
    "&#x1b;[31m",
    "&#x202e;",
    "aVeryLongWordThatFitsOnNoNarrowScreenWhateverHappensToIt",
    "\u{2028}\u{85}",
    "\u{115f}\u{3164}",
    "words and more words to be wrapped ",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(&NASTY[..]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a-z ]{0,12}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn request(text: &str) -> Request {
    Request {
        peer: "127.0.0.1:1".parse().unwrap(),
        peer_port: 1,
        local: "127.0.0.1:2".parse().unwrap(),
        number: 1,
        method: text.to_owned(),
        target: text.to_owned(),
        host: Some(text.to_owned()),
        origin: Some(text.to_owned()),
        agent: Some(text.to_owned()),
        status: Some(200),
        raw: text.to_owned(),
        answer: None,
        ours: false,
    }
}

fn row(text: &str) -> SocketRow {
    SocketRow {
        process: Some(text.into()),
        owner: Some(text.to_owned()),
        pid: Some(1),
        state: TcpState::Established,
        ..stories::rows().swap_remove(0)
    }
}

fn card(text: &str) -> Card {
    Card {
        key: text.to_owned(),
        title: text.to_owned(),
        says: text.to_owned(),
        causes: vec![Cause {
            because: text.to_owned(),
            cure: text.to_owned(),
            operation: None,
        }],
        see: vec![text.to_owned()],
        source: Some(text.to_owned()),
    }
}

/// Every fact that holds a text, holding this one.
#[expect(clippy::too_many_lines, reason = "one fact after the other")]
fn outcomes(text: &str) -> Vec<Outcome> {
    let own = || text.to_owned();
    let facts = vec![
        Fact::Sent(Sent {
            socket: own(),
            bytes: 1,
            wanted: 2,
            to: None,
        }),
        Fact::Received(Received {
            socket: own(),
            bytes: text.len(),
            text: own(),
            end_of_stream: false,
            from: None,
            truncated: true,
        }),
        Fact::HalfClosed(HalfClosed {
            socket: own(),
            direction: "both",
        }),
        Fact::Closed(Closed {
            names: vec![own(), own()],
            abrupt: false,
            count: 9,
        }),
        Fact::Requests(Requests {
            server: own(),
            count: 2,
            requests: vec![request(text)],
        }),
        Fact::Response(Response {
            local: "127.0.0.1:1".parse().unwrap(),
            peer: "127.0.0.1:2".parse().unwrap(),
            request: own(),
            status: 200,
            reason: own(),
            headers: vec![(own(), own())],
            body: own(),
            bytes: text.len(),
            shown: Exchange::Whole,
        }),
        Fact::Sockets(SocketTable {
            scope: "all",
            count: 1,
            rows: vec![row(text)],
            notes: vec![own()],
        }),
        Fact::Who(Holders {
            port: 1,
            rows: vec![row(text)],
            finding: own(),
            cure: Some(own()),
            free: false,
        }),
        Fact::Resolved(Resolved {
            query: own(),
            addresses: Vec::new(),
            sources: vec![own()],
        }),
        wire::shown(
            vec![Packet {
                source_name: Some(own()),
                ..wire::packet(1, "127.0.0.1:1", "[::1]:2", text)
            }],
            "lab",
        ),
        Fact::CaptureSaved(CaptureSaved {
            file: own(),
            count: 1,
            bytes: 1,
        }),
        Fact::Interfaces(Interfaces {
            interfaces: vec![Interface {
                name: own(),
                up: true,
                loopback: true,
                mtu: None,
                addresses: vec![own()],
            }],
        }),
        Fact::Counters(CounterReading {
            interface: own(),
            rx_packets: 0,
            rx_bytes: 0,
            tx_packets: 0,
            tx_bytes: 0,
            protocol: BTreeMap::from([(own(), 1)]),
        }),
        Fact::Explanation(Explanation {
            topic: own(),
            observations: vec![own()],
            cards: vec![card(text)],
        }),
        Fact::World(InWorld {
            world: WorldName::Host,
            switched: false,
            refusal: Some(own()),
        }),
        Fact::Link(LinkState {
            interface: own(),
            up: true,
            mtu: Some(1),
            switched: true,
        }),
        Fact::Sysctl(Setting {
            setting: own(),
            value: own(),
            before: Some(own()),
        }),
        Fact::Plot(Plot {
            of: "ports",
            title: own(),
            histogram: vec![Bucket {
                from: 0.0,
                to: f64::MAX,
                count: u64::MAX,
            }],
        }),
        Fact::Held(Holding {
            expression: own(),
            observed: own(),
        }),
        Fact::Value(Shown {
            expression: own(),
            value: serde_json::json!({ text: text }),
        }),
        Fact::Waited(Waited { until: own() }),
    ];
    let done = |fact| Outcome {
        name: Some(own()),
        ..stories::done("", "show", fact)
    };
    let mut all: Vec<Outcome> = facts.into_iter().map(done).collect();
    let unmet = stories::failed(text, "expect", (None, None), FailureCause::Unmet, text);
    debug_assert!(matches!(unmet.result, Observed::Failed(_)));
    all.push(unmet);
    all
}

/// Every event that holds a text, holding this one.
#[expect(clippy::too_many_lines, reason = "one event after the other")]
fn events(text: &str, span: Range<usize>) -> Vec<Event> {
    let own = || text.to_owned();
    let pair = || (own(), own());
    let foretold = || Foretold {
        question: own(),
        predicted: Some(own()),
        came_true: vec![own()],
        seen: Some(own()),
    };
    let goal = |met| GoalState {
        say: own(),
        met,
        why: own(),
    };
    let mut all = vec![
        Event::LessonStarted {
            lesson: own(),
            title: own(),
            summary: own(),
            minutes: 1,
            objectives: vec![own(), own()],
        },
        Event::StepStarted {
            step: own(),
            title: Some(own()),
            number: 3,
            total: 2,
            kind: "say",
        },
        Event::Say { text: own() },
        Event::Command {
            line: own(),
            author: Author::Lesson,
        },
        Event::Prepared { lines: vec![own()] },
        Event::Question {
            question: own(),
            options: vec![own(); 3],
            prediction: true,
            ask: Ask::Run { lines: vec![own()] },
        },
        Event::Predicted {
            option: 30,
            text: own(),
        },
        Event::Graded {
            chosen: Some(1),
            came_true: vec![0, 1],
            truth: vec![own(), own()],
            seen: vec![own(), own()],
            misconception: Some(own()),
        },
        Event::Surprise {
            observed: vec![pair()],
        },
        Event::Explained { text: own() },
        Event::RefutationStarted {
            misconception: own(),
        },
        Event::RefutationSkipped { reason: own() },
        Event::Task { text: own() },
        Event::Goals {
            goals: vec![goal(true), goal(false)],
            met: false,
        },
        Event::Trap { text: own() },
        Event::Hint {
            tier: 1,
            of: 1,
            text: own(),
        },
        Event::Solution { lines: vec![own()] },
        Event::Answered {
            correct: false,
            given: own(),
            answer: Some(own()),
            because: Some(own()),
        },
        Event::NotUnderstood {
            given: own(),
            help: own(),
        },
        Event::BadLine {
            line: own(),
            message: own(),
            span,
            help: Some(own()),
        },
        Event::StepSkipped {
            step: own(),
            reason: own(),
        },
        Event::Notes { text: own() },
        Event::Help {
            words: vec![pair()],
            verbs: vec![pair()],
        },
        Event::VerbHelp { text: own() },
        Event::Card { card: card(text) },
        Event::Notice { text: own() },
        Event::LessonDone {
            lesson: own(),
            title: own(),
            summary: Summary {
                foretold: vec![foretold()],
                surprises: vec![foretold()],
                ..Summary::default()
            },
        },
    ];
    all.extend(outcomes(text).into_iter().map(|outcome| Event::Outcome {
        line: own(),
        outcome: Box::new(outcome),
    }));
    all
}

fn pages(text: &str) -> Vec<render::Page> {
    let own = || text.to_owned();
    let entry = MenuEntry {
        id: own(),
        title: own(),
        summary: own(),
        level: own(),
        broken: Some(own()),
        ..MenuEntry::default()
    };
    let value = serde_json::Value::from(text);
    let evidence =
        ["line", "error", "local", "peer", text].map(|key| (key.to_owned(), value.clone()));
    let claim = ClaimEntry {
        id: own(),
        says: own(),
        verdict: own(),
        holds: own(),
        lesson: Some(own()),
        step: Some(own()),
        status: ClaimStatus::Settled,
        reason: Some(own()),
        came_true: vec![own()],
        evidence: vec![evidence.into_iter().collect()],
        ..ClaimEntry::default()
    };
    let course = [MenuChapter::new(Some(1), [text; 3], vec![entry])];
    let found = Found {
        kind: own(),
        open: own(),
        title: own(),
        excerpt: own(),
    };
    let check = Check {
        what: own(),
        finding: own(),
        advice: Some(own()),
        ok: false,
    };
    vec![
        render::claims(std::slice::from_ref(&claim), None),
        render::claim(&claim),
        render::menu(&course),
        render::list(&course),
        render::chapters(&course),
        render::found(text, &[found]),
        render::checks(&[check]),
    ]
}

fn everything(look: Look, text: &str, span: &Range<usize>) -> String {
    tell(look, &events(text, span.clone()))
        + &printed(look, |view| {
            for page in pages(text) {
                view.page(&page).unwrap();
            }
        })
}

/// Characters that nobody may send to a terminal but our own styling.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// Our own styling, as `Style`'s table gives it.
fn without_styling(printed: &str) -> String {
    let own = ["0", "1", "2", "3", "4", "31", "32", "35", "36", "1;35"];
    let mut text = printed.to_owned();
    for code in own {
        text = text.replace(&format!("\x1b[{code}m"), "");
    }
    text
}

fn check_harmless(printed: &str) -> Result<(), TestCaseError> {
    let hostile: Vec<char> = printed
        .chars()
        .filter(|c| *c != '\n' && is_hostile(*c))
        .collect();
    prop_assert!(hostile.is_empty(), "{hostile:?} in\n{printed}");
    Ok(())
}

fn check_width(printed: &str, width: usize) -> Result<(), TestCaseError> {
    for line in printed.lines() {
        prop_assert!(line.width() <= width, "{} columns: {line}", line.width());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_screen_shows_hostile_text_and_stays_a_screen(
        text in text(),
        width in 12_usize..100,
        unicode: bool,
        from in 0_usize..60,
        long in 0_usize..60,
    ) {
        let span = from..from + long;
        let look = |color| Look::Terminal { width, color, unicode };
        let colored = everything(look(true), &text, &span);
        check_harmless(&without_styling(&colored))?;
        check_width(&without_styling(&colored), width)?;
        let plain = everything(look(false), &text, &span);
        check_harmless(&plain)?;
        check_width(&plain, width)?;
        prop_assert!(unicode || plain.is_ascii());
    }

    #[test]
    fn plain_lines_hold_no_sequence_at_all(text in text(), width in 12_usize..100) {
        check_harmless(&everything(Look::Plain { width }, &text, &(0..3)))?;
    }

    #[test]
    fn json_lines_are_json_and_harmless(text in text()) {
        let printed = everything(Look::Json, &text, &(0..3));
        check_harmless(&printed)?;
        for line in printed.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(&record["v"], 1);
            if record["event"] == "say" {
                prop_assert_eq!(&record["text"], &text);
            }
        }
    }

    #[test]
    fn a_lesson_stays_behind_its_gutter(text in text(), width in 12_usize..100) {
        let look = Look::Terminal { width, color: false, unicode: true };
        let said = tell(look, &[Event::Say { text: text.clone() }, Event::Task { text }]);
        for line in said.lines().filter(|line| !line.is_empty()) {
            prop_assert!(line.starts_with('│'), "{line}");
        }
    }

    #[test]
    fn nothing_foreign_begins_at_the_edge(text in text(), width in 12_usize..100) {
        let look = Look::Terminal { width, color: false, unicode: true };
        // What is printed at the edge begins with a word of our own, or is the title's first line.
        for event in events(&text, 0..1) {
            let printed = tell(look, std::slice::from_ref(&event));
            let title = match event {
                Event::LessonStarted { .. } | Event::LessonDone { .. } => 1,
                _ => 0,
            };
            for line in printed.lines().skip(title).filter(|line| !line.is_empty()) {
                let ours = line.starts_with([' ', '│', '›', '─']) || line.starts_with("3/2 ");
                prop_assert!(ours, "{line}\nin\n{printed}");
            }
        }
    }
}

#[test]
fn a_closed_pipe_is_an_error_and_no_panic() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let style = render::Style {
        color: false,
        unicode: true,
        width: 80,
    };
    for kind in [
        render::ViewKind::Terminal,
        render::ViewKind::Plain,
        render::ViewKind::Json,
    ] {
        let mut view = render::view(kind, Closed, style);
        let event = Event::Notice {
            text: "x".to_owned(),
        };
        let error = view.event(&event).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{kind:?}");
    }
}
