//! From the records of a journal to what a report says. Pure: records in, facts out.
//!
//! The first answer to a question is what the learner believed before; it is the one that counts.
//! Journals of older versions lack questions and kinds, which then come from the lesson, where it
//! is still there.
use std::collections::BTreeMap;

use crate::app::claims::settles;
use crate::app::journal::{Event, Record, Seen};
use crate::lesson::{Claim, Kind, Lesson, Step};
use crate::render::{ClaimReport, Figures, LessonReport, PredictionReport};
use crate::tutor::StepResult;

/// What the records say of one step.
struct Answers<'r> {
    id: &'r str,
    first: &'r Record,
    later: Vec<&'r Record>,
}

/// What the records say of one lesson.
#[derive(Default)]
struct Notes<'r> {
    finished: bool,
    last: u64,
    seconds: u64,
    hints: u32,
    figures: Figures,
    /// In the order in which they were done first.
    steps: Vec<Answers<'r>>,
}

/// What came of each lesson that something is known of, in the order of the records.
pub(super) fn gather(
    records: &[Record],
    lesson_of: impl Fn(&str) -> Option<Lesson>,
    claims: &[Claim],
) -> Vec<LessonReport> {
    let mut order: Vec<&str> = Vec::new();
    let mut all: BTreeMap<&str, Notes<'_>> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.lesson.is_empty()) {
        let notes = all.entry(&record.lesson).or_insert_with(|| {
            order.push(&record.lesson);
            Notes::default()
        });
        notes.add(record);
    }
    let done = order
        .into_iter()
        .filter_map(|id| Some((id, all.remove(id)?)));
    // A lesson of which not one step was done has nothing to tell.
    let done = done.filter(|(_, notes)| !notes.steps.is_empty());
    done.map(|(id, notes)| notes.report(id, lesson_of(id).as_ref(), claims))
        .collect()
}

impl<'r> Notes<'r> {
    fn add(&mut self, record: &'r Record) {
        self.last = self.last.max(record.t);
        self.seconds += u64::from(record.seconds);
        self.hints = self.hints.saturating_add(record.hints);
        add(&mut self.figures, &record.seen);
        self.finished |= record.event == Event::LessonDone;
        let step = match (&record.step, record.result) {
            (Some(step), Some(result)) if result.is_met() => step.as_str(),
            _ => return,
        };
        match self.steps.iter_mut().find(|answers| answers.id == step) {
            Some(answers) => answers.later.push(record),
            None => self.steps.push(Answers {
                id: step,
                first: record,
                later: Vec::new(),
            }),
        }
    }

    fn report(self, id: &str, lesson: Option<&Lesson>, claims: &[Claim]) -> LessonReport {
        let mut report = LessonReport {
            id: id.to_owned(),
            number: lesson.and_then(|lesson| lesson.number),
            title: lesson.map_or(id, |lesson| &lesson.title).to_owned(),
            finished: self.finished,
            last: self.last,
            seconds: self.seconds,
            hints: self.hints,
            figures: self.figures,
            ..LessonReport::default()
        };
        for answers in &self.steps {
            let step = lesson.and_then(|lesson| lesson.step(answers.id));
            answers.tell(step, &mut report);
        }
        let settled = |claim: &&Claim| {
            let by = |answers: &Answers<'_>, step| answers.id == step && answers.settle();
            claim.untested.is_none()
                && claim.place().is_some_and(|(lesson, step)| {
                    lesson == id && self.steps.iter().any(|answers| by(answers, step))
                })
        };
        report.claims = claims.iter().filter(settled).map(claimed).collect();
        report
    }
}

