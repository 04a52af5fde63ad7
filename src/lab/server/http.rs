//! HTTP/1.1 as a server (RFC 9112), no more than the lab's few pages need: bodies of a stated
//! length, and connections that are kept alive.
//!
//! Host and Origin are shown always, and looked at when the server was told to. Nothing a visitor
//! asks for changes anything but the lamp.
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::head::{Head, Refused, parse};
use super::site::Site;
use super::{Visit, page};
use crate::lang::Request;
use crate::limits;

/// The longest word the lamp is told.
const WORD: usize = 16;

/// How long a refused visitor may take to notice before the connection goes.
const FAREWELL: Duration = Duration::from_secs(1);

/// A status line's end, a type and a body.
struct Answer {
    status: &'static str,
    kind: &'static str,
    body: String,
}

pub(super) async fn converse(stream: &mut TcpStream, visit: &Visit, site: &Site) -> io::Result<()> {
    let mut unread = Vec::new();
    for number in 1.. {
        let Some(head) = next_head(stream, &mut unread).await? else {
            return Ok(());
        };
        let head = match head {
            Ok(head) => head,
            Err(refused) => return refuse(stream, refused).await,
        };
        if head.waits {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let word = drop_body(stream, &mut unread, head.body).await?;
        let answer = answer(visit, site, &head, &word, number);
        visit.log.record(request(visit, &head, &answer, number));
        stream.write_all(&written(&head, &answer)).await?;
        if !head.keep_alive {
            return farewell(stream).await;
        }
    }
    Ok(())
}

/// The next request head; `None` when the visitor is done.
async fn next_head(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
) -> io::Result<Option<Result<Head, Refused>>> {
    loop {
        match parse(unread) {
            Ok(Some((length, head))) => {
                unread.drain(..length);
                return Ok(Some(Ok(head)));
            }
            Ok(None) if unread.len() >= limits::HTTP_BYTES => {
                return Ok(Some(Err(Refused::HeadersTooLarge)));
            }
            Ok(None) => {}
            Err(refused) => return Ok(Some(Err(refused))),
        }
        if timeout(limits::SERVER_SILENCE, stream.read_buf(unread)).await?? == 0 {
            return Ok(None);
        }
    }
}

/// Reads a body and forgets it, but for its first bytes.
async fn drop_body(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
    mut left: usize,
) -> io::Result<String> {
    let mut word = Vec::new();
    loop {
        let here = left.min(unread.len());
        let room = WORD - word.len();
        word.extend(unread.drain(..here).take(room));
        left -= here;
        if left == 0 {
            return Ok(String::from_utf8_lossy(&word).trim().to_owned());
        }
        if timeout(limits::SERVER_SILENCE, stream.read_buf(unread)).await?? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn request(visit: &Visit, head: &Head, answer: &Answer, number: usize) -> Request {
    Request {
        peer: visit.peer,
        peer_port: visit.peer.port(),
        local: visit.local,
        number,
        method: head.method.clone(),
        target: head.target.clone(),
        host: head.host.clone(),
        origin: head.origin.clone(),
        agent: head.agent.clone(),
        status: status_number(answer.status),
        raw: head.raw.clone(),
        answer: None,
        ours: false,
    }
}

/// 404 of `404 Not Found`.
fn status_number(status: &str) -> Option<u16> {
    status.split(' ').next()?.parse().ok()
}

/// `word` is what a POST says.
fn answer(visit: &Visit, site: &Site, head: &Head, word: &str, number: usize) -> Answer {
    if let Err(refused) = site.admits(head, visit.local) {
        return refusal(refused);
    }
    let path = head.target.split('?').next().unwrap_or_default();
    match (head.method.as_str(), path) {
        ("OPTIONS", _) => refusal(Refused::MethodNotAllowed),
        ("POST", "/lamp") => match site.switch(word) {
            Some(lamp) => text(lamp),
            None => refusal(Refused::BadRequest),
        },
        (_, "/lamp") => text(site.lamp()),
        (_, "/") if let Some(page) = &site.page => text(page),
        (_, path) => {
            let asked = page::Asked {
                method: &head.method,
                target: &head.target,
                host: head.host.as_deref(),
                agent: head.agent.as_deref(),
                lamp: site.lamp(),
                number,
            };
            let found = path == "/";
            let status = if found {
                "200 OK"
            } else {
                Refused::NotFound.status()
            };
            Answer {
                status,
                kind: "text/html",
                body: page::html(visit, &asked, found),
            }
        }
    }
}

fn text(body: &str) -> Answer {
    Answer {
        status: "200 OK",
        kind: "text/plain",
        body: format!("{body}\n"),
    }
}

fn refusal(refused: Refused) -> Answer {
    let status = refused.status();
    Answer {
        status,
        ..text(status)
    }
}

fn written(head: &Head, answer: &Answer) -> Vec<u8> {
    let Answer { status, kind, body } = answer;
    let mut bytes = headers(status, kind, body.len(), head.keep_alive);
    // A HEAD gets the head of what a GET would get (RFC 9110 §9.3.2).
    if head.method != "HEAD" {
        bytes.extend_from_slice(body.as_bytes());
    }
    bytes
}

fn headers(status: &str, kind: &str, length: usize, keep_alive: bool) -> Vec<u8> {
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let allow = if status.starts_with("405") {
        "Allow: GET, HEAD, POST\r\n"
    } else {
        ""
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\n\
         {allow}Cache-Control: no-store\r\nContent-Security-Policy: {}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: {connection}\r\n\r\n",
        page::POLICY
    )
    .into_bytes()
}

async fn refuse(stream: &mut TcpStream, refused: Refused) -> io::Result<()> {
    let Answer { status, kind, body } = refusal(refused);
    let mut bytes = headers(status, kind, body.len(), false);
    bytes.extend_from_slice(body.as_bytes());
    stream.write_all(&bytes).await?;
    farewell(stream).await
}

/// Ends the stream and reads what still comes: closing over unread bytes sends a RST, which can
/// overtake the answer (RFC 9112 §9.6).
async fn farewell(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let rest = async {
        let mut bytes = [0; 1024];
        while stream.read(&mut bytes).await.is_ok_and(|came| came > 0) {}
    };
    // Whether the visitor left in time makes no difference.
    drop(timeout(FAREWELL, rest).await);
    Ok(())
}
