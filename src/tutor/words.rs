//! The words of the walk: what can be typed besides lab lines, and what each one does.

/// A line at a lesson's prompt, once it is clear that it is no lab line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Next,
    Back,
    Hint,
    Solution,
    Skip,
    Undo,
    Restart,
    Play,
    Done,
    Menu,
    Notes,
    Help(Option<String>),
    Quit,
}

/// Every word with its meaning, in the order `help` shows them.
pub const WORDS: &[(&str, &str)] = &[
    ("next", "go on; Enter alone does the same"),
    ("back", "return to the step before"),
    ("hint", "one more hint, from gentle to plain"),
    (
        "solution",
        "put the solution at the prompt; Enter then runs it",
    ),
    ("skip", "let the program perform this step, then go on"),
    ("undo", "take back your last line of this task"),
    ("reset", "start this step afresh"),
    ("play", "try anything in the lab; `done` returns here"),
    ("notes", "show the instructor's notes"),
    ("menu", "leave to the list of lessons; your place is kept"),
    ("help", "this list; `help listen` explains one verb"),
    ("quit", "leave; the next start continues here"),
];

impl Word {
    /// Reads a line. `reset NAME` is the lab's verb, so only a bare `reset` is a word of the walk.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let first = words.next()?.to_ascii_lowercase();
        let rest = words.next().map(str::to_owned);
        if first == "help" || first == "?" {
            return Some(Self::Help(rest));
        }
        if rest.is_some() {
            return None;
        }
        Some(match &*first {
            "next" => Self::Next,
            "back" => Self::Back,
            "hint" => Self::Hint,
            "solution" => Self::Solution,
            "skip" => Self::Skip,
            "undo" => Self::Undo,
            "reset" | "restart" => Self::Restart,
            "play" => Self::Play,
            "done" => Self::Done,
            "menu" => Self::Menu,
            "notes" => Self::Notes,
            "quit" | "exit" | "q" => Self::Quit,
            _ => return None,
        })
    }
}

/// Whether a line is meant for the lab: it names its outcome, or begins with a verb.
pub(super) fn is_lab_line(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    // Alone, `reset` starts the step afresh; the verb of that name needs something to reset.
    if line.trim() == "reset" {
        return false;
    }
    let verb = crate::lang::verb_names().contains(&first);
    let named = line
        .split_once('=')
        .is_some_and(|(name, _)| crate::lang::is_name(name.trim()) && !line.contains("=="));
    verb || named || first.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lab_lines_do_not_meet() {
        assert_eq!(Word::parse("reset"), Some(Word::Restart));
        assert_eq!(Word::parse("reset client"), None);
        assert_eq!(Word::parse("restart"), Some(Word::Restart));
        assert_eq!(Word::parse("q"), Some(Word::Quit));
        assert!(!is_lab_line("reset") && !is_lab_line(" reset "));
        assert!(is_lab_line("reset client") && is_lab_line("a = listen 0") && is_lab_line("range"));
        assert_eq!(
            Word::parse("help listen"),
            Some(Word::Help(Some("listen".to_owned())))
        );
        for (word, _) in WORDS {
            assert!(Word::parse(word).is_some(), "{word}");
        }
        for line in ["b", "127.0.0.1:80", "a c", "42"] {
            assert!(!is_lab_line(line), "{line}");
        }
    }
}
