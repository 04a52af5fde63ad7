//! The private world, on real namespaces.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod names;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use looplab::lab::observe::{self, Here};
use looplab::lang::{Author, FailureCause, Network, WorldName};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use support::session::{follow, lab, message, outcome};
use support::skip;
use support::sys::watch_process;
use support::user::{Session, as_user};

/// A lesson's lines in the private world.
fn privately(script: &str) {
    let mut lab = lab();
    lab.clear_into(WorldName::Private);
    follow(&mut lab, Author::Lesson, script);
}

#[test]
fn a_new_world_can_be_had_without_its_loopback() {
    as_user("a_new_world_can_be_had_without_its_loopback", || {
        privately(
            r#"
            filter drop 127.0.0.1:80
            hosts --empty
            held = listen 127.0.0.1:0
            kept = world private --lo down
            expect kept.error == "not_allowed" and held is listening
            close held
            dark = world private --lo down
            expect dark is ok and dark.world == "private"
            rules = filter
            expect rules.count == 0
            names = hosts
            expect names.count == 2
            lost = connect 127.0.0.1:80
            expect lost is unreachable
            world private --lo up
            server = listen 127.0.0.1:80
            found = connect server
            expect found is connected
            host = world host --lo down
            expect host.error == "not_allowed"
            more = link lo up 1500
            expect more.error == "malformed"
            "#,
        );
        let mut lab = lab();
        lab.clear_into(WorldName::Private);
        follow(&mut lab, Author::Lesson, "world private --lo down");
        lab.clear_into(WorldName::Private);
        let fresh =
            "server = listen 127.0.0.1:0\nclient = connect server\nexpect client is connected";
        follow(&mut lab, Author::Lesson, fresh);
        assert!(lab.run("link lo mtu", Author::Learner).is_err());
        assert!(lab.run("world --lo down", Author::Learner).is_err());
    });
}

#[test]
fn any_port_is_free_and_allowed() {
    as_user("any_port_is_free_and_allowed", || {
        privately(
            r#"
            web = listen 127.0.0.1:80
            expect web is listening
            fixed = listen 127.0.0.1:49342
            expect fixed is listening
            any = listen 0.0.0.0:443
            expect any.private
            both = listen [::]:8004
            expect any is listening and both is listening
            client = connect web
            expect client is connected and web.queue == 1
            talk = accept web
            send client hello
            heard = recv talk
            expect heard.text == "hello"
            by_name = connect 127.0.0.9:443
            expect by_name is connected
            date = udp 0.0.0.0:53
            asker = udp
            asked = send asker time --to 127.0.0.1:53
            expect asked is ok and date.recv_queue > 0
            page = serve http 127.0.0.1:8080
            got = get page/
            expect got.status == 200
            elsewhere = connect 192.0.2.1:80
            expect elsewhere.error == "ENETUNREACH"
            expect machine.world == "private" and machine.private and machine.unprivileged_start == 1024
            seen = sockets
            expect seen is ok and seen.count > 3
            held = who 80
            expect not held.free
            "#,
        );
    });
}

#[test]
fn the_host_does_not_see_it() {
    as_user("the_host_does_not_see_it", || {
        // The same endpoint, on the host and in the world, at the same time.
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = outside.local_addr().unwrap();
        let mut lab = lab();
        lab.clear_into(WorldName::Private);
        let lines = format!("inside = listen {endpoint}\nexpect inside is listening");
        follow(&mut lab, Author::Lesson, &lines);
        let listeners = observe::listeners(&Here).unwrap();
        let there = listeners
            .iter()
            .filter(|row| row.local.inet() == Some(endpoint));
        assert_eq!(there.count(), 1, "only the test's own");
        // Into the world from the host there is no way, though the endpoint is the same.
        let lines = "
            world host
            expect machine.world == 'host' and inside is open
            out = connect inside
            world private
            within = connect inside
            expect within is connected and inside.queue == 1
            ";
        follow(&mut lab, Author::Learner, lines);
    });
}

