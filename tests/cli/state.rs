//! What a session leaves for the next one, and where it is kept when that is not as usual.
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Ended, looplab};
use crate::talk::Talk;

const LESSON: &str = "address-in-use";

/// The number of the step that a lesson would begin with now.
fn next_step(state: &Path, arguments: &[&str]) -> Value {
    let mut talk = Talk::start(Some(state), &[&[LESSON], arguments].concat());
    let step = talk.hear_of("step_started");
    assert!(talk.end().success());
    step["number"].clone()
}

/// Walks as far as that step and leaves.
fn left_at(state: &Path, step: u64) {
    let mut talk = Talk::start(Some(state), &[LESSON]);
    talk.walk_to_step(step);
    talk.say("quit");
    assert!(talk.end().success());
}

#[test]
fn a_lesson_goes_on_where_it_was_left() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path();
    assert_eq!(next_step(state, &[]), 1);
    left_at(state, 3);
    assert_eq!(next_step(state, &[]), 3);
    left_at(state, 6);
    assert_eq!(next_step(state, &[]), 6);
    // A look at a step changes nothing; doing it does.
    assert_eq!(next_step(state, &["--step", "the-message"]), 1);
    assert_eq!(next_step(state, &["--step", "4"]), 4);
    assert_eq!(next_step(state, &[]), 6);
    assert_eq!(next_step(state, &["--restart"]), 1);
}

#[test]
fn every_way_in_leads_to_the_lesson_in_hand() {
    let state = tempfile::tempdir().unwrap();
    left_at(state.path(), 3);
    for (arguments, typed) in [
        (&["learn"][..], ""),
        (&["learn", "9"], ""),
        (&["learn", "Two servers"], ""),
        (&[], "\n"),
        (&[], "9\n"),
        (&[], "address\ntwo servers\n"),
    ] {
        let run = looplab(arguments).state(state.path()).input(typed);
        run.end().exits(0).is_quiet().says("Step 3 of ");
    }
    let list = looplab(["list"]).state(state.path()).end();
    list.exits(0).is_quiet().says("Two servers, one port");
    let list = looplab(["list", "--json"]).state(state.path()).end();
    let started = list.records().into_iter().find(|r| r["started"] == true);
    assert_eq!(started.unwrap()["id"], LESSON);
}

#[test]
fn a_finished_lesson_gives_way_to_the_next() {
    let state = tempfile::tempdir().unwrap();
    let mut talk = Talk::start(Some(state.path()), &["1"]);
    loop {
        let record = talk.hear().unwrap();
        match record["event"].as_str().unwrap() {
            "ask" => drop(talk.answer(&record)),
            "lesson_done" => break,
            _ => {}
        }
    }
    assert!(talk.end().success());
    let list = looplab(["list", "--json"]).state(state.path()).end();
    let records = list.records();
    let lessons = records.iter().filter(|record| record["event"] == "lesson");
    let done: Vec<_> = lessons.map(|record| record["done"].clone()).collect();
    assert_eq!(done[..2], [true, false]);
    assert_eq!(records[0]["event"], "chapter");
    assert_eq!(records[0]["done"], 1);
    let mut talk = Talk::start(Some(state.path()), &[]);
    let next = &talk.hear_of("lesson_started")["lesson"];
    assert_eq!(next, "localhost-is-a-name");
    assert!(talk.end().success());
}

/// Two windows on the same progress: nobody waits, and what each of them did is kept.
#[test]
fn two_windows_keep_what_each_of_them_did() {
    let state = tempfile::tempdir().unwrap();
    let mut first = Talk::start(Some(state.path()), &[LESSON]);
    first.walk_to_step(2);
    let mut second = Talk::start(Some(state.path()), &["1"]);
    second.walk_to_step(3);
    first.walk_to_step(4);
    second.walk_to_step(5);
    assert!(first.end().success());
    assert!(second.end().success());
    assert_eq!(next_step(state.path(), &[]), 4);
    let mut again = Talk::start(Some(state.path()), &["1"]);
    assert_eq!(again.hear_of("step_started")["number"], 5);
    assert!(again.end().success());
}

/// Two steps of a lesson with a state directory, and the number of the step after that.
fn kept_in(state: &Path) -> (Ended, Value) {
    let ended = looplab(["learn", LESSON])
        .state(state)
        .input("\nskip\n\nquit\n")
        .end();
    ended.exits(0).is_quiet().says("Step 3 of ");
    let step = next_step(state, &[]);
    (ended, step)
}

