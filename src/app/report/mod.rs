//! `report`: what a learner hands in or keeps, from the journal and from the machine it is made on.
//! Written to the terminal, or into a file that was not there before.
mod gather;

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::choice::open_lesson;
use super::context::Context;
use super::journal::Journal;
use crate::cli::{Exit, Report as Wanted, ReportFormat as Format};
use crate::render::export::{html, markdown};
use crate::render::{JsonView, Page, PlainView, Report, Style, View, report as page_of};

/// Columns of a report that is written as plain text into a file.
const COLUMNS: usize = 80;

/// `looplab report`
pub(crate) fn report(context: &Context, wanted: &Wanted) -> io::Result<Exit> {
    let only = match &wanted.lesson {
        Some(word) => match open_lesson(context, word) {
            Some(lesson) => Some(lesson.id.clone()),
            None => return Ok(Exit::Usage),
        },
        None => None,
    };
    let now = SystemTime::now();
    let (journal, warning) = Journal::open(context.state(), now);
    if let Some(warning) = warning {
        context.screen.talk(&warning.to_string());
    }
    let report = make(context, &journal, only.as_deref(), now)?;
    if report.lessons.is_empty() {
        context.screen.error(&match only {
            Some(id) => format!("no step of `{id}` is done yet; `looplab learn {id}` begins it"),
            None => "no step is done yet; `looplab` begins the first lesson".to_owned(),
        });
        return Ok(Exit::Failed);
    }
    let page = page_of(&report);
    match &wanted.output {
        None => show(context, wanted.to, &page),
        Some(path) => keep(context, wanted, path, &page),
    }
}

fn make(
    context: &Context,
    journal: &Journal,
    only: Option<&str>,
    now: SystemTime,
) -> io::Result<Report> {
    let mut records = journal.records()?;
    records.retain(|record| only.is_none_or(|id| record.lesson == id));
    let lesson = |id: &str| context.library.lesson(id).ok();
    let mut lessons = gather::gather(&records, lesson, &context.library.claims());
    // Those that are no part of the course any more come last.
    lessons.sort_by_key(|lesson| lesson.number.unwrap_or(u32::MAX));
    Ok(Report {
        made: now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: machine(context),
        figures: gather::whole(&lessons),
        lessons,
    })
}

/// What the machine says of itself now.
fn machine(context: &Context) -> Vec<(String, String)> {
    let scope = context.lab().scope();
    let of = |key: &str| scope.get("machine").and_then(|machine| machine.get(key));
    let range = |end: &str| of("range").and_then(|range| range.get(end));
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let mut rows = Vec::new();
    let mut row = |what: &str, value: Option<String>| {
        rows.extend(value.map(|value| (what.to_owned(), value)));
    };
    row("kernel", kernel(of("os").and_then(Value::as_str)));
    let figures = (
        number(range("low")),
        number(range("high")),
        number(range("size")),
    );
    if let (Some(low), Some(high), Some(size)) = figures {
        let text = format!("{low} to {high}, {size} ports");
        row("ephemeral range", Some(text));
    }
    let start = number(of("unprivileged_start"));
    row(
        "ports that need a privilege",
        start.map(|start| format!("below {start}")),
    );
    row(
        "longest backlog",
        number(of("somaxconn")).map(|most| most.to_string()),
    );
    row(
        "largest packet on lo",
        number(of("lo_mtu")).map(|mtu| format!("{mtu} bytes")),
    );
    let ipv6 = of("ipv6").and_then(Value::as_bool);
    row(
        "::1",
        ipv6.map(|works| {
            if works {
                "can be used"
            } else {
                "cannot be used"
            }
            .to_owned()
        }),
    );
    rows
}

/// The system and, on Linux, the release of its kernel (proc(5)).
fn kernel(os: Option<&str>) -> Option<String> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok();
    match (os?, release) {
        ("linux", Some(release)) => Some(format!("Linux {}", release.trim())),
        (os, _) => Some(os.to_owned()),
    }
}

fn show(context: &Context, to: Option<Format>, page: &Page) -> io::Result<Exit> {
    match to {
        Some(format) if format != Format::Text && !context.global.json => {
            let mut out = io::stdout().lock();
            out.write_all(written(format, page)?.as_bytes())?;
            out.flush()?;
        }
        _ => context.screen.page(page)?,
    }
    Ok(Exit::Done)
}

/// Writes a file that must not be there yet, unless it may be written over.
fn keep(context: &Context, wanted: &Wanted, path: &Path, page: &Page) -> io::Result<Exit> {
    let text = if context.global.json {
        let mut view = JsonView::new(Vec::new());
        view.page(page)?;
        String::from_utf8_lossy(&view.into_inner()).into_owned()
    } else {
        written(wanted.to.unwrap_or_else(|| by_name(path)), page)?
    };
    let mut options = OpenOptions::new();
    options.write(true);
    let opened = if wanted.force {
        options.create(true).truncate(true).open(path)
    } else {
        options.create_new(true).open(path)
    };
    let shown = path.display();
    let mut file = match opened {
        Ok(file) => file,
        Err(error) => {
            context.screen.error(&match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    format!("{shown} is there already; `--force` writes over it")
                }
                _ => format!("cannot write {shown}: {error}"),
            });
            return Ok(Exit::Usage);
        }
    };
    if let Err(error) = file.write_all(text.as_bytes()) {
        if !wanted.force {
            // Half a report that nobody had before would stand in the way of a whole one.
            std::fs::remove_file(path).ok();
        }
        context
            .screen
            .error(&format!("cannot write {shown}: {error}"));
        return Ok(Exit::Failed);
    }
    context.screen.talk(&format!("The report is in {shown}."));
    Ok(Exit::Done)
}

/// What a file is by its ending.
fn by_name(path: &Path) -> Format {
    match path.extension().and_then(OsStr::to_str) {
        Some("html" | "htm") => Format::Html,
        Some("md" | "markdown") => Format::Md,
        _ => Format::Text,
    }
}

fn written(format: Format, page: &Page) -> io::Result<String> {
    Ok(match format {
        Format::Html => html("looplab: what my own kernel answered", &page.blocks),
        Format::Md => markdown(&page.blocks),
        Format::Text => {
            let style = Style {
                color: false,
                unicode: true,
                width: COLUMNS,
            };
            let mut view = PlainView::on_terminal(Vec::new(), style);
            view.page(page)?;
            String::from_utf8_lossy(&view.into_inner()).into_owned()
        }
    })
}
