//! `check` and `test`: lessons read for mistakes, and lessons proven on this kernel.
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::context::Context;
use super::prove::{Proof, prove_step};
use super::screen::is_error;
use crate::cli::Exit;
use crate::lab::Lab;
use crate::lesson::{
    Diagnostic, Diagnostics, Entry, Glossary, Lesson, Loaded, check_together, lesson_files,
};

/// A lesson that was asked for: what is in it, or why nobody can tell.
type Read = Result<Loaded, Diagnostics>;

/// Reads every lesson and says what is wrong with it.
pub(crate) fn check(context: &Context, paths: &[PathBuf]) -> io::Result<Exit> {
    let Some(lessons) = read_all(context, paths) else {
        return Ok(Exit::Usage);
    };
    let count = lessons.len();
    let glossary = context.library.glossary();
    let (mut readable, mut found) = (Vec::new(), Vec::new());
    for read in lessons {
        found.extend(complaints(&read, &glossary));
        readable.extend(read);
    }
    found.extend(check_together(&readable));
    for diagnostic in &found {
        context.screen.diagnostic(diagnostic)?;
    }
    let errors = found.iter().filter(|found| is_error(found)).count();
    context.screen.talk(&format!(
        "{} checked: {}, {}.",
        plural(count, "lesson"),
        plural(errors, "error"),
        plural(found.len() - errors, "warning"),
    ));
    Ok(if errors == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Everything to be said about one file.
fn complaints(read: &Read, glossary: &Glossary) -> Vec<Diagnostic> {
    match read {
        Ok(loaded) => loaded.check(glossary),
        Err(diagnostics) => diagnostics.0.clone(),
    }
}

/// What became of the steps, and of the lessons that were not tried at all.
#[derive(Default)]
struct Tally {
    proven: usize,
    broken: usize,
    not_here: usize,
    not_tried: usize,
}

/// Proves every lesson on this kernel. One with errors in it is not tried: they are said instead.
pub(crate) fn test(context: &Context, paths: &[PathBuf]) -> io::Result<Exit> {
    let Some(lessons) = read_all(context, paths) else {
        return Ok(Exit::Usage);
    };
    let clock = Instant::now();
    let glossary = context.library.glossary();
    let mut lab = context.lab();
    let mut tally = Tally::default();
    for read in lessons {
        let mut errors = complaints(&read, &glossary);
        errors.retain(is_error);
        for error in &errors {
            context.screen.diagnostic(error)?;
        }
        match read {
            Ok(loaded) if errors.is_empty() => prove(context, &mut lab, loaded.lesson, &mut tally)?,
            _ => tally.not_tried += 1,
        }
    }
    sum_up(context, &tally, clock.elapsed().as_secs_f64())?;
    Ok(if tally.broken + tally.not_tried == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn prove(context: &Context, lab: &mut Lab, lesson: Lesson, tally: &mut Tally) -> io::Result<()> {
    let lesson = Arc::new(lesson);
    for step in &lesson.steps {
        let clock = Instant::now();
        let proof = prove_step(&lesson, step, lab, &context.cards());
        match &proof {
            Proof::Proven => tally.proven += 1,
            Proof::NotHere { .. } => tally.not_here += 1,
            Proof::Broken { .. } => tally.broken += 1,
        }
        let took = clock.elapsed().as_secs_f64() * 1e3;
        context.screen.proof(&lesson.id, &step.id, &proof, took)?;
    }
    Ok(())
}

fn sum_up(context: &Context, tally: &Tally, seconds: f64) -> io::Result<()> {
    let Tally {
        proven,
        broken,
        not_here,
        not_tried,
    } = tally;
    let steps = proven + broken + not_here;
    let record = json!({
        "steps": steps, "proven": proven, "broken": broken, "not_here": not_here,
        "lessons_not_tried": not_tried,
    });
    context.screen.record("summary", record)?;
    let unread = match not_tried {
        0 => String::new(),
        count => format!(", {} with errors not tried", plural(*count, "lesson")),
    };
    context.screen.talk(&format!(
        "{} proven on this kernel, {broken} broken, {not_here} not possible here{unread}, in \
         {seconds:.1} s.",
        plural(*proven, "step"),
    ));
    Ok(())
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
fn read_all(context: &Context, paths: &[PathBuf]) -> Option<Vec<Read>> {
    if paths.is_empty() {
        return Some(known(context));
    }
    let mut lessons = Vec::new();
    for path in paths {
        let shown = path.display();
        let is_directory = match path.metadata() {
            Ok(metadata) => metadata.is_dir(),
            Err(error) => {
                context
                    .screen
                    .error(&format!("cannot read {shown}: {error}"));
                return None;
            }
        };
        if !is_directory {
            lessons.push(Loaded::open(path));
            continue;
        }
        let files = lesson_files(path);
        if files.is_empty() {
            context
                .screen
                .error(&format!("no lesson (*.yaml) in {shown}"));
            return None;
        }
        lessons.extend(files.iter().map(|file| Loaded::open(file)));
    }
    Some(lessons)
}

/// Every lesson the library knows, its user's own ones instead of those they replace.
fn known(context: &Context) -> Vec<Read> {
    let read = |entry: Entry| {
        if let Some(path) = entry.file {
            return Some(Loaded::open(&path));
        }
        let (name, text) = context.library.embedded_text(&entry.id)?;
        Some(Loaded::from_text(&format!("lessons/{name}"), text))
    };
    context
        .library
        .index()
        .into_iter()
        .filter_map(read)
        .collect()
}
