//! What can be typed now: the next thing to do always stands on the screen.
use super::words::listed;
use crate::render::block::Mark;
use crate::render::style::Role;
use crate::tutor::Ask;

/// Who is asked for a line: what Enter and a letter do depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who learns.
    #[default]
    Learner,
    /// Somebody who shows a lesson to a class: Enter lets the program type.
    Instructor,
    /// Somebody who is asked a single question again: Enter means later.
    Reviewer,
}

/// What can be typed now, in one line: `a, b or c answers · skip · help`.
pub fn prompt_hint(ask: &Ask) -> String {
    hint(ask, false, Reader::Learner)
}

/// The same, when it is known whether a prediction is wanted, and of whom.
pub(super) fn hint(ask: &Ask, predicting: bool, reader: Reader) -> String {
    match (reader, ask) {
        (Reader::Instructor, ask) if !is_the_same_for_all(ask) => instructor(ask, predicting),
        (Reader::Reviewer, Ask::Continue) => "Enter goes on · help".to_owned(),
        (Reader::Reviewer, Ask::Run { .. }) => learner(ask, predicting).replace(" · back", ""),
        (Reader::Reviewer, ask) if !is_the_same_for_all(ask) => {
            learner(ask, predicting).replace(" · skip · help", " · Enter: later · help")
        }
        _ => learner(ask, predicting),
    }
}

fn is_the_same_for_all(ask: &Ask) -> bool {
    matches!(ask, Ask::Continue | Ask::Run { .. } | Ask::Play)
}

/// In front of a class the program types, and the room has a voice.
fn instructor(ask: &Ask, predicting: bool) -> String {
    match ask {
        Ask::Letter { options, .. } if predicting => format!(
            "Enter runs it · {} enters the room's vote · help",
            letters(*options, " or ")
        ),
        Ask::Commands => {
            "Enter types the next line of the solution · hint · any line of the lab · help"
                .to_owned()
        }
        Ask::Visit => "Enter stands in for the visitor, or looks again · help".to_owned(),
        Ask::Letter {
            options,
            several: false,
        } => format!(
            "Enter shows the answer · {} enters the room's answer · help",
            letters(*options, " or ")
        ),
        _ => "Enter shows the answer · what is typed is the room's answer · help".to_owned(),
    }
}

fn learner(ask: &Ask, predicting: bool) -> String {
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
    listed(Role::Key, all, last).as_str().to_owned()
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
        let predicting = hint(&letters(2, false), true, Reader::Learner);
        assert!(predicting.starts_with("a or b predicts"), "{predicting}");
    }

    #[test]
    fn an_instructor_and_a_reviewer_are_told_what_enter_does_for_them() {
        let letters = |several| Ask::Letter {
            options: 2,
            several,
        };
        let run = Ask::Run { lines: Vec::new() };
        let table = [
            (
                Reader::Instructor,
                letters(false),
                true,
                "Enter runs it · a or b enters the room's vote · help",
            ),
            (
                Reader::Instructor,
                letters(false),
                false,
                "Enter shows the answer · a or b enters the room's answer · help",
            ),
            (
                Reader::Instructor,
                Ask::Number,
                false,
                "Enter shows the answer · what is typed is the room's answer · help",
            ),
            (
                Reader::Instructor,
                Ask::Commands,
                false,
                "Enter types the next line of the solution · hint · any line of the lab · help",
            ),
            (
                Reader::Instructor,
                run.clone(),
                false,
                "Enter runs these lines · back · help",
            ),
            (
                Reader::Reviewer,
                letters(false),
                true,
                "a or b predicts · Enter: later · help",
            ),
            (
                Reader::Reviewer,
                letters(true),
                false,
                "one or more of a and b answer, as in: a b · Enter: later · help",
            ),
            (
                Reader::Reviewer,
                Ask::Text,
                false,
                "a word or two answer · Enter: later · help",
            ),
            (
                Reader::Reviewer,
                Ask::Continue,
                false,
                "Enter goes on · help",
            ),
            (
                Reader::Reviewer,
                run,
                false,
                "Enter runs these lines · help",
            ),
            (
                Reader::Reviewer,
                Ask::Play,
                false,
                "any line of the lab · done returns · help",
            ),
        ];
        for (reader, ask, predicting, expected) in table {
            assert_eq!(
                hint(&ask, predicting, reader),
                expected,
                "{reader:?}: {ask:?}"
            );
        }
    }
}
