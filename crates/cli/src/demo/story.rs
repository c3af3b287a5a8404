//! The story: two sites suffer, the hub understands, the third is armed before its turn comes.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use ostium_report::escape;
use ostium_sensor_api::{Matter, NewsRow};

use super::hub::HubHere;
use super::site::{PACE, SITES};
use crate::fail::Fail;
use crate::output::print;

/// What happened, where, and when on the machine's clock.
struct Moment {
    at: Instant,
    site: &'static str,
    what: What,
}

enum What {
    /// A sensor's piece of news.
    News(NewsRow),
    /// The hub published a change.
    Published,
}

/// The moments that the last lines are about.
#[derive(Default)]
struct Marks {
    /// The last report before the hub confirmed, at whom.
    told: Option<Instant>,
    published: Option<Instant>,
    armed: Option<Instant>,
    stopped: Option<Instant>,
}

/// Where the three sites live, for as long as the story lasts.
struct Folder(PathBuf);

/// Tells the story, line by line, as it happens.
#[allow(clippy::disallowed_methods, reason = "what is measured here is real time")]
pub(super) fn tell(seed: u64) -> Result<(), Fail> {
    let folder = Folder::new()?;
    print(
        "\nThree sites and a hub, on this machine: half an hour in a quarter of a minute.\n\
         Alder and Birch suffer the same remote control; Cedar has never seen it.\n\n",
    )?;
    let mut captures = Vec::new();
    for site in &SITES {
        captures.push(site.record(&folder.0, seed)?);
    }
    let begun = Instant::now();
    let hub = HubHere::start(&folder.0.join("hub"))?;
    for site in &SITES {
        hub.enrol(site.name, site.network, &site.state(&folder.0))?;
    }
    line(
        begun,
        begun.elapsed(),
        "hub",
        &format!("listens at {}; Alder, Birch and Cedar have joined, in three networks", hub.at()),
    )?;
    let (tell, heard): (Sender<Moment>, Receiver<Moment>) = channel();
    let of_hub = tell.clone();
    hub.on_change(move || {
        let what = What::Published;
        of_hub.send(Moment { at: Instant::now(), site: "hub", what }).ok();
    });
    let mut sensors = Vec::new();
    for (site, capture) in SITES.iter().zip(captures) {
        let (tell, name) = (tell.clone(), site.name);
        sensors.push(site.watch(&folder.0, capture, move |row| {
            let what = What::News(row.clone());
            tell.send(Moment { at: Instant::now(), site: name, what }).ok();
        }));
    }
    drop(tell);
    let mut marks = Marks::default();
    while sensors.iter().any(|sensor| !sensor.is_finished()) {
        if let Ok(moment) = heard.recv_timeout(Duration::from_millis(50)) {
            show(begun, &moment, &mut marks)?;
        }
    }
    for moment in heard.try_iter() {
        show(begun, &moment, &mut marks)?;
    }
    for sensor in sensors {
        let ended = sensor.join().unwrap_or_else(|_| Err("it broke off".to_owned()));
        ended.map_err(|why| Fail::new(format!("a sensor of the demonstration: {why}")))?;
    }
    hub.stop();
    print(&end(&marks))
}

/// Shows a moment, if it is one of the story.
fn show(begun: Instant, moment: &Moment, marks: &mut Marks) -> Result<(), Fail> {
    let Moment { at, site, what } = moment;
    let said = match what {
        What::Published if marks.published.is_none() => {
            marks.published = Some(*at);
            "confirmed by two organisations in two networks: signed, and pushed to all".to_owned()
        }
        What::Published => return Ok(()),
        What::News(row) => {
            let cedar = *site == "Cedar";
            let ahead = row.said.contains("on the hub's word");
            match row.matter {
                Matter::Told if marks.published.is_none() => marks.told = Some(*at),
                Matter::Infected | Matter::Told => {}
                Matter::Blocked if ahead && cedar => {
                    marks.armed.get_or_insert(*at);
                }
                Matter::Contact if cedar && marks.armed.is_some() && marks.stopped.is_none() => {
                    marks.stopped = Some(*at);
                }
                _ => return Ok(()),
            }
            escape(&row.said)
        }
    };
    line(begun, at.saturating_duration_since(begun), site, &said)
}

fn line(_: Instant, after: Duration, site: &str, said: &str) -> Result<(), Fail> {
    print(&format!("{:>9.3} s  {site:<6} {said}\n", after.as_secs_f64()))
}

/// What was measured.
fn end(marks: &Marks) -> String {
    let mut out = String::new();
    let ms = |from: Option<Instant>, to: Option<Instant>| {
        Some(to?.saturating_duration_since(from?).as_secs_f64() * 1_000.0)
    };
    // Writing to a string cannot fail.
    match (ms(marks.told, marks.published), ms(marks.told, marks.armed)) {
        (Some(published), Some(armed)) => writeln!(
            out,
            "\nFrom the report that completed the quorum to the signed change: {published:.1} ms;\n\
             to the indicator in force at Cedar: {armed:.1} ms."
        ),
        _ => writeln!(out, "\nThe hub did not arm Cedar in time; that should not be."),
    }
    .ok();
    if let Some(ahead) = ms(marks.armed, marks.stopped) {
        writeln!(
            out,
            "Cedar's machine called it {:.0} s later ({:.0} min of its own time), and was stopped \
             at the first packet:\nhere only shown, because the demonstration has no privileges \
             (mode simulate).",
            ahead / 1_000.0,
            ahead / 60_000.0 * PACE
        )
        .ok();
    }
    out.push_str(
        "\nNext:\n  \
         ostium hub                                       a hub, with no configuration\n  \
         ostium hub invite ORG                            prints a line for an organisation\n  \
         ostium join LINE                                 its sensor joins\n",
    );
    out
}

// === impl Folder ===

impl Folder {
    fn new() -> Result<Self, Fail> {
        let path = std::env::temp_dir().join(format!("ostium-demo-{}", std::process::id()));
        let failed = |error| Fail::new(format!("cannot make {}: {error}", path.display()));
        std::fs::create_dir_all(&path).map_err(failed)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be taken away now is in the folder for such things.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
