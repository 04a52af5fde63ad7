//! Ways out of a step and back into it: free play, the experiment for a misconception, `undo`. What
//! a detour changed is made anew, so that the step goes on as if it had not been left.
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::super::event::{Ask, Event};
use super::super::grade;
use super::super::plan::{self, Act};
use super::{Origin, Tutor, Waiting};
use crate::lang::Scope;
use crate::lesson::{Kind, Refutation, Step, WorldName};

/// Free play, and what waits for its end.
#[derive(Clone, Debug)]
pub(super) struct Playing {
    /// The question to come back to.
    back_to: Ask,
    /// What expressions saw when it began.
    before: Scope,
}

/// What the lab was when the learner was asked, and whether they have touched it since.
#[derive(Clone, Debug)]
pub(super) struct Stands {
    was: Scope,
    /// Whether a line of theirs has changed what no expression sees: the rules of a network.
    touched: bool,
    /// Whether they have run a line at all.
    ran: bool,
}

/// Whether a line changes a network, rather than sockets. Some verbs only look when little is said.
fn changes_a_network(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or_default();
    match verb {
        "world" | "filter" | "hosts" => words.next().is_some(),
        "sysctl" => words.nth(1).is_some(),
        "link" | "neighbour" => true,
        _ => false,
    }
}

