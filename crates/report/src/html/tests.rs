//! Tests of the page: nothing hostile gets out of its text, sums add up, pictures have names.
//!
//! What a browser makes of it is tested in `tests`.

use std::collections::BTreeSet;

use ostium_evidence::{About, Group};
use ostium_verdict::{GroupScore, Verdict};
use proptest::prelude::*;

use super::report;
use super::waterfall::steps;
use crate::tests::{build, conversation, document, facts, item, peer, rationale, sample, talk};
use crate::{Document, Judged};

/// Names that want to be markup, end an attribute, turn the writing, or fill the screen.
const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'onload='alert(1)",
    "</title></style></bdi><svg onload=alert(1)>",
    "moc.\u{202e}elpmaxe\u{2066}\u{200f}\u{61c}",
    "&lt;b&gt; &#60;i&#62; ]]> --> <!--",
    "\0\u{1b}[31m\u{7f}\u{2028}",
];

/// A document in which everything that comes from outside is this.
fn hostile(name: &str) -> Document {
    let mut bot = rationale(
        "10.0.0.9",
        Verdict::Infected,
        0.998,
        vec![item("beacon", Group::Timing, 4.2, talk(peer(Some(name), None, Some(443))))],
    );
    bot.families = vec![name.to_owned()];
    let judged =
        Judged { rationale: bot, talks: vec![conversation(7, peer(Some(name), None, Some(443)))] };
    let mut document = crate::build(facts(), vec![judged], false);
    // A document may also have been read from a file that somebody else wrote.
    document.inputs = vec![name.to_owned()];
    document.site = name.to_owned();
    document.blind = vec![name.to_owned()];
    document.version = name.to_owned();
    document.config_sha256 = name.to_owned();
    document.home = vec![name.to_owned()];
    document.totals.anomalies = [(name.to_owned(), 1)].into();
    let host = &mut document.hosts[0];
    (host.host, host.verdict, host.roles) =
        (name.to_owned(), name.to_owned(), vec![name.to_owned()]);
    host.groups.insert(name.to_owned(), crate::GroupRow { raw: 1.0, capped: 1.0 });
    let item = &mut host.evidence[0];
    for text in [&mut item.detector, &mut item.group, &mut item.technique, &mut item.summary] {
        *text = name.to_owned();
    }
    (item.first, item.last) = (name.to_owned(), name.to_owned());
    item.numbers = [(name.to_owned(), 1.0)].into();
    let talk = &mut host.conversations[0];
    (talk.peer, talk.first, talk.last) = (name.to_owned(), name.to_owned(), name.to_owned());
    if let Some(intervals) = &mut talk.intervals {
        intervals.between = name.to_owned();
    }
    document
}

/// The tags of a page, with what stands in them.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

/// The shape of a page: its tags without the values of their attributes.
fn shape(page: &str) -> Vec<String> {
    let names = |tag: &str| {
        let parts = tag.split('"').step_by(2);
        parts.collect::<Vec<_>>().join("")
    };
    tags(page).into_iter().map(names).collect()
}

