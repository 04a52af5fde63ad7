//! `claims`: the article claim by claim, with what this machine has said. The verdict is the ledger's,
//! the evidence the learner's own: what the journal kept of the step that settles the claim.
use std::cell::OnceCell;
use std::collections::HashMap;
use std::io;
use std::time::SystemTime;

use super::context::Context;
use super::journal::{Event, Journal, Record};
use crate::cli::{Claims, Exit};
use crate::lab::Lab;
use crate::lang::Scope;
use crate::lesson::{Claim, Lesson};
use crate::render::{ClaimEntry, ClaimStatus};
use crate::tutor::{StepResult, left_out};

/// `claims [CLAIM]`
pub(crate) fn claims(context: &Context, asked: &Claims) -> io::Result<Exit> {
    let (journal, warning) = Journal::open(context.state(), SystemTime::now());
    if let Some(warning) = warning {
        context.screen.talk(&warning.to_string());
    }
    let entries = entries(context, &journal, &context.lab())?;
    if let Some(id) = &asked.claim {
        return match find(&entries, id) {
            Ok(entry) => context.screen.claim(entry).map(|()| Exit::Done),
            Err(problem) => {
                context.screen.error(&problem);
                Ok(Exit::Usage)
            }
        };
    }
    let only = match (asked.open, asked.settled) {
        (true, _) => Some(ClaimStatus::Open),
        (_, true) => Some(ClaimStatus::Settled),
        _ => None,
    };
    context.screen.claims(&entries, only)?;
    Ok(Exit::Done)
}

/// The same at the prompt of the menu: `claims`, `claims C42`, `claims --open`.
pub(crate) fn at_menu(
    context: &Context,
    journal: &Journal,
    lab: &Lab,
    typed: &str,
) -> io::Result<()> {
    let entries = entries(context, journal, lab)?;
    let word = typed.split_whitespace().nth(1).unwrap_or_default();
    let only = match word.trim_start_matches('-') {
        "" => None,
        "open" => Some(ClaimStatus::Open),
        "settled" => Some(ClaimStatus::Settled),
        id => {
            return match find(&entries, id) {
                Ok(entry) => context.screen.claim(entry),
                Err(problem) => context.screen.remark(&problem),
            };
        }
    };
    context.screen.claims(&entries, only)
}

/// The claim of that number, however it is written: `C42`, `c42`, `42`.
fn find<'e>(entries: &'e [ClaimEntry], word: &str) -> Result<&'e ClaimEntry, String> {
    let number = |id: &str| id.trim_start_matches(['C', 'c']).parse::<u32>().ok();
    let wanted = number(word);
    let found = entries.iter().find(|entry| number(&entry.id) == wanted);
    let missing = || match (entries.first(), entries.last()) {
        (Some(first), Some(last)) => format!(
            "the article has no claim `{word}`; they are numbered {} to {}",
            first.id, last.id
        ),
        _ => "there is no list of claims here".to_owned(),
    };
    found.filter(|_| wanted.is_some()).ok_or_else(missing)
}

/// Every claim of the ledger with what the journal knows of it.
fn entries(context: &Context, journal: &Journal, lab: &Lab) -> io::Result<Vec<ClaimEntry>> {
    let mut done = steps_done(journal)?;
    let mut here = Here {
        context,
        lab,
        scope: OnceCell::new(),
        lessons: HashMap::new(),
    };
    let claims = context.library.claims().into_iter();
    Ok(claims.map(|claim| here.entry(claim, &mut done)).collect())
}

/// The record of each step that says most about it: the latest with evidence, or the latest.
fn steps_done(journal: &Journal) -> io::Result<HashMap<(String, String), Record>> {
    let mut done: HashMap<_, Record> = HashMap::new();
    for record in journal.records()? {
        let counts = record.event == Event::StepDone && settles(&record);
        let Some(step) = record.step.clone().filter(|_| counts) else {
            continue;
        };
        let key = (record.lesson.clone(), step);
        let says_less = |before: &Record| before.evidence.is_empty() || !record.evidence.is_empty();
        if done.get(&key).is_none_or(says_less) {
            done.insert(key, record);
        }
    }
    Ok(done)
}

/// Whether something happened in the step. A step that was skipped ran, unless nothing is known of
/// it.
pub(super) fn settles(record: &Record) -> bool {
    let seen = !record.evidence.is_empty() || !record.came_true.is_empty();
    match record.result {
        None | Some(StepResult::NotHere) => false,
        Some(StepResult::Skipped) => seen,
        Some(_) => true,
    }
}

/// This machine, and the lessons that were opened for a look at what they need.
struct Here<'a> {
    context: &'a Context,
    lab: &'a Lab,
    scope: OnceCell<Scope>,
    lessons: HashMap<String, Option<Lesson>>,
}

impl Here<'_> {
    fn entry(&mut self, claim: Claim, done: &mut HashMap<(String, String), Record>) -> ClaimEntry {
        let place = claim
            .place()
            .map(|(lesson, step)| (lesson.to_owned(), step.to_owned()));
        let record = place.as_ref().and_then(|place| done.get(place));
        let mut entry = ClaimEntry {
            verdict: claim.verdict.to_string(),
            id: claim.id,
            says: claim.says,
            holds: claim.holds,
            ..ClaimEntry::default()
        };
        if let Some(reason) = claim.untested {
            entry.status = ClaimStatus::Untested;
            entry.reason = Some(reason);
        } else if let Some(record) = record {
            entry.status = ClaimStatus::Settled;
            entry.settled_at = Some(record.t);
            entry.came_true.clone_from(&record.came_true);
            entry.evidence.clone_from(&record.evidence);
        } else if let Some((lesson, step)) = &place {
            entry.reason = self.lacking(lesson, step);
            if entry.reason.is_some() {
                entry.status = ClaimStatus::NotHere;
            }
        }
        if let Some((lesson, step)) = place {
            entry.lesson = Some(lesson);
            entry.step = Some(step);
        }
        entry
    }

    /// Why the step is left out on this machine; `None` when it is not.
    fn lacking(&mut self, lesson: &str, step: &str) -> Option<String> {
        let library = &self.context.library;
        let opened = self.lessons.entry(lesson.to_owned());
        let opened = opened.or_insert_with(|| library.lesson(lesson).ok());
        let step = opened.as_ref()?.step(step)?;
        // Looking for a private world costs a process or two.
        if step.needs.is_empty() && step.when.is_none() {
            return None;
        }
        left_out(step, self.scope.get_or_init(|| self.lab.scope()))
    }
}
