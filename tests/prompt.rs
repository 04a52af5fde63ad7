//! The prompt at a real terminal: a program that asks for lines and says what it got, under a
//! pseudo-terminal. The program is this test program itself, started with one ignored test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod support;

use std::io::{self, Write};

use looplab::prompt::{self, Forgetful, Named, Prompt, Settings, Typed, Words, terminal};
use nix::sys::signal::Signal;
use support::pty::{Setup, Terminal};

/// The program in the terminal. Variables of its environment choose what it asks for.
#[test]
#[ignore = "not a test: the program that the tests of this file run in a terminal"]
fn asks_for_lines() {
    let _guard = terminal::guard();
    let variable = |name| std::env::var(name).ok();
    let mut input = prompt::open(Settings {
        colour: variable("COLOUR").is_some(),
        term: variable("TERM").unwrap_or_default(),
        memory: Box::new(Forgetful),
        topics: Box::new(|| lose_the_topics()),
    });
    let mut prompt = Prompt::new("ask >");
    prompt.preset = variable("PRESET");
    prompt.words = Words {
        walk: vec!["hint".to_owned()],
        names: vec![Named {
            name: "server".to_owned(),
            kind: Some("listener".to_owned()),
            fields: vec!["port".to_owned()],
        }],
        endpoints: vec!["127.0.0.1:7001".to_owned()],
    };
    loop {
        let typed = input.line(&prompt).unwrap();
        prompt.preset = None;
        let mut screen = io::stdout();
        match typed {
            Typed::Line(line) if line == "panic" => lose_the_topics(),
            Typed::Line(line) => writeln!(screen, "line {line:?}").unwrap(),
            Typed::Block(lines) => writeln!(screen, "block {lines:?}").unwrap(),
            Typed::Dropped(why) => writeln!(screen, "dropped: {why}").unwrap(),
            Typed::Interrupted => writeln!(screen, "interrupted").unwrap(),
            Typed::Eof => return writeln!(screen, "end").unwrap(),
        }
    }
}

fn lose_the_topics() -> ! {
    panic!("the\x1b[31m topics are lost")
}

fn setup() -> Setup {
    let program = std::env::current_exe().unwrap().display().to_string();
    Setup::new([
        &program,
        "--ignored",
        "--exact",
        "asks_for_lines",
        "--nocapture",
        "-q",
    ])
}

/// The program in a terminal of 80 columns, at its first prompt.
fn started() -> Terminal {
    let mut terminal = setup().start();
    terminal.wait_for_line("ask >");
    terminal
}

#[test]
fn tab_completes_verbs_names_and_flags() {
    let mut terminal = started();
    for (keys, line) in [
        ("li\t", "ask > listen"),
        ("se\t", "ask > listen server"),
        ("--ba\t5", "ask > listen server --backlog 5"),
    ] {
        terminal.send(keys);
        terminal.wait_for_line(line);
    }
    terminal.send("\r");
    terminal.wait_for_text("line \"listen server --backlog 5\"");
}

#[test]
fn a_paste_is_seen_and_confirmed_before_it_is_taken() {
    let mut terminal = started();
    terminal.paste("one 1\r\ntwo 2\n");
    terminal.wait_for_text("two 2");
    terminal.send("\r");
    terminal.wait_for_text("2 lines. Enter runs them one by one, Ctrl-C drops them.");
    assert!(!terminal.rows().iter().any(|row| row.contains("block")));
    terminal.send("\r");
    terminal.wait_for_text("block [\"one 1\", \"two 2\"]");
}

#[test]
fn a_paste_can_be_edited_and_is_asked_about_again() {
    let mut terminal = started();
    terminal.paste("one\ntwo");
    terminal.send("\r");
    terminal.wait_for_text("2 lines. Enter");
    terminal.send("!\r");
    terminal.wait_for("the second question", |screen| {
        screen.contents().contains("two!\n2 lines. Enter")
    });
    terminal.send("\x03");
    terminal.wait_for_text("interrupted");
    terminal.wait_for_line("ask >");
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
    assert!(!terminal.rows().iter().any(|row| row.contains("block")));
}

#[test]
fn a_paste_of_one_line_needs_one_enter() {
    let mut terminal = started();
    terminal.paste("listen 0\n");
    terminal.send("\r");
    terminal.wait_for_text("line \"listen 0\"");
}

#[test]
fn a_solution_is_typed_in_and_not_run() {
    let mut terminal = setup().var("PRESET", "listen \x1b]0;x\x07server").start();
    terminal.wait_for_line("ask > listen ]0;xserver");
    assert!(!terminal.rows().iter().any(|row| row.contains("line ")));
    terminal.send("2\r");
    terminal.wait_for_text("line \"listen ]0;xserver2\"");
}

#[test]
fn a_solution_of_several_lines_needs_one_enter_unless_it_was_edited() {
    let preset = || setup().var("PRESET", "one 1\ntwo 2");
    for (keys, said) in [
        ("\r", "block [\"one 1\", \"two 2\"]"),
        ("!\r\r", "block [\"one 1\", \"two 2!\"]"),
        ("hint\r", "line \"hint\""),
        (" help two\r", "line \"help two\""),
    ] {
        let mut terminal = preset().start();
        terminal.wait_for_line("two 2");
        terminal.send(keys);
        terminal.wait_for_text(said);
    }
}