#[test]
fn where_nothing_can_be_kept_a_session_says_so_once_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("file"), "").unwrap();
    symlink("nowhere", path("loose")).unwrap();
    fs::create_dir_all(path("planted/progress.jsonl")).unwrap();
    for place in [
        path("file"),
        path("file/below"),
        path("loose/below"),
        path("planted"),
        "/dev/full".into(),
        "/proc/nobody".into(),
        format!("{}/{}", directory.path().display(), "x".repeat(300)).into(),
    ] {
        let (ended, next) = kept_in(&place);
        let warnings = ended.out.matches("for this session only").count();
        assert_eq!(warnings, 1, "{ended:?}");
        ended.says("`--state DIR`");
        assert_eq!(next, 1, "{}", place.display());
        let list = looplab(["list"]).state(&place).end();
        list.exits(0).says("Two servers, one port");
    }
}

#[test]
fn trouble_with_progress_is_no_data() {
    let ended = looplab(["list", "--json"]).state("/dev/null/x").end();
    ended.exits(0).talks("for this session only");
    assert!(
        ended
            .records()
            .iter()
            .all(|record| ["chapter", "lesson"].contains(&record["event"].as_str().unwrap()))
    );
}

#[test]
fn the_place_for_progress_is_chosen_by_flag_variable_and_xdg() {
    let kept = |directory: &TempDir, below: &str| {
        let file = directory.path().join(below).join("progress.jsonl");
        assert!(file.is_file(), "{}", file.display());
    };
    let typed = || looplab(["learn", LESSON]).input("\nquit\n");
    let directory = || tempfile::tempdir().unwrap();

    let home = directory();
    typed()
        .variable("HOME", home.path())
        .end()
        .exits(0)
        .is_quiet();
    kept(&home, ".local/state/looplab");
    let xdg = directory();
    typed()
        .variable("XDG_STATE_HOME", xdg.path())
        .end()
        .exits(0)
        .is_quiet();
    kept(&xdg, "looplab");
    let (flag, variable) = (directory(), directory());
    let flagged = typed().state(variable.path()).with(|command| {
        command.arg("--state").arg(flag.path());
    });
    flagged.end().exits(0).is_quiet();
    kept(&flag, "");
    assert_eq!(fs::read_dir(&variable).unwrap().count(), 0);
    // Empty is unset, and a relative one is not followed (XDG Base Directory Specification).
    let home = directory();
    let odd = typed()
        .variable("HOME", home.path())
        .variable("XDG_STATE_HOME", "odd");
    odd.state("").within(home.path()).end().exits(0);
    kept(&home, ".local/state/looplab");
}

#[test]
fn without_a_home_every_command_still_works() {
    for odd in ["", "/dev/null", "relative"] {
        let run = || {
            looplab(["list"])
                .variable("HOME", odd)
                .without("LOOPLAB_STATE")
        };
        run().within("/dev").end().exits(0).says("Two servers");
    }
    looplab(["list"])
        .without("HOME")
        .end()
        .exits(0)
        .says("Two servers");
    looplab(["doctor"]).without("HOME").end().exits(0);
}

#[test]
fn nothing_is_written_by_asking() {
    let state = tempfile::tempdir().unwrap();
    let below = state.path().join("below");
    for line in [
        "list",
        "doctor",
        "find port",
        "explain port",
        "sockets",
        "review",
        "review --list",
        // One lesson is proven as all are.
        concat!(
            "test ",
            env!("CARGO_MANIFEST_DIR"),
            "/lessons/01-loopback-address.yaml"
        ),
        "check",
    ] {
        looplab(line.split(' ')).state(&below).end().exits(0);
    }
    looplab(["present", "1", "--auto", "--pace=0"])
        .state(&below)
        .end()
        .exits(0);
    assert!(!below.exists());
}

#[test]
fn progress_is_for_its_owner_alone() {
    let state = tempfile::tempdir().unwrap();
    let below = state.path().join("a/b");
    kept_in(&below);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&below), 0o700);
    assert_eq!(mode(&below.join("progress.jsonl")), 0o600);
}

#[test]
fn damaged_progress_is_put_aside_and_the_rest_is_kept() {
    let state = tempfile::tempdir().unwrap();
    left_at(state.path(), 5);
    let file = state.path().join("progress.jsonl");
    let whole = fs::read(&file).unwrap();
    let cut = whole.len() - 10;
    fs::write(&file, &whole[..cut]).unwrap();
    let ended = looplab(["learn", LESSON])
        .state(state.path())
        .input("quit\n")
        .end();
    let torn = "the last record was cut short";
    ended.exits(0).is_quiet().says(torn).says("Step 4 of ");
    for garbage in [
        &b"garbage\0\xff\n"[..],
        &[0; 5000],
        b"[[[[[[[[",
        b"{}\n{}\n",
    ] {
        fs::write(&file, garbage).unwrap();
        let ended = looplab(["learn", LESSON])
            .state(state.path())
            .input("quit\n")
            .end();
        ended.exits(0).is_quiet().says("damaged").says("Step 1 of ");
        let ended = looplab(["learn", LESSON])
            .state(state.path())
            .input("quit\n")
            .end();
        assert!(!ended.out.contains("damaged"), "{ended:?}");
    }
}

