//! What was measured.
use std::collections::BTreeMap;

use looplab::lang::{
    Bucket, Fact, FailureCause, Flow, ManyOpened, Outcome, Plot, Repeated, RoundTrips,
};
use looplab::net::Errno;

use super::{at, done, failure};

#[expect(clippy::too_many_lines, reason = "one fact after the other")]
pub(super) fn facts() -> Vec<Outcome> {
    let server = "127.0.0.1:43817";
    let errno = FailureCause::Errno;
    vec![
        done(
            "trip",
            "rtt",
            Fact::Rtt(RoundTrips {
                over: "tcp",
                samples: 5_000,
                bytes: 64,
                min_us: 7.92,
                p50_us: 8.44,
                p99_us: 15.38,
                p999_us: 29.5,
                max_us: 1_043.7,
                method: "two threads, blocking reads, TCP_NODELAY".to_owned(),
                histogram: Vec::new(),
            }),
        ),
        done(
            "stream",
            "throughput",
            Fact::Throughput(Flow {
                over: "tcp",
                bytes: 2_887_385_088,
                seconds: 1.0002,
                block: 131_072,
                gigabits_per_second: 23.0945,
                megabytes_per_second: 2_886.81,
                method: "two threads, bytes counted where they arrive".to_owned(),
                histogram: Vec::new(),
            }),
        ),
        done(
            "crowd",
            "many",
            Fact::Many(ManyOpened {
                wanted: 20_000,
                opened: 9_967,
                one_by_one: false,
                per_second: 26_660.0,
                peer: at(server),
                stopped_by: Some(failure(
                    "connect",
                    (None, Some(server)),
                    errno(Errno::EMFILE),
                    "connect 127.0.0.1:43817: this process has no file descriptor left (EMFILE)",
                )),
                distinct_ports: 9_967,
                ports: vec![32768, 60998, 41000],
            }),
        ),
        done(
            "all",
            "repeat",
            Fact::Repeated(Repeated {
                of: "listen".to_owned(),
                count: 200,
                succeeded: 198,
                stopped_by: None,
                errors: BTreeMap::from([("EADDRINUSE".to_owned(), 2)]),
                ports: (0..198).map(|i| 32_769 + 2 * i).collect(),
                distinct: 198,
                odd: 198,
                even: 0,
                lowest: Some(32_769),
                highest: Some(60_999),
                dynamic: 81,
                steps: vec![-2_810, 14, 9_872],
            }),
        ),
        done(
            "",
            "plot",
            Fact::Plot(Plot {
                of: "ports",
                title: "198 ports of `all`".to_owned(),
                histogram: buckets(),
            }),
        ),
        done(
            "",
            "plot",
            Fact::Plot(Plot {
                of: "microseconds",
                title: "5,000 round trips".to_owned(),
                histogram: vec![
                    Bucket {
                        from: 7.0,
                        to: 8.5,
                        count: 2_800,
                    },
                    Bucket {
                        from: 8.5,
                        to: 10.0,
                        count: 2_100,
                    },
                    Bucket {
                        from: 10.0,
                        to: 11.5,
                        count: 100,
                    },
                ],
            }),
        ),
    ]
}

pub(super) fn buckets() -> Vec<Bucket> {
    let counts = [12, 30, 0, 7, 45, 80, 33, 21, 20, 19, 5, 1, 0, 0, 2, 64];
    let bucket = |(place, count): (u16, u64)| {
        let from = 32_768.0 + 1_764.5 * f64::from(place);
        Bucket {
            from,
            to: from + 1_764.5,
            count,
        }
    };
    (0..).zip(counts).map(bucket).collect()
}
