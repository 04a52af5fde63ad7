//! Start-up: from fork to the prompt with the first lesson on the screen, on a pty, as ratios
//! against peers of the same run.
//!
//! Every round starts each program once, in turn, so that whatever the machine is doing it does to
//! all of them. The clock runs from before the fork to the byte that completes the prompt. Memory
//! is the high-water mark of the resident set (`VmHWM`, proc(5)) at that moment. What counts is the
//! median of the ratios round by round; single times mean little.
//!
//! `cargo bench --bench startup [-- ROUNDS]`
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark fails by panicking, and prints what it found"
)]
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, open};

const ROUNDS: usize = 41;

struct Program {
    name: &'static str,
    path: PathBuf,
    arguments: Vec<String>,
    /// What the last bytes of the prompt are, without styling.
    prompt: &'static str,
}

struct Start {
    took: Duration,
    resident_kib: u64,
}

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(ROUNDS);
    let state = tempfile::tempdir().expect("a directory for the journal");
    let programs = programs(state.path());
    let mut starts: Vec<Vec<Start>> = programs.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        for (program, starts) in programs.iter().zip(&mut starts) {
            let start = start(program);
            // The first round fills the page cache.
            if round > 0 {
                starts.push(start);
            }
        }
    }
    report(&programs, &starts);
}

fn programs(state: &Path) -> Vec<Program> {
    let looplab = PathBuf::from(env!("CARGO_BIN_EXE_looplab"));
    let learn = ["learn", "--restart", "--state"]
        .map(str::to_owned)
        .into_iter();
    let mut programs = vec![
        Program {
            name: "bare rustyline",
            path: bare_repl(),
            arguments: vec![],
            prompt: "net> ",
        },
        Program {
            name: "looplab learn",
            path: looplab,
            arguments: learn.chain([state.display().to_string()]).collect(),
            prompt: "> ",
        },
    ];
    if let Some(path) = find("bash") {
        let arguments = vec!["--norc".to_owned(), "--noprofile".to_owned()];
        programs.push(Program {
            name: "bash --norc",
            path,
            arguments,
            prompt: "net> ",
        });
    }
    programs
}

/// Builds the yardstick with the same profile and finds it beside this benchmark.
fn bare_repl() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = std::process::Command::new(cargo)
        .args(["build", "--quiet", "--release", "--example", "bare_repl"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "bare_repl does not build"
    );
    let mut path = std::env::current_exe().expect("this program has a path");
    path.pop();
    path.pop();
    path.join("examples").join("bare_repl")
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

fn start(program: &Program) -> Start {
    let clock = Instant::now();
    let (mut pty, pts) = open().expect("a pty");
    pty.resize(Size::new(24, 80)).expect("a size");
    let mut child = Command::new(&program.path)
        .args(&program.arguments)
        .env("TERM", "xterm-256color")
        .env("PS1", "net> ")
        .env("LANG", "C.UTF-8")
        .env_remove("NO_COLOR")
        .spawn(pts)
        .expect("the program starts");
    let took = read_prompt(&mut pty, program, clock);
    let resident_kib = high_water_mark(child.id());
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    Start { took, resident_kib }
}

fn read_prompt(pty: &mut impl Read, program: &Program, clock: Instant) -> Duration {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = pty.read(&mut chunk).unwrap_or(0);
        assert!(
            count > 0,
            "{} ended before its prompt:\n{}",
            program.name,
            plain(&seen)
        );
        seen.extend_from_slice(&chunk[..count]);
        if plain(&seen).ends_with(program.prompt) {
            return clock.elapsed();
        }
    }
}

/// The text without escape sequences and carriage returns: an editor places its cursor with them.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\r' {
            continue;
        }
        if c != '\u{1b}' {
            shown.push(c);
        } else if characters.next() == Some('[') {
            // CSI: parameters, then one final byte (ECMA-48 §5.4).
            characters.by_ref().find(|c| ('@'..='~').contains(c));
        }
    }
    shown
}

fn high_water_mark(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

fn report(programs: &[Program], starts: &[Vec<Start>]) {
    let base = &starts[0];
    println!(
        "start to prompt on a pty, {} rounds, ratios round by round",
        base.len()
    );
    println!(
        "{:<16} {:>9} {:>21} {:>12}",
        "program", "median ms", "ratio to bare repl", "VmHWM MB"
    );
    for (program, starts) in programs.iter().zip(starts) {
        let times = starts.iter().map(|start| start.took.as_secs_f64() * 1e3);
        let ratios = starts.iter().zip(base);
        let ratios = sorted(ratios.map(|(s, b)| s.took.as_secs_f64() / b.took.as_secs_f64()));
        let memory = starts
            .iter()
            .map(|start| start.resident_kib)
            .max()
            .unwrap_or(0);
        println!(
            "{:<16} {:>9.2} {:>7.2} [{:.2}..{:.2}] {:>10.1}",
            program.name,
            median(&sorted(times)),
            median(&ratios),
            ratios[0],
            ratios[ratios.len() - 1],
            memory as f64 / 1024.0,
        );
    }
    if let Some(bash) = programs
        .iter()
        .position(|program| program.name.starts_with("bash"))
    {
        let ratios = starts[1].iter().zip(&starts[bash]);
        let ratios = sorted(ratios.map(|(s, b)| s.took.as_secs_f64() / b.took.as_secs_f64()));
        println!("looplab / bash --norc: {:.2}", median(&ratios));
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}
