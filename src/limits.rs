//! Every bound of the program, by name, with its reason.
//!
//! A lesson, a typed line or a peer may ask for anything; what they get ends here.
use std::time::Duration;

/// How long a verb that waits (`connect`, `accept`, `recv`, `get`) waits when no `--within` is
/// given. Loopback answers in microseconds, so two seconds of silence is an answer too.
pub const DEFAULT_WITHIN: Duration = Duration::from_secs(2);

/// How long a helper of the lab's own may take for a word. A socket takes it some 20 µs, a new
/// network half a millisecond (benches/world.rs), more where many are made and unmade at once; one
/// that has ended is noticed without it. Ctrl-C does not end this wait: it is for a helper that
/// somebody has stopped.
pub const HELPER_WITHIN: Duration = Duration::from_secs(10);

/// The longest `--within` that is accepted: an hour covers a class waiting for a browser.
pub const LONGEST_WITHIN: Duration = Duration::from_hours(1);

/// The longest wait a *lesson's* line may ask for; a minute of silence loses the reader.
pub const LONGEST_LESSON_WITHIN: Duration = Duration::from_mins(2);

/// Sockets one session may hold by name or in a `repeat`, so that a slip of the finger leaves
/// descriptors for the rest of the program. `many` has a quota of its own.
pub const SOCKETS: usize = 1_100;

/// Rows up to which a socket table is sorted. More than a person compares, and little beside the
/// question to the kernel; a pipe can sort the rest.
pub const SOCKETS_SORTED: usize = 2_000;

/// Processes of its own that one session's servers may have; a lesson needs two or three to show who
/// accepts.
pub const SERVER_PROCESSES: usize = 16;

/// Descriptors that `many` leaves free for the program itself (terminal, runtime, journal, views).
pub const SPARE_DESCRIPTORS: usize = 64;

/// The largest `repeat` and the number of outcomes one keeps.
pub const REPEAT: usize = 1_000;

/// The most bytes one `send --bytes` writes or one `recv` returns: enough to fill the kernel's
/// buffers (about 4 MB on Linux with default settings), small enough to hold in memory.
pub const PAYLOAD_BYTES: usize = 8 << 20;

/// The longest line that is parsed; longer input is refused with its length.
pub const LINE_BYTES: usize = 16 << 10;

/// Lines of one paste. More than fits a screen cannot have been read before it is confirmed.
pub const BLOCK_LINES: usize = 50;

/// Unusable lines in a row after which the prompt gives up: a person stops sooner, a broken terminal
/// never does.
pub const DROPPED_LINES: usize = 50;

/// Typed lines remembered from earlier sessions.
pub const HISTORY_LINES: usize = 500;

/// The part of the history file that is read; older lines are forgotten.
pub const HISTORY_BYTES: u64 = 64 << 10;

/// The longest line of the journal that is taken for a record: a record holds a few sentences of a
/// lesson.
pub const JOURNAL_LINE_BYTES: usize = LESSON_BYTES;

/// Records that wait in memory for room on a disk; a long day has a few hundred.
pub const JOURNAL_WAITING: usize = 10_000;

/// Characters of a question or an option that a record keeps: a paragraph. The rest of it stands in the
/// lesson.
pub const JOURNAL_TEXT: usize = 400;

/// Characters of an explanation that a record keeps, in whole paragraphs where that is possible: a
/// screen. Only what surprised is explained there.
pub const JOURNAL_EXPLANATION: usize = 1_200;

/// Ports of one step that a record keeps: each is an example.
pub const SEEN_PORTS: usize = 12;

/// Different errnos of one step that a record counts; a step shows one or two.
pub const SEEN_ERRNOS: usize = 12;

/// Lines of one step with claims whose outcomes a record keeps as evidence; few steps have more.
pub const EVIDENCE_LINES: usize = 8;

/// Values of one such outcome: who, where, how long and what came of it fit into fewer.
pub const EVIDENCE_VALUES: usize = 8;

/// Characters of one such value: an endpoint, an errno, the beginning of a text.
pub const EVIDENCE_TEXT: usize = 100;

/// Measurements of round trips that a record of a step keeps; there are four ways to go.
pub const SEEN_TRIPS: usize = 4;

/// The most seconds one step counts as time spent: who needs longer was having lunch.
pub const STEP_SECONDS: u64 = 15 * 60;

/// The largest lesson file: sixteen times the longest lesson we know.
pub const LESSON_BYTES: usize = 1 << 20;

/// The deepest nesting of a lesson file. The format itself needs six levels.
pub const LESSON_DEPTH: usize = 24;

/// Steps in one lesson.
pub const LESSON_STEPS: usize = 200;

/// The longest expression, and the longest `{{ … }}` in a text. A parser of expressions calls itself
/// for each operator, so a long enough `a+a+a+…` ends on an overflowed stack, and the program with
/// it; 600 bytes cannot. The longest expression we know has 180.
pub const EXPRESSION_BYTES: usize = 600;

/// The most `{% … %}` in one text, for the same reason: they can stand inside each other.
pub const TEMPLATE_BLOCKS: usize = 64;