#[test]
fn a_hostile_name_changes_no_tag() {
    let tame = shape(&report(&hostile("tame.example")));
    for name in HOSTILE {
        let page = report(&hostile(name));
        assert_eq!(shape(&page), tame, "{name}");
        for sign in name.chars().filter(|c| c.is_control() || ('\u{61c}'..'\u{2070}').contains(c)) {
            assert!(!page.contains(sign) || sign == '\n', "{name:?}: {sign:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_name_changes_a_tag(name in ".{1,80}") {
        let tame = shape(&report(&hostile("tame.example")));
        prop_assert_eq!(shape(&report(&hostile(&name))), tame);
    }
}

#[test]
fn a_name_of_ten_thousand_letters_is_cut() {
    let page = report(&hostile(&"x".repeat(10_000)));
    assert!(page.len() < 60_000, "{}", page.len());
    assert!(page.contains("9700 characters more"));
}

#[test]
fn nothing_runs_and_nothing_is_loaded() {
    let page = report(&document());
    let policy = "content=\"default-src 'none'; style-src 'sha256-";
    assert!(page.contains(policy), "{page}");
    for tag in tags(&page) {
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(
            !["script", "iframe", "object", "embed", "img", "form", "base"].contains(&name),
            "{tag}"
        );
        assert!(!tag.contains(" style=") && !tag.contains(" on"), "{tag}");
        for link in ["href=\"", "src=\""].iter().filter_map(|a| tag.split_once(a)) {
            assert!(link.1.starts_with('#') || link.1.starts_with("data:,"), "{tag}");
        }
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
}

#[test]
fn every_picture_has_a_name_and_a_table_and_every_mark_is_one() {
    let judged = sample().into_iter().map(|rationale| Judged {
        rationale,
        talks: vec![conversation(7, peer(Some("c2.example"), None, Some(443)))],
    });
    let page = report(&crate::build(facts(), judged.collect(), true));
    let marks: Vec<&str> =
        page.split(" id=\"").skip(1).filter_map(|t| t.split('"').next()).collect();
    let unique: BTreeSet<&str> = marks.iter().copied().collect();
    assert_eq!(unique.len(), marks.len());
    let pictures: Vec<&str> = page.split("<svg").skip(1).collect();
    assert!(pictures.len() >= 5, "{}", pictures.len());
    for picture in pictures {
        let named = picture.split_once("aria-labelledby=\"").unwrap().1;
        for mark in named.split('"').next().unwrap().split(' ') {
            assert!(unique.contains(mark), "{mark}");
        }
        let after = picture.split_once("</svg>").unwrap().1;
        assert!(after.starts_with("<details><summary>"), "{after:.60}");
    }
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(unique.contains(target), "{target}");
    }
}

/// What the table of the sum says: steps, and the total.
fn told(page: &str) -> (Vec<f64>, f64) {
    let cells = |class: &str| {
        let mark = format!("<td class=\"n {class}\">");
        let found = page.split(&mark).skip(1).filter_map(|rest| rest.split('<').next());
        found.map(|text| text.parse().unwrap()).collect::<Vec<f64>>()
    };
    (cells("adds"), cells("total")[0])
}

proptest! {
    #[test]
    fn the_steps_shown_add_up_to_the_verdict(
        prior in -12.0f64..-2.0, groups in prop::collection::vec(0.0f64..6.8, 0..7), sure: bool,
    ) {
        let mut item = item("scan", Group::Behaviour, 14.0, About::Host { peer: None });
        item.certain = sure;
        let sum = prior + groups.iter().sum::<f64>();
        let own = 1.0 / (1.0 + (-sum).exp());
        let probability = if sure { own.max(0.99) } else { own };
        let mut host = rationale("10.0.0.1", Verdict::Infected, probability, vec![item]);
        host.prior_log_odds = prior;
        host.groups = Group::ALL.into_iter().zip(&groups)
            .map(|(group, nats)| GroupScore { group, raw: *nats, capped: *nats }).collect();
        let (steps, total) = told(&report(&build(facts(), vec![host], false)));
        let shown: f64 = steps.iter().map(|n| (n * 100.0).round()).sum();
        prop_assert_eq!(shown, (total * 100.0).round());
        let lifted = steps.len() - 1 - groups.len();
        prop_assert!(lifted == 0 || (lifted == 1 && sure && own < 0.99), "{}", lifted);
        let verdict = 1.0 / (1.0 + (-total).exp());
        prop_assert!((verdict - probability).abs() < 0.012, "{} {}", verdict, probability);
    }
}

#[test]
fn a_certain_item_lifts_the_sum_in_a_step_of_its_own() {
    let mut sure = item("scan", Group::Behaviour, 14.0, About::Host { peer: None });
    sure.certain = true;
    let mut host = rationale("10.0.0.1", Verdict::Infected, 0.99, vec![sure]);
    host.groups = vec![GroupScore { group: Group::Behaviour, raw: 14.0, capped: 6.8 }];
    let document = build(facts(), vec![host], false);
    let steps = steps(&document.hosts[0]);
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["before any evidence", "behaviour", "certain item"]);
    // logit(0.99) is 4.595; each step is rounded.
    assert_eq!(steps.last().map(|step| step.sum), Some(459));
    let page = report(&document);
    assert!(page.contains("capped from 14.00") && page.contains("convicts alone"));
}

#[test]
fn of_very_many_hosts_the_page_stays_readable() {
    let hosts: Vec<_> = (0u32..3000)
        .map(|n| {
            let host = format!("10.0.{}.{}", n >> 8, n & 255);
            let about = talk(peer(Some("a.example"), None, None));
            rationale(&host, Verdict::Suspect, 0.5, vec![item("beacon", Group::Timing, 4.0, about)])
        })
        .collect();
    let page = report(&build(facts(), hosts, false));
    assert_eq!(page.matches("<article").count(), 150);
    assert!(page.contains("1,000 more hosts are in the report as JSON."));
    assert!(page.len() < 2_000_000, "{}", page.len());
}

#[test]
fn a_report_on_nothing_is_a_page_too() {
    let page = report(&build(crate::Facts::default(), vec![], true));
    assert!(page.contains("No inside host was seen") && page.ends_with("</html>\n"), "{page}");
    assert!(!page.contains("NaN") && !page.contains("inf\""));
}
