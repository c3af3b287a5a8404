//! `demo`: a world with known truth, kept and analysed again.

use super::*;

#[test]
fn it_finds_its_bots_and_says_what_is_next() {
    let ran = ostium(&["demo"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.contains("3 of 3 infected hosts found, 0 false alarms"), "{}", ran.out);
    assert!(ran.out.contains("ostium why HOST --report report.json"));
    // What two sites suffer arms the third: found out by real sensors and a real hub.
    let order = ["Alder", "Birch", "confirmed by two organisations", "on the hub's word", "calls"];
    let mut rest = ran.out.split_once("Three sites and a hub").unwrap().1;
    for step in order {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("{step}:\n{}", ran.out)).1;
    }
    assert!(rest.contains("to the indicator in force at Cedar: "), "{}", ran.out);
    assert!(rest.contains("stopped at the first packet"), "{}", ran.out);
    assert!(!ran.out.contains("10.3.0.1 is infected"), "{}", ran.out);
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let of = |seed| ostium(&["demo", "--seed", seed, "--format", "json"]).out;
    let one = of("1");
    assert_eq!(one, of("1"));
    assert_ne!(one, of("2"));
}

#[test]
fn a_kept_world_gives_the_same_verdicts() {
    let kept =
        json(&std::fs::read_to_string(folder().join(world()).with_extension("json")).unwrap());
    let labels = std::fs::read_to_string(folder().join("world.toml")).unwrap();
    let labels: toml::Table = labels.parse().unwrap();
    let case = labels["case"][0].as_table().unwrap();
    let list = |key: &str| -> Vec<String> {
        let items = case[key].as_array().unwrap().iter();
        items.map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list("inputs"), ["world.pcap"]);
    let mut args = vec!["analyze".to_owned(), world().to_owned(), "--format".into(), "json".into()];
    for network in list("home") {
        args.extend(["--home".to_owned(), network]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let again = json(&ostium(&args).out);
    for verdict in ["infected", "suspect"] {
        assert_eq!(judged(&again, verdict), judged(&kept, verdict));
    }
    assert_eq!(again["indicators"], kept["indicators"]);
    let mut infected = list("infected");
    infected.sort_unstable();
    assert_eq!(judged(&again, "infected"), infected);
    assert!(list("clean").iter().all(|host| !infected.contains(host)));
}
