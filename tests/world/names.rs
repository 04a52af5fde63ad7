//! Names in the private world: a hosts file of its own, a DNS server, and how look-ups end.
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use looplab::lang::{Author, FailureCause, WorldName};

use super::privately;
use super::support::session::{follow, lab, outcome};
use super::support::user::as_user;

/// What is mounted below /etc (proc_pid_mountinfo(5)): a container has its own files there.
fn mounts_of_names() -> Vec<String> {
    let all = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let place = |line: &&str| {
        line.split(' ')
            .nth(4)
            .is_some_and(|at| at.starts_with("/etc/"))
    };
    all.lines().filter(place).map(str::to_owned).collect()
}

#[test]
fn names_have_a_hosts_file_of_their_own() {
    as_user("names::names_have_a_hosts_file_of_their_own", || {
        let before = fs::read("/etc/hosts").unwrap();
        let mounts = mounts_of_names();
        privately(
            r#"
            usual = hosts
            expect usual.count == 2 and usual.world == "private" and not usual.switched
            now = hosts "127.0.0.42 localhost here # one" "127.0.0.43 other"
            expect now.count == 2 and now.switched
            found = resolve HERE
            expect found.addresses == ["127.0.0.42"] and found.sources | length == 1
            unknown = resolve localhost.
            expect unknown is failed and unknown.error == "EAI_AGAIN"
            gone = hosts --empty
            expect gone.count == 0 and gone.lines == []
            nobody = resolve localhost
            expect nobody.error == "EAI_AGAIN" and nobody.operation == "getaddrinfo"
            spelled = resolve 127.1
            expect spelled.addresses == ["127.0.0.1"]
            theirs = neighbour hosts
            expect theirs.count == 2
            there = neighbour hosts "10.0.0.1 front"
            front = neighbour resolve front
            expect front.addresses == ["10.0.0.1"]
            ours = hosts
            expect ours.count == 0
            "#,
        );
        assert_eq!(fs::read("/etc/hosts").unwrap(), before);
        assert_eq!(mounts_of_names(), mounts);
    });
}

#[test]
fn a_dns_server_answers_what_it_was_told() {
    as_user("names::a_dns_server_answers_what_it_was_told", || {
        privately(
            r#"
            dns = serve dns --answer evil.test=10.0.0.2 --answer evil.test=127.0.0.1 --answer both=::1 --answer both=127.0.0.1
            expect dns is listening and dns.port == 53 and dns.protocol == "dns" and dns.url is undefined
            first = resolve evil.test
            second = resolve EVIL.test.
            third = resolve evil.test
            expect first.addresses == ["10.0.0.2"] and second.addresses == ["127.0.0.1"]
            expect third.addresses == second.addresses
            both = resolve both
            expect both.addresses | length == 2 and "127.0.0.1" in both.addresses
            hosts --empty
            unknown = resolve localhost
            expect unknown.error == "EAI_NONAME"
            "#,
        );
    });
}

#[test]
fn what_a_dns_server_was_asked_is_written_down() {
    as_user("names::what_a_dns_server_was_asked_is_written_down", || {
        privately(
            r#"
            hosts --empty
            dns = serve dns
            unknown = resolve localhost
            expect unknown.error == "EAI_NONAME" and dns.visits == 0
            asked = requests dns
            expect asked.count == 2 and asked.requests | map(attribute="target") | unique | list == ["localhost"]
            expect asked.requests | map(attribute="method") | sort | list == ["A", "AAAA"]
            expect asked.requests[0].answer == "NXDOMAIN" and "localhost A" in asked.requests | map(attribute="raw")
            taken = serve dns
            expect taken is in_use
            close dns
            silence = resolve localhost
            expect silence.error == "EAI_AGAIN"
            misplaced = serve http --answer a=127.0.0.1
            expect misplaced.error == "malformed"
            theirs = neighbour serve dns --answer front=10.0.0.1
            front = neighbour resolve front
            expect front.addresses == ["10.0.0.1"]
            "#,
        );
    });
}

#[test]
fn a_look_up_can_be_interrupted() {
    as_user("names::a_look_up_can_be_interrupted", || {
        let mut lab = lab();
        lab.clear_into(WorldName::Private);
        let silence = "hosts --empty\nsilent = udp 127.0.0.1:53";
        follow(&mut lab, Author::Lesson, silence);
        let interrupter = lab.interrupter();
        let over = AtomicBool::new(false);
        let stopped = thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    interrupter.interrupt();
                    thread::yield_now();
                }
            });
            let line = "resolve localhost --within 60s";
            let stopped = outcome(&mut lab, Author::Learner, line);
            over.store(true, Ordering::SeqCst);
            stopped
        });
        let cause = stopped.failure().unwrap().error;
        assert_eq!(cause, FailureCause::Interrupted, "{stopped:?}");
        let next = "hosts '127.0.0.9 localhost'\nfound = resolve localhost\nexpect found is ok";
        follow(&mut lab, Author::Lesson, next);
    });
}

#[test]
fn a_look_up_has_a_bound() {
    as_user("names::a_look_up_has_a_bound", || {
        privately(
            "
            hosts --empty
            silent = udp 127.0.0.1:53
            slow = resolve localhost --within 500ms
            expect slow is timed_out
            # Whoever looks it up goes on for a moment, and may have been slow to begin.
            wait silent.recv_queue > 0
            next = resolve 127.0.0.1
            expect next is ok
            ",
        );
    });
}

#[test]
fn the_hosts_file_of_the_machine_is_shown_and_left_alone() {
    let mut lab = lab();
    let shown = outcome(&mut lab, Author::Lesson, "hosts");
    if let Some(failure) = shown.failure() {
        assert_eq!(failure.error, FailureCause::NotAvailable);
    }
    for line in ["hosts --empty", "hosts '127.0.0.1 localhost'"] {
        let refused = outcome(&mut lab, Author::Learner, line);
        assert_eq!(refused.failure().unwrap().error, FailureCause::NotAllowed);
    }
    for line in [
        "hosts localhost",
        "hosts '127.0.0.1'",
        "hosts 'localhost 127.0.0.1'",
    ] {
        assert!(lab.run(line, Author::Learner).is_err(), "{line}");
    }
}
