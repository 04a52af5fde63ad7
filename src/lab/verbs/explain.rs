//! `explain`: what can be read off a topic itself, and the cards that fit it.
use std::net::{IpAddr, Ipv4Addr};

use crate::lab::ledger::Entry;
use crate::lab::{Lab, failure, observe};
use crate::lang::{Card, Explanation, Fact, Failure, FailureCause};
use crate::net::{Endpoint, Errno, PortClass, PortRange, TcpState};

/// A topic taken apart: what is plain about it, and the cards to look for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reading {
    observations: Vec<String>,
    keys: Vec<String>,
}

impl Lab {
    pub(super) fn explain(&self, topic: &str) -> Result<Fact, Failure> {
        let range = observe::range(&*self.namespace).ok().map(|r| r.range());
        let mut reading = Reading::default();
        match self.ledger.named().find(|(name, _)| *name == topic) {
            Some((name, entry)) => reading.name(name, entry, range),
            None => reading.topic(topic, range),
        }
        let mut cards: Vec<Card> = Vec::new();
        for card in reading.keys.iter().filter_map(|key| self.cards.card(key)) {
            if !cards.iter().any(|known| known.key == card.key) {
                cards.push(card);
            }
        }
        if cards.is_empty() && reading.observations.is_empty() {
            return Err(self.no_topic(topic));
        }
        Ok(Fact::Explanation(Explanation {
            topic: topic.to_owned(),
            observations: reading.observations,
            cards,
        }))
    }

    fn no_topic(&self, topic: &str) -> Failure {
        let closeness =
            |key: &str| strsim::jaro_winkler(&key.to_lowercase(), &topic.to_lowercase());
        let keys = self.cards.keys();
        let near = keys
            .iter()
            .filter(|key| closeness(key) > 0.8)
            .max_by(|a, b| closeness(a).total_cmp(&closeness(b)));
        let next = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "an errno, a port, an endpoint, a TCP state and the terms of the glossary are"
                .to_owned(),
        };
        let message = format!("there is no card for `{topic}`; {next}");
        failure::own(FailureCause::NoSuchName, "explain", message)
    }
}

impl Reading {
    /// What a name of the lab stands for.
    fn name(&mut self, name: &str, entry: &Entry, range: Option<PortRange>) {
        if let Some(why) = entry.outcome.failure() {
            self.observations.push(format!("`{name}`: {}", why.message));
            self.keys.push(why.error.name());
            return;
        }
        for own in entry.held.sockets().iter().take(1) {
            let state = own.state().map_or_else(String::new, |s| format!(", {s}"));
            let is = own.kind.described();
            self.observations
                .push(format!("`{name}` is {is} on {}{state}", own.local));
            self.keys.extend(own.state().map(|s| s.name().to_owned()));
            self.endpoint(&own.local, range);
        }
        self.keys.push(entry.outcome.verb.to_owned());
    }

