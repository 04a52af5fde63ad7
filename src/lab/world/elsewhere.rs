//! The private world where there are no namespaces: it is refused, with the reason.
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};

use super::refusal::{Refusal, Step};
use crate::lab::observe::Namespace;

/// A world there is none of here.
#[derive(Debug)]
pub struct World(Infallible);

impl World {
    /// Refused.
    pub fn new() -> Result<Self, Refusal> {
        Err(Refusal {
            step: Step::System,
            errno: None,
        })
    }

    /// Nothing to write to.
    pub(in crate::lab) fn write(&self, _path: &str, _value: &str) -> io::Result<()> {
        match self.0 {}
    }

    /// Nothing to turn on.
    pub(in crate::lab) fn set_link(&self, _name: &str, _up: bool) -> io::Result<()> {
        match self.0 {}
    }
}

impl Namespace for World {
    fn socket(&self, _: Domain, _: Type, _: Option<Protocol>) -> io::Result<Socket> {
        match self.0 {}
    }

    fn open(&self, _: &Path) -> io::Result<File> {
        match self.0 {}
    }
}
