//! The arguments of verbs that ask a question of the whole machine, or answer one.
use clap::Args;

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
