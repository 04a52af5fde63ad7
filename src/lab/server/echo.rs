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
    loop {
        let came = timeout(limits::SERVER_SILENCE, stream.read(&mut bytes)).await??;
        let Some(message) = bytes.get(..came).filter(|m| !m.is_empty()) else {
            return Ok(());
        };
        visit.log.record(request(visit, message));
        stream.write_all(message).await?;
    }
}

fn request(visit: &Visit, message: &[u8]) -> Request {
    let kept = message.get(..KEPT).unwrap_or(message);
    Request {
        peer: visit.peer,
        local: visit.local,
        method: "echo".to_owned(),
        target: String::from_utf8_lossy(kept).trim_end().to_owned(),
        host: None,
        agent: None,
        ours: false,
    }
}
