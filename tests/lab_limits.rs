//! The lab where descriptors are few, and whether it gives back what it took. One test, since it
//! changes what the whole process may do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;

use looplab::lab::Lab;
use looplab::lang::{Author, Outcome};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use support::held::eventually;
use support::session::{lab, outcome, value};

fn run(lab: &mut Lab, line: &str) -> Outcome {
    outcome(lab, Author::Lesson, line)
}

fn error(lab: &mut Lab, line: &str) -> String {
    let outcome = run(lab, line);
    let failure = outcome.failure().unwrap_or_else(|| panic!("{line} worked"));
    failure.error.name()
}

fn open_descriptors() -> u64 {
    let count = std::fs::read_dir("/proc/self/fd").unwrap().count();
    u64::try_from(count).unwrap()
}

#[test]
fn descriptors_run_out_and_come_back() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let mut lab = lab();
    assert!(run(&mut lab, "server = listen 127.0.0.1:0").is_ok());

    // Too few to wait at all: said, not panicked, and no worse for it.
    setrlimit(Resource::RLIMIT_NOFILE, open_descriptors() + 4, hard).unwrap();
    assert_eq!(error(&mut lab, "accept server --within 60s"), "EMFILE");
    assert_eq!(error(&mut lab, "web = serve http"), "EMFILE");
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    assert_eq!(error(&mut lab, "accept server --within 1ms"), "timeout");

    // A server that cannot accept waits, and takes the visitor in when it can.
    assert!(run(&mut lab, "parrot = serve echo").is_ok());
    let port = value(&lab, "parrot", "port").as_u64().unwrap();
    let visitor = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, open_descriptors(), hard).unwrap();
    let rest: Vec<_> = std::iter::from_fn(|| UnixDatagram::unbound().ok()).collect();
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    visitor.connect(&address.into()).unwrap();
    assert_eq!(error(&mut lab, "listen 127.0.0.1:0"), "EMFILE");
    assert_eq!(value(&lab, "parrot", "queue"), 1);
    drop(rest);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    visitor.send(b"hello").unwrap();
    (&visitor).read_exact(&mut [0; 5]).unwrap();
    assert!(run(&mut lab, "close parrot").is_ok());
    drop(visitor);

    // Nothing is left of what was opened, waited for, interrupted by its bound and closed.
    let settled = eventually(|| lab.tasks(), |tasks| *tasks == 0);
    assert!(settled.is_ok(), "{settled:?} tasks");
    let before = open_descriptors();
    for _ in 0..100 {
        for line in [
            "web = serve http",
            "page = get web/",
            "other = listen 127.0.0.1:0 --backlog 0",
            "client = connect other",
            "stuck = connect other --within 1ms",
            "talk = accept other",
            "nothing = recv talk --within 1ms",
            "local = listen unix:chat",
        ] {
            run(&mut lab, line);
        }
        lab.clear();
    }
    // The first listener is closed, too.
    let left = eventually(open_descriptors, |left| *left < before);
    assert!(left.is_ok(), "{left:?} of {before} are open");

    // A crowd takes what there is, and leaves some.
    let few = open_descriptors() + 200;
    setrlimit(Resource::RLIMIT_NOFILE, few, few).unwrap();
    assert!(run(&mut lab, "server = listen 127.0.0.1:0").is_ok());
    assert!(run(&mut lab, "crowd = many 1000 server").is_ok());
    let scope = lab.scope();
    let crowd = scope.get("crowd").unwrap();
    assert_eq!(crowd["stopped_by"]["error"], Value::from("EMFILE"));
    let opened = crowd["opened"].as_u64().unwrap();
    assert!((60..=68).contains(&opened), "{opened}");
    assert!(run(&mut lab, "close crowd").is_ok());
    assert!(run(&mut lab, "crowd = many 10 server").is_ok());
}
