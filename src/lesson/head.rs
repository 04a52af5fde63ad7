//! The head of a lesson file, read line by line: what a menu shows, without a YAML reader.
//!
//! The build script includes this very file, so it uses nothing but std. It understands what a head
//! looks like in practice; for anything else it says `None`, and the real reader decides.

/// The values above `steps:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) level: String,
    pub(crate) minutes: u32,
    /// Empty where the lesson names none.
    pub(crate) chapter: String,
}

/// `lessons/03-two-servers.yaml` is lesson 3, `two-servers`.
pub(crate) fn name_parts(file: &str) -> (Option<u32>, &str) {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"));
    let stem = stem.unwrap_or(name);
    let (digits, rest) = stem.split_once('-').unwrap_or(("", stem));
    match digits.parse() {
        Ok(number) if !rest.is_empty() => (Some(number), rest),
        _ => (None, stem),
    }
}

/// Reads the head; `None` when a value is missing or written in a way that takes a YAML reader.
pub(crate) fn scan(text: &str) -> Option<Head> {
    Some(Head {
        title: value(text, "title")?,
        summary: value(text, "summary")?,
        level: value(text, "level")?,
        minutes: value(text, "minutes")?.parse().ok()?,
        chapter: value(text, "chapter").unwrap_or_default(),
    })
}

/// The value of a key at the left margin.
fn value(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines().take_while(|line| !line.starts_with("steps:"));
    let first = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let more = lines.take_while(|line| line.starts_with(' ') || line.trim().is_empty());
    let more: Vec<&str> = more
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let first = first.trim();
    if first.starts_with(['|', '>']) {
        return Some(more.join(" "));
    }
    let whole = [&[first], more.as_slice()].concat().join(" ");
    match whole.chars().next()? {
        quote @ ('"' | '\'') => unquoted(&whole, quote),
        '&' | '*' | '!' | '{' | '[' | '#' => None,
        _ => Some(without_comment(&whole).trim().to_owned()),
    }
}

/// The text between quotes; `None` for escapes other than `\"` and `\\`.
fn unquoted(text: &str, quote: char) -> Option<String> {
    let mut chars = text.chars().skip(1).peekable();
    let mut out = String::new();
    loop {
        match chars.next()? {
            '\\' if quote == '"' => match chars.next()? {
                c @ ('"' | '\\') => out.push(c),
                _ => return None,
            },
            '\'' if quote == '\'' && chars.peek() == Some(&'\'') => {
                chars.next();
                out.push('\'');
            }
            c if c == quote => return Some(out),
            c => out.push(c),
        }
    }
}

fn without_comment(text: &str) -> &str {
    text.split_once(" #").map_or(text, |(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_give_number_and_id() {
        for (file, expected) in [
            ("lessons/03-two-servers.yaml", (Some(3), "two-servers")),
            ("two-servers.yml", (None, "two-servers")),
            ("C:\\x\\10-a.yaml", (Some(10), "a")),
            ("7.yaml", (None, "7")),
            ("9-.yaml", (None, "9-")),
            ("", (None, "")),
        ] {
            assert_eq!(name_parts(file), expected, "{file}");
        }
    }
}
