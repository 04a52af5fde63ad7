//! Questions the lesson knows the answer to: exactly one form of right answer.
use super::super::codes::Code;
use super::super::finding::Finding;
use super::super::model::{Answer, AskOption, Question, Reply};
use super::super::raw::{RawOption, RawStep};
use super::super::tree::Path;
use super::Assembler;

impl Assembler {
    pub(super) fn question(&mut self, mut raw: RawStep, path: &Path) -> Question {
        let forms = [
            ("options", raw.options.is_some()),
            ("number", raw.number.is_some()),
            ("text", raw.text.is_some()),
            ("endpoint", raw.endpoint.is_some()),
            ("order", raw.order.is_some()),
        ];
        let present: Vec<&str> = forms
            .into_iter()
            .filter(|(_, p)| *p)
            .map(|(k, _)| k)
            .collect();
        if present.len() != 1 {
            let message = match present.as_slice() {
                [] => "this question has no right answer".to_owned(),
                several => format!(
                    "this question has several kinds of right answer: {}",
                    several.join(", ")
                ),
            };
            let finding = Finding::new(Code::NoAnswer, &path.key("ask"), message)
                .on_key()
                .help("give it one of: options, number, text, endpoint, order");
            self.find(finding);
        }
        self.check_companions(&raw, path);
        let replies = raw.replies.take().unwrap_or_default().into_iter();
        let at = path.key("replies");
        let replies = replies.enumerate().map(|(i, reply)| Reply {
            to: self.expr(&reply.to, &at.index(i).key("to")),
            say: reply.say,
        });
        Question {
            replies: replies.collect(),
            text: raw.ask.take().unwrap_or_default(),
            because: raw.because.take(),
            answer: self.answer(raw, path),
        }
    }

    /// `several`, `tolerance` and `replies` say something about one form of answer only.
    fn check_companions(&mut self, raw: &RawStep, path: &Path) {
        for (key, present, owner, owned) in [
            (
                "several",
                raw.several.is_some(),
                "options",
                raw.options.is_some(),
            ),
            (
                "tolerance",
                raw.tolerance.is_some(),
                "number",
                raw.number.is_some(),
            ),
            (
                "replies",
                raw.replies.is_some(),
                "number` or `endpoint",
                raw.number.is_some() || raw.endpoint.is_some(),
            ),
        ] {
            if present && !owned {
                let message = format!("`{key}` says something about `{owner}`, which is not here");
                self.find(Finding::new(Code::MixedKinds, &path.key(key), message).on_key());
            }
        }
    }

    fn answer(&mut self, raw: RawStep, path: &Path) -> Answer {
        if let Some(options) = raw.options {
            let at = path.key("options");
            let options = options.into_iter().enumerate();
            let options = options.map(|(i, option)| self.ask_option(option, &at.index(i)));
            return Answer::Choice {
                options: options.collect(),
                several: raw.several.unwrap_or(false),
            };
        }
        if let Some(value) = self.optional(raw.number, &path.key("number")) {
            let tolerance = raw.tolerance.unwrap_or(0.0);
            return Answer::Number { value, tolerance };
        }
        if let Some(endpoint) = self.optional(raw.endpoint, &path.key("endpoint")) {
            return Answer::Endpoint(endpoint);
        }
        match raw.order {
            Some(items) => Answer::Order(items),
            None => Answer::Text(raw.text.unwrap_or_default()),
        }
    }

    fn ask_option(&mut self, raw: RawOption, path: &Path) -> AskOption {
        for (key, present) in [
            ("claim", raw.claim.is_some()),
            ("misconception", raw.misconception.is_some()),
        ] {
            if present {
                let message = format!("`{key}` belongs to a prediction, not to a question");
                let help = "mark what is right with `correct: true`, or use `predict` and `run`";
                self.find(
                    Finding::new(Code::MixedKinds, &path.key(key), message)
                        .on_key()
                        .help(help),
                );
            }
        }
        AskOption {
            say: raw.say,
            correct: raw.correct.unwrap_or(false),
            because: raw.because,
        }
    }
}