impl Answers<'_> {
    /// Whether the step has settled what it is to settle, as the list of claims sees it.
    fn settle(&self) -> bool {
        let mut every = self.later.iter().copied().chain([self.first]);
        every.any(|record| record.event == Event::StepDone && settles(record))
    }

    fn tell(&self, step: Option<&Step>, report: &mut LessonReport) {
        let known = self.first.kind.as_deref();
        let kind = known.or_else(|| step.map(|step| step.kind.name()));
        let result = self.first.result.unwrap_or(StepResult::Done);
        let every = || self.later.iter().copied().chain([self.first]);
        let ever = |wanted| every().any(|record| record.result == Some(wanted));
        match (kind, result) {
            (Some("task"), _) if ever(StepResult::Done) || ever(StepResult::Helped) => {
                report.tasks.0 += usize::from(ever(StepResult::Done));
                report.tasks.1 += 1;
            }
            (_, StepResult::Skipped) => report.skipped += 1,
            (Some("predict"), _) => report.predictions.extend(self.prediction(step)),
            (Some("ask"), result) => {
                report.recalls.0 += usize::from(result == StepResult::Right);
                report.recalls.1 += 1;
            }
            _ => {}
        }
    }

    fn prediction(&self, step: Option<&Step>) -> Option<PredictionReport> {
        let right = self.first.result == Some(StepResult::Right);
        let since = |record: &&Record| record.result == Some(StepResult::Right);
        Some(PredictionReport {
            question: self.first.question.clone().or_else(|| question(step?))?,
            predicted: self.first.predicted.clone()?,
            came_true: self.first.came_true.clone(),
            right,
            observed: self.first.observed.clone(),
            explained: self.first.explained.clone(),
            later_right: !right && self.later.iter().any(since),
        })
    }
}

/// The question as the lesson has it, unless it has lost what filled its places.
fn question(step: &Step) -> Option<String> {
    match &step.kind {
        Kind::Predict { question, .. } if !question.contains('{') => Some(question.clone()),
        _ => step.title.clone(),
    }
}

fn claimed(claim: &Claim) -> ClaimReport {
    ClaimReport {
        id: claim.id.clone(),
        says: claim.says.clone(),
        verdict: claim.verdict.to_string(),
        holds: claim.holds.clone(),
    }
}

/// Adds what a step saw.
fn add(figures: &mut Figures, seen: &Seen) {
    for port in &seen.ports {
        if !figures.ports.contains(port) {
            figures.ports.push(*port);
        }
    }
    for (name, number) in &seen.errors {
        let sum = figures.errors.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*number);
    }
    for trips in &seen.trips {
        measured(figures, (trips.over.clone(), trips.p50_us, trips.p99_us));
    }
}

/// Of several measurements the quickest says most about the machine: others were disturbed.
fn measured(figures: &mut Figures, trips: (String, f64, f64)) {
    match figures.trips.iter_mut().find(|known| known.0 == trips.0) {
        Some(known) if trips.1 < known.1 => *known = trips,
        Some(_) => {}
        None => figures.trips.push(trips),
    }
}

