//! What can be typed now: the next thing to do always stands on the screen.
use super::words::listed;
use crate::render::block::Mark;
use crate::render::style::Role;
use crate::tutor::Ask;

/// What can be typed now, in one line: `a, b or c answers · skip · help`.
pub fn prompt_hint(ask: &Ask) -> String {
    hint(ask, false)
}

/// The same, when it is known whether a prediction is wanted.
pub(super) fn hint(ask: &Ask, predicting: bool) -> String {
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
        assert!(hint(&letters(2, false), true).starts_with("a or b predicts"));
    }
}
