//! A walk in words: each event of a lesson becomes blocks.
use super::words::counted;
use super::{fact, looking, reference, say};
use crate::lang::{CounterReading, Fact, Outcome, Role as End};
use crate::render::block::{Block, Item, ItemText, Mark, Mistake, Table};
use crate::render::diagram::Ends;
use crate::render::highlight::highlight;
use crate::render::line::Line;
use crate::render::sanitize::{Safe, columns};
use crate::render::sequence::Sequence;
use crate::render::style::Role;
use crate::tutor::{Ask, Event, GoalState, Summary};

/// Tells a walk, and remembers of it what later sentences need.
#[derive(Debug, Default)]
pub(in crate::render) struct Narrator {
    /// Whether drawings are wanted beside the words.
    drawings: bool,
    /// The option the learner chose, and its text.
    predicted: Option<(usize, String)>,
    /// Whether the last question was a prediction.
    predicting: bool,
    /// The operation that failed last.
    failed: Option<&'static str>,
    /// What the connections of this step did.
    sequence: Sequence,
    /// Whether this step has shown a four-tuple.
    ends_drawn: bool,
    /// The last reading of counters in this step.
    counted: Option<CounterReading>,
}

impl Narrator {
    pub(in crate::render) fn new(drawings: bool) -> Self {
        Self {
            drawings,
            ..Self::default()
        }
    }

    /// An event in words.
    pub(in crate::render) fn tell(&mut self, event: &Event) -> Vec<Block> {
        match event {
            Event::StepStarted {
                number,
                total,
                title,
                ..
            } => {
                *self = Self::new(self.drawings);
                let title = title.as_ref().map(|title| Line::of(Role::Heading, title));
                vec![Block::Gap, Block::Progress(*number, *total, title)]
            }
            Event::Outcome { outcome } => self.outcome(outcome),
            Event::Question {
                question,
                options,
                prediction,
                ..
            } => {
                self.predicting = *prediction;
                asked(question, options, *prediction)
            }
            Event::Predicted { option, text } => {
                self.predicted = Some((*option, text.clone()));
                vec![choice("you predict", *option, text)]
            }
            Event::Graded {
                chosen,
                came_true,
                truth,
                ..
            } => self.graded(*chosen, came_true, truth),
            Event::Explained { text } => self.explained(text),
            Event::Card { card } => {
                let mut blocks = vec![Block::Gap];
                blocks.extend(reference::behind_a_failure(card, self.failed));
                blocks
            }
            other => tell(other),
        }
    }

    /// What is to be typed next, with the lines that Enter would run.
    pub(in crate::render) fn ask(&self, ask: &Ask) -> Vec<Block> {
        let mut blocks = vec![Block::Gap];
        if let Ask::Run { lines } = ask {
            // Not yet commands: no prompt stands before them.
            blocks.extend(lines.iter().map(|line| Block::Remark(highlight(line))));
        }
        blocks.push(Block::Remark(Line::from(&*hint(ask, self.predicting))));
        blocks
    }

    fn outcome(&mut self, outcome: &Outcome) -> Vec<Block> {
        let mut blocks = match outcome.fact() {
            Some(Fact::Counters(reading)) => self.counters(reading),
            _ => say(outcome),
        };
        self.failed = outcome.failure().map(|failure| failure.operation);
        self.sequence.add(outcome);
        if self.drawings && !self.ends_drawn {
            let drawn = self.ends(outcome).map(Block::Ends);
            self.ends_drawn = drawn.is_some();
            blocks.extend(drawn);
        }
        blocks
    }

    /// A second reading tells the difference; the whole list again would hide it.
    fn counters(&mut self, reading: &CounterReading) -> Vec<Block> {
        let earlier = self.counted.replace(reading.clone());
        let mut blocks = looking::counters(reading);
        if let Some(earlier) = earlier.filter(|e| e.interface == reading.interface) {
            blocks.truncate(1);
            blocks.extend(looking::counted_since(&earlier, reading));
        }
        blocks
    }

