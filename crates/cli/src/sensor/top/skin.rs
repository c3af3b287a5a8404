//! How things look, with colours and without.

use ratatui::style::{Color, Modifier, Style};

/// Styles by what they mean. Without colours what matters is bold or reversed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skin {
    pub(super) colour: bool,
}

// === impl Skin ===

impl Skin {
    fn tinted(self, colour: Color, otherwise: Modifier) -> Style {
        let style = Style::new();
        if self.colour { style.fg(colour) } else { style.add_modifier(otherwise) }
    }

    /// What must not be overlooked.
    pub(super) fn alert(self) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        match self.colour {
            true => style.fg(Color::White).bg(Color::Red),
            false => style.add_modifier(Modifier::REVERSED),
        }
    }

    /// An infected host, a loss.
    pub(super) fn hot(self) -> Style {
        self.tinted(Color::Red, Modifier::BOLD)
    }

    /// A curve, a bar.
    pub(super) fn curve(self) -> Style {
        self.tinted(Color::Cyan, Modifier::empty())
    }

    /// The name of a thing.
    pub(super) fn label(self) -> Style {
        self.tinted(Color::DarkGray, Modifier::empty())
    }

    /// A title; that of the list in focus stands out.
    pub(super) fn title(self, focused: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if focused { style.add_modifier(Modifier::REVERSED) } else { style }
    }

    /// The chosen row.
    pub(super) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
