//! Heads of HTTP/1.1 requests (RFC 9112). Bytes in, a head or a refusal out; no I/O.
use crate::limits;

/// Header lines one request may have.
const HEADERS: usize = 64;

/// What is understood. OPTIONS is how a browser asks whether a page of another origin may send a
/// request (a "preflight"); this server never says that it may.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "OPTIONS"];

/// A request head that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) host: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) keep_alive: bool,
    /// Bytes of body that follow.
    pub(super) body: usize,
    /// Whether the visitor waits for "100 Continue" before the body.
    pub(super) waits: bool,
    /// The first lines as they came, as far as they are kept.
    pub(super) raw: String,
}

/// Why a request gets no page: a status, and whether it says more than its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    BadRequest,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Misdirected,
    TooLarge,
    HeadersTooLarge,
    NotImplemented,
}

impl Refused {
    /// As it stands in the answer's first line.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::Misdirected => "421 Misdirected Request",
            Self::TooLarge => "413 Content Too Large",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
            Self::NotImplemented => "501 Not Implemented",
        }
    }
}

/// A head and its length in bytes; `None` while it is incomplete.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>, Refused> {
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
    if !METHODS.contains(&&*method) {
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
        origin: fields.text("origin"),
        agent: fields.text("user-agent"),
        keep_alive: modern && !fields.says("connection", "close"),
        body,
        waits: modern && fields.says("expect", "100-continue"),
        raw: first_lines(bytes.get(..length).unwrap_or(bytes)),
    };
    Ok(Some((length, head)))
}

/// What is kept of a head, cut where a line ends.
fn first_lines(head: &[u8]) -> String {
    let mut kept = head;
    if kept.len() > limits::REQUEST_RAW {
        kept = head.get(..limits::REQUEST_RAW).unwrap_or(head);
        let end = kept.iter().rposition(|byte| *byte == b'\n');
        kept = kept.get(..=end.unwrap_or(kept.len())).unwrap_or(kept);
    }
    String::from_utf8_lossy(kept).into_owned()
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
    fn the_first_lines_are_kept_as_they_came() {
        let text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let (_, head) = parse(format!("{text}body").as_bytes()).unwrap().unwrap();
        assert_eq!(head.raw, text);
        let long = format!(
            "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
            "y".repeat(limits::REQUEST_RAW)
        );
        let (_, head) = parse(long.as_bytes()).unwrap().unwrap();
        assert_eq!(head.raw, "GET / HTTP/1.1\r\nHost: x\r\n");
        let one_line = format!(
            "GET /{} HTTP/1.1\r\nHost: x\r\n\r\n",
            "y".repeat(limits::REQUEST_RAW)
        );
        let (_, head) = parse(one_line.as_bytes()).unwrap().unwrap();
        assert_eq!(head.raw.len(), limits::REQUEST_RAW);
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