#[test]
fn a_lesson_stays_on_its_side_of_the_fence() {
    as_user("a_lesson_stays_on_its_side_of_the_fence", || {
        let canary = TcpListener::bind("127.0.0.1:0").unwrap();
        canary.set_nonblocking(true).unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.set_nonblocking(true).unwrap();
        let (tcp_at, udp_at) = (canary.local_addr().unwrap(), udp.local_addr().unwrap());
        let mut lab = lab();
        let lines = format!(
            "
            outside = udp
            world private
            twin = listen {tcp_at}
            leak = send outside x --to {udp_at}
            expect leak.error == 'not_allowed'
            world host
            leak = connect twin
            expect leak.error == 'not_allowed'
            crowd = many 3 twin
            expect crowd.error == 'not_allowed'
            wild = listen 0.0.0.0:0
            expect wild.error == 'not_allowed'
            "
        );
        follow(&mut lab, Author::Lesson, &lines);
        assert!(canary.accept().is_err(), "a lesson reached the host");
        assert!(udp.recv(&mut [0]).is_err(), "a lesson reached the host");
    });
}

#[test]
fn a_new_step_finds_a_new_world() {
    as_user("a_new_step_finds_a_new_world", || {
        let mut lab = lab();
        for _ in 0..3 {
            lab.clear_into(WorldName::Private);
            // An orderly close leaves TIME-WAIT at the fixed port, which would be in the way.
            let lines = "
                range_before = range
                expect range_before.low != 49342
                server = listen 127.0.0.1:49342
                expect server is listening
                client = connect server --from 127.0.0.1:80
                talk = accept server
                shutdown talk
                close talk client
                sysctl ip_local_port_range 49342 49342
                expect machine.range.low == 49342
                ";
            follow(&mut lab, Author::Lesson, lines);
        }
        lab.clear();
        assert_eq!(lab.scope().get("machine").unwrap()["world"], "host");
    });
}

#[test]
fn a_narrow_range_gives_that_port() {
    as_user("a_narrow_range_gives_that_port", || {
        privately(
            r#"
            server = listen 127.0.0.1:8080
            other = listen 127.0.0.1:8081
            narrow = sysctl net.ipv4.ip_local_port_range 49342 49342
            expect narrow.value == "49342 49342" and narrow.before != narrow.value
            client = connect server
            expect client.port == 49342
            second = connect server
            expect second.error == "EADDRNOTAVAIL"
            third = connect other
            expect third.port == 49342
            shell = sysctl ip_local_port_range=49342
            expect shell.error == "malformed" and "sysctl ip_local_port_range VALUE" in shell.message
            wrong = sysctl ip_local_port_range 60999 32768
            expect wrong.error == "EINVAL"
            now = sysctl ip_local_port_range
            expect now.value == "49342 49342"
            "#,
        );
    });
}

#[test]
fn without_loopback_nothing_arrives() {
    as_user("without_loopback_nothing_arrives", || {
        privately(
            r#"
            server = listen 127.0.0.1:8080
            off = link lo down
            expect not off.up and off.switched
            lost = connect server --within 50ms
            expect lost is timed_out
            six = connect [::1]:8080 --within 50ms
            expect six is failed
            on = link lo up
            expect on.up
            again = connect server
            expect again is connected
            missing = link eth7 up
            expect missing.error == "no_such_name"
            "#,
        );
    });
}

#[test]
fn the_host_is_not_changed() {
    let mut lab = lab();
    let table = [
        ("link lo down", "leaves that alone"),
        ("sysctl somaxconn 1", "leaves that alone"),
        ("sysctl kernel.hostname", "not among the settings"),
        (
            "sysctl net.ipv4.conf.*.route_localnet",
            "not among the settings",
        ),
    ];
    for author in [Author::Learner, Author::Lesson] {
        for (line, expected) in table {
            let said = message(&mut lab, author, line);
            assert!(said.contains(expected), "{line}: {said}");
        }
    }
    let lines = "
        now = sysctl net.core.somaxconn
        expect now is ok and now.value == machine.somaxconn ~ ''
        here = world
        expect here.world == 'host' and not here.switched
        ";
    follow(&mut lab, Author::Learner, lines);
}

