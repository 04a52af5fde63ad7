//! The learner's progress, kept as a journal: one line is added after each step, and none is ever
//! changed. What a crash, a full disk or a flipped bit leaves of it is read; what cannot be read is
//! moved aside, never thrown away.
//!
//! Trouble with the journal is one warning and no more: the lesson goes on, in memory if it must.
//! Nothing here waits for another program longer than a tenth of a second.
mod evidence;
mod memory;
mod progress;
mod record;
mod scan;
mod seen;
mod sys;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use evidence::Evidence;
pub(crate) use evidence::Witness;
pub use memory::Memory;
pub use progress::{Asked, Counts, LessonProgress, Progress, Resume, StepProgress};
pub use record::{Event, Record};
pub use seen::{Seen, Trips};

use super::state::{StateDir, Warning};
use crate::limits;
use record::Read as Decoded;
use scan::{Stretch, scan};

const NAME: &str = "progress.jsonl";
const REWRITTEN: &str = "progress.jsonl.new";

/// How long a record waits for another window that is mending the file: mending takes milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_millis(100);

/// The journal of one learner. Several windows may hold it open and add to it.
#[derive(Debug)]
pub struct Journal {
    directory: StateDir,
    file: Option<File>,
    progress: Progress,
    /// Lines that could not be written yet.
    waiting: Vec<Vec<u8>>,
    warned: bool,
}

impl Journal {
    /// Reads the journal of a directory; nothing is made before the first record. `now` names what
    /// must be moved aside.
    pub fn open(directory: StateDir, now: SystemTime) -> (Self, Option<Warning>) {
        let mut journal = Self {
            directory,
            file: None,
            progress: Progress::default(),
            waiting: Vec::new(),
            warned: false,
        };
        let warning = match journal.read(now) {
            Ok(warning) => warning,
            Err(error) => journal.trouble(&error),
        };
        (journal, warning)
    }

    /// How far the learner is, everything recorded in this session included.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Keeps a record: in the file by one write(2), so that two windows never mix their lines and a
    /// kill costs at most the line being written (Linux may tear it at a page). Warns when keeping fails for the first time;
    /// what could not be written is tried again with the next record. There is no fsync(2): it can
    /// take seconds on a busy disk, and a power cut that costs the last step costs little.
    pub fn record(&mut self, record: &Record) -> Option<Warning> {
        self.progress.add(record);
        match record::encode(record) {
            Ok(line) => self.waiting.push(line),
            Err(error) => return self.trouble(&io::Error::from(error)),
        }
        if self.waiting.len() > limits::JOURNAL_WAITING {
            self.waiting.remove(0);
        }
        match self.write_waiting() {
            Ok(()) => None,
            Err(error) => self.trouble(&error),
        }
    }

    /// All records that can be read, oldest first, with those that wait for room: predictions, and
    /// what came true.
    pub fn records(&self) -> io::Result<Vec<Record>> {
        self.records_where(|_| true)
    }

    /// The same of one lesson; of the others no texts are read.
    pub fn records_of(&self, lesson: &str) -> io::Result<Vec<Record>> {
        self.records_where(|record| record.lesson == lesson)
    }

