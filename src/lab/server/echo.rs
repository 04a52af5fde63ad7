//! The echo server: every byte comes back, in the order it came (RFC 862).
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Visit;
use crate::lang::Request;
use crate::limits;

/// Bytes of a message that the log keeps.
const KEPT: usize = 200;

pub(super) async fn converse(stream: &mut TcpStream, visit: &Visit) -> io::Result<()> {
    let mut bytes = vec![0; limits::HTTP_BYTES];
    for number in 1.. {
        let came = timeout(limits::SERVER_SILENCE, stream.read(&mut bytes)).await??;
        let Some(message) = bytes.get(..came).filter(|m| !m.is_empty()) else {
            return Ok(());
        };
        visit.log.record(request(visit, message, number));
        stream.write_all(message).await?;
    }
    Ok(())
}

fn request(visit: &Visit, message: &[u8], number: usize) -> Request {
    let kept = message.get(..KEPT).unwrap_or(message);
    let raw = String::from_utf8_lossy(kept).into_owned();
    Request {
        peer: visit.peer,
        peer_port: visit.peer.port(),
        local: visit.local,
        number,
        method: "echo".to_owned(),
        target: raw.trim_end().to_owned(),
        host: None,
        origin: None,
        agent: None,
        status: None,
        raw,
        answer: None,
        ours: false,
    }
}