#[test]
fn a_neighbour_reaches_what_is_open_to_it() {
    as_user("a_neighbour_reaches_what_is_open_to_it", || {
        privately(
            r#"
            own = listen 127.0.0.1:8001
            all = listen 0.0.0.0:8002
            next = neighbour
            expect next.address == "10.0.0.2" and next.source == "10.0.0.1" and next.switched
            again = neighbour
            expect not again.switched
            cable = listen 10.0.0.1:8003
            kept_out = neighbour connect 10.0.0.1:8001
            expect kept_out is refused
            guest = neighbour connect 10.0.0.1:8002
            expect guest is connected and guest.address == "10.0.0.2"
            inside = accept all
            expect inside.local == "10.0.0.1:8002" and inside.peer == guest.local
            third = neighbour connect 10.0.0.1:8003
            expect third is connected
            # Every network has a 127.0.0.1 of its own.
            twin = neighbour listen 127.0.0.1:8001
            expect twin is listening
            mine = neighbour connect 127.0.0.1:8002
            expect mine is refused
            back = neighbour listen 10.0.0.2:80
            out = connect back
            expect out is connected and out.address == "10.0.0.1"
            # Loopback addresses do not travel (EINVAL).
            stuck = connect back --from 127.0.0.1:0
            expect stuck.error == "EINVAL"
            page = serve http 0.0.0.0:8080
            got = neighbour get http://10.0.0.1:8080/
            expect got.status == 200
            word = udp 10.0.0.1:53
            asker = neighbour udp 10.0.0.2:0
            asked = send asker hello --to 10.0.0.1:53
            heard = recv word
            expect heard.text == "hello" and heard.from == asker.local
            way = route 10.0.0.2
            expect way.interface == "veth0"
            seen = neighbour interfaces
            expect seen.interfaces | length == 2
            cut = neighbour link veth0 down
            expect not cut.up
            lost = connect 10.0.0.2:80 --within 50ms
            expect lost is failed
            "#,
        );
        let mut lab = lab();
        let table = [
            ("neighbour", "leaves that alone"),
            ("neighbour neighbour", "is not for the neighbour"),
            ("neighbour world", "is not for the neighbour"),
            ("neighbour lisen 80", "did you mean"),
        ];
        for (line, expected) in table {
            let said = message(&mut lab, Author::Learner, line);
            assert!(said.contains(expected), "{line}: {said}");
        }
    });
}

#[test]
fn a_filter_is_silent_or_answers() {
    let name = "a_filter_is_silent_or_answers";
    as_user(name, || {
        let mut lab = lab();
        lab.clear_into(WorldName::Private);
        let first = outcome(&mut lab, Author::Lesson, "filter drop 127.0.0.1:1");
        if let Some(failure) = first.failure() {
            assert_eq!(failure.error, FailureCause::NotAvailable, "{first:?}");
            return skip(name, &failure.message);
        }
        lab.clear();
        privately(
            r#"
            server = listen 127.0.0.1:8080
            other = listen 127.0.0.1:8081
            six = listen [::1]:8080
            before = filter
            expect before.count == 0
            silent = filter drop server
            expect silent.count == 1 and silent.rules[0].action == "drop"
            lost = connect server --within 50ms
            expect lost is timed_out
            beside = connect other
            expect beside is connected
            beside_six = connect six
            expect beside_six is connected
            clear = filter clear
            expect clear.count == 0
            again = filter clear
            expect again is ok
            passes = connect server
            expect passes is connected
            loud = filter reject 0.0.0.0:8081
            told = connect other
            expect told is refused and "`other` listens there, but a packet filter answered" in told.message
            anybody = connect 127.0.0.9:8081
            expect anybody is refused and "a packet filter answered" in anybody.message
            nobody = connect 127.0.0.1:8082
            expect "nothing listens there" in nobody.message
            also_six = filter reject [::1]:8080
            told_six = connect six
            expect told_six is refused
            word = udp 127.0.0.1:8081
            asker = udp --peer 127.0.0.1:8081
            asked = send asker hello
            heard = recv asker --within 1s
            expect heard is refused and "`word` receives there, but a packet filter refused a datagram" in heard.message
            stranger = udp --peer 127.0.0.9:8081
            once = send stranger hello
            twice = send stranger hello
            expect twice is refused and "a packet filter refused an earlier datagram, whoever" in twice.message
            neighbour
            from_beside = neighbour connect 10.0.0.1:8081
            expect from_beside is refused and "a packet filter answered" in from_beside.message
            # The neighbour's own 127.0.0.1:8080, where nobody listens.
            theirs = neighbour connect 127.0.0.1:8080
            expect "nothing listens there" in theirs.message
            cut = neighbour filter drop 10.0.0.2:80
            expect cut.count == 1
            here = filter
            expect here.count == 2
            "#,
        );
        let said = message(&mut lab, Author::Learner, "filter drop 127.0.0.1:80");
        assert!(said.contains("leaves that alone"), "{said}");
    });
}

