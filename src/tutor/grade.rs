//! Judging: predictions by the kernel's answer, goals, known wrong turns, recalls.
//!
//! Pure functions of the lesson and of what the lab saw. An expression that cannot be computed
//! counts as not holding, and its message becomes the reason.
use crate::lang::{Expr, Scope, Template, parse_line};
use crate::lesson::{Answer, AskOption, Explain, Goal, Need, PredictOption, Question, Trap};
use crate::net::Endpoint;

use super::event::GoalState;

/// Whether an expression holds, and why or why not.
pub(super) fn holds(expression: &Expr, scope: &Scope) -> (bool, String) {
    match expression.verdict(scope) {
        Ok(verdict) => (verdict.holds, verdict.why),
        Err(error) => (false, error.message),
    }
}

/// A text with its places filled; a text that cannot be filled is shown as it was written.
pub(super) fn fill(text: &str, scope: &Scope) -> String {
    Template::unchecked(text)
        .render(scope)
        .unwrap_or_else(|_| text.to_owned())
}

/// A lab line with its places filled, unless they use names that are not there yet.
pub(super) fn fill_line(line: &str, scope: &Scope) -> String {
    if is_known(line, scope) {
        fill(line, scope)
    } else {
        line.to_owned()
    }
}

/// Whether the places of a text use only names that are there.
fn is_known(text: &str, scope: &Scope) -> bool {
    let names = Template::unchecked(text).names();
    names.iter().all(|name| scope.get(name).is_some())
}

/// Which options came true, and why each one did or did not.
pub(super) fn options(options: &[PredictOption], scope: &Scope) -> Vec<(bool, String)> {
    options
        .iter()
        .map(|option| holds(&option.claim, scope))
        .collect()
}

/// How each goal stands.
pub(super) fn goals(goals: &[Goal], scope: &Scope) -> Vec<GoalState> {
    let state = |goal: &Goal| {
        let (met, observed) = holds(&goal.check, scope);
        // A name that is not there yet is a better reason than a text that needs it, or needs what it
        // has not got.
        let fits = |text: &&String| !met && is_known(text, scope);
        let told = goal.otherwise.as_ref().filter(fits);
        let told = told.and_then(|text| Template::unchecked(text).render_whole(scope).ok());
        GoalState {
            say: fill(&goal.say, scope),
            met,
            why: told.map_or(observed, |text| text.trim().to_owned()),
        }
    };
    goals.iter().map(state).collect()
}

/// The text of the first explanation that fits.
pub(super) fn explanation(explain: &[Explain], scope: &Scope) -> Option<String> {
    let fits = |e: &&Explain| e.when.as_ref().is_none_or(|when| holds(when, scope).0);
    explain.iter().find(fits).map(|e| fill(&e.say, scope))
}

/// The known wrong turn a line took: by its traces in the scope, or because it is that very line.
pub(super) fn trap(traps: &[Trap], line: &str, scope: &Scope) -> Option<String> {
    let took = |trap: &&Trap| match &trap.when {
        Some(when) => holds(when, scope).0,
        None => trap
            .run
            .last()
            .is_some_and(|run| same_command(&fill(run, scope), line)),
    };
    traps.iter().find(took).map(|trap| fill(&trap.says, scope))
}

fn same_command(one: &str, other: &str) -> bool {
    match (parse_line(one), parse_line(other)) {
        (Ok(Some(one)), Ok(Some(other))) => one.command == other.command,
        _ => false,
    }
}

/// Why a step cannot be done on this machine; `None` when it can.
pub(super) fn lacking(needs: &[Need], scope: &Scope) -> Option<String> {
    let machine = |key: &str| scope.get("machine").and_then(|m| m.get(key));
    let yes = |key: &str| {
        machine(key)
            .and_then(serde_json::Value::as_bool)
            .unwrap_or(false)
    };
    let lacks = |need: &&Need| match need {
        Need::Linux => machine("os").and_then(|os| os.as_str()) != Some("linux"),
        Need::Ipv6 => !yes("ipv6"),
        Need::Private => !yes("private"),
        Need::User => yes("root"),
        Need::PortRange => !yes("port_range_option"),
    };
    let refusal = || machine("private_refusal")?.as_str().map(str::to_owned);
    let why = match needs.iter().find(lacks)? {
        Need::Linux => "it needs a Linux kernel",
        Need::Ipv6 => "it needs IPv6, and ::1 cannot be used here",
        Need::Private => {
            let why = refusal().unwrap_or_else(|| "the kernel's settings forbid one".to_owned());
            return Some(format!(
                "it needs a network of its own, and {why}; `looplab doctor` says what would allow it"
            ));
        }
        Need::User => "it shows what an ordinary user may not do, and this session runs as root",
        Need::PortRange => "it needs IP_LOCAL_PORT_RANGE, which came with Linux 6.3",
    };
    Some(why.to_owned())
}

