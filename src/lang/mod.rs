//! The lab language: what is typed ([`Line`], [`Command`]), what came of it ([`Outcome`]), and the
//! expressions and templates that read outcomes ([`Expr`], [`Template`], [`Scope`]).
//!
//! A line in a lesson, a line at the prompt and a line in a script are the same line. Nothing here
//! touches a socket.
mod capture;
mod card;
mod changes;
mod command;
mod expr;
mod fields;
mod filters;
mod help;
mod inquiry;
mod line;
mod network;
mod observed;
mod outcome;
mod places;
mod ran;
mod scope;
mod slips;
mod split;
mod template;
mod verdicts;
mod wire;
mod world_verbs;

pub use capture::*;
pub use card::{Card, CardSource, Cause};
pub use changes::{Change, SocketChange, changes};
pub use command::*;
pub use expr::{Expr, ExprError, Verdict};
pub use fields::FIELDS;
pub use filters::grouped;
pub use help::{VERB_GROUPS, verb_flags, verb_usage, verbs};
pub use inquiry::*;
pub use line::{Line, LineError, parse_line, parse_words, verb_names};
pub use network::Network;
pub use outcome::*;
pub use ran::{Author, Ran};
pub use scope::{Outcomes, Scope};
pub use slips::known_elsewhere;
pub use template::Template;
pub use verdicts::TESTS;
pub use wire::*;
pub use world_verbs::*;
