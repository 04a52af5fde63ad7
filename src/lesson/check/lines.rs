//! Lab lines in a lesson: whether the lab can read them, whether their names are bound, and whether
//! a lesson may ask for such a thing.
use std::ops::Range;
use std::time::Duration;

use super::super::codes::Code;
use super::super::finding::Finding;
use super::super::tree::Path;
use super::ENOUGH;
use super::names::{Names, Slip, braces, place_in_template, place_of, slips};
use crate::lang::{
    CaptureAction, Command, Expr, Line, LineError, Place, Template, WorldName, parse_duration,
    parse_line, parse_words,
};
use crate::limits;
use crate::net::Endpoint;

/// What a block of lines is for; it decides how strict the rules are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The lines run on the learner's own machine.
    pub(super) on_host: bool,
    /// The lines are an example of a mistake: they may do what a lesson should not.
    pub(super) mistake: bool,
    /// The step is for ordinary users, so a privileged port is refused whoever holds it.
    pub(super) low_ports: bool,
}

/// Checks a block, and binds its names.
pub(super) fn block(text: &str, path: &Path, names: &mut Names, mut rules: Rules) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut some = false;
    for full in text.split_inclusive('\n') {
        if found.len() > ENOUGH {
            break;
        }
        let line = full.trim();
        let indent = full.len() - full.trim_start().len();
        if !line.is_empty() && !line.starts_with('#') {
            some = true;
            let mut checker = LineChecker {
                line,
                offset: at + indent,
                path,
                rules,
                found: &mut found,
            };
            if let Some(world) = checker.check(names) {
                rules.on_host = world == WorldName::Host;
            }
        }
        at += full.len();
    }
    if !some {
        let message = "there is no lab line in this block";
        found.push(Finding::new(Code::NothingToRun, path, message).help("leave the key out"));
    }
    found
}

struct LineChecker<'a> {
    line: &'a str,
    /// Where the line begins in the block.
    offset: usize,
    path: &'a Path,
    rules: Rules,
    found: &'a mut Vec<Finding>,
}

