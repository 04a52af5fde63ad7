//! looplab itself at a real terminal: what a person does with keys, signals and small windows.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod support;

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use support::pty::{Setup, Terminal};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_looplab");

/// A home of its own for each test.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn setup(&self, arguments: &[&str]) -> Setup {
        let home = self.0.path().display().to_string();
        Setup::new([&[PROGRAM], arguments].concat()).var("HOME", home)
    }

    /// Free play, at its prompt.
    fn lab(&self) -> Terminal {
        let mut terminal = self.setup(&["lab"]).start();
        terminal.wait_for_prompt();
        terminal.wait_for_line("lab >");
        terminal
    }
}

#[test]
fn tab_completes_a_verb_and_a_name() {
    let home = Home::new();
    let mut terminal = home.lab();
    terminal.send("server = li\t127.0.0.1:0");
    terminal.wait_for_line("lab > server = listen 127.0.0.1:0");
    terminal.run("");
    terminal.send("acc\tser\t--wi\t1ms");
    terminal.wait_for_line("lab > accept server --within 1ms");
}

#[test]
fn a_line_that_failed_is_not_suggested() {
    let home = Home::new();
    let mut terminal = home.setup(&["lab"]).start();
    terminal.wait_for_prompt();
    terminal.run("listen 127.0.0.1:0");
    terminal.run("listen abc");
    terminal.send("lis");
    terminal.wait_for_line("lab > listen 127.0.0.1:0");
}

#[test]
fn a_paste_of_two_lines_runs_only_when_confirmed() {
    let home = Home::new();
    let mut terminal = home.lab();
    terminal.paste("show 40 + 1\nshow 40 + 2");
    terminal.send("\r");
    terminal.wait_for_text("2 lines. Enter runs them one by one, Ctrl-C drops them.");
    assert!(!terminal.screen().contents().contains("41"));
    terminal.run("");
    assert!(terminal.screen().contents().contains("41"));
    assert!(terminal.screen().contents().contains("42"));
}

#[test]
fn ctrl_c_ends_a_wait_and_not_the_program() {
    let home = Home::new();
    let mut terminal = home.lab();
    terminal.run("server = listen 127.0.0.1:0");
    for _ in 0..3 {
        let before = Instant::now();
        terminal.send("accept server --within 60s\r");
        terminal.wait_for("the wait", |screen| !screen.bracketed_paste());
        terminal.send("\x03");
        terminal.wait_for_prompt();
        assert!(before.elapsed() < Duration::from_secs(30));
    }
    // Nobody accepts any more, so this connection waits in the queue for the next accept.
    terminal.run("client = connect server");
    terminal.run("show server.queue * 100 + 11");
    terminal.wait_for_text("111");
    terminal.send("\x03");
    terminal.wait_for_prompt();
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
    assert!(terminal.is_as_before());
}

#[test]
fn every_end_gives_the_terminal_back() {
    for (signal, status) in [
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
        (Signal::SIGQUIT, 131),
        (Signal::SIGINT, 130),
    ] {
        let home = Home::new();
        let mut terminal = home.lab();
        // A verb that waits starts the runtime, which has a mind of its own about signals.
        terminal.run("server = listen 127.0.0.1:0");
        terminal.run("accept server --within 1ms");
        assert!(!terminal.is_as_before());
        terminal.signal(signal);
        assert_eq!(terminal.exit_status(), status, "{signal}");
        assert!(terminal.is_as_before(), "{signal}");
    }
}

#[test]
fn a_thousand_open_sockets_leave_the_prompt_at_work() {
    let home = Home::new();
    let mut terminal = home.lab();
    terminal.run("server = listen 127.0.0.1:0");
    terminal.run("crowd = many 1000 server");
    terminal.run("more = repeat 1000 bind 127.0.0.1:0");
    terminal.run("show 6 * 7");
    terminal.wait_for_text("42");
    assert!(!terminal.screen().contents().contains("mistake"));
    terminal.send("sho\t40 + 6");
    terminal.wait_for_line("lab > show 40 + 6");
}

#[test]
fn a_stopped_session_comes_back_with_its_line_and_sockets() {
    let home = Home::new();
    let mut terminal = home.setup(&[]).shell();
    terminal.send(format!("{PROGRAM} lab\r"));
    terminal.wait_for_prompt();
    terminal.run("server = listen 127.0.0.1:0");
    terminal.run("accept server --within 1ms");
    terminal.send("show server is listening");
    terminal.wait_for_line("lab > show server is listening");
    terminal.send("\x1a");
    terminal.wait_for_line("sh:");
    assert!(terminal.is_as_before());
    terminal.send("fg\r");
    terminal.wait_for_prompt();
    terminal.wait_for_line("lab > show server is listening");
    terminal.run("");
    terminal.wait_for_text("true");
}

