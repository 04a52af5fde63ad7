//! `check` and `test`: lessons read for mistakes, and lessons proven on this kernel.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::context::Context;
use super::prove::{Proof, prove_step};
use super::screen::{ProofPlace, is_error};
use crate::cli::Exit;
use crate::lab::Lab;
use crate::lesson::{
    Course, Diagnostic, Diagnostics, Entry, Glossary, Loaded, check_together, lesson_files,
};

/// A lesson that was asked for.
struct Read {
    /// What is in it, or why nobody can tell.
    lesson: Result<Loaded, Diagnostics>,
    /// Whether it stands beside the files of a course.
    inside: bool,
}

/// Lessons that were asked for together, and the course they are held against.
struct Group {
    lessons: Vec<Read>,
    course: Result<Course, Diagnostics>,
    /// Whether these are all lessons of the course, so that what is missing can be told.
    whole: bool,
}

/// Reads every lesson and says what is wrong with it.
pub(crate) fn check(context: &Context, paths: &[PathBuf]) -> io::Result<Exit> {
    let Some(groups) = read_all(context, paths) else {
        return Ok(Exit::Usage);
    };
    let glossary = context.library.glossary();
    let (mut count, mut readable, mut found) = (0, Vec::new(), Vec::new());
    for group in groups {
        count += group.lessons.len();
        let (lessons, complaints) = judge(group, &glossary);
        readable.extend(lessons);
        found.extend(complaints);
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

/// The lessons of a group that can be read, and everything to be said about all of them.
fn judge(group: Group, glossary: &Glossary) -> (Vec<Loaded>, Vec<Diagnostic>) {
    let (mut readable, mut found) = (Vec::new(), Vec::new());
    let course = group.course.unwrap_or_else(|Diagnostics(problems)| {
        found.extend(problems);
        Course::default()
    });
    let count = group.lessons.len();
    for Read { lesson, inside } in group.lessons {
        found.extend(complaints(&lesson, glossary));
        if let Ok(loaded) = lesson {
            found.extend(course.check_lesson(&loaded, inside));
            readable.push(loaded);
        }
    }
    // What is in a lesson that cannot be read is not missing.
    if group.whole && readable.len() == count {
        found.extend(course.check_whole(&readable));
    }
    (readable, found)
}

/// Everything to be said about one file by itself.
fn complaints(read: &Result<Loaded, Diagnostics>, glossary: &Glossary) -> Vec<Diagnostic> {
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
    let Some(groups) = read_all(context, paths) else {
        return Ok(Exit::Usage);
    };
    let clock = Instant::now();
    let glossary = context.library.glossary();
    let mut lab = context.lab();
    let mut tally = Tally::default();
    let lessons = groups.into_iter().flat_map(|group| group.lessons);
    for Read { lesson, .. } in lessons {
        // What a course asks of its lessons is no reason not to try one.
        let mut errors = complaints(&lesson, &glossary);
        errors.retain(is_error);
        for error in &errors {
            context.screen.diagnostic(error)?;
        }
        match lesson {
            Ok(loaded) if errors.is_empty() => prove(context, &mut lab, &loaded, &mut tally)?,
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

fn prove(context: &Context, lab: &mut Lab, loaded: &Loaded, tally: &mut Tally) -> io::Result<()> {
    let lesson = Arc::new(loaded.lesson.clone());
    for step in &lesson.steps {
        let clock = Instant::now();
        let proof = prove_step(&lesson, step, lab, &context.cards());
        match &proof {
            Proof::Proven => tally.proven += 1,
            Proof::NotHere { .. } => tally.not_here += 1,
            Proof::Broken { .. } => tally.broken += 1,
        }
        let took = clock.elapsed().as_secs_f64() * 1e3;
        let place = ProofPlace {
            lesson: &lesson.id,
            step: &step.id,
            file: loaded.place_of(&step.id),
        };
        context.screen.proof(place, &proof, took)?;
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
fn read_all(context: &Context, paths: &[PathBuf]) -> Option<Vec<Group>> {
    if paths.is_empty() {
        return Some(vec![known(context)]);
    }
    let groups = paths.iter().map(|path| at(context, path));
    groups.collect()
}

/// The lessons at a path.
fn at(context: &Context, path: &Path) -> Option<Group> {
    let shown = path.display();
    let is_directory = match path.metadata() {
        Ok(metadata) => metadata.is_dir(),
        Err(error) => {
            let problem = format!("cannot read {shown}: {error}");
            context.screen.error(&problem);
            return None;
        }
    };
    // A list of the course makes sense with all its lessons only.
    let is_list = path.file_name().is_some_and(Course::has_file);
    let (directory, files) = if is_directory {
        (path, lesson_files(path))
    } else if is_list {
        (beside(path), lesson_files(beside(path)))
    } else {
        (beside(path), vec![path.to_owned()])
    };
    if files.is_empty() {
        context
            .screen
            .error(&format!("no lesson (*.yaml) in {shown}"));
        return None;
    }
    let course = Course::beside(directory);
    let inside = course.is_some();
    let read = |file: &PathBuf| Read {
        lesson: Loaded::open(file),
        inside,
    };
    Some(Group {
        lessons: files.iter().map(read).collect(),
        course: course.unwrap_or_else(|| context.library.course()),
        whole: inside && (is_directory || is_list),
    })
}

/// The directory a file is in.
fn beside(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Every lesson the library knows, its user's own ones instead of those they replace.
fn known(context: &Context) -> Group {
    let library = &context.library;
    let own_course = library.is_course();
    let mut whole = true;
    let read = |entry: Entry| {
        let ours = library.embedded_text(&entry.id);
        if let Some(path) = entry.file {
            // A course that is not theirs is not incomplete because of what they replace.
            whole &= own_course || ours.is_none();
            return Some(Read {
                lesson: Loaded::open(&path),
                inside: own_course,
            });
        }
        let (name, text) = ours?;
        Some(Read {
            lesson: Loaded::from_text(name, text),
            inside: true,
        })
    };
    let lessons = library.index().into_iter().filter_map(read).collect();
    Group {
        lessons,
        course: library.course(),
        whole,
    }
}
