//! Plain lines: of a pipe, a file, or a terminal that cannot move its cursor. No editing, no
//! colour, no completion, and not one escape sequence.
use std::io::{self, Read, Write};

use super::editor::give_up_after;
use super::{Dropped, Input, Prompt, Typed, sys};
use crate::limits;

/// How much is read at once.
const CHUNK: usize = 8 << 10;

/// Where plain bytes come from.
pub trait Source: Read {
    /// A line is asked for: from now on Ctrl-C may end the wait with
    /// [`io::ErrorKind::Interrupted`].
    fn begin(&self) {}
    /// The line is there, or the wait is over.
    fn end(&self) {}
}

impl Source for &[u8] {}
impl Source for std::fs::File {}

/// Lines as they come. The end of a line is `\n` or `\r\n`; the last line may have none.
pub struct Plain {
    source: Box<dyn Source>,
    /// Where the label is written, when somebody is there to read it.
    screen: Option<Box<dyn Write>>,
    buffer: Vec<u8>,
    /// Lines taken so far.
    taken: u64,
    dropped: usize,
    ended: bool,
}

impl Plain {
    /// Lines nobody watches being typed: no prompt is written.
    pub fn silent(source: impl Source + 'static) -> Self {
        Self {
            source: Box::new(source),
            screen: None,
            buffer: Vec::new(),
            taken: 0,
            dropped: 0,
            ended: false,
        }
    }

    /// Lines of a person at a simple terminal: the prompt is written before each.
    pub fn spoken(source: impl Source + 'static, screen: impl Write + 'static) -> Self {
        Self {
            screen: Some(Box::new(screen)),
            ..Self::silent(source)
        }
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        let Some(screen) = &mut self.screen else {
            return Ok(());
        };
        screen.write_all(text.as_bytes())?;
        screen.flush()
    }

    fn next(&mut self) -> io::Result<Typed> {
        let mut searched = 0;
        loop {
            let fresh = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(searched + at + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                return Ok(self.taken(&line));
            }
            searched = self.buffer.len();
            if searched > limits::LINE_BYTES {
                return self.skip_line();
            }
            if self.fill()? == 0 {
                let last = std::mem::take(&mut self.buffer);
                return Ok(if last.is_empty() {
                    Typed::Eof
                } else {
                    self.taken(&last)
                });
            }
        }
    }

    /// Reads on; 0 at the end. After the end a terminal could go on, but Ctrl-D was meant.
    fn fill(&mut self) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        let mut chunk = [0; CHUNK];
        let count = self.source.read(&mut chunk)?;
        self.ended = count == 0;
        self.buffer.extend(chunk.iter().take(count));
        Ok(count)
    }

    /// Counts the rest of a line that is too long, without keeping it.
    fn skip_line(&mut self) -> io::Result<Typed> {
        let mut bytes = 0;
        loop {
            if let Some(at) = self.buffer.iter().position(|byte| *byte == b'\n') {
                bytes += at;
                self.buffer.drain(..=at);
                break;
            }
            bytes += self.buffer.len();
            self.buffer.clear();
            if self.fill()? == 0 {
                break;
            }
        }
        self.taken += 1;
        Ok(Typed::Dropped(Dropped::TooLong { bytes }))
    }

    fn taken(&mut self, line: &[u8]) -> Typed {
        self.taken += 1;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > limits::LINE_BYTES {
            return Typed::Dropped(Dropped::TooLong { bytes: line.len() });
        }
        match std::str::from_utf8(line) {
            Ok(text) => Typed::Line(text.to_owned()),
            Err(error) => Typed::Dropped(Dropped::NotUtf8 {
                place: Some((self.taken, error.valid_up_to())),
            }),
        }
    }
}

