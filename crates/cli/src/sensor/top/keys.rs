//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::model::{Focus, Model, View, Words, rows_in_sight};
use super::rows::words;

/// What a key asks of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Nothing,
    Quit,
    /// Ask the sensor for the reasoning about this host.
    Why(String),
}

/// The longest filter, in characters.
const LONGEST_FILTER: usize = 60;

/// All keys, for the help.
pub(super) const HELP: &[(&str, &str)] = &[
    ("Tab, Shift-Tab", "next list, list before: hosts, blocks, news"),
    ("Up, Down, k, j", "one row"),
    ("PageUp, PageDown", "one page"),
    ("Home, End", "first row, last row"),
    ("Enter", "the whole evidence of a host; all of a block or of news"),
    ("/", "show only rows with a text; Enter keeps it, Esc clears it"),
    ("p", "pause the picture, or go on"),
    ("?", "this help"),
    ("Esc", "one step back: close this, clear the filter, quit"),
    ("q, Ctrl-C", "quit"),
];

// === impl Model ===

impl Model {
    /// A key was pressed.
    pub(super) fn key(&mut self, key: KeyEvent) -> Deed {
        if key.kind == KeyEventKind::Release {
            return Deed::Nothing;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && key.code == KeyCode::Char('c') {
            return Deed::Quit;
        }
        if control || key.modifiers.contains(KeyModifiers::ALT) {
            return Deed::Nothing;
        }
        if self.typing {
            self.typed(key.code);
            return Deed::Nothing;
        }
        match key.code {
            KeyCode::Char('q') => return Deed::Quit,
            KeyCode::Char('p') => self.pause(),
            KeyCode::Char('?') => {
                let shown = matches!(self.view, View::Help);
                self.view = if shown { View::Lists } else { View::Help };
            }
            KeyCode::Esc => return self.back(),
            _ if matches!(self.view, View::Lists) => return self.in_lists(key.code),
            code => self.in_page(code),
        }
        Deed::Nothing
    }

    fn in_lists(&mut self, code: KeyCode) -> Deed {
        match code {
            KeyCode::Tab => self.turn(self.focus.next()),
            KeyCode::BackTab => self.turn(self.focus.before()),
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Enter => return self.open(),
            code => {
                let list = self.list(self.focus);
                let (at, last) = (list.at, list.rows.len().saturating_sub(1));
                let page = rows_in_sight(self.places.as_ref(), self.focus);
                if let Some(at) = moved(code, at, last, page) {
                    self.list_mut(self.focus).at = at;
                    self.settle();
                }
            }
        }
        Deed::Nothing
    }

    fn turn(&mut self, focus: Focus) {
        self.focus = focus;
        self.settle();
    }

    /// Scrolling of text; other keys leave it open.
    fn in_page(&mut self, code: KeyCode) {
        let page = self.page();
        if let View::Words(words) = &mut self.view {
            let last = words.lines.len().saturating_sub(page);
            if let Some(top) = moved(code, words.top, last, page) {
                words.top = top;
            }
        }
    }

    /// One step back; from the lists that is out.
    fn back(&mut self) -> Deed {
        if !matches!(self.view, View::Lists) {
            self.view = View::Lists;
        } else if self.filter.is_empty() {
            return Deed::Quit;
        } else {
            self.filter.clear();
            self.refresh();
        }
        Deed::Nothing
    }

    /// A key while the filter is typed.
    fn typed(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char(c) if self.filter.chars().count() < LONGEST_FILTER => self.filter.push(c),
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.filter.clear();
            }
            _ => return,
        }
        self.refresh();
    }

    /// Opens the chosen row.
    fn open(&mut self) -> Deed {
        let Some(row) = self.list(self.focus).chosen().cloned() else { return Deed::Nothing };
        let text = words(&self.picture().status, self.focus, row.index);
        let host = self.focus == Focus::Hosts;
        let title = if self.focus == Focus::News { "news".to_owned() } else { row.key.clone() };
        self.view = View::Words(Words { title, text, ..Words::default() });
        self.reflow();
        if host { Deed::Why(row.key) } else { Deed::Nothing }
    }
}

/// Where a scrolling key leads from here; `None` for other keys.
fn moved(code: KeyCode, at: usize, last: usize, page: usize) -> Option<usize> {
    let to = match code {
        KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => at.saturating_add(1),
        KeyCode::PageUp => at.saturating_sub(page),
        KeyCode::PageDown => at.saturating_add(page),
        KeyCode::Home => 0,
        KeyCode::End => last,
        _ => return None,
    };
    Some(to.min(last))
}
