//! Packet filters of a private world: nf_tables rules over nfnetlink, as nft(8) would make them with
//! `table inet looplab { chain input { type filter hook input priority 0; … } }`.
//!
//! A rule looks at what *arrives* at an endpoint, by address and port, TCP and UDP alike. Numbers are
//! those of `linux/netfilter/nf_tables.h`; unlike those of rtnetlink they travel in network byte
//! order.
use std::io;
use std::net::{IpAddr, SocketAddr};

use super::World;
use super::netlink::{Change, Payload, message};
use crate::lang::FilterAction;

/// The table, and all that it holds.
const TABLE: &[u8] = b"looplab\0";
const CHAIN: &[u8] = b"input\0";

/// NFNL_SUBSYS_NFTABLES: the high byte of a message's kind.
const SUBSYSTEM: u8 = 10;

/// NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END: what lies between them is done as a whole.
const BEGIN: u16 = 16;
const END: u16 = 17;

/// NFPROTO_INET: both families in one table.
const INET: u8 = 1;

/// Register 1, where a rule keeps what it compares.
const REGISTER: u32 = 1;

/// NLA_F_NESTED.
const NESTED: u16 = 0x8000;

/// Kinds of messages.
mod kind {
    pub(super) const NEW_TABLE: u8 = 0;
    pub(super) const DELETE_TABLE: u8 = 2;
    pub(super) const NEW_CHAIN: u8 = 3;
    pub(super) const NEW_RULE: u8 = 6;
}

/// Adds the rules for one endpoint.
pub(in crate::lab) fn add(world: &World, action: FilterAction, at: SocketAddr) -> io::Result<()> {
    match batch(world, &[table(), chain()]) {
        Err(error) if error.raw_os_error() != Some(libc::EEXIST) => return Err(error),
        _ => {}
    }
    let protocols = [libc::IPPROTO_TCP, libc::IPPROTO_UDP];
    batch(world, &protocols.map(|protocol| rule(action, protocol, at)))
}

/// Takes all rules away.
pub(in crate::lab) fn clear(world: &World) -> io::Result<()> {
    let table = Payload::default().with(1, TABLE);
    batch(world, &[(kind::DELETE_TABLE, 0, table)])
}

/// A change: its kind, its flags, its attributes.
type Part = (u8, i32, Payload);

fn batch(world: &World, parts: &[Part]) -> io::Result<()> {
    let mut bytes = message(BEGIN, 0, 0, &head(0, SUBSYSTEM));
    let mut last = 0;
    for (kind, flags, attributes) in parts {
        last += 1;
        let mut payload = head(INET, 0);
        payload.0.extend(&attributes.0);
        let kind = u16::from_be_bytes([SUBSYSTEM, *kind]);
        bytes.extend(message(kind, libc::NLM_F_ACK | flags, last, &payload));
    }
    bytes.extend(message(END, 0, last + 1, &head(0, SUBSYSTEM)));
    Change::open(world, libc::NETLINK_NETFILTER)?.send(&bytes, last)
}

/// `struct nfgenmsg`: family, version 0, and a number in network byte order.
fn head(family: u8, resource: u8) -> Payload {
    Payload::of([family, 0, 0, resource])
}

fn table() -> Part {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    (kind::NEW_TABLE, flags, Payload::default().with(1, TABLE))
}

/// A chain at the input hook (1) with priority 0, which lets pass (1) what no rule speaks of.
fn chain() -> Part {
    let hook = Payload::default().number(1, 1).number(2, 0);
    let chain = Payload::default()
        .with(1, TABLE)
        .with(3, CHAIN)
        .nest(4 | NESTED, &hook)
        .number(5, 1)
        .with(7, b"filter\0");
    (kind::NEW_CHAIN, libc::NLM_F_CREATE, chain)
}

/// One rule: expressions that go on only while they are true, and a verdict.
fn rule(action: FilterAction, protocol: i32, at: SocketAddr) -> Part {
    let protocol = u8::try_from(protocol).unwrap_or_default();
    let expressions = [
        // NFT_META_L4PROTO.
        load(
            "meta",
            &Payload::default().number(1, REGISTER).number(2, 16),
        ),
        equal(&[protocol]),
        // The destination port of both protocols: two bytes at offset 2 of the transport header.
        payload(2, 2, 2),
        equal(&at.port().to_be_bytes()),
    ];
    let address = destination(at.ip());
    let all = expressions.into_iter().chain(address);
    let list = all
        .chain([verdict(action)])
        .fold(Payload::default(), |list, expression| {
            list.nest(1 | NESTED, &expression)
        });
    let rule = Payload::default()
        .with(1, TABLE)
        .with(2, CHAIN)
        .nest(4 | NESTED, &list);
    (
        kind::NEW_RULE,
        libc::NLM_F_CREATE | libc::NLM_F_APPEND,
        rule,
    )
}

/// The family, and the destination address in its header; nothing for "any address".
fn destination(ip: IpAddr) -> Vec<Payload> {
    if ip.to_canonical().is_unspecified() {
        return Vec::new();
    }
    let (family, offset, octets) = match ip.to_canonical() {
        IpAddr::V4(ip) => (libc::NFPROTO_IPV4, 16, ip.octets().to_vec()),
        IpAddr::V6(ip) => (libc::NFPROTO_IPV6, 24, ip.octets().to_vec()),
    };
    let length = u32::try_from(octets.len()).unwrap_or_default();
    vec![
        // NFT_META_NFPROTO.
        load(
            "meta",
            &Payload::default().number(1, REGISTER).number(2, 15),
        ),
        equal(&[u8::try_from(family).unwrap_or_default()]),
        payload(1, offset, length),
        equal(&octets),
    ]
}

/// An expression by its name.
fn load(name: &str, data: &Payload) -> Payload {
    let name = [name.as_bytes(), b"\0"].concat();
    Payload::default().with(1, &name).nest(2 | NESTED, data)
}

/// Loads bytes of a header: 1 is the network's, 2 the transport's.
fn payload(base: u32, offset: u32, length: u32) -> Payload {
    let data = Payload::default()
        .number(1, REGISTER)
        .number(2, base)
        .number(3, offset)
        .number(4, length);
    load("payload", &data)
}

/// Goes on when what was loaded is this.
fn equal(value: &[u8]) -> Payload {
    let value = Payload::default().with(1, value);
    let data = Payload::default()
        .number(1, REGISTER)
        .number(2, 0)
        .nest(3 | NESTED, &value);
    load("cmp", &data)
}

/// NF_DROP, or an ICMP answer of the family at hand (NFT_REJECT_ICMPX_UNREACH): port unreachable.
fn verdict(action: FilterAction) -> Payload {
    match action {
        FilterAction::Drop => {
            let code = Payload::default().number(1, 0);
            let verdict = Payload::default().nest(2 | NESTED, &code);
            let data = Payload::default().number(1, 0).nest(2 | NESTED, &verdict);
            load("immediate", &data)
        }
        FilterAction::Reject => load("reject", &Payload::default().number(1, 2).with(2, &[1])),
    }
}

impl Payload {
    /// Adds a number in network byte order.
    fn number(self, kind: u16, value: u32) -> Self {
        self.with(kind, &value.to_be_bytes())
    }
}
