//! `check` and `test`: lessons read for mistakes, and lessons proven on this kernel.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::context::Context;
use super::prove::{Proof, prove_step};
use super::screen::is_error;
use crate::cli::Exit;
use crate::lesson::{Diagnostics, Lesson, Loaded, lesson_files};

/// A lesson that was asked for: its file, and what is in it.
type Read = (String, Result<Loaded, Diagnostics>);

/// Reads every lesson and says what is wrong with it.
pub(crate) fn check(context: &Context, paths: &[PathBuf]) -> io::Result<Exit> {
    let Some(lessons) = read_all(context, paths)? else {
        return Ok(Exit::Usage);
    };
    let glossary = context.library.glossary();
    let (mut errors, mut warnings) = (0, 0);
    for (_, read) in &lessons {
        let found = match read {
            Ok(loaded) => loaded.check(&glossary),
            Err(diagnostics) => diagnostics.0.clone(),
        };
        for diagnostic in &found {
            if is_error(diagnostic) {
                errors += 1;
            } else {
                warnings += 1;
            }
            context.screen.diagnostic(diagnostic)?;
        }
    }
    let count = lessons.len();
    context.screen.talk(&format!(
        "{} checked: {}, {}.",
        plural(count, "lesson"),
        plural(errors, "error"),
        plural(warnings, "warning"),
    ))?;
    Ok(if errors == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Proves every lesson on this kernel.
pub(crate) fn test(context: &Context, paths: &[PathBuf]) -> io::Result<Exit> {
    let Some(lessons) = read_all(context, paths)? else {
        return Ok(Exit::Usage);
    };
    let clock = Instant::now();
    let mut lab = context.lab();
    let (mut steps, mut broken, mut not_here) = (0, 0, 0);
    for (_, read) in lessons {
        let lesson: Arc<Lesson> = match read {
            Ok(loaded) => Arc::new(loaded.lesson),
            Err(diagnostics) => {
                broken += 1;
                for diagnostic in &diagnostics.0 {
                    context.screen.diagnostic(diagnostic)?;
                }
                continue;
            }
        };
        for step in &lesson.steps {
            let clock = Instant::now();
            let proof = prove_step(&lesson, step, &mut lab, &context.cards());
            steps += 1;
            match &proof {
                Proof::Proven => {}
                Proof::NotHere { .. } => not_here += 1,
                Proof::Broken { .. } => broken += 1,
            }
            let took = clock.elapsed().as_secs_f64() * 1e3;
            context.screen.proof(&lesson.id, &step.id, &proof, took)?;
        }
    }
    let record = json!({
        "steps": steps, "proven": steps - broken - not_here, "broken": broken, "not_here": not_here,
    });
    context.screen.record("summary", record)?;
    context.screen.talk(&format!(
        "{} proven on this kernel, {broken} broken, {not_here} not possible here, in {:.1} s.",
        plural(steps - broken - not_here, "step"),
        clock.elapsed().as_secs_f64(),
    ))?;
    Ok(if broken == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// The lessons of these files and directories, or all of the library. `None` when a path leads
/// nowhere; that is said then.
fn read_all(context: &Context, paths: &[PathBuf]) -> io::Result<Option<Vec<Read>>> {
    if paths.is_empty() {
        return Ok(Some(known(context)));
    }
    let mut lessons = Vec::new();
    for path in paths {
        let files = if path.is_dir() {
            lesson_files(path)
        } else {
            vec![path.clone()]
        };
        if files.is_empty() {
            context
                .screen
                .error(&format!("no lesson (*.yaml) in {}", path.display()))?;
            return Ok(None);
        }
        for file in files {
            match read_file(&file) {
                Ok(read) => lessons.push(read),
                Err(error) => {
                    let file = file.display();
                    context
                        .screen
                        .error(&format!("cannot read {file}: {error}"))?;
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some(lessons))
}

fn read_file(path: &Path) -> io::Result<Read> {
    let bytes = std::fs::read(path)?;
    let name = path.display().to_string();
    let loaded = Loaded::read(&name, &bytes);
    Ok((name, loaded))
}

/// Every lesson the library knows, its user's own ones instead of those they replace.
fn known(context: &Context) -> Vec<Read> {
    let read = |entry: crate::lesson::Entry| {
        if let Some(path) = entry.file {
            return read_file(&path).ok();
        }
        let (name, text) = context.library.embedded_text(&entry.id)?;
        let loaded = Loaded::from_text(name, text);
        Some((format!("lessons/{name}"), loaded))
    };
    context
        .library
        .index()
        .into_iter()
        .filter_map(read)
        .collect()
}
