//! The life of a socket in words: claimed, listening, connected, sending, closed.
use super::words::{counted, in_brackets, listed, quoted};
use super::{Subject, fact};
use crate::lang::{
    Closed, HalfClosed, OwnConnection, OwnServer, OwnSocket, Received, Role as End, Sent, Signalled,
};
use crate::net::Endpoint;
use crate::render::block::Block;
use crate::render::line::Line;
use crate::render::style::Role;

pub(super) fn bound(name: Subject<'_>, socket: &OwnSocket) -> Vec<Block> {
    let line = name
        .or("a socket")
        .text(" holds ")
        .and(Role::Endpoint, &socket.local)
        .text(" without listening")
        .text(options(None, &socket.options));
    vec![fact(line)]
}

pub(super) fn listener(name: Subject<'_>, socket: &OwnSocket) -> Vec<Block> {
    let verb = if name.0.is_some() {
        " listens on "
    } else {
        " is open on "
    };
    let line = name
        .or("a listener")
        .text(verb)
        .and(Role::Endpoint, &socket.local)
        .text(options(socket.backlog, &socket.options));
    let line = match &socket.mode {
        Some(mode) => line.text(", a file with mode ").text(mode),
        None => line,
    };
    let mut blocks = vec![fact(line)];
    blocks.extend(exposure(&socket.local, socket.private));
    blocks
}

pub(super) fn connection(name: Subject<'_>, end: &OwnConnection) -> Vec<Block> {
    let (line, arrow) = match end.role {
        End::Client => (name.or("a client").text(" is connected: "), " → "),
        End::Server => (name.or("it").text(" is the server's end: "), " ← "),
    };
    let line = line
        .and(Role::Endpoint, &end.local)
        .text(arrow)
        .and(Role::Endpoint, &end.peer)
        .text(options(None, &end.options));
    let line = match (end.peer_pid, end.peer_uid) {
        (Some(pid), Some(uid)) => {
            line.text(format_args!("; its peer is process {pid} of user {uid}"))
        }
        _ => line,
    };
    let mut blocks = vec![fact(line)];
    if end.local == end.peer && end.local.inet().is_some() {
        let line = Line::of(Role::Surprise, "both ends are the same socket")
            .text(": it is connected to itself");
        blocks.push(fact(line));
    }
    blocks
}

pub(super) fn udp(name: Subject<'_>, socket: &OwnSocket) -> Vec<Block> {
    let is_unix = socket.local.inet().is_none();
    let line = name
        .or(if is_unix {
            "a Unix socket"
        } else {
            "a UDP socket"
        })
        .text(if is_unix {
            " is open for datagrams on "
        } else {
            " is open for UDP on "
        })
        .and(Role::Endpoint, &socket.local);
    let line = match &socket.peer {
        Some(peer) => line
            .text(", for datagrams to and from ")
            .and(Role::Endpoint, peer)
            .text(" alone"),
        None => line,
    };
    let mut blocks = vec![fact(line.text(options(None, &socket.options)))];
    blocks.extend(exposure(&socket.local, socket.private));
    blocks
}

pub(super) fn server(name: Subject<'_>, server: &OwnServer) -> Vec<Block> {
    if let Some(to) = &server.to {
        let line = name
            .or("a relay")
            .text(" takes connections on ")
            .and(Role::Endpoint, &server.local)
            .text(" and relays them to ")
            .and(Role::Endpoint, to);
        return [fact(line)]
            .into_iter()
            .chain(exposure(&server.local, server.private))
            .collect();
    }
    let line = name
        .or("a server")
        .text(" serves ")
        .text(match server.protocol {
            "http" => "HTTP",
            "dns" => "DNS over UDP",
            other => other,
        })
        .text(" on ")
        .and(Role::Endpoint, &server.local);
    let pids: Vec<String> = server.processes.iter().map(u32::to_string).collect();
    let line = match pids.as_slice() {
        [] => line,
        [pid] => line.text(", in a process of its own: ").text(pid),
        several => {
            line.text(", in processes of its own: ")
                .then(&listed(Role::Plain, several, " and "))
        }
    };
    let mut blocks = vec![fact(line)];
    // Nobody's browser is in the private world.
    if let Some(url) = server.url.as_ref().filter(|_| !server.private) {
        let line = Line::from("open it in a browser: ").and(Role::Link, url);
        blocks.push(fact(line));
    }
    blocks.extend(exposure(&server.local, server.private));
    blocks
}

