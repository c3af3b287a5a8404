//! What the screen looks like.

use std::time::Duration;

use ratatui::style::Color;

use super::*;
use crate::sensor::top::places::LEAST;

#[test]
fn a_small_terminal() {
    insta::assert_snapshot!(picture(&mut model(&status(), (80, 24))));
}

#[test]
fn a_large_terminal() {
    insta::assert_snapshot!(picture(&mut model(&status(), (160, 50))));
}

#[test]
fn a_sensor_in_trouble() {
    let mut troubled = status();
    troubled.trouble = Some("the set `addr4` is full".to_owned());
    troubled.interfaces[1].up = false;
    troubled.interfaces[1].trouble = Some("it is not there".to_owned());
    insta::assert_snapshot!(picture(&mut model(&troubled, (80, 24))));
}

#[test]
fn the_hub_is_there_when_one_was_joined() {
    let mut joined = status();
    assert!(!picture(&mut model(&joined, (80, 24))).contains("hub "));
    let hub = HubRow { open: true, fresh: true, entries: 1_204, durable: 31, ..HubRow::default() };
    joined.hub = Some(HubRow { hub: "hub.example:7443".to_owned(), ..hub });
    let line = "hub       hub.example:7443 connected: 1,204 entries, 31 reports told, 0 wait";
    for size in [(80, 24), (160, 50)] {
        let shown = picture(&mut model(&joined, size));
        assert!(shown.contains(line), "{shown}");
        assert!(shown.contains("10.1.2.3") && shown.contains("q quit"), "{shown}");
    }
}

#[test]
fn the_zone_is_there_when_resolvers_are_given_one() {
    let mut served = status();
    assert!(!picture(&mut model(&served, (80, 24))).contains("zone"));
    let zone = ZoneRow { serial: 7, names: 1_204, notified: 3, ..ZoneRow::default() };
    served.zone = Some(ZoneRow { name: "rpz.ostium".to_owned(), ..zone });
    let line = "zone      rpz.ostium serial 7: 1,204 names, 0 transfers, 3 changes acknowledged";
    for size in [(80, 24), (160, 50)] {
        let shown = picture(&mut model(&served, size));
        assert!(shown.contains(line), "{shown}");
        assert!(shown.contains("10.1.2.3") && shown.contains("q quit"), "{shown}");
    }
}

#[test]
fn help_and_a_host_in_words() {
    let mut model = model(&status(), (80, 24));
    press(&mut model, KeyCode::Char('?'));
    insta::assert_snapshot!("help", picture(&mut model));
    press(&mut model, KeyCode::Esc);
    assert_eq!(press(&mut model, KeyCode::Enter), Deed::Why("10.1.2.3".to_owned()));
    assert!(picture(&mut model).contains("asking the sensor"));
    let words = "10.1.2.3 is infected (more than 99.9 %)\n\nCounted:\n  +9.21 known-tool (tool, \
                 certain, ATT&CK T1219)\n    first words of njRAT to 198.51.100.7:4444, which are \
                 said by nothing else that is known\n";
    model.hear(Said::Why("10.1.2.3".to_owned(), words.to_owned()));
    insta::assert_snapshot!("words", picture(&mut model));
}

#[test]
fn the_picture_of_the_documentation_is_real() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sensor.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let real = picture(&mut model(&status(), (80, 24)));
    assert!(docs.contains(&format!("```text\n{real}\n```")), "docs/sensor.md should show:\n{real}");
}

#[test]
fn nothing_at_all() {
    for size in [(80, 24), (160, 50)] {
        let picture = picture(&mut Model::new(Status::default(), size));
        assert!(picture.contains("hosts: 0 infected, 0 suspect"), "{picture}");
        assert!(picture.contains("what would be blocked: 0"), "{picture}");
        assert!(picture.contains("dropped   nothing"), "{picture}");
        assert!(!picture.contains("GONE") && !picture.contains("NOT ENFORCING"), "{picture}");
    }
}

#[test]
fn below_the_least_it_says_so() {
    for (size, fits) in [((80, 24), true), ((79, 24), false), ((80, 23), false), ((40, 10), false)]
    {
        let mut model = model(&status(), size);
        let picture = picture(&mut model);
        assert_eq!(!picture.contains("too small"), fits, "{picture}");
        if !fits {
            let needs = format!("{}x{}", LEAST.0, LEAST.1);
            assert!(picture.replace('\n', " ").contains(&needs), "{picture}");
            assert_eq!(press(&mut model, KeyCode::Char('q')), Deed::Quit);
        }
    }
}

#[test]
fn a_sensor_that_goes_away_leaves_its_last_picture() {
    let mut model = model(&status(), (80, 24));
    model.hear(Said::Gone("no sensor listens at /run/x".to_owned()));
    let gone = picture(&mut model);
    assert!(gone.contains("GONE; ") && gone.contains("no sensor listens at\n/run/x"), "{gone}");
    assert!(gone.contains("10.1.2.3") && gone.contains("c2.example"), "{gone}");
    press(&mut model, KeyCode::Char('?'));
    assert!(picture(&mut model).contains("TROUBLE"), "even with the help open");
    press(&mut model, KeyCode::Esc);
    let mut back = status();
    back.site = "again".to_owned();
    model.hear(Said::Status(Box::new(back)));
    let again = picture(&mut model);
    assert!(!again.contains("GONE") && again.contains("again"), "{again}");
}

