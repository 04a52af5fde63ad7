//! `check`: lessons read for mistakes.
use std::io;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::screen::is_error;
use crate::cli::Exit;
use crate::lesson::{
    Course, Diagnostic, Diagnostics, Entry, Glossary, Loaded, check_together, lesson_files,
};

/// A lesson that was asked for.
pub(super) struct Read {
    /// What is in it, or why nobody can tell.
    pub(super) lesson: Result<Loaded, Diagnostics>,
    /// Whether it stands beside the files of a course.
    inside: bool,
}

/// Lessons that were asked for together, and the course they are held against.
pub(super) struct Group {
    pub(super) lessons: Vec<Read>,
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
pub(super) fn complaints(
    read: &Result<Loaded, Diagnostics>,
    glossary: &Glossary,
) -> Vec<Diagnostic> {
    match read {
        Ok(loaded) => loaded.check(glossary),
        Err(diagnostics) => diagnostics.0.clone(),
    }
}

pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// The lessons of these files and directories, or all of the library. `None` when a path leads
/// nowhere; that is said then.
pub(super) fn read_all(context: &Context, paths: &[PathBuf]) -> Option<Vec<Group>> {
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