impl LineChecker<'_> {
    /// Checks the line, and binds its name; gives the world it goes into.
    fn check(&mut self, names: &mut Names) -> Option<WorldName> {
        match read(self.line) {
            Ok(Some(line)) => {
                self.names(&line.command, names);
                self.rules(&line.command);
                if let Some(name) = &line.name {
                    names.bind(name);
                }
                match line.command {
                    Command::World(world) => world.world,
                    _ => None,
                }
            }
            Ok(None) => None,
            Err(error) => {
                self.bad_line(error);
                // Its name counts as bound, so that one mistake is not told twice.
                if let Some((name, _)) = self.line.split_once('=') {
                    names.bind(name.trim());
                }
                None
            }
        }
    }

    fn find(&mut self, code: Code, place: Range<usize>, message: String, help: Option<String>) {
        let place = self.offset + place.start..self.offset + place.end;
        let finding = Finding::new(code, self.path, message).inside(place);
        self.found.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }

    fn bad_line(&mut self, error: LineError) {
        let place = if error.span.is_empty() {
            let end = error.span.start.min(self.line.len());
            end.saturating_sub(1)..end
        } else {
            error.span
        };
        self.find(Code::BadLine, place, error.message, error.help);
    }

    fn names(&mut self, command: &Command, names: &Names) {
        match Template::parse(self.line) {
            Err(error) => {
                self.find(Code::BadTemplate, error.span, error.message, None);
            }
            Ok(template) => {
                for name in template.names() {
                    let place = place_in_template(&name, &template);
                    self.name(&name, place, names);
                }
                for slip in slips(template.paths(), names) {
                    let place = place_in_template(&slip.path, &template);
                    self.slip(&slip, place);
                }
            }
        }
        for name in used(command) {
            let place = after_equals(self.line);
            let word = self
                .line
                .get(place..)
                .and_then(|rest| place_of(&name, rest));
            self.name(&name, word.map(|w| place + w.start..place + w.end), names);
        }
        self.expression(command, names);
    }

    fn name(&mut self, name: &str, place: Option<Range<usize>>, names: &Names) {
        if !names.has(name) {
            let message = format!("nothing is called `{name}` here");
            let place = place.unwrap_or(0..self.line.len());
            self.find(
                Code::UnknownInLine,
                place,
                message,
                Some(names.advice(name)),
            );
        }
    }

    fn slip(&mut self, slip: &Slip, place: Option<Range<usize>>) {
        let message = format!("no outcome has a field `{}`", slip.field);
        let place = place.map_or(self.whole(), |path| slip.in_path(&path));
        self.find(Code::UnknownField, place, message, Some(slip.advice()));
    }

    fn expression(&mut self, command: &Command, names: &Names) {
        let (Command::Expect(expression) | Command::Show(expression)) = command else {
            if let Command::Wait(wait) = command {
                let text = wait.words.join(" ");
                if parse_duration(&text).is_err() {
                    self.expression_text(&text, names);
                }
            }
            return;
        };
        self.expression_text(&expression.words.join(" "), names);
    }

    fn expression_text(&mut self, text: &str, names: &Names) {
        // Where a template stands in the expression, only the lab can read it.
        let Some(at) = self
            .line
            .find(text)
            .filter(|_| braces(self.line).is_empty())
        else {
            return;
        };
        match Expr::parse(text) {
            Err(error) => {
                let place = at + error.span.start..at + error.span.end;
                self.find(Code::BadExpression, place, error.message, None);
            }
            Ok(expr) => {
                for name in expr.names() {
                    let place = place_of(&name, text);
                    self.name(&name, place.map(|p| at + p.start..at + p.end), names);
                }
                for slip in slips(expr.paths(), names) {
                    let place = place_of(&slip.path, text);
                    self.slip(&slip, place.map(|p| at + p.start..at + p.end));
                }
            }
        }
    }

    fn rules(&mut self, command: &Command) {
        if matches!(command, Command::Neighbour(_)) && self.rules.on_host && !self.rules.mistake {
            self.needs_private(command.verb());
            return;
        }
        if let Some(inner) = inner(command) {
            return self.rules(&inner);
        }
        self.file(command);
        if let Some(within) = within(command)
            && within > limits::LONGEST_LESSON_WITHIN
        {
            let most = limits::LONGEST_LESSON_WITHIN.as_secs();
            let message = format!("a lesson waits {most} seconds at most");
            let at = self.line.find("--within").unwrap_or_default();
            let help = bare_number(self.line.get(at..).unwrap_or_default())
                .map(|number| format!("a number without a unit counts seconds: write {number}ms"));
            self.find(Code::LongWait, at..self.line.len(), message, help);
        }
        if self.rules.mistake || !self.rules.on_host {
            return;
        }
        self.exposure(command);
        self.private_only(command);
        self.many_ports(command);
        for endpoint in claimed(command) {
            self.fixed_port(command, &endpoint);
        }
    }

    fn whole(&self) -> Range<usize> {
        0..self.line.len()
    }

    fn file(&mut self, command: &Command) {
        let Command::Capture(capture) = command else {
            return;
        };
        if matches!(capture.action, CaptureAction::Save(_)) {
            let message = "a lesson writes no files".to_owned();
            let help = "tell the learner about the line, who may type it".to_owned();
            self.find(Code::NotForLessons, self.whole(), message, Some(help));
        }
    }

    fn many_ports(&mut self, command: &Command) {
        if let Command::Scan(scan) = command
            && scan.ports.size() > 1
        {
            let message = "some of these ports of the learner's machine may be somebody else's";
            let help = "scan a port this step opened (`--ports {{ server.port }}`), or set `world: private`";
            self.find(
                Code::FixedPort,
                self.whole(),
                message.to_owned(),
                Some(help.to_owned()),
            );
        }
    }

    fn exposure(&mut self, command: &Command) {
        let exposed = match command {
            Command::Listen(listen) => listen.exposed,
            Command::Udp(udp) => udp.exposed,
            Command::Serve(serve) => serve.exposed,
            _ => false,
        };
        if exposed {
            let place = self
                .line
                .find("--exposed")
                .map(|at| at..at + "--exposed".len());
            let message = "a lesson never opens the learner's machine to the network".to_owned();
            let help = "do it with `world: private`, where 0.0.0.0 reaches nobody".to_owned();
            let place = place.unwrap_or(self.whole());
            self.find(Code::NotForLessons, place, message, Some(help));
        }
    }

    fn private_only(&mut self, command: &Command) {
        let changes = match command {
            Command::Link(_) | Command::Filter(_) => true,
            Command::Hosts(hosts) => hosts.empty || !hosts.lines.is_empty(),
            Command::Sysctl(setting) => !setting.value.is_empty(),
            _ => false,
        };
        if changes {
            self.needs_private(command.verb());
        }
    }

    fn needs_private(&mut self, verb: &str) {
        let message =
            format!("`{verb}` works in the private world alone, and this step is on the host");
        let place = place_of(verb, self.line).unwrap_or(self.whole());
        let help = "set `world: private` for the step".to_owned();
        self.find(Code::PrivateOnly, place, message, Some(help));
    }

    fn fixed_port(&mut self, command: &Command, endpoint: &Endpoint) {
        let Some(address) = endpoint.inet() else {
            return;
        };
        let port = address.port();
        let filled = !braces(self.line).is_empty() && port == STAND_IN_PORT;
        let low = port < 1024 && self.rules.low_ports;
        // Nobody's server is on an odd loopback address.
        let odd =
            !address.ip().is_unspecified() && address.ip() != LOCALHOST && endpoint.is_loopback();
        if port == 0 || filled || low || odd {
            return;
        }
        let text = port.to_string();
        let place = place_of(&text, self.line).unwrap_or(self.whole());
        let message = format!("port {port} of the learner's machine may be somebody else's");
        let help = match command {
            Command::Connect(_) | Command::Get(_) => {
                "connect to something this step opened, or set `world: private`"
            }
            _ => "ask for port 0 and use its port: `{{ server.port }}`; or set `world: private`",
        };
        self.find(Code::FixedPort, place, message, Some(help.to_owned()));
    }
}