/// The sum over lessons.
pub(super) fn whole(lessons: &[LessonReport]) -> Figures {
    let mut sum = Figures::default();
    for figures in lessons.iter().map(|lesson| &lesson.figures) {
        for port in &figures.ports {
            if !sum.ports.contains(port) {
                sum.ports.push(*port);
            }
        }
        for (name, number) in &figures.errors {
            let total = sum.errors.entry(name.clone()).or_default();
            *total = total.saturating_add(*number);
        }
        for trips in &figures.trips {
            measured(&mut sum, trips.clone());
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    use crate::app::journal::Trips;
    use crate::lesson::{Library, LibraryConfig, Verdict};

    fn step(at: u64, step: &str, kind: &str, result: StepResult) -> Record {
        let at = UNIX_EPOCH + Duration::from_secs(at);
        let mut record = Record::step(at, "made", step, result);
        record.kind = Some(kind.to_owned());
        record.seconds = 60;
        record
    }

    fn predicted(record: Record, predicted: &str, came_true: &str) -> Record {
        let came_true = vec![came_true.to_owned()];
        record
            .with_prediction(Some(predicted.to_owned()), came_true)
            .with_question(Some("Which?".to_owned()), Some("`x` is 5".to_owned()), None)
    }

    fn of(records: &[Record]) -> LessonReport {
        let mut reports = gather(records, |_| None, &[]);
        assert_eq!(reports.len(), 1);
        reports.remove(0)
    }

    #[test]
    fn the_first_answer_counts_and_a_later_right_one_is_said() {
        use StepResult::{Done, Helped, Missed, NotHere, Right, Skipped};
        let mut again = predicted(step(30, "guess", "predict", Right), "that", "that");
        again.event = Event::Reviewed;
        let mut hinted = step(5, "do", "task", Done);
        hinted.hints = 2;
        let report = of(&[
            step(1, "read", "say", Done),
            predicted(step(2, "guess", "predict", Missed), "this", "that"),
            predicted(step(3, "sure", "predict", Right), "that", "that"),
            step(4, "recall", "ask", Right),
            step(4, "hard", "ask", Missed),
            hinted,
            step(6, "shown", "task", Helped),
            step(7, "left", "task", Skipped),
            step(8, "far", "run", NotHere),
            Record::new(UNIX_EPOCH, Event::LessonDone, "made"),
            again,
        ]);
        assert_eq!((report.title.as_str(), report.finished), ("made", true));
        assert_eq!((report.last, report.seconds), (30, 600));
        assert_eq!(report.recalls, (1, 2));
        assert_eq!((report.tasks, report.hints, report.skipped), ((1, 2), 2, 1));
        let told: Vec<_> = report
            .predictions
            .iter()
            .map(|one| (one.predicted.as_str(), one.right, one.later_right))
            .collect();
        assert_eq!(told, [("this", false, true), ("that", true, false)]);
    }

    #[test]
    fn figures_add_up() {
        let seen = |ports: &[u16], p50_us: f64| {
            let mut record = step(1, "s", "run", StepResult::Done);
            record.seen = Seen {
                ports: ports.to_vec(),
                errors: BTreeMap::from([("EADDRINUSE".to_owned(), 2)]),
                trips: vec![Trips {
                    over: "tcp".to_owned(),
                    p50_us,
                    p99_us: 9.0,
                }],
            };
            record
        };
        let report = of(&[seen(&[1, 2], 5.0), seen(&[2, 3], 4.0), seen(&[], 6.0)]);
        let figures = whole(&[report.clone(), report.clone()]);
        assert_eq!(report.figures.ports, [1, 2, 3]);
        assert_eq!(report.figures.errors["EADDRINUSE"], 6);
        assert_eq!(figures.errors["EADDRINUSE"], 12);
        assert_eq!(figures.trips, [("tcp".to_owned(), 4.0, 9.0)]);
    }

    #[test]
    fn a_journal_of_an_older_version_is_told_with_the_lessons_own_words() {
        let library = Library::open(LibraryConfig::default());
        let lesson = library.lesson("address-in-use").unwrap();
        let questions = |step: &&Step| matches!(step.kind, Kind::Predict { .. });
        let asked = lesson.steps.iter().find(questions).unwrap();
        let record = Record::step(UNIX_EPOCH, &lesson.id, &asked.id, StepResult::Right)
            .with_prediction(Some("This.".to_owned()), vec!["This.".to_owned()]);
        let records = [record, Record::new(UNIX_EPOCH, Event::ReviewOff, "")];
        let reports = gather(&records, |id| library.lesson(id).ok(), &[]);
        let [report] = &*reports else {
            panic!("{reports:?}");
        };
        assert_eq!(
            (report.number, &report.title),
            (lesson.number, &lesson.title)
        );
        assert_eq!(report.predictions.len(), 1);
        assert!(!report.predictions[0].question.is_empty());
    }

    #[test]
    fn a_claim_is_settled_by_its_own_step() {
        let claim = |id: &str, place: Option<&str>| Claim {
            id: id.to_owned(),
            says: "It is so.".to_owned(),
            verdict: Verdict::Wrong,
            holds: "It is not.".to_owned(),
            step: place.map(str::to_owned),
            untested: None,
        };
        let claims = [
            claim("C01", Some("made/seen")),
            claim("C02", Some("made/unseen")),
            claim("C03", Some("other/seen")),
            claim("C04", None),
        ];
        let records = [
            step(1, "seen", "run", StepResult::Done),
            step(1, "unseen", "run", StepResult::NotHere),
        ];
        let reports = gather(&records, |_| None, &claims);
        let settled: Vec<_> = reports[0].claims.iter().map(|claim| &*claim.id).collect();
        assert_eq!(settled, ["C01"]);
    }
}
