//! Unix domain sockets over sock_diag(7), kept simple: name, state, queues, inode.
use std::io;

use super::bytes::Bytes;
use super::inet::BY_FAMILY;
use super::netlink::{Attributes, Message, Netlink, Request};
use crate::lang::SocketRow;
use crate::net::{Endpoint, TcpState};

/// `UDIAG_SHOW_NAME`, `_PEER`, `_RQLEN` and `_UID` of `linux/unix_diag.h`.
const SHOW: u32 = 0x01 | 0x04 | 0x10 | 0x40;

/// Attributes of an answer (`UNIX_DIAG_NAME`, …).
mod attribute {
    pub(super) const NAME: u16 = 0;
    pub(super) const PEER: u16 = 2;
    pub(super) const RQLEN: u16 = 4;
    pub(super) const UID: u16 = 7;
}

/// Every Unix socket of the namespace. A socket without a name is `unix:` alone; one in the
/// abstract namespace begins with `@` (unix(7)).
pub(super) fn dump(link: &mut Netlink, mut each: impl FnMut(SocketRow)) -> io::Result<()> {
    let mut payload = vec![1, 0, 0, 0];
    payload.extend(u32::MAX.to_ne_bytes());
    payload.extend(0u32.to_ne_bytes());
    payload.extend(SHOW.to_ne_bytes());
    payload.extend([0; 8]);
    let request = Request {
        kind: BY_FAMILY,
        all: true,
        payload: &payload,
    };
    link.ask(&request, |message| {
        if let Some(row) = parse(message) {
            each(row);
        }
    })
}

/// `struct unix_diag_msg` and its attributes.
fn parse(message: Message<'_>) -> Option<SocketRow> {
    if message.kind != BY_FAMILY {
        return None;
    }
    let mut bytes = Bytes(message.payload);
    let [_family, _kind, state, _pad] = bytes.take()?;
    let inode = bytes.u32()?;
    let _cookie: [u8; 8] = bytes.take()?;
    let mut row = SocketRow {
        protocol: "unix",
        state: TcpState::from_linux(state)?,
        local: Endpoint::Unix(String::new()),
        peer: None,
        recv_queue: 0,
        send_queue: 0,
        uid: 0,
        inode: u64::from(inode),
        timer_seconds: None,
        pid: None,
        process: None,
        owner: None,
        children: Vec::new(),
        stopped: None,
        reachable_at: None,
        details: None,
    };
    for (kind, value) in Attributes(bytes.0) {
        apply(&mut row, kind, Bytes(value));
    }
    Some(row)
}

fn apply(row: &mut SocketRow, kind: u16, mut value: Bytes<'_>) {
    match kind {
        attribute::NAME => row.local = Endpoint::Unix(name(value.0)),
        attribute::PEER => {
            // The kernel names the peer by its inode alone.
            row.peer = value
                .u32()
                .map(|inode| Endpoint::Unix(format!("[{inode}]")));
        }
        attribute::RQLEN => {
            row.recv_queue = value.u32().unwrap_or_default();
            row.send_queue = value.u32().unwrap_or_default();
        }
        attribute::UID => row.uid = value.u32().unwrap_or_default(),
        _ => {}
    }
}

fn name(bytes: &[u8]) -> String {
    if let Some((0, rest)) = bytes.split_first() {
        return format!("@{}", String::from_utf8_lossy(rest));
    }
    let path = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::super::{Here, Protocols, SocketFilter, sockets};
    use super::*;

    #[test]
    fn names() {
        let table: [(&[u8], &str); 5] = [
            (b"", ""),
            (b"/run/x.sock\0", "/run/x.sock"),
            (b"/run/x.sock", "/run/x.sock"),
            (b"\0chat", "@chat"),
            (b"\xff\0", "\u{fffd}"),
        ];
        for (bytes, expected) in table {
            assert_eq!(name(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_cut_message_is_no_row() {
        let whole = [1, 1, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(parse(Message::of(BY_FAMILY, &whole)).is_some());
        for cut in 0..whole.len() {
            assert_eq!(parse(Message::of(BY_FAMILY, &whole[..cut])), None, "{cut}");
        }
    }

    #[test]
    fn a_pair_of_ours_is_listed() {
        let (one, other) = UnixStream::pair().unwrap();
        let inode = |end: &UnixStream| nix::sys::stat::fstat(end.as_fd()).unwrap().st_ino;
        let filter = SocketFilter {
            protocols: Protocols {
                tcp: false,
                ..Protocols::ALL
            },
            ..SocketFilter::default()
        };
        let table = sockets(&Here, &filter).unwrap();
        let row = table
            .rows
            .iter()
            .find(|row| row.inode == inode(&one))
            .unwrap();
        assert_eq!(row.protocol, "unix");
        assert_eq!(row.state, TcpState::Established);
        assert_eq!(row.pid, Some(std::process::id()));
        let peer = format!("unix:[{}]", inode(&other));
        assert_eq!(row.peer.as_ref().map(ToString::to_string), Some(peer));
    }
}