const LOCALHOST: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// The number behind `--within` that has no unit.
fn bare_number(flag: &str) -> Option<&str> {
    let mut words = flag.split([' ', '=']).skip(1);
    let value = words.find(|word| !word.is_empty())?;
    value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(value)
}

/// Where the verb begins: after the `=` of a name.
fn after_equals(line: &str) -> usize {
    match line.split_once('=') {
        Some((name, rest)) if !name.trim().contains(' ') && !rest.starts_with('=') => {
            name.len() + 1
        }
        _ => 0,
    }
}

/// The port that stands in for a place that is filled in later. A small number, so that counts
/// accept it too.
const STAND_IN_PORT: u16 = 997;

/// Reads a line whose places are not filled in yet: some value of the right kind is put there.
fn read(line: &str) -> Result<Option<Line>, LineError> {
    if line.len() > limits::LINE_BYTES {
        return parse_line(line);
    }
    let places = braces(line);
    if places.is_empty() {
        return parse_line(line);
    }
    let port = STAND_IN_PORT.to_string();
    let endpoint = format!("127.0.0.1:{port}");
    let mut first = None;
    for value in [&port, "127.0.0.1", &endpoint, "[::1]", "x"] {
        let (filled, map) = fill(line, &places, value);
        match parse_line(&filled) {
            Ok(line) => return Ok(line),
            Err(error) => {
                first.get_or_insert_with(|| moved(error, &map, line.len()));
            }
        }
    }
    first.map_or(Ok(None), Err)
}

/// The line with `value` in every place, and for each byte of it the byte of the original.
fn fill(line: &str, places: &[Range<usize>], value: &str) -> (String, Vec<usize>) {
    let (mut filled, mut map, mut at) = (String::new(), Vec::new(), 0);
    for place in places {
        filled.push_str(line.get(at..place.start).unwrap_or_default());
        map.extend(at..place.start);
        filled.push_str(value);
        map.extend(std::iter::repeat_n(place.start, value.len()));
        at = place.end;
    }
    filled.push_str(line.get(at..).unwrap_or_default());
    map.extend(at..line.len());
    (filled, map)
}