#[test]
fn long_trouble_has_two_lines_and_leaves_room_for_the_lists() {
    let mut troubled = status();
    troubled.trouble = Some("the kernel says no, and again no, ".repeat(9));
    troubled.interfaces = vec![troubled.interfaces[0].clone(); 5];
    let mut model = model(&troubled, (80, 24));
    model.hear(Said::Gone("no answer, and again no answer, ".repeat(9)));
    let picture = picture(&mut model);
    let lists = ["10.1.2.3 ", "198.51.100.7:4444/tcp ", " reset "];
    assert!(lists.iter().all(|row| picture.contains(row)), "{picture}");
    assert!(picture.contains("GONE") && picture.contains("NOT ENFORCING"), "{picture}");
}

#[test]
fn a_silent_sensor_is_told() {
    let mut model = model(&status(), (80, 24));
    assert!(model.silent_for(Some(Duration::from_secs(12))));
    assert!(!model.silent_for(Some(Duration::from_millis(12_500))), "no news");
    assert!(picture(&mut model).contains("NO ANSWER for 12 s"));
    assert!(model.silent_for(None));
    assert!(!picture(&mut model).contains("NO ANSWER"));
}

#[test]
fn trouble_is_seen_through_a_pause() {
    let mut model = model(&status(), (80, 24));
    press(&mut model, KeyCode::Char('p'));
    let mut troubled = status();
    troubled.trouble = Some("no table".to_owned());
    model.hear(Said::Status(Box::new(troubled)));
    let picture = picture(&mut model);
    assert!(picture.contains("PAUSED") && picture.contains("NOT ENFORCING: no table"), "{picture}");
}

#[test]
fn hostile_strings_are_only_text() {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\n\u{202e}\t\u{0}e\u{301}\u{200b}漢字".repeat(2000);
    let mut hostile = status();
    hostile.site.clone_from(&evil);
    hostile.version.clone_from(&evil);
    hostile.trouble = Some(evil.clone());
    hostile.interfaces[0].name.clone_from(&evil);
    hostile.interfaces[0].trouble = Some(evil.clone());
    hostile.dropped = vec![(evil.clone(), 9)];
    hostile.hosts[0] = HostRow {
        host: evil.clone(),
        verdict: evil.clone(),
        families: vec![evil.clone()],
        summary: evil.clone(),
        probability: f64::NAN,
        last: u64::MAX,
    };
    hostile.blocks[0].block.because.clone_from(&evil);
    hostile.blocks[0].block.evidence = vec![evil.clone()];
    hostile.blocks[0].block.origin = Origin::Indicator(evil.as_str().into());
    hostile.news[0].said.clone_from(&evil);
    for size in [(80, 24), (160, 50)] {
        let mut model = model(&hostile, size);
        let mut seen = vec![picture(&mut model)];
        for _ in 0..3 {
            press(&mut model, KeyCode::Enter);
            model.hear(Said::Why(evil.clone(), evil.clone()));
            seen.push(picture(&mut model));
            press(&mut model, KeyCode::Esc);
            press(&mut model, KeyCode::Tab);
        }
        model.hear(Said::Gone(evil.clone()));
        press(&mut model, KeyCode::Char('/'));
        press(&mut model, KeyCode::Char('\u{9b}'));
        seen.push(picture(&mut model));
        for picture in seen {
            let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!picture.contains(harmful), "{picture:?}");
            assert_eq!(picture.lines().count(), usize::from(size.1), "{picture}");
        }
    }
}

#[test]
fn numbers_without_measure_are_drawn() {
    let most = u64::MAX;
    let mut status = status();
    status.started = most;
    status.interfaces[0].seen = 0;
    status.interfaces[0].dropped = most;
    (status.shed_level, status.shed_packets) = (u32::MAX, most);
    (status.infected, status.suspects, status.blocks_in_all) = (most, most, most);
    status.dropped = vec![("all".to_owned(), most)];
    status.news[0].at = most;
    for rate in [f64::MAX, f64::INFINITY, -1.0, f64::NAN] {
        (status.packets_per_second, status.bytes_per_second) = (rate, rate);
        for probability in [rate, 0.5] {
            status.hosts[0].probability = probability;
            picture(&mut model(&status, (160, 50)));
        }
    }
}

#[test]
fn without_colours_nothing_is_coloured_and_trouble_still_strikes() {
    let mut troubled = status();
    troubled.trouble = Some("no table".to_owned());
    let mut model = model(&troubled, (80, 24));
    let plain = buffer(&mut model, false);
    let tinted = |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset);
    assert!(!plain.content.iter().any(tinted));
    let alert = &plain.content[80];
    assert!(alert.modifier.contains(ratatui::style::Modifier::REVERSED), "{alert:?}");
    let coloured = buffer(&mut model, true);
    assert_eq!(coloured.content[80].bg, Color::Red);
}

#[test]
fn more_interfaces_than_fit_show_those_in_trouble() {
    let mut many = status();
    many.interfaces = (0..20)
        .map(|n| InterfaceRow { name: format!("lan{n}"), up: n != 17, ..Default::default() })
        .collect();
    let picture = picture(&mut model(&many, (80, 24)));
    assert!(picture.contains("lan17     DOWN") && picture.contains("and 17 more"), "{picture}");
}
