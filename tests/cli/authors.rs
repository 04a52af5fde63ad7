//! What an author meets: every mistake with its place, and lessons of one's own beside the course.
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::sys::stat::Mode;
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Ended, looplab};

const HEAD: &str = "format: 1\ntitle: Mine\nsummary: Of my own.\nlevel: beginner\nminutes: 1\n\
                    objectives: [see]\nsteps:\n";

const PREDICTION: &str = "  - id: guess
    predict: What happens?
    run: |
      a = listen 127.0.0.1:0
    options:
      - {say: It works., claim: a is listening}
      - {say: It does not., claim: a is refused}
    explain: [{say: \"`a` is at {{ a.local }}.\"}]
";

fn own(lessons: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in lessons {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// A command about one file, run in its directory, so that places are short.
fn about(directory: &Path, command: &str, file: &str) -> Ended {
    looplab(command.split(' ').chain([file]))
        .within(directory)
        .end()
}

#[test]
fn a_good_lesson_passes() {
    let directory = own(&[("50-mine.yaml", &format!("{HEAD}{PREDICTION}"))]);
    for path in ["50-mine.yaml", "."] {
        about(directory.path(), "check", path)
            .exits(0)
            .talks("1 lesson checked: 0 errors");
        about(directory.path(), "test", path)
            .exits(0)
            .talks("1 step proven on this kernel");
        about(directory.path(), "check --json", path)
            .exits(0)
            .records();
        let records = about(directory.path(), "test --json", path)
            .exits(0)
            .records();
        assert_eq!(records[0]["result"], "proven");
        assert_eq!(records[1]["event"], "summary");
    }
}

/// The whole lesson of docs/lesson-format.md, under the name that the page gives it.
#[test]
fn the_lesson_in_the_authors_guide_holds() {
    let guide = fs::read_to_string("docs/lesson-format.md").unwrap();
    let (_, page) = guide.split_once("## A whole lesson").unwrap();
    let name = page.split('`').nth(1).unwrap();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (lesson, _) = rest.split_once("```").unwrap();
    for kind in ["run", "predict", "task", "ask", "visit"] {
        assert!(lesson.contains(&format!("\n    {kind}: ")), "no {kind}");
    }
    let directory = own(&[(name, lesson)]);
    about(directory.path(), "check", name)
        .exits(0)
        .talks("1 lesson checked: 0 errors, 0 warnings");
    about(directory.path(), "test", name).exits(0);
}

#[test]
fn each_mistake_has_its_place_in_check_and_in_test() {
    let with = |from: &str, to: &str| format!("{HEAD}{PREDICTION}").replace(from, to);
    for (text, place, message) in [
        (
            with("    predict", "\tpredict"),
            "9:1",
            "a tab cannot indent YAML",
        ),
        (with("title:", "titel:"), "2:1", "did you mean `title`?"),
        (
            with("    predict:", "    predicted:"),
            "9:5",
            "did you mean `predict`?",
        ),
        (
            format!("{HEAD}{PREDICTION}{PREDICTION}"),
            "16:9",
            "two steps are called `guess`",
        ),
        (
            with("a is refused", "true"),
            "14:36",
            "looks at nothing that happened",
        ),
        (
            with("a is refused", "a is sleepy"),
            "14:41",
            "there is no test `sleepy`",
        ),
        (
            with("a is refused", "b is refused"),
            "14:36",
            "nothing is called `b`",
        ),
        (with("{{ a.local }}", "{{ b.local }}"), "15:", "`b`"),
        (
            with("listen 127", "lisen 127"),
            "11:11",
            "did you mean `listen`?",
        ),
        (
            with("listen 127.0.0.1:0", "connect 8.8.8.8:53"),
            "11:",
            "8.8.8.8",
        ),
        (with("format: 1", "format: 2"), "1:9", "format"),
        (with("minutes: 1", "minutes: soon"), "5:10", "minutes"),
        ("[".repeat(100_000), "1:", "nested"),
        (String::new(), "1:1", "this file is empty"),
        (format!("{HEAD}# \u{1b}]0;mine\u{7}\n"), "8:", ""),
    ] {
        let directory = own(&[("50-mine.yaml", &text)]);
        for command in ["check", "test"] {
            let ended = about(directory.path(), command, "50-mine.yaml");
            ended
                .exits(1)
                .says(&format!("50-mine.yaml:{place}"))
                .says(message);
            let json = about(
                directory.path(),
                &format!("{command} --json"),
                "50-mine.yaml",
            );
            let records = json.exits(1).records();
            let at = |error: &Value| format!("{}:{}", error["line"], error["column"]);
            let found = records.iter().any(|error| at(error).starts_with(place));
            assert!(found && records[0]["event"] == "diagnostic", "{json:?}");
        }
        // As a lesson of one's own it is listed as broken, and stops no other.
        let listed = looplab(["list", "--lessons", "."])
            .within(directory.path())
            .end();
        listed.exits(0).says("Two servers, one port");
    }
}

/// A reply that is in order, and one to what is right.
const RECALL: &str = "  - id: guess
    ask: How many?
    number: 1 + 2
    replies:
      - {to: 2 + 2, say: One less.}
      - {to: 1 + 2, say: Never said.}
";

#[test]
fn what_only_the_kernel_can_tell_is_found_by_test() {
    let never = PREDICTION.replace("a is listening", "a is timed_out");
    let twice = PREDICTION.replace("a is refused", "a.port > 0");
    for (step, fault) in [
        (never, "no option comes true"),
        (twice, "options ab come true at once"),
        (
            RECALL.to_owned(),
            "the reply to `1 + 2` is to the right answer",
        ),
        (
            RECALL.replace("1 + 2, say", "2 + 2, say"),
            "the answer `2 + 2` has another reply before this one",
        ),
    ] {
        let directory = own(&[("50-mine.yaml", &format!("{HEAD}{step}"))]);
        about(directory.path(), "check", ".").exits(0);
        let ended = about(directory.path(), "test", ".");
        ended
            .exits(1)
            .says("50-mine.yaml:8: mine/guess")
            .says(fault)
            .talks("1 broken");
        let records = about(directory.path(), "test --json", ".")
            .exits(1)
            .records();
        assert_eq!(records[0]["result"], "broken");
        assert_eq!(records[0]["line"], 8);
    }
}

#[test]
fn a_broken_lesson_of_ones_own_stops_no_other() {
    let good = format!("{HEAD}{PREDICTION}");
    let mine = own(&[
        ("50-good.yaml", &good),
        ("51-tab.yaml", &good.replace("summary", "\tsummary")),
        ("09-address-in-use.yaml", "format: 1\n"),
        ("glossary.yaml", "nonsense"),
        ("notes.txt", "not a lesson"),
        (".50-good.yaml.swp", "\0\0"),
    ]);
    let run = |line: &str, typed: &str| {
        let arguments = line.split(' ').chain(["--lessons", "."]);
        looplab(arguments).within(mine.path()).input(typed).end()
    };
    let list = run("list", "");
    list.exits(0)
        .says("Mine")
        .says("51-tab.yaml:3:1: a tab")
        .says("What 127.0.0.1 is");
    list.says("09-address-in-use.yaml:1:1:");
    let records = run("list --json", "").exits(0).records();
    let broken = records.iter().filter(|record| record["broken"].is_string());
    assert_eq!(broken.count(), 2, "{records:?}");

    run("learn good", "a\n\nquit\n")
        .exits(0)
        .is_quiet()
        .says("Mine: done");
    run("learn 1", "\nquit\n")
        .exits(0)
        .is_quiet()
        .says("Step 2 of ");
    run("learn tab", "")
        .exits(2)
        .talks("51-tab.yaml:3:1")
        .talks("a tab cannot indent YAML");
    run("present tab", "").exits(2).talks("51-tab.yaml:3:1");
    run("learn 9", "")
        .exits(2)
        .talks("09-address-in-use.yaml:1:1");
    let menu = run("--plain", "51\n50\na\n\nquit\n");
    menu.exits(0).talks("51-tab.yaml:3:1").says("Mine: done");
    run("check", "").exits(1).says("51-tab.yaml:3:1");
    run("test .", "")
        .exits(1)
        .talks("2 lessons with errors not tried");
}

#[test]
fn what_is_no_file_hangs_nothing() {
    let mine = tempfile::tempdir().unwrap();
    let path = |name: &str| mine.path().join(name);
    nix::unistd::mkfifo(&path("1-pipe.yaml"), Mode::S_IRWXU).unwrap();
    fs::create_dir(path("2-directory.yaml")).unwrap();
    symlink("nowhere.yaml", path("3-loose.yaml")).unwrap();
    symlink("/dev/zero", path("4-endless.yaml")).unwrap();
    fs::write(path("5-big.yaml"), vec![b'#'; 3_000_000]).unwrap();
    fs::write(path("6-utf16.yaml"), b"\xff\xfet\0").unwrap();
    let run = |line: &str| {
        let arguments = line.split(' ').chain(["--lessons", "."]);
        looplab(arguments).within(mine.path()).end()
    };
    run("list").exits(0).says("Two servers, one port");
    run("learn endless").exits(2);
    for command in ["check", "test"] {
        let ended = run(&format!("{command} ."));
        ended.exits(1);
        for name in [
            "1-pipe",
            "2-directory",
            "3-loose",
            "4-endless",
            "5-big",
            "6-utf16",
        ] {
            ended.says(&format!("{name}.yaml:1:1"));
        }
    }
    run("check 4-endless.yaml").exits(1);
    run("check 1-pipe.yaml").exits(1);
}