pub(super) fn signalled(told: &Signalled) -> Vec<Block> {
    let whom = match told.processes.as_slice() {
        [pid] => format!("process {pid}"),
        several => {
            let pids: Vec<String> = several.iter().map(u32::to_string).collect();
            format!("processes {}", listed(Role::Plain, &pids, " and ").as_str())
        }
    };
    let gone = "nobody serves there any more; the kernel has closed what was open";
    let now = match (told.alive, told.stopped) {
        (0, _) => gone.to_owned(),
        (1, 0) => "one process serves".to_owned(),
        (alive, 0) => format!("{alive} processes serve"),
        (1, _) => "it stands still; the kernel goes on without it".to_owned(),
        (alive, stopped) if alive == stopped => {
            "they stand still; the kernel goes on without them".to_owned()
        }
        (alive, 1) => format!("one of {alive} stands still"),
        (alive, stopped) => format!("{stopped} of {alive} stand still"),
    };
    let line = Line::of(Role::Name, &told.server)
        .text(": ")
        .and(Role::Verb, told.signal)
        .text(" to ")
        .text(whom)
        .text("; ")
        .text(now);
    let mut blocks = vec![fact(line)];
    if told.signal == "SIGTERM" && told.stopped > 0 {
        let why = "whoever stands still takes SIGTERM once SIGCONT lets it go on";
        blocks.push(fact(Line::from(why)));
    }
    blocks
}

pub(super) fn sent(sent: &Sent) -> Vec<Block> {
    let mut line = Line::of(Role::Name, &sent.socket).text(" sent ");
    if sent.bytes < sent.wanted {
        let all = counted(sent.wanted, "byte");
        line = line
            .text(super::words::count(sent.bytes as u64))
            .text(" of ")
            .text(all)
            .text(": the send buffer is full");
    } else {
        line.push(Role::Plain, counted(sent.bytes, "byte"));
    }
    if let Some(to) = &sent.to {
        line = line.text(" to ").and(Role::Endpoint, to);
    }
    vec![fact(line)]
}

pub(super) fn received(received: &Received) -> Vec<Block> {
    let mut line = Line::of(Role::Name, &received.socket);
    if received.end_of_stream {
        line.push(
            Role::Plain,
            " read the end of the stream: the peer sends nothing more",
        );
        return vec![fact(line)];
    }
    line = line.text(" read ").text(counted(received.bytes, "byte"));
    if let Some(from) = &received.from {
        line = line.text(" from ").and(Role::Endpoint, from);
    }
    if received.bytes > 0 {
        line = line.text(": ").and(Role::Payload, quoted(&received.text));
    }
    let mut blocks = vec![fact(line)];
    if received.truncated {
        blocks.push(fact(Line::from(
            "the datagram was longer than that: its rest is lost",
        )));
    }
    blocks
}

pub(super) fn half_closed(half: &HalfClosed) -> Vec<Block> {
    let words = match half.direction {
        "read" => " will read nothing more; it can still send",
        "both" => " will neither send nor read any more",
        _ => " will send nothing more; it can still read",
    };
    vec![fact(Line::of(Role::Name, &half.socket).text(words))]
}

pub(super) fn closed(closed: &Closed) -> Vec<Block> {
    if closed.names.is_empty() {
        return vec![fact(Line::from("nothing was open"))];
    }
    let several = closed.names.len() > 1;
    let words = match (several, closed.abrupt) {
        (false, false) => " is closed",
        (true, false) => " are closed",
        (false, true) => " is reset: whoever is connected to it gets a RST",
        (true, true) => " are reset: whoever is connected to them gets a RST",
    };
    let mut line = listed(Role::Name, &closed.names, " and ").text(words);
    if closed.count != closed.names.len() {
        line = line.text(format_args!(" ({})", counted(closed.count, "socket")));
    }
    vec![fact(line)]
}

/// A listener beyond loopback says so: the address alone does not tell a beginner.
fn exposure(local: &Endpoint, private: bool) -> Option<Block> {
    let words = match (local.is_wildcard(), private) {
        _ if local.is_loopback() => return None,
        (true, false) => "that is every address of this machine: other machines may reach it",
        (false, false) => "that is not a loopback address: other machines may reach it",
        (true, true) => {
            "that is every address of this private network: only a `neighbour` may reach it"
        }
        (false, true) => "that is not a loopback address: a `neighbour` may reach it",
    };
    Some(fact(Line::marked_as(Role::Surprise, words)))
}

fn options(backlog: Option<u32>, flags: &[&'static str]) -> String {
    let backlog = backlog.map(|length| format!("backlog {length}"));
    let flags = flags.iter().map(|flag| (*flag).to_owned());
    in_brackets(&backlog.into_iter().chain(flags).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Endpoint;

    #[test]
    fn a_browser_is_sent_to_no_server_of_the_private_world() {
        for private in [false, true] {
            let of_http = OwnServer {
                protocol: "http",
                local: Endpoint::loopback(8000),
                address: "127.0.0.1".to_owned(),
                port: 8000,
                url: Some("http://127.0.0.1:8000/".to_owned()),
                private,
                to: None,
                pid: None,
                processes: Vec::new(),
            };
            let said = format!("{:?}", server(Subject(Some("web")), &of_http));
            assert_eq!(said.contains("browser"), !private, "{said}");
        }
    }
}
