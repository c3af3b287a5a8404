//! The screen of a made-up sensor, without a terminal; and one test with a real one.

mod asker;
mod keys;
mod screen;
mod sizes;
mod terminal;

use ostium_event::{Span, Timestamp};
use ostium_sensor_api::{
    BlockRow, HostRow, HubRow, InterfaceRow, Matter, NewsRow, Status, ZoneRow,
};
use ostium_verdict::{Block, Mode, Origin};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::draw::draw;
use super::keys::Deed;
use super::model::{Model, Said};
use super::skin::Skin;

/// When the made-up sensor tells what it tells.
const NOW: u64 = 1_795_521_600;

/// A sensor with something in every list.
fn status() -> Status {
    Status {
        api: 1,
        version: "0.1.0".to_owned(),
        site: "main office".to_owned(),
        mode: Mode::Block,
        started: NOW - 187_200,
        now: NOW,
        interfaces: vec![
            InterfaceRow {
                name: "eth1".to_owned(),
                up: true,
                seen: 1_234_567_890,
                dropped: 1_024,
                trouble: None,
            },
            InterfaceRow { name: "eth2".to_owned(), up: true, seen: 40_112, ..Default::default() },
        ],
        packets: 1_234_608_002,
        packets_per_second: 18_231.0,
        bytes_per_second: 12_345_678.0,
        shed_packets: 4_321,
        shed_level: 1,
        dropped: [("neither_end_inside", 9_120), ("truncated", 12), ("bad_checksum", 340)]
            .map(|(reason, many)| (reason.to_owned(), many))
            .to_vec(),
        hosts: hosts(),
        infected: 2,
        suspects: 3,
        blocks: blocks(),
        blocks_in_all: 3,
        news: news(),
        indicators: 48_210,
        preloaded: 10_000,
        memory: 412_000_000,
        ..Status::default()
    }
}

fn hosts() -> Vec<HostRow> {
    let row = |host: &str, verdict: &str, probability, family: &str, summary: &str| HostRow {
        host: host.to_owned(),
        verdict: verdict.to_owned(),
        probability,
        families: Some(family.to_owned()).filter(|family| !family.is_empty()).into_iter().collect(),
        summary: summary.to_owned(),
        last: NOW,
    };
    vec![
        row("10.1.2.3", "infected", 0.9998, "njRAT", "first words of njRAT to 198.51.100.7:4444"),
        row("10.1.7.40", "infected", 0.991, "", "calls c2.example every 60 s, 412 times"),
        row("10.1.2.77", "suspect", 0.62, "", "312 names that a machine made up, 309 of them dead"),
        row("fd00:1::9:40", "suspect", 0.41, "", "calls 203.0.113.9:443 every 300 s, 96 times"),
        row("10.1.3.12", "suspect", 0.17, "", "one idle connection for 9.2 h"),
    ]
}

fn blocks() -> Vec<BlockRow> {
    let block = |target: &str, origin, hours: u64, because: &str, packets: u64| {
        let since = Timestamp::from_secs(NOW - 600);
        let span = Span::from_secs(hours * 3600);
        let block = Block::new(target.parse().unwrap(), origin, Mode::Block, since, span);
        let block = block.because(because).with_evidence(["+9.21 known-tool: first words"]);
        BlockRow { block, packets, bytes: packets * 60 }
    };
    vec![
        block("198.51.100.7:4444/tcp", Origin::Detector, 24, "10.1.2.3 is infected", 1_240),
        block("c2.example", Origin::Detector, 24, "10.1.7.40 is infected", 31),
        block("203.0.113.66", Origin::Operator, 1, "seen in the news", 0),
    ]
}

fn news() -> Vec<NewsRow> {
    let row = |ago: u64, matter, target: Option<&str>, said: &str| NewsRow {
        at: NOW - ago,
        matter,
        target: target.map(|target| target.parse().unwrap()),
        said: said.to_owned(),
    };
    vec![
        row(
            42,
            Matter::Reset,
            Some("c2.example"),
            "a connection of 10.1.7.40 to c2.example is cut",
        ),
        row(
            600,
            Matter::Blocked,
            Some("198.51.100.7:4444/tcp"),
            "198.51.100.7:4444/tcp is blocked",
        ),
        row(601, Matter::Infected, Some("host:10.1.2.3"), "10.1.2.3 is infected (99.98 %)"),
        row(4000, Matter::Sensor, None, "the new configuration is in force"),
    ]
}

/// A model of this size that heard some answers.
fn model(status: &Status, size: (u16, u16)) -> Model {
    let mut model = Model::new(status.clone(), size);
    for turn in 1..400u32 {
        let wave = 1.0 + 0.8 * (f64::from(turn) / 12.0).sin();
        let mut next = status.clone();
        if turn < 399 {
            next.packets_per_second *= wave;
            next.bytes_per_second *= wave * wave;
        }
        model.hear(Said::Status(Box::new(next)));
    }
    model
}

/// A sensor that has this many hosts, blocks and news.
fn crowd(many: usize) -> Status {
    let mut status = status();
    let (host, block, news) =
        (status.hosts[0].clone(), status.blocks[0].clone(), status.news[0].clone());
    status.hosts = (0..many).map(|n| HostRow { host: name(n), ..host.clone() }).collect();
    status.blocks = (0..many)
        .map(|n| {
            let mut row = block.clone();
            row.block.target = name(n).parse().unwrap();
            row
        })
        .collect();
    status.news = (0..many).map(|n| NewsRow { said: name(n), ..news.clone() }).collect();
    status
}

fn name(number: usize) -> String {
    format!("10.9.{}.{}", number / 250, number % 250 + 1)
}

fn buffer(model: &mut Model, colour: bool) -> Buffer {
    let (width, height) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, model, Skin { colour })).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen as text, without spaces at the ends of lines.
fn picture(model: &mut Model) -> String {
    let buffer = buffer(model, true);
    let width = usize::from(buffer.area.width.max(1));
    let rows = buffer.content.chunks(width).map(|row| {
        let row: String = row.iter().map(|cell| cell.symbol()).collect();
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn press(model: &mut Model, code: KeyCode) -> Deed {
    model.key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert_eq!(press(model, KeyCode::Char(c)), Deed::Nothing, "{c}");
    }
}
