//! What every front end starts from: the flags, the library, the screen.
use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use super::progress;
use super::screen::Screen;
use super::state::StateDir;
use crate::cli::{Color, Global};
use crate::lab::{Lab, LabConfig};
use crate::lang::CardSource;
use crate::lesson::{Library, LibraryConfig};
use crate::render::{ColorChoice, Style, Surroundings, ViewKind};

/// The flags, the library, the screen.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) library: Arc<Library>,
    pub(crate) screen: Screen,
    pub(crate) style: Style,
    /// Whether no question is to be offered this time.
    pub(crate) no_review: bool,
}

impl Context {
    /// Fails with a sentence when the lessons that were asked for are not there.
    pub(crate) fn new(global: Global, no_review: bool) -> Result<Self, String> {
        let own = global.lessons.clone().or_else(|| path("LOOPLAB_LESSONS"));
        if let Some(own) = own.as_deref().filter(|own| !own.is_dir()) {
            return Err(format!(
                "--lessons {}: there is no such directory",
                own.display()
            ));
        }
        let library = Library::open(match own {
            Some(own) => LibraryConfig::with(own),
            None => LibraryConfig::usual(),
        });
        let (view, style) = surroundings(&global);
        let screen = Screen::stdout(view, style);
        Ok(Self {
            library: Arc::new(library),
            global,
            screen,
            style,
            no_review,
        })
    }

    /// The library as a source of cards.
    pub(crate) fn cards(&self) -> Arc<dyn CardSource> {
        Arc::<Library>::clone(&self.library)
    }

    /// An empty lab.
    pub(crate) fn lab(&self) -> Lab {
        let mut lab = Lab::new(LabConfig::new(self.cards()));
        progress::show(&mut lab, self.screen.kind(), self.style);
        lab
    }

    /// Where progress is kept.
    pub(crate) fn state(&self) -> StateDir {
        StateDir::choose(self.global.state.clone(), env::var_os("LOOPLAB_STATE"))
    }
}

/// A path the environment names.
fn path(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    Some(value.into())
}

/// Reads the environment, once, for the view.
fn surroundings(global: &Global) -> (ViewKind, Style) {
    let variable = |name: &str| env::var(name).ok();
    let set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name));
    let locale = locale.and_then(|name| variable(name));
    let (no_color, forced) = (variable("NO_COLOR"), variable("CLICOLOR_FORCE"));
    let (term, columns) = (variable("TERM"), variable("COLUMNS"));
    Style::detect(&Surroundings {
        no_color: no_color.as_deref(),
        clicolor_force: forced.as_deref(),
        term: term.as_deref(),
        tty: std::io::stdout().is_terminal(),
        columns: columns.as_deref(),
        window: terminal_size::terminal_size().map(|(width, _)| width.0),
        locale: locale.as_deref(),
        color: match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        },
        plain: global.plain,
        json: global.json,
    })
}
