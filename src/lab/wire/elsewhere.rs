//! The tap where there is no packet(7): it cannot be opened, and says so.
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::tape::Raw;
use crate::lab::failure::own;
use crate::lab::observe::Namespace;
use crate::lang::{Failure, FailureCause};

/// Never made.
#[derive(Debug)]
pub(super) struct Tap(Infallible);

impl Tap {
    pub(super) fn open(_: &dyn Namespace, _: &str) -> Result<Self, Failure> {
        let why = "packets are recorded on Linux only; elsewhere `sudo tcpdump -i lo0` shows them";
        Err(own(FailureCause::NotAvailable, "capture", why))
    }

    pub(super) fn read(&self) -> io::Result<Raw> {
        match self.0 {}
    }

    pub(super) fn narrow(&self, _: &BTreeSet<u16>) {
        match self.0 {}
    }

    pub(super) fn lost(&self) -> u64 {
        match self.0 {}
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}
