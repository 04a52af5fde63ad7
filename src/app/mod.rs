//! One front end a file.
pub mod history;
pub mod journal;
pub mod state;
