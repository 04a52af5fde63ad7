//! `looplab run`: lines in, outcomes out, and an exit code that says whether every `expect` held.
use std::fs;
use std::net::TcpListener;

use crate::run::{Ended, looplab};

fn script(lines: impl Into<Vec<u8>>) -> Ended {
    looplab(["run", "-"]).input(lines).end()
}

const TWO_SERVERS: &str = "a = listen 127.0.0.1:0\nb = listen a\n";

#[test]
fn a_refusal_of_the_kernel_is_data() {
    let ended = looplab(["run", "-", "--json"]).input(TWO_SERVERS).end();
    let records = ended.exits(0).is_quiet().records();
    let [first, second] = &*records else {
        panic!("{records:?}")
    };
    assert_eq!((&first["name"], &first["ok"]), (&"a".into(), &true.into()));
    assert_eq!(second["error"], "EADDRINUSE");
    assert_eq!(second["local"], first["local"]);
    assert_eq!((&first["line"], &second["line"]), (&1.into(), &2.into()));
    assert_eq!(second["event"], "outcome");
}

#[test]
fn a_refusal_of_the_kernel_is_a_sentence() {
    let ended = script(TWO_SERVERS);
    ended.exits(0).is_quiet().says("a listens on 127.0.0.1:");
    ended.says("was refused: the address is in use (EADDRINUSE)");
    assert_eq!(ended.out.lines().count(), 2, "{ended:?}");
}

#[test]
fn an_expectation_that_fails_ends_the_script_with_what_was_observed() {
    let ended = script("a = listen 127.0.0.1:0\nexpect a is refused\nlisten 0\n");
    ended.exits(1).says("expect was not met: a is refused");
    ended.says("`a` is a listener on 127.0.0.1:");
    assert_eq!(ended.out.lines().count(), 2, "{ended:?}");
    script("a = listen 127.0.0.1:0\nexpect a is listening\n").exits(0);
    script("wait nothing is open --within 1ms\n").exits(1);
}

/// Runs a line between two good ones; the one before is done, the one after is not.
fn check_bad(line: &[u8], column: usize, message: &str) -> Ended {
    let lines = [
        b"first = listen 127.0.0.1:0\n",
        line,
        b"\nlater = listen 0\n",
    ]
    .concat();
    let ended = script(lines);
    ended.exits(2).says("first listens on");
    assert!(!ended.out.contains("later"), "{ended:?}");
    ended.talks(&format!("looplab: <stdin>:2:{column}: {message}"));
    let carets: Vec<_> = ended
        .talk
        .lines()
        .filter(|line| !line.is_empty() && line.trim_start().chars().all(|c| c == '^'))
        .collect();
    assert_eq!(carets.len(), 1, "{ended:?}");
    ended
}

#[test]
fn a_line_that_cannot_be_read_has_its_place_a_caret_and_help() {
    let lines: [(&[u8], usize, &str, &str); 22] = [
        (
            b"  lisen 0 # x",
            3,
            "there is no verb `lisen`",
            "did you mean `listen`?",
        ),
        (
            b"listen 127.1:80",
            8,
            "`127.1` is a spelling",
            "write 127.0.0.1",
        ),
        (
            b"listen 127.0.0.1:70000",
            8,
            "`70000` is not a port",
            "0 to 65535",
        ),
        (b"listen 127.0.0.1:-1", 8, "`-1` is not a port", ""),
        (b"listen localhost:0", 8, "", "127.0.0.1"),
        (b"connect 0x7f.1:80", 9, "", ""),
        (b"connect 2130706433:80", 9, "", ""),
        (
            b"send a \"unclosed",
            8,
            "this \" is never closed",
            "end the text with",
        ),
        (b"show \"unclosed", 6, "", ""),
        (b"expect a is", 10, "", ""),
        (b"expect", 7, "`expect` needs an expression", "for example"),
        (b"wait a is sleepy", 11, "there is no test `sleepy`", ""),
        (b"listen", 7, "`listen` needs <ENDPOINT>", "usage: listen"),
        (b"listen 0 --backlog", 10, "--backlog <N> needs a value", ""),
        (b"listen 0 --bakclog 3", 10, "", "did you mean `--backlog`?"),
        (b"listen 0 --help", 10, "", "usage: listen"),
        (
            b"= listen 0",
            1,
            "a name is missing before the `=`",
            "for example",
        ),
        (b"b =", 4, "a verb is missing after the `=`", "for example"),
        (
            b"listen = listen 0",
            1,
            "`listen` is a verb",
            "choose another name",
        ),
        (
            b"listen {{ nobody.port }}",
            1,
            "",
            "there is no `nobody` here",
        ),
        (b"listen {{ nobody", 8, "this `{{` is never closed", ""),
        (
            b"lis\0ten 0",
            1,
            "there is no verb `lis^@ten`",
            "did you mean `listen`?",
        ),
    ];
    for (line, column, message, help) in lines {
        check_bad(line, column, message).talks(help);
    }
}

