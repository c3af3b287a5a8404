//! Where things stand on the screen, by its size.

use ratatui::layout::Rect;

use super::model::Focus;

/// The least terminal.
pub(super) const LEAST: (u16, u16) = (80, 24);

/// What wants a place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wants {
    pub(super) alerts: u16,
    pub(super) interfaces: u16,
    /// Resolvers are given a zone.
    pub(super) zone: bool,
    /// A hub was joined.
    pub(super) hub: bool,
}

/// Places of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) head: Rect,
    pub(super) alerts: Rect,
    /// Packets a second, and bits.
    pub(super) rates: [Rect; 2],
    pub(super) interfaces: Rect,
    /// What was shed, what was dropped, and the zone for resolvers.
    pub(super) losses: Rect,
    /// By number of the list; each has its title in the first line.
    pub(super) lists: [Rect; 3],
    pub(super) foot: Rect,
    /// All but head and foot: what is read in full, and help.
    pub(super) page: Rect,
}

// === impl Places ===

impl Places {
    /// The place of a list.
    pub(super) const fn list(&self, list: Focus) -> Rect {
        let [hosts, blocks, news] = self.lists;
        match list {
            Focus::Hosts => hosts,
            Focus::Blocks => blocks,
            Focus::News => news,
        }
    }
}

/// Places on a terminal of this size; `None` when it is too small.
pub(super) fn places(size: (u16, u16), wants: Wants, focus: Focus) -> Option<Places> {
    let (width, height) = size;
    if width < LEAST.0 || height < LEAST.1 {
        return None;
    }
    let mut y = 0;
    let mut next = |lines: u16| {
        let rect = Rect::new(0, y, width, lines);
        y += lines;
        rect
    };
    let (curve, most) = if height >= 40 { (3, 8) } else { (1, 3) };
    let head = next(1);
    let alerts = next(wants.alerts.min(4));
    let rates = [next(curve), next(curve)];
    let interfaces = next(wants.interfaces.min(most));
    let losses = next(2 + u16::from(wants.zone) + u16::from(wants.hub));
    let used = head.height + alerts.height + 2 * curve + interfaces.height + losses.height;
    let left = height.saturating_sub(used + 1);
    let small = (left / 4).max(3);
    let large = left.saturating_sub(2 * small);
    let lists = [Focus::Hosts, Focus::Blocks, Focus::News]
        .map(|list| next(if list == focus { large } else { small }));
    let foot = next(1);
    let page = Rect::new(0, 1, width, height - 2);
    Some(Places { head, alerts, rates, interfaces, losses, lists, foot, page })
}
