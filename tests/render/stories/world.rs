//! The private world.
use looplab::lang::{
    Fact, FilterAction, FilterRule, Filters, HostsFile, InWorld, LinkState, NextDoor, Outcome,
    Setting, WorldName,
};

use super::{at, done};

pub(super) fn facts() -> Vec<Outcome> {
    vec![
        done(
            "",
            "world",
            Fact::World(InWorld {
                world: WorldName::Private,
                switched: true,
                refusal: None,
            }),
        ),
        done(
            "",
            "world",
            Fact::World(InWorld {
                world: WorldName::Host,
                switched: false,
                refusal: Some("making a user namespace (unshare) was refused (EPERM)".to_owned()),
            }),
        ),
        done(
            "",
            "hosts",
            Fact::Hosts(HostsFile {
                world: WorldName::Private,
                count: 3,
                lines: vec!["127.0.0.42 localhost".to_owned(), "::1 six".to_owned()],
                switched: true,
            }),
        ),
        done(
            "",
            "link",
            Fact::Link(LinkState {
                interface: "lo".to_owned(),
                up: false,
                mtu: Some(65_536),
                switched: true,
            }),
        ),
        done(
            "",
            "neighbour",
            Fact::Neighbour(NextDoor {
                address: "10.0.0.2".parse().unwrap(),
                source: "10.0.0.1".parse().unwrap(),
                interface: "veth0".to_owned(),
                switched: true,
            }),
        ),
        done(
            "",
            "filter",
            Fact::Filter(Filters {
                count: 2,
                rules: vec![
                    FilterRule {
                        action: FilterAction::Drop,
                        to: at("127.0.0.1:8080"),
                    },
                    FilterRule {
                        action: FilterAction::Reject,
                        to: at("10.0.0.1:80"),
                    },
                ],
            }),
        ),
        done(
            "",
            "filter",
            Fact::Filter(Filters {
                count: 0,
                rules: Vec::new(),
            }),
        ),
        done(
            "",
            "sysctl",
            Fact::Sysctl(Setting {
                setting: "net.ipv4.ip_local_port_range".to_owned(),
                value: "49342 49342".to_owned(),
                before: Some("32768 60999".to_owned()),
            }),
        ),
    ]
}
