//! HTTP/1.1 answers as they come off the wire (RFC 9112). Bytes in, an answer out; no I/O.
use crate::limits;

/// Header lines one answer may have.
const HEADERS: usize = 128;

/// An answer that is complete.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The answer in `bytes`; `None` while more has to come, an error when it is not HTTP. `ended`
/// says that nothing more comes.
pub(super) fn parse(bytes: &[u8], ended: bool) -> Result<Option<Reply>, String> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if ended && bytes.is_empty() => {
            return Err("the server closed the connection without an answer".to_owned());
        }
        Ok(httparse::Status::Partial) if ended => {
            return Err("the connection ended in the middle of the answer's head".to_owned());
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(not_http(bytes, error)),
    };
    let status = response.code.unwrap_or_default();
    let rest = bytes.get(length..).unwrap_or_default();
    // 100 Continue and its like come before the answer itself.
    if (100..200).contains(&status) && status != 101 {
        return parse(rest, ended);
    }
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|field| {
            let value = String::from_utf8_lossy(field.value).into_owned();
            (field.name.to_owned(), value)
        })
        .collect();
    let body = body(status, &headers, rest, ended)?;
    Ok(body.map(|body| Reply {
        status,
        reason: response.reason.unwrap_or_default().to_owned(),
        headers,
        body,
    }))
}

fn not_http(bytes: &[u8], error: httparse::Error) -> String {
    let begins = bytes.get(..24).unwrap_or(bytes).escape_ascii();
    match error {
        httparse::Error::Version | httparse::Error::Status | httparse::Error::Token
            if !bytes.starts_with(b"HTTP/") =>
        {
            format!("what came is no HTTP response: it begins with \"{begins}\"")
        }
        error => format!("the answer's head cannot be read: {error}"),
    }
}

fn field<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    Some(&found.1)
}

/// How long a body is: RFC 9112 §6.3.
fn body(
    status: u16,
    headers: &[(String, String)],
    rest: &[u8],
    ended: bool,
) -> Result<Option<Vec<u8>>, String> {
    if matches!(status, 101 | 204 | 304) {
        return Ok(Some(Vec::new()));
    }
    let coding = field(headers, "transfer-encoding").unwrap_or_default();
    if coding.to_ascii_lowercase().ends_with("chunked") {
        return chunked(rest, ended);
    }
    let Some(stated) = field(headers, "content-length") else {
        // Without a stated length the body is what comes until the end.
        return Ok(ended.then(|| rest.to_vec()));
    };
    let length: usize = stated
        .trim()
        .parse()
        .map_err(|_| format!("its Content-Length is not a number: \"{stated}\""))?;
    if length > limits::PAYLOAD_BYTES {
        let most = limits::PAYLOAD_BYTES;
        return Err(format!(
            "its body has {length} bytes; at most {most} are read"
        ));
    }
    match rest.get(..length) {
        Some(body) => Ok(Some(body.to_vec())),
        None if ended => Err(format!(
            "the connection ended after {} of {length} bytes of the body",
            rest.len()
        )),
        None => Ok(None),
    }
}

fn chunked(mut rest: &[u8], ended: bool) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    let more = || {
        if ended {
            return Err("the connection ended between two chunks of the body".to_owned());
        }
        Ok(None)
    };
    loop {
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return more(),
            Err(_) => return Err("a chunk of the body has no readable size".to_owned()),
        };
        if size == 0 {
            return Ok(Some(body));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let end = start.saturating_add(size);
        let (Some(chunk), Some(next)) = (rest.get(start..end), rest.get(end.saturating_add(2)..))
        else {
            return more();
        };
        body.extend_from_slice(chunk);
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, ended: bool, expected: &str) {
        let said = match parse(text.as_bytes(), ended) {
            Ok(None) => "incomplete".to_owned(),
            Ok(Some(reply)) => {
                let body = String::from_utf8(reply.body).unwrap();
                format!("{} {}: {body}", reply.status, reply.reason)
            }
            Err(why) => format!("! {why}"),
        };
        assert_eq!(said, expected, "{text:?}");
    }

    #[test]
    fn answers() {
        let table = [
            ("HTTP/1.1 200", false, "incomplete"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello",
                false,
                "200 OK: he",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                false,
                "incomplete",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                true,
                "! the connection ended after 5 of 9 bytes of the body",
            ),
            ("HTTP/1.0 200 OK\r\n\r\nhello", false, "incomplete"),
            ("HTTP/1.0 200 OK\r\n\r\nhello", true, "200 OK: hello"),
            ("HTTP/1.1 204 No Content\r\n\r\n", false, "204 No Content: "),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                false,
                "404 Not Found: ",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
                false,
                "200 OK: hello",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
                false,
                "incomplete",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                false,
                "! its Content-Length is not a number: \"x\"",
            ),
            (
                "SSH-2.0-OpenSSH_9.2\r\n",
                false,
                "! what came is no HTTP response: it begins with \"SSH-2.0-OpenSSH_9.2\\r\\n\"",
            ),
            (
                "",
                true,
                "! the server closed the connection without an answer",
            ),
        ];
        for (text, ended, expected) in table {
            check(text, ended, expected);
        }
    }
}
