//! Names in the private world, of the helper: an /etc of its own, and look-ups in it.
//!
//! The helper enters a mount namespace the first time somebody asks for a name, and mounts a small
//! file system in memory on /etc there. What it holds is all that the C library reads about names, so
//! nothing of the host's settings has a say; the host sees nothing of it, and when the helper ends, by
//! whatever, the kernel takes it away.
//!
//! A look-up runs in a child, which the kernel ends when its time is over: getaddrinfo(3) cannot be
//! told to hurry.
use std::ffi::CStr;
use std::os::fd::RawFd;

use super::message::VALUE;
use super::refusal::Step;
use super::sys;

const HOSTS: &CStr = c"/etc/hosts";

/// What the C library finds. The hosts file is the usual one. Without `search .` it would append the
/// domain of the machine's own name; the DNS server is one in this world, if there is any.
const FILES: [(&CStr, &[u8]); 4] = [
    (HOSTS, b"127.0.0.1 localhost\n::1 localhost\n"),
    (
        c"/etc/resolv.conf",
        b"nameserver 127.0.0.1\nsearch .\noptions timeout:1 attempts:1\n",
    ),
    (c"/etc/nsswitch.conf", b"hosts: files dns\n"),
    // Every line that names it counts, not the first alone (host.conf(5)); distributions say so, too.
    (c"/etc/host.conf", b"multi on\n"),
];

/// Where nscd(8) listens. A path of the file system is no part of a network namespace, so glibc would
/// find the host's answers there.
const CACHES: [&CStr; 2] = [c"/run/nscd", c"/var/run/nscd"];

/// What stopped it: a step, and an errno.
type Stopped = (Step, sys::Number);

/// Makes an /etc of this process's own.
pub(super) fn prepare() -> Result<(), Stopped> {
    let at = |step: Step| move |errno: sys::Number| (step, errno);
    sys::unshare(libc::CLONE_NEWNS).map_err(at(Step::MountNamespace))?;
    sys::mount_privately().map_err(at(Step::Propagation))?;
    sys::mount_tmpfs(c"/etc").map_err(at(Step::NamesMount))?;
    for (path, text) in FILES {
        let file = sys::create_file(path).map_err(at(Step::NamesFiles))?;
        let written = sys::write(file, text);
        sys::close(file);
        written.map_err(at(Step::NamesFiles))?;
    }
    for place in CACHES {
        match sys::mount_tmpfs(place) {
            Ok(()) | Err(libc::ENOENT | libc::ENOTDIR) => {}
            Err(errno) => return Err((Step::NamesCache, errno)),
        }
    }
    Ok(())
}

/// The hosts file, for reading and writing.
pub(super) fn hosts_file() -> Result<RawFd, Stopped> {
    sys::create_file(HOSTS).map_err(|errno| (Step::NamesFiles, errno))
}

/// Forks a child that looks a name up; gives the socket on which it answers.
pub(super) fn look_up(
    control: RawFd,
    name: &[u8; VALUE],
    millis: i32,
) -> Result<RawFd, sys::Number> {
    let name = CStr::from_bytes_until_nul(name).map_err(|_| libc::EINVAL)?;
    sys::forget_children();
    let [ours, theirs] = sys::pair()?;
    match sys::fork_again() {
        Ok(0) => {
            sys::close(control);
            sys::close(ours);
            // Without a bound of its own nobody looks anything up; without a tie that bound is enough.
            sys::die_with_parent().ok();
            if sys::end_after(millis).is_ok() {
                let found = sys::addresses(name);
                // Nobody to hear it is no failure of the look-up.
                sys::say(theirs, &found.encode()).ok();
            }
            sys::leave();
        }
        Ok(_) => {
            sys::close(theirs);
            Ok(ours)
        }
        Err(errno) => {
            sys::close(ours);
            sys::close(theirs);
            Err(errno)
        }
    }
}
