//! The lab: runs commands on real sockets and says what the kernel answered. Knows no lesson.
