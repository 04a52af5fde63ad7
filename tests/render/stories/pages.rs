//! Pages outside a lesson: one of each kind.
use super::lesson::card;
use looplab::render::{self, Check, ClaimEntry, ClaimStatus, Found, MenuChapter, MenuEntry, Page};
use serde_json::json;

/// A claim of each standing.
pub(super) fn claims() -> [ClaimEntry; 4] {
    let entry = |id: &str, verdict: &str, status| ClaimEntry {
        id: id.to_owned(),
        says: "Something about `ports`.".to_owned(),
        verdict: verdict.to_owned(),
        holds: "What to say *instead*.".to_owned(),
        lesson: Some("four-tuple".to_owned()),
        step: Some("both-ends".to_owned()),
        status,
        ..ClaimEntry::default()
    };
    let seen = |value: serde_json::Value| value.as_object().unwrap().clone();
    [
        ClaimEntry {
            settled_at: Some(1_700_000_000),
            came_true: vec!["The second one is *refused*.".to_owned()],
            evidence: vec![
                seen(
                    json!({"line": "first = listen :0", "local": "127.0.0.1:40001", "micros": 48.2}),
                ),
                seen(
                    json!({"line": "second = listen first", "error": "EADDRINUSE", "operation": "bind", "local": "127.0.0.1:40001", "micros": 1e300}),
                ),
                seen(
                    json!({"line": "all = resolve localhost", "addresses": ["::1", "127.0.0.1"], "from_file": true}),
                ),
            ],
            ..entry("C01", "wrong", ClaimStatus::Settled)
        },
        entry("C02", "imprecise", ClaimStatus::Open),
        ClaimEntry {
            reason: Some("it needs IPv6, and ::1 cannot be used here".to_owned()),
            ..entry("C03", "true", ClaimStatus::NotHere)
        },
        ClaimEntry {
            reason: Some("It takes two machines.".to_owned()),
            ..entry("C04", "depends", ClaimStatus::Untested)
        },
    ]
}

pub(crate) fn pages() -> Vec<Page> {
    let entry = |number, id: &str, title: &str, level: &str| MenuEntry {
        number: Some(number),
        id: id.to_owned(),
        title: title.to_owned(),
        summary: "One sentence with `code` in it.".to_owned(),
        minutes: 8,
        level: level.to_owned(),
        ..MenuEntry::default()
    };
    let entries = [
        MenuEntry {
            done: true,
            ..entry(1, "loopback-address", "What 127.0.0.1 is", "beginner")
        },
        MenuEntry {
            started: true,
            next: true,
            ..entry(2, "port-number", "What a port number is", "beginner")
        },
        entry(
            4,
            "three-ways-not-to-connect",
            "Refused, unreachable, silent",
            "intermediate",
        ),
        MenuEntry {
            broken: Some("lessons/12-mine.yaml:3:1: no `title`".to_owned()),
            ..entry(12, "mine", "mine", "")
        },
    ];
    let [first, second, third, own] = entries;
    let texts = |id, title| [id, title, "One sentence about `it`."];
    let course = [
        MenuChapter::new(Some(1), texts("address", "The address"), vec![first]),
        MenuChapter::new(Some(2), texts("port", "The port"), vec![second]),
        MenuChapter::new(Some(3), texts("connection", "The connection"), vec![third]),
        MenuChapter::new(None, texts("", "Lessons of your own"), vec![own]),
    ];
    let results = [Found {
        kind: "term".to_owned(),
        open: "explain backlog".to_owned(),
        title: "backlog".to_owned(),
        excerpt: "How many finished handshakes may *wait* for accept.".to_owned(),
    }];
    let tests = [
        Check {
            what: "private world".to_owned(),
            ok: false,
            finding: "user namespaces are forbidden (EPERM)".to_owned(),
            advice: Some("steps that need one are left out; `sysctl kernel.unprivileged_userns_clone=1` allows it".to_owned()),
        },
        Check {
            what: "IPv6".to_owned(),
            ok: true,
            finding: "::1 can be bound".to_owned(),
            advice: None,
        },
    ];
    vec![
        render::menu(&course),
        render::list(&course),
        render::chapters(&course),
        render::menu(&[]),
        render::found("backlog", &results),
        render::found("xyz", &[]),
        render::claims(&claims(), None),
        render::claims(&claims(), Some(ClaimStatus::Open)),
        render::claim(&claims()[0]),
        render::claim(&claims()[1]),
        render::claim(&claims()[3]),
        render::checks(&tests),
        render::card_page(&[card()]),
    ]
}
