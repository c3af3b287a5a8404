//! BitTorrent between a machine inside and two outside: aria2 and opentracker. The machine inside
//! gets one file of the two outside, and gives another to one of them.

use std::time::Duration;

use ostium_lab::{Host, wait_for};

use crate::services::noise;
use crate::site::Site;

/// A file that is being got: whose copy has to become like which.
pub(crate) struct Shared(Vec<[String; 2]>);

const WORDS: [&str; 6] = [
    "--no-conf",
    "--enable-dht=false",
    "--seed-ratio=0.0",
    "--seed-time=3",
    "--check-integrity=true",
    "--bt-stop-timeout=60",
];
const BYTES: usize = 3_000_000;

/// Starts all peers and the tracker.
pub(crate) fn share(site: &mut Site, inside: &Host) -> Shared {
    let (film, song) = (torrent(site, "film", 0), torrent(site, "song", 1));
    let white = [&film, &song].map(|file| hash(site, file)).join("\n") + "\n";
    site.write("tracker/white", &white);
    let outside = site.outside.clone();
    let folder = site.path("tracker");
    let words = ["-i", "198.51.100.30", "-p", "6969", "-P", "6969", "-u", "nobody", "-d", &folder];
    site.go_on(&outside, "opentracker", &[&words[..], &["-w", "/white"]].concat());
    site.outside_listens("198.51.100.30:6969");

    let mut peer = |host: &Host, file: &str, folder: &str, port: u16, own: &str| {
        let dir = format!("--dir={}", site.path(folder));
        let (port, own) = (format!("--listen-port={port}"), format!("--bt-external-ip={own}"));
        let file = site.path(&format!("{file}.torrent"));
        site.go_on(host, "aria2c", &[&WORDS[..], &[&dir, &port, &own, &file]].concat());
    };
    peer(&outside, "film", "film", 6881, "198.51.100.31");
    peer(&outside, "film", "film", 6882, "198.51.100.32");
    peer(inside, "song", "song", 6883, "10.77.0.12");
    std::thread::sleep(Duration::from_secs(2));
    peer(inside, "film", "film-got", 6884, "10.77.0.12");
    peer(&outside, "song", "song-got", 6885, "198.51.100.33");
    let pair = |name: &str| {
        [site.path(&format!("{name}/{name}.bin")), site.path(&format!("{name}-got/{name}.bin"))]
    };
    Shared(vec![pair("film"), pair("song")])
}

/// Waits until everybody has everything.
pub(crate) fn is_whole(site: &Site, shared: &Shared) {
    let read = |path: &str| std::fs::read(path).unwrap_or_default();
    for [from, to] in &shared.0 {
        let same = || read(from) == read(to);
        assert!(wait_for(Duration::from_secs(90), same), "{to}: {}", site.log_of("aria2c"));
    }
}

/// Makes a file and its torrent.
fn torrent(site: &Site, name: &str, offset: usize) -> String {
    let bytes = noise(BYTES + offset).split_off(offset);
    let file = site.write(&format!("{name}/{name}.bin"), "");
    std::fs::write(&file, bytes).unwrap();
    let to = site.path(&format!("{name}.torrent"));
    let words = ["-a", "http://tracker.example:6969/announce", "-o", &to, &file];
    let made = std::process::Command::new("mktorrent").args(words).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    name.to_owned()
}

/// What the tracker knows a torrent by.
fn hash(site: &Site, name: &str) -> String {
    let file = site.path(&format!("{name}.torrent"));
    let shown = std::process::Command::new("aria2c").args(["--no-conf", "-S", &file]).output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    let line = shown.lines().find(|line| line.starts_with("Info Hash:")).unwrap();
    line.split_whitespace().last().unwrap().to_owned()
}
