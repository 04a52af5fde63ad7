//! A lesson that uses every event.
use looplab::lang::{Author, Card, Cause, Closed, Fact, FailureCause, HalfClosed, Outcome, Role};
use looplab::net::Errno;
use looplab::tutor::{Ask, Event, Foretold, GoalState, StepResult, Summary};

use super::failures::refused_bind;
use super::sockets::received;
use super::sockets::sent;
use super::{done, end, failed, listener};

pub(super) fn shown_outcome(outcome: Outcome) -> Event {
    Event::Outcome {
        line: String::new(),
        outcome: Box::new(outcome),
    }
}

pub(super) fn command(line: &str) -> Event {
    Event::Command {
        line: line.to_owned(),
        author: Author::Lesson,
    }
}

pub(super) fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub(super) fn pairs(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    texts.iter().map(owned).collect()
}

pub(crate) fn card() -> Card {
    let cause = |because: &str, cure: &str, operation: Option<&str>| Cause {
        because: because.to_owned(),
        cure: cure.to_owned(),
        operation: operation.map(str::to_owned),
    };
    Card {
        key: "EADDRINUSE".to_owned(),
        title: "Address already in use".to_owned(),
        says:
            "Another socket has a claim that collides with yours: same protocol, same\nport, and \
               an address that is the same or covers yours. `who PORT` names the holder.\n"
                .to_owned(),
        causes: vec![
            cause(
                "Another listener has the endpoint; often it is your own program, started twice.",
                "Run `who PORT` here or `ss -tlnp` in a shell, and stop the holder.",
                Some("bind"),
            ),
            cause(
                "Your server was just stopped, and connections that it closed first are in TIME-WAIT.",
                "Let the server set SO_REUSEADDR before bind, always.",
                Some("bind"),
            ),
            cause(
                "Another socket began to listen.",
                "Only one may listen.",
                Some("listen"),
            ),
            cause(
                "A child process has inherited the listener.",
                "Find it with `who PORT`.",
                None,
            ),
            cause(
                "Every port of the range is taken.",
                "Close sockets.",
                Some("bind"),
            ),
        ],
        see: owned(&["EADDRNOTAVAIL", "TIME-WAIT"]),
        source: Some("bind(2), listen(2), socket(7)".to_owned()),
    }
}

const STORY: &str = "\
A **listener** claims an address and a port, and *holds* them until it is closed. Its
endpoint is written `127.0.0.1:43817`.

1. The first one asks for port 0: *any free port*.
2. The second one asks for the very same.
   - It may be another program,
   - or yours, started twice; in that case the line is long enough to be wrapped.

| claim | by | allowed |
|---|---|---:|
| `127.0.0.1:43817` | the first listener | yes |
| `127.0.0.1:43817` | the second listener, which comes later | 2 |

> [!NOTE]
> A port number is not a thing of the *machine*: TCP and UDP each number their own.

```lab
second = listen first --backlog 5   # ask again
```

```
GET / HTTP/1.1
Host: 127.0.0.1
```

### More to read

See [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293) or <https://example.org>, and mind <b>HTML</b>.
";

