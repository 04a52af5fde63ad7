//! Why there is no private world here: the step that was refused, the kernel's number, and what
//! would allow it.
use std::fmt;

use crate::net::Errno;

/// One step on the way into a private world, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Step {
    /// This is not Linux.
    System = 1,
    /// socketpair(2) or fork(2), in this process.
    Fork,
    /// close_range(2).
    CloseRange,
    /// unshare(2) with CLONE_NEWUSER.
    UserNamespace,
    /// Writing /proc/self/setgroups.
    SetGroups,
    /// Writing /proc/self/uid_map.
    UidMap,
    /// Writing /proc/self/gid_map.
    GidMap,
    /// prctl(2) with PR_SET_PDEATHSIG.
    Tie,
    /// unshare(2) with CLONE_NEWNET.
    NetNamespace,
    /// Turning `lo` on.
    LoopbackUp,
    /// The helper did not answer.
    Answer,
    /// unshare(2) with CLONE_NEWNS.
    MountNamespace,
    /// mount(2) that keeps the helper's mounts to itself.
    Propagation,
    /// mount(2) of a tmpfs on /etc.
    NamesMount,
    /// Writing the files of that tmpfs.
    NamesFiles,
    /// mount(2) of a tmpfs where the host's name cache has its socket.
    NamesCache,
}

impl Step {
    const ALL: [Self; 16] = [
        Self::System,
        Self::Fork,
        Self::CloseRange,
        Self::UserNamespace,
        Self::SetGroups,
        Self::UidMap,
        Self::GidMap,
        Self::Tie,
        Self::NetNamespace,
        Self::LoopbackUp,
        Self::Answer,
        Self::MountNamespace,
        Self::Propagation,
        Self::NamesMount,
        Self::NamesFiles,
        Self::NamesCache,
    ];

    /// From its number.
    pub(super) fn of(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step as i32 == number)
    }

    /// What was tried.
    fn tried(self) -> &'static str {
        match self {
            Self::System => "finding namespaces",
            Self::Fork => "starting a helper process (fork)",
            Self::CloseRange => "closing what the helper inherited (close_range)",
            Self::UserNamespace => "making a user namespace (unshare)",
            Self::SetGroups => "writing /proc/self/setgroups",
            Self::UidMap => "writing /proc/self/uid_map",
            Self::GidMap => "writing /proc/self/gid_map",
            Self::Tie => "tying the helper to this process (prctl)",
            Self::NetNamespace => "making a network namespace (unshare)",
            Self::LoopbackUp => "turning its loopback interface on",
            Self::Answer => "hearing from the helper process",
            Self::MountNamespace => "making a mount namespace (unshare)",
            Self::Propagation => "keeping its mounts to itself (mount)",
            Self::NamesMount => "mounting a tmpfs on its own /etc (mount)",
            Self::NamesFiles => "writing its own /etc/hosts",
            Self::NamesCache => "covering the socket of nscd (mount)",
        }
    }
}

/// A private world cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The step that was refused.
    pub step: Step,
    /// What the kernel said; `None` where it was not even asked.
    pub errno: Option<Errno>,
}

impl Refusal {
    /// What would allow it, where that is known.
    pub fn cure(&self) -> Option<&'static str> {
        use Step::{
            CloseRange, GidMap, LoopbackUp, MountNamespace, NamesCache, NamesMount, NetNamespace,
            Propagation, SetGroups, Tie, UidMap,
        };
        let errno = self.errno?;
        let cure = match self.step {
            CloseRange if errno == Errno::ENOSYS => "it came with Linux 5.9",
            Step::UserNamespace => match errno {
                Errno::EPERM | Errno::EACCES => {
                    "a container's seccomp profile forbids it, or the kernel's setting does: `sysctl \
                     kernel.unprivileged_userns_clone=1` as root allows it on Debian"
                }
                Errno::ENOSPC => {
                    "`sysctl user.max_user_namespaces=15000` as root allows it; 0 forbids it"
                }
                Errno::EINVAL | Errno::ENOSYS => "this kernel was built without user namespaces",
                _ => return None,
            },
            NetNamespace if errno == Errno::ENOSPC => {
                "`sysctl user.max_net_namespaces=15000` as root allows it; 0 forbids it"
            }
            NetNamespace if errno == Errno::EINVAL => {
                "this kernel was built without network namespaces"
            }
            MountNamespace if errno == Errno::ENOSPC => {
                "`sysctl user.max_mnt_namespaces=15000` as root allows it; 0 forbids it"
            }
            MountNamespace | Propagation | NamesMount | NamesCache
                if errno == Errno::EPERM || errno == Errno::EACCES =>
            {
                "a container's seccomp or AppArmor profile forbids mount(2): `--security-opt \
                 seccomp=unconfined --security-opt apparmor=unconfined` allows it in Docker"
            }
            SetGroups | UidMap | GidMap if errno == Errno::ENOENT => {
                "/proc is not mounted here, or is another system's"
            }
            SetGroups | UidMap | GidMap | Tie | NetNamespace | LoopbackUp
                if errno == Errno::EPERM || errno == Errno::EACCES =>
            {
                "AppArmor restricts user namespaces, as Ubuntu does since 23.10: `sysctl \
                 kernel.apparmor_restrict_unprivileged_userns=0` as root allows it, or a profile \
                 for looplab"
            }
            _ => return None,
        };
        Some(cure)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.step == Step::System {
            return f.write_str("only Linux has network namespaces");
        }
        let tried = self.step.tried();
        match self.errno {
            Some(errno) => write!(f, "{tried} was refused ({errno})"),
            None => write!(f, "{tried} did not work"),
        }
    }
}

/// Why a name has no address, as getaddrinfo(3) says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) struct NoAddress {
    /// An EAI_ code.
    pub(in crate::lab) code: i32,
    /// What is behind EAI_SYSTEM.
    pub(in crate::lab) errno: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_steps() {
        for step in Step::ALL {
            assert_eq!(Step::of(step as i32), Some(step));
        }
        assert_eq!(Step::of(0), None);
    }

    #[test]
    fn a_refusal_names_the_step_and_the_cure() {
        use Step::{GidMap, LoopbackUp, NamesMount, NetNamespace, UidMap, UserNamespace};
        let table = [
            (
                UserNamespace,
                Errno::EPERM,
                "user namespace",
                "unprivileged_userns_clone",
            ),
            (
                UserNamespace,
                Errno::ENOSPC,
                "(ENOSPC)",
                "max_user_namespaces",
            ),
            (
                UserNamespace,
                Errno::EINVAL,
                "(EINVAL)",
                "built without user",
            ),
            (
                NetNamespace,
                Errno::ENOSPC,
                "network namespace",
                "max_net_namespaces",
            ),
            (UidMap, Errno::EPERM, "uid_map", "AppArmor"),
            (
                NamesMount,
                Errno::EPERM,
                "own /etc (mount)",
                "forbids mount(2)",
            ),
            (GidMap, Errno::ENOENT, "gid_map", "/proc is not mounted"),
            (LoopbackUp, Errno::EPERM, "loopback interface", "AppArmor"),
        ];
        for (step, errno, says, cure) in table {
            let errno = Some(errno);
            let refusal = Refusal { step, errno };
            assert!(refusal.to_string().contains(says), "{refusal}");
            assert!(
                refusal.cure().unwrap_or_default().contains(cure),
                "{refusal:?}"
            );
        }
    }
}
