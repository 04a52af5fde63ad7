//! Expectations and findings.
use looplab::lang::{Diagnosis, Fact, Holding, Outcome, Shown, Waited};

use super::done;

pub(super) fn facts() -> Vec<Outcome> {
    let server = "127.0.0.1:43817";
    vec![
        done(
            "diagnosis",
            "diagnose",
            Fact::Diagnosis(Diagnosis {
                cause: "time-wait".to_owned(),
            }),
        ),
        done(
            "",
            "expect",
            Fact::Held(Holding {
                expression: "second is refused".to_owned(),
                observed: "`second` failed (EADDRINUSE)".to_owned(),
            }),
        ),
        done(
            "",
            "show",
            Fact::Value(Shown {
                expression: "server".to_owned(),
                value: serde_json::json!({"local": server, "port": 43817}),
            }),
        ),
        done(
            "",
            "wait",
            Fact::Waited(Waited {
                until: "client.state == \"CLOSED\"".to_owned(),
            }),
        ),
    ]
}