/// A lesson that uses every event.
#[expect(clippy::too_many_lines, reason = "one event after the other")]
pub(crate) fn lesson() -> Vec<Event> {
    let (client, server) = ("127.0.0.1:40002", "127.0.0.1:43817");
    vec![
        Event::LessonStarted {
            lesson: "address-in-use".to_owned(),
            title: "Two servers, one port".to_owned(),
            summary: "Why \"address already in use\" happens, and three ways out.".to_owned(),
            minutes: 8,
            objectives: owned(&["say what a listener claims", "name three ways out of `EADDRINUSE`"]),
        },
        Event::StepStarted {
            step: "story".to_owned(),
            title: Some("What a listener claims".to_owned()),
            number: 1,
            total: 9,
            kind: "say",
        },
        Event::Say {
            text: STORY.to_owned(),
        },
        Event::StepDone {
            step: "story".to_owned(),
            result: StepResult::Done,
        },
        Event::StepStarted {
            step: "same-port".to_owned(),
            title: None,
            number: 2,
            total: 9,
            kind: "predict",
        },
        Event::Prepared {
            lines: owned(&["first = listen 127.0.0.1:0"]),
        },
        Event::Question {
            question: "A second server asks for the very same port. What does the kernel do?".to_owned(),
            options: owned(&[
                "Both work.",
                "The second one is refused the address, because the first one still holds it, and nobody else may.",
                "Only `root` may do that.",
            ]),
            prediction: true,
            ask: Ask::Letter {
                options: 3,
                several: false,
            },
        },
        Event::NotUnderstood {
            given: "x".to_owned(),
            help: "one letter from a to c; or `skip`".to_owned(),
        },
        Event::Predicted {
            option: 0,
            text: "Both work.".to_owned(),
        },
        command("second = listen first"),
        shown_outcome(refused_bind("second")),
        Event::Graded {
            chosen: Some(0),
            came_true: vec![1],
            truth: owned(&["The second one is refused the address, because the first one still holds it, and nobody else may."]),
            seen: owned(&["`second.error` is EADDRINUSE"]),
            misconception: Some("ports-are-shared".to_owned()),
        },
        Event::Graded {
            chosen: Some(1),
            came_true: vec![1],
            truth: owned(&["The second one is refused."]),
            seen: owned(&["`second.error` is EADDRINUSE"]),
            misconception: None,
        },
        Event::Graded {
            chosen: None,
            came_true: vec![1],
            truth: owned(&["The second one is refused."]),
            seen: owned(&["`second.error` is EADDRINUSE"]),
            misconception: None,
        },
        Event::Surprise {
            observed: pairs(&[
                ("Both work.", "`second` failed (EACCES)"),
                ("The second one is refused the address.", "`second.error` is \"EACCES\""),
            ]),
        },
        Event::Explained {
            text: "The kernel kept `127.0.0.1:43817` for the first listener.".to_owned(),
        },
        Event::RefutationStarted {
            misconception: "ports-are-shared".to_owned(),
        },
        command("server = listen 127.0.0.1:0"),
        shown_outcome(listener("server", server)),
        command("client = connect server   # from any port"),
        shown_outcome(end("client", Role::Client, client, server)),
        command("answer = accept server"),
        shown_outcome(end("answer", Role::Server, server, client)),
        command("send client hello"),
        shown_outcome(sent("client", 5, 5, None)),
        command("got = recv answer"),
        shown_outcome(received("got", "answer", "hello", None)),
        command("shutdown client"),
        shown_outcome(done(
            "",
            "shutdown",
            Fact::HalfClosed(HalfClosed {
                socket: "client".to_owned(),
                direction: "write",
            }),
        )),
        command("recv answer"),
        shown_outcome(received("", "answer", "", None)),
        command("reset answer"),
        shown_outcome(done(
            "",
            "reset",
            Fact::Closed(Closed {
                names: owned(&["answer"]),
                abrupt: true,
                count: 1,
            }),
        )),
        command("recv client"),
        shown_outcome(failed(
            "",
            "recv",
            (Some(client), Some(server)),
            FailureCause::Errno(Errno::ECONNRESET),
            "recv 127.0.0.1:43817 from 127.0.0.1:40002: the peer broke the connection off (ECONNRESET)",
        )),
        Event::Explained {
            text: "Two ends, four numbers, one connection.".to_owned(),
        },
        Event::RefutationEnded,
        Event::StepSkipped {
            step: "six".to_owned(),
            reason: "This step is left out here: it needs IPv6, and ::1 cannot be used here.".to_owned(),
        },
        Event::StepStarted {
            step: "your-turn".to_owned(),
            title: Some("Your turn".to_owned()),
            number: 9,
            total: 9,
            kind: "task",
        },
        Event::Task {
            text: "Start two servers on the same *port number*, without an error.".to_owned(),
        },
        Event::Goals {
            goals: vec![
                GoalState {
                    say: "two listeners are open".to_owned(),
                    met: true,
                    why: "`listeners | length` is 2".to_owned(),
                },
                GoalState {
                    say: "they share the port number".to_owned(),
                    met: false,
                    why: "`second.port` is 40001, not 43817".to_owned(),
                },
            ],
            met: false,
        },
        Event::BadLine {
            line: "secnd = listn 127.0.0.1:0 --reuseport --backlog 12 --port-range 40000-40009 # a long line".to_owned(),
            message: "there is no verb `listn`".to_owned(),
            span: 8..13,
            help: Some("did you mean `listen`?".to_owned()),
        },
        Event::Trap {
            text: "That asks for the *same address* again.".to_owned(),
        },
        Event::Hint {
            tier: 1,
            of: 3,
            text: "A port is claimed together with an address.".to_owned(),
        },
        Event::NoMoreHints { solution: true },
        Event::NoMoreHints { solution: false },
        Event::Solution {
            lines: owned(&["second = listen 127.0.0.2:43817"]),
        },
        Event::Card { card: card() },
        Event::Goals {
            goals: vec![GoalState {
                say: "two listeners are open".to_owned(),
                met: true,
                why: String::new(),
            }],
            met: true,
        },
        Event::Play { on: true },
        Event::Play { on: false },
        Event::Notes {
            text: "Ask the room why a browser never meets this error.".to_owned(),
        },
        Event::Notice {
            text: "The goals above are still open. `hint` helps; `skip` performs the step.".to_owned(),
        },
        Event::Question {
            question: "Which parts did you change?".to_owned(),
            options: owned(&["the address", "the port"]),
            prediction: false,
            ask: Ask::Letter {
                options: 2,
                several: true,
            },
        },
        Event::Answered {
            correct: false,
            given: "b".to_owned(),
            answer: None,
            because: Some("The port stayed `43817`.".to_owned()),
        },
        Event::Answered {
            correct: true,
            given: "a".to_owned(),
            answer: Some("a) the address".to_owned()),
            because: Some("A listener claims *both*.".to_owned()),
        },
        Event::Help {
            words: pairs(&[
                ("next", "go on; Enter alone does the same"),
                ("solution", "put the solution at the prompt; Enter then runs it"),
                ("reset", "start this step afresh"),
            ]),
            verbs: pairs(&[
                ("listen", "Open a listener: claim an endpoint, and let connections queue there (bind(2), listen(2))."),
                ("reset", "Close a connection abruptly: the peer gets a RST."),
                ("who", "Say what holds a port, and how it would become free."),
            ]),
        },
        Event::VerbHelp {
            text: "`accept [OPTIONS] <LISTENER>`\nTake the oldest waiting connection.\n\
                   LISTENER\tThe name of a listener\n--within TIME\tHow long to wait"
                .to_owned(),
        },
        Event::LessonDone {
            lesson: "address-in-use".to_owned(),
            title: "Two servers, one port".to_owned(),
            summary: Summary {
                predictions: 3,
                right: 2,
                tasks: 2,
                helped: 1,
                skipped: 1,
                foretold: vec![Foretold {
                    question: "Who else may take port 40001?".to_owned(),
                    predicted: Some("Nobody, as long as `first` is open.".to_owned()),
                    came_true: owned(&["Nobody, as long as `first` is open."]),
                    seen: None,
                }],
                surprises: vec![Foretold {
                    question: "A second server asks for the very same port. What does the kernel do?".to_owned(),
                    predicted: Some("Both work.".to_owned()),
                    came_true: owned(&["The second one is refused."]),
                    seen: Some("`second.error` is EADDRINUSE".to_owned()),
                }],
            },
        },
    ]
}