    /// The four-tuple of a new connection.
    fn ends(&self, outcome: &Outcome) -> Option<Ends> {
        let Fact::Connection(end) = outcome.fact()? else {
            return None;
        };
        if end.role == End::Server || end.local.inet().is_none() {
            return None;
        }
        let client = outcome.name.as_deref().unwrap_or("client");
        let server = self.sequence.listener(&end.peer).unwrap_or("peer");
        Some(Ends {
            client: (client.to_owned(), end.local.clone()),
            server: (server.to_owned(), end.peer.clone()),
        })
    }

    fn graded(
        &mut self,
        chosen: Option<usize>,
        came_true: &[usize],
        truth: &[String],
    ) -> Vec<Block> {
        let mut blocks = vec![Block::Gap];
        let predicted = self.predicted.take();
        if let Some(option) = chosen {
            let place = came_true.iter().position(|true_one| *true_one == option);
            let text = predicted
                .map(|(_, text)| text)
                .or_else(|| truth.get(place?).cloned());
            blocks.push(choice("you predicted", option, &text.unwrap_or_default()));
        }
        for (option, text) in came_true.iter().zip(truth) {
            blocks.push(choice("the kernel did", *option, text));
        }
        match chosen {
            Some(option) if came_true.contains(&option) => {
                blocks.push(fact(Line::of(Role::Ok, "as you predicted")));
            }
            Some(_) if !came_true.is_empty() => {
                let line = Line::of(Role::Surprise, "it went another way: worth a second look");
                blocks.push(fact(line));
            }
            _ => {}
        }
        blocks
    }

    fn explained(&mut self, text: &str) -> Vec<Block> {
        let mut blocks = vec![Block::Gap];
        if self.drawings && self.sequence.is_worth_drawing() {
            blocks.push(Block::Sequence(std::mem::take(&mut self.sequence)));
            blocks.push(Block::Gap);
        }
        blocks.push(Block::Prose(text.to_owned()));
        blocks
    }
}

/// Events that need no memory.
fn tell(event: &Event) -> Vec<Block> {
    match event {
        Event::LessonStarted {
            title,
            summary,
            minutes,
            objectives,
            ..
        } => begun(title, summary, *minutes, objectives),
        Event::Say { text } => vec![Block::Gap, Block::Prose(text.clone())],
        Event::Command { line, .. } => vec![Block::Command(highlight(line))],
        Event::Prepared { lines } => lines.iter().map(|line| prepared(line)).collect(),
        Event::Surprise { observed } => surprise(observed),
        Event::RefutationStarted { .. } => {
            let line = Line::of(Role::Heading, "A short experiment on that, then back.");
            vec![Block::Gap, Block::Heading(line)]
        }
        Event::RefutationEnded | Event::Play { on: false } => apart(remark("Back in the lesson.")),
        Event::Task { text } => vec![Block::Gap, labelled("task", text)],
        Event::Goals { goals, met } => standing(goals, *met),
        Event::Trap { text } => vec![Block::Gap, labelled("note", text)],
        Event::Hint { tier, of, text } => {
            vec![Block::Gap, labelled(&format!("hint {tier} of {of}"), text)]
        }
        Event::NoMoreHints { solution: true } => {
            remark("No more hints; `solution` types the solution into the prompt.")
        }
        Event::NoMoreHints { solution: false } => remark("This step has no hints."),
        Event::Solution { lines } => solution(lines),
        Event::Answered {
            correct,
            given,
            answer,
            because,
        } => answered(*correct, given, answer.as_deref(), because.as_deref()),
        Event::NotUnderstood { given, help } => not_understood(given, help),
        Event::BadLine {
            line,
            message,
            span,
            help,
        } => mistaken(line, message, span, help.as_deref()),
        Event::StepSkipped { reason, .. } => apart(remark(reason)),
        Event::Notes { text } => vec![Block::Gap, labelled("instructor's notes", text)],
        Event::Help { words, verbs } => help(words, verbs),
        Event::VerbHelp { text } => {
            vec![Block::Verbatim(text.lines().map(Line::from).collect())]
        }
        Event::Play { on: true } => apart(remark(
            "Free play: any line of the lab. `done` returns to the lesson.",
        )),
        Event::Notice { text } => remark(text),
        Event::LessonDone { title, summary, .. } => done(title, summary),
        // How a step went is for the journal; the learner was told as it happened. The others are
        // told by the narrator, which remembers.
        Event::StepDone { .. }
        | Event::StepStarted { .. }
        | Event::Outcome { .. }
        | Event::Question { .. }
        | Event::Predicted { .. }
        | Event::Graded { .. }
        | Event::Explained { .. }
        | Event::Card { .. } => Vec::new(),
    }
}

