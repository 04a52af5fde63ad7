//! The lab: runs commands on real sockets and says what the kernel answered. Knows no lesson.
pub mod measure;
pub mod observe;
