//! Which worlds a lab has, and which one its lines run in.
//!
//! The private one is made when the first line needs it. Once a line has run in it, it is not used
//! for another step: a new one costs a millisecond, and nothing of the old one (TIME-WAIT, a
//! changed setting, a link that is down) can then be in the way.
use std::cell::OnceCell;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

use super::{Refusal, World, neighbour};
use crate::lab::observe::Namespace;
use crate::lang::{FilterRule, Network, WorldName};

/// See the module.
pub(in crate::lab) struct Worlds {
    host: Arc<dyn Namespace>,
    private: Option<Arc<World>>,
    /// The neighbour of the private one; it goes first.
    neighbour: Option<Arc<World>>,
    /// Whether the line that runs is the neighbour's.
    next_door: bool,
    /// The packet filters of the private world, and of its neighbour.
    filters: [Vec<FilterRule>; 2],
    /// Why the last try to make one failed.
    refusal: Option<Refusal>,
    here: WorldName,
    /// How many private worlds there were, this one counted.
    made: u32,
    /// Whether a line has run in the private world.
    used: bool,
    /// Whether the settings that can be read allow one; asked once.
    plausible: OnceCell<bool>,
}

impl Worlds {
    /// On the host; nothing is made yet.
    pub(in crate::lab) fn on(host: Arc<dyn Namespace>) -> Self {
        Self {
            host,
            private: None,
            neighbour: None,
            next_door: false,
            filters: Default::default(),
            refusal: None,
            here: WorldName::Host,
            made: 0,
            used: false,
            plausible: OnceCell::new(),
        }
    }

    /// The world lines run in.
    pub(in crate::lab) fn here(&self) -> WorldName {
        self.here
    }

    /// The network a line ran in, the neighbour's or that of the world in use.
    pub(in crate::lab) fn network(&self, neighbour: bool) -> Network {
        match self.here {
            WorldName::Host => Network::default(),
            WorldName::Private => Network {
                world: self.made,
                neighbour,
            },
        }
    }

    /// Whether lines run where nobody else is.
    pub(in crate::lab) fn is_private(&self) -> bool {
        self.here == WorldName::Private
    }

    /// The network of the learner's own machine.
    pub(in crate::lab) fn host(&self) -> &dyn Namespace {
        &*self.host
    }

    /// The private world, when lines run in it; the neighbour, when the line is the neighbour's.
    pub(in crate::lab) fn private(&self) -> Option<&World> {
        let world = if self.next_door {
            &self.neighbour
        } else {
            &self.private
        };
        world.as_deref().filter(|_| self.is_private())
    }

    /// The neighbour of the private world, made if there is none, and whether it was.
    pub(in crate::lab) fn neighbour(&mut self) -> io::Result<(Arc<World>, bool)> {
        if let Some(world) = &self.neighbour {
            return Ok((Arc::clone(world), false));
        }
        let ours = self.private.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let world = Arc::new(neighbour(ours)?);
        self.neighbour = Some(Arc::clone(&world));
        Ok((world, true))
    }

    /// The packet filters of the world the line that runs is about.
    pub(in crate::lab) fn filters(&mut self) -> &mut Vec<FilterRule> {
        let [ours, theirs] = &mut self.filters;
        if self.next_door { theirs } else { ours }
    }

    /// The packet filters of the world the line that runs is about, and of the one next door.
    pub(in crate::lab) fn rules(&self) -> [&[FilterRule]; 2] {
        let [ours, theirs] = &self.filters;
        match (self.is_private(), self.next_door) {
            (false, _) => [&[], &[]],
            (true, false) => [ours, theirs],
            (true, true) => [theirs, ours],
        }
    }

    /// The line that follows is the neighbour's, or is not.
    pub(in crate::lab) fn go_next_door(&mut self, go: bool) {
        self.next_door = go;
    }

    /// Why there is none, when that was found out by trying.
    pub(in crate::lab) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Whether a private world can be had: what came of trying, or what the kernel's settings say
    /// while nobody has tried.
    pub(in crate::lab) fn can_be_private(&self) -> bool {
        let untried = self.private.is_none() && self.refusal.is_none();
        if untried {
            return *self.plausible.get_or_init(is_plausible);
        }
        self.refusal.is_none()
    }

    /// Makes sure that there is a private world, without going into it.
    pub(in crate::lab) fn ready(&mut self) -> Result<Arc<World>, Refusal> {
        if let Some(world) = &self.private {
            return Ok(Arc::clone(world));
        }
        self.make(true)
    }

    /// Goes into a private world that nothing was done in, its `lo` turned on or not; the former one
    /// ends, unless something is open in it.
    pub(in crate::lab) fn renew(&mut self, lo: bool) -> Result<Arc<dyn Namespace>, Refusal> {
        self.forget_private();
        self.here = WorldName::Private;
        let world = self.make(lo)?;
        self.used = true;
        Ok(world)
    }

    fn forget_private(&mut self) {
        self.filters = Default::default();
        self.neighbour = None;
        self.private = None;
        self.used = false;
    }

    fn make(&mut self, lo: bool) -> Result<Arc<World>, Refusal> {
        match World::with(lo) {
            Ok(world) => {
                self.refusal = None;
                self.used = false;
                self.made += 1;
                let world = Arc::new(world);
                self.private = Some(Arc::clone(&world));
                Ok(world)
            }
            Err(refusal) => {
                self.refusal = Some(refusal);
                Err(refusal)
            }
        }
    }

    /// Goes into a world; the namespace that is now in use.
    pub(in crate::lab) fn enter(
        &mut self,
        world: WorldName,
    ) -> Result<Arc<dyn Namespace>, Refusal> {
        let namespace: Arc<dyn Namespace> = match world {
            WorldName::Host => Arc::clone(&self.host),
            WorldName::Private => self.ready()?,
        };
        self.here = world;
        Ok(namespace)
    }

    /// Goes into a world to begin afresh there. Where there is none, every socket is refused: the
    /// lines that follow were not written for the host.
    pub(in crate::lab) fn begin_in(&mut self, world: WorldName) -> Arc<dyn Namespace> {
        if self.used {
            self.forget_private();
        }
        self.enter(world).unwrap_or_else(|refusal| {
            self.here = world;
            Arc::new(Nowhere(refusal))
        })
    }

    /// A line runs here.
    pub(in crate::lab) fn use_it(&mut self) {
        self.used |= self.is_private();
    }
}

/// No world at all.
struct Nowhere(Refusal);

impl Nowhere {
    fn refused<T>(&self) -> io::Result<T> {
        let Self(refusal) = self;
        Err(io::Error::other(format!(
            "there is no private world here: {refusal}"
        )))
    }
}

impl Namespace for Nowhere {
    fn socket(&self, _: Domain, _: Type, _: Option<Protocol>) -> io::Result<Socket> {
        self.refused()
    }

    fn open(&self, _: &Path) -> io::Result<File> {
        self.refused()
    }
}

/// Whether nothing that can be read speaks against a private world. Costs a few opens of /proc,
/// where trying costs a process; a sandbox may forbid it all the same.
fn is_plausible() -> bool {
    let is =
        |path: &str, value: &str| fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
    let root = nix::unistd::geteuid().is_root();
    cfg!(target_os = "linux")
        && Path::new("/proc/self/ns/user").exists()
        && Path::new("/proc/self/ns/net").exists()
        && !is("/proc/sys/user/max_user_namespaces", "0")
        && !is("/proc/sys/user/max_net_namespaces", "0")
        && (root || !is("/proc/sys/kernel/unprivileged_userns_clone", "0"))
}