/// Fuel for one expression or template (minijinja instructions): a generous sentence, no loop bomb.
pub const EXPRESSION_FUEL: u64 = 50_000;

/// Longest result of one template, so that a loop cannot print a book.
pub const TEMPLATE_BYTES: usize = 64 << 10;

/// Requests a live server remembers for `requests`; older ones are dropped, and the drop is said.
pub const REQUESTS_KEPT: usize = 200;

/// Bytes of one HTTP request head or body that a live server reads.
pub const HTTP_BYTES: usize = 64 << 10;

/// Bytes of a request that are kept as they came: a browser's head nearly always fits, and every
/// expression sees the newest two hundred.
pub const REQUEST_RAW: usize = 1_024;

/// Connections one live server holds at once.
pub const SERVER_CONNECTIONS: usize = 256;

/// After this many samples an `rtt` is as good as it gets on a desktop.
pub const RTT_SAMPLES: usize = 200_000;

/// A verb that was interrupted has this long to close its sockets.
pub const INTERRUPT_GRACE: Duration = Duration::from_millis(200);

/// Descriptors that must be free before a verb may wait: the runtime takes about eleven for
/// its readiness queue, its wake-ups and its signals.
pub const RUNTIME_DESCRIPTORS: usize = 16;

/// Outcomes an expression can still see in `outcomes`; older ones are forgotten, so that a script
/// of a million lines does not grow.
pub const OUTCOMES_KEPT: usize = 1_000;

/// What the outcomes in `outcomes` may weigh together, in bytes of text and of keys. Every line's
/// scope has a copy of them, and a thousand answers of the largest size would be gigabytes. Beyond
/// this the oldest lose what is long in them, and keep what they were about.
pub const OUTCOME_BYTES_KEPT: usize = 8 << 20;

/// What is long in an outcome, in bytes: a body, a text, a table. Endpoints, causes and sentences
/// are shorter.
pub const OUTCOME_LONG_FIELD: usize = 1 << 10;

/// How long one `repeat` may run in all. A thousand rounds take well under a second, unless each
/// waits in vain: a thousand waits of two seconds would be half an hour of silence.
pub const REPEAT_WITHIN: Duration = Duration::from_secs(10);

/// How long a live server keeps a silent connection. Browsers open connections in advance and
/// drop them after a minute or so; slower than this is no visitor.
pub const SERVER_SILENCE: Duration = Duration::from_secs(75);

/// How long a live server waits before it accepts again when the process is out of descriptors:
/// asking at once would spin.
pub const ACCEPT_BACK_OFF: Duration = Duration::from_millis(50);

/// How often `wait` looks again. The kernel has no event for "a state has changed".
pub const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The queue of a live server: a class of browsers at once, where 128 would drop some for a second.
pub const SERVER_BACKLOG: u32 = 1_024;

/// Past connections whose ends are remembered, so that their TIME-WAIT rows can be named.
pub const PAST_CONNECTIONS: usize = 4_096;

/// Bytes kept of each recorded packet: all headers, and as much of the payload as fits a screen.
pub const CAPTURE_SNAP: usize = 1_024;

/// Packets one recording keeps; a thousand short connections. What comes later is counted.
pub const CAPTURE_PACKETS: usize = 10_000;

/// Bytes one recording keeps in all.
pub const CAPTURE_BYTES: usize = 8 << 20;

/// Packets that one `capture show` shows: every expression sees them, and nobody reads more.
pub const CAPTURE_SHOWN: usize = 500;

/// Bytes of payload that are shown of one packet as text.
pub const CAPTURE_TEXT: usize = 160;

/// The longest name that is looked up (RFC 1035 §2.3.4).
pub const NAME_BYTES: usize = 253;

/// The part of a hosts file that is read: a list of blocked names may have megabytes.
pub const HOSTS_BYTES: u64 = 4 << 20;

/// Lines of a hosts file that an outcome keeps.
pub const HOSTS_LINES: usize = 40;

/// How often `sockets --watch` looks at most. A table of twenty thousand sockets takes a tenth of a
/// second.
pub const WATCH_EVERY: Duration = Duration::from_millis(100);

/// Changes between two looks of `sockets --watch` that plain output tells one by one.
pub const CHANGES_TOLD: usize = 200;

/// How long one `scan` may run in all: every port of an address that refuses takes a second or two.
pub const SCAN_WITHIN: Duration = Duration::from_mins(1);

/// Silent ports one `scan` waits for at once, a descriptor each.
pub const SCAN_SILENT: usize = 128;

/// Steps that `test` proves at once when `--jobs` does not say: a proof mostly waits for the kernel's
/// own time-outs, so there are more than a small machine has processors. With six, the steps on the
/// host, which take turns, are what the rest waits for.
pub const PROOFS: usize = 6;

/// The most steps that `test` proves at once: each has a process, and often a private world with two
/// more.
pub const MOST_PROOFS: usize = 64;

/// Proofs that are told to stop have this long before they are killed. Their lines end within
/// [`INTERRUPT_GRACE`]; this is for one that does not.
pub const PROOF_GRACE: Duration = Duration::from_secs(1);
