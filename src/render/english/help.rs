//! What `help` shows: all verbs and words at one look, and the page of one verb.
use super::fact;
use crate::lang::VERB_GROUPS;
use crate::render::block::{Block, Table};
use crate::render::line::Line;
use crate::render::style::Role;

/// The verbs by what they are for, then the words, which then stand nearest to the prompt.
pub(super) fn list(words: &[(String, String)], verbs: &[(String, String)]) -> Vec<Block> {
    let mut blocks = vec![Block::Gap];
    if !verbs.is_empty() {
        let line = Line::of(Role::Heading, "Verbs of the lab").text("; ");
        blocks.push(Block::Heading(
            line.then(&Line::marked("`help VERB` explains one")),
        ));
        blocks.push(Block::Table(grouped(verbs)));
        blocks.push(Block::Gap);
    }
    let mut table = listing();
    for (word, meaning) in words {
        let meaning = Line::marked(meaning);
        let meaning = if verbs.iter().any(|(verb, _)| verb == word) {
            meaning.then(&Line::marked(&format!("; `{word} NAME` is the verb")))
        } else {
            meaning
        };
        table.rows.push(vec![Line::of(Role::Key, word), meaning]);
    }
    blocks.push(Block::Table(table));
    blocks
}

fn grouped(verbs: &[(String, String)]) -> Table {
    let mut left: Vec<&str> = verbs.iter().map(|(verb, _)| verb.as_str()).collect();
    let mut table = listing();
    for (group, members) in VERB_GROUPS {
        let here = |verb: &mut &str| members.contains(verb);
        let found: Vec<&str> = left.extract_if(.., here).collect();
        table.rows.extend(row(group, &found));
    }
    table.rows.extend(row("more", &left));
    table
}

fn row(group: &str, verbs: &[&str]) -> Option<Vec<Line>> {
    let mut line = Line::new();
    for verb in verbs {
        let space = if line.is_empty() { "" } else { " " };
        line = line.text(space).and(Role::Verb, verb);
    }
    (!verbs.is_empty()).then(|| vec![Line::of(Role::Dim, group), line])
}

/// A table of words with their meaning.
fn listing() -> Table {
    let mut table = Table::new(&["", ""]);
    table.titles = 1;
    table
}

/// A page of `help`: running lines, then words with their meaning behind a tab.
pub(super) fn page(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut table = listing();
    for line in text.lines() {
        match line.split_once('\t') {
            Some((word, meaning)) => {
                let row = vec![Line::of(Role::Key, word), Line::marked(meaning)];
                table.rows.push(row);
            }
            None => blocks.push(fact(Line::marked(line))),
        }
    }
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    blocks
}
