//! Every command: what it prints for people and for programs, and how it ends.
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Ended, Run, looplab};
use crate::scripts::listening_elsewhere;

fn run(line: &str) -> Ended {
    looplab(line.split_whitespace()).end()
}

fn commands() -> Vec<String> {
    let grammar = looplab::cli::grammar();
    let names = grammar.get_subcommands().map(clap::Command::get_name);
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_page_of_help() {
    let whole = run("--help");
    whole.exits(0).is_quiet();
    for name in commands() {
        whole.says(&format!("  {name}"));
        let page = run(&format!("{name} --help"));
        page.exits(0)
            .is_quiet()
            .says("Usage: looplab")
            .says("--json");
        assert_eq!(run(&format!("help {name}")).exits(0).out, page.out);
        run(&format!("{name} -h")).exits(0).is_quiet();
        run(&format!("{name} --frobnicate"))
            .exits(2)
            .talks("--frobnicate");
    }
    run("help").exits(0);
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = format!("looplab {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run("--version").exits(0).is_quiet().out, version);
    assert_eq!(run("-V").exits(0).out, version);
}

#[test]
fn a_slip_of_the_finger_is_answered_with_what_was_meant() {
    for (line, hint) in [
        ("lern", "'learn'"),
        ("list --jsn", "'--json'"),
        ("completions bsh", "'bash'"),
        ("list --color alwys", "'always'"),
        ("learn adress-in-use", "did you mean `address-in-use`?"),
        ("present adress-in-use", "did you mean `address-in-use`?"),
        ("learn 9 --step same-nubmer", "did you mean `same-number`?"),
        (
            "present 9 --step same-nubmer",
            "did you mean `same-number`?",
        ),
        ("learn port", "fits more than one lesson"),
        ("learn 0", "`looplab list` shows all lessons"),
        ("learn 99", "`looplab list` shows all lessons"),
        ("learn 9 --step 99", "its steps are"),
        ("learn 9 --step 0", "its steps are"),
        ("present 9 --pace 3", "--auto"),
        ("present 9 --auto --pace -1", "from 0 to 3600 seconds"),
        ("present 9 --auto --pace nan", "from 0 to 3600 seconds"),
        ("present 9 --auto --pace 1e300", "from 0 to 3600 seconds"),
        ("present 9 --auto --pace soon", "soon"),
        ("sockets --tcp-state LISTN", "one of LISTEN"),
        ("sockets --state LISTN", "one of LISTEN"),
        ("--state LISTN sockets", "write `--state ./LISTN`"),
        (
            "sockets --state LISTEN --tcp-state CLOSED",
            "the same filter",
        ),
        ("sockets --port 70000", "70000"),
        ("who 70000", "`70000` is not a port"),
        ("who 127.1:80", "write 127.0.0.1"),
        ("find", "WORDS"),
        ("explain", "WORDS"),
        ("who", "PORT"),
        ("run", "FILE"),
        ("--state", "DIR"),
        (
            "list --lessons /nowhere/at/all",
            "there is no such directory",
        ),
        (
            "check /nowhere.yaml",
            "cannot read /nowhere.yaml: No such file",
        ),
        (
            "test /nowhere.yaml",
            "cannot read /nowhere.yaml: No such file",
        ),
        ("check /dev/fd", "no lesson (*.yaml) in /dev/fd"),
    ] {
        let ended = run(line);
        assert_eq!(ended.exits(2).talks(hint).out, "", "{ended:?}");
    }
    let ended = looplab(["learn", ""]).end();
    ended.exits(2).talks("there is no lesson ``");
}

#[test]
fn the_list_names_every_lesson() {
    let records = run("list --json").exits(0).is_quiet().records();
    let lessons = records.iter().filter(|r| r["event"] == "lesson").count();
    assert!(lessons >= 6, "{records:?}");
    let list = run("list");
    for record in records {
        let keys: &[&str] = match record["event"].as_str() {
            Some("chapter") => &["title"],
            _ => &["id", "title"],
        };
        for key in keys {
            list.says(record[key].as_str().unwrap());
        }
    }
    assert_eq!(list.exits(0).is_quiet().code(), Some(0));
}

#[test]
fn find_says_where_and_fails_when_nothing_is_found() {
    run("find ephemeral")
        .exits(0)
        .is_quiet()
        .says("looplab learn");
    for record in run("find ephemeral --json").exits(0).records() {
        assert_eq!(record["event"], "match");
    }
    for words in ["find xyzzyplugh", "find xyzzyplugh --json"] {
        let ended = run(words);
        assert_eq!(ended.exits(1).talks("`xyzzyplugh`").out, "", "{ended:?}");
    }
}

#[test]
fn explain_knows_errnos_ports_endpoints_states_and_terms() {
    for topic in [
        "EADDRINUSE",
        "econnrefused",
        "TIME-WAIT",
        "8080",
        "127.0.0.1:49342",
        "[::1]:80",
        "port",
        "accept queue",
        "::ffff:127.0.0.1",
    ] {
        let ended = looplab(["explain"].into_iter().chain(topic.split(' '))).end();
        ended.exits(0).is_quiet();
        assert!(ended.out.len() > 80, "{ended:?}");
    }
    run("explain EADRINUSE")
        .exits(1)
        .says("did you mean `EADDRINUSE`?");
    run("explain xyzzyplugh").exits(1).says("`xyzzyplugh`");
    let records = run("explain EADDRINUSE --json").exits(0).records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["ok"], true);
    let records = run("explain xyzzyplugh --json").exits(1).records();
    assert_eq!(records[0]["error"], "no_such_name");
}

#[test]
fn sockets_and_who_see_those_of_other_programs() {
    let (listener, port) = listening_elsewhere();
    let me = std::process::id().to_string();
    run(&format!("who {port}")).exits(0).is_quiet().says(&me);
    run(&format!("who 127.0.0.1:{port}")).exits(0).says(&me);
    run(&format!("who {port} --json")).exits(0).records();
    let local = format!("127.0.0.1:{port}");
    for line in [
        "sockets",
        "sockets --listening",
        "sockets --tcp-state listen",
        "sockets --state LISTEN",
        "sockets --all --state=listen",
        "sockets --state /tmp",
    ] {
        run(line).exits(0).is_quiet().says(&local);
        run(&format!("{line} --port {port}")).exits(0).says(&local);
    }
    let records = run(&format!("sockets -l --port {port} --json"))
        .exits(0)
        .records();
    let mut rows = records[0]["rows"].as_array().unwrap().iter();
    assert!(rows.any(|row| row["local"] == *local), "{records:?}");
    // The far end of somebody's connection may have had the number.
    let line = format!("sockets --state TIME-WAIT --port {port} --json");
    let records = run(&line).exits(0).records();
    let mut rows = records[0]["rows"].as_array().unwrap().iter();
    assert!(rows.all(|row| row["local"] != *local), "{records:?}");
    drop(listener);
    run("sockets --tcp-state SYN-SENT").exits(0);
}

#[test]
fn the_doctor_tries_everything() {
    let ended = run("doctor");
    for what in [
        "loopback",
        "127.0.0.0/8",
        "ipv6",
        "localhost",
        "ephemeral range",
        "progress",
    ] {
        ended.says(what);
    }
    ended.exits(0).is_quiet();
    for record in run("doctor --json").exits(0).records() {
        assert_eq!(record["event"], "check");
        assert!(record["ok"].is_boolean(), "{record}");
    }
}

#[test]
fn the_schema_is_that_of_the_lesson_format() {
    let schema: Value = serde_json::from_str(&run("schema").exits(0).is_quiet().out).unwrap();
    assert!(schema["properties"]["steps"].is_object());
}

#[test]
fn completions_know_every_command_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(&format!("completions {shell}"));
        for name in commands() {
            ended.exits(0).is_quiet().says(&name);
        }
        // Where the shell is there, it reads the script.
        let check = Command::new(shell)
            .arg("-n")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        if check.is_ok() && shell != "elvish" && shell != "powershell" {
            let mut command = Command::new(shell);
            command.args(["-n", "/dev/stdin"]);
            Run::of(command).input(ended.out).end().exits(0).is_quiet();
        }
    }
}