#[test]
fn a_refusal_names_its_step_and_what_would_allow_it() {
    let name = "a_refusal_names_its_step_and_what_would_allow_it";
    as_user(name, || {
        let table = [
            ("max_user_namespaces", "making a user namespace"),
            ("max_net_namespaces", "making a network namespace"),
        ];
        for (setting, expected) in table {
            // In a user namespace of its own anybody may forbid the next one.
            let path = format!("/proc/sys/user/{setting}");
            let script = format!("echo 0 > {path} && exec \"$0\" run - --json");
            let looplab = env!("CARGO_BIN_EXE_looplab");
            let child = Command::new("unshare")
                .args(["-Ur", "sh", "-c", &script, looplab])
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn();
            let Ok(mut child) = child else {
                return skip(name, "there is no unshare(1) here");
            };
            let lines = b"world private\nhere = world\nshow machine.private\n";
            child.stdin.take().unwrap().write_all(lines).unwrap();
            let said = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&said.stdout);
            let outcomes: Vec<&str> = said.lines().collect();
            assert!(outcomes[0].contains("not_available"), "{said}");
            for part in [expected, "(ENOSPC)", setting] {
                assert!(outcomes[0].contains(part), "{part}: {said}");
            }
            assert!(outcomes[1].contains(r#""world":"host""#), "{said}");
            assert!(outcomes[2].contains(r#""value":false"#), "{said}");
        }
    });
}

/// Children of a process, by the kernel's list of all processes.
fn children(parent: u32) -> Vec<i32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        // `pid (name) state ppid …`: the name may have spaces and parentheses.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        after.split(' ').nth(1) == Some(&parent.to_string())
    })
    .collect()
}

fn namespace_of(pid: i32) -> Option<u64> {
    let link = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
    let digits: String = link
        .to_str()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

#[test]
fn nothing_outlives_a_killed_session() {
    as_user("nothing_outlives_a_killed_session", || {
        let mut session = Session::start();
        let lines = b"world private\nserver = listen 127.0.0.1:80\nhosts --empty\nneighbour\n";
        session.0.stdin.as_mut().unwrap().write_all(lines).unwrap();
        let said = BufReader::new(session.0.stdout.take().unwrap()).lines();
        for line in said.take(4) {
            let line = line.unwrap();
            assert!(line.contains(r#""ok":true"#), "{line}");
        }
        let mut family = children(session.0.id());
        family.extend(
            family
                .clone()
                .iter()
                .flat_map(|pid| children(pid.unsigned_abs())),
        );
        assert_eq!(family.len(), 2, "a helper and its neighbour");
        let watched: Vec<_> = family
            .iter()
            .map(|pid| watch_process(*pid).unwrap())
            .collect();
        let inside = family.iter().find_map(|pid| namespace_of(*pid));
        // Open, so that no network of another program can be given the same number meanwhile.
        let held = family
            .iter()
            .map(|pid| File::open(format!("/proc/{pid}/ns/net")).unwrap());
        let _held: Vec<_> = held.collect();
        session.0.kill().unwrap();
        session.0.wait().unwrap();
        for watch in watched {
            let mut ends = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
            let woken = poll(&mut ends, PollTimeout::from(20_000_u16)).unwrap();
            assert_eq!(woken, 1, "a helper outlived its parent");
        }
        let all = fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let left: Vec<_> = pids
            .filter(|pid| inside.is_some() && namespace_of(*pid) == inside)
            .collect();
        assert!(left.is_empty(), "processes left in the namespace: {left:?}");
    });
}

#[test]
fn an_outcome_knows_the_network_it_ran_in() {
    as_user("an_outcome_knows_the_network_it_ran_in", || {
        let mut lab = lab();
        let lines = [
            ("range", 0, false),
            ("world private", 1, false),
            ("here = listen 127.0.0.1:8001", 1, false),
            ("there = neighbour listen 127.0.0.1:8001", 1, true),
            ("one = connect here", 1, false),
            ("close one here there", 1, false),
            ("world private --lo up", 2, false),
            ("world host", 0, false),
        ];
        for (line, world, neighbour) in lines {
            let network = outcome(&mut lab, Author::Learner, line).network;
            assert_eq!(network, Network { world, neighbour }, "{line}");
        }
    });
}
