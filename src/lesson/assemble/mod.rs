//! From the words of the format to a lesson: each step gets its kind, each expression is read.
//!
//! What keeps a lesson from being walked is found here; what makes it a worse lesson is the
//! subject of `check`.
mod question;

use std::collections::HashMap;

use super::codes::Code;
use super::finding::Finding;
use super::model::{
    Explain, Goal, Kind, Lesson, Need, PredictOption, Refutation, Step, Task, Trap, Visit,
    WorldName,
};
use super::raw::{
    ExprText, RawExplain, RawGoal, RawLesson, RawOption, RawRefutation, RawStep, RawTrap,
};
use super::tree::Path;
use crate::lang::Expr;
use crate::limits;

/// A lesson, and everything that keeps it from being walked. `proven` content skips the reading of
/// its expressions: they were read when the program was built.
pub(super) fn assemble(file: &str, raw: RawLesson, proven: bool) -> (Lesson, Vec<Finding>) {
    let mut build = Assembler {
        proven,
        found: Vec::new(),
    };
    let (number, id) = super::head::name_parts(file);
    let steps_at = Path::default().key("steps");
    build.check_count(&raw.steps, &steps_at);
    build.check_experiments(raw.refutations.len());
    build.check_ids(&raw.steps, &steps_at);
    let steps = raw.steps.into_iter().enumerate();
    let steps = steps
        .map(|(i, step)| build.step(step, &steps_at.index(i)))
        .collect();
    let refutations_at = Path::default().key("refutations");
    let refutations = raw.refutations.into_iter().map(|(tag, refutation)| {
        let built = build.refutation(refutation, &refutations_at.key(tag.clone()));
        (tag, built)
    });
    let refutations = refutations.collect();
    let lesson = Lesson {
        id: id.to_owned(),
        number,
        title: raw.title,
        chapter: raw.chapter,
        summary: raw.summary,
        level: raw.level,
        minutes: raw.minutes,
        objectives: raw.objectives,
        terms: raw.terms,
        claims: raw.claims,
        steps,
        refutations,
    };
    (lesson, build.found)
}

/// The lines of a block, one an element, without blank ones.
pub(super) fn lines(text: Option<&str>) -> Vec<String> {
    let lines = text.unwrap_or_default().lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

struct Assembler {
    proven: bool,
    found: Vec<Finding>,
}

/// Which keys a step of each kind may have, beside those every step may have.
fn keys_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "run" => &["run"],
        "predict" => &["predict", "run", "options"],
        "task" => &["task", "goal", "hints", "solution", "traps"],
        "ask" => &[
            "ask",
            "options",
            "several",
            "number",
            "tolerance",
            "text",
            "endpoint",
            "order",
            "replies",
            "because",
        ],
        "visit" => &["visit", "goal", "stand_in"],
        _ => &[],
    }
}

fn kind_of(raw: &RawStep) -> &'static str {
    let kinds = [
        ("predict", raw.predict.is_some()),
        ("task", raw.task.is_some()),
        ("ask", raw.ask.is_some()),
        ("visit", raw.visit.is_some()),
        ("run", raw.run.is_some()),
    ];
    let present = kinds.into_iter().find(|(_, present)| *present);
    present.map_or("say", |(kind, _)| kind)
}

/// The keys that belong to some kind and are there.
fn kind_keys(raw: &RawStep) -> Vec<&'static str> {
    let keys = [
        ("predict", raw.predict.is_some()),
        ("task", raw.task.is_some()),
        ("ask", raw.ask.is_some()),
        ("visit", raw.visit.is_some()),
        ("run", raw.run.is_some()),
        ("options", raw.options.is_some()),
        ("goal", raw.goal.is_some()),
        ("hints", raw.hints.is_some()),
        ("solution", raw.solution.is_some()),
        ("traps", raw.traps.is_some()),
        ("several", raw.several.is_some()),
        ("number", raw.number.is_some()),
        ("tolerance", raw.tolerance.is_some()),
        ("text", raw.text.is_some()),
        ("endpoint", raw.endpoint.is_some()),
        ("order", raw.order.is_some()),
        ("replies", raw.replies.is_some()),
        ("because", raw.because.is_some()),
        ("stand_in", raw.stand_in.is_some()),
    ];
    let present = keys.into_iter().filter(|(_, present)| *present);
    present.map(|(key, _)| key).collect()
}

