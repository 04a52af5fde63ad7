//! The directory where looplab keeps what outlives it: progress and typed lines.
//!
//! Files here are opened so that nothing planted in their place can be followed, waited for or
//! written to: no links, no pipes, nobody else's files. Nothing is created before something is kept.
use std::ffi::OsString;
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use nix::fcntl::OFlag;

/// Where state is kept, or that it is kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir(Option<PathBuf>);

/// Something the person should know about what is kept. Said once; the program goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(String);

impl Warning {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StateDir {
    /// The directory of `--state`, or of LOOPLAB_STATE, or `looplab` in the user's state directory
    /// (XDG Base Directory Specification). Nowhere, when there is no home.
    pub fn choose(flag: Option<PathBuf>, variable: Option<OsString>) -> Self {
        let variable = variable
            .filter(|value| !value.is_empty())
            .map(PathBuf::from);
        Self(flag.or(variable).or_else(of_the_user))
    }

    /// This directory.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(Some(path.into()))
    }

    /// Nothing is kept.
    pub fn nowhere() -> Self {
        Self(None)
    }

    /// The path, when there is one.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.0.as_ref()?.join(name))
    }

    /// Opens a file that is there, to read and to append.
    pub(super) fn open(&self, name: &str) -> io::Result<File> {
        own_file(
            careful()
                .read(true)
                .append(true)
                .open(self.require(name)?)?,
        )
    }

    /// Opens a file that is there, to read only.
    pub(super) fn open_read_only(&self, name: &str) -> io::Result<File> {
        own_file(careful().read(true).open(self.require(name)?)?)
    }

    /// Opens a file to read and to append; makes it, and the directory, when they are missing.
    pub(super) fn open_or_create(&self, name: &str) -> io::Result<File> {
        match self.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            answer => return answer,
        }
        make_directory(self.0.as_deref().unwrap_or(Path::new("")))?;
        match self.create(name) {
            // Another window was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.open(name),
            answer => answer,
        }
    }

    /// Makes a file that was not there, for this user alone.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let path = self.require(name)?;
        let file = careful()
            .read(true)
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        // Whatever the umask took away.
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(file)
    }

    fn require(&self, name: &str) -> io::Result<PathBuf> {
        let nowhere = || io::Error::new(io::ErrorKind::Unsupported, "there is no home directory");
        self.file(name).ok_or_else(nowhere)
    }
}

fn of_the_user() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(state.join("looplab"))
}

/// A link is not followed, and opening a pipe does not wait for its other end.
fn careful() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits());
    options
}

fn own_file(file: File) -> io::Result<File> {
    let metadata = file.metadata()?;
    let refuse = |reason| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    if !metadata.is_file() {
        return refuse("it is no ordinary file");
    }
    if metadata.uid() != nix::unistd::geteuid().as_raw() {
        return refuse("it belongs to another user");
    }
    Ok(file)
}

/// Makes the directory and what is missing above it, for this user alone whatever the umask says.
fn make_directory(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_directory(above)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => std::fs::set_permissions(path, Permissions::from_mode(0o700)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_comes_before_the_variable_and_the_home() {
        let flag = || Some(PathBuf::from("/flag"));
        let variable = || Some(OsString::from("/variable"));
        assert_eq!(StateDir::choose(flag(), variable()), StateDir::at("/flag"));
        assert_eq!(
            StateDir::choose(None, variable()),
            StateDir::at("/variable")
        );
        let home = StateDir::choose(None, Some(OsString::new()));
        assert!(home.path().is_none_or(|path| path.ends_with("looplab")));
    }

    #[test]
    fn only_ordinary_files_of_this_user_are_opened() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::at(directory.path().join("deep/er"));
        assert_eq!(state.open("x").unwrap_err().kind(), io::ErrorKind::NotFound);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        state.open_or_create("x").unwrap();
        assert_eq!(mode(&state.file("x").unwrap()), 0o600);
        assert_eq!(mode(&directory.path().join("deep/er")), 0o700);

        let path = |name| state.file(name).unwrap();
        nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink(path("x"), path("link")).unwrap();
        std::fs::create_dir(path("directory")).unwrap();
        for name in ["pipe", "link", "directory"] {
            assert!(state.open(name).is_err(), "{name}");
            assert!(state.open_or_create(name).is_err(), "{name}");
            assert!(state.open_read_only(name).is_err(), "{name}");
        }
    }
}