    fn records_where(&self, wanted: impl Fn(&Record) -> bool) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut keep = |read| match read {
            Decoded::Good(record) => records.push(*record),
            Decoded::Newer | Decoded::Bad => {}
        };
        match self.directory.open_read_only(NAME) {
            Ok(file) => scan(FromStart::of(&file), record::glimpse, |stretch| {
                if let Stretch::Line(line, Decoded::Good(seen)) = stretch
                    && wanted(&seen)
                {
                    keep(record::decode(line));
                }
                Ok(())
            })?,
            Err(error) if self.waiting.is_empty() && error.kind() != io::ErrorKind::NotFound => {
                return Err(error);
            }
            Err(_) => {}
        }
        for line in &self.waiting {
            keep(record::decode(line.strip_suffix(b"\n").unwrap_or(line)));
        }
        records.retain(wanted);
        Ok(records)
    }

    fn read(&mut self, now: SystemTime) -> io::Result<Option<Warning>> {
        let file = match self.directory.open(NAME) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let Ok(file) = self.directory.open_read_only(NAME) else {
                    return Err(error);
                };
                self.take_in(&file)?;
                return Err(error);
            }
            Ok(file) => file,
        };
        // Where locks do not exist (some network file systems), two windows still only append.
        let mending = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        let found = self.take_in(&file);
        // A file that is being mended is about to be replaced; the first record opens the new one.
        self.file = (!mending).then_some(file);
        let found = found?;
        if found.newer {
            return Ok(Some(Warning::new(
                "some progress was written by a newer looplab: it is kept as it is, and what this \
                 version understands is used",
            )));
        }
        Ok(match found.damage {
            0 => None,
            1 if found.cut_short => self.mend(
                now,
                "the last record was cut short, by a kill or a full disk: every one before it is \
                 kept, and what there is of it was moved to",
            ),
            _ => self.mend(
                now,
                "part of the progress file was damaged: every record that could be read is kept, \
                 the rest was moved to",
            ),
        })
    }

    /// Reads every record of the file into the progress: not its texts, which a start does not need.
    fn take_in(&mut self, file: &File) -> io::Result<Found> {
        let mut found = Found::default();
        scan(FromStart::of(file), record::glimpse, |stretch| {
            found.cut_short =
                matches!(stretch, Stretch::Damage(piece) if record::is_beginning(piece));
            match stretch {
                Stretch::Line(_, Decoded::Good(record)) => self.progress.add(&record),
                Stretch::Line(..) => found.newer = true,
                Stretch::Damage(_) => found.damage += 1,
            }
            Ok(())
        })?;
        found.cut_short &= !ends_with_newline(file)?;
        Ok(found)
    }

    /// Replaces a damaged file by its good lines, with the rest beside it, and says `what` that was
    /// before it says where the rest is. Leaves the file alone while another window has it open, and
    /// when anything goes wrong: damage that is only skipped costs nothing.
    fn mend(&mut self, now: SystemTime, what: &str) -> Option<Warning> {
        let file = self.file.take()?;
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            self.file = shared(file);
            return None;
        }
        let Ok((whole, aside)) = mended(&self.directory, &file, now) else {
            self.file = shared(file);
            return None;
        };
        self.file = shared(whole);
        Some(Warning::new(format!("{what} {}", aside.display())))
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        while let Some(line) = self.waiting.first() {
            let (file, mending) = current(&self.directory, self.file.take())?;
            append(&file, line)?;
            if mending {
                // Whoever mends may have copied the file before, and replace it later on. So the line
                // waits for the next record as well, or for the end of the session.
                return Ok(());
            }
            // A file that was replaced meanwhile may have been copied too early: twice rather than
            // never.
            if is_current(&self.directory, &file) {
                self.waiting.remove(0);
            }
            self.file = Some(file);
        }
        Ok(())
    }

    /// The one warning of a session.
    fn trouble(&mut self, error: &io::Error) -> Option<Warning> {
        if std::mem::replace(&mut self.warned, true) {
            return None;
        }
        let place = self.directory.file(NAME);
        let place = place.map_or_else(String::new, |path| format!("{}: ", path.display()));
        Some(Warning::new(format!(
            "progress is kept for this session only ({place}{error}); `--state DIR` keeps it in \
             another directory"
        )))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // The disk may have room again. The warning was given when it had none.
        drop(self.write_waiting());
    }
}

#[derive(Default)]
struct Found {
    newer: bool,
    /// Stretches that are part of no record.
    damage: usize,
    /// Whether the file ends in the beginning of a record: a kill leaves that of the line being written.
    cut_short: bool,
}

/// A file from its beginning, wherever others read it.
struct FromStart<'f> {
    file: &'f File,
    at: u64,
}

impl<'f> FromStart<'f> {
    fn of(file: &'f File) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += u64::try_from(count).unwrap_or_default();
        Ok(count)
    }
}