#[test]
fn a_suggestion_leaves_with_ctrl_c() {
    let mut terminal = setup().var("COLOUR", "").start();
    terminal.wait_for_line("ask >");
    terminal.send("listen server\r");
    terminal.wait_for_text("line \"listen server\"");
    terminal.wait_for_line("ask >");
    terminal.send("lis");
    terminal.wait_for_line("ask > listen server");
    terminal.send("\x03");
    terminal.wait_for_text("interrupted");
    terminal.wait_for_line("ask >");
    assert!(terminal.rows().iter().any(|row| row == "ask > lis"));
}

#[test]
fn bytes_that_are_no_text_are_survived() {
    let mut terminal = started();
    terminal.send(b"abc\xff");
    terminal.wait_for_text("dropped: not valid UTF-8, line dropped");
    terminal.wait_for_line("ask >");
    terminal.send(b"\x00\x1b[<0;1;1M\x15listen\r");
    terminal.wait_for_text("line \"listen\"");
}

#[test]
fn control_characters_of_a_paste_reach_neither_screen_nor_line() {
    let mut terminal = started();
    terminal.paste("send c \u{9b}31m\u{7}\u{202e}x");
    terminal.wait_for_line("ask > send c 31mx");
    terminal.send("\r");
    terminal.wait_for_text("line \"send c 31mx\"");
}

#[test]
fn ctrl_c_drops_the_line_and_ctrl_d_leaves() {
    let mut terminal = started();
    terminal.send("half a li");
    terminal.wait_for_line("ask > half a li");
    terminal.send("\x03");
    terminal.wait_for_text("interrupted");
    terminal.wait_for_line("ask >");
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
    terminal.wait_for_text("end");
    assert!(terminal.is_as_before());
}

#[test]
fn lines_typed_ahead_are_kept() {
    let mut terminal = started();
    terminal.send("one\rtwo\rthr");
    terminal.wait_for_text("line \"two\"");
    terminal.wait_for_line("ask > thr");
}

#[test]
fn earlier_lines_are_suggested_only_in_colour() {
    for (colour, line) in [(None, "ask > lis"), (Some("COLOUR"), "ask > listen server")] {
        let mut terminal = colour
            .iter()
            .fold(setup(), |setup, name| setup.var(name, ""))
            .start();
        terminal.wait_for_line("ask >");
        terminal.send("listen server\r");
        terminal.wait_for_text("line \"listen server\"");
        terminal.wait_for_line("ask >");
        terminal.send("lis");
        terminal.wait_for_line(line);
        terminal.send("\r");
        terminal.wait_for_text("line \"lis\"");
    }
}

#[test]
fn the_terminal_is_given_back_on_every_signal() {
    for (signal, status) in [
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
        (Signal::SIGQUIT, 131),
        (Signal::SIGINT, 130),
    ] {
        let mut terminal = started();
        terminal.send("half");
        terminal.wait_for_line("ask > half");
        assert!(!terminal.is_as_before() && terminal.screen().bracketed_paste());
        terminal.signal(signal);
        assert_eq!(terminal.exit_status(), status, "{signal}");
        assert!(terminal.is_as_before(), "{signal}");
        assert!(!terminal.screen().bracketed_paste(), "{signal}");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let mut terminal = started();
    terminal.send("panic\r");
    assert_eq!(terminal.exit_status(), 101);
    assert!(terminal.is_as_before());
    let rows = terminal.rows();
    let said = rows
        .iter()
        .position(|row| row.starts_with("looplab made a mistake"))
        .unwrap();
    assert!(
        rows[said..]
            .join(" ")
            .contains("the^[[31m topics are lost (tests/prompt.rs:")
    );
    let kept = rows
        .iter()
        .position(|row| row.starts_with("Your progress is kept."))
        .unwrap();
    let cut = |row: &usize| terminal.screen().row_wrapped(u16::try_from(*row).unwrap());
    assert_eq!((said..=kept).find(cut), None);
    assert!(!rows.iter().any(|row| row.contains("stack backtrace")));
}

#[test]
fn an_editor_that_panics_gives_way_to_plain_lines() {
    let mut terminal = started();
    terminal.send("explain x\t");
    terminal.wait_for_text("dropped: the line editor has failed");
    terminal.wait_for_line("ask >");
    assert!(terminal.is_as_before());
    assert!(!terminal.screen().bracketed_paste());
    terminal.send("listen\r");
    terminal.wait_for_text("line \"listen\"");
    terminal.wait_for_line("ask >");
    terminal.send("half\x03");
    terminal.wait_for_text("interrupted");
    terminal.wait_for_line("ask >");
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
}

#[test]
fn a_simple_terminal_gets_no_escape_byte() {
    let mut terminal = setup().var("TERM", "dumb").start();
    terminal.wait_for_line("ask >");
    terminal.send("listen\r");
    terminal.wait_for_text("line \"listen\"");
    terminal.wait_for_line("ask >");
    terminal.send("half\x03");
    terminal.wait_for_text("interrupted");
    terminal.wait_for_line("ask >");
    terminal.send("\x04");
    assert_eq!(terminal.exit_status(), 0);
    assert!(!terminal.raw().contains(&0x1b));
}

#[test]
fn a_narrow_terminal_wraps_the_line() {
    let mut terminal = setup().size(6, 12).start();
    terminal.wait_for_line("ask >");
    terminal.send("listen 127.0.0.1:0");
    terminal.wait_for("three rows", |screen| {
        screen.contents().contains("ask > listen 127.0.0.1:0")
    });
    terminal.resize(6, 40);
    terminal.send("1\r");
    terminal.wait_for_text("line \"listen 127.0.0.1:01\"");
}
