//! The arguments of `expect`, `show` and `wait`.
use std::time::Duration;

use clap::Args;

use super::values::parse_duration;

/// `expect EXPR`, `show EXPR`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Expression {
    /// An expression, to the end of the line: `second is refused`, `server.port > 1023`.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "EXPR")]
    pub words: Vec<String>,
}

/// `wait EXPR`, `wait 500ms`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Wait {
    /// How long to wait for the expression at most.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub within: Duration,
    /// An expression, or a time.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "EXPR|TIME")]
    pub words: Vec<String>,
}

impl Expression {
    /// The expression, as it was written.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

impl Wait {
    /// What is waited for, as it was written: an expression, or a time.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}
