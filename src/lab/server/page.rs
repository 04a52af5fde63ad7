//! The page of the live web server: the visitor sees their own four-tuple.
//!
//! Everything a visitor sent is escaped; the page has no script and loads nothing.
use super::Visit;

/// Only the style below may be used, nothing may be loaded, and no site may frame the page.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/// What the page says about one request.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) host: Option<&'a str>,
    pub(super) agent: Option<&'a str>,
    /// `on` or `off`.
    pub(super) lamp: &'a str,
    /// Which request on this connection, from 1.
    pub(super) number: usize,
}

/// The page, or the one for a path that is not there.
pub(super) fn html(visit: &Visit, asked: &Asked<'_>, found: bool) -> String {
    let heading = if found {
        "You reached a server in this terminal"
    } else {
        "There is no such page here"
    };
    let rows = rows(visit, asked)
        .map(|(what, value)| {
            let value = escaped(&value);
            format!("<tr><th>{what}</th><td><code>{value}</code></td></tr>\n")
        })
        .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>looplab</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;\
         padding:0 1rem}}th{{text-align:left;padding-right:1.5rem;font-weight:normal}}</style>\n\
         </head>\n<body>\n<h1>{heading}</h1>\n\
         <p>This connection is known by four numbers: two addresses and two ports.</p>\n\
         <table>\n{rows}</table>\n\
         <p>Load the page again and look at your port.</p>\n</body>\n</html>\n"
    )
}

fn rows(visit: &Visit, asked: &Asked<'_>) -> [(&'static str, String); 7] {
    let missing = || "(none)".to_owned();
    [
        ("Your end", visit.peer.to_string()),
        ("My end", visit.local.to_string()),
        (
            "You asked for",
            format!("{} {}", asked.method, asked.target),
        ),
        (
            "Host you named",
            asked.host.map_or_else(missing, str::to_owned),
        ),
        (
            "Your program",
            asked.agent.map_or_else(missing, str::to_owned),
        ),
        ("Request on this connection", asked.number.to_string()),
        ("The lamp", asked.lamp.to_owned()),
    ]
}

/// For text and for quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_visitor_sends_becomes_markup() {
        assert_eq!(
            escaped("<script>alert(\"'&'\")</script>"),
            "&lt;script&gt;alert(&quot;&#39;&amp;&#39;&quot;)&lt;/script&gt;"
        );
    }
}
