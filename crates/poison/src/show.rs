//! The table for people: as text, and as Markdown.

use crate::{Attack, Row, Share, Spread, Table};

const COLUMNS: usize = 14;
const HEADS: [&str; COLUMNS] = [
    "liars",
    "on rails",
    "true C2 confirmed",
    "after minutes",
    "in force",
    "harmless published",
    "members hit",
    "host-hours",
    "stood hours",
    "still stands",
    "patterns",
    "wrong patterns",
    "rates",
    "wrong addresses",
];

// === impl Table ===

impl Table {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = self.head();
        for attack in self.attacks() {
            line(&mut out, format_args!("\n{attack}: {}\n", attack.about()));
            let rows: Vec<[String; COLUMNS]> = self.rows_of(attack).map(cells).collect();
            let wide: Vec<usize> = HEADS
                .iter()
                .enumerate()
                .map(|(at, head)| {
                    let cells = rows.iter().filter_map(|row| row.get(at));
                    cells.map(|cell| cell.chars().count()).fold(head.len(), usize::max)
                })
                .collect();
            let mut put = |cells: &[String]| {
                let each = cells.iter().zip(&wide).map(|(cell, wide)| format!("{cell:>wide$}"));
                line(&mut out, format_args!("  {}", each.collect::<Vec<_>>().join("  ")));
            };
            put(&HEADS.map(str::to_owned));
            for row in &rows {
                put(row);
            }
        }
        out
    }

    /// For a repository.
    pub fn markdown(&self) -> String {
        let mut out = self.head();
        for attack in self.attacks() {
            line(&mut out, format_args!("\n### {attack}\n"));
            let about = attack.about();
            let first: String = about.chars().take(1).flat_map(char::to_uppercase).collect();
            let rest: String = about.chars().skip(1).collect();
            line(&mut out, format_args!("{first}{rest}.\n"));
            line(&mut out, format_args!("| {} |", HEADS.join(" | ")));
            line(&mut out, format_args!("|{}", "---:|".repeat(HEADS.len())));
            for row in self.rows_of(attack) {
                line(&mut out, format_args!("| {} |", cells(row).join(" | ")));
            }
        }
        out
    }

    fn head(&self) -> String {
        let mut out = format!(
            "{} honest organisations ({:.0} % of them vouched for), {} days, {} worlds for each row.\n",
            self.organisations,
            self.vouched * 100.0,
            self.days,
            self.seeds
        );
        if self.partial {
            out.push_str("It was interrupted: rows are missing.\n");
        }
        let rails: u32 = self.rows.iter().map(|row| row.on_rails).sum();
        line(&mut out, format_args!("Values on a rail that were published, in all: {rails}."));
        out
    }

    fn attacks(&self) -> impl Iterator<Item = Attack> + '_ {
        let of = |attack: &Attack| self.rows.iter().any(|row| row.attack == *attack);
        Attack::ALL.into_iter().filter(of)
    }

    fn rows_of(&self, attack: Attack) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.attack == attack)
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}

fn cells(row: &Row) -> [String; COLUMNS] {
    [
        row.liars.to_string(),
        row.on_rails.to_string(),
        share(row.confirmed),
        spread(row.minutes),
        format!("{:.0} %", row.covered * 100.0),
        share(row.published),
        spread(row.hit),
        spread(row.host_hours),
        spread(row.stood),
        if row.stands.of == 0 { "-".to_owned() } else { count(row.stands) },
        row.patterns.to_string(),
        format!("{} ({} shown)", row.wrong_patterns, row.shown_patterns),
        row.throttled.to_string(),
        row.wrong_addresses.to_string(),
    ]
}

fn count(share: Share) -> String {
    format!("{} of {}", share.count, share.of)
}

fn share(share: Share) -> String {
    if share.of == 0 {
        return "-".to_owned();
    }
    format!(
        "{:.0} % ({:.0} to {:.0})",
        share.value() * 100.0,
        share.low * 100.0,
        share.high * 100.0
    )
}

/// The median, and the least and the most.
fn spread(spread: Spread) -> String {
    if spread.count == 0 {
        return "-".to_owned();
    }
    let number = |value: f64| match value {
        value if value < 0.05 => "0".to_owned(),
        value if value < 9.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    };
    format!("{} ({} to {})", number(spread.median), number(spread.least), number(spread.most))
}
