//! A walk in words, where a sentence needs to know what was before: the prediction that is graded,
//! the operation that failed, what the connections of a step did.
use super::hints::{Reader, hint};
use super::walk::{asked, choice, tell};
use super::{fact, looking, reference, say};
use crate::lang::{Author, CounterReading, Fact, Failure, Network, Outcome, Role as End};
use crate::render::block::Block;
use crate::render::diagram::Ends;
use crate::render::highlight::highlight;
use crate::render::line::Line;
use crate::render::sequence::Sequence;
use crate::render::style::Role;
use crate::tutor::{Ask, Event};

/// Tells a walk, and remembers of it what later sentences need.
#[derive(Debug, Default)]
pub(in crate::render) struct Narrator {
    /// Whether drawings are wanted beside the words.
    drawings: bool,
    /// Who is asked for lines.
    reader: Reader,
    /// The option the learner chose, and its text.
    predicted: Option<(usize, String)>,
    /// Whether the last question was a prediction.
    predicting: bool,
    /// How the last line failed.
    failed: Option<Failure>,
    /// What the connections of this step did.
    sequence: Sequence,
    /// Which kind of step it is; empty outside a lesson.
    kind: &'static str,
    /// Whose the line to come is.
    whose: Whose,
    /// Whether this step has shown a four-tuple.
    ends_drawn: bool,
    /// Steps that are left out for one reason, one after the other: how many, and what is said of it.
    left_out: Option<(usize, String)>,
    /// The last reading of counters in this step.
    counted: Option<(Network, CounterReading)>,
}

/// Whose a line is.
#[derive(Clone, Copy, Debug, Default)]
enum Whose {
    /// The learner's, at the lesson's question, or outside a lesson.
    #[default]
    Learner,
    /// The lesson's own.
    Lesson,
    /// The learner's, in free play beside the lesson.
    Player,
}

impl Narrator {
    pub(in crate::render) fn new(drawings: bool) -> Self {
        Self {
            drawings,
            ..Self::default()
        }
    }

    /// Who is asked for lines from now on.
    pub(in crate::render) fn set_reader(&mut self, reader: Reader) {
        self.reader = reader;
    }

    /// An event in words.
    pub(in crate::render) fn tell(&mut self, event: &Event) -> Vec<Block> {
        let mut blocks = self.collected(event);
        blocks.extend(self.told(event));
        blocks
    }

    /// What is to be said of steps that were left out, once no more of them follow for that reason.
    fn collected(&mut self, event: &Event) -> Vec<Block> {
        match event {
            Event::StepDone { .. } => return Vec::new(),
            Event::StepSkipped { reason, .. } => match &mut self.left_out {
                Some((count, same)) if same == reason => {
                    *count += 1;
                    return Vec::new();
                }
                _ => {}
            },
            _ => {}
        }
        let next = match event {
            Event::StepSkipped { reason, .. } => Some((1, reason.clone())),
            _ => None,
        };
        let Some((count, reason)) = std::mem::replace(&mut self.left_out, next) else {
            return Vec::new();
        };
        let said = match (count, reason.strip_prefix("This step is")) {
            (2.., Some(rest)) => format!("{count} steps are{rest}"),
            _ => reason,
        };
        vec![Block::Gap, Block::Remark(Line::marked(&said))]
    }

