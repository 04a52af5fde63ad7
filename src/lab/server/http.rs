//! HTTP/1.1 as a server (RFC 9112), no more than the lab's one page needs: request heads, bodies
//! of a stated length (read and dropped), and connections that are kept alive.
//!
//! Host is shown, never trusted; nothing a visitor asks for changes anything.
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Visit, page};
use crate::lang::Request;
use crate::limits;

/// Header lines one request may have.
const HEADERS: usize = 64;

/// How long a refused visitor may take to notice before the connection goes.
const FAREWELL: Duration = Duration::from_secs(1);

/// A request head that was understood.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    method: String,
    target: String,
    host: Option<String>,
    agent: Option<String>,
    keep_alive: bool,
    /// Bytes of body that follow.
    body: usize,
    /// Whether the visitor waits for "100 Continue" before the body.
    waits: bool,
}

/// Why a request gets no page: a status, and whether it says more than its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    BadRequest,
    MethodNotAllowed,
    TooLarge,
    HeadersTooLarge,
    NotImplemented,
}

impl Refused {
    fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::TooLarge => "413 Content Too Large",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
            Self::NotImplemented => "501 Not Implemented",
        }
    }
}

pub(super) async fn converse(stream: &mut TcpStream, visit: &Visit) -> io::Result<()> {
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
        drop_body(stream, &mut unread, head.body).await?;
        visit.log.record(request(visit, &head));
        stream.write_all(&answer(visit, &head, number)).await?;
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

/// A head and its length in bytes; `None` while it is incomplete.
fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Refused::HeadersTooLarge),
        Err(_) => return Err(Refused::BadRequest),
    };
    let fields = Fields(request.headers);
    let method = request.method.unwrap_or_default().to_owned();
    if fields.has("transfer-encoding") {
        return Err(Refused::NotImplemented);
    }
    if !["GET", "HEAD", "POST"].contains(&&*method) {
        return Err(Refused::MethodNotAllowed);
    }
    let body = fields.length()?;
    let modern = request.version == Some(1);
    // RFC 9112 §3.2: a request of HTTP/1.1 has exactly one Host.
    if modern && fields.count("host") != 1 {
        return Err(Refused::BadRequest);
    }
    let head = Head {
        method,
        target: request.path.unwrap_or_default().to_owned(),
        host: fields.text("host"),
        agent: fields.text("user-agent"),
        keep_alive: modern && !fields.says("connection", "close"),
        body,
        waits: modern && fields.says("expect", "100-continue"),
    };
    Ok(Some((length, head)))
}

struct Fields<'a>(&'a [httparse::Header<'a>]);

impl Fields<'_> {
    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }

    fn has(&self, name: &str) -> bool {
        self.count(name) > 0
    }

    fn text(&self, name: &str) -> Option<String> {
        let value = self.all(name).next()?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    fn says(&self, name: &str, word: &str) -> bool {
        self.all(name).any(|value| {
            String::from_utf8_lossy(value)
                .split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        })
    }

    /// Content-Length; two of them that differ are an attack (RFC 9112 §6.3).
    fn length(&self) -> Result<usize, Refused> {
        let mut length = None;
        for value in self.all("content-length") {
            let digits = value.iter().all(u8::is_ascii_digit) && !value.is_empty();
            let stated = str::from_utf8(value).ok().filter(|_| digits);
            let stated: usize = stated
                .ok_or(Refused::BadRequest)?
                .parse()
                .map_err(|_| Refused::TooLarge)?;
            if length.is_some_and(|before| before != stated) {
                return Err(Refused::BadRequest);
            }
            length = Some(stated);
        }
        match length.unwrap_or(0) {
            bytes if bytes > limits::HTTP_BYTES => Err(Refused::TooLarge),
            bytes => Ok(bytes),
        }
    }
}

async fn drop_body(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
    mut left: usize,
) -> io::Result<()> {
    loop {
        let here = left.min(unread.len());
        unread.drain(..here);
        left -= here;
        if left == 0 {
            return Ok(());
        }
        if timeout(limits::SERVER_SILENCE, stream.read_buf(unread)).await?? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn request(visit: &Visit, head: &Head) -> Request {
    Request {
        peer: visit.peer,
        local: visit.local,
        method: head.method.clone(),
        target: head.target.clone(),
        host: head.host.clone(),
        agent: head.agent.clone(),
        ours: false,
    }
}

fn answer(visit: &Visit, head: &Head, number: usize) -> Vec<u8> {
    let path = head.target.split('?').next().unwrap_or_default();
    let found = path == "/";
    let asked = page::Asked {
        method: &head.method,
        target: &head.target,
        host: head.host.as_deref(),
        agent: head.agent.as_deref(),
        number,
    };
    let body = page::html(visit, &asked, found);
    let status = if found { "200 OK" } else { "404 Not Found" };
    let mut bytes = headers(status, "text/html", body.len(), head.keep_alive);
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
    let body = format!("{}\n", refused.status());
    let mut bytes = headers(refused.status(), "text/plain", body.len(), false);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let said = match parse(text.as_bytes()) {
            Ok(None) => "incomplete".to_owned(),
            Ok(Some((length, head))) => {
                let kept = if head.keep_alive { "keep" } else { "close" };
                let host = head.host.unwrap_or_default();
                let rest = text.len() - length;
                format!(
                    "{} {} {host} {kept} body {} rest {rest}",
                    head.method, head.target, head.body
                )
            }
            Err(refused) => refused.status().to_owned(),
        };
        assert_eq!(said, expected, "{text:?}");
    }

    #[test]
    fn request_heads() {
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(65));
        let table = [
            ("GET / HT", "incomplete"),
            (
                "GET /a?b HTTP/1.1\r\nHost: x:1\r\n\r\n",
                "GET /a?b x:1 keep body 0 rest 0",
            ),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\nmore",
                "GET / x close body 0 rest 4",
            ),
            ("GET / HTTP/1.0\r\n\r\n", "GET /  close body 0 rest 0"),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
                "POST / x keep body 3 rest 3",
            ),
            ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "400 Bad Request",
            ),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
                "400 Bad Request",
            ),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\n",
                "400 Bad Request",
            ),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
                "413 Content Too Large",
            ),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                "501 Not Implemented",
            ),
            (
                "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n",
                "405 Method Not Allowed",
            ),
            ("SSH-2.0-OpenSSH\r\n\r\n", "400 Bad Request"),
            (&long, "431 Request Header Fields Too Large"),
        ];
        for (text, expected) in table {
            check(text, expected);
        }
    }
}