/// What was made of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Right.
    Right,
    /// Wrong, with a remark on this very answer where there is one.
    Wrong(Option<String>),
    /// Not an answer; what would be.
    Unreadable(String),
}

/// Judges a typed answer to a recall.
pub(super) fn answer(question: &Question, typed: &str, scope: &Scope) -> Judged {
    match judged(&question.answer, typed, scope) {
        Judged::Wrong(None) => Judged::Wrong(reply(question, typed, scope)),
        judged => judged,
    }
}

/// What the lesson has to say to this wrong answer.
fn reply(question: &Question, typed: &str, scope: &Scope) -> Option<String> {
    let is_given = |to: &Expr| match &question.answer {
        Answer::Number { .. } => judged_number(to, 0.0, typed, scope) == Judged::Right,
        Answer::Endpoint(_) => judged_endpoint(to, typed, scope) == Judged::Right,
        _ => false,
    };
    let reply = question.replies.iter().find(|reply| is_given(&reply.to))?;
    Some(reply.say.clone())
}

fn judged(answer: &Answer, typed: &str, scope: &Scope) -> Judged {
    match answer {
        Answer::Choice { options, several } => match letters(typed, options.len()) {
            Some(chosen) if !several && chosen.len() != 1 => {
                Judged::Unreadable(one_letter(options.len()))
            }
            None => Judged::Unreadable(wanted_letters(options.len(), *several)),
            Some(chosen) => choice(options, &chosen),
        },
        Answer::Number { value, tolerance } => judged_number(value, *tolerance, typed, scope),
        Answer::Text(accepted) => {
            let same = |text: &String| fill(text, scope).trim().eq_ignore_ascii_case(typed.trim());
            right_if(accepted.iter().any(same))
        }
        Answer::Endpoint(value) => judged_endpoint(value, typed, scope),
        Answer::Order(items) => match letters(typed, items.len()) {
            Some(chosen) if chosen.len() == items.len() => order(&chosen),
            _ => Judged::Unreadable(format!("type all {} letters in order", items.len())),
        },
    }
}

/// How far an order is right helps more than that it is wrong.
fn order(chosen: &[usize]) -> Judged {
    let right = (0..chosen.len()).map(|item| shown_at(item, chosen.len()));
    let held = chosen
        .iter()
        .zip(right)
        .take_while(|(chosen, right)| *chosen == right)
        .count();
    match held {
        all if all == chosen.len() => Judged::Right,
        0 => Judged::Wrong(Some("Something else comes first.".to_owned())),
        1 => Judged::Wrong(Some(
            "The first one is right, and then it differs.".to_owned(),
        )),
        some => Judged::Wrong(Some(format!(
            "The first {some} are right, and then it differs."
        ))),
    }
}

fn judged_endpoint(value: &Expr, typed: &str, scope: &Scope) -> Judged {
    match Endpoint::parse(typed.trim()) {
        Err(error) => Judged::Unreadable(error.to_string()),
        Ok(endpoint) => right_if(value.typed(scope) == endpoint.to_string()),
    }
}

fn right_if(right: bool) -> Judged {
    if right {
        Judged::Right
    } else {
        Judged::Wrong(None)
    }
}

fn choice(options: &[AskOption], chosen: &[usize]) -> Judged {
    let right = |i: usize, correct: bool| chosen.contains(&i) == correct;
    if options
        .iter()
        .enumerate()
        .all(|(i, option)| right(i, option.correct))
    {
        return Judged::Right;
    }
    let wrong = chosen
        .iter()
        .filter_map(|i| options.get(*i))
        .find(|option| !option.correct);
    Judged::Wrong(match wrong {
        Some(option) => option.because.clone(),
        None => Some("Right as far as it goes, and not all of it yet.".to_owned()),
    })
}

