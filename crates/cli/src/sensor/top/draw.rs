//! The screen, drawn from the model.

use ostium_event::Span;
use ostium_report::{count, duration, size};
use ostium_sensor_api::{HubRow, ZoneRow};
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span as Part};
use ratatui::widgets::{Cell, Clear, Paragraph, Row as Cells, Sparkline, Table};

use super::history::Sample;
use super::keys::HELP;
use super::model::{Focus, Model, View, Words};
use super::places::{LEAST, Places};
use super::rows::{Row, title};
use super::skin::Skin;
use super::text::{bits, clean, share, width};

/// Names of things in front of what they are.
const LABEL: usize = 10;

/// Draws everything. The size of the model is that of the frame.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, skin: Skin) {
    let Some(places) = model.places else { return too_small(frame) };
    put(frame, places.head, head(model, skin));
    match &model.view {
        View::Lists => {
            traffic(frame, &places, model, skin);
            for focus in Focus::ALL {
                list(frame, places.list(focus), model, focus, skin);
            }
        }
        View::Help => help(frame, places.page, skin),
        View::Words(words) => page(frame, places.page, words, skin),
    }
    put(frame, places.foot, foot(model, skin));
}

fn put(frame: &mut Frame<'_>, place: Rect, line: Line<'_>) {
    frame.render_widget(line, place);
}

fn too_small(frame: &mut Frame<'_>) {
    let area = frame.area();
    let words = format!(
        "the terminal is too small: {}x{}, and ostium top needs {}x{}; q quits",
        area.width, area.height, LEAST.0, LEAST.1
    );
    let lines = super::text::wrap(&words, usize::from(area.width).max(1));
    frame.render_widget(Clear, area);
    frame
        .render_widget(Paragraph::new(lines.into_iter().map(Line::from).collect::<Vec<_>>()), area);
}

/// Who, in which mode, for how long.
fn head(model: &Model, skin: Skin) -> Line<'static> {
    let status = &model.picture().status;
    let up = Span::from_secs(status.now.saturating_sub(status.started));
    let site: String = clean(&status.site).chars().take(24).collect();
    let version: String = clean(&status.version).chars().take(12).collect();
    let mut parts = vec![Part::styled(format!("ostium {version}"), skin.title(false))];
    if !site.is_empty() {
        parts.push(Part::raw(format!("  {site}")));
    }
    parts.push(Part::raw(format!(
        "  mode {}  up {}  {}  {} indicators",
        status.mode,
        duration(up.secs_f64()),
        size(status.memory),
        count(status.indicators)
    )));
    if model.is_paused() {
        // First, so that a long site does not push it out.
        parts.insert(0, Part::styled(" PAUSED ", skin.alert()));
        parts.insert(1, Part::raw(" "));
    }
    if !matches!(model.view, View::Lists) && !model.alerts().is_empty() {
        // What it is stands above the lists, which are covered.
        parts.insert(0, Part::styled(" TROUBLE ", skin.alert()));
        parts.insert(1, Part::raw(" "));
    }
    Line::from(parts)
}

/// Trouble, rates, interfaces and losses.
fn traffic(frame: &mut Frame<'_>, places: &Places, model: &Model, skin: Skin) {
    let status = &model.picture().status;
    let alerts: Vec<Line<'_>> = model.alerts().into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(alerts).style(skin.alert()), places.alerts);
    let now = Sample::of(status);
    let [packets, volume] = places.rates;
    rate(frame, packets, ("packets", format!("{}/s", count(now.packets))), model, skin, |s| {
        s.packets
    });
    rate(frame, volume, ("bits", bits(now.bits)), model, skin, |s| s.bits);
    frame.render_widget(
        Paragraph::new(interfaces(model, places.interfaces.height, skin)),
        places.interfaces,
    );
    let mut losses = vec![shed(model, skin), dropped(model, skin)];
    losses.extend(status.zone.as_ref().map(|row| zone(row, skin)));
    losses.extend(status.hub.as_ref().map(|row| hub(row, skin)));
    frame.render_widget(Paragraph::new(losses), places.losses);
}

/// A rate in figures, and its curve.
fn rate(
    frame: &mut Frame<'_>,
    place: Rect,
    (name, figure): (&str, String),
    model: &Model,
    skin: Skin,
    of: fn(Sample) -> u64,
) {
    let words = 26.min(place.width);
    let [text, curve] = [
        Rect { width: words, ..place },
        Rect { x: place.x + words, width: place.width - words, ..place },
    ];
    put(frame, text, labelled(name, figure, Style::new(), skin));
    let columns = model.picture().history.columns(usize::from(curve.width), of);
    frame.render_widget(Sparkline::default().data(columns).style(skin.curve()), curve);
}

fn labelled(name: &str, text: String, style: Style, skin: Skin) -> Line<'static> {
    let label = fit(name, LABEL - 1);
    Line::from(vec![Part::styled(format!("{label} "), skin.label()), Part::styled(text, style)])
}

/// Text in just so many cells.
fn fit(text: &str, cells: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out) > cells {
            out.pop();
            break;
        }
    }
    let missing = cells.saturating_sub(width(&out));
    out + &" ".repeat(missing)
}