    fn told(&mut self, event: &Event) -> Vec<Block> {
        match event {
            Event::StepStarted {
                number,
                total,
                title,
                kind,
                ..
            } => {
                let reader = self.reader;
                // What was left out is told by now.
                *self = Self::new(self.drawings);
                self.reader = reader;
                self.kind = kind;
                let title = title.as_ref().map(|title| Line::of(Role::Heading, title));
                vec![Block::Gap, Block::Progress(*number, *total, title)]
            }
            // Only a line editor can type for somebody; elsewhere an empty line stands for it.
            Event::Solution { lines } if !self.drawings => {
                let mut blocks = vec![fact(Line::from("the solution; Enter runs it:"))];
                blocks.extend(lines.iter().map(|line| Block::Command(highlight(line))));
                blocks
            }
            // What is open no more has no place in a drawing of what came of the step.
            Event::Emptied => {
                self.sequence = Sequence::default();
                Vec::new()
            }
            Event::Command { author, .. } => {
                if *author == Author::Lesson {
                    self.whose = Whose::Lesson;
                }
                tell(event)
            }
            Event::Play { on } => {
                self.whose = if *on { Whose::Player } else { Whose::Learner };
                tell(event)
            }
            Event::Outcome { outcome, .. } => self.outcome(outcome),
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
                let whose = match self.reader {
                    Reader::Instructor => "the room predicts",
                    _ => "you predict",
                };
                vec![choice(whose, *option, text)]
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
                blocks.extend(reference::behind_a_failure(card, self.failed.as_ref()));
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
        blocks.push(Block::Remark(Line::from(&*hint(
            ask,
            self.predicting,
            self.reader,
        ))));
        blocks
    }

    fn outcome(&mut self, outcome: &Outcome) -> Vec<Block> {
        let mut blocks = match outcome.fact() {
            Some(Fact::Counters(reading)) => self.counters(outcome.network, reading),
            _ => say(outcome),
        };
        self.failed = outcome.failure().cloned();
        let tells = self.is_told_of();
        if tells {
            self.sequence.add(outcome);
        } else {
            self.sequence.add_listener(outcome);
        }
        if self.drawings && tells && !self.ends_drawn {
            let drawn = self.ends(outcome).map(Block::Ends);
            self.ends_drawn = drawn.is_some();
            blocks.extend(drawn);
        }
        blocks
    }

    /// Whether the lesson's texts are about this line: what a learner tries beside a lesson's own lines
    /// has no place in its explanation.
    fn is_told_of(&mut self) -> bool {
        match (self.whose, self.kind) {
            (Whose::Player, _) => false,
            (Whose::Lesson, _) => {
                self.whose = Whose::Learner;
                true
            }
            (Whose::Learner, kind) => ["", "task", "visit"].contains(&kind),
        }
    }

    /// A second reading tells the difference; the whole list again would hide it.
    /// Each network counts for itself.
    fn counters(&mut self, network: Network, reading: &CounterReading) -> Vec<Block> {
        let earlier = self.counted.replace((network, reading.clone()));
        let mut blocks = looking::counters(reading);
        let same = |(its, earlier): &(Network, CounterReading)| {
            *its == network && earlier.interface == reading.interface
        };
        if let Some((_, earlier)) = earlier.filter(same) {
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
        // Two boxes for one socket would tell of two.
        let itself = end.local == end.peer;
        if end.role == End::Server || end.local.inet().is_none() || itself {
            return None;
        }
        let client = outcome.name.as_deref().unwrap_or("client");
        let server = self
            .sequence
            .listener(outcome.network, &end.peer)
            .unwrap_or("peer");
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
            let whose = match self.reader {
                Reader::Instructor => "the room predicted",
                _ => "you predicted",
            };
            blocks.push(choice(whose, option, &text.unwrap_or_default()));
        }
        for (option, text) in came_true.iter().zip(truth) {
            blocks.push(choice("this machine did", *option, text));
        }
        match chosen {
            Some(option) if came_true.contains(&option) => {
                let says = match self.reader {
                    Reader::Instructor => "as the room predicted",
                    _ => "as you predicted",
                };
                blocks.push(fact(Line::of(Role::Ok, says)));
            }
            Some(_) if !came_true.is_empty() => {
                let line = Line::of(Role::Surprise, "it went another way");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Observed, OwnConnection, OwnSocket};
    use crate::net::Endpoint;

    #[test]
    fn a_second_reading_tells_the_difference() {
        let reading_in = |world, packets: u64| {
            let network = Network {
                world,
                neighbour: false,
            };
            let protocol = [
                ("TcpOutRsts".to_owned(), packets),
                ("UdpNoPorts".to_owned(), 7),
            ];
            let outcome = Outcome {
                name: None,
                verb: "counters",
                took: std::time::Duration::ZERO,
                replaced: false,
                network,
                result: Observed::Done(Fact::Counters(CounterReading {
                    interface: "lo".to_owned(),
                    rx_packets: packets,
                    rx_bytes: 60 * packets,
                    tx_packets: packets,
                    tx_bytes: 60 * packets,
                    protocol: protocol.into(),
                })),
            };
            Event::Outcome {
                line: String::new(),
                outcome: Box::new(outcome),
            }
        };
        let reading = |packets| reading_in(0, packets);
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
            first.ends_with("protocols, on all interfaces: TcpOutRsts 10, UdpNoPorts 7"),
            "{first}"
        );
        let second = said(narrator.tell(&reading(14)));
        assert!(
            second.contains("received +4 packets, +240 bytes"),
            "{second}"
        );
        assert!(second.ends_with("changed: TcpOutRsts +4"), "{second}");
        let elsewhere = said(narrator.tell(&reading_in(1, 2)));
        assert!(
            elsewhere.ends_with("protocols, on all interfaces: TcpOutRsts 2, UdpNoPorts 7"),
            "{elsewhere}"
        );
    }

    #[test]
    fn steps_left_out_for_one_reason_are_told_at_once() {
        let skipped = |reason: &str| Event::StepSkipped {
            step: "s".to_owned(),
            reason: format!("This step is left out here: {reason}."),
        };
        let done = || Event::StepDone {
            step: "s".to_owned(),
            result: crate::tutor::StepResult::NotHere,
        };
        let started = || Event::StepStarted {
            step: "t".to_owned(),
            title: None,
            number: 1,
            total: 2,
            kind: "say",
        };
        let mut narrator = Narrator::new(false);
        let mut remarks = |events: &[Event]| {
            let blocks = events.iter().flat_map(|event| narrator.tell(event));
            let said = blocks.filter_map(|block| match block {
                Block::Remark(line) => Some(line.as_str().to_owned()),
                _ => None,
            });
            said.collect::<Vec<_>>()
        };
        let three = [
            skipped("a"),
            done(),
            skipped("a"),
            done(),
            skipped("b"),
            done(),
        ];
        assert_eq!(
            remarks(&[&three[..], &[started()]].concat()),
            [
                "2 steps are left out here: a.",
                "This step is left out here: b."
            ]
        );
        assert_eq!(remarks(&[started()]), Vec::<String>::new());
    }

    #[test]
    fn an_explanation_draws_what_it_is_about() {
        use Author::{Learner, Lesson};
        let end = |name: &str, ports: [u16; 2]| {
            let [local, peer] = ports.map(Endpoint::loopback);
            let end = OwnConnection {
                role: End::Client,
                address: "127.0.0.1".to_owned(),
                port: Some(ports[0]),
                peer_port: Some(ports[1]),
                peer_pid: None,
                peer_uid: None,
                options: Vec::new(),
                local,
                peer,
            };
            (name.to_owned(), Fact::Connection(end))
        };
        let sent = |name: &str| {
            let sent = crate::lang::Sent {
                socket: name.to_owned(),
                bytes: 5,
                wanted: 5,
                to: None,
            };
            (name.to_owned(), Fact::Sent(sent))
        };
        let draws = |kind, author, played: bool, emptied: bool, ports| {
            let mut narrator = Narrator::new(true);
            narrator.tell(&Event::StepStarted {
                step: "s".to_owned(),
                title: None,
                number: 1,
                total: 1,
                kind,
            });
            narrator.tell(&Event::Play { on: played });
            let lines = [end("x", ports), sent("x"), sent("x"), sent("x"), sent("x")];
            for (name, fact) in lines {
                let line = String::new();
                if author == Lesson {
                    let line = line.clone();
                    narrator.tell(&Event::Command { line, author });
                }
                let outcome = Outcome {
                    name: Some(name),
                    verb: "send",
                    took: std::time::Duration::ZERO,
                    replaced: false,
                    network: Network::default(),
                    result: Observed::Done(fact),
                };
                let outcome = Box::new(outcome);
                narrator.tell(&Event::Outcome { line, outcome });
            }
            narrator.tell(&Event::Play { on: false });
            if emptied {
                narrator.tell(&Event::Emptied);
            }
            let told = narrator.tell(&Event::Explained {
                text: "So.".to_owned(),
            });
            told.iter().any(|block| matches!(block, Block::Sequence(_)))
        };
        let ports = [40_000, 8001];
        for (kind, author, played, emptied, ports, expected) in [
            ("predict", Lesson, false, false, ports, true),
            ("predict", Learner, false, false, ports, false),
            ("task", Learner, false, false, ports, true),
            ("task", Learner, true, false, ports, false),
            ("task", Learner, false, true, ports, false),
            // A socket that is connected to itself has no other end to draw.
            ("run", Lesson, false, false, [8001, 8001], false),
        ] {
            let drawn = draws(kind, author, played, emptied, ports);
            let case = (kind, author, played, emptied, ports);
            assert_eq!(drawn, expected, "{case:?}");
        }
    }

    #[test]
    fn the_other_end_is_named_by_the_listener_of_the_same_network() {
        let at = |port| Endpoint::loopback(port);
        let run = |name: &str, network, fact| Outcome {
            name: Some(name.to_owned()),
            verb: "listen",
            took: std::time::Duration::ZERO,
            replaced: false,
            network,
            result: Observed::Done(fact),
        };
        let listener = |name, network| {
            let socket = OwnSocket {
                local: at(8001),
                address: "127.0.0.1".to_owned(),
                port: Some(8001),
                backlog: None,
                peer: None,
                mode: None,
                file: None,
                private: true,
                options: Vec::new(),
            };
            run(name, network, Fact::Listener(socket))
        };
        let connection = |network, role: End, [local, peer]: [u16; 2]| {
            let end = OwnConnection {
                role,
                local: at(local),
                peer: at(peer),
                address: "127.0.0.1".to_owned(),
                port: Some(local),
                peer_port: Some(peer),
                peer_pid: None,
                peer_uid: None,
                options: Vec::new(),
            };
            run("one", network, Fact::Connection(end))
        };
        let [ours, theirs] = [false, true].map(|neighbour| Network {
            world: 1,
            neighbour,
        });
        let mut narrator = Narrator::new(false);
        narrator.outcome(&listener("here", ours));
        narrator.outcome(&listener("there", theirs));
        for (network, name) in [(ours, "here"), (theirs, "there")] {
            let client = connection(network, End::Client, [40_000, 8001]);
            let ends = narrator.ends(&client).unwrap();
            assert_eq!(ends.server.0, name);
            narrator.outcome(&client);
        }
        let host = connection(Network::default(), End::Client, [40_000, 8001]);
        assert_eq!(narrator.ends(&host).unwrap().server.0, "peer");
    }
}
