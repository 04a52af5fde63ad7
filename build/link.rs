//! How the program is linked, so that its prompt is there sooner and in less memory
//! (`cargo bench --bench startup`).
//!
//! Everything here can be left out, and the program is the same but for its start. What the machine
//! lacks *is* left out, and so is all of it but the first for somebody with a linker or flags of
//! their own, who knows better.
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The parts of the C library that rustc names for this target. `gcc_s`, for unwinding, has scripts of
/// its own below.
const LIBRARIES: [&str; 6] = ["c", "dl", "m", "pthread", "rt", "util"];

/// Arguments for the linker. Linker scripts are written to `out`.
pub(crate) fn arguments(out: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return Ok(Vec::new());
    }
    // A position-independent program has its pointers adjusted at every start, some ten thousand
    // here (`readelf -r` counts them), before the first line of `main`.
    let mut arguments = vec!["-no-pie".to_owned()];
    if has_own_settings()? {
        return Ok(arguments);
    }
    arguments.extend(without_shared_libraries(out)?);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        let order = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("build/start.ld");
        arguments.push(format!("-Wl,-T,{}", order.display()));
    }
    Ok(arguments)
}

fn is(name: &str, value: &str) -> bool {
    env::var(name).is_ok_and(|set| set == value)
}

/// Whether somebody chose a linker or flags, or builds for another machine than this one, whose
/// archives are not where the compiler here looks.
fn has_own_settings() -> Result<bool, Box<dyn Error>> {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let linker = env::var_os("RUSTC_LINKER");
    let abroad = env::var("HOST")? != env::var("TARGET")?;
    Ok(!flags.is_empty() || linker.is_some() || abroad)
}

/// Links the C library in, too: to find, map and bind shared ones takes a quarter of a start.
///
/// rustc names each library in a way that asks for the shared one. A linker script of that name, in a
/// directory that is searched first, stands for the archive. glibc's own look-ups of names need no
/// shared library for `files` and `dns` (2.34 and later), and nothing else is asked here.
fn without_shared_libraries(out: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    if archive("gcc_eh").is_none() {
        return Ok(Vec::new());
    }
    fs::create_dir_all(out)?;
    let unwinding = "INPUT(-lgcc_eh -lgcc -lc)\n";
    fs::write(out.join("libgcc_s.so"), unwinding)?;
    fs::write(out.join("libgcc_s.a"), unwinding)?;
    let mut arguments = vec![format!("-L{}", out.display())];
    let archives: Option<Vec<PathBuf>> = LIBRARIES.into_iter().map(archive).collect();
    if let Some(archives) = archives {
        for (library, archive) in LIBRARIES.into_iter().zip(archives) {
            let script = format!("INPUT(\"{}\")\n", archive.display());
            fs::write(out.join(format!("lib{library}.so")), script)?;
        }
        arguments.push("-static".to_owned());
    }
    Ok(arguments)
}

/// Where the C compiler keeps the archive of a library.
fn archive(library: &str) -> Option<PathBuf> {
    let name = format!("-print-file-name=lib{library}.a");
    let asked = Command::new("cc").arg(name).output().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    // A compiler that does not know the file says its bare name.
    path.is_absolute().then_some(path)
}