fn judged_number(value: &Expr, tolerance: f64, typed: &str, scope: &Scope) -> Judged {
    let digits: String = typed
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | ','))
        .collect();
    let wanted = value.value(scope).ok().and_then(|v| v.as_f64());
    match (digits.parse::<f64>(), wanted) {
        (Ok(given), Some(wanted)) => right_if((given - wanted).abs() <= tolerance + 1e-9),
        _ => Judged::Unreadable("type a number, in digits".to_owned()),
    }
}

/// The right answer in words.
pub(super) fn solution(answer: &Answer, scope: &Scope) -> String {
    match answer {
        Answer::Choice { options, .. } => {
            let right = options
                .iter()
                .enumerate()
                .filter(|(_, option)| option.correct);
            let right: Vec<_> = right.collect();
            let said = |(i, option): &(usize, &AskOption)| match right.len() {
                1 => format!("{} {}", letter(*i), option.say),
                // What follows is another answer, not another sentence.
                _ => format!(
                    "{} {}",
                    letter(*i),
                    option.say.trim_end().trim_end_matches('.')
                ),
            };
            right.iter().map(said).collect::<Vec<_>>().join("; ")
        }
        Answer::Number { value, .. } | Answer::Endpoint(value) => value.typed(scope),
        Answer::Text(accepted) => accepted.first().map(|t| fill(t, scope)).unwrap_or_default(),
        Answer::Order(items) => items.join(" → "),
    }
}

/// Why the right answer is right, as far as its options say.
pub(super) fn reasons(answer: &Answer) -> Vec<&str> {
    match answer {
        Answer::Choice { options, .. } => options
            .iter()
            .filter(|option| option.correct)
            .filter_map(|option| option.because.as_deref())
            .collect(),
        _ => Vec::new(),
    }
}

/// The letter of an option.
pub fn letter(index: usize) -> char {
    u8::try_from(index)
        .ok()
        .and_then(|i| char::from_digit(u32::from(i) + 10, 36))
        .unwrap_or('?')
}

/// One or more letters, in any spelling: `b`, `a, c`, `bca`.
pub(super) fn letters(typed: &str, options: usize) -> Option<Vec<usize>> {
    let plain = typed.to_ascii_lowercase().replace(" and ", " ");
    let index = |c: char| {
        let index = usize::try_from(u32::from(c).checked_sub(u32::from('a'))?).ok()?;
        (index < options).then_some(index)
    };
    let chosen: Vec<usize> = plain
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | ')' | '.' | '-' | '>'))
        .map(index)
        .collect::<Option<_>>()?;
    let mut seen = chosen.clone();
    seen.sort_unstable();
    seen.dedup();
    (!chosen.is_empty() && seen.len() == chosen.len()).then_some(chosen)
}

/// What to type where letters are expected.
pub(super) fn wanted_letters(options: usize, several: bool) -> String {
    if several {
        let last = letter(options.saturating_sub(1));
        return match options {
            2 => "type a or b, or both".to_owned(),
            _ => format!("type one letter or more, from a to {last}"),
        };
    }
    one_letter(options)
}

/// What to type where one letter is expected.
pub(super) fn one_letter(options: usize) -> String {
    let last = letter(options.saturating_sub(1));
    match options {
        2 => "type a or b".to_owned(),
        _ => format!("type a letter from a to {last}"),
    }
}

/// Where the item that belongs at place `item` is shown. Items to be ordered are shown with the
/// even places first, backwards: never in the right order, and the same every time.
pub(super) fn shown_at(item: usize, items: usize) -> usize {
    shown_order(items)
        .iter()
        .position(|shown| *shown == item)
        .unwrap_or(item)
}

