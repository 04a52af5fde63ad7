//! The one call of the journal that Rust cannot check. Nothing else belongs here.
#![expect(
    unsafe_code,
    reason = "a signal's disposition can only be set by a C call"
)]

/// Makes a write beyond RLIMIT_FSIZE fail with EFBIG, as a full disk does, instead of ending the
/// program (setrlimit(2)).
pub(super) fn ignore_file_size_signal() {
    // SAFETY: SIG_IGN runs no code of ours; the call takes no pointer.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
