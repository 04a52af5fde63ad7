//! What the web server shows, and to whom: its text, its lamp, and the two lists that keep a
//! strange web site's requests out.
//!
//! The lamp is the one thing a visitor can change: it is what a forged request would do harm to.
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::head::{Head, Refused};

/// The word for "what this server itself is called", in both lists.
const OWN: &str = "own";

/// Names of this machine that a browser's user types.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A web server's content and its doorkeeping. Shared by its connections.
#[derive(Debug, Default)]
pub(in crate::lab) struct Site {
    /// What `/` says instead of the usual page.
    pub(in crate::lab) page: Option<String>,
    /// Names that may stand in Host; all when absent.
    pub(in crate::lab) hosts: Option<Vec<String>>,
    /// Origins whose pages may ask; all when absent.
    pub(in crate::lab) origins: Option<Vec<String>>,
    lamp: AtomicBool,
}

impl Site {
    /// With these texts and lists; the lamp is off.
    pub(in crate::lab) fn new(
        page: Option<String>,
        hosts: Option<Vec<String>>,
        origins: Option<Vec<String>>,
    ) -> Self {
        Self {
            page,
            hosts,
            origins,
            lamp: AtomicBool::new(false),
        }
    }

    /// `on` or `off`.
    pub(in crate::lab) fn lamp(&self) -> &'static str {
        if self.lamp.load(Ordering::SeqCst) {
            "on"
        } else {
            "off"
        }
    }

    /// Switches the lamp; `None` when the word is neither `on` nor `off`.
    pub(super) fn switch(&self, word: &str) -> Option<&'static str> {
        let on = match word {
            "on" => true,
            "off" => false,
            _ => return None,
        };
        self.lamp.store(on, Ordering::SeqCst);
        Some(self.lamp())
    }

    /// What to type into a browser instead of an address, `at`, by which nobody is let in: a name of the
    /// list that a browser takes here. The address itself where it is welcome.
    pub(in crate::lab) fn address_for(&self, at: SocketAddr, typed: String) -> Option<String> {
        let host = typed.trim_start_matches("http://").trim_end_matches('/');
        match &self.hosts {
            Some(list) if !is_host_of(list, host, at) => list
                .iter()
                .find(|name| is_local(name))
                .map(|name| format!("http://{name}:{}/", at.port())),
            _ => Some(typed),
        }
    }

    /// Whether the request may come in. Host says which name brought the visitor here (RFC 9110
    /// §7.2), Origin whose page sent the request (RFC 6454 §7).
    pub(super) fn admits(&self, head: &Head, at: SocketAddr) -> Result<(), Refused> {
        let host = head.host.as_deref().unwrap_or_default();
        if self
            .hosts
            .as_ref()
            .is_some_and(|list| !is_host_of(list, host, at))
        {
            return Err(Refused::Misdirected);
        }
        let strange = |list: &Vec<String>| {
            let origin = head.origin.as_deref();
            origin.is_some_and(|origin| !is_origin_of(list, origin, at))
        };
        if self.origins.as_ref().is_some_and(strange) {
            return Err(Refused::Forbidden);
        }
        Ok(())
    }
}

/// Whether a browser takes a name for this machine without asking anybody (RFC 6761 §6.3).
fn is_local(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a Host header names this server: a name of the list, without a port or with this one.
fn is_host_of(list: &[String], host: &str, at: SocketAddr) -> bool {
    let (name, port) = split_port(host);
    if port.is_some_and(|port| port.parse() != Ok(at.port())) {
        return false;
    }
    let here = at.to_string();
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    list.iter().any(|known| match known.as_str() {
        OWN => own_names(&here).any(is),
        known => is(known) || known.eq_ignore_ascii_case(host),
    })
}

/// A host and its port; the colons inside brackets belong to the address.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// Names of the server at `here`, an address and a port: the usual ones, and that address, as they
/// stand in a URL.
fn own_names(here: &str) -> impl Iterator<Item = &str> {
    let (address, _) = split_port(here);
    OWN_NAMES.into_iter().chain([address])
}

/// Whether a page of this origin may ask: one of the list, or this server's own.
fn is_origin_of(list: &[String], origin: &str, at: SocketAddr) -> bool {
    let here = at.to_string();
    let is_own = |name: &str| match at.port() {
        80 => origin == format!("http://{name}"),
        port => origin == format!("http://{name}:{port}"),
    };
    list.iter().any(|known| match known.as_str() {
        OWN => own_names(&here).any(is_own),
        known => known == origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn hosts() {
        let at = "127.0.0.1:8080".parse().unwrap();
        let table = [
            ("own", "localhost:8080", true),
            ("own", "LOCALHOST", true),
            ("own", "127.0.0.1:8080", true),
            ("own", "[::1]:8080", true),
            ("own", "[::1]", true),
            ("own", "0.0.0.0:8080", false),
            ("own", "attacker.example", false),
            ("own", "attacker.example:8080", false),
            ("own", "localhost.attacker.example:8080", false),
            ("own", "localhost:8081", false),
            ("own", "localhost:", false),
            ("own", "", false),
            ("localhost", "127.0.0.1:8080", false),
            ("localhost dev.test", "dev.test:8080", true),
            ("dev.test:8080", "dev.test:8080", true),
        ];
        for (words, host, expected) in table {
            assert_eq!(
                is_host_of(&list(words), host, at),
                expected,
                "{words}: {host}"
            );
        }
        assert!(is_host_of(
            &list("own"),
            "127.7.7.7:1",
            "127.7.7.7:1".parse().unwrap()
        ));
    }

    #[test]
    fn a_browser_is_sent_where_it_is_let_in() {
        let at: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let address = Some("http://127.0.0.1:8080/");
        let table = [
            (None, address),
            (Some("own"), address),
            (Some("127.0.0.1"), address),
            (Some("dev.test localhost"), Some("http://localhost:8080/")),
            (Some("shop.localhost"), Some("http://shop.localhost:8080/")),
            (Some("attacker.example"), None),
        ];
        for (words, expected) in table {
            let site = Site::new(None, words.map(list), None);
            let typed = site.address_for(at, format!("http://{at}/"));
            assert_eq!(typed.as_deref(), expected, "{words:?}");
        }
    }

    #[test]
    fn origins() {
        let table = [
            ("own", "http://localhost:8080", 8080, true),
            ("own", "http://127.0.0.1:8080", 8080, true),
            ("own", "http://localhost", 80, true),
            ("own", "http://localhost", 8080, false),
            ("own", "https://localhost:8080", 8080, false),
            ("own", "http://localhost:3000", 8080, false),
            ("own", "http://evil.example", 8080, false),
            ("own", "null", 8080, false),
            ("http://app.test", "http://app.test", 8080, true),
            ("http://app.test", "http://localhost:8080", 8080, false),
            ("own http://app.test", "http://localhost:8080", 8080, true),
        ];
        for (words, origin, port, expected) in table {
            assert_eq!(
                is_origin_of(&list(words), origin, ([127, 0, 0, 1], port).into()),
                expected,
                "{words}: {origin}"
            );
        }
        // Its own address is its own in both lists.
        let at = "127.7.7.7:8080".parse().unwrap();
        assert!(is_origin_of(&list("own"), "http://127.7.7.7:8080", at));
    }

    #[test]
    fn the_lamp_knows_two_words() {
        let site = Site::default();
        assert_eq!(site.lamp(), "off");
        assert_eq!(site.switch("on"), Some("on"));
        assert_eq!(site.switch("dim"), None);
        assert_eq!(site.lamp(), "on");
    }
}
