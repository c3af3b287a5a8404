//! What a hub tells Prometheus. No address and no name is among it.

use ostium_control::metrics::{add, label};

use crate::control::Status;

/// The metrics of a status.
pub(crate) fn text(status: &Status) -> String {
    let mut out = String::new();
    let mut one = |name: &str, kind: &str, help: &str, rows: &[(String, f64)]| {
        add(&mut out, &format!("hub_{name}"), kind, help, rows);
    };
    let plain = |value: f64| vec![(String::new(), value)];
    let flag = |on: bool| plain(f64::from(u8::from(on)));
    one("reports_total", "counter", "Reports kept.", &plain(status.reports as f64));
    one("repeated_total", "counter", "Reports that came again.", &plain(status.repeated as f64));
    one("lost_total", "counter", "Reports lost at sensors.", &plain(status.lost as f64));
    let refused: Vec<_> =
        status.refused.iter().map(|(why, n)| (label("reason", why), *n as f64)).collect();
    one("refused_total", "counter", "Reports that say nothing, or were not taken.", &refused);
    one("frames_total", "counter", "Deltas of this history.", &plain(status.seq as f64));
    one("published", "gauge", "Entries that are published.", &plain(status.published as f64));
    let cases: Vec<_> =
        status.cases.iter().map(|(state, n)| (label("state", state), *n as f64)).collect();
    one("cases", "gauge", "Cases by state.", &cases);
    one("waiting", "gauge", "Cases that wait for a minute.", &plain(status.waiting as f64));
    one("organisations", "gauge", "Organisations.", &plain(status.organisations as f64));
    one("sensors", "gauge", "Sensors that have joined.", &plain(status.sensors as f64));
    one("following", "gauge", "Sensors that follow.", &plain(status.following as f64));
    one("database_bytes", "gauge", "The database.", &plain(status.size as f64));
    one("killed", "gauge", "1 while the kill switch is on.", &flag(status.killed.is_some()));
    one("keeping", "gauge", "1 when reports can be kept.", &flag(status.trouble.is_none()));
    let until = status.keys.until.saturating_sub(status.now);
    let help = "Seconds until the certificate of the feed ends.";
    one("certificate_seconds", "gauge", help, &plain(until as f64));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_sample() {
        let mut status = Status { reports: 7, ..Status::default() };
        status.refused.insert("it is \"odd\"".to_owned(), 3);
        let text = text(&status);
        assert!(text.contains("ostium_hub_reports_total 7\n"), "{text}");
        assert!(text.contains("ostium_hub_keeping 1\n") && text.contains("ostium_hub_killed 0\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("ostium_hub_") && value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