/// Interfaces in so many lines; those in trouble first when there are more.
fn interfaces(model: &Model, lines: u16, skin: Skin) -> Vec<Line<'static>> {
    let mut rows: Vec<_> = model.picture().status.interfaces.iter().collect();
    let lines = usize::from(lines);
    let more = rows.len().saturating_sub(lines);
    if more > 0 {
        rows.sort_by_key(|row| (row.up, row.dropped == 0));
    }
    let mut out: Vec<Line<'static>> = Vec::new();
    for row in rows.into_iter().take(lines) {
        let mut text = format!(
            "{}  {} seen, {} dropped ({})",
            if row.up { "up  " } else { "DOWN" },
            count(row.seen),
            count(row.dropped),
            share(row.dropped, row.seen)
        );
        if let Some(trouble) = &row.trouble {
            text = format!("{text}: {}", clean(trouble));
        }
        // Counted since the start: a few that were lost long ago are no trouble now.
        let lossy = row.dropped > row.seen / 1000;
        let bad = !row.up || lossy || row.trouble.is_some();
        let style = if bad { skin.hot() } else { Style::new() };
        out.push(labelled(&clean(&row.name), text, style, skin));
    }
    if let (Some(last), 1..) = (out.last_mut(), more) {
        last.push_span(Part::styled(format!("  and {more} more"), skin.label()));
    }
    out
}

fn shed(model: &Model, skin: Skin) -> Line<'static> {
    let status = &model.picture().status;
    let packets = count(status.shed_packets);
    let (text, style) = match status.shed_level {
        0 => (
            format!("level 0: every flow is analysed; {packets} packets let go so far"),
            Style::new(),
        ),
        level => {
            let one_in = count(1u64 << level.min(63));
            let text = format!(
                "level {level}: one flow in {one_in} is analysed; {packets} packets let go so far"
            );
            (text, skin.hot())
        }
    };
    labelled("shed", text, style, skin)
}

/// What was let go or could not be read, the most frequent first, as many as fit.
fn dropped(model: &Model, skin: Skin) -> Line<'static> {
    let mut reasons: Vec<&(String, u64)> = model.picture().status.dropped.iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let room = usize::from(model.size.0).saturating_sub(LABEL);
    let mut text = String::new();
    for (reason, many) in reasons.into_iter().filter(|(_, many)| *many > 0) {
        let comma = if text.is_empty() { "" } else { ", " };
        let next = format!("{comma}{} {}", clean(reason), count(*many));
        if !text.is_empty() && width(&text) + width(&next) > room {
            break;
        }
        text.push_str(&next);
    }
    let text = if text.is_empty() { "nothing".to_owned() } else { text };
    labelled("dropped", text, Style::new(), skin)
}

/// The zone for resolvers; one that cannot be written, or that a resolver does not hear of, is in
/// trouble.
fn zone(row: &ZoneRow, skin: Skin) -> Line<'static> {
    let mut text = format!(
        "{} serial {}: {} names, {} transfers, {} changes acknowledged, {} not",
        clean(&row.name),
        row.serial,
        count(row.names),
        count(row.transfers),
        count(row.notified),
        count(row.unheard)
    );
    if let Some(trouble) = &row.trouble {
        text = format!("{text}: {}", clean(trouble));
    }
    let bad = row.trouble.is_some() || row.unheard > row.notified;
    labelled("zone", text, if bad { skin.hot() } else { Style::new() }, skin)
}

/// The line to a hub; in trouble when it is not open, not fresh, or not believed.
fn hub(row: &HubRow, skin: Skin) -> Line<'static> {
    let state = match (row.open, row.fresh) {
        (true, _) => "connected",
        (false, true) => "not connected",
        (false, false) => "not connected, stale",
    };
    let mut text = format!(
        "{} {state}: {} entries, {} reports told, {} wait, {} lost",
        clean(&row.hub),
        count(row.entries),
        count(row.durable),
        count(row.waiting),
        count(row.lost)
    );
    let apart = &row.apart;
    if apart.patterns + apart.throttles + apart.generators > 0 {
        text = format!(
            "{text}; {} patterns, {} rates, {} generators",
            count(apart.patterns),
            count(apart.throttles),
            count(apart.generators)
        );
    }
    if let Some(trouble) = &row.trouble {
        text = format!("{text}: {}", clean(trouble));
    }
    let bad = !row.open || !row.refusals.is_empty();
    labelled("hub", text, if bad { skin.hot() } else { Style::new() }, skin)
}

