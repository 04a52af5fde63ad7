//! What `localhost`, or an odd spelling of an address, stands for on this machine.
//!
//! Asks the system's own resolver, but only when the answer is certain to come from this machine: a
//! name that a DNS server might be asked about is refused, with the reason.
use std::ffi::CString;
use std::fs;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::sys;
use crate::lang::{Failure, FailureCause, Resolved};

const HOSTS: &str = "/etc/hosts";
const NSSWITCH: &str = "/etc/nsswitch.conf";

/// The sources of nsswitch.conf(5) that answer for localhost without leaving this machine: its own
/// files, and the parts of systemd that know it (nss-myhostname(8), nss-resolve(8),
/// nss-mymachines(8)); mdns4_minimal only speaks up for `.local`.
const STAYS_HERE: [&str; 6] = [
    "files",
    "myhostname",
    "resolve",
    "mymachines",
    "mdns4_minimal",
    "mdns_minimal",
];

/// What `localhost` or a numeric spelling of an address stands for, in the order getaddrinfo(3)
/// gives. Every other name is refused: it could be asked of a DNS server beyond this machine.
pub fn resolve(name: &str, within: Duration) -> Result<Resolved, Failure> {
    if let Some(spelled) = spelled(name) {
        return Ok(spelled);
    }
    let hosts = fs::read_to_string(HOSTS).unwrap_or_default();
    let order = fs::read_to_string(NSSWITCH).ok();
    let sources = may_ask(name, &hosts, order.as_deref())?;
    Ok(Resolved {
        query: name.to_owned(),
        addresses: ask(name, within)?,
        sources,
    })
}

/// What a text stands for that is an address itself, in whatever spelling; nothing is asked.
pub(in crate::lab) fn spelled(name: &str) -> Option<Resolved> {
    let text = CString::new(name).ok()?;
    let address = sys::numeric_address(&text)?;
    let source = if name.parse() == Ok(address) {
        format!("`{name}` is an address already; nothing was looked up")
    } else {
        format!(
            "`{name}` is a spelling of {address} that inet_aton(3) reads; nothing was looked up"
        )
    };
    Some(Resolved {
        query: name.to_owned(),
        addresses: vec![address],
        sources: vec![source],
    })
}

/// Whether the system's resolver may be asked about a name; the lines of the hosts file that will
/// answer, if so.
fn may_ask(name: &str, hosts: &str, order: Option<&str>) -> Result<Vec<String>, Failure> {
    let lines = lines_naming(name, hosts);
    if !name.eq_ignore_ascii_case("localhost") {
        return Err(stranger(name, &lines));
    }
    if lines.is_empty() {
        return Err(unknowable(format!(
            "{HOSTS} does not name localhost, so the system's resolver might ask a DNS server \
             beyond this machine. What it would answer cannot be known without asking; browsers and \
             curl answer 127.0.0.1 and ::1 by themselves (RFC 6761 §6.3)"
        )));
    }
    // Only glibc reads nsswitch.conf; elsewhere the hosts file comes first by design.
    if cfg!(target_env = "gnu") {
        stays_here(order)?;
    }
    Ok(lines)
}

fn stranger(name: &str, lines: &[String]) -> Failure {
    let known = match lines.first() {
        Some(line) => format!(" ({line})"),
        None => String::new(),
    };
    Failure {
        error: FailureCause::NotAllowed,
        operation: "getaddrinfo",
        local: None,
        peer: None,
        message: format!(
            "only localhost and numeric spellings are resolved here: `{name}`{known} could be asked \
             of a DNS server beyond this machine"
        ),
    }
}

fn unknowable(message: String) -> Failure {
    Failure {
        error: FailureCause::NotAvailable,
        operation: "getaddrinfo",
        local: None,
        peer: None,
        message,
    }
}

/// Whether the hosts file is asked before anything that may leave the machine.
fn stays_here(order: Option<&str>) -> Result<(), Failure> {
    let services = order.and_then(|text| {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("hosts:"))?;
        Some(line.split('#').next().unwrap_or_default())
    });
    let Some(services) = services else {
        return Err(unknowable(format!(
            "{NSSWITCH} does not say where names are looked up, so the system's resolver might ask \
             a DNS server beyond this machine before it reads {HOSTS}"
        )));
    };
    for service in services.split_ascii_whitespace() {
        if service == "files" {
            return Ok(());
        }
        if !service.starts_with('[') && !STAYS_HERE.contains(&service) {
            return Err(unknowable(format!(
                "{NSSWITCH} asks `{service}` before it reads {HOSTS}, and that might ask a server \
                 beyond this machine"
            )));
        }
    }
    Err(unknowable(format!(
        "{NSSWITCH} does not look into {HOSTS} for names, so what the system's resolver would answer \
         cannot be known without asking it"
    )))
}