#[test]
fn bytes_that_are_no_text_are_named_by_their_place() {
    check_bad(b"list\xffen 0", 5, "not valid UTF-8 at byte 4");
    check_bad(b"\xfe\xff", 1, "not valid UTF-8 at byte 0");
    check_bad(b"send a \xf0\x9f\x98", 8, "not valid UTF-8");
}

#[test]
fn what_acts_on_a_terminal_is_shown_not_sent() {
    let ended = check_bad(b"listen \x1b]0;mine\x07", 8, "");
    ended.talks("^[]0;mine^G");
    let ended = check_bad("lis\u{202e}ten 0".as_bytes(), 1, "");
    assert!(!ended.talk.contains('\u{202e}'), "{ended:?}");
}

#[test]
fn a_line_without_an_end_is_refused_before_it_is_read() {
    let long = vec![b'x'; 1_000_000];
    let ended = check_bad(
        &long,
        1,
        "this line is too long: a line has at most 16384 bytes",
    );
    assert!(
        ended.talk.len() < 1_000,
        "{} bytes of talk",
        ended.talk.len()
    );
    let place_in_a_long_line = [&[b' '; 10_000][..], b"lisen 0"].concat();
    let ended = check_bad(&place_in_a_long_line, 10_001, "there is no verb");
    assert!(
        ended.talk.len() < 1_000,
        "{} bytes of talk",
        ended.talk.len()
    );
    script([&[b' '; 16_000][..], b"listen 0\n"].concat()).exits(0);
    looplab(["run", "/dev/zero"]).end().exits(2);
}

/// A line that can be read but that looplab itself refuses: the outcome says so, and the script
/// ends, for what follows leans on it.
#[test]
fn what_no_kernel_was_asked_ends_a_script() {
    for (line, cause) in [
        ("connect 8.8.8.8:53", "(not_allowed)"),
        ("connect [2001:db8::1]:80", "(not_allowed)"),
        ("listen 0.0.0.0:0", "(not_allowed)"),
        ("send nobody hello", "(no_such_name)"),
        ("close nobody", "(no_such_name)"),
        ("listen localhost", "(no_such_name)"),
        ("explain nonsense", "(no_such_name)"),
        ("get https://127.0.0.1/", "(malformed)"),
        ("repeat 3 sockets", "(malformed)"),
    ] {
        let ended = script(format!("first = listen 0\n{line}\nlater = listen 0\n"));
        ended.exits(1).says("first listens on").says(cause);
        assert!(!ended.out.contains("later"), "{ended:?}");
    }
}

#[test]
fn ends_of_lines_are_those_of_any_system() {
    for lines in [
        "a = listen 0\nb = connect a\n",
        "a = listen 0\r\nb = connect a\r\n",
        "a = listen 0\nb = connect a",
        "\n  # a comment\n\n\ta = listen 0 # mine\n\tb = connect a\n\n",
    ] {
        let ended = script(lines);
        ended.exits(0).is_quiet();
        assert_eq!(ended.out.lines().count(), 2, "{ended:?}");
    }
    for nothing in ["", "\n", "# nothing\n", "\r\n\r\n"] {
        let ended = script(nothing);
        assert_eq!(ended.exits(0).is_quiet().out, "");
    }
}

#[test]
fn a_script_is_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("two\u{1b}[31m servers.lab");
    fs::write(&path, "a = listen 0\nlisen 0\n").unwrap();
    let ended = looplab(["run".into(), path.into_os_string()]).end();
    ended
        .exits(2)
        .says("a listens")
        .talks("servers.lab:2:1: there is no verb");
    assert!(!ended.talk.contains('\x1b'), "{ended:?}");

    let run = |path: &str| looplab(["run", path]).end();
    run("/nowhere/at.all")
        .exits(2)
        .talks("cannot read /nowhere/at.all: No such file");
    run("/").exits(2).talks("cannot read /: Is a directory");
    run("/dev/null").exits(0);
    looplab(["run"]).end().exits(2).talks("<FILE>");
    looplab(["run", ""]).end().exits(2);
}

/// A listener that looplab did not open, on a port of this program.
pub(crate) fn listening_elsewhere() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn a_script_may_visit_other_programs_on_loopback() {
    let (listener, port) = listening_elsewhere();
    let ended = script(format!(
        "a = connect 127.0.0.1:{port}\nexpect a is connected\n"
    ));
    ended.exits(0);
    assert!(listener.accept().is_ok());
}

#[test]
fn help_in_a_script_helps() {
    let ended = looplab(["run", "-"])
        .input("help\nhelp listen\nhelp lisn\nshow 6 * 7\n")
        .end();
    ended
        .exits(0)
        .is_quiet()
        .says("--backlog")
        .says("`lisn` is no verb");
    // Every verb is listed, and the script goes on.
    for verb in ["listen", "capture", "expect", "diagnose", "42"] {
        ended.says(verb);
    }
    let json = looplab(["run", "-", "--json"]).input("help\n").end();
    assert_eq!(json.exits(0).records()[0]["event"], "help");
    for word in ["quit", "hint", "next", "menu"] {
        let ended = looplab(["run", "-"]).input(format!("{word}\n")).end();
        ended.exits(2).talks("belongs to the prompt of a lesson");
    }
}
