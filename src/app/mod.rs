//! One front end a file.
