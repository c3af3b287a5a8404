//! What is counted where.

use super::*;
use crate::Purpose;

#[test]
fn train_and_test_are_counted_apart_and_refusals_nowhere() {
    let evaluation = evaluation();
    let [train, test] = evaluation.totals.as_slice() else { panic!("two uses") };
    assert_eq!((train.purpose, test.purpose), (Purpose::Train, Purpose::Test));
    assert_eq!((train.infected, train.found, train.suspect, train.missed), (2, 1, 0, 1));
    assert_eq!((test.cases, test.infected, test.found, test.suspect, test.missed), (1, 1, 0, 1, 0));
    assert_eq!((train.clean, train.false_hosts, train.doubted), (2, 1, 1));
    assert_eq!(train.false_at_any_look, 2, "one of them only for a while");
    assert_eq!(train.unlabelled, (7, 0, 1));
    assert_eq!((test.clean, test.false_per_1000), (0, None));
}

#[test]
fn a_rate_is_out_of_the_days_that_clean_hosts_were_watched() {
    let total = evaluation().totals.remove(0);
    assert!((total.clean_host_days - 4.0).abs() < 1e-12);
    let rate = total.false_per_1000.unwrap();
    assert!((rate.rate - 250.0).abs() < 1e-9);
    // The exact bound of one count is 4.744.
    assert!((rate.high - 4.7439 * 250.0).abs() < 0.1, "{rate:?}");
}

#[test]
fn nothing_wrong_in_a_thousand_host_days_is_bounded_by_the_rule_of_three() {
    let clean: Vec<HostResult> =
        (1..=100).map(|n| host(&format!("10.0.0.{n}"), Label::Clean, "clean", 0.001)).collect();
    let names: Vec<&str> = clean.iter().map(|host| host.host.as_str()).collect();
    let tried =
        Tried { case: case("quiet", "test", &[], &names), outcome: judged(10.0, 100, clean) };
    let total = Evaluation::of(&[tried], 1).totals.remove(0);
    let rate = total.false_per_1000.unwrap();
    assert_eq!(rate.rate, 0.0);
    assert!((rate.high - 2.9957).abs() < 1e-3, "{rate:?}");
}

#[test]
fn a_clean_host_that_was_not_there_was_not_watched() {
    let mut gone = host("10.0.0.9", Label::Clean, "clean", 0.0);
    gone.seen = false;
    let tried =
        Tried { case: case("x", "test", &[], &["10.0.0.9"]), outcome: judged(9.0, 0, vec![gone]) };
    let total = Evaluation::of(&[tried], 1).totals.remove(0);
    assert_eq!((total.clean, total.clean_host_days), (0, 0.0));
}

#[test]
fn what_a_detector_adds_is_what_would_be_lost() {
    let evaluation = evaluation();
    let of = |what: &str| evaluation.adds.iter().find(|adds| adds.what == what).unwrap();
    let beacon = of("beacon");
    assert_eq!((beacon.found, beacon.suspected, beacon.false_alarms), (1, 1, 1));
    assert_eq!((beacon.speaks_of_infected, beacon.speaks_of_clean), (3, 2));
    assert_eq!((of("group timing").found, of("group timing").suspected), (1, 0));
}

#[test]
fn calibration_is_over_labelled_hosts_that_were_seen() {
    let calibration = evaluation().calibration;
    let squares = [0.05f64, 0.91, 0.4, 0.5].map(|off| off * off);
    assert_eq!(calibration.hosts, 4);
    assert!((calibration.brier - squares.iter().sum::<f64>() / 4.0).abs() < 1e-12);
}

#[test]
fn a_delay_is_told_of_what_is_found_at_the_end() {
    let total = evaluation().totals.remove(0);
    assert_eq!((total.delay.hosts, total.delay.median), (1, Some(3600.0)));
}
