//! The few calls of the prompt that Rust cannot check: what a signal handler may do, and nothing
//! else. A handler here calls only functions of signal-safety(7); it never allocates, locks or
//! prints a sentence.
#![expect(
    unsafe_code,
    reason = "signal handlers and the terminal's settings exist only as C calls"
)]
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};

use nix::errno::Errno;

use crate::lab::Bell;

/// The terminal as it was found, and whose it was.
struct Saved {
    settings: libc::termios,
    process: libc::pid_t,
}

static SAVED: AtomicPtr<Saved> = AtomicPtr::new(ptr::null_mut());
static WAKE: AtomicI32 = AtomicI32::new(-1);
static WAITING: AtomicBool = AtomicBool::new(false);
static STOP: AtomicPtr<Bell> = AtomicPtr::new(ptr::null_mut());
static PRESSED: AtomicU32 = AtomicU32::new(0);

/// The press of Ctrl-C without a prompt in between that ends the program: the first two asked
/// whatever runs to stop, and it did not.
const LAST_PRESS: u32 = 3;

/// Ends bracketed paste, and leaves the half-typed line.
const LEAVE_EDITOR: &[u8] = b"\x1b[?2004l\r\n";

/// Remembers the settings of the terminal on standard input. Says whether there is one.
pub(super) fn save() -> bool {
    let Some(settings) = current() else {
        return false;
    };
    // SAFETY: getpid(2) has no preconditions.
    let process = unsafe { libc::getpid() };
    let saved = Box::into_raw(Box::new(Saved { settings, process }));
    // Not freed when replaced: a handler may be reading it. A program saves once.
    SAVED.store(saved, Ordering::Release);
    true
}

/// Gives the terminal back as it was saved. May be called from a signal handler.
///
/// Does nothing in a forked child, and nothing in the background: there the terminal belongs to
/// the shell, which has settings of its own.
pub(super) fn restore() {
    let Some(saved) = saved() else {
        return;
    };
    // SAFETY: these take no pointers; all are on the list of signal-safety(7).
    let ours = unsafe {
        libc::getpid() == saved.process && libc::tcgetpgrp(libc::STDIN_FILENO) == libc::getpgrp()
    };
    if !ours {
        return;
    }
    let editing = is_editing();
    // SAFETY: `settings` is a termios that tcgetattr(3) filled in. TCSANOW does not block.
    unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &raw const saved.settings) };
    if editing {
        write(libc::STDOUT_FILENO, LEAVE_EDITOR);
    }
}

fn saved() -> Option<&'static Saved> {
    let saved = SAVED.load(Ordering::Acquire);
    // SAFETY: null, or from Box::into_raw and never freed.
    unsafe { saved.as_ref() }
}

fn current() -> Option<libc::termios> {
    // SAFETY: termios is plain numbers, for which zeros are valid.
    let mut settings: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live termios.
    let answer = unsafe { libc::tcgetattr(libc::STDIN_FILENO, &raw mut settings) };
    (answer == 0).then_some(settings)
}

fn write(descriptor: libc::c_int, bytes: &[u8]) {
    // SAFETY: pointer and length belong to one live slice.
    unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
}

/// Sees to it that `signal` restores the terminal before it ends the program, so that the exit
/// status is the signal's own. A signal that was ignored (nohup) stays ignored.
pub(super) fn restore_on(signal: libc::c_int) -> io::Result<()> {
    install(signal, ending as *const () as usize, libc::SA_RESETHAND)
}

/// Takes SIGINT: a plain prompt that waits is woken, what runs is asked to stop; where there is
/// nobody to ask, it ends the program with the terminal restored.
pub(super) fn take_interrupt() -> io::Result<()> {
    install(
        libc::SIGINT,
        interrupting as *const () as usize,
        libc::SA_RESTART,
    )
}