/// The lines of a hosts file (hosts(5)) that give a name, with their numbers.
pub(in crate::lab) fn lines_naming(name: &str, hosts: &str) -> Vec<String> {
    let names_it = |line: &str| {
        let entry = line.split('#').next().unwrap_or_default();
        let mut names = entry.split_ascii_whitespace().skip(1);
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    hosts
        .lines()
        .enumerate()
        .filter(|(_, line)| names_it(line))
        .map(|(index, line)| format!("{HOSTS} line {}: {}", index + 1, line.trim()))
        .collect()
}

/// getaddrinfo(3), which cannot be told to hurry, on a thread that can be left behind.
fn ask(name: &str, within: Duration) -> Result<Vec<IpAddr>, Failure> {
    let (sender, receiver) = mpsc::channel();
    let query = (name.to_owned(), 0);
    let thread = thread::Builder::new().name("resolve".to_owned());
    let spawned = thread.spawn(move || {
        let answer = query.to_socket_addrs();
        // Nobody listens any more when the answer came too late.
        drop(sender.send(answer.map(|all| all.map(|address| address.ip()).collect())));
    });
    let failed = |error: io::Error| unknowable(format!("the resolver failed: {error}"));
    spawned.map_err(failed)?;
    receiver
        .recv_timeout(within)
        .map_err(|_| Failure {
            error: FailureCause::Timeout,
            ..unknowable(format!(
                "the system's resolver did not answer within {} ms",
                within.as_millis()
            ))
        })?
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DEFAULT_WITHIN;

    const BOTH: &str =
        "# names\n127.0.0.1 localhost\n::1  ip6-localhost LocalHost # v6\n127.0.1.1 box box.test\n";

    fn shown(name: &str, hosts: &str, order: Option<&str>) -> String {
        match may_ask(name, hosts, order) {
            Ok(lines) => lines.join("; "),
            Err(failure) => format!("{}: {}", failure.error.name(), failure.message),
        }
    }

    #[test]
    fn who_may_be_asked() {
        let usual = Some("passwd: files\nhosts: files dns # usual\n");
        let desktop = Some("hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns");
        let table = [
            (
                "localhost",
                BOTH,
                usual,
                "/etc/hosts line 2: 127.0.0.1 localhost; /etc/hosts line 3:",
            ),
            ("LOCALHOST", BOTH, desktop, "/etc/hosts line 2"),
            (
                "localhost",
                "",
                usual,
                "not_available: /etc/hosts does not name localhost",
            ),
            (
                "localhost",
                "# 127.0.0.1 localhost",
                usual,
                "not_available: /etc/hosts does not name",
            ),
            ("box.test", BOTH, usual, "not_allowed: only localhost"),
            (
                "box.test",
                BOTH,
                usual,
                "/etc/hosts line 4: 127.0.1.1 box box.test",
            ),
            ("example.com", BOTH, usual, "beyond this machine"),
            ("foo.localhost", BOTH, usual, "not_allowed"),
            ("localhost.", BOTH, usual, "not_allowed"),
            ("", BOTH, usual, "not_allowed"),
        ];
        for (name, hosts, order, expected) in table {
            let shown = shown(name, hosts, order);
            assert!(shown.contains(expected), "{name}: {shown}");
        }
    }

    #[test]
    fn the_order_of_sources_decides() {
        let table = [
            (Some("hosts: files"), None),
            (Some("hosts:\tmdns4_minimal [NOTFOUND=return] files"), None),
            (Some("hosts: dns files"), Some("asks `dns` before")),
            (Some("hosts: wins files"), Some("asks `wins` before")),
            (
                Some("hosts: resolve myhostname"),
                Some("does not look into"),
            ),
            (Some("#hosts: files"), Some("does not say")),
            (None, Some("does not say")),
        ];
        for (order, expected) in table {
            let refused = stays_here(order).err().map(|failure| failure.message);
            match (expected, refused) {
                (None, None) => {}
                (Some(part), Some(message)) => assert!(message.contains(part), "{message}"),
                (expected, refused) => panic!("{order:?}: {expected:?}, but {refused:?}"),
            }
        }
    }

    #[test]
    fn numeric_spellings_need_no_resolver() {
        let table = [
            ("127.1", "127.0.0.1", "spelling"),
            ("2130706433", "127.0.0.1", "spelling"),
            ("0x7f.1", "127.0.0.1", "spelling"),
            ("0177.0.0.1", "127.0.0.1", "spelling"),
            ("127.0.0.1", "127.0.0.1", "already"),
            ("::1", "::1", "already"),
            ("0:0:0:0:0:0:0:1", "::1", "already"),
        ];
        for (text, address, part) in table {
            let resolved = resolve(text, DEFAULT_WITHIN).unwrap();
            let expected: IpAddr = address.parse().unwrap();
            assert_eq!(resolved.addresses, [expected], "{text}");
            assert!(resolved.sources[0].contains(part), "{resolved:?}");
        }
    }

    #[test]
    fn localhost_is_loopback_or_the_reason_is_said() {
        match resolve("localhost", DEFAULT_WITHIN) {
            Ok(resolved) => {
                assert!(!resolved.addresses.is_empty());
                assert!(resolved.sources[0].starts_with(HOSTS), "{resolved:?}");
            }
            Err(failure) => assert_eq!(failure.error, FailureCause::NotAvailable, "{failure:?}"),
        }
    }

    #[test]
    fn a_name_with_a_zero_byte_is_refused() {
        let failure = resolve("local\0host", DEFAULT_WITHIN).unwrap_err();
        assert_eq!(failure.error, FailureCause::NotAllowed);
    }
}
