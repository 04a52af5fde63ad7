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

    /// The path of a socket, its directory made if it was not. An abstract name (`@chat`) is no file;
    /// it begins with a NUL byte, and with the directory's name, so that it is this session's alone.
    pub(super) fn path(&mut self, name: &str) -> io::Result<PathBuf> {
        let dir = match &self.made {
            Some(dir) => dir,
            None => self.made.insert(make(&self.base)?),
        };
        let Some(letters) = name.strip_prefix('@') else {
            return Ok(dir.join(name));
        };
        let session = dir.file_name().unwrap_or_default().to_string_lossy();
        Ok(PathBuf::from(format!("\0{session}/{letters}")))
    }

    /// Removes a socket's file, when there is one.
    pub(super) fn unlink(&mut self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Sets the permissions of a socket's file.
    pub(super) fn set_mode(&mut self, name: &str, mode: u32) -> io::Result<()> {
        fs::set_permissions(self.path(name)?, Permissions::from_mode(mode))
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
        let session = parent.file_name().unwrap().to_str().unwrap();
        let hidden = dir.path("@chat").unwrap();
        assert_eq!(hidden, PathBuf::from(format!("\0{session}/chat")));
        fs::write(&path, "").unwrap();
        dir.set_mode("chat", 0o600).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        dir.unlink("chat").unwrap();
        dir.unlink("chat").unwrap();
        assert!(!path.exists());
        drop(dir);
        assert!(!parent.exists());
    }
}
