//! Which steps may be proven beside each other.
//!
//! The network of the host is there once. Steps look at what is in it (the socket tables, the ports
//! that are free, the counters of `lo`, the ephemeral range, the queues of listeners), and they give a
//! port back to find it free. So all steps that use it are the work of one process, one after the
//! other, and each finds the host as it would find it alone. A step in the private world has a network
//! that nobody else is in, and goes beside any other.
use std::collections::VecDeque;

use crate::lang::{Command, WorldName, parse_line};
use crate::lesson::{Kind, Lesson, Step};

/// What one process does in one go, in the order in which it is to begin: first all places on the
/// host, because that is the longest work and nothing makes it shorter; then each of the others.
pub(super) fn turns(steps: impl Iterator<Item = (usize, bool)>) -> VecDeque<Vec<usize>> {
    let (on_host, apart): (Vec<_>, Vec<_>) = steps.partition(|(_, on_host)| *on_host);
    let on_host: Vec<usize> = on_host.into_iter().map(|(place, _)| place).collect();
    let host = Some(on_host).filter(|places| !places.is_empty());
    let apart = apart.into_iter().map(|(place, _)| vec![place]);
    host.into_iter().chain(apart).collect()
}

/// Whether the proof of a step opens or looks at anything in the host's network. That a lab reads a
/// few settings there before it goes into its private world is in nobody's way.
pub(super) fn is_on_host(lesson: &Lesson, step: &Step) -> bool {
    let mut parts = vec![(step.world, lines(step))];
    if let Kind::Predict { options, .. } = &step.kind {
        let tags = options.iter().filter_map(|o| o.misconception.as_ref());
        let experiments = tags.filter_map(|tag| lesson.refutations.get(tag));
        parts.extend(experiments.map(|one| (one.world, vec![&one.setup, &one.run])));
    }
    parts.into_iter().any(|(world, lines)| {
        let mut lines = lines.into_iter().flatten();
        match world {
            WorldName::Host => lines.next().is_some(),
            WorldName::Private => lines.any(|line| goes_to_host(line)),
        }
    })
}

/// All lines that a proof of the step itself may run.
fn lines(step: &Step) -> Vec<&Vec<String>> {
    let mut all = vec![&step.setup];
    match &step.kind {
        Kind::Say | Kind::Ask(_) => {}
        Kind::Run { lines } | Kind::Predict { lines, .. } => all.push(lines),
        Kind::Task(task) => {
            all.push(&task.solution);
            all.extend(task.traps.iter().map(|trap| &trap.run));
        }
        Kind::Visit(visit) => all.push(&visit.stand_in),
    }
    all
}

/// Whether a line leaves the private world. One that says so and cannot be read yet may.
fn goes_to_host(line: &str) -> bool {
    // The grammar of a verb is built for each line that is read, which takes longer than this.
    let may = line.contains("world");
    may && match parse_line(line) {
        Ok(Some(read)) => {
            matches!(&read.command, Command::World(to) if to.world == Some(WorldName::Host))
        }
        Ok(None) => false,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Loaded;

    #[test]
    fn the_host_is_one_turn_and_the_others_go_beside_it() {
        let turns_of = |on_host: &[bool]| -> Vec<Vec<usize>> {
            turns(on_host.iter().copied().enumerate()).into()
        };
        let mixed = turns_of(&[false, true, true, false, true]);
        assert_eq!(mixed, [vec![1, 2, 4], vec![0], vec![3]]);
        assert_eq!(turns_of(&[false, false]), [vec![0], vec![1]]);
        assert_eq!(turns_of(&[true]), [vec![0]]);
        assert_eq!(turns_of(&[]), Vec::<Vec<usize>>::new());
    }

    const LESSON: &str = "format: 1\ntitle: T\nsummary: S\nlevel: beginner\nminutes: 1\n\
        objectives: [o]\nrefutations:\n  outside: {run: counters lo}\n  inside: {world: private, run: \
        counters lo}\nsteps:\n  - id: s\n";

    fn uses_host(step: &str) -> bool {
        let text = format!("{LESSON}    {step}\n");
        let loaded = Loaded::from_text("1-t.yaml", &text).unwrap();
        let lesson = &loaded.lesson;
        is_on_host(lesson, lesson.steps.first().unwrap())
    }

    #[test]
    fn what_uses_the_host() {
        let predicts = |tag: &str| {
            format!(
                "world: private\n    predict: q\n    run: range\n    options: [{{say: a, claim: last \
                 is ok, misconception: {tag}}}, {{say: b, claim: last is failed}}]"
            )
        };
        for (step, expected) in [
            ("say: A text.", false),
            ("ask: How many?\n    number: 3", false),
            ("run: counters lo", true),
            ("setup: range", true),
            ("world: private\n    run: counters lo", false),
            ("world: private\n    run: world host", true),
            ("world: private\n    run: world private --lo down", false),
            ("world: private\n    run: world", false),
            ("world: private\n    run: range # the world's", false),
            ("world: private\n    run: \"world {{ w }}\"", true),
            (&predicts("nobody"), false),
            (&predicts("inside"), false),
            (&predicts("outside"), true),
            (
                "world: private\n    task: t\n    goal: [{say: g, check: x is ok}]\n    solution: \
                 range\n    traps: [{run: world host, says: Not so.}]",
                true,
            ),
        ] {
            assert_eq!(uses_host(step), expected, "{step}");
        }
    }
}
