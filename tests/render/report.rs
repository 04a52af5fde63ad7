//! A report as it is read in a terminal, in a Markdown file and in a browser.
use std::collections::BTreeMap;

use looplab::render::export::{html, markdown};
use looplab::render::{
    ClaimReport, Figures, LessonReport, Page, PlainView, PredictionReport, Report, Style, View,
    report,
};

/// A report in which every text of somebody else is this one.
fn with(text: &str) -> Page {
    let own = || text.to_owned();
    let prediction = |right| PredictionReport {
        question: own(),
        predicted: own(),
        came_true: vec![own()],
        right,
        observed: Some(own()),
        explained: Some(own()),
        later_right: !right,
    };
    let figures = Figures {
        ports: (40_001..=40_010).collect(),
        errors: BTreeMap::from([("EADDRINUSE".to_owned(), 3), ("ECONNREFUSED".to_owned(), 1)]),
        trips: vec![("tcp".to_owned(), 8.4, 21.0)],
    };
    let lesson = LessonReport {
        id: own(),
        number: Some(9),
        title: own(),
        finished: true,
        last: 1_700_000_000,
        seconds: 500,
        predictions: vec![prediction(true), prediction(false)],
        recalls: (1, 2),
        tasks: (1, 2),
        hints: 3,
        skipped: 1,
        figures: figures.clone(),
        claims: vec![ClaimReport {
            id: "C86".to_owned(),
            says: own(),
            verdict: "wrong".to_owned(),
            holds: own(),
        }],
    };
    let begun = LessonReport {
        id: own(),
        title: own(),
        last: 1_700_000_000,
        ..LessonReport::default()
    };
    report(&Report {
        made: 1_700_000_000,
        version: "1.2.3".to_owned(),
        machine: vec![("kernel".to_owned(), own())],
        figures,
        lessons: vec![lesson, begun],
    })
}

fn plain(page: &Page) -> String {
    let style = Style {
        color: false,
        unicode: true,
        width: 80,
    };
    let mut view = PlainView::new(Vec::new(), style);
    view.page(page).unwrap();
    String::from_utf8(view.into_inner()).unwrap()
}

#[test]
fn a_report_is_the_same_in_every_form() {
    let page = with("The *second* one gets `EADDRINUSE`.");
    insta::assert_snapshot!("report_plain", plain(&page));
    insta::assert_snapshot!("report_markdown", markdown(&page.blocks));
    let page = html("looplab", &page.blocks);
    let (_, body) = page.split_once("<body>").unwrap();
    insta::assert_snapshot!("report_html", body);
}

#[test]
fn a_report_needs_nothing_from_elsewhere() {
    let page = html("looplab", &with("x").blocks);
    for word in [
        "http://", "https://", "<script", "<img", "<link", "url(", "@import", "src=",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
}

#[test]
fn no_text_acts_in_a_report() {
    for text in [
        "<script>alert(1)</script>",
        "</p><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "[x](javascript:alert(1))",
        "`<b>` &lt;script&gt;",
        "a\u{1b}]0;title\u{7}b\u{9b}2J\u{202e}c",
    ] {
        let page = with(text);
        let html = html(text, &page.blocks);
        for written in [&html, &markdown(&page.blocks)] {
            let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!written.contains(hostile), "{text:?} in {written:?}");
        }
        for tag in ["<script", "<img", "<svg", "<b>", "javascript:alert(1)\""] {
            assert!(!html.contains(tag), "{tag} of {text:?}");
        }
    }
}