impl Input for Plain {
    fn line(&mut self, prompt: &Prompt) -> io::Result<Typed> {
        self.source.begin();
        sys::nothing_runs();
        let asked = self.say(&format!("{} ", prompt.label));
        let answer = asked.and_then(|()| self.next());
        self.source.end();
        let typed = match answer {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                // It was meant for the line that is gone.
                sys::nothing_runs();
                self.buffer.clear();
                Typed::Interrupted
            }
            answer => answer?,
        };
        let typed = match (typed, &prompt.preset) {
            (Typed::Line(line), Some(preset)) if line.trim().is_empty() => {
                Typed::Block(preset.lines().map(str::to_owned).collect())
            }
            (typed, _) => typed,
        };
        if matches!(typed, Typed::Interrupted | Typed::Eof) {
            // Ctrl-C and Ctrl-D leave the cursor behind the prompt.
            self.say("\n")?;
        }
        give_up_after(&mut self.dropped, typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<String> {
        let mut plain = Plain::silent(io::Cursor::new(bytes.to_vec()));
        let prompt = Prompt::new(">");
        let mut found = Vec::new();
        loop {
            match plain.line(&prompt).unwrap() {
                Typed::Line(line) => found.push(line),
                Typed::Dropped(dropped) => found.push(format!("! {dropped}")),
                Typed::Eof => return found,
                other => panic!("{other:?}"),
            }
        }
    }

    impl Source for io::Cursor<Vec<u8>> {}

    #[test]
    fn lines_end_as_on_any_system() {
        let table: [(&[u8], &[&str]); 6] = [
            (b"", &[]),
            (b"one\ntwo", &["one", "two"]),
            (b"one\r\ntwo\r\n", &["one", "two"]),
            (b"\n\n", &["", ""]),
            (b"a\x00b\n", &["a\0b"]),
            ("käse\n".as_bytes(), &["käse"]),
        ];
        for (bytes, lines) in table {
            assert_eq!(all(bytes), lines, "{bytes:?}");
        }
    }

    #[test]
    fn a_bad_line_is_dropped_and_the_next_is_read() {
        let mut bytes = b"one\ntw\xffo\n".to_vec();
        bytes.extend("x".repeat(limits::LINE_BYTES + 1).bytes());
        bytes.extend(b"\nlast");
        assert_eq!(
            all(&bytes),
            [
                "one",
                "! line 2 is not valid UTF-8 (at its byte 2), line dropped",
                "! a line of 16385 bytes is too long, line dropped; a line has at most 16384",
                "last"
            ]
        );
        let endless = "x".repeat(100_000);
        assert_eq!(all(endless.as_bytes()).len(), 1);
        let longest = "x".repeat(limits::LINE_BYTES);
        assert_eq!(all(format!("{longest}\r\n").as_bytes()), [longest]);
    }

    #[test]
    fn only_a_watched_prompt_is_written() {
        use std::sync::{Arc, Mutex};
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let screen = Arc::new(Mutex::new(Vec::new()));
        let mut plain = Plain::spoken(&b"one\n"[..], Shared(Arc::clone(&screen)));
        let prompt = Prompt::new("lab >");
        assert_eq!(plain.line(&prompt).unwrap(), Typed::Line("one".to_owned()));
        assert_eq!(plain.line(&prompt).unwrap(), Typed::Eof);
        assert_eq!(screen.lock().unwrap().as_slice(), b"lab > lab > \n");
    }

    #[test]
    fn an_empty_line_takes_what_is_offered() {
        let mut plain = Plain::silent(&b"\nhint\n\n"[..]);
        let prompt = Prompt {
            preset: Some("listen 0\nrange".to_owned()),
            ..Prompt::new(">")
        };
        let block = Typed::Block(vec!["listen 0".to_owned(), "range".to_owned()]);
        assert_eq!(plain.line(&prompt).unwrap(), block);
        assert_eq!(plain.line(&prompt).unwrap(), Typed::Line("hint".to_owned()));
        let nothing = Prompt::new(">");
        assert_eq!(plain.line(&nothing).unwrap(), Typed::Line(String::new()));
    }

    struct Ringing;

    impl Read for Ringing {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::Interrupted.into())
        }
    }

    impl Source for Ringing {}

    #[test]
    fn ctrl_c_drops_the_line() {
        let mut plain = Plain::silent(Ringing);
        assert_eq!(plain.line(&Prompt::new(">")).unwrap(), Typed::Interrupted);
    }
}