/// The file with its shared lock (back), which keeps others from mending it; `None` when somebody is
/// just doing that.
fn shared(file: File) -> Option<File> {
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => None,
        Ok(()) | Err(TryLockError::Error(_)) => Some(file),
    }
}

/// The journal as it is on disk now: another window may have mended it, or somebody removed it. Says
/// whether another window is still mending it when patience is at its end.
fn current(directory: &StateDir, held: Option<File>) -> io::Result<(File, bool)> {
    if let Some(file) = held.filter(|file| is_current(directory, file)) {
        return Ok((file, false));
    }
    sys::ignore_file_size_signal();
    let started = Instant::now();
    loop {
        let file = directory.open_or_create(NAME)?;
        let mending = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        let late = started.elapsed() > LOCK_PATIENCE;
        if late || (!mending && is_current(directory, &file)) {
            return Ok((file, mending));
        }
        std::thread::yield_now();
    }
}

fn is_current(directory: &StateDir, file: &File) -> bool {
    let path = directory.file(NAME).unwrap_or_default();
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => identity(held) == identity(there),
        _ => false,
    }
}

/// One write for one line. A line another program was killed in is ended first.
fn append(file: &File, line: &[u8]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    if !ends_with_newline(file)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line);
    let mut file = file;
    let count = loop {
        match file.write(&bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => break answer?,
        }
    };
    if count < bytes.len() {
        return Err(io::Error::new(
            io::ErrorKind::StorageFull,
            "no room for a whole record",
        ));
    }
    Ok(())
}

fn ends_with_newline(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else {
        return Ok(true);
    };
    let mut byte = [0];
    let count = file.read_at(&mut byte, last)?;
    Ok(count == 0 || byte == *b"\n")
}

/// Writes the good lines and the damage into two new files, then puts the first in the journal's
/// place. A kill at any point leaves the old journal or the new one.
fn mended(directory: &StateDir, file: &File, now: SystemTime) -> io::Result<(File, PathBuf)> {
    let path = directory.file(NAME).unwrap_or_default();
    let rewritten = directory.file(REWRITTEN).unwrap_or_default();
    match fs::remove_file(&rewritten) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (aside, aside_path) = beside(directory, now)?;
    let whole = directory.create(REWRITTEN)?;
    let mut source = FromStart::of(file);
    let moved = sort_into(&mut source, &whole, &aside);
    if let Err(error) = moved.and_then(|()| fs::rename(&rewritten, &path)) {
        // Nothing was moved: neither file says anything the journal does not.
        drop(fs::remove_file(&rewritten));
        drop(fs::remove_file(&aside_path));
        return Err(error);
    }
    // What a window that lost its patience added to the old file until now.
    io::copy(&mut source, &mut &whole)?;
    Ok((whole, aside_path))
}

fn sort_into(source: &mut FromStart<'_>, whole: &File, aside: &File) -> io::Result<()> {
    let mut good = io::BufWriter::new(whole);
    let mut bad = io::BufWriter::new(aside);
    scan(source, record::glimpse, |stretch| {
        let (out, bytes) = match stretch {
            Stretch::Line(line, _) => (&mut good, line),
            Stretch::Damage(bytes) => (&mut bad, bytes),
        };
        out.write_all(bytes)?;
        out.write_all(b"\n")
    })?;
    good.flush()?;
    bad.flush()?;
    whole.sync_all()?;
    aside.sync_all()
}

/// A new file `progress.jsonl.corrupt-<seconds since 1970>`.
fn beside(directory: &StateDir, now: SystemTime) -> io::Result<(File, PathBuf)> {
    let seconds = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let mut name = format!("{NAME}.corrupt-{seconds}");
    let mut number = 1;
    loop {
        match directory.create(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                number += 1;
                name = format!("{NAME}.corrupt-{seconds}-{number}");
            }
            answer => return Ok((answer?, directory.file(&name).unwrap_or_default())),
        }
    }
}
