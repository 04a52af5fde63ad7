//! How far a line has come that takes a while, for a front end that shows it. The lab neither draws
//! it nor decides how often it is drawn.

/// A place on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The verb that runs.
    pub verb: &'static str,
    /// How much is done, in the unit of `of`.
    pub done: u64,
    /// How much there is to do.
    pub of: u64,
}

/// Somebody who watches a line. Called between system calls, so it has to be quick.
pub trait Progress: Send {
    /// The line has come so far.
    fn at(&mut self, step: Step);

    /// The line has ended, one way or another.
    fn over(&mut self);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unwatched;

impl Progress for Unwatched {
    fn at(&mut self, _: Step) {}

    fn over(&mut self) {}
}