fn remark(text: &str) -> Vec<Block> {
    vec![Block::Remark(Line::marked(text))]
}

fn apart(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.insert(0, Block::Gap);
    blocks
}

fn labelled(label: &str, text: &str) -> Block {
    Block::Labelled(Line::of(Role::Key, label), text.to_owned())
}

/// `you predict b: …`
fn choice(words: &str, option: usize, text: &str) -> Block {
    let label = Line::from(words)
        .text(' ')
        .and(Role::Key, Mark::letter(option));
    Block::Labelled(label, text.to_owned())
}

fn lesson_items(texts: &[String], mark: impl Fn(usize) -> Mark) -> Block {
    let item = |(place, text): (usize, &String)| Item {
        mark: mark(place),
        text: ItemText::Lesson(text.clone()),
        aside: None,
    };
    Block::List(texts.iter().enumerate().map(item).collect())
}

fn begun(title: &str, summary: &str, minutes: u32, objectives: &[String]) -> Vec<Block> {
    let time = Line::from(format!("about {}", counted(minutes as usize, "minute")).as_str());
    let mut text = summary.to_owned();
    if !objectives.is_empty() {
        text.push_str("\n\nAfterwards you can\n\n");
        for objective in objectives {
            text.push_str("- ");
            text.push_str(&objective.replace('\n', " "));
            text.push('\n');
        }
    }
    vec![
        Block::Gap,
        Block::Title(Line::of(Role::Heading, title), Some(time)),
        Block::Prose(text),
    ]
}

fn prepared(line: &str) -> Block {
    Block::Remark(Line::from("prepared: ").then(&highlight(line)))
}

fn asked(question: &str, options: &[String], prediction: bool) -> Vec<Block> {
    let label = if prediction { "predict" } else { "question" };
    let mut blocks = vec![Block::Gap, labelled(label, question)];
    if !options.is_empty() {
        blocks.push(lesson_items(options, Mark::Letter));
    }
    blocks
}

fn surprise(observed: &[(String, String)]) -> Vec<Block> {
    let line = Line::of(Role::Surprise, "none of the options came true")
        .text(": a finding about this machine. What was seen:");
    let item = |(text, why): &(String, String)| Item {
        mark: Mark::Bullet,
        text: ItemText::Lesson(text.clone()),
        aside: Some(Line::marked(why)),
    };
    let items = observed.iter().map(item).collect();
    vec![fact(line), Block::List(items)]
}

fn standing(goals: &[GoalState], met: bool) -> Vec<Block> {
    let item = |goal: &GoalState| Item {
        mark: Mark::Goal { met: goal.met },
        text: ItemText::Lesson(goal.say.clone()),
        aside: (!goal.met && !goal.why.is_empty()).then(|| Line::marked(&goal.why)),
    };
    let mut blocks = vec![Block::List(goals.iter().map(item).collect())];
    if met {
        let words = if goals.len() == 1 {
            "the goal is met"
        } else {
            "all goals are met"
        };
        blocks.push(fact(Line::of(Role::Ok, words)));
    }
    blocks
}

fn solution(lines: &[String]) -> Vec<Block> {
    let mut blocks = remark("The solution stands in the prompt; Enter runs it.");
    blocks.extend(lines.iter().map(|line| Block::Command(highlight(line))));
    blocks
}