/// Ports by the name they belong to and what they are to it.
pub(super) type Ports = BTreeMap<(String, &'static str), u64>;

impl Tutor {
    /// Takes back the last line of a task: everything is made anew, and the other lines run again.
    pub(super) fn undo(&mut self, ask: Ask) {
        let is_task = matches!(self.current().map(|step| &step.kind), Some(Kind::Task(_)));
        if self.step.typed.is_empty() || !is_task || self.step.settled {
            self.notice("There is nothing to take back here; `reset` starts the step afresh.");
            return self.wait_for(ask);
        }
        let Some(step) = self.current().cloned() else {
            return;
        };
        let replay = self.replayed();
        let dropped = self.step.replay.pop_back().unwrap_or_default();
        self.notice(format!("Taken back: {dropped}"));
        self.plan.extend(Foundation::of_step(&step).acts());
        self.plan.push_back(replay);
    }

    /// The lines of the task, to be run again in a lab that was made anew.
    fn replayed(&mut self) -> Act {
        self.step.before = lent(ports(&self.scope), &self.step.typed);
        self.step.replay = std::mem::take(&mut self.step.typed).into();
        Act::Replay
    }

    pub(super) fn replay_next(&mut self) {
        let Some(line) = self.step.replay.pop_front() else {
            return self.after_replay();
        };
        // The kernel gave other ports this time; the learner means the sockets.
        let line = renumbered(&line, &self.step.before, &ports(&self.scope));
        self.step.typed.push(line.clone());
        self.waiting = Waiting::Lab {
            line,
            origin: Origin::Replay,
        };
    }

    pub(super) fn after_replay(&mut self) {
        if !self.step.replay.is_empty() {
            return self.replay_next();
        }
        match self.current().map(|step| step.kind.clone()) {
            // The set-up ran anew and got other ports, so the task is said again.
            Some(Kind::Task(_)) => self.begin_task(),
            _ => self.wait_for(Ask::Continue),
        }
    }

    pub(super) fn play(&mut self, ask: Ask) {
        if self.playing.is_none() {
            self.playing = Some(Playing {
                back_to: ask,
                before: self.scope.clone(),
            });
        }
        self.emit(Event::Play { on: true });
        self.wait_for(Ask::Play);
    }

    pub(super) fn done_playing(&mut self, ask: Ask) {
        let Some(Playing { back_to, before }) = self.playing.take() else {
            self.notice("`done` ends `play`, and you are not playing; Enter or `next` goes on.");
            return self.wait_for(ask);
        };
        self.emit(Event::Play { on: false });
        match self.foundation(&back_to) {
            Some(foundation) if disturbed(&before, &self.scope) => {
                self.notice("Free play has changed the lab, so this step is set up anew.");
                self.rebuild(foundation, back_to);
            }
            _ => self.repeat_question(back_to),
        }
    }

    /// From here on, what the learner changes is to be made good before the lesson's lines run.
    pub(super) fn stand(&mut self) {
        self.step.stands = Some(Stands {
            was: self.scope.clone(),
            touched: false,
            ran: false,
        });
    }

    /// A line of the learner's own ran.
    pub(super) fn stirred(&mut self, line: &str) {
        let command = line.split_once('=').map_or(line, |(_, command)| command);
        let network = [line, command].into_iter().any(changes_a_network);
        if let Some(stands) = &mut self.step.stands {
            stands.ran = true;
            stands.touched |= network;
        }
    }

    /// The lesson's lines are about to run, in the lab that they were written for.
    pub(super) fn make_good(&mut self, back_to: &Ask) {
        let changed = self.has_changed_the_lab();
        self.step.stands = None;
        let Some(foundation) = self.foundation(back_to).filter(|_| changed) else {
            return;
        };
        self.notice("Your own lines have changed the lab, so this step is set up anew first.");
        let mut acts = foundation.acts();
        acts.push(Act::Prepared);
        for act in acts.into_iter().rev() {
            self.plan.push_front(act);
        }
    }

    /// Whether the learner's lines have changed what the question or the solution rests on.
    pub(super) fn has_changed_the_lab(&self) -> bool {
        let changed =
            |stands: &Stands| stands.touched || stands.ran && disturbed(&stands.was, &self.scope);
        self.step.stands.as_ref().is_some_and(changed)
    }

    /// A solution was written for the set-up, and is of no use in what the learner made of it.
    pub(super) fn solve_anew(&mut self) {
        let Some(foundation) = self.current().map(Foundation::of_step) else {
            return;
        };
        self.notice(
            "The solution begins with the set-up, and your own lines have changed the lab: this step is set up anew first.",
        );
        self.step.typed.clear();
        self.plan.extend(foundation.acts());
        self.plan.extend([Act::Prepared, Act::Solve]);
    }

    /// What must stand for a question to be answered; `None` when nothing depends on it any more.
    fn foundation(&self, back_to: &Ask) -> Option<Foundation> {
        match (back_to, &self.step.refutation) {
            (Ask::Continue, _) => None,
            (Ask::Run { .. }, Some(refutation)) => Some(Foundation {
                world: refutation.world,
                setup: refutation.setup.clone(),
                say: refutation.say.clone(),
            }),
            _ => self.current().map(Foundation::of_step),
        }
    }

    /// The set-up again, from a clean lab, then the question.
    fn rebuild(&mut self, foundation: Foundation, back_to: Ask) {
        let lines = match (&self.step.refutation, self.current().map(|step| &step.kind)) {
            (Some(refutation), _) => refutation.run.clone(),
            (None, Some(Kind::Run { lines })) => lines.clone(),
            _ => Vec::new(),
        };
        let question = match (back_to, self.current().map(|step| step.kind.name())) {
            (Ask::Run { .. }, _) => Act::Offer(lines),
            (_, Some("predict")) => Act::Predict,
            (_, Some("ask")) => Act::Ask,
            (_, Some("task")) => self.replayed(),
            (_, Some("visit")) => Act::Visit,
            (ask, _) => Act::Enter(ask),
        };
        let mut acts = foundation.acts();
        acts.extend([Act::Prepared, question]);
        for act in acts.into_iter().rev() {
            self.plan.push_front(act);
        }
    }

    /// After a detour the question has scrolled away; say it again.
    fn repeat_question(&mut self, ask: Ask) {
        match self.current().map(|step| step.kind.name()) {
            Some("predict") if !self.step.settled => self.ask_prediction(),
            Some("ask") if !self.step.settled => self.ask_recall(),
            Some("task") if !self.step.settled => self.waiting = Waiting::Look { begin: false },
            _ => self.wait_for(ask),
        }
    }

    pub(super) fn refute(&mut self, misconception: String, refutation: &Refutation) {
        if let Some(reason) = grade::lacking(&refutation.needs, &self.scope) {
            return self.emit(Event::RefutationSkipped {
                reason: format!("The experiment for this is left out here: {reason}."),
            });
        }
        let here = self.step_id().to_owned();
        self.refuted.insert(misconception.clone(), here);
        self.step.refutation = Some(Box::new(refutation.clone()));
        self.emit(Event::RefutationStarted { misconception });
        for act in plan::of_refutation(refutation).into_iter().rev() {
            self.plan.push_front(act);
        }
    }

    /// Where the experiment for a misconception was shown before, in words; in the step where that
    /// was, it is shown again to whoever came back for it.
    pub(super) fn refuted_before(&self, misconception: &str) -> Option<String> {
        let step = self.refuted.get(misconception)?;
        if step == self.step_id() {
            return None;
        }
        let at = self
            .lesson
            .steps
            .iter()
            .position(|known| known.id == *step)?;
        let title = self.lesson.steps.get(at)?.title.as_ref();
        let title = title.map_or_else(String::new, |title| format!(" ({title})"));
        Some(format!(
            "The experiment for this was shown at step {}{title}; `back` leads there.",
            self.number(at)
        ))
    }

    /// What the experiment opened goes, and what the step had opened went before it.
    pub(super) fn refutation_ended(&mut self) {
        self.step.refutation = None;
        self.emit(Event::RefutationEnded);
        self.notice(match self.refuted.len() {
            0 | 1 => {
                "The lab is empty now: the experiment had it for itself. `reset` starts this step afresh."
            }
            _ => "The lab is empty again; `reset` starts this step afresh.",
        });
        if let Some(step) = self.current() {
            self.plan.push_front(Act::Empty(step.world));
        }
    }
}

/// What a question stands on.
struct Foundation {
    world: WorldName,
    setup: Vec<String>,
    say: Option<String>,
}

impl Foundation {
    fn of_step(step: &Step) -> Self {
        Self {
            world: step.world,
            setup: step.setup.clone(),
            say: step.say.clone(),
        }
    }

    /// A clean lab with the set-up in it. A text with places is said again: it named the ports that
    /// are gone.
    fn acts(self) -> Vec<Act> {
        let mut acts = vec![Act::Empty(self.world)];
        acts.extend(self.setup.into_iter().map(Act::Quiet));
        let named = self.say.filter(|text| text.contains("{{"));
        acts.extend(named.map(Act::Text));
        acts
    }
}

/// Keys of an outcome that hold a port.
const PORT_KEYS: [&str; 2] = ["port", "peer_port"];

/// The ports behind the names of a scope.
fn ports(scope: &Scope) -> Ports {
    let own = scope
        .iter()
        .filter(|(name, _)| !Scope::RESERVED.contains(name));
    own.flat_map(|(name, value)| {
        PORT_KEYS.iter().filter_map(move |key| {
            let port = value.get(*key)?.as_u64()?;
            Some(((name.to_owned(), *key), port))
        })
    })
    .collect()
}

/// The same without those that stand in the line their name was given in: whoever typed them means the
/// number.
fn lent(mut ports: Ports, lines: &[String]) -> Ports {
    let typed = |name: &str, port: u64| {
        let names = |line: &&String| line.split_once('=').is_some_and(|(n, _)| n.trim() == name);
        lines.iter().filter(names).any(|line| {
            let mut numbers = numbers(line).into_iter();
            numbers.any(|at| line.get(at).and_then(|n| n.parse().ok()) == Some(port))
        })
    };
    ports.retain(|(name, _), port| !typed(name, *port));
    ports
}

/// A line in which whole numbers that were ports of names are the ports these names have now.
fn renumbered(line: &str, before: &Ports, now: &Ports) -> String {
    let new = |number: &str| {
        let old: u64 = number.parse().ok()?;
        let mut same = before.iter().filter(|(_, port)| **port == old);
        same.find_map(|(name, _)| now.get(name)).map(u64::to_string)
    };
    let mut renumbered = line.to_owned();
    // From behind, so that places before stay where they are.
    for at in numbers(line).into_iter().rev() {
        if let Some(port) = line.get(at.clone()).and_then(new) {
            renumbered.replace_range(at, &port);
        }
    }
    renumbered
}

/// The places of the numbers in a line that are not part of a word, an address or a fraction.
fn numbers(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    while let Some(digits) = line.get(end..).and_then(|rest| rest.find(is_digit)) {
        let start = end + digits;
        let rest = line.get(start..).unwrap_or_default();
        end = start + rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let behind = line.get(end..).and_then(|text| text.chars().next());
        if !joins(before) && !joins(behind) {
            found.push(start..end);
        }
    }
    found
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Whether a character makes a number beside it part of a word, an address or a fraction.
fn joins(beside: Option<char>) -> bool {
    beside.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_'))
}

/// Whether what a step rests on is not what it was: a socket came, went or changed its state. What
/// others did (visits to a server) is no disturbance, and neither is a look.
fn disturbed(before: &Scope, now: &Scope) -> bool {
    let seen = |scope: &Scope| -> BTreeMap<String, Value> {
        let names = scope.iter();
        let stands = names.filter(|(name, _)| !["last", "machine"].contains(name));
        stands
            .map(|(name, value)| (name.to_owned(), standing(value)))
            .collect()
    };
    seen(before) != seen(now)
}

/// A value without what changes by itself.
fn standing(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map
                .iter()
                .filter(|(key, _)| !["visits", "requests"].contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        }
        Value::Array(all) => all.iter().map(standing).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope(names: &[(&str, Value)]) -> Scope {
        let mut scope = Scope::new();
        for (name, value) in names {
            scope.insert(*name, value.clone());
        }
        scope
    }

    #[test]
    fn a_line_follows_the_ports_of_its_names() {
        let before = ports(&scope(&[
            ("server", json!({"port": 40_001})),
            ("client", json!({"port": 40_002, "peer_port": 40_001})),
            ("other", json!({"port": 40_003})),
            ("last", json!({"port": 7})),
        ]));
        let now = ports(&scope(&[
            ("server", json!({"port": 40_003})),
            ("other", json!({"port": 40_005})),
        ]));
        for (line, expected) in [
            ("connect 127.0.0.1:40001", "connect 127.0.0.1:40003"),
            ("connect 40003", "connect 40005"),
            (
                "connect [::1]:40001 --from 127.0.0.1:40003",
                "connect [::1]:40003 --from 127.0.0.1:40005",
            ),
            // `client` is not there yet, so its own port has no successor.
            ("connect 127.0.0.1:40002", "connect 127.0.0.1:40002"),
            ("listen 127.0.0.1:7", "listen 127.0.0.1:7"),
            // Part of something else is no port.
            (
                "send c 140001 400010 40001ms a40001 1.40001 40001.5",
                "send c 140001 400010 40001ms a40001 1.40001 40001.5",
            ),
            ("who 40001", "who 40003"),
            ("x = listen ä40001ö 0", "x = listen ä40001ö 0"),
            ("", ""),
        ] {
            assert_eq!(renumbered(line, &before, &now), expected);
        }
    }

    #[test]
    fn a_number_that_was_typed_stays() {
        let before = ports(&scope(&[
            ("server", json!({"port": 40_001})),
            ("client", json!({"port": 40_002, "peer_port": 40_001})),
            ("service", json!({"port": 8081})),
        ]));
        let lines = [
            "service = listen 127.0.0.1:80",
            "client = connect 127.0.0.1:40001",
            "service=bind 127.0.0.1:8081",
        ];
        let before = lent(before, &lines.map(str::to_owned));
        let now = ports(&scope(&[
            ("server", json!({"port": 40_003})),
            ("service", json!({"port": 80})),
        ]));
        let replayed = lines.map(|line| renumbered(line, &before, &now));
        assert_eq!(
            replayed,
            [lines[0], "client = connect 127.0.0.1:40003", lines[2]]
        );
        let kept: Vec<_> = before.into_keys().collect();
        let key = |name: &str| (name.to_owned(), "port");
        assert_eq!(kept, [key("client"), key("server")]);
    }

    #[test]
    fn looking_disturbs_nothing() {
        let server = |key: &str, value: Value| {
            let mut server = json!({"open": true, "state": "LISTEN", "queue": 0, "visits": 0});
            server
                .as_object_mut()
                .unwrap()
                .insert(key.to_owned(), value);
            server
        };
        let before = scope(&[("server", server("visits", json!(0))), ("last", json!(1))]);
        let look = scope(&[("server", server("visits", json!(3))), ("last", json!(2))]);
        assert!(!disturbed(&before, &look));
        for after in [
            scope(&[]),
            scope(&[("server", server("queue", json!(1)))]),
            scope(&[("server", server("open", json!(false)))]),
            scope(&[("server", server("visits", json!(0))), ("mine", json!(1))]),
        ] {
            assert!(disturbed(&before, &after), "{after:?}");
        }
    }
}
