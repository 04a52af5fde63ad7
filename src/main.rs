//! The `looplab` program: hands the command line to the library and turns its answer into an
//! exit code. Nothing else may end the process.
use std::process::ExitCode;

fn main() -> ExitCode {
    looplab::cli::main()
}
