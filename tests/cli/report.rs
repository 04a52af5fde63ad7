//! What a learner hands in.
use std::fs;
use std::path::Path;

use crate::run::{Run, looplab};
use crate::talk::Talk;

const LESSON: &str = "address-in-use";

/// Goes through a lesson as far as that step, predicting `a` each time.
fn walked(state: &Path, step: u64) {
    let mut talk = Talk::start(Some(state), &[LESSON]);
    talk.walk_to_step(step);
    assert!(talk.end().success());
}

fn report(state: &Path, arguments: &str) -> Run {
    let arguments = ["report"].into_iter().chain(arguments.split_whitespace());
    looplab(arguments).state(state)
}

#[test]
fn a_report_tells_what_was_predicted_and_what_the_kernel_did() {
    let state = tempfile::tempdir().unwrap();
    walked(state.path(), 5);
    let text = report(state.path(), "").end();
    text.exits(0)
        .is_quiet()
        .says("This machine")
        .says("ephemeral range");
    text.says("Two servers, one port")
        .says("`EADDRINUSE`")
        .says("not finished yet");
    let json = report(state.path(), "--json").end();
    let records = json.exits(0).is_quiet().records();
    let [record] = &*records else {
        panic!("{json:?}");
    };
    assert_eq!(record["event"], "report");
    let lesson = &record["lessons"][0];
    assert_eq!(lesson["id"], LESSON);
    let prediction = &lesson["predictions"][0];
    text.says(prediction["came_true"][0].as_str().unwrap());
    assert!(lesson["figures"]["errors"]["EADDRINUSE"].as_u64().unwrap() > 0);
    let md = report(state.path(), "9 --to md").end();
    md.exits(0)
        .is_quiet()
        .says("# What my own kernel answered")
        .says("| kernel |");
    let html = report(state.path(), "9 --to html").end();
    html.exits(0)
        .is_quiet()
        .says("<!DOCTYPE html>")
        .says("</html>");
}

#[test]
fn a_file_is_written_once_and_over_only_when_asked() {
    let state = tempfile::tempdir().unwrap();
    walked(state.path(), 3);
    let here = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(here.path().join(name)).unwrap();
    let keep = |arguments: &str| report(state.path(), arguments).within(here.path()).end();
    for (arguments, name, begins) in [
        ("--output a.html", "a.html", "<!DOCTYPE html>"),
        ("--output a.md", "a.md", "# What"),
        ("--output a.txt", "a.txt", "What my own"),
        ("--to md -o b.txt", "b.txt", "# What"),
        (
            "--json -o a.jsonl",
            "a.jsonl",
            "{\"v\":1,\"event\":\"report\"",
        ),
    ] {
        let kept = keep(arguments);
        assert_eq!(
            kept.exits(0).talks(&format!("The report is in {name}")).out,
            ""
        );
        assert!(read(name).starts_with(begins), "{arguments}");
    }
    fs::write(here.path().join("a.html"), "mine").unwrap();
    keep("--output a.html")
        .exits(2)
        .talks("is there already; `--force` writes over it");
    assert_eq!(read("a.html"), "mine");
    keep("--output a.html --force").exits(0);
    assert!(read("a.html").starts_with("<!DOCTYPE"));
    keep("--output nowhere/a.html")
        .exits(2)
        .talks("No such file");
    keep("--force").exits(2).talks("--output");
    keep("--to pdf")
        .exits(2)
        .talks("[possible values: text, md, html]");
}

#[test]
fn without_progress_there_is_nothing_to_report() {
    let state = tempfile::tempdir().unwrap();
    let ended = report(state.path(), "").end();
    assert_eq!(ended.exits(1).talks("no step is done yet").out, "");
    report(state.path(), LESSON)
        .end()
        .exits(1)
        .talks("looplab learn address-in-use");
    report(state.path(), "no-such-lesson").end().exits(2);
}

#[test]
fn a_lessons_end_says_how_to_keep_it() {
    let state = tempfile::tempdir().unwrap();
    let typed = "skip\n\n".repeat(60);
    let ended = looplab(["learn", LESSON])
        .state(state.path())
        .input(typed)
        .end();
    let command = format!("looplab report {LESSON} --to html --output {LESSON}.html");
    ended.exits(0).says(&command);
    let here = tempfile::tempdir().unwrap();
    let kept = looplab(command.split(' ').skip(1))
        .state(state.path())
        .within(here.path());
    kept.end().exits(0);
    assert!(here.path().join(format!("{LESSON}.html")).is_file());
}

#[test]
fn the_end_of_the_course_says_how_to_keep_the_whole() {
    use looplab::app::journal::{Event, Journal, Record};
    use looplab::app::state::StateDir;
    use looplab::lesson::{Library, LibraryConfig};

    let state = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now();
    let (mut journal, _) = Journal::open(StateDir::at(state.path()), now);
    for entry in Library::open(LibraryConfig::default()).index() {
        if entry.id != LESSON {
            journal.record(&Record::new(now, Event::LessonDone, entry.id));
        }
    }
    let typed = "skip\n\n".repeat(60);
    let ended = looplab(["learn", LESSON])
        .state(state.path())
        .input(typed)
        .end();
    ended
        .exits(0)
        .says("`looplab report --output looplab.html` keeps the whole");
}