/// The items in the order in which they are shown.
pub fn shown_order(items: usize) -> Vec<usize> {
    let odd = (0..items).filter(|i| i % 2 == 1);
    let even = (0..items).rev().filter(|i| i % 2 == 0);
    odd.chain(even).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Reply;

    #[test]
    fn letters_in_every_spelling() {
        for (typed, expected) in [
            ("b", Some(vec![1])),
            ("A", Some(vec![0])),
            ("a, c", Some(vec![0, 2])),
            ("c and a", Some(vec![2, 0])),
            ("bca", Some(vec![1, 2, 0])),
            ("d", None),
            ("aa", None),
            ("", None),
            ("listen", None),
        ] {
            assert_eq!(letters(typed, 3), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_goal_says_why_in_its_own_words_once_their_names_are_there() {
        let goal = Goal {
            say: "there is no RST".to_owned(),
            check: Expr::unchecked("rst == 0"),
            otherwise: Some("packet {{ rst }} is one".to_owned()),
        };
        let empty = Goal {
            otherwise: Some("it is {{ rst.name }}".to_owned()),
            ..goal.clone()
        };
        let mut scope = Scope::new();
        scope.insert("rst", 8.into());
        let state = goals(&[empty], &scope).remove(0);
        assert!(!state.why.starts_with("it is "), "{}", state.why);
        let mut scope = Scope::new();
        let mut why = |rst: Option<u32>| {
            if let Some(rst) = rst {
                scope.insert("rst", rst.into());
            }
            let state = goals(std::slice::from_ref(&goal), &scope).remove(0);
            (state.met, state.why)
        };
        assert_eq!(why(None), (false, "nothing is called `rst` yet".to_owned()));
        assert_eq!(why(Some(8)), (false, "packet 8 is one".to_owned()));
        // What is told of a goal that is met is what was seen.
        let (met, seen) = why(Some(0));
        assert!(met && !seen.contains("packet"), "{seen}");
    }

    #[test]
    fn what_to_type_where_letters_are_wanted() {
        for (options, one, several) in [
            (2, "type a or b", "type a or b, or both"),
            (
                4,
                "type a letter from a to d",
                "type one letter or more, from a to d",
            ),
        ] {
            assert_eq!(wanted_letters(options, false), one);
            assert_eq!(wanted_letters(options, true), several);
        }
    }

    #[test]
    fn right_answers_are_told_with_their_reasons() {
        let option = |say: &str, correct, because: &str| AskOption {
            say: say.to_owned(),
            correct,
            because: (!because.is_empty()).then(|| because.to_owned()),
        };
        let mut options = vec![
            option("One.", true, "First."),
            option("Two.", false, "Never."),
            option("Three.", false, "Third."),
        ];
        let choice = |options: &[AskOption]| Answer::Choice {
            options: options.to_vec(),
            several: true,
        };
        let one = choice(&options);
        assert_eq!(solution(&one, &Scope::new()), "a One.");
        assert_eq!(reasons(&one), ["First."]);
        options[2].correct = true;
        let two = choice(&options);
        assert_eq!(solution(&two, &Scope::new()), "a One; c Three");
        assert_eq!(reasons(&two), ["First.", "Third."]);
    }

    #[test]
    fn an_order_is_never_shown_solved() {
        for items in 2..7 {
            let shown = shown_order(items);
            assert_ne!(shown, (0..items).collect::<Vec<_>>());
            let answer = Answer::Order(shown.iter().map(ToString::to_string).collect());
            let typed: String = (0..items)
                .map(|item| letter(shown_at(item, items)))
                .collect();
            assert_eq!(
                judged(&answer, &typed, &Scope::new()),
                Judged::Right,
                "{items}"
            );
        }
    }

    #[test]
    fn an_order_is_told_how_far_it_is_right() {
        let letters = |items: &[usize]| items.iter().map(|i| shown_at(*i, 4)).collect::<Vec<_>>();
        let said = |items: &[usize]| match order(&letters(items)) {
            Judged::Wrong(said) => said.unwrap_or_default(),
            other => format!("{other:?}"),
        };
        assert_eq!(said(&[0, 1, 2, 3]), "Right");
        assert_eq!(said(&[1, 0, 2, 3]), "Something else comes first.");
        assert!(said(&[0, 2, 1, 3]).starts_with("The first one is right"));
        assert!(said(&[0, 1, 3, 2]).starts_with("The first 2 are right"));
    }

    #[test]
    fn numbers_as_people_write_them() {
        let question = Question {
            text: "How many?".to_owned(),
            answer: Answer::Number {
                value: Expr::unchecked("28232"),
                tolerance: 0.0,
            },
            replies: vec![Reply {
                to: Expr::unchecked("28231 + 2"),
                say: "One too many.".to_owned(),
            }],
            because: None,
        };
        for typed in ["28232", "28 232", "28,232", "28_232"] {
            assert_eq!(
                answer(&question, typed, &Scope::new()),
                Judged::Right,
                "{typed}"
            );
        }
        assert_eq!(
            answer(&question, "28234", &Scope::new()),
            Judged::Wrong(None)
        );
        assert_eq!(
            answer(&question, "28,233", &Scope::new()),
            Judged::Wrong(Some("One too many.".to_owned()))
        );
        assert!(matches!(
            answer(&question, "many", &Scope::new()),
            Judged::Unreadable(_)
        ));
    }
}
