//! `get`: one page over HTTP, asked for by hand so that every byte can be shown.
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::io::Interest;

use super::asking::asking;
use super::tcp::Dial;
use super::{Done, reply, stopped};
use crate::lab::engine::Stop;
use crate::lab::failure::{self, Ends, own_at};
use crate::lab::ledger::Held;
use crate::lab::own::Own;
use crate::lab::{Lab, bounded};
use crate::lang::{
    Author, BindOptions, Exchange, Fact, Failure, FailureCause, Get, Place, Response, is_name,
};
use crate::limits;
use crate::net::{Endpoint, EndpointError};

/// Bytes that one read asks for.
const PIECE: usize = 64 << 10;

/// What a URL asks for.
#[derive(Debug, PartialEq, Eq)]
struct Url {
    place: Place,
    /// Begins with a slash; the query included, the fragment not.
    target: String,
}

impl Lab {
    pub(super) fn get(&mut self, wanted: &Get, author: Author) -> Done {
        let url = Url::parse(&wanted.url)?;
        let to = self.ledger.endpoint("get", &url.place)?;
        if to.inet().is_none() {
            let why = "`get` needs an address and a port";
            return Err(own_at(FailureCause::Malformed, "get", Ends::peer(&to), why));
        }
        let request = asking(wanted, &url.target, &host_header(&to))?;
        let within = bounded(wanted.within, author);
        let deadline = Instant::now() + within;
        let dial = Dial {
            to: &to,
            from: None,
            options: &BindOptions::default(),
            nodelay: false,
            ttl: None,
            within,
        };
        let own = self.dial(&dial, author)?;
        let answer = self.exchange(&own, request.as_bytes(), deadline, within);
        let response = answer.and_then(|reply| response(&own, request, reply));
        let shown = match wanted {
            Get { verbose: true, .. } => Exchange::Whole,
            wanted if wanted.is_unusual() => Exchange::Request,
            _ => Exchange::Body,
        };
        // Our own server needs no farewell, and leaves no TIME-WAIT this way.
        if own.foreign {
            drop(own);
        } else {
            own.reset();
        }
        let response = Response { shown, ..response? };
        Ok((Fact::Response(response), Held::Nothing))
    }

    fn exchange(
        &mut self,
        own: &Own,
        request: &[u8],
        deadline: Instant,
        within: Duration,
    ) -> Result<reply::Reply, Failure> {
        let ends = || Ends {
            local: Some(own.local.clone()),
            peer: own.peer.clone(),
        };
        let mut left = request;
        self.engine
            .until(&own.socket, Interest::WRITABLE, deadline, || {
                write(&own.socket, &mut left)
            })
            .map_err(|stop| stopped(stop, "send", ends(), within, "the peer does not read"))?;
        let mut bytes = Vec::new();
        let answer = self
            .engine
            .until(&own.socket, Interest::READABLE, deadline, || {
                read_reply(&own.socket, &mut bytes)
            });
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(why)) => Err(own_at(FailureCause::Protocol, "get", ends(), &why)),
            Err(Stop::Timeout) => {
                let came = bytes.len();
                let still = format!("{came} bytes have come, and the answer is not complete");
                Err(failure::timeout("recv", ends(), within, &still))
            }
            Err(stop) => Err(stopped(stop, "recv", ends(), within, "")),
        }
    }
}

fn write(mut socket: &socket2::Socket, left: &mut &[u8]) -> io::Result<()> {
    while !left.is_empty() {
        let taken = socket.write(left)?;
        *left = left.get(taken..).unwrap_or_default();
    }
    Ok(())
}

/// Reads until the answer is complete, or cannot become one.
fn read_reply(
    mut socket: &socket2::Socket,
    bytes: &mut Vec<u8>,
) -> io::Result<Result<reply::Reply, String>> {
    let mut piece = vec![0; PIECE];
    loop {
        let came = socket.read(&mut piece)?;
        bytes.extend_from_slice(piece.get(..came).unwrap_or_default());
        match reply::parse(bytes, came == 0) {
            Ok(Some(reply)) => return Ok(Ok(reply)),
            Err(why) => return Ok(Err(why)),
            Ok(None) if bytes.len() > limits::PAYLOAD_BYTES => {
                let most = limits::PAYLOAD_BYTES;
                return Ok(Err(format!("the answer is longer than {most} bytes")));
            }
            Ok(None) => {}
        }
    }
}

