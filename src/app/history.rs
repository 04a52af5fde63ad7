//! Typed lines, kept for the next session: a text file with one line each, only ever added to.
//!
//! Convenience, not progress: whatever is wrong with the file, the session has its own memory and
//! nothing is said.
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::state::StateDir;
use crate::limits;
use crate::prompt::Memory;

const NAME: &str = "history";
const OLDER: &str = "history.older";

/// The history file of a state directory. Two windows may add to it; each line is one write.
#[derive(Debug)]
pub struct History {
    directory: StateDir,
    file: Option<File>,
}

impl History {
    /// Reads and makes nothing before a line is asked for.
    pub fn new(directory: StateDir) -> Self {
        Self {
            directory,
            file: None,
        }
    }

    fn read(&mut self) -> io::Result<Vec<String>> {
        let mut file = self.directory.open(NAME)?;
        let length = file.metadata()?.len();
        let skipped = length.saturating_sub(limits::HISTORY_BYTES);
        file.seek(SeekFrom::Start(skipped))?;
        let mut bytes = Vec::new();
        (&file)
            .take(limits::HISTORY_BYTES)
            .read_to_end(&mut bytes)?;
        if length > 4 * limits::HISTORY_BYTES {
            self.begin_anew(&bytes)?;
        } else {
            self.file = Some(file);
        }
        Ok(usable_lines(&bytes, skipped > 0))
    }

    /// A file that has grown far beyond what is read gives way to a new one.
    fn begin_anew(&mut self, kept: &[u8]) -> io::Result<()> {
        let path = |name| self.directory.file(name).unwrap_or_default();
        fs::rename(path(NAME), path(OLDER))?;
        let mut file = self.directory.create(NAME)?;
        let whole_lines = kept
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        file.write_all(kept.get(whole_lines..).unwrap_or_default())?;
        self.file = Some(file);
        Ok(())
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.directory.open_or_create(NAME)?,
        };
        file.write_all(format!("{line}\n").as_bytes())?;
        self.file = Some(file);
        Ok(())
    }
}

impl Memory for History {
    fn recall(&mut self) -> Vec<String> {
        self.read().unwrap_or_default()
    }

    fn keep(&mut self, line: &str) {
        // A failure drops the file, and the next line tries again.
        drop(self.write(line));
    }
}

/// The last lines that can be shown: a damaged file must not act on the terminal.
fn usable_lines(bytes: &[u8], first_is_cut: bool) -> Vec<String> {
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .skip(usize::from(first_is_cut));
    let usable = |line: &[u8]| {
        let text = std::str::from_utf8(line).ok()?.trim_end();
        let fits = !text.is_empty() && text.len() <= limits::LINE_BYTES;
        (fits && !text.contains(char::is_control)).then(|| text.to_owned())
    };
    let mut lines: Vec<String> = lines.filter_map(usable).collect();
    lines.drain(..lines.len().saturating_sub(limits::HISTORY_LINES));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_in_the_next_session() {
        let directory = tempfile::tempdir().unwrap();
        let history = || History::new(StateDir::at(directory.path()));
        let mut first = history();
        assert!(first.recall().is_empty());
        first.keep("listen 0");
        let mut second = history();
        assert_eq!(second.recall(), ["listen 0"]);
        second.keep("accept a");
        first.keep("sockets");
        assert_eq!(history().recall(), ["listen 0", "accept a", "sockets"]);
    }

    #[test]
    fn a_damaged_file_costs_only_its_damaged_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(NAME);
        fs::write(&path, b"good\n\x1b]0;evil\x07\n\xff\xfe\n\0\0\0\n\nlast").unwrap();
        let mut history = History::new(StateDir::at(directory.path()));
        assert_eq!(history.recall(), ["good", "last"]);
    }

    #[test]
    fn a_large_file_gives_way_to_a_small_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(NAME);
        fs::write(&path, "listen 127.0.0.1:0\n".repeat(20_000)).unwrap();
        let state = || StateDir::at(directory.path());
        assert_eq!(History::new(state()).recall().len(), limits::HISTORY_LINES);
        assert!(path.metadata().unwrap().len() <= limits::HISTORY_BYTES);
        assert_eq!(History::new(state()).recall().len(), limits::HISTORY_LINES);
    }

    #[test]
    fn nowhere_to_keep_lines_is_no_trouble() {
        let mut history = History::new(StateDir::nowhere());
        history.keep("listen 0");
        assert!(history.recall().is_empty());
    }
}
