//! `ss` (iproute2), and how it writes what a row of the table says.
use std::collections::HashMap;
use std::process::Command;

use looplab::lang::{SocketRow, TcpDetails};
use looplab::net::TcpState;

/// A row in the terms of both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    protocol: String,
    state: TcpState,
    queues: (u32, u32),
    local: String,
    peer: Option<String>,
    holder: Option<(String, u32)>,
    uid: u32,
    inode: u64,
    /// In milliseconds, and left out of the comparison: time goes on between two looks.
    timer: Timer,
}

/// Equal to every other.
#[derive(Clone, Copy, Debug, Default)]
struct Timer(Option<f64>);

impl PartialEq for Timer {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Timer {}

impl std::hash::Hash for Timer {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// Whether `ss` can be asked. Loud when it cannot, and a failure when skipping is forbidden.
pub(crate) fn is_here() -> bool {
    let here = Command::new("ss").arg("-V").output().is_ok();
    if !here {
        let forbidden = std::env::var_os("LOOPLAB_FORBID_SKIP").is_some_and(|value| value == "1");
        assert!(
            !forbidden,
            "`ss` (iproute2) is not here, and skipping is forbidden"
        );
        eprintln!("SKIPPED: the differential test needs `ss` (iproute2), which is not here");
    }
    here
}

/// What it lists, in a fixed order.
pub(crate) fn list(flags: &str) -> Vec<Seen> {
    let text = said(flags);
    let mut seen: Vec<Seen> = text.lines().map(Seen::by_ss).collect();
    seen.sort_by_cached_key(Seen::key);
    seen
}

fn said(flags: &str) -> String {
    let output = Command::new("ss").arg(flags).output().unwrap();
    assert!(output.status.success(), "ss {flags}");
    String::from_utf8(output.stdout).unwrap()
}

impl Seen {
    /// What tells sockets apart.
    pub(crate) fn key(&self) -> (String, String, Option<String>, u64) {
        (
            self.protocol.clone(),
            self.local.clone(),
            self.peer.clone(),
            self.inode,
        )
    }

    pub(crate) fn port(&self) -> u16 {
        let (_, port) = self.local.rsplit_once(':').unwrap();
        port.parse().unwrap()
    }

    pub(crate) fn by_us(row: &SocketRow) -> Self {
        Self {
            protocol: row.protocol.to_owned(),
            state: row.state,
            queues: (row.recv_queue, row.send_queue),
            local: row.local.to_string(),
            peer: row.peer.as_ref().map(ToString::to_string),
            holder: row.process.as_deref().map(str::to_owned).zip(row.pid),
            uid: row.uid,
            inode: row.inode,
            timer: Timer(row.timer_seconds),
        }
    }

    fn by_ss(line: &str) -> Self {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [protocol, state, recv, send, local, peer, rest @ ..] = &words[..] else {
            panic!("{line}");
        };
        let find = |key: &str| rest.iter().find_map(|word| word.strip_prefix(key));
        let number = |key: &str| find(key).map_or(0, |text| text.parse().unwrap());
        Self {
            protocol: (*protocol).to_owned(),
            state: if *state == "UNCONN" {
                TcpState::Closed
            } else {
                TcpState::parse(state).unwrap_or_else(|| panic!("{line}"))
            },
            queues: (recv.parse().unwrap(), send.parse().unwrap()),
            // A wildcard that takes both families.
            local: local
                .strip_prefix("*:")
                .map_or((*local).to_owned(), |port| format!("[::]:{port}")),
            peer: Some((*peer).to_owned()).filter(|peer| !peer.ends_with(":*")),
            holder: find("users:((").map(holder),
            uid: u32::try_from(number("uid:")).unwrap(),
            inode: number("ino:"),
            timer: Timer(find("timer:(").map(seconds)),
        }
    }

    /// Whether the timer, as `ss` saw it, lies between what was seen before and after.
    pub(crate) fn ticks_between(&self, before: &Self, after: &Self) {
        // `ss` writes whole seconds.
        let rounding = 1.0;
        let fits = match (before.timer.0, self.timer.0, after.timer.0) {
            (None, None, None) => true,
            (Some(before), Some(timer), Some(after)) => {
                (after - rounding..=before + rounding).contains(&timer)
            }
            _ => false,
        };
        assert!(fits, "{before:?}\n{self:?}\n{after:?}");
    }
}

/// `"name",pid=1,fd=3),("other",…`: the first one.
fn holder(text: &str) -> (String, u32) {
    let (name, rest) = text.trim_start_matches('"').split_once("\",pid=").unwrap();
    let (pid, _) = rest.split_once(',').unwrap();
    (name.to_owned(), pid.parse().unwrap())
}

/// `timewait,59sec,0)`
fn seconds(text: &str) -> f64 {
    let time = text.split(',').nth(1).unwrap();
    let digits = time.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().unwrap();
    match &time[digits.len()..] {
        "ms" => number / 1000.0,
        "min" => number * 60.0,
        _ => number,
    }
}

/// What `ss -ti` says of one connection, by its own keys.
pub(crate) struct Details(HashMap<String, String>);

/// The details of every connection, by its two ends.
pub(crate) fn details() -> HashMap<(String, String), Details> {
    let text = said("-HtniO");
    let parse = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, _, _, local, peer, rest @ ..] = &words[..] else {
            panic!("{line}");
        };
        let pairs = rest.iter().filter_map(|word| word.split_once(':'));
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        (
            ((*local).to_owned(), (*peer).to_owned()),
            Details(pairs.collect()),
        )
    };
    text.lines().map(parse).collect()
}

impl Details {
    pub(crate) fn agrees_with(&self, ours: &TcpDetails) {
        // `ss` leaves out what is nothing.
        let said = |key: &str| self.0.get(key).map_or("0", String::as_str);
        let milliseconds = |micros: u32| f64::from(micros) / 1000.0;
        let close = |text: &str, micros: u32| {
            // Three significant digits.
            let theirs: f64 = text.parse().unwrap();
            (theirs - milliseconds(micros)).abs() <= 0.005 * theirs + 0.001
        };
        let (rtt, varies) = said("rtt").split_once('/').unwrap();
        assert!(close(rtt, ours.rtt_us), "rtt {rtt}: {ours:?}");
        assert!(close(varies, ours.rtt_var_us), "rttvar {varies}: {ours:?}");
        assert!(close(said("rto"), ours.rto_us), "{ours:?}");
        assert_eq!(said("mss"), ours.mss.to_string());
        assert_eq!(said("cwnd"), ours.cwnd.to_string());
        assert_eq!(said("bytes_acked"), ours.bytes_acked.to_string());
        assert_eq!(said("bytes_received"), ours.bytes_received.to_string());
        assert_eq!(ours.retransmits, 0);
    }
}