#[test]
fn bytes_that_are_no_text_are_survived() {
    let home = Home::new();
    let mut terminal = home.lab();
    terminal.send(b"show 1\xff");
    terminal.wait_for_prompt();
    terminal.wait_for_text("not valid UTF-8, line dropped");
    terminal.run("show 6 * 7");
    terminal.wait_for_text("42");
}

#[test]
fn a_simple_terminal_gets_no_escape_byte() {
    let home = Home::new();
    let mut terminal = home.setup(&["lab"]).var("TERM", "dumb").start();
    terminal.wait_for_line("lab >");
    terminal.send("server = listen 127.0.0.1:0\r");
    terminal.wait_for_text("server listens on");
    terminal.wait_for_line("lab >");
    terminal.send("half a line\x03");
    terminal.wait_for_line("lab >");
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
    assert!(!terminal.raw().contains(&0x1b), "an escape byte");
}

/// The rows that the terminal had to break.
fn cut_rows(terminal: &Terminal, rows: u16) -> Vec<String> {
    let screen = terminal.screen();
    let cut = (0..rows).filter(|row| screen.row_wrapped(*row));
    cut.map(|row| terminal.rows().swap_remove(row.into()))
        .collect()
}

#[test]
fn a_simple_terminal_breaks_no_words() {
    let home = Home::new();
    let mut terminal = home.setup(&[]).var("TERM", "dumb").size(200, 60).start();
    terminal.wait_for_line("looplab >");
    let lines = [
        "help",
        "help listen",
        "find backlog",
        "counters",
        "nonsense",
    ];
    for (place, line) in lines.iter().enumerate() {
        terminal.send(format!("{line}\r"));
        terminal.wait_for("the next prompt", |screen| {
            screen.contents().matches("looplab >").count() == place + 2
        });
    }
    terminal.send("connect example.com:80\r");
    terminal.wait_for_text("no name is looked up");
    assert_eq!(cut_rows(&terminal, 200), [""; 0]);
}

#[test]
fn nothing_runs_over_the_edge_of_a_narrow_window() {
    let home = Home::new();
    let mut terminal = home.setup(&["learn", "1"]).size(200, 40).start();
    terminal.wait_for_prompt();
    for _ in 0..3 {
        terminal.run("");
    }
    assert_eq!(cut_rows(&terminal, 200), [""; 0]);
}

#[test]
fn a_window_that_was_drawn_narrower_is_heeded() {
    for term in ["xterm-256color", "dumb"] {
        let home = Home::new();
        let mut terminal = home.setup(&["lab"]).var("TERM", term).size(200, 80).start();
        terminal.wait_for_line("lab >");
        terminal.resize(200, 40);
        terminal.send("explain EADDRINUSE\r");
        terminal.wait_for("the card and the next prompt", |screen| {
            screen.contents().matches("lab >").count() == 2
        });
        assert!(terminal.screen().contents().contains("taken"), "{term}");
        assert_eq!(cut_rows(&terminal, 200), [""; 0], "{term}");
    }
}

#[test]
fn a_killed_lesson_goes_on_where_it_was() {
    let home = Home::new();
    let mut terminal = home.setup(&["learn", "1"]).size(60, 80).start();
    terminal.wait_for_prompt();
    terminal.wait_for_line("lesson 1, 1/12 >");
    terminal.run("");
    terminal.wait_for_line("lesson 1, 2/12 >");
    terminal.signal(Signal::SIGKILL);
    assert_eq!(terminal.exit_status(), 137);

    let mut terminal = home.setup(&["learn", "1"]).size(60, 80).start();
    terminal.wait_for_prompt();
    terminal.wait_for_line("lesson 1, 2/12 >");
}

#[test]
fn a_typed_line_comes_back_in_the_next_session() {
    let home = Home::new();
    let mut terminal = home.lab();
    terminal.run("show 40 + 2");
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
    let mut terminal = home.lab();
    terminal.send("\x1b[A");
    terminal.wait_for_line("lab > show 40 + 2");
}

/// A journal of somebody who finished a lesson two days ago.
fn finished_two_days_ago(home: &Home) {
    use looplab::app::journal::{Event, Journal, Record};
    use looplab::app::state::StateDir;
    use looplab::lesson::{Kind, Library, LibraryConfig};
    use looplab::tutor::StepResult;

    let library = Library::open(LibraryConfig::default());
    let lesson = library.lesson("address-in-use").unwrap();
    let mut steps = lesson.steps.iter();
    let step = steps.find(|step| matches!(step.kind, Kind::Predict { .. }));
    let at = std::time::SystemTime::now() - Duration::from_hours(48);
    let state = StateDir::at(home.0.path().join(".local/state/looplab"));
    let (mut journal, _) = Journal::open(state, at);
    let step = Record::step(at, &lesson.id, &step.unwrap().id, StepResult::Right);
    journal.record(&step);
    journal.record(&Record::new(at, Event::LessonDone, &lesson.id));
}

