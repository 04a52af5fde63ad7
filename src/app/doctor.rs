//! `doctor`: what the lab can do on this machine, tried out, and what stands in the way of the rest.
//!
//! Every finding comes from doing the thing, with the lab's own lines, not from version numbers.
use std::io;

use super::context::Context;
use crate::cli::Exit;
use crate::lab::Lab;
use crate::lang::{Author, Fact, Outcome, WorldName};
use crate::render::Check;

/// Tries everything and says what was found. Fails only when loopback itself does not work.
pub(crate) fn doctor(context: &Context) -> io::Result<Exit> {
    let mut lab = context.lab();
    let findings = [
        loopback(&mut lab),
        whole_block(&mut lab),
        ipv6(&mut lab),
        localhost(&mut lab),
        range(&mut lab),
        low_ports(&lab),
        port_range_option(&lab),
        socket_table(&mut lab),
        private_world(&mut lab),
        private_names(&mut lab),
        descriptors(),
        state(context),
    ];
    context.screen.checks(&findings)?;
    let healthy = findings.first().is_some_and(|loopback| loopback.ok);
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

/// Runs a line; a line that cannot be read is a mistake of this file and shows as "nothing".
fn run(lab: &mut Lab, line: &str) -> Option<Outcome> {
    lab.run(line, Author::Learner).ok()?.outcome
}

fn works(lab: &mut Lab, line: &str) -> Result<Outcome, String> {
    match run(lab, line) {
        Some(outcome) if outcome.is_ok() => Ok(outcome),
        Some(outcome) => Err(outcome
            .failure()
            .map(|f| f.message.clone())
            .unwrap_or_default()),
        None => Err(format!("`{line}` cannot be run")),
    }
}

fn finding(name: &str, tried: Result<String, String>, cure: &str) -> Check {
    let ok = tried.is_ok();
    Check {
        what: name.to_owned(),
        ok,
        finding: tried.unwrap_or_else(|reason| reason),
        advice: (!ok && !cure.is_empty()).then(|| cure.to_owned()),
    }
}

fn loopback(lab: &mut Lab) -> Check {
    let tried = works(lab, "server = listen 127.0.0.1:0")
        .and_then(|_| works(lab, "client = connect server --within 1s"))
        .map(|outcome| {
            let micros = outcome.took.as_micros();
            format!("a connection over 127.0.0.1 was made in {micros} µs")
        });
    let cure = "If it says unreachable, `ip link set lo up` as root; if it times out, look for a \
                firewall rule that drops packets on lo.";
    let found = finding("loopback", tried, cure);
    lab.clear();
    found
}

fn whole_block(lab: &mut Lab) -> Check {
    let tried = works(lab, "other = bind 127.49.3.42:0")
        .map(|_| "127.49.3.42 can be bound: all of 127.0.0.0/8 is usable".to_owned());
    let cure = "On macOS, `sudo ifconfig lo0 alias 127.0.0.2` adds one address (documented there, \
                not tried here).";
    finding("127.0.0.0/8", tried, cure)
}

fn ipv6(lab: &mut Lab) -> Check {
    let tried = works(lab, "six = bind [::1]:0").map(|_| "::1 can be used".to_owned());
    finding(
        "ipv6",
        tried,
        "Lessons leave out what needs ::1. The setting is net.ipv6.conf.lo.disable_ipv6.",
    )
}

fn localhost(lab: &mut Lab) -> Check {
    let tried = works(lab, "resolve localhost").and_then(|outcome| match outcome.fact() {
        Some(Fact::Resolved(resolved)) if !resolved.addresses.is_empty() => {
            let list: Vec<_> = resolved.addresses.iter().map(ToString::to_string).collect();
            Ok(format!("localhost stands for {}", list.join(", then ")))
        }
        _ => Err("localhost stands for no address".to_owned()),
    });
    finding(
        "localhost",
        tried,
        "Add `127.0.0.1 localhost` to /etc/hosts.",
    )
}

fn range(lab: &mut Lab) -> Check {
    let tried = works(lab, "range").and_then(|outcome| match outcome.fact() {
        Some(Fact::Range(range)) => Ok(format!(
            "the kernel hands out ports {} to {} ({})",
            range.low, range.high, range.source
        )),
        _ => Err("the range is unknown".to_owned()),
    });
    finding("ephemeral range", tried, "")
}

fn machine(lab: &Lab, key: &str) -> serde_json::Value {
    lab.scope()
        .get("machine")
        .and_then(|machine| machine.get(key))
        .cloned()
        .unwrap_or_default()
}

fn low_ports(lab: &Lab) -> Check {
    let root = machine(lab, "root").as_bool().unwrap_or(false);
    let start = machine(lab, "unprivileged_start").as_u64().unwrap_or(1024);
    let says = if root {
        "this session runs as root: steps that show what an ordinary user may not do are left out"
            .to_owned()
    } else {
        format!("an ordinary user; ports below {start} are refused")
    };
    let cure = "Run looplab as yourself; it needs no privilege.";
    finding("user", if root { Err(says) } else { Ok(says) }, cure)
}

fn port_range_option(lab: &Lab) -> Check {
    let has = machine(lab, "port_range_option").as_bool().unwrap_or(false);
    let says = "IP_LOCAL_PORT_RANGE: `--port-range` ".to_owned();
    let tried = if has {
        Ok(says + "works")
    } else {
        Err(says + "is refused")
    };
    finding("port range of a socket", tried, "It came with Linux 6.3.")
}

fn socket_table(lab: &mut Lab) -> Check {
    let tried = works(lab, "seen = listen 127.0.0.1:0")
        .and_then(|_| works(lab, "sockets seen"))
        .and_then(|outcome| match outcome.fact() {
            Some(Fact::Sockets(table)) if table.count > 0 => {
                Ok("the kernel shows its sockets (sock_diag)".to_owned())
            }
            _ => Err("the kernel's table does not show our own listener".to_owned()),
        });
    lab.clear();
    finding(
        "socket table",
        tried,
        "A sandbox may forbid AF_NETLINK; `who` and `sockets` need it.",
    )
}

fn private_world(lab: &mut Lab) -> Check {
    let (tried, cure) = match lab.try_private() {
        None => (
            Ok("a network of the lab's own can be made, without root".to_owned()),
            None,
        ),
        Some(refusal) => (Err(refusal.to_string()), refusal.cure()),
    };
    let left_out = "steps that need one are left out";
    let cure = cure.map_or_else(|| left_out.to_owned(), |cure| format!("{left_out}; {cure}"));
    finding("private world", tried, &cure)
}

fn private_names(lab: &mut Lab) -> Check {
    lab.clear_into(WorldName::Private);
    let tried = works(lab, "resolve localhost")
        .map(|_| "names there have a hosts file of the lab's own".to_owned());
    lab.clear();
    finding(
        "names in it",
        tried,
        "Steps that change what localhost stands for cannot be walked here.",
    )
}

fn descriptors() -> Check {
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE);
    let tried = match limit {
        Ok((soft, _)) if soft >= 256 => Ok(format!("{soft} descriptors may be open at once")),
        Ok((soft, _)) => Err(format!("only {soft} descriptors may be open at once")),
        Err(error) => Err(format!("getrlimit: {error}")),
    };
    finding(
        "descriptors",
        tried,
        "`ulimit -n 1024` before starting looplab; `many` wants more.",
    )
}

fn state(context: &Context) -> Check {
    let state = context.state();
    let tried = match state.path() {
        Some(path) => Ok(format!("progress is kept in {}", path.display())),
        None => Err("there is no home directory: progress is kept in memory only".to_owned()),
    };
    finding("progress", tried, "`--state DIR` names a directory.")
}
