//! A real browser visits a lesson: the page shows the visitor's own four-tuple, and the lesson sees
//! the visit.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod support;

use std::path::Path;
use std::process::Command;

use support::pty::Setup;
use support::skip;

/// A lesson of one step, in which the browser takes part.
const LESSON: &str = r#"format: 1
title: A visit
summary: A browser comes.
level: beginner
minutes: 1
steps:
  - id: come-in
    setup: web = serve http
    visit: "Open http://{{ web.local }}/ in a browser."
    stand_in: get web
    goal:
      - say: a browser has come
        check: web.visits >= 1
    explain:
      - say: "It came from `{{ web.requests[0].peer }}` to `{{ web.local }}`."
"#;

/// Names the program goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The page as a headless Chromium has it after loading, or `None` where there is no Chromium.
fn page(url: &str, profile: &Path) -> Option<String> {
    let there = |name: &&&str| {
        let asked = Command::new(name).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    };
    let browser = BROWSERS.iter().find(there)?;
    // The bound is for a browser that hangs; it ends that one process and nothing else.
    let run = Command::new("timeout")
        .args(["--kill-after=5", "120", browser])
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args(["--no-first-run", "--disable-sync", "--disable-quic"])
        // It is to talk to nobody but the lesson.
        .args(["--disable-background-networking", "--disable-component-update"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--dump-dom", url])
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    Some(String::from_utf8(run.stdout).unwrap())
}

#[test]
fn a_browser_sees_its_four_tuple_and_the_lesson_sees_the_browser() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("50-a-visit.yaml"), LESSON).unwrap();
    let at = home.path().display().to_string();
    let mut terminal = Setup::new([
        env!("CARGO_BIN_EXE_looplab"),
        "--lessons",
        at.as_str(),
        "learn",
        "a-visit",
    ])
    .var("HOME", at.as_str())
    .size(60, 200)
    .start();
    terminal.wait_for_prompt();
    let screen = terminal.screen().contents();
    let (_, rest) = screen.split_once("Open http://").unwrap();
    let (server, _) = rest.split_once("/ in a browser").unwrap();

    let profile = tempfile::tempdir().unwrap();
    let Some(page) = page(&format!("http://{server}/"), profile.path()) else {
        return skip(
            "a_browser_sees_its_four_tuple_and_the_lesson_sees_the_browser",
            "there is no Chromium",
        );
    };
    let (_, rest) = page.split_once("Your end</th><td><code>").unwrap();
    let (client, _) = rest.split_once("</code>").unwrap();
    assert!(page.contains(&format!("My end</th><td><code>{server}<")));
    assert_ne!(client, server);

    terminal.run("");
    terminal.wait_for_text(&format!("It came from {client} to {server}."));
    terminal.wait_for_text("a browser has come");
}
