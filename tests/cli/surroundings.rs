//! Environments that lie, and arguments that are no text.
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::run::{looplab, through_shell};

#[test]
fn odd_variables_change_no_fact() {
    let list = |name: &str, value: &[u8]| {
        let run = looplab(["list"]).variable(name, OsStr::from_bytes(value));
        let ended = run.end();
        ended.exits(0).is_quiet();
        ended.out.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let usual = list("LANG", b"C.UTF-8");
    let odd: [(&str, &[u8]); 16] = [
        ("COLUMNS", b"0"),
        ("COLUMNS", b"1"),
        ("COLUMNS", b"-5"),
        ("COLUMNS", b"20"),
        ("COLUMNS", b"999999999999999999999"),
        ("COLUMNS", b"many"),
        ("LANG", b"\xff"),
        ("LC_ALL", b"xx"),
        ("TERM", b""),
        ("TERM", b"xterm-evil\x1b["),
        ("NO_COLOR", b""),
        ("NO_COLOR", b"\xff"),
        ("CLICOLOR_FORCE", b"0"),
        ("TZ", b"::::"),
        ("PATH", b""),
        ("RUST_BACKTRACE", b"full"),
    ];
    for (name, value) in odd {
        assert_eq!(list(name, value), usual, "{name}");
    }
}

#[test]
fn arguments_that_are_no_text_are_refused_or_are_paths() {
    for (line, code) in [
        ("learn", 2),
        ("find", 2),
        ("explain", 2),
        ("who", 2),
        ("present", 2),
        ("run", 2),
        ("check", 2),
        ("test", 2),
        ("completions", 2),
        ("list --color", 2),
        ("list --lessons", 2),
        ("list --state", 0),
    ] {
        let run = looplab(line.split(' ')).with(|command| {
            command.arg(OsStr::from_bytes(b"\xff\x1b[31m"));
        });
        let ended = run.end();
        ended.exits(code);
        assert!(!ended.talk.contains('\x1b'), "{ended:?}");
    }
}

#[test]
fn signals_that_were_ignored_and_a_directory_that_is_gone_are_no_trouble() {
    let script = "a = listen 0\nb = connect a\naccept a\naccept a --within 1ms\n";
    for shell in [
        "trap '' INT QUIT HUP TERM PIPE CHLD; exec \"$@\"",
        "umask 777; exec \"$@\"",
        "mkdir \"$HOME/gone\" && cd \"$HOME/gone\" && rmdir \"$HOME/gone\"; exec \"$@\"",
    ] {
        let run = || through_shell(shell, ["run", "-"]).input(script);
        run().end().exits(0).is_quiet();
        let learn = through_shell(shell, ["learn", "9"]).input("\nb\n\nquit\n");
        learn.end().exits(0).is_quiet().says("Step 3 of ");
    }
}

#[test]
fn unix_sockets_need_a_directory_and_say_so() {
    let script = "a = listen unix:x\nb = connect a\naccept a\n";
    for (name, value) in [("XDG_RUNTIME_DIR", "/proc"), ("TMPDIR", "/nowhere")] {
        let run = looplab(["run", "-"]).variable(name, value).input(script);
        run.end()
            .says(&format!("no directory for it can be made in {value}"));
    }
    // What is no directory at all is passed over.
    for value in ["", "relative", "/nowhere", "/dev/null"] {
        let run = looplab(["run", "-"]).variable("XDG_RUNTIME_DIR", value);
        run.input(script).end().exits(0).is_quiet();
    }
    let temporary = tempfile::tempdir().unwrap();
    let run = looplab(["run", "-"]).variable("TMPDIR", temporary.path());
    run.input(script).end().exits(0).is_quiet();
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
}
