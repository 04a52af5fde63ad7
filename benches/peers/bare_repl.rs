//! The yardstick of `startup`: the smallest program that shows a prompt with rustyline.
//! It is built beside the benchmark, so that both drift with the same machine.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a yardstick, not a program"
)]
fn main() {
    let mut editor = rustyline::DefaultEditor::new().expect("a terminal");
    while let Ok(line) = editor.readline("net> ") {
        println!("{line}");
    }
}
