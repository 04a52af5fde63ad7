//! The bytes of an HTTP request (RFC 9112 §3), made from what was typed. No I/O.
use crate::lab::failure;
use crate::lang::{Failure, FailureCause, Get};

/// The request for `target`. A header that was typed stands for the usual one of its name.
pub(super) fn asking(wanted: &Get, target: &str, host: &str) -> Result<String, Failure> {
    let typed = typed_headers(wanted)?;
    let version = env!("CARGO_PKG_VERSION");
    let mut usual = vec![
        ("Host", host.to_owned()),
        ("User-Agent", format!("looplab/{version}")),
        ("Accept", "*/*".to_owned()),
    ];
    let method = match &wanted.post {
        None => "GET",
        Some(body) => {
            usual.push(("Content-Type", "text/plain".to_owned()));
            usual.push(("Content-Length", body.len().to_string()));
            "POST"
        }
    };
    let mut request = format!("{method} {target} HTTP/1.1\r\n");
    let mut write = |name: &str, value: &str| {
        for part in [name, ": ", value, "\r\n"] {
            request.push_str(part);
        }
    };
    for (name, value) in &usual {
        if !typed
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            write(name, value);
        }
    }
    for (name, value) in typed {
        write(name, value);
    }
    request.push_str("\r\n");
    request.push_str(wanted.post.as_deref().unwrap_or_default());
    Ok(request)
}

/// The headers of --header and --host, each a name and a value.
fn typed_headers(wanted: &Get) -> Result<Vec<(&str, &str)>, Failure> {
    let mut typed = Vec::new();
    if let Some(host) = wanted.host.as_deref() {
        if !is_value(host) {
            return Err(malformed("a Host header is printable ASCII on one line"));
        }
        typed.push(("Host", host));
    }
    for header in &wanted.header {
        let (name, value) = header.split_once(':').unwrap_or((header, "\n"));
        let value = value.trim();
        if !is_token(name) || !header.contains(':') || !is_value(value) {
            return Err(malformed(&format!(
                "`{}` is no header: write --header \"Name: value\", printable ASCII on one line",
                header.escape_debug()
            )));
        }
        typed.push((name, value));
    }
    Ok(typed)
}

/// A header's value as far as this lab sends it.
fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

fn malformed(why: &str) -> Failure {
    failure::own(FailureCause::Malformed, "get", format!("get: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Command, parse_line};

    fn asked(flags: &str) -> Result<String, String> {
        let line = parse_line(&format!("get server/x {flags}"))
            .unwrap()
            .unwrap();
        let Command::Get(wanted) = line.command else {
            panic!("{flags} is no get");
        };
        let request = asking(&wanted, "/x", "127.0.0.1:8080").map_err(|f| f.message)?;
        let agent = format!("User-Agent: looplab/{}\r\n", env!("CARGO_PKG_VERSION"));
        Ok(request.replace(&agent, "").replace("\r\n", "|"))
    }

    #[test]
    fn requests() {
        let table = [
            ("", "GET /x HTTP/1.1|Host: 127.0.0.1:8080|Accept: */*||"),
            (
                "--host a.test",
                "GET /x HTTP/1.1|Accept: */*|Host: a.test||",
            ),
            (
                "--header 'Origin: http://evil.example' --header 'ACCEPT:text/html'",
                "GET /x HTTP/1.1|Host: 127.0.0.1:8080|Origin: http://evil.example|ACCEPT: text/html||",
            ),
            (
                "--post on",
                "POST /x HTTP/1.1|Host: 127.0.0.1:8080|Accept: */*|Content-Type: text/plain|\
                 Content-Length: 2||on",
            ),
            (
                "--post '{}' --header 'Content-Type: application/json'",
                "POST /x HTTP/1.1|Host: 127.0.0.1:8080|Accept: */*|Content-Length: 2|\
                 Content-Type: application/json||{}",
            ),
        ];
        for (flags, expected) in table {
            assert_eq!(asked(flags).as_deref(), Ok(expected), "{flags}");
        }
    }

    #[test]
    fn no_header_ends_its_line() {
        for flags in [
            "--host \"a\nX: y\"",
            "--host é",
            "--header Name",
            "--header ': x'",
            "--header 'a b: x'",
            "--header \"X: a\r\nY: b\"",
        ] {
            let why = asked(flags).unwrap_err();
            assert!(why.starts_with("get: "), "{flags}: {why}");
        }
    }
}
