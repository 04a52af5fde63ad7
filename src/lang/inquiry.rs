//! The arguments of verbs that ask a question of the whole machine, or answer one.
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use super::command::parse_duration;
use crate::net::PortRange;

/// `diagnose CAUSE`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Diagnose {
    /// The cause, in a word or a few: time-wait, full-backlog, another-program.
    #[arg(required = true, num_args = 1.., value_name = "CAUSE", value_parser = parse_cause)]
    pub words: Vec<String>,
}

impl Diagnose {
    /// What an outcome without a name is bound to.
    pub const NAME: &'static str = "diagnosis";

    /// The cause as expressions see it: lower case, a hyphen between words.
    pub fn cause(&self) -> String {
        let words = self.words.iter().flat_map(|word| word.split(['-', '_']));
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        words.join("-").to_ascii_lowercase()
    }
}

fn parse_cause(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.chars().all(plain) && text.contains(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is not a cause: letters, digits and hyphens name one, as in time-wait"
    ))
}

/// `scan ADDRESS`
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Scan {
    /// The address whose ports are asked, without a port: 127.0.0.1.
    pub address: IpAddr,
    /// Which ports: A-B, or one.
    #[arg(long, value_name = "A-B", value_parser = parse_ports, default_value = "1-65535")]
    pub ports: PortRange,
    /// How long a port may stay silent.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "500ms")]
    pub within: Duration,
}

fn parse_ports(text: &str) -> Result<PortRange, String> {
    let one = text.parse().ok().map(|port| PortRange {
        low: port,
        high: port,
    });
    one.or_else(|| PortRange::parse(text))
        .ok_or_else(|| format!("`{text}` is not a range of ports: write 1-1023, or 8080"))
}

#[cfg(test)]
mod tests {
    use crate::lang::{Command, parse_line};

    #[test]
    fn a_cause_has_one_spelling_and_a_name() {
        let table = [
            ("diagnose time-wait", "diagnosis", "time-wait"),
            ("diagnose TIME_WAIT # why", "diagnosis", "time-wait"),
            ("why = diagnose Full backlog", "why", "full-backlog"),
            ("diagnose other -program", "", ""),
            ("diagnose 'no route!'", "", ""),
            ("diagnose -", "", ""),
            ("diagnose", "", ""),
        ];
        for (text, name, cause) in table {
            match parse_line(text) {
                Err(_) => assert_eq!("", cause, "{text}"),
                Ok(line) => {
                    let line = line.unwrap();
                    let Command::Diagnose(diagnose) = line.command else {
                        panic!("{text}");
                    };
                    assert_eq!(diagnose.cause(), cause, "{text}");
                    assert_eq!(line.name.as_deref(), Some(name), "{text}");
                }
            }
        }
    }
}