#[test]
fn a_question_that_is_due_comes_before_the_menu_and_one_key_puts_it_off() {
    let home = Home::new();
    finished_two_days_ago(&home);
    let mut terminal = home.setup(&[]).size(50, 80).start();
    terminal.wait_for_prompt();
    terminal.wait_for_line("review 1/1 >");
    terminal.run("");
    terminal.wait_for_line("looplab >");
    assert!(terminal.screen().contents().contains("Later, then."));
    terminal.run("review");
    terminal.wait_for_line("review 1/1 >");
    terminal.send("quit\r");
    assert_eq!(terminal.exit_status(), 0);
    // Put off is put off: the next start goes straight to the menu, and so does one without reviews.
    let mut terminal = home.setup(&[]).size(50, 80).start();
    terminal.wait_for_prompt();
    terminal.wait_for_line("looplab >");
    let other = Home::new();
    finished_two_days_ago(&other);
    let mut terminal = other.setup(&["--no-review"]).size(50, 80).start();
    terminal.wait_for_prompt();
    terminal.wait_for_line("looplab >");
}

#[test]
fn a_text_longer_than_the_screen_waits_between_paragraphs() {
    let home = Home::new();
    let more = "-- Enter for more --";
    let at = |rows| {
        home.setup(&["learn", "1", "--step", "2"])
            .size(rows, 80)
            .start()
    };
    // High enough: nobody waits.
    let mut terminal = at(60);
    terminal.wait_for_prompt();
    terminal.wait_for_line("lesson 1, 2/12 >");
    assert!(!terminal.screen().contents().contains(more));
    // Enter shows more until all was shown.
    let mut terminal = at(12);
    for _ in 0..20 {
        terminal.wait_for_prompt();
        let asks =
            |screen: &vt100::Screen, label: &str| screen.contents().trim_end().ends_with(label);
        let labels = [more, "lesson 1, 2/12 >"];
        terminal.wait_for("a label", |screen| {
            labels.iter().any(|label| asks(screen, label))
        });
        if !asks(terminal.screen(), more) {
            break;
        }
        terminal.send("\r");
    }
    terminal.wait_for_line("lesson 1, 2/12 >");
    assert!(terminal.screen().contents().contains("Enter"));
    // What is typed there is for the question to come.
    let mut terminal = at(12);
    terminal.wait_for_prompt();
    terminal.wait_for_line(more);
    terminal.send("menu\r");
    terminal.wait_for_prompt();
    terminal.wait_for_line("looplab >");
    let again = home.setup(&["learn", "1", "--step", "2"]).size(12, 80);
    let mut terminal = again.start();
    terminal.wait_for_prompt();
    terminal.wait_for_line(more);
    terminal.send("undo\r");
    terminal.wait_for("the line behind its prompt", |screen| {
        screen.contents().contains("lesson 1, 2/12 > undo")
    });
    // A dumb terminal, and ears, are not stopped.
    let dumb = home.setup(&["learn", "1", "--step", "2", "--plain"]);
    let mut terminal = dumb.var("TERM", "dumb").size(12, 80).start();
    terminal.wait_for_line("lesson 1, 2/12 >");
    assert!(!terminal.screen().contents().contains(more));
}

/// The last words of a lesson may wait for their reader; that the lesson is done does not.
#[test]
fn a_lesson_is_kept_as_done_before_its_last_words_are_read() {
    use looplab::app::journal::{Journal, Record};
    use looplab::app::state::StateDir;
    use looplab::tutor::StepResult;

    let home = Home::new();
    let state = StateDir::at(home.0.path().join(".local/state/looplab"));
    let at = std::time::UNIX_EPOCH;
    let (mut journal, _) = Journal::open(state.clone(), at);
    for step in ["packets", "another-address", "edge"] {
        journal.record(&Record::step(
            at,
            "loopback-address",
            step,
            StepResult::Missed,
        ));
    }
    drop(journal);
    let last = home.setup(&["learn", "1", "--step", "end"]);
    let mut terminal = last.size(10, 40).start();
    let more = "-- Enter for more --";
    terminal.wait_for_prompt();
    for _ in 0..20 {
        let asks = |screen: &vt100::Screen| {
            let shown = screen.contents();
            let shown = shown.trim_end();
            shown.ends_with(more) || shown.ends_with("12/12 >")
        };
        terminal.wait_for("a prompt", asks);
        let shown = terminal.screen().contents();
        if shown.contains(": done") {
            break;
        }
        terminal.send("\r");
        terminal.wait_for_prompt();
    }
    terminal.wait_for_line(more);
    assert!(terminal.screen().contents().contains(": done"));
    terminal.signal(Signal::SIGKILL);
    assert_eq!(terminal.exit_status(), 137);
    let (journal, _) = Journal::open(state, at);
    assert!(journal.progress().is_finished("loopback-address"));
}
