//! What lessons may need to know of the machine before they start: `machine` in expressions.
//! Read once in each world, when first asked for. Nothing is changed, and nothing is sent.
use std::io::Read;
use std::net::Ipv6Addr;
use std::os::fd::AsFd;
use std::path::Path;

use serde_json::{Value, json};
use socket2::{Domain, Protocol, SockAddr, Type};

use super::observe::{self, Namespace};
use super::sys;
use super::world::Worlds;
use crate::net::PortRange;

/// The facts. What cannot be read is null or false, never a guess.
pub(super) fn facts(namespace: &dyn Namespace) -> Value {
    let range = observe::range(namespace).ok();
    json!({
        "os": std::env::consts::OS,
        "ipv6": ipv6_loopback(namespace),
        "root": nix::unistd::geteuid().is_root(),
        "range": range.as_ref().map(|r| json!({"low": r.low, "high": r.high, "size": r.size})),
        "unprivileged_start": range.as_ref().map(|r| r.unprivileged_start),
        "somaxconn": number(namespace, "/proc/sys/net/core/somaxconn"),
        "port_range_option": port_range_option(namespace),
        "lo_mtu": lo_mtu(namespace),
    })
}

/// The facts, and what is known of the worlds at this moment.
pub(super) fn with_worlds(mut facts: Value, worlds: &Worlds) -> Value {
    if let Value::Object(map) = &mut facts {
        let refusal = worlds.refusal().map(|refusal| refusal.to_string());
        map.insert("world".to_owned(), json!(worlds.here()));
        map.insert("private".to_owned(), worlds.can_be_private().into());
        map.insert("private_refusal".to_owned(), json!(refusal));
    }
    facts
}

/// Whether ::1 can be used: the family may be missing, or disabled on lo.
fn ipv6_loopback(namespace: &dyn Namespace) -> bool {
    let any_port = SockAddr::from(std::net::SocketAddr::from((Ipv6Addr::LOCALHOST, 0)));
    namespace
        .socket(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))
        .is_ok_and(|socket| socket.bind(&any_port).is_ok())
}

fn port_range_option(namespace: &dyn Namespace) -> bool {
    let whole = PortRange {
        low: 1,
        high: u16::MAX,
    };
    namespace
        .socket(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))
        .is_ok_and(|socket| sys::set_port_range(socket.as_fd(), whole).is_ok())
}

fn lo_mtu(namespace: &dyn Namespace) -> Option<u32> {
    let all = observe::interfaces(namespace).ok()?.interfaces;
    all.into_iter().find(|interface| interface.loopback)?.mtu
}

fn number(namespace: &dyn Namespace, path: &str) -> Option<u32> {
    let mut text = String::new();
    // One number and a newline; the bound is against a file that is something else.
    namespace
        .open(Path::new(path))
        .ok()?
        .take(64)
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}
