//! Machines that have too little: descriptors, room on the disk, processes.
use crate::run::{Ended, through_shell};
use crate::support::skip;

/// With fewer descriptors a program that is linked to shared libraries cannot be started at all.
const FEWEST: u32 = 4;

fn with_descriptors(count: u32, line: &str, input: &str) -> Ended {
    let shell = format!("ulimit -n {count}; exec \"$@\"");
    through_shell(&shell, line.split(' ')).input(input).end()
}

const CONVERSATION: &str = "a = listen 127.0.0.1:0\nb = connect a\nc = accept a\naccept a --within 1ms\nrepeat 30 listen 0\nserve http\n\
                            sockets\nwho 1\nrtt --samples 100 --warm-up 0\n";

#[test]
fn a_few_descriptors_are_enough_to_say_what_is_missing() {
    for count in FEWEST..=40 {
        let ended = with_descriptors(count, "run -", CONVERSATION);
        ended.exits(0).is_quiet();
        assert!(ended.out.lines().count() >= 9, "{ended:?}");
        if count < 30 {
            ended.says("EMFILE");
        }
        with_descriptors(count, "learn 9", "\nb\n\n\n\nquit\n")
            .exits(0)
            .is_quiet();
    }
    for count in [FEWEST, 6, 9, 12, 20] {
        for line in [
            "list",
            "explain port",
            "sockets",
            "who 1",
            "schema",
            "man",
            "check",
        ] {
            with_descriptors(count, line, "").exits(0);
        }
        // What cannot be tried here is a finding, not an end.
        let code = with_descriptors(count, "doctor", "").code();
        assert!(
            code == Some(0) || code == Some(1),
            "{count} descriptors: {code:?}"
        );
    }
}

/// A socket for which there was no room is dropped on its way from the helper. The next answer is
/// that of the next question all the same.
#[test]
fn a_socket_of_the_world_that_found_no_room_is_not_given_out_later() {
    let name = "a socket of the world that found no room";
    if let Err(refusal) = looplab::lab::world::World::new() {
        return skip(name, &refusal.to_string());
    }
    let lines = "world private\na = listen 127.0.0.1:0\nrepeat 60 listen 127.0.0.1:0\n\
                 b = udp 127.0.0.1:0\nclose a\nc = udp 127.0.0.1:0\n";
    with_descriptors(20, "run -", lines)
        .exits(0)
        .is_quiet()
        .says("b: socket failed")
        .says("c is open for UDP");
}

#[test]
fn a_full_disk_costs_no_lesson() {
    // In blocks of 512 bytes: nothing can be kept, and two records can.
    for (blocks, next) in [(0, "Step 1 of "), (1, "Step ")] {
        let state = tempfile::tempdir().unwrap();
        let shell = format!("ulimit -f {blocks}; exec \"$@\"");
        let run = through_shell(&shell, ["learn", "9"]).state(state.path());
        let ended = run.input("\nb\n\n\nskip\n\nquit\n").end();
        ended
            .exits(0)
            .is_quiet()
            .says("for this session only")
            .says("Step 4 of ");
        assert_eq!(
            ended.out.matches("for this session only").count(),
            1,
            "{ended:?}"
        );
        let run = through_shell("exec \"$@\"", ["learn", "9"]).state(state.path());
        run.input("quit\n").end().exits(0).is_quiet().says(next);
    }
}

#[test]
fn a_small_stack_and_little_memory_are_enough() {
    let shell = "ulimit -s 512; ulimit -v 500000; exec \"$@\"";
    through_shell(shell, ["run", "-"])
        .input(CONVERSATION)
        .end()
        .exits(0)
        .is_quiet();
    through_shell(shell, ["learn", "9"])
        .input("\nb\n\nquit\n")
        .end()
        .exits(0)
        .is_quiet();
    through_shell(shell, ["check"]).end().exits(0);
}
