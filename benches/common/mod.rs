//! What the benchmarks share: a network of their own, peers built or found, rounds in turn, ratios.
//!
//! Every round runs each program once, one after the other, so that whatever the machine is doing it
//! does to all of them. What counts is the median of the ratios round by round; single times mean
//! little, and ratios of different tables mean nothing.
#![allow(
    dead_code,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "each benchmark uses a part; one that cannot measure fails by panicking"
)]
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// Set in the program that runs inside a network of its own.
const INSIDE: &str = "LOOPLAB_BENCH_INSIDE";

/// Runs this benchmark again in a network of its own, where nothing but what it opens is listed and
/// nothing stays in TIME-WAIT from before. Comes back inside, or where that is not allowed, with a
/// sentence that says where it runs.
pub(crate) fn in_a_network_of_its_own() -> &'static str {
    if std::env::var_os(INSIDE).is_some() {
        return "in a network of its own";
    }
    // A user namespace would hide the owners of what was opened outside it; root needs none.
    for flags in ["-n", "-rn"] {
        let unshare = |script: &str| {
            let mut command = Command::new("unshare");
            command.args([flags, "sh", "-c", script]);
            command
        };
        let allowed = unshare("ip link set lo up").stderr(Stdio::null()).status();
        if allowed.is_ok_and(|status| status.success()) {
            let error = unshare("ip link set lo up && exec \"$0\" \"$@\"")
                .arg(std::env::current_exe().expect("this program has a path"))
                .args(std::env::args_os().skip(1))
                .env(INSIDE, "1")
                .exec();
            panic!("unshare: {error}");
        }
    }
    "on this machine's own loopback, for want of a network of its own"
}

/// The number of rounds: the first argument that is a number, or else this many.
pub(crate) fn rounds(usual: usize) -> usize {
    let mut arguments = std::env::args().skip(1);
    arguments.find_map(|a| a.parse().ok()).unwrap_or(usual)
}

/// The program under test.
pub(crate) fn looplab() -> Command {
    Command::new(env!("CARGO_BIN_EXE_looplab"))
}

/// Builds `benches/peers/NAME.c` as its authors would, and says where it is. `None`, and said,
/// where there is no C compiler.
pub(crate) fn c_peer(name: &str) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/peers/{name}.c"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let built = Command::new("cc")
        .args(["-O2", "-Wall", "-Werror", "-pthread", "-o"])
        .args([program.as_os_str(), source.as_os_str()])
        .status();
    let Ok(status) = built else {
        println!("left out: C, since there is no `cc` here");
        return None;
    };
    assert!(status.success(), "{} does not build", source.display());
    Some(program)
}

/// A program on PATH. `None`, and said, where it is not installed.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        println!("left out: {name}, which is not installed here");
    }
    found
}

/// A command with these arguments.
pub(crate) fn command<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// What a whole process took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    /// In user and in system mode, of all its threads.
    pub(crate) cpu: f64,
}

/// Runs a command to its end, its output thrown away. Milliseconds.
pub(crate) fn cost(command: &mut Command) -> Cost {
    let before = children();
    let clock = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("it starts");
    let wall = clock.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    Cost {
        wall: milliseconds(wall),
        cpu: milliseconds(children().saturating_sub(before)),
    }
}

/// Runs a command to its end and returns what it printed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// Runs lines of the lab and returns the outcomes, as JSON.
pub(crate) fn script(lines: &str) -> Vec<serde_json::Value> {
    let mut looplab = looplab();
    looplab
        .args(["run", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = looplab.spawn().expect("looplab starts");
    let mut input = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut input, lines.as_bytes()).expect("looplab reads");
    drop(input);
    let output = child.wait_with_output().expect("looplab ends");
    assert!(output.status.success(), "{lines}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let read = |line: &str| serde_json::from_str(line).expect("a record a line");
    text.lines().map(read).collect()
}

/// The outcome of the line that was bound to a name.
pub(crate) fn named<'o>(outcomes: &'o [serde_json::Value], name: &str) -> &'o serde_json::Value {
    let found = outcomes.iter().find(|outcome| outcome["name"] == name);
    let found = found.expect("such an outcome");
    assert_eq!(found["ok"], true, "{found}");
    found
}

/// Processor time of all children that have ended.
fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("every process may ask");
    let micros = |time: nix::sys::time::TimeVal| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    };
    micros(usage.user_time()) + micros(usage.system_time())
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A process that holds sockets until it is dropped. It says a line when it is ready, and goes when
/// its input ends.
pub(crate) struct Holder(Child);

impl Holder {
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the holder starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("the holder speaks");
        assert_eq!(line, "ready\n");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nobody is left to tell when it cannot be waited for.
        drop(self.0.wait());
    }
}

/// One column of figures, a figure a round.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) figures: Vec<f64>,
}

impl Column {
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            figures: Vec::new(),
        }
    }
}

/// A name, and one run of what it stands for, which gives a figure.
pub(crate) type Contender<'a> = (String, Box<dyn FnMut() -> f64 + 'a>);

/// Runs rounds: each contender once a round, in turn. The first round fills caches and is left out.
pub(crate) fn in_turn(rounds: usize, contenders: &mut [Contender<'_>]) -> Vec<Column> {
    let mut columns: Vec<Column> = contenders
        .iter()
        .map(|(name, _)| Column::named(name))
        .collect();
    for round in 0..=rounds {
        for (column, (_, run)) in columns.iter_mut().zip(&mut *contenders) {
            let figure = run();
            if round > 0 {
                column.figures.push(figure);
            }
        }
    }
    columns
}

/// Prints columns, each with its ratio to the first, round by round.
pub(crate) fn print(unit: &str, columns: &[&Column]) {
    let Some(base) = columns.first() else { return };
    println!("{:<44} {:>12} {:>22}", "", unit, "ratio to the first");
    for column in columns {
        let (middle, low, high) = spread(ratios(column, base));
        let (figure, ..) = spread(column.figures.iter().copied());
        println!(
            "{:<44} {figure:>12.3} {middle:>8.3} [{low:.3}..{high:.3}]",
            column.name
        );
    }
}

/// The ratios of two columns, round by round.
pub(crate) fn ratios(column: &Column, base: &Column) -> impl Iterator<Item = f64> {
    column.figures.iter().zip(&base.figures).map(|(a, b)| a / b)
}

/// The median of the ratios round by round.
pub(crate) fn ratio(column: &Column, base: &Column) -> f64 {
    spread(ratios(column, base)).0
}

/// Median, lowest and highest.
pub(crate) fn spread(values: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    (
        at(values.len() / 2),
        at(0),
        at(values.len().saturating_sub(1)),
    )
}
