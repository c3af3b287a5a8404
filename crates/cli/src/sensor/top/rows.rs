//! The lists of a status as rows: what stands in them, and what is said when one is opened.

use ostium_event::Timestamp;
use ostium_report::{clock, count, duration, escape};
use ostium_sensor_api::{Matter, NewsRow, Status};
use ostium_verdict::Mode;

use super::model::Focus;
use super::text::clean;

/// One row of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    /// What the selection follows when rows come and go.
    pub(super) key: String,
    pub(super) cells: Vec<String>,
    /// A probability that is drawn as a bar in front of the second cell.
    pub(super) share: Option<f64>,
    /// Worth a colour.
    pub(super) hot: bool,
    /// Where it stands in the status.
    pub(super) index: usize,
}

/// The rows of a list, those alone in which this text occurs.
pub(super) fn rows(status: &Status, focus: Focus, filter: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = match focus {
        Focus::Hosts => hosts(status),
        Focus::Blocks => blocks(status),
        Focus::News => news(status),
    };
    if !filter.is_empty() {
        let wanted = filter.to_lowercase();
        let has = |row: &Row| row.cells.iter().any(|cell| cell.to_lowercase().contains(&wanted));
        rows.retain(has);
    }
    rows
}

/// What a list is called, with its counts.
pub(super) fn title(status: &Status, focus: Focus) -> String {
    let some = |shown: usize, all: u64| match all > shown as u64 {
        true => format!(", the first {} here", count(shown as u64)),
        false => String::new(),
    };
    match focus {
        Focus::Hosts => format!(
            "hosts: {} infected, {} suspect{}",
            count(status.infected),
            count(status.suspects),
            some(status.hosts.len(), status.infected.saturating_add(status.suspects))
        ),
        Focus::Blocks => format!(
            "{}: {}, and {} of known destinations{}",
            if status.mode == Mode::Block { "blocks" } else { "what would be blocked" },
            count(status.blocks_in_all),
            count(status.preloaded),
            some(status.blocks.len(), status.blocks_in_all)
        ),
        Focus::News => "news".to_owned(),
    }
}

fn hosts(status: &Status) -> Vec<Row> {
    let row = |(index, row): (usize, &ostium_sensor_api::HostRow)| Row {
        key: row.host.clone(),
        cells: vec![
            clean(&row.verdict),
            format!("{:.3}", row.probability),
            clean(&row.host),
            clean(&row.families.join(", ")),
            clean(&row.summary),
        ],
        share: Some(row.probability),
        hot: row.verdict == "infected",
        index,
    };
    status.hosts.iter().enumerate().map(row).collect()
}

fn blocks(status: &Status) -> Vec<Row> {
    let now = Timestamp::from_secs(status.now);
    let row = |(index, row): (usize, &ostium_sensor_api::BlockRow)| {
        let block = &row.block;
        let left = match block.until.since(now).secs_f64() {
            left if left > 0.0 => format!("{} left", duration(left)),
            _ => "over".to_owned(),
        };
        Row {
            key: block.target.to_string(),
            cells: vec![
                clean(&block.target.to_string()),
                left,
                format!("{} stopped", count(row.packets)),
                clean(&block.origin.to_string()),
                clean(&block.because),
            ],
            share: None,
            hot: false,
            index,
        }
    };
    status.blocks.iter().enumerate().map(row).collect()
}

fn news(status: &Status) -> Vec<Row> {
    let row = |(index, row): (usize, &NewsRow)| Row {
        key: format!("{} {} {}", row.at, matter(row.matter), row.said),
        cells: vec![
            clock(Timestamp::from_secs(row.at)),
            matter(row.matter).to_owned(),
            clean(&row.said),
        ],
        share: None,
        hot: row.matter == Matter::Infected,
        index,
    };
    status.news.iter().enumerate().map(row).collect()
}

/// The matter of a piece of news, as it stands on the wire.
const fn matter(matter: Matter) -> &'static str {
    match matter {
        Matter::Infected => "infected",
        Matter::Contact => "contact",
        Matter::Blocked => "blocked",
        Matter::Held => "held",
        Matter::Refused => "refused",
        Matter::Ended => "ended",
        Matter::Reset => "reset",
        Matter::Told => "told",
        Matter::Sensor => "sensor",
    }
}

/// All that the status says of a block or a piece of news; hosts are asked of the sensor.
pub(super) fn words(status: &Status, focus: Focus, index: usize) -> Option<String> {
    match focus {
        Focus::Hosts => None,
        Focus::Blocks => {
            let row = status.blocks.get(index)?;
            let text = crate::sensor::why::table(std::slice::from_ref(row));
            Some(text.trim_start().to_owned())
        }
        Focus::News => {
            let row = status.news.get(index)?;
            let at = clock(Timestamp::from_secs(row.at));
            let target = row.target.as_ref().map(|target| format!("  target: {target}\n"));
            Some(format!(
                "{at}\n  matter: {}\n{}  {}\n",
                matter(row.matter),
                target.unwrap_or_default(),
                escape(&row.said)
            ))
        }
    }
}