    fn topic(&mut self, topic: &str, range: Option<PortRange>) {
        self.keys.push(topic.to_owned());
        // The verb of the lab, and what everybody calls the segment it sends.
        if topic.eq_ignore_ascii_case("reset") {
            self.keys.push("RST".to_owned());
        }
        if let Some(errno) = Errno::parse(topic) {
            self.keys.push(errno.name());
        } else if let Some(state) = TcpState::parse(topic) {
            self.keys.push(state.name().to_owned());
        } else if let Ok(port) = topic.parse::<u16>() {
            self.port(port, range);
        } else if let Ok(address) = topic.trim_matches(['[', ']']).parse::<IpAddr>() {
            self.address(address);
        } else if let Ok(endpoint) = Endpoint::parse(topic) {
            self.endpoint(&endpoint, range);
        } else if looks_like_an_endpoint(topic)
            && let Err(error) = Endpoint::parse(topic)
        {
            self.observations.push(error.to_string());
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint, range: Option<PortRange>) {
        match endpoint {
            Endpoint::Inet(address) => {
                self.address(address.ip());
                self.port(address.port(), range);
            }
            Endpoint::Unix(_) => {
                let plain = "a Unix socket is a file: no address, no port, and no packet on lo";
                self.observations.push(plain.to_owned());
                self.keys.push("unix socket".to_owned());
            }
        }
    }

    fn address(&mut self, address: IpAddr) {
        let plain = address.to_canonical();
        if plain != address {
            self.observations.push(format!(
                "{address} is {plain} in IPv6 spelling (RFC 4291 §2.5.5.2)"
            ));
        }
        let (class, key) = class_of(plain);
        self.observations.push(format!("{plain} is {class}"));
        self.keys.push(plain.to_string());
        self.keys.extend(key.map(str::to_owned));
    }

    fn port(&mut self, port: u16, range: Option<PortRange>) {
        self.keys.push(port.to_string());
        if port == 0 {
            let plain = "port 0 is no port: bind reads it as \"choose one for me\"";
            self.observations.push(plain.to_owned());
            return;
        }
        let class = PortClass::of(port);
        let PortRange { low, high } = class.bounds();
        let says = match class {
            PortClass::System => "a System Port: assigned to services by a strict procedure",
            PortClass::User => "a User Port: services may have it registered",
            PortClass::Dynamic => "a Dynamic Port: never assigned to a service",
        };
        self.observations
            .push(format!("{port} is {says} ({low} to {high}, RFC 6335)"));
        if let Some(range) = range {
            let lies = if range.contains(port) { "" } else { " not" };
            self.observations.push(format!(
                "it does{lies} lie in the range this kernel hands out by itself, {} to {}",
                range.low, range.high
            ));
        }
    }
}

/// Worth an explanation of what is wrong with it.
fn looks_like_an_endpoint(topic: &str) -> bool {
    let plain = |c: char| c.is_ascii_hexdigit() || ".:[]x".contains(c);
    topic.starts_with(|c: char| c.is_ascii_digit() || c == '[' || c == ':')
        && topic.chars().all(plain)
}

/// What an address is for, and the card about it.
fn class_of(address: IpAddr) -> (&'static str, Option<&'static str>) {
    match address {
        ip if ip.is_loopback() => (
            "a loopback address: packets to it never leave this machine",
            Some("loopback"),
        ),
        ip if ip.is_unspecified() => (
            "the wildcard: a listener reads it as \"every address I have\"",
            Some("wildcard"),
        ),
        ip if ip.is_multicast() => ("a multicast address: it stands for a group", None),
        IpAddr::V4(ip) => (class_of_v4(ip), None),
        IpAddr::V6(ip) if ip.is_unicast_link_local() => (LINK_LOCAL, None),
        IpAddr::V6(ip) if ip.is_unique_local() => (PRIVATE, None),
        IpAddr::V6(_) => (PUBLIC, None),
    }
}

const LINK_LOCAL: &str = "a link-local address: it has a meaning on one cable only";
const PRIVATE: &str = "a private address: many networks use the same ones";
const PUBLIC: &str = "an address of the Internet at large; looplab sends nothing there";

fn class_of_v4(ip: Ipv4Addr) -> &'static str {
    match ip {
        _ if ip.is_broadcast() => "the broadcast address: everybody on this network",
        _ if ip.is_link_local() => LINK_LOCAL,
        _ if ip.is_private() => PRIVATE,
        _ if ip.is_documentation() => "an address for examples in documents (RFC 5737)",
        _ => PUBLIC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, expected: &str) {
        let mut reading = Reading::default();
        let range = PortRange {
            low: 32_768,
            high: 60_999,
        };
        reading.topic(topic, Some(range));
        let said = reading.observations.join("; ");
        assert!(said.contains(expected), "{topic}: {said}");
    }

    #[test]
    fn what_is_plain_about_a_topic() {
        let table = [
            ("443", "443 is a System Port"),
            ("8080", "8080 is a User Port"),
            ("49342", "49342 is a Dynamic Port"),
            ("49342", "does lie in the range"),
            ("61000", "does not lie in the range"),
            ("0", "choose one for me"),
            ("127.0.0.1:49342", "127.0.0.1 is a loopback address"),
            ("[::1]:80", "::1 is a loopback address"),
            ("::1", "::1 is a loopback address"),
            ("::ffff:127.0.0.1", "127.0.0.1 in IPv6 spelling"),
            ("0.0.0.0", "the wildcard"),
            ("192.168.1.1", "a private address"),
            ("169.254.169.254", "link-local"),
            ("255.255.255.255", "broadcast"),
            ("192.0.2.1", "for examples"),
            ("8.8.8.8", "Internet at large"),
            ("fe80::1", "link-local"),
            ("127.1:80", "spelling of 127.0.0.1"),
            ("unix:chat", "a Unix socket is a file"),
        ];
        for (topic, expected) in table {
            check(topic, expected);
        }
    }

    #[test]
    fn cards_are_looked_for_by_their_own_spelling() {
        for (topic, key) in [
            ("eaddrinuse", "EADDRINUSE"),
            ("time_wait", "TIME-WAIT"),
            ("127.0.0.1:443", "443"),
            ("::1", "loopback"),
            ("backlog", "backlog"),
            ("reset", "RST"),
        ] {
            let mut reading = Reading::default();
            reading.topic(topic, None);
            assert!(reading.keys.iter().any(|k| k == key), "{topic}");
        }
    }
}
