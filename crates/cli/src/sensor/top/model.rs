//! What is shown: the last picture of the sensor, three lists, what is open above them.
//!
//! Pure: answers and keys come in, a state comes out; no clock, no terminal.

use std::time::Duration;

use ostium_sensor_api::Status;

use super::history::{History, Sample};
use super::places::{Places, Wants, places};
use super::rows::{Row, rows};
use super::text::{clean, wrap};

/// What the threads that ask have to say.
#[derive(Debug)]
pub(super) enum Said {
    /// How the sensor is doing.
    Status(Box<Status>),
    /// It does not answer, and why.
    Gone(String),
    /// The reasoning about a host, or why there is none.
    Why(String, String),
}

/// The lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Focus {
    #[default]
    Hosts,
    Blocks,
    News,
}

/// A list: its rows, the chosen one, and the first that is in sight.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) rows: Vec<Row>,
    pub(super) at: usize,
    pub(super) top: usize,
}

/// What the sensor said.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) status: Box<Status>,
    pub(super) history: History,
}

/// What is open.
#[derive(Clone, Debug, Default)]
pub(super) enum View {
    #[default]
    Lists,
    Help,
    Words(Words),
}

/// Text that is read in full.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) title: String,
    /// As it was said; `None` while the sensor is asked.
    pub(super) text: Option<String>,
    /// As it fits the terminal.
    pub(super) lines: Vec<String>,
    pub(super) top: usize,
}

/// Everything that decides what is on the screen.
#[derive(Debug)]
pub(super) struct Model {
    live: Picture,
    /// What is shown instead while it pauses.
    frozen: Option<Picture>,
    /// Why the sensor does not answer.
    gone: Option<String>,
    /// It has been silent for so many seconds.
    silent: Option<u64>,
    pub(super) lists: [List; 3],
    pub(super) focus: Focus,
    pub(super) filter: String,
    /// The filter is being typed.
    pub(super) typing: bool,
    pub(super) view: View,
    pub(super) size: (u16, u16),
    /// `None` on a terminal that is too small.
    pub(super) places: Option<Places>,
}

/// Lines of one alert.
const ALERT_LINES: usize = 2;

// === impl Focus ===

impl Focus {
    pub(super) const ALL: [Self; 3] = [Self::Hosts, Self::Blocks, Self::News];

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Hosts => Self::Blocks,
            Self::Blocks => Self::News,
            Self::News => Self::Hosts,
        }
    }

    pub(super) const fn before(self) -> Self {
        self.next().next()
    }
}

// === impl List ===

impl List {
    pub(super) fn chosen(&self) -> Option<&Row> {
        self.rows.get(self.at)
    }

    /// New rows: the choice stays with its row, but for the first place, which stays the first.
    fn take(&mut self, rows: Vec<Row>) {
        let key = self.chosen().filter(|_| self.at > 0).map(|row| row.key.clone());
        self.rows = rows;
        if let Some(key) = key {
            let stays = self.chosen().is_some_and(|row| row.key == key);
            let found = || self.rows.iter().position(|row| row.key == key);
            if let Some(at) = if stays { None } else { found() } {
                self.at = at;
            }
        }
    }

    /// The chosen row is in sight, and no line is wasted.
    fn settle(&mut self, height: usize) {
        self.at = self.at.min(self.rows.len().saturating_sub(1));
        self.top = window(self.top, self.rows.len(), height)
            .min(self.at)
            .max((self.at + 1).saturating_sub(height));
    }
}

/// The first line in sight, when so many lines are shown of all.
fn window(top: usize, all: usize, height: usize) -> usize {
    top.min(all.saturating_sub(height))
}

// === impl Picture ===

impl Picture {
    fn hear(&mut self, status: Box<Status>) {
        self.history.push(Some(Sample::of(&status)));
        self.status = status;
    }
}

// === impl Model ===

impl Model {
    pub(super) fn new(status: Status, size: (u16, u16)) -> Self {
        let mut live = Picture { status: Box::default(), history: History::default() };
        live.hear(Box::new(status));
        let mut model = Self {
            live,
            frozen: None,
            gone: None,
            silent: None,
            lists: Default::default(),
            focus: Focus::default(),
            filter: String::new(),
            typing: false,
            view: View::default(),
            size,
            places: None,
        };
        model.refresh();
        model
    }

    /// What is shown of the sensor.
    pub(super) fn picture(&self) -> &Picture {
        self.frozen.as_ref().unwrap_or(&self.live)
    }