fn response(own: &Own, request: String, reply: reply::Reply) -> Result<Response, Failure> {
    let ends = own.four_tuple().ok_or_else(|| malformed("no ends"))?;
    Ok(Response {
        local: ends.local,
        peer: ends.peer,
        request,
        status: reply.status,
        reason: reply.reason,
        headers: reply.headers,
        bytes: reply.body.len(),
        body: String::from_utf8_lossy(&reply.body).into_owned(),
        shown: Exchange::default(),
    })
}

/// The Host header a browser would send: it leaves out port 80 (RFC 9110 §4.2.1).
fn host_header(to: &Endpoint) -> String {
    let written = to.to_string();
    match written.strip_suffix(":80") {
        Some(address) => address.to_owned(),
        None => written,
    }
}

impl Url {
    fn parse(text: &str) -> Result<Self, Failure> {
        if text.starts_with("https:") {
            let why = "looplab speaks plain HTTP, so that the bytes can be read: write http://";
            return Err(malformed(why));
        }
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let rest = rest.split('#').next().unwrap_or_default();
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self {
            place: place(authority)?,
            target: format!("{slash}{}", encoded(target)),
        })
    }
}

fn place(authority: &str) -> Result<Place, Failure> {
    if is_name(authority) {
        return Ok(Place::Name(authority.to_owned()));
    }
    match Endpoint::parse(authority) {
        Ok(endpoint) => Ok(Place::Literal(endpoint)),
        Err(EndpointError::NoPort(bare)) => {
            let bare = bare.trim_matches(['[', ']']);
            let address: IpAddr = bare.parse().map_err(|_| malformed(bare))?;
            Ok(Place::Literal(Endpoint::Inet((address, 80).into())))
        }
        Err(EndpointError::HostName(name)) => Err(malformed(&format!(
            "`{name}` is a name, not an address; write 127.0.0.1 or [::1] in the URL, and \
             --host {name} to send the name along"
        ))),
        Err(error) => Err(malformed(&error.to_string())),
    }
}

/// What may not stand in a request line as it is, percent-encoded (RFC 3986 §2.1).
fn encoded(target: &str) -> String {
    let plain = |byte: u8| (0x21..=0x7e).contains(&byte);
    target
        .bytes()
        .map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect::<Vec<_>>()
        .concat()
}

fn malformed(why: &str) -> Failure {
    failure::own(FailureCause::Malformed, "get", format!("get: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let table = [
            ("server", "Name(\"server\") /"),
            ("server/a?b=c", "Name(\"server\") /a?b=c"),
            ("server?x", "Name(\"server\") /?x"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080 /"),
            ("http://127.0.0.1/a#top", "127.0.0.1:80 /a"),
            ("http://[::1]/", "[::1]:80 /"),
            ("8080/x", "127.0.0.1:8080 /x"),
            ("server/a b\r\nX: y", "Name(\"server\") /a%20b%0D%0AX:%20y"),
            ("https://127.0.0.1/", "! get: looplab speaks plain HTTP"),
            ("http://localhost:80/", "! get: `localhost` is a name"),
            ("http://127.1:80/", "! get: `127.1` is a spelling"),
            ("http://user@127.0.0.1:80/", "! get: "),
        ];
        for (text, expected) in table {
            let said = match Url::parse(text) {
                Ok(Url { place, target }) => match place {
                    Place::Literal(endpoint) => format!("{endpoint} {target}"),
                    name @ Place::Name(_) => format!("{name:?} {target}"),
                },
                Err(failure) => format!("! {}", failure.message),
            };
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }

    #[test]
    fn port_80_is_not_named() {
        assert_eq!(host_header(&Endpoint::loopback(80)), "127.0.0.1");
        assert_eq!(host_header(&Endpoint::loopback(8080)), "127.0.0.1:8080");
        assert_eq!(host_header(&Endpoint::loopback(180)), "127.0.0.1:180");
    }
}