impl Assembler {
    fn find(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    fn check_count(&mut self, steps: &[RawStep], path: &Path) {
        let count = steps.len();
        if count == 0 {
            self.find(
                Finding::new(Code::NoSteps, path, "this lesson has no steps")
                    .on_key()
                    .help("begin with `- id: story` and a `say:`"),
            );
        }
        if count > limits::LESSON_STEPS {
            let message = format!(
                "this lesson has {count} steps; the most is {}",
                limits::LESSON_STEPS
            );
            self.find(
                Finding::new(Code::TooManySteps, path, message)
                    .on_key()
                    .help("split it into several lessons"),
            );
        }
    }

    fn check_experiments(&mut self, count: usize) {
        let most = limits::LESSON_STEPS;
        if count > most {
            let message = format!("this lesson has {count} refutations; the most is {most}");
            let path = Path::default().key("refutations");
            self.find(Finding::new(Code::TooManySteps, &path, message).on_key());
        }
    }

    fn check_ids(&mut self, steps: &[RawStep], path: &Path) {
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (i, step) in steps.iter().enumerate() {
            let Some(before) = first.insert(&step.id, i) else {
                continue;
            };
            let message = format!(
                "two steps are called `{}`",
                super::diagnostic::short(&step.id)
            );
            let finding = Finding::new(Code::DuplicateId, &path.index(i).key("id"), message)
                .label("used again here")
                .also(&path.index(before).key("id"), "first used here")
                .help("progress is kept by a step's id: give each its own");
            self.find(finding);
        }
    }

    fn step(&mut self, mut raw: RawStep, path: &Path) -> Step {
        let kind = kind_of(&raw);
        self.check_keys(&raw, kind, path);
        let when = self.optional(raw.when.take(), &path.key("when"));
        let explain = self.explain(std::mem::take(&mut raw.explain), &path.key("explain"));
        let needs = needs_in(raw.world, std::mem::take(&mut raw.needs));
        Step {
            when,
            needs,
            world: raw.world,
            setup: lines(raw.setup.as_deref()),
            quiet: raw.quiet,
            claims: std::mem::take(&mut raw.claims),
            notes: raw.notes.take(),
            say: raw.say.take(),
            explain,
            id: std::mem::take(&mut raw.id),
            title: raw.title.take(),
            kind: self.kind(kind, raw, path),
        }
    }

    fn check_keys(&mut self, raw: &RawStep, kind: &'static str, path: &Path) {
        let allowed = keys_of(kind);
        for key in kind_keys(raw) {
            if allowed.contains(&key) {
                continue;
            }
            let message = format!("`{key}` does not belong to a step of kind `{kind}`");
            let owners = ["run", "predict", "task", "ask", "visit"];
            let owners = owners
                .into_iter()
                .filter(|owner| keys_of(owner).contains(&key));
            let owners: Vec<String> = owners.map(|owner| format!("`{owner}`")).collect();
            let help = if owners.contains(&format!("`{key}`")) {
                "make two steps of it".to_owned()
            } else {
                format!("it belongs to {}", owners.join(" or "))
            };
            let mut finding = Finding::new(Code::MixedKinds, &path.key(key), message)
                .on_key()
                .help(help);
            if kind != "say" {
                finding = finding.also(&path.key(kind), "which makes it a step of this kind");
            }
            self.find(finding);
        }
    }

    fn kind(&mut self, kind: &str, raw: RawStep, path: &Path) -> Kind {
        match kind {
            "run" => Kind::Run {
                lines: lines(raw.run.as_deref()),
            },
            "predict" => self.predict(raw, path),
            "task" => Kind::Task(self.task(raw, path)),
            "ask" => Kind::Ask(self.question(raw, path)),
            "visit" => Kind::Visit(Visit {
                text: raw.visit.unwrap_or_default(),
                goals: self.goals(raw.goal, path, "visit"),
                stand_in: lines(raw.stand_in.as_deref()),
            }),
            _ => Kind::Say,
        }
    }

    fn predict(&mut self, raw: RawStep, path: &Path) -> Kind {
        self.need(
            raw.run.is_some(),
            path,
            "predict",
            "run",
            "the lines that give the answer",
        );
        self.need(
            raw.options.is_some(),
            path,
            "predict",
            "options",
            "two to five of them",
        );
        let options = raw.options.unwrap_or_default().into_iter().enumerate();
        let at = path.key("options");
        let options = options.map(|(i, option)| self.predict_option(option, &at.index(i)));
        Kind::Predict {
            question: raw.predict.unwrap_or_default(),
            options: options.collect(),
            lines: lines(raw.run.as_deref()),
        }
    }

    fn predict_option(&mut self, raw: RawOption, path: &Path) -> PredictOption {
        let about = "an expression that comes true when this option is right";
        self.need(
            raw.claim.is_some(),
            path,
            "option of a prediction",
            "claim",
            about,
        );
        for (key, present) in [
            ("correct", raw.correct.is_some()),
            ("because", raw.because.is_some()),
        ] {
            if present {
                let message = format!("`{key}` does not belong to a prediction");
                let help = "the kernel decides which option is right; `explain` says why";
                self.find(
                    Finding::new(Code::MixedKinds, &path.key(key), message)
                        .on_key()
                        .help(help),
                );
            }
        }
        PredictOption {
            say: raw.say,
            claim: self
                .optional(raw.claim, &path.key("claim"))
                .unwrap_or_else(|| Expr::unchecked("false")),
            misconception: raw.misconception,
        }
    }

    fn task(&mut self, raw: RawStep, path: &Path) -> Task {
        let traps = raw.traps.unwrap_or_default().into_iter().enumerate();
        let at = path.key("traps");
        let traps = traps
            .map(|(i, trap)| self.trap(trap, &at.index(i)))
            .collect();
        Task {
            text: raw.task.unwrap_or_default(),
            goals: self.goals(raw.goal, path, "task"),
            hints: raw.hints.unwrap_or_default(),
            solution: lines(raw.solution.as_deref()),
            traps,
        }
    }

    fn trap(&mut self, raw: RawTrap, path: &Path) -> Trap {
        Trap {
            run: lines(Some(&raw.run)),
            when: self.optional(raw.when, &path.key("when")),
            says: raw.says,
        }
    }

    fn goals(&mut self, raw: Option<Vec<RawGoal>>, path: &Path, kind: &'static str) -> Vec<Goal> {
        let raw = raw.unwrap_or_default();
        if raw.is_empty() {
            let message = format!("this {kind} has no goal");
            let finding = Finding::new(Code::NoGoal, &path.key(kind), message)
                .on_key()
                .help("add goal: [{say: two listeners are open, check: listeners | length == 2}]");
            self.find(finding);
        }
        let at = path.key("goal");
        let goals = raw.into_iter().enumerate().map(|(i, goal)| Goal {
            say: goal.say,
            check: self.expr(&goal.check, &at.index(i).key("check")),
            otherwise: goal.otherwise,
        });
        goals.collect()
    }

    fn refutation(&mut self, raw: RawRefutation, path: &Path) -> Refutation {
        Refutation {
            needs: needs_in(raw.world, raw.needs),
            world: raw.world,
            say: raw.say,
            setup: lines(raw.setup.as_deref()),
            run: lines(raw.run.as_deref()),
            explain: self.explain(raw.explain, &path.key("explain")),
        }
    }

    fn explain(&mut self, raw: Vec<RawExplain>, path: &Path) -> Vec<Explain> {
        let explain = raw.into_iter().enumerate().map(|(i, one)| Explain {
            when: self.optional(one.when, &path.index(i).key("when")),
            say: one.say,
        });
        explain.collect()
    }

    fn optional(&mut self, raw: Option<ExprText>, path: &Path) -> Option<Expr> {
        Some(self.expr(&raw?, path))
    }

    fn expr(&mut self, raw: &ExprText, path: &Path) -> Expr {
        let text = raw.0.trim_end();
        let expr = Expr::unchecked(text);
        if self.proven {
            return expr;
        }
        if let Err(error) = expr.check() {
            self.find(Finding::new(Code::BadExpression, path, error.message).inside(error.span));
        }
        expr
    }

    fn need(&mut self, present: bool, path: &Path, what: &str, key: &str, about: &str) {
        if !present {
            let message = format!("this {what} has no `{key}:`");
            let finding =
                Finding::new(Code::MissingKey, path, message).help(format!("{key}: {about}"));
            self.find(finding);
        }
    }
}

/// A world of one's own is a need, whether it is named as one or not.
fn needs_in(world: WorldName, mut needs: Vec<Need>) -> Vec<Need> {
    if world == WorldName::Private && !needs.contains(&Need::Private) {
        needs.push(Need::Private);
    }
    needs
}
