//! The one place of this module that reads files: regular ones, and never more than a lesson's
//! worth. A FIFO or a device in a lesson directory must not hang the menu.
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::limits;

/// The bytes of a file; one more than allowed when it is too large, so that the reader refuses it.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Diagnostics> {
    head(path, limits::LESSON_BYTES + 1)
}

/// The first bytes of a file.
pub(super) fn head(path: &Path, most: usize) -> Result<Vec<u8>, Diagnostics> {
    let problem = |message: String| {
        let source = Source::new(&path.to_string_lossy(), "");
        Diagnostics(vec![Diagnostic::new(
            Code::Unreadable,
            &source,
            0..0,
            message,
        )])
    };
    let whole = || -> std::io::Result<Option<Vec<u8>>> {
        if !path.metadata()?.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    };
    match whole() {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(problem("this is not a regular file".to_owned())),
        Err(error) => Err(problem(format!("this file cannot be read: {error}"))),
    }
}