fn moved(mut error: LineError, map: &[usize], length: usize) -> LineError {
    let at = |byte: usize| map.get(byte).copied().unwrap_or(length);
    error.span = at(error.span.start)..at(error.span.end).max(at(error.span.start));
    error
}

/// The names of the lab a command refers to.
fn used(command: &Command) -> Vec<String> {
    let name_of = |place: &Place| match place {
        Place::Name(name) => Some(name.clone()),
        Place::Literal(_) => None,
    };
    match command {
        Command::Bind(bind) => name_of(&bind.endpoint).into_iter().collect(),
        Command::Listen(listen) => name_of(&listen.endpoint).into_iter().collect(),
        Command::Connect(connect) => {
            let from = connect.from.as_ref().and_then(name_of);
            name_of(&connect.endpoint).into_iter().chain(from).collect()
        }
        Command::Accept(accept) => vec![accept.listener.clone()],
        Command::Send(send) => {
            let to = send.to.as_ref().and_then(name_of);
            std::iter::once(send.socket.clone()).chain(to).collect()
        }
        Command::Recv(recv) => vec![recv.socket.clone()],
        Command::Shutdown(shutdown) => vec![shutdown.socket.clone()],
        Command::Close(names) | Command::Reset(names) => names.names.clone(),
        Command::Udp(udp) => {
            let peer = udp.peer.as_ref().and_then(name_of);
            name_of(&udp.endpoint).into_iter().chain(peer).collect()
        }
        Command::Serve(serve) => name_of(&serve.place()).into_iter().collect(),
        Command::States(states) => vec![states.socket.clone()],
        Command::Capture(capture) => match &capture.action {
            CaptureAction::Show(show) => show.name.iter().cloned().collect(),
            _ => Vec::new(),
        },
        Command::Requests(one) | Command::Plot(one) => vec![one.name.clone()],
        Command::Get(get) => server_of(&get.url).into_iter().collect(),
        Command::Sockets(sockets) => sockets.name.iter().cloned().collect(),
        Command::Who(who) => name_of(&who.port).into_iter().collect(),
        Command::Many(many) => name_of(&many.endpoint).into_iter().collect(),
        other => inner(other).map_or_else(Vec::new, |inner| used(&inner)),
    }
}

/// The verb that a verb runs.
fn inner(command: &Command) -> Option<Command> {
    let words = match command {
        Command::Repeat(repeat) => &repeat.command,
        Command::Neighbour(neighbour) => &neighbour.command,
        _ => return None,
    };
    parse_words(words).ok()
}

/// `server` of `get server/path`.
fn server_of(url: &str) -> Option<String> {
    let name = url.split(['/', '?']).next()?;
    (crate::lang::is_name(name)).then(|| name.to_owned())
}

/// The endpoints a command claims or calls, where it names them itself.
fn claimed(command: &Command) -> Vec<Endpoint> {
    let written = |place: &Place| match place {
        Place::Literal(endpoint) => Some(endpoint.clone()),
        Place::Name(_) => None,
    };
    match command {
        Command::Bind(bind) => written(&bind.endpoint).into_iter().collect(),
        Command::Listen(listen) => written(&listen.endpoint).into_iter().collect(),
        Command::Serve(serve) => written(&serve.place()).into_iter().collect(),
        Command::Udp(udp) => written(&udp.endpoint).into_iter().collect(),
        Command::Connect(connect) => {
            let from = connect.from.as_ref().and_then(written);
            written(&connect.endpoint).into_iter().chain(from).collect()
        }
        Command::Get(get) => {
            let rest = get.url.strip_prefix("http://").unwrap_or(&get.url);
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            Endpoint::parse(authority).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn within(command: &Command) -> Option<Duration> {
    match command {
        Command::Connect(connect) => Some(connect.within),
        Command::Accept(accept) => Some(accept.within),
        Command::Send(send) => Some(send.within),
        Command::Recv(recv) => Some(recv.within),
        Command::Get(get) => Some(get.within),
        Command::Resolve(resolve) => Some(resolve.within),
        Command::Scan(scan) => Some(scan.within),
        Command::Wait(wait) => {
            let pause = parse_duration(&wait.words.join(" ")).ok();
            Some(pause.unwrap_or(wait.within))
        }
        _ => None,
    }
}
