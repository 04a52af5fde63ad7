//! What is wrong with a text as a text, wherever it stands.
use super::super::codes::Code;
use super::super::diagnostic::is_hidden;
use super::super::finding::Finding;
use super::super::tree::{Node, Path, Value};

/// Every text of the file.
pub(super) fn check(tree: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    visit(tree, &Path::default(), &mut found);
    found
}

fn visit(node: &Node, path: &Path, found: &mut Vec<Finding>) {
    match &node.value {
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                visit(item, &path.index(i), found);
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                let path = path.key(key.text.clone());
                if key.text.contains(|c: char| c.is_control() || is_hidden(c)) {
                    found.push(hidden("key").at(&path).on_key());
                }
                visit(value, &path, found);
            }
        }
        Value::Scalar { text, .. } => scalar(text, path, found),
    }
}

fn scalar(text: &str, path: &Path, found: &mut Vec<Finding>) {
    if text.trim().is_empty() {
        let message = "there are no words in this text";
        found.push(Finding::new(Code::EmptyText, path, message).help("leave the key out"));
    }
    let control = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_hidden(c);
    if let Some((at, c)) = text.char_indices().find(|(_, c)| control(*c)) {
        let label = format!("U+{:04X}", u32::from(c));
        let finding = hidden("text").at(path).inside(at..at + c.len_utf8());
        found.push(finding.label(label));
    }
    for word in ["| sh", "|sh", "| bash", "|bash", "| sudo"] {
        if let Some(at) = text.find(word) {
            let message = "this asks to paste a command that takes over the machine";
            let help = "show what the command would tell, or let the lab do it";
            let finding = Finding::new(Code::ShellPaste, path, message);
            found.push(finding.inside(at..at + word.trim_end().len()).help(help));
        }
    }
}

struct Hidden(&'static str);

fn hidden(what: &'static str) -> Hidden {
    Hidden(what)
}

impl Hidden {
    fn at(&self, path: &Path) -> Finding {
        let message = format!(
            "a character in this {} is invisible, or changes the direction of what follows",
            self.0
        );
        Finding::new(Code::HiddenCharacters, path, message).help(
            "the learner sees it as a code such as <U+202E>; leave it out if it is no subject",
        )
    }
}
