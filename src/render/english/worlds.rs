//! Worlds, interfaces and kernel settings.
use super::fact;
use super::words::counted;
use crate::lang::{
    FilterAction, FilterRule, Filters, HostsFile, InWorld, LinkState, NextDoor, Setting, WorldName,
};
use crate::render::block::Block;
use crate::render::line::Line;
use crate::render::style::Role;

pub(super) fn world(seen: &InWorld) -> Vec<Block> {
    let now = if seen.switched {
        "lines now run "
    } else {
        "lines run "
    };
    let line = match seen.world {
        WorldName::Host => Line::from(now)
            .text("on the ")
            .and(Role::Name, "host")
            .text(": the network of this machine"),
        WorldName::Private => Line::from(now)
            .text("in the ")
            .and(Role::Name, "private")
            .text(" world: a network of the lab's own, which nothing outside can reach"),
    };
    let mut blocks = vec![fact(line)];
    if let Some(refusal) = &seen.refusal {
        let remark = format!("there is no private world here: {refusal}");
        blocks.push(Block::Remark(Line::from(remark.as_str())));
    }
    blocks
}

pub(super) fn link(link: &LinkState) -> Vec<Block> {
    let was = if link.switched {
        " is now "
    } else {
        " is as it was: "
    };
    let (role, state) = if link.up {
        (Role::Ok, "up")
    } else {
        (Role::Surprise, "down")
    };
    let line = Line::of(Role::Name, &link.interface);
    let line = line.text(was).and(role, state);
    vec![fact(match link.mtu.filter(|_| link.up) {
        Some(mtu) => line
            .text(", packets up to ")
            .text(counted(mtu as usize, "byte")),
        None => line,
    })]
}

pub(super) fn hosts(file: &HostsFile) -> Vec<Block> {
    let whose = match file.world {
        WorldName::Host => "this machine's hosts file",
        WorldName::Private => "the private world's hosts file",
    };
    let verb = if file.switched { " now has " } else { " has " };
    if file.count == 0 {
        let line = Line::from(whose)
            .text(verb)
            .text("no line: it knows no name");
        return vec![fact(line)];
    }
    let line = Line::from(whose)
        .text(verb)
        .text(counted(file.count, "line"));
    let shown = |text: &String| Line::from("  ").and(Role::Payload, text);
    let mut blocks = vec![
        fact(line),
        Block::Verbatim(file.lines.iter().map(shown).collect()),
    ];
    if file.lines.len() < file.count {
        let first = format!("the first {} are shown", file.lines.len());
        blocks.push(Block::Remark(Line::from(first.as_str())));
    }
    blocks
}

pub(super) fn neighbour(next: &NextDoor) -> Vec<Block> {
    let begins = if next.switched {
        "a neighbour is there, a machine of its own at "
    } else {
        "the neighbour is at "
    };
    let line = Line::from(begins)
        .and(Role::Endpoint, next.address)
        .text("; a cable (")
        .and(Role::Name, &next.interface)
        .text(") leads here, to ")
        .and(Role::Endpoint, next.source);
    vec![fact(line)]
}

pub(super) fn filter(filters: &Filters) -> Vec<Block> {
    if filters.rules.is_empty() {
        return vec![fact(Line::from("no filter: every packet passes"))];
    }
    filters
        .rules
        .iter()
        .map(|rule| fact(packets(rule)))
        .collect()
}

fn packets(rule: &FilterRule) -> Line {
    let fate = match rule.action {
        FilterAction::Drop => " are dropped, and nobody is told",
        FilterAction::Reject => " are rejected: the sender is told (ICMP port unreachable)",
    };
    Line::from("packets to ")
        .and(Role::Endpoint, &rule.to)
        .text(fate)
}

pub(super) fn sysctl(setting: &Setting) -> Vec<Block> {
    let line = Line::of(Role::Code, &setting.setting)
        .text(" is ")
        .then(&value(&setting.value));
    let line = match &setting.before {
        Some(before) => line.text(" (it was ").then(&value(before)).text(")"),
        None => line,
    };
    vec![fact(line)]
}

/// A setting's value; a list may have nothing in it.
fn value(text: &str) -> Line {
    match text.trim() {
        "" => Line::from("empty"),
        _ => Line::of(Role::Code, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_may_be_empty() {
        let setting = Setting {
            setting: "net.ipv4.ip_local_reserved_ports".to_owned(),
            value: "8080".to_owned(),
            before: Some(String::new()),
        };
        let said = format!("{:?}", sysctl(&setting));
        assert!(said.contains("(it was empty)"), "{said}");
    }
}