fn answered(correct: bool, given: &str, answer: Option<&str>, because: Option<&str>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if correct {
        blocks.push(fact(Line::of(Role::Ok, "right").text(": ").text(given)));
    } else if !given.is_empty() {
        let line = Line::of(Role::Surprise, "not that").text(": ").text(given);
        blocks.push(fact(line));
    }
    if let Some(answer) = answer {
        blocks.push(labelled("the answer", answer));
    }
    if let Some(because) = because {
        blocks.push(Block::Prose(because.to_owned()));
    }
    if !correct && answer.is_none() {
        blocks.extend(remark("Try again; `skip` shows the answer."));
    }
    blocks
}

fn not_understood(given: &str, help: &str) -> Vec<Block> {
    let line = if given.is_empty() {
        Line::new()
    } else {
        Line::of(Role::Code, given).text(" is no answer here: ")
    };
    vec![Block::Remark(line.then(&Line::marked(help)))]
}

/// The line with a mark under the mistake, then what is wrong, then what would be right.
fn mistaken(
    line: &str,
    message: &str,
    span: &std::ops::Range<usize>,
    help: Option<&str>,
) -> Vec<Block> {
    let start = line.floor_char_boundary(span.start.min(line.len()));
    let end = line.floor_char_boundary(span.end.clamp(start, line.len()));
    let before = Safe::new(line.get(..start).unwrap_or_default());
    let inside = Safe::new(line.get(start..end).unwrap_or_default());
    let mistake = Mistake {
        line: Line::from(line),
        column: columns(before.as_str()),
        width: columns(inside.as_str()).max(1),
    };
    let mut blocks = vec![
        Block::Mistake(mistake),
        fact(Line::marked_as(Role::Refused, message)),
    ];
    if let Some(help) = help {
        blocks.extend(remark(help));
    }
    blocks
}

fn help(words: &[(String, String)], verbs: &[(String, String)]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (title, rows) in [("Words", words), ("Verbs of the lab", verbs)] {
        if rows.is_empty() {
            continue;
        }
        blocks.push(Block::Gap);
        blocks.push(Block::Heading(Line::of(Role::Heading, title)));
        let mut table = Table::new(&["", ""]);
        table.titles = 1;
        table.rows = rows
            .iter()
            .map(|(word, meaning)| vec![Line::of(Role::Key, word), Line::marked(meaning)])
            .collect();
        blocks.push(Block::Table(table));
    }
    blocks
}

fn done(title: &str, summary: &Summary) -> Vec<Block> {
    let title = Line::of(Role::Heading, title)
        .text(": ")
        .and(Role::Ok, "done");
    let mut blocks = vec![Block::Gap, Block::Title(title, None)];
    if summary.predictions > 0 {
        let line = format!(
            "{} of {} came true",
            summary.right,
            counted(summary.predictions, "prediction")
        );
        blocks.push(fact(Line::from(line.as_str())));
    }
    if summary.tasks > 0 {
        let line = format!("{} solved", counted(summary.tasks, "task"));
        blocks.push(fact(Line::from(line.as_str())));
    }
    if summary.skipped > 0 {
        let line = format!("{} skipped", counted(summary.skipped, "step"));
        blocks.push(fact(Line::from(line.as_str())));
    }
    if !summary.surprises.is_empty() {
        blocks.push(fact(Line::from("worth a second look:")));
        blocks.push(lesson_items(&summary.surprises, |_| Mark::Bullet));
    }
    blocks
}

/// What can be typed now, in one line: `a, b or c answers · skip · help`.
pub fn prompt_hint(ask: &Ask) -> String {
    hint(ask, false)
}