/// Three steps to read, in a directory of its own.
fn short_lesson() -> TempDir {
    let lessons = tempfile::tempdir().unwrap();
    let lesson = "format: 1\ntitle: Short\nchapter: address\nsummary: Nothing to do.\nlevel: beginner\nminutes: 1\n\
                  objectives: [read]\nsteps:\n  - {id: one, say: One.}\n  - {id: two, say: Two.}\n  \
                  - {id: three, say: Three.}\n";
    fs::write(lessons.path().join("0-short.yaml"), lesson).unwrap();
    lessons
}

#[test]
fn the_menu_names_the_lesson_that_enter_opens() {
    let (state, lessons) = (tempfile::tempdir().unwrap(), short_lesson());
    let menu = |typed: &str| {
        let arguments = [lessons.path().as_os_str(), "--lessons".as_ref()];
        let run = looplab(arguments.into_iter().rev()).state(state.path());
        let ended = run.input(format!("{typed}quit\n")).end();
        let said = ["next: ", "go on with: ", "once more: "];
        let last = ended
            .out
            .lines()
            .rfind(|line| said.iter().any(|word| line.starts_with(word)));
        last.unwrap_or_default().to_owned()
    };
    assert_eq!(menu(""), "next: Short");
    assert_eq!(menu("\n\nmenu\n"), "go on with: Short");
    assert_eq!(
        menu("4\n\nmenu\n"),
        "go on with: What the number after the colon is"
    );
    assert_eq!(menu("1\n\nmenu\n"), "go on with: What 127.0.0.1 is");
    // After its end a lesson keeps the screen; the menu comes when it is asked for.
    assert_eq!(menu("short\n\n\nmenu\n"), "go on with: What 127.0.0.1 is");
    // A second time through a finished lesson is a lesson in hand, too.
    assert_eq!(menu("short\n\nmenu\n"), "go on with: Short");
    assert_eq!(menu("\n\nmenu\n"), "go on with: Short");
    assert_eq!(menu("\n\nmenu\n"), "go on with: What 127.0.0.1 is");
}

/// A kill between the last step and the end of the lesson costs the last step, not the lesson.
#[test]
fn a_lesson_that_lacks_only_its_end_goes_on_with_the_last_step() {
    let (state, lessons) = (tempfile::tempdir().unwrap(), short_lesson());
    let run = |typed: &str| {
        let run = looplab(["learn", "short", "--lessons"]).state(state.path());
        run.with(|command| {
            command.arg(lessons.path());
        })
        .input(typed)
        .end()
    };
    run("\n\n\nquit\n").exits(0).says("Short: done");
    let file = state.path().join("progress.jsonl");
    let whole = fs::read_to_string(&file).unwrap();
    let kept: String = whole
        .lines()
        .take(4)
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(
        whole.len() > kept.len() && kept.contains("three"),
        "{whole}"
    );
    fs::write(&file, kept).unwrap();
    run("quit\n").exits(0).says("Step 3 of 3");
}

/// What a learner predicted, what the kernel answered and the machine's own figures are kept with
/// each step, for reports.
#[test]
fn a_step_is_kept_with_what_it_showed() {
    let state = tempfile::tempdir().unwrap();
    let mut talk = Talk::start(Some(state.path()), &[LESSON]);
    let (mut asked, mut commands) = (Vec::new(), 0);
    loop {
        let record = talk.hear().unwrap();
        match record["event"].as_str().unwrap() {
            "question" => asked.push(record["question"].clone()),
            "ask" if record["ask"] == "commands" => {
                commands += 1;
                talk.say(if commands % 2 == 1 { "hint" } else { "skip" });
            }
            "ask" => drop(talk.answer(&record)),
            "lesson_done" => break,
            _ => {}
        }
    }
    assert!(talk.end().success());
    let journal = fs::read_to_string(state.path().join("progress.jsonl")).unwrap();
    let records = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let steps: Vec<Value> = records.filter(|r| r["event"] == "step_done").collect();
    let of_kind = |kind: &str| {
        let step = steps.iter().find(|step| step["kind"] == kind);
        step.unwrap_or_else(|| panic!("no {kind} in {journal}"))
    };
    let predicted = of_kind("predict");
    assert!(asked.contains(&predicted["question"]), "{predicted}");
    assert!(predicted["predicted"].is_string() && predicted["came_true"][0].is_string());
    assert_eq!(predicted["seen"]["errors"]["EADDRINUSE"], 1, "{predicted}");
    assert!(predicted["seen"]["ports"][0].as_u64().unwrap() > 1023);
    assert_eq!(
        predicted["explained"].is_string(),
        predicted["result"] == "missed"
    );
    assert_eq!(of_kind("task")["hints"], 1);
}
