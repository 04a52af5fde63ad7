//! Reading a lesson, as ratios against serde_yaml reading the same text into a plain value.
//!
//! The text is a built-in lesson with its steps repeated under new ids up to about 60 KB, several
//! times the longest lesson. Rounds are interleaved; what counts is the median of the ratios.
//!
//! `cargo bench --bench lessons`
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark talks to a person and stops at the first surprise"
)]
use std::hint::black_box;
use std::time::Instant;

use looplab::lesson::{Library, LibraryConfig, Loaded, load_trusted};

const ROUNDS: usize = 21;
const BYTES: usize = 60_000;

fn main() {
    let library = Library::open(LibraryConfig::default());
    let (file, text) = library.embedded_text("4").expect("lesson 4 is built in");
    let long = lengthened(text);
    assert!(
        Loaded::from_text(file, &long).is_ok(),
        "the lengthened lesson cannot be read"
    );
    let json = as_json(&long);
    println!("{} bytes, median of {ROUNDS} rounds", long.len());
    let mut rounds: Vec<[f64; 4]> = (0..=ROUNDS)
        .map(|_| round(file, &long, &json, &library))
        .collect();
    // The first round warms the caches.
    rounds.remove(0);
    let names = [
        "serde_yaml into a value",
        "a built-in lesson, on trust",
        "a user's lesson, with places",
        "the same, checked",
    ];
    for (column, name) in names.iter().enumerate() {
        let times = sorted(rounds.iter().map(|round| round[column] * 1e3));
        let ratios = sorted(rounds.iter().map(|round| round[column] / round[0]));
        println!(
            "{name:<30} {:>7.2} ms {:>6.2}x [{:.2}..{:.2}]",
            times[ROUNDS / 2],
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1],
        );
    }
    menu(&library);
}

fn round(file: &str, text: &str, json: &str, library: &Library) -> [f64; 4] {
    let glossary = library.glossary();
    [
        seconds(|| drop(black_box(serde_yaml::from_str::<serde_yaml::Value>(text)))),
        seconds(|| drop(black_box(load_trusted(file, json)))),
        seconds(|| drop(black_box(Loaded::from_text(file, text)))),
        seconds(|| {
            let loaded = Loaded::from_text(file, text).expect("it was read before");
            drop(black_box(loaded.check(&glossary)));
        }),
    ]
}

/// The menu does not read lessons; its cost is shown so that a change of that shows, too.
fn menu(library: &Library) {
    let times = sorted((0..ROUNDS).map(|_| seconds(|| drop(black_box(library.index())))));
    println!("the menu's index {:.4} ms", times[ROUNDS / 2] * 1e3);
}

fn seconds(work: impl FnOnce()) -> f64 {
    let clock = Instant::now();
    work();
    clock.elapsed().as_secs_f64()
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// What the build script makes of a built-in lesson.
fn as_json(text: &str) -> String {
    let value: serde_yaml::Value = serde_yaml::from_str(text).expect("it was read before");
    serde_json::to_string(&value).expect("YAML of this form is JSON")
}

/// The steps of a lesson, again and again, each time with ids of their own.
fn lengthened(text: &str) -> String {
    let start = text.find("\n  - id:").expect("a lesson has steps") + 1;
    let end = text.find("\nrefutations:").map_or(text.len(), |at| at + 1);
    let mut long = text[..end].to_owned();
    for copy in 2.. {
        if long.len() + text.len() - end > BYTES {
            break;
        }
        long += &text[start..end]
            .replace("\n  - id: ", &format!("\n  - id: copy-{copy}-"))
            .replacen("  - id: ", &format!("  - id: copy-{copy}-"), 1);
    }
    long + &text[end..]
}
