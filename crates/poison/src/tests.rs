//! What holds whatever liars do, and what does not.

use crate::{Attack, Row, Settings, run};

/// 15 liars beside 30 are a third of all.
fn rows(attacks: &[Attack], liars: &[u32], seeds: u64) -> Vec<Row> {
    let settings =
        Settings { seeds, liars: liars.to_vec(), attacks: attacks.to_vec(), ..Settings::default() };
    let table = run(&settings, &mut |_| true);
    assert!(!table.partial && table.rows.len() == attacks.len() * liars.len());
    table.rows
}

#[test]
fn nothing_on_a_rail_is_published_and_true_c2_is_confirmed() {
    for row in rows(&Attack::ALL, &[0, 1, 3, 15], 2) {
        assert_eq!(row.on_rails, 0, "{} {}", row.attack, row.liars);
        assert_eq!((row.wrong_patterns, row.starved), (0, 0), "{} {}", row.attack, row.liars);
        // Denial is the one attack that keeps true controllers from their quorum.
        let least = if row.attack == Attack::Denial { 0.7 } else { 0.9 };
        let share = row.confirmed.value();
        assert!(share >= least, "{} {}: {share}", row.attack, row.liars);
        assert!(row.confirmed.of > 20, "{row:?}");
    }
}

#[test]
fn one_liar_needs_an_honest_mistake_and_two_need_nothing() {
    let rows = rows(&[Attack::Collude], &[0, 1, 2, 5], 2);
    let published: Vec<u32> = rows.iter().map(|row| row.published.count).collect();
    let &[none, one, two, five] = published.as_slice() else { panic!("{published:?}") };
    // An honest false alarm about the same name makes a quorum with one lie: seldom, not never.
    assert!(none <= 1 && one * 10 <= two.max(five), "{published:?}");
    assert!(two > 2 && five > two, "two vouched in two networks are a quorum: {published:?}");
}

#[test]
fn what_honest_members_use_is_withdrawn_from_few_liars() {
    for row in rows(&[Attack::Competitor], &[2, 5], 2) {
        assert!(row.published.count > 0, "{row:?}");
        assert_eq!(row.stands.count, 0, "{row:?}");
        assert!(row.stood.median < 24.0, "{row:?}");
    }
}

#[test]
fn newcomers_without_a_voucher_publish_nothing() {
    for row in rows(&[Attack::Sybil], &[2, 15], 2) {
        assert!(row.published.value() < 0.1, "{row:?}");
    }
}

#[test]
fn families_become_patterns_and_harmless_programs_do_not() {
    for row in rows(&[Attack::Mimic], &[0, 2, 15], 2) {
        assert!(row.patterns > 0 && row.wrong_patterns == 0, "{row:?}");
    }
}

#[test]
fn rates_are_for_nobody_on_a_rail_and_hurt_no_ordinary_client() {
    let rows = rows(&[Attack::Squeeze], &[0, 1, 2, 15], 1);
    let rates: Vec<u32> = rows.iter().map(|row| row.throttled).collect();
    assert!(rates[0] == 0 && rates[1] == 0 && rates[2] > 0, "{rates:?}");
    assert!(rows.iter().all(|row| row.on_rails == 0 && row.starved == 0));
}

#[test]
fn one_liar_adds_no_address_to_a_name_and_two_no_peer() {
    for row in rows(&[Attack::Stray, Attack::Overlay], &[0, 1], 1) {
        assert_eq!((row.wrong_addresses, row.on_rails), (0, 0), "{row:?}");
    }
    let rows = rows(&[Attack::Overlay], &[2, 3], 1);
    let wrong: Vec<u32> = rows.iter().map(|row| row.wrong_addresses).collect();
    assert!(wrong[0] == 0 && wrong[1] > 0, "three vouched in three networks are enough: {wrong:?}");
}

#[test]
fn who_bears_witness_publishes_no_more_than_who_votes() {
    let claims = rows(&[Attack::Claim], &[0, 1, 2, 5], 2);
    let votes = rows(&[Attack::Collude], &[0, 1, 2, 5], 2);
    let published = |rows: &[Row]| rows.iter().map(|r| r.published.count).collect::<Vec<u32>>();
    let (claims, votes) = (published(&claims), published(&votes));
    assert!(
        claims[1] <= 2 && claims.iter().zip(&votes).all(|(c, v)| c <= v),
        "{claims:?} {votes:?}"
    );
}

#[test]
fn the_same_seeds_give_the_same_table() {
    let attacks = [Attack::Collude, Attack::Denial];
    assert_eq!(rows(&attacks, &[2], 1), rows(&attacks, &[2], 1));
}

#[test]
fn it_can_be_stopped() {
    let settings = Settings { seeds: 1, ..Settings::default() };
    let mut runs = 0;
    let table = run(&settings, &mut |_| {
        runs += 1;
        runs <= 2
    });
    assert!(table.partial && table.rows.len() == 2);
    assert!(table.text().contains("interrupted") && table.markdown().contains("### collude"));
}
