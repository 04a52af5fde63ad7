//! Facts about live servers and what they were asked.
use std::net::SocketAddr;

use serde::Serialize;

use crate::net::Endpoint;

/// A live server.
#[derive(Clone, Debug, Serialize)]
pub struct OwnServer {
    /// `http`, `echo`, `relay` or `dns`.
    pub protocol: &'static str,
    /// Where it listens.
    pub local: Endpoint,
    /// The address alone.
    pub address: String,
    /// The port alone.
    pub port: u16,
    /// What to type into a browser; of an http server only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it lives in the private world, where only a neighbour can reach it from outside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Of a relay: the service that everything goes on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Endpoint>,
    /// With `--process`: the process that serves, the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// With `--process`: all processes that were started to serve, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<u32>,
}

/// `signal`.
#[derive(Clone, Debug, Serialize)]
pub struct Signalled {
    /// The server's name.
    pub server: String,
    /// `SIGSTOP`, `SIGCONT`, `SIGKILL` or `SIGTERM`.
    pub signal: &'static str,
    /// The process it was sent to, the first of them.
    pub pid: u32,
    /// All processes it was sent to.
    pub processes: Vec<u32>,
    /// How many processes of the server are there now.
    pub alive: usize,
    /// How many of these are stopped.
    pub stopped: usize,
}

/// What a live server was asked.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// The server's name.
    pub server: String,
    /// How many requests there were.
    pub count: usize,
    /// The newest ones, oldest first.
    pub requests: Vec<Request>,
}

/// One request a live server saw.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// The visitor's end of the connection.
    pub peer: SocketAddr,
    /// The port of that end; requests with the same one came over one connection.
    pub peer_port: u16,
    /// The server's end.
    pub local: SocketAddr,
    /// Which request on its connection, from 1.
    pub number: usize,
    /// `GET`, `POST`; `echo` for a line sent to an echo server, `relay` for a visit; the type of a DNS
    /// question: `A`, `AAAA`.
    pub method: String,
    /// The path, with its query; the name in a DNS question.
    pub target: String,
    /// The Host header.
    pub host: Option<String>,
    /// The Origin header: whose page made a browser ask.
    pub origin: Option<String>,
    /// The User-Agent header.
    pub agent: Option<String>,
    /// Of http, what was answered: 200, 403, …
    pub status: Option<u16>,
    /// The request's first lines as they came. Never printed without sanitising.
    pub raw: String,
    /// Of dns, what was answered: an address, `NXDOMAIN`, or `no address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whether this very session sent it (`get`), or another program.
    pub ours: bool,
}

/// `get`.
#[derive(Clone, Debug, Serialize)]
pub struct Response {
    /// The client's end.
    pub local: SocketAddr,
    /// The server's end.
    pub peer: SocketAddr,
    /// The bytes that went out.
    pub request: String,
    /// 200, 404, …
    pub status: u16,
    /// `OK`, `Not Found`, …
    pub reason: String,
    /// Headers as they came.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
    /// Length of the body in bytes.
    pub bytes: usize,
    /// How much of the exchange a view shows; the outcome has all of it.
    #[serde(skip)]
    pub shown: Exchange,
}

/// How much of a request and its answer is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exchange {
    /// The beginning of the body.
    #[default]
    Body,
    /// The request as well.
    Request,
    /// Both heads, too.
    Whole,
}
