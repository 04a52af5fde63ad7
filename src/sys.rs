//! The one function of the C library's mathematics that the program needs, linked in. It must never
//! grow a second one.
//!
//! Jinja's `**` is the only caller. For it alone the loader would map and relocate a shared library of
//! nearly a megabyte at every start (see `benches/startup.rs`); with a definition of its own, the
//! program does not need that library at all.

/// x to the power of y (pow(3)), for code that asks for the C library's.
#[expect(
    unsafe_code,
    reason = "a name that the linker knows is given to a safe function"
)]
// SAFETY: the name and the type are those of C's `pow`, and it does what that does.
#[unsafe(no_mangle)]
extern "C" fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}
