//! Every line, expression and text in the order of the walk, with the names that are bound there.
use super::super::codes::Code;
use super::super::finding::Finding;
use super::super::model::{
    Answer, Explain, Kind, Lesson, Need, Question, Refutation, Step, WorldName,
};
use super::super::tree::{Node, Path};
use super::expressions::{self, Proves};
use super::lines::{Rules, block};
use super::names::Names;
use super::{ENOUGH, content};

pub(super) fn check(lesson: &Lesson, tree: &Node) -> Vec<Finding> {
    let mut walk = Walk {
        tree,
        rules: Rules {
            on_host: true,
            mistake: false,
            low_ports: false,
        },
        found: Vec::new(),
    };
    let top = Path::default();
    for (i, step) in lesson.steps.iter().enumerate() {
        if walk.found.len() > ENOUGH {
            break;
        }
        walk.step(step, &top.key("steps").index(i));
    }
    for (tag, refutation) in &lesson.refutations {
        walk.refutation(refutation, &top.key("refutations").key(tag.clone()));
    }
    walk.found
}

struct Walk<'a> {
    tree: &'a Node,
    rules: Rules,
    found: Vec<Finding>,
}

impl Walk<'_> {
    fn step(&mut self, step: &Step, path: &Path) {
        if let Some(when) = &step.when {
            self.expression(
                when,
                &path.key("when"),
                &Names::machine(),
                Proves::Something,
            );
        }
        let about_root = step
            .when
            .as_ref()
            .is_some_and(|when| when.text().contains("machine.root"));
        self.rules = Rules {
            on_host: step.world == WorldName::Host,
            mistake: false,
            low_ports: about_root || step.needs.contains(&Need::User),
        };
        let start = self.lines(path, "setup", &Names::reserved());
        let (end, key) = match &step.kind {
            Kind::Task(_) => (self.lines(path, "solution", &start), "solution"),
            Kind::Visit(_) => (self.lines(path, "stand_in", &start), "stand_in"),
            _ => (self.lines(path, "run", &start), "run"),
        };
        let start = start.before(&end, key);
        for (key, text) in [("title", &step.title), ("say", &step.say)] {
            self.text(text.as_deref(), &path.key(key), &start);
        }
        self.text(step.notes.as_deref(), &path.key("notes"), &end);
        self.kind(step, path, &start, &end);
        self.explain(&step.explain, &path.key("explain"), &end);
    }

    fn kind(&mut self, step: &Step, path: &Path, start: &Names, end: &Names) {
        match &step.kind {
            Kind::Predict {
                question, options, ..
            } => {
                self.text(Some(question), &path.key("predict"), start);
                for (i, option) in options.iter().enumerate() {
                    let at = path.key("options").index(i);
                    self.text(Some(&option.say), &at.key("say"), start);
                    self.expression(&option.claim, &at.key("claim"), end, Proves::Something);
                }
            }
            Kind::Task(task) => {
                self.text(Some(&task.text), &path.key("task"), start);
                self.goals(&task.goals, path, start, end);
                for (i, hint) in task.hints.iter().enumerate() {
                    self.text(Some(hint), &path.key("hints").index(i), start);
                }
                for (i, trap) in task.traps.iter().enumerate() {
                    let at = path.key("traps").index(i);
                    self.rules.mistake = true;
                    let wrong = self.lines(&at, "run", start).with(end);
                    self.rules.mistake = false;
                    if let Some(when) = &trap.when {
                        self.expression(when, &at.key("when"), &wrong, Proves::Something);
                    }
                    self.text(Some(&trap.says), &at.key("says"), &wrong);
                }
            }
            Kind::Ask(question) => self.question(question, path, start),
            Kind::Visit(visit) => {
                self.text(Some(&visit.text), &path.key("visit"), start);
                self.goals(&visit.goals, path, start, end);
            }
            Kind::Say | Kind::Run { .. } => {}
        }
    }

    fn goals(
        &mut self,
        goals: &[super::super::model::Goal],
        path: &Path,
        start: &Names,
        end: &Names,
    ) {
        for (i, goal) in goals.iter().enumerate() {
            let at = path.key("goal").index(i);
            self.text(Some(&goal.say), &at.key("say"), start);
            self.expression(&goal.check, &at.key("check"), end, Proves::Something);
            self.text(goal.otherwise.as_deref(), &at.key("otherwise"), end);
        }
    }

    fn question(&mut self, question: &Question, path: &Path, names: &Names) {
        self.text(Some(&question.text), &path.key("ask"), names);
        self.text(question.because.as_deref(), &path.key("because"), names);
        for (i, reply) in question.replies.iter().enumerate() {
            let at = path.key("replies").index(i);
            self.expression(&reply.to, &at.key("to"), names, Proves::Value);
            self.text(Some(&reply.say), &at.key("say"), names);
        }
        match &question.answer {
            Answer::Choice { options, .. } => {
                for (i, option) in options.iter().enumerate() {
                    let at = path.key("options").index(i);
                    self.text(Some(&option.say), &at.key("say"), names);
                    self.text(option.because.as_deref(), &at.key("because"), names);
                }
            }
            Answer::Number { value, .. } => {
                self.expression(value, &path.key("number"), names, Proves::Value);
            }
            Answer::Endpoint(value) => {
                self.expression(value, &path.key("endpoint"), names, Proves::Value);
            }
            Answer::Order(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.text(Some(item), &path.key("order").index(i), names);
                }
            }
            Answer::Text(_) => {}
        }
    }

    fn refutation(&mut self, refutation: &Refutation, path: &Path) {
        self.rules = Rules {
            on_host: refutation.world == WorldName::Host,
            mistake: false,
            low_ports: refutation.needs.contains(&Need::User),
        };
        let start = self.lines(path, "setup", &Names::reserved());
        let end = self.lines(path, "run", &start);
        let start = start.before(&end, "run");
        self.text(refutation.say.as_deref(), &path.key("say"), &start);
        self.explain(&refutation.explain, &path.key("explain"), &end);
        self.found
            .extend(content::explain(&refutation.explain, &path.key("explain")));
        if refutation.run.is_empty() {
            let message = "this experiment runs nothing";
            let finding = Finding::new(Code::NothingToRun, path, message).on_key();
            self.found
                .push(finding.help("add the lines that show it, as `run:`"));
        }
    }

    fn explain(&mut self, explain: &[Explain], path: &Path, names: &Names) {
        for (i, one) in explain.iter().enumerate() {
            let at = path.index(i);
            if let Some(when) = &one.when {
                self.expression(when, &at.key("when"), names, Proves::Something);
            }
            self.text(Some(&one.say), &at.key("say"), names);
        }
    }

    /// Checks the block under a key; gives the names that are bound after it.
    fn lines(&mut self, path: &Path, key: &'static str, names: &Names) -> Names {
        let mut names = names.clone();
        let path = path.key(key);
        if let Some(text) = self.tree.find(&path).and_then(Node::text) {
            self.found
                .extend(block(text, &path, &mut names, self.rules));
        }
        names
    }

    fn text(&mut self, text: Option<&str>, path: &Path, names: &Names) {
        if let Some(text) = text {
            self.found.extend(expressions::text(text, path, names));
        }
    }

    fn expression(&mut self, expr: &crate::lang::Expr, path: &Path, names: &Names, proves: Proves) {
        self.found
            .extend(expressions::expression(expr, path, names, proves));
    }
}