fn hint(ask: &Ask, predicting: bool) -> String {
    let does = if predicting { "predicts" } else { "answers" };
    match ask {
        Ask::Continue => "Enter goes on · back · menu · help".to_owned(),
        Ask::Run { lines } if lines.len() == 1 => "Enter runs this line · back · help".to_owned(),
        Ask::Run { .. } => "Enter runs these lines · back · help".to_owned(),
        Ask::Letter {
            options,
            several: true,
        } => {
            let all = letters(*options, " and ");
            format!("one or more of {all} answer, as in: a b · skip · help")
        }
        Ask::Letter { options, .. } => {
            format!("{} {does} · skip · help", letters(*options, " or "))
        }
        Ask::Number => "a number answers · skip · help".to_owned(),
        Ask::Text => "a word or two answer · skip · help".to_owned(),
        Ask::Endpoint => "an endpoint answers, as in: 127.0.0.1:8080 · skip · help".to_owned(),
        Ask::Order { items } => {
            let example: Vec<String> = (0..*items).rev().map(Mark::letter).collect();
            format!(
                "all letters in order answer, as in: {} · skip · help",
                example.join(" ")
            )
        }
        Ask::Commands => {
            "lines of the lab, until every goal is met · hint · solution · skip · help".to_owned()
        }
        Ask::Visit => "Enter looks again when you have done it · solution · skip · help".to_owned(),
        Ask::Play => "any line of the lab · done returns · help".to_owned(),
    }
}

fn letters(options: usize, last: &str) -> String {
    let all = (0..options).map(Mark::letter);
    super::words::listed(Role::Key, all, last)
        .as_str()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_says_how_to_answer() {
        let letters = |options, several| Ask::Letter { options, several };
        let table = [
            (Ask::Continue, "Enter goes on"),
            (
                Ask::Run {
                    lines: vec!["range".to_owned()],
                },
                "Enter runs this line ·",
            ),
            (Ask::Run { lines: Vec::new() }, "Enter runs these lines ·"),
            (letters(3, false), "a, b or c answers ·"),
            (
                letters(2, true),
                "one or more of a and b answer, as in: a b ·",
            ),
            (Ask::Number, "a number answers"),
            (Ask::Text, "a word or two answer"),
            (Ask::Endpoint, "as in: 127.0.0.1:8080 ·"),
            (Ask::Order { items: 3 }, "as in: c b a ·"),
            (Ask::Commands, "hint · solution · skip"),
            (Ask::Visit, "Enter looks again"),
            (Ask::Play, "done returns"),
        ];
        for (ask, part) in table {
            let said = prompt_hint(&ask);
            assert!(said.contains(part), "{ask:?}: {said}");
            assert!(said.ends_with("help"), "{said}");
        }
        assert!(hint(&letters(2, false), true).starts_with("a or b predicts"));
    }

    #[test]
    fn a_second_reading_tells_the_difference() {
        let reading = |packets: u64| {
            let protocol = [
                ("TcpOutRsts".to_owned(), packets),
                ("UdpNoPorts".to_owned(), 7),
            ];
            let outcome = Outcome {
                name: None,
                verb: "counters",
                took: std::time::Duration::ZERO,
                result: crate::lang::Observed::Done(Fact::Counters(CounterReading {
                    interface: "lo".to_owned(),
                    rx_packets: packets,
                    rx_bytes: 60 * packets,
                    tx_packets: packets,
                    tx_bytes: 60 * packets,
                    protocol: protocol.into(),
                })),
            };
            Event::Outcome {
                outcome: Box::new(outcome),
            }
        };
        let mut narrator = Narrator::new(false);
        let said = |blocks: Vec<Block>| {
            let text = |block: &Block| match block {
                Block::Fact(line) => line.as_str().to_owned(),
                other => panic!("{other:?}"),
            };
            blocks.iter().map(text).collect::<Vec<_>>().join("\n")
        };
        let first = said(narrator.tell(&reading(10)));
        assert!(
            first.ends_with("protocols: TcpOutRsts 10, UdpNoPorts 7"),
            "{first}"
        );
        let second = said(narrator.tell(&reading(14)));
        assert!(
            second.contains("received +4 packets, +240 bytes"),
            "{second}"
        );
        assert!(second.ends_with("changed: TcpOutRsts +4"), "{second}");
    }
}