#[test]
fn the_man_page_names_every_command() {
    let page = run("man");
    page.exits(0).is_quiet().says(".TH looplab 1");
    for name in commands() {
        page.says(&format!("looplab\\-{name}(1)"));
        if name != "help" {
            let its = run(&format!("man {name}"));
            its.exits(0)
                .is_quiet()
                .says(&format!(".TH looplab-{name} 1"));
        }
    }
    run("man lern").exits(2).talks("there is no command `lern`");
}

/// `lab` and the menu are conversations: what is asked there is answered there.
#[test]
fn free_play_runs_the_lines_of_a_pipe() {
    let typed = "server = listen 127.0.0.1:0\nclient = connect server\nlisen 0\nhelp\nhelp listen\n\
                 clear\nsockets\nexplain TIME-WAIT\nquit\n";
    let ended = looplab(["lab"]).input(typed).end();
    ended.exits(0).is_quiet();
    for said in [
        "server listens on",
        "client is connected",
        "did you mean `listen`?",
        "--backlog",
    ] {
        ended.says(said);
    }
    let json = looplab(["lab", "--json"]).input(typed).end();
    json.exits(0).is_quiet().records();
}

#[test]
fn the_menu_opens_lessons_searches_and_runs_lines() {
    let typed = "help\nlist\nfind backlog\nfind xyzzyplugh\nlisten 127.0.0.1:0\nwho 1\nnonsense\nfour-tupel\naddress-in-use\n\
                 menu\nlab\nshow 1 + 1\nquit\nquit\n";
    let ended = looplab::<&str>([]).input(typed).end();
    ended
        .exits(0)
        .is_quiet()
        .says("is open on 127.0.0.1:")
        .says("`xyzzyplugh`");
    ended
        .says("there is no verb `nonsense`")
        .says("did you mean `four-tuple`?")
        .says("Address already in use")
        .says("is 2");
    let json = looplab(["--json"]).input(typed).end();
    json.exits(0).is_quiet().records();
}

#[test]
fn an_instructor_is_told_what_enter_and_a_letter_do() {
    let ended = looplab(["present", "9", "--step", "2"])
        .input("a\n\nquit\n")
        .end();
    ended
        .exits(0)
        .is_quiet()
        .says("Enter runs it")
        .says("enters the room's vote");
    ended
        .says("the room predicted a")
        .says("this machine did b");
}

/// A learner who has closed what the set-up made gets it back before the solution is typed in.
#[test]
fn a_solution_solves_its_task_whatever_was_typed_before() {
    let typed = "close guest client old\nold = listen 127.0.0.1:0\nsolution\n\n\nquit\n";
    let task = [
        "learn",
        "address-in-use",
        "--step",
        "restart-task",
        "--json",
    ];
    let records = looplab(task).input(typed).end().exits(0).records();
    let done = records.iter().find(|record| record["event"] == "step_done");
    assert_eq!(done.unwrap()["result"], "helped", "{records:#?}");
}
