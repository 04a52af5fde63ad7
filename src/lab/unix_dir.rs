//! Where `unix:NAME` sockets live: a directory of this session alone.
//!
//! Pathname sockets obey file permissions (unix(7)), so the directory is made with mode 0700 under
//! a name nobody could have prepared. It goes when the lab is cleared. No other file is touched.
use std::fs::{self, DirBuilder, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Names to try before giving up; one is enough unless somebody is guessing.
const ATTEMPTS: usize = 16;

/// The directory, made when the first socket needs it.
#[derive(Debug)]
pub(super) struct UnixDir {
    base: PathBuf,
    made: Option<PathBuf>,
}

impl UnixDir {
    /// Below `base`; nothing is made yet.
    pub(super) fn below(base: PathBuf) -> Self {
        Self { base, made: None }
    }

    /// Where the directory is made.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// The path of a socket, its directory made if it was not.
    pub(super) fn path(&mut self, name: &str) -> io::Result<PathBuf> {
        if let Some(dir) = &self.made {
            return Ok(dir.join(name));
        }
        let dir = make(&self.base)?;
        let path = dir.join(name);
        self.made = Some(dir);
        Ok(path)
    }

    /// Removes the directory and the socket files in it.
    pub(super) fn clear(&mut self) {
        if let Some(dir) = self.made.take() {
            // A directory that is already gone is what was wanted.
            drop(fs::remove_dir_all(dir));
        }
    }
}

impl Drop for UnixDir {
    fn drop(&mut self) {
        self.clear();
    }
}

fn make(base: &Path) -> io::Result<PathBuf> {
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..ATTEMPTS {
        // RandomState is seeded by the system's random numbers. The name is short because the
        // whole path must fit into 108 bytes (unix(7)).
        let random = RandomState::new().hash_one(std::process::id()) >> 32;
        let dir = base.join(format!("looplab-{random:08x}"));
        match DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => {
                // A strict umask may have taken even our own bits.
                fs::set_permissions(&dir, Permissions::from_mode(0o700))?;
                return Ok(dir);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_private_and_goes() {
        let base = tempfile::tempdir().unwrap();
        let mut dir = UnixDir::below(base.path().to_owned());
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
        let path = dir.path("chat").unwrap();
        let parent = path.parent().unwrap().to_owned();
        assert_eq!(
            fs::metadata(&parent).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(dir.path("other").unwrap().parent(), Some(&*parent));
        drop(dir);
        assert!(!parent.exists());
    }
}