/// A list: its title, and the rows that are in sight.
fn list(frame: &mut Frame<'_>, place: Rect, model: &Model, focus: Focus, skin: Skin) {
    let list = model.list(focus);
    let focused = model.focus == focus;
    let mut name = title(&model.picture().status, focus);
    if !model.filter.is_empty() {
        name = format!("{name}; {} with the text", count(list.rows.len() as u64));
    }
    let room = usize::from(place.width);
    let number = match list.rows.len() {
        0 => String::new(),
        all => format!("{} of {}", count(list.at as u64 + 1), count(all as u64)),
    };
    let name = fit(&name, room.saturating_sub(width(&number) + 1));
    let line = Line::styled(format!("{name} {number}"), skin.title(focused));
    put(frame, Rect { height: 1.min(place.height), ..place }, line);
    let body = Rect { y: place.y + 1, height: place.height.saturating_sub(1), ..place };
    let sight: Vec<(usize, &Row)> =
        list.rows.iter().enumerate().skip(list.top).take(usize::from(body.height)).collect();
    let wide = place.width >= 120;
    let cells = sight.iter().map(|(at, row)| {
        let style = match (focused && *at == list.at, row.hot) {
            (true, hot) => skin.chosen().patch(if hot { skin.hot() } else { Style::new() }),
            (false, true) => skin.hot(),
            (false, false) => Style::new(),
        };
        Cells::new(row_cells(row, wide)).style(style)
    });
    let table = Table::new(cells, columns(focus, &sight, wide)).column_spacing(1);
    frame.render_widget(table, body);
}

/// The cells of a row, with the bar where there is one.
fn row_cells(row: &Row, wide: bool) -> Vec<Cell<'static>> {
    let mut cells: Vec<Cell<'static>> = row.cells.iter().map(|c| Cell::from(c.clone())).collect();
    if let Some(share) = row.share {
        cells.insert(1.min(cells.len()), Cell::from(bar(share, bar_width(wide))));
    }
    cells
}

const fn bar_width(wide: bool) -> u16 {
    if wide { 16 } else { 8 }
}

/// A bar of eighths of a cell.
fn bar(share: f64, cells: u16) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * f64::from(cells) * 8.0).round() as usize;
    let rest = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    "█".repeat(eighths / 8) + rest
}

/// Widths of the columns: what the rows in sight need, and the last takes what is left.
fn columns(focus: Focus, sight: &[(usize, &Row)], wide: bool) -> Vec<Constraint> {
    let most: &[u16] = match focus {
        Focus::Hosts => &[8, 5, 39, if wide { 24 } else { 10 }],
        Focus::Blocks => &[if wide { 48 } else { 26 }, 13, 17, if wide { 24 } else { 12 }],
        Focus::News => &[24, 8],
    };
    let needs = |cell: usize| {
        let widths = sight.iter().filter_map(|(_, row)| row.cells.get(cell)).map(|c| width(c));
        u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
    };
    let mut out: Vec<Constraint> = most
        .iter()
        .enumerate()
        .map(|(cell, most)| Constraint::Length(needs(cell).min(*most)))
        .collect();
    if focus == Focus::Hosts {
        out.insert(1, Constraint::Length(bar_width(wide)));
    }
    out.push(Constraint::Fill(1));
    out
}

fn help(frame: &mut Frame<'_>, place: Rect, skin: Skin) {
    let mut lines = vec![Line::styled(fit("keys", usize::from(place.width)), skin.title(true))];
    lines.push(Line::default());
    lines.extend(HELP.iter().map(|(keys, what)| {
        Line::from(vec![
            Part::styled(format!("  {keys:<18}"), skin.title(false)),
            Part::raw((*what).to_owned()),
        ])
    }));
    lines.push(Line::default());
    let watch = "  It only asks and never changes anything; ostium block, release and others do.";
    lines.push(Line::raw(watch));
    frame.render_widget(Paragraph::new(lines), place);
}

/// Text in full, under its title.
fn page(frame: &mut Frame<'_>, place: Rect, words: &Words, skin: Skin) {
    let title = fit(&clean(&words.title), usize::from(place.width));
    let mut lines = vec![Line::styled(title, skin.title(true))];
    if words.text.is_none() {
        lines.push(Line::raw("asking the sensor; a report on many hosts takes some seconds"));
    }
    let rest = usize::from(place.height).saturating_sub(1);
    let sight = words.lines.iter().skip(words.top).take(rest);
    lines.extend(sight.map(|line| Line::raw(line.as_str())));
    frame.render_widget(Paragraph::new(lines), place);
}

/// What can be done now.
fn foot(model: &Model, skin: Skin) -> Line<'static> {
    let keys = |text: &str| Part::styled(text.to_owned(), skin.label());
    if model.typing {
        let text = format!("/{}_", clean(&model.filter));
        return Line::from(vec![Part::raw(text), keys("  Enter keeps it, Esc clears it")]);
    }
    match (&model.view, model.filter.is_empty()) {
        (View::Lists, true) => {
            Line::from(keys("q quit  Tab list  Up/Down row  Enter more  / filter  p pause  ? help"))
        }
        (View::Lists, false) => {
            let text = format!("with the text: {}", clean(&model.filter));
            Line::from(vec![Part::raw(text), keys("  / change  Esc clear  ? help")])
        }
        (View::Help, _) => Line::from(keys("Esc back  q quit")),
        (View::Words(words), _) => {
            let last = words.lines.len();
            let from = (words.top + 1).min(last);
            let to = (words.top + model.page()).min(last);
            Line::from(keys(&format!(
                "Esc back  Up/Down scroll  q quit  lines {from} to {to} of {last}"
            )))
        }
    }
}