fn install(signal: libc::c_int, handler: usize, flags: libc::c_int) -> io::Result<()> {
    if disposition(signal)? == libc::SIG_IGN {
        return Ok(());
    }
    // SAFETY: sigaction is plain numbers and a handler address, for which zeros are valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: both pointers are to live values; SIGTTOU is blocked so that tcsetattr(3) in the
    // handler cannot stop the program should it have gone to the background just then.
    unsafe {
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaddset(&raw mut action.sa_mask, libc::SIGTTOU);
    }
    // SAFETY: the handler is an `extern "C" fn(c_int)` that keeps to signal-safety(7).
    let answer = unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// What a signal does now: `SIG_DFL`, `SIG_IGN` or the address of a handler.
fn disposition(signal: libc::c_int) -> io::Result<usize> {
    // SAFETY: sigaction is plain numbers and a handler address, for which zeros are valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action only asks; the other pointer is to a live value.
    let answer = unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) };
    if answer == 0 {
        Ok(action.sa_sigaction)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Restores, then lets the signal do what it would have done.
extern "C" fn ending(signal: libc::c_int) {
    restore();
    die_of(signal);
}

extern "C" fn interrupting(signal: libc::c_int) {
    // Whoever was interrupted may be about to read it.
    let errno = Errno::last_raw();
    if WAITING.load(Ordering::Acquire) {
        write(WAKE.load(Ordering::Acquire), b"i");
        // The line may be on its way to whoever runs it.
        stop();
    } else {
        let pressed = PRESSED.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        // Somebody who took the signal after us (a lab without the bell) calls the former handler
        // too, and decides what Ctrl-C means.
        let heard = !takes_interrupt() || (!is_editing() && stop());
        if !heard || pressed >= LAST_PRESS {
            restore();
            die_of(signal);
        }
    }
    Errno::set_raw(errno);
}

/// Whether SIGINT comes here, and to nobody before.
pub(super) fn takes_interrupt() -> bool {
    let own = interrupting as *const () as usize;
    disposition(libc::SIGINT).is_ok_and(|now| now == own)
}

/// Asks what runs to stop. Says whether there is anybody to ask.
fn stop() -> bool {
    bell().is_some_and(|bell| {
        bell.ring();
        true
    })
}

fn bell() -> Option<&'static Bell> {
    let bell = STOP.load(Ordering::Acquire);
    // SAFETY: null, or from Box::into_raw and never freed.
    unsafe { bell.as_ref() }
}

/// From here on SIGINT rings, and ends the program only when that has not helped.
pub(super) fn stop_through(bell: Bell) {
    // Not freed when replaced: a handler may be ringing it. A program has one.
    STOP.store(Box::into_raw(Box::new(bell)), Ordering::Release);
}

/// At the line editor's prompt Ctrl-C is a key, so a signal that comes then was sent by another
/// program, and ends this one.
fn is_editing() -> bool {
    let by_lines = |settings: libc::termios| settings.c_lflag & libc::ICANON != 0;
    // A terminal that never waited for a line's end says nothing about the editor.
    saved().is_some_and(|saved| by_lines(saved.settings))
        && current().is_some_and(|settings| !by_lines(settings))
}

/// A prompt waits for a line: whatever ran has ended, and a Ctrl-C that came too late is forgotten.
/// To be called when Ctrl-C cannot be a signal any more.
pub(super) fn nothing_runs() {
    PRESSED.store(0, Ordering::Release);
    if let Some(bell) = bell() {
        bell.silence();
    }
}

/// The signal is blocked while its handler runs, so it takes effect on return.
fn die_of(signal: libc::c_int) {
    // SAFETY: neither call takes a pointer; both are on the list of signal-safety(7).
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Where SIGINT writes a byte, too, while [`waiting`] is on. The descriptor must not block.
pub(super) fn wake_through(pipe: OwnedFd) {
    WAKE.store(pipe.as_raw_fd(), Ordering::Release);
    // Open as long as the program runs: a handler may be about to write.
    std::mem::forget(pipe);
}

/// Says whether a plain prompt waits for its line.
pub(super) fn waiting(on: bool) {
    WAITING.store(on, Ordering::Release);
}
