//! The private world: a network namespace of the lab's own, and the helper process that lives in it.
//!
//! The helper is a *socket factory*: it makes sockets and opens files in its world and passes them
//! to the lab (SCM_RIGHTS, unix(7)). A socket belongs to the namespace it was made in, so binding,
//! listening, connecting and waiting happen in the lab's own process, exactly as on the host, and
//! the lab's verbs do not know the difference. The helper ends with its parent, however that ends.
//!
//! # Layout
//!
//! * [`World`]: the parent's side, a [`Namespace`](super::observe::Namespace). `helper`: the
//!   child's. `message`: what passes between them. `sys`: the system calls.
//! * `names`: a hosts file of its own, and look-ups in it.
//! * `veth`: a neighbour, and the cable to it. `filter`: rules for packets. `netlink`: how both are
//!   asked for.
//! * [`Refusal`]: why there is none here. `worlds`: which ones a lab has, and which it is in.
mod refusal;
mod worlds;

#[cfg(target_os = "linux")]
mod factory;
#[cfg(target_os = "linux")]
pub(super) mod filter;
#[cfg(target_os = "linux")]
mod helper;
#[cfg(target_os = "linux")]
mod message;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod sys;
#[cfg(target_os = "linux")]
mod veth;

#[cfg(not(target_os = "linux"))]
mod elsewhere;

pub(super) use refusal::NoAddress;
pub use refusal::{Refusal, Step};
pub(super) use worlds::Worlds;

#[cfg(target_os = "linux")]
pub use factory::World;
#[cfg(target_os = "linux")]
use veth::neighbour;
#[cfg(target_os = "linux")]
pub(super) use veth::{INTERFACE, OURS, THEIRS};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::World;
#[cfg(not(target_os = "linux"))]
use elsewhere::neighbour;
#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{INTERFACE, OURS, THEIRS, filter};
