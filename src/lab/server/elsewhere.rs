//! Servers in processes of their own, where the kernel cannot tie one to its parent: there are none.
use std::convert::Infallible;
use std::io;

use crate::lab::own::Own;
use crate::lang::SignalName;
use crate::net::Endpoint;

/// What there is none of.
#[derive(Debug)]
pub(in crate::lab) struct Program {
    pub(in crate::lab) local: Endpoint,
    pub(in crate::lab) inode: Option<u64>,
    pub(in crate::lab) private: bool,
    pub(in crate::lab) options: Vec<&'static str>,
    never: Infallible,
}

impl Program {
    pub(in crate::lab) fn start(_: Own, _: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::lab) fn pids(&self) -> Vec<u32> {
        match self.never {}
    }

    pub(in crate::lab) fn stopped(&self) -> usize {
        match self.never {}
    }

    pub(in crate::lab) fn is_alive(&self) -> bool {
        match self.never {}
    }

    pub(in crate::lab) fn held(&self) -> Vec<(u64, u32)> {
        match self.never {}
    }

    pub(in crate::lab) fn signal(&mut self, _: SignalName, _: bool) -> io::Result<Vec<u32>> {
        match self.never {}
    }

    pub(in crate::lab) fn end(self, _: bool) {
        match self.never {}
    }
}
