//! Manifests in, and tables, JSON, Markdown and pages out.

use ostium_report::Paint;

use super::*;
use crate::{Choice, Played, Purpose, Source, Unmarked, markdown, notes, page, table};

const PLAIN: Paint = Paint { colour: false, width: Some(140) };

#[test]
fn the_labels_of_a_made_up_world_are_a_manifest() {
    let truth = ostium_synth::demo(1).truth();
    let mut manifest = manifest(&truth.to_toml("demo", "demo.pcap"));
    let case = manifest.cases.remove(0);
    assert_eq!(case.infected, truth.infected.iter().map(|(addr, _)| *addr).collect::<Vec<_>>());
    assert_eq!((&case.clean, &case.home), (&truth.clean, &truth.home));
    assert_eq!(case.source, Source::Files(vec!["demo.pcap".into()]));
}

#[test]
fn a_case_may_be_a_scenario() {
    let text = "[[case]]\nname = \"a\"\nscenario = \"office\"\nseed = 3\ndays = 2.5\nas = \"events\"\n\
                use = \"train\"\nroles = [\"resolver=10.0.0.53\"]\n";
    let case = manifest(text).cases.remove(0);
    let expected = Source::Scenario(Played {
        name: "office".into(),
        seed: Some(3),
        days: Some(2.5),
        scale: None,
        packets: false,
    });
    assert_eq!((case.source, case.purpose), (expected, Some(Purpose::Train)));
    assert_eq!(case.roles.len(), 1);
}

#[test]
fn what_a_manifest_must_not_say_is_said_by_case_and_field() {
    let case = "[[case]]\nname = \"one\"\ninputs = [\"a\"]\nuse = \"test\"\n";
    for (text, words) in [
        ("", "no [[case]]"),
        ("[[case]]\n", "missing field `name`"),
        ("[[case]]\nname = \"one\"\nuse = \"test\"\n", "case one: it has no inputs"),
        (&format!("{case}scenario = \"x\"\n"), "case one: it has both"),
        (&case.replace("\"test\"", "\"tune\""), "tune"),
        (&format!("{case}infected = [\"me\"]\n"), "case one: infected: 'me' is no address"),
        (&format!("{case}home = [\"10.0.0.0/99\"]\n"), "case one: home: '10.0.0.0/99'"),
        (&format!("{case}roles = [\"king=10.0.0.1\"]\n"), "roles are resolver"),
        (
            &format!("{case}infected = [\"10.0.0.1\"]\nclean = [\"10.0.0.1\"]\n"),
            "10.0.0.1 is said to be infected and clean",
        ),
        (&format!("{case}{case}"), "two cases are called one"),
    ] {
        let error = Manifest::parse(text, PathBuf::from(".")).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn only_what_is_asked_for_is_kept() {
    let three = || {
        let case = |name, purpose| {
            format!("[[case]]\nname = \"{name}\"\ninputs = [\"a\"]\nuse = \"{purpose}\"\n")
        };
        manifest(&[case("rat-1", "train"), case("rat-2", "test"), case("dga", "test")].concat())
    };
    let kept = |purpose, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let mut manifest = three();
        manifest
            .choose(&Choice { purpose, names })
            .map(|()| manifest.cases.into_iter().map(|case| case.name).collect::<Vec<_>>())
    };
    assert_eq!(kept(Some(Purpose::Test), &[]).unwrap(), ["rat-2", "dga"]);
    assert_eq!(kept(None, &["dga", "rat-1"]).unwrap(), ["rat-1", "dga"]);
    let error = kept(None, &["rat"]).unwrap_err().to_string();
    assert_eq!(error, "no case is called rat; there are rat-1, rat-2");
    assert!(
        kept(Some(Purpose::Train), &["dga"]).unwrap_err().to_string().contains("no case is left")
    );
}

#[test]
fn a_terminal_says_what_was_found_and_out_of_what() {
    let text = table(&evaluation(), PLAIN);
    for part in [
        "train: 1 of 2 infected hosts found, 0 suspect, 1 missed; found 50 % (1 to 99 %)",
        "clean hosts called infected: 1 of 2 (2 at any look, 1 suspect) in 4.00 host-days: 250 (at most 1186) per 1,000",
        "time to find: 60 min",
        "1 found, 1 missed, 1 FALSE",
        "refused",
        "no clean host-day",
    ] {
        assert!(text.contains(part), "'{part}' is missing in\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
    assert!(table(&evaluation(), Paint { colour: true, width: Some(140) }).contains('\u{1b}'));
}

#[test]
fn the_page_for_the_repository_keeps_its_notes_and_breaks_no_cell() {
    let page = markdown(&evaluation(), "Our own words.\n");
    for part in [
        "| train | 2 | 1 | 0 | 1 | 50 % (1 to 99 %) |",
        "| train | 2 | 1 | 2 | 1 | 4.00 | 250 (at most 1186) |",
        "| a | C2 | train | documented | 10.0.0.2 | clean | unseen | - | nothing |",
        "| a | C2 | train | documented | 10.0.0.5 | suspect | 0.400 | 10 min, but not at the end |",
        "| c | cannot read c\\|d |",
        "| beacon | 1 | 1 | 1 | 0 | 3 | 2 |",
    ] {
        assert!(page.contains(part), "'{part}' is missing in\n{page}");
    }
    assert_eq!(notes(&page).unwrap(), "Our own words.\n\n");
    assert_eq!(markdown(&evaluation(), &notes(&page).unwrap()), page);
    assert_eq!(notes("# Somebody's page"), Err(Unmarked));
    assert!(notes("").is_ok());
    assert!(!page.contains("ended early"));
    assert!(markdown(&Evaluation::of(&tried(), 9), "").contains("ended early"));
}

#[test]
fn programs_get_what_people_get() {
    let value = serde_json::to_value(evaluation()).unwrap();
    assert_eq!(value["schema"], "ostium.eval/1");
    assert_eq!(
        (&value["totals"][0]["use"], &value["totals"][0]["found"]),
        (&"train".into(), &1.into())
    );
    assert_eq!(value["cases"][0]["judged"]["hosts"][0]["label"], "infected");
    assert_eq!(value["cases"][2]["refused"], "cannot read c|d");
    assert_eq!(value["planned"], 3);
}

#[test]
fn the_page_escapes_what_it_shows() {
    let mut tried = tried();
    tried[2].outcome = Outcome::Crashed("<script>alert(1)</script>".into());
    tried[0].case.name = "\"><img src=x>".into();
    let page = page(&Evaluation::of(&tried, 3));
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;script&gt;") && page.contains("CRASHED"));
    assert!(page.contains("1 of 3 infected hosts found"));
    for badge in ["clean\">found", "infected\">missed", "infected\">false"] {
        assert!(page.contains(&format!("<span class=\"badge {badge}</span>")), "{badge}");
    }
}