    pub(super) const fn is_paused(&self) -> bool {
        self.frozen.is_some()
    }

    /// What has to be said above all, in lines that fit, the worst first.
    pub(super) fn alerts(&self) -> Vec<String> {
        let last = "this is its last picture, and it is asked again";
        let mut alerts = Vec::new();
        match (&self.gone, self.silent) {
            (Some(why), _) => alerts.push(format!("GONE; {last}: {}", clean(why))),
            (None, Some(secs)) => alerts.push(format!("NO ANSWER for {secs} s; {last}")),
            (None, None) => {}
        }
        // Even while it pauses: nobody pauses trouble.
        if let Some(trouble) = &self.live.status.trouble {
            alerts.push(format!("NOT ENFORCING: {}", clean(trouble)));
        }
        let width = usize::from(self.size.0).max(1);
        alerts.iter().flat_map(|alert| wrap(alert, width).into_iter().take(ALERT_LINES)).collect()
    }

    pub(super) fn hear(&mut self, said: Said) {
        match said {
            Said::Status(status) => {
                self.gone = None;
                self.live.hear(status);
                self.refresh();
            }
            Said::Gone(why) => {
                self.gone = Some(why);
                self.live.history.push(None);
                self.settle();
            }
            Said::Why(host, text) => {
                if let View::Words(words) = &mut self.view
                    && words.title == host
                    && words.text.is_none()
                {
                    words.text = Some(text);
                    self.reflow();
                }
            }
        }
    }

    /// Nothing was heard for so long, though it should have been; `None`: all is well. Tells
    /// whether that is news.
    pub(super) fn silent_for(&mut self, span: Option<Duration>) -> bool {
        let silent = span.map(|span| span.as_secs());
        let news = self.silent != silent;
        if news {
            self.silent = silent;
            self.settle();
        }
        news
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        if self.size != size {
            self.size = size;
            self.settle();
            self.reflow();
        }
    }

    pub(super) fn pause(&mut self) {
        self.frozen = match self.frozen {
            Some(_) => None,
            None => Some(self.live.clone()),
        };
        self.refresh();
    }

    /// The rows are made anew: the picture or the filter is another.
    pub(super) fn refresh(&mut self) {
        for focus in Focus::ALL {
            let rows = rows(&self.picture().status, focus, &self.filter);
            self.list_mut(focus).take(rows);
        }
        self.settle();
    }

    /// Places are made anew, and every list fits its place.
    pub(super) fn settle(&mut self) {
        let count = |many: usize| u16::try_from(many).unwrap_or(u16::MAX);
        let wants = Wants {
            alerts: count(self.alerts().len()),
            interfaces: count(self.picture().status.interfaces.len()),
            zone: self.picture().status.zone.is_some(),
            hub: self.picture().status.hub.is_some(),
        };
        self.places = places(self.size, wants, self.focus);
        let places = self.places;
        for focus in Focus::ALL {
            self.list_mut(focus).settle(rows_in_sight(places.as_ref(), focus));
        }
    }

    /// What is read in full fits the terminal.
    pub(super) fn reflow(&mut self) {
        let width = usize::from(self.size.0).saturating_sub(2).max(16);
        let height = self.page();
        if let View::Words(words) = &mut self.view {
            words.lines = wrap(words.text.as_deref().unwrap_or_default(), width);
            words.top = window(words.top, words.lines.len(), height);
        }
    }

    /// Lines of text that are in sight when something is read in full.
    pub(super) fn page(&self) -> usize {
        usize::from(self.size.1).saturating_sub(3).max(1)
    }

    pub(super) fn list(&self, focus: Focus) -> &List {
        let [hosts, blocks, news] = &self.lists;
        match focus {
            Focus::Hosts => hosts,
            Focus::Blocks => blocks,
            Focus::News => news,
        }
    }

    pub(super) fn list_mut(&mut self, focus: Focus) -> &mut List {
        let [hosts, blocks, news] = &mut self.lists;
        match focus {
            Focus::Hosts => hosts,
            Focus::Blocks => blocks,
            Focus::News => news,
        }
    }
}

/// Rows of a list that are in sight; the first of its lines is the title.
pub(super) fn rows_in_sight(places: Option<&Places>, focus: Focus) -> usize {
    let height = places.map_or(0, |places| places.list(focus).height);
    usize::from(height).saturating_sub(1).max(1)
}
