//! Standard streams that are not as usual: closed, full, or read by somebody who has seen enough.
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::run::{LOOPLAB, Run, Watch, looplab, through_shell};

/// Commands that print a lot, and what is typed into them.
const TALKATIVE: [(&str, &str); 12] = [
    ("list", ""),
    ("list --json", ""),
    ("find port", ""),
    ("explain EADDRINUSE", ""),
    ("sockets", ""),
    ("doctor", ""),
    ("schema", ""),
    ("man", ""),
    ("completions bash", ""),
    ("--help", ""),
    ("learn 9", "\nb\n\n\n\n\nquit\n"),
    ("run -", "a = listen 0\nb = listen a\nsockets\n"),
];

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(' ')
}

#[test]
fn a_reader_that_has_seen_enough_is_no_trouble() {
    for (line, input) in TALKATIVE {
        let ended = through_shell("{ \"$@\"; echo $? >&2; } | read -r line", words(line));
        let ended = ended.input(input).end();
        // A closed pipe is noticed or not, as fast as the reader is; it is never an error.
        assert_eq!(ended.talk, "0\n", "{ended:?}");
    }
}

#[test]
fn closed_streams_are_no_trouble() {
    for (line, input) in TALKATIVE {
        for closed in [
            "\"$@\" >&-",
            "\"$@\" 2>&-",
            "\"$@\" >&- 2>&-",
            "\"$@\" <&- >&- 2>&-",
        ] {
            let ended = through_shell(closed, words(line)).input(input).end();
            ended.exits(0);
        }
        through_shell("\"$@\" <&-", words(line)).end().exits(0);
    }
}

#[test]
fn a_full_disk_behind_the_output_is_said() {
    for (line, input) in TALKATIVE {
        let ended = through_shell("\"$@\" >/dev/full", words(line))
            .input(input)
            .end();
        ended
            .exits(1)
            .talks("looplab: ")
            .talks("No space left on device");
        through_shell("\"$@\" >/dev/full 2>&1", words(line))
            .input(input)
            .end()
            .exits(1);
    }
}

/// The exit code is told even where nothing else can be.
#[test]
fn an_error_that_nobody_hears_has_its_exit_code() {
    for (line, input, code) in [
        ("run -", "lisen 0\n", 2),
        ("run /nowhere", "", 2),
        ("learn nowhere", "", 2),
        ("learn 9 --step nowhere", "", 2),
        ("list --frobnicate", "", 2),
        ("check /nowhere", "", 2),
        ("find xyzzyplugh", "", 1),
        ("explain xyzzyplugh", "", 1),
    ] {
        for stream in ["2>/dev/full", "2>&-"] {
            let shell = format!("\"$@\" {stream}");
            through_shell(&shell, words(line))
                .input(input)
                .end()
                .exits(code);
        }
    }
}

#[test]
fn the_end_of_the_input_is_the_end_of_the_session() {
    for line in ["learn 9", "lab", "--plain", "present 9", "run -"] {
        looplab(words(line)).end().exits(0);
        looplab(words(line)).input("\n").end().exits(0);
        let half = looplab(words(line)).input("# half a li").end();
        half.exits(0);
    }
}

/// Bytes that nobody would type, at every place where lines are read.
#[test]
fn unusable_lines_end_no_session() {
    let mut input = b"\xff\xfe\n\0\n\x1b[A\x1b]0;x\x07\n\xf0\x9f\n".to_vec();
    input.extend(vec![b'x'; 100_000]);
    input.extend(b"\nshow 40 + 2\nquit\nquit\n");
    for line in ["lab", "learn 9", "--plain", "present 9"] {
        let ended = looplab(words(line)).input(input.clone()).end();
        ended
            .exits(0)
            .is_quiet()
            .says("not valid UTF-8")
            .says("too long");
        ended.says("is 42");
    }
}

/// What a script still says, and how it ends, when Ctrl-C comes after its first words.
fn interrupted(lines: &str, first: &str) -> (String, ExitStatus) {
    // Whoever starts this test in the background makes it ignore SIGINT, and its children with it.
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=INT", LOOPLAB, "run", "-"]);
    let mut run = Run::of(command);
    let mut child = run.start(Stdio::piped());
    let watch = Watch::over(&child);
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, lines.as_bytes()).unwrap();
    drop(stdin);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    out.read_line(&mut said).unwrap();
    assert!(said.contains(first), "{said}");
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    watch.end();
    (rest, status)
}

#[test]
fn ctrl_c_ends_a_wait_and_the_script_with_it() {
    let lines = "a = listen 127.0.0.1:0\nwait 1h\nlater = listen 0\n";
    let (rest, status) = interrupted(lines, "a listens on");
    assert!(!rest.contains("later"), "{rest}");
    // Before the wait begins the signal ends the program by itself: a shell sees 130 for both.
    assert!(
        status.code() == Some(130) || status.signal() == Some(2),
        "{status} {rest}"
    );
}

#[test]
fn ctrl_c_ends_a_script_in_whose_lines_nobody_listens_for_it() {
    // The wait starts the runtime, which has the signal from then on while a line runs.
    let lines = format!("wait 1ms\n{}", "sockets\n".repeat(300));
    for _ in 0..10 {
        let (_, status) = interrupted(&lines, "waited");
        assert_eq!(status.signal(), Some(2), "{status}");
    }
}
