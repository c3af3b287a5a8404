//! A channel against a reference that keeps every question.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Which label of which domain is asked for, and by what type.
type Question = (u16, u8, RecordType);

fn label(n: u16) -> String {
    match n % 3 {
        0 => format!("{:08x}{:08x}", u32::from(n).wrapping_mul(0x9e37_79b9), n),
        1 => format!("word{}", char::from(b'a' + (n % 26) as u8)),
        _ => format!("a.{n}.mail"),
    }
}

fn domain(n: u8) -> String {
    format!("quiet-river{n}.example")
}

fn played(questions: &[Question]) -> Channel {
    let mut channel = Channel::default();
    for (turn, (n, under, kind)) in questions.iter().enumerate() {
        let at = Timestamp::from_secs(1 + turn as u64);
        channel.ask(at, &label(*n), &domain(*under), *kind);
    }
    channel
}

/// What all questions together tell.
#[derive(Debug, Default)]
struct Told {
    labels: Vec<(String, String, RecordType)>,
    queries: u32,
}

/// Questions sent again at once are one; the two families of addresses are one as well.
fn naive(questions: &[Question]) -> Told {
    let mut told = Told::default();
    let mut asked: BTreeSet<(String, String, u16)> = BTreeSet::new();
    let mut before = None;
    for (n, under, kind) in questions {
        let name = (label(*n), domain(*under));
        if before.replace(name.clone()).as_ref() == Some(&name) {
            // The other family, asked at once.
            asked.insert((name.0, name.1, kind.0));
            continue;
        }
        let has = |kind: RecordType| asked.contains(&(name.0.clone(), name.1.clone(), kind.0));
        let other = match *kind {
            RecordType::A => has(RecordType::AAAA) && !has(RecordType::A),
            RecordType::AAAA => has(RecordType::A) && !has(RecordType::AAAA),
            _ => false,
        };
        told.queries += u32::from(!other);
        asked.insert((name.0.clone(), name.1.clone(), kind.0));
        if !told.labels.iter().any(|(l, d, _)| (l, d) == (&name.0, &name.1)) {
            told.labels.push((name.0, name.1, *kind));
        }
    }
    told
}

fn question(labels: u16) -> impl Strategy<Value = Question> {
    let kinds =
        vec![RecordType::A, RecordType::A, RecordType::AAAA, RecordType::TXT, RecordType::MX];
    (0..labels, 0u8..3, prop::sample::select(kinds))
}

fn close(a: f64, b: f64, share: f64) -> bool {
    (a - b).abs() <= share * a.max(b) + 1e-9
}

proptest! {
    #[test]
    fn counts_what_all_questions_together_tell(
        questions in prop::collection::vec(question(40), 1..300),
    ) {
        let (channel, told) = (played(&questions), naive(&questions));
        prop_assert_eq!(channel.labels() as usize, told.labels.len());
        prop_assert_eq!(channel.queries(), told.queries);
        let once = told.labels.len() as f64 / f64::from(told.queries);
        prop_assert!(close(channel.once(), once, 0.0), "{} {once}", channel.once());
        let bits: f64 = told.labels.iter().map(|(l, ..)| l.len() as f64 * BITS).sum();
        prop_assert!(close(channel.bits(), bits, 1e-9));
        let of = |test: &dyn Fn(&str, RecordType) -> bool| {
            told.labels.iter().filter(|(l, _, kind)| test(l, *kind)).count() as f64
        };
        let all = told.labels.len() as f64;
        prop_assert_eq!(channel.looks_encoded(), of(&|l, _| is_encoded(l)) >= 0.7 * all);
        let data = |kind| !matches!(kind, RecordType::A | RecordType::AAAA);
        prop_assert_eq!(channel.carrying_types(), of(&|_, kind| data(kind)) >= 0.5 * all);
        let domains: BTreeSet<&String> = told.labels.iter().map(|(_, d, _)| d).collect();
        prop_assert_eq!(channel.domains() as usize, domains.len());
        for n in 0..4 {
            prop_assert_eq!(channel.is_under(&domain(n)), domains.contains(&domain(n)));
        }
        let span = (channel.first().secs(), channel.last().secs());
        prop_assert_eq!(span, (1, questions.len() as u64));
    }

    // Beyond those remembered, labels and bits are estimates; a channel's are exact.
    #[test]
    fn many_labels_are_told_apart_from_many_questions(
        labels in 1u16..1500, rounds in 1usize..6, start in 0u16..20_000,
        kind in prop::sample::select(vec![RecordType::A, RecordType::TXT]),
    ) {
        let all: Vec<Question> = (0..rounds)
            .flat_map(|_| (0..labels).map(|n| ((start + n) * 3, 0, kind)))
            .collect();
        let (channel, told) = (played(&all), naive(&all));
        let distinct = told.labels.len() as f64;
        prop_assert!(close(f64::from(channel.labels()), distinct, 0.01), "{channel:?}");
        let once = distinct / f64::from(told.queries);
        prop_assert!(close(channel.once(), once, 0.01), "{} {once}", channel.once());
        let bits: f64 = told.labels.iter().map(|(l, ..)| l.len() as f64 * BITS).sum();
        prop_assert!(close(channel.bits(), bits, 0.01), "{} {bits}", channel.bits());
    }

    #[test]
    fn replies_are_counted_by_what_they_carry(
        replies in prop::collection::vec((prop::option::of(0u8..4), any::<u32>()), 0..60),
    ) {
        let mut channel = Channel::default();
        replies.iter().for_each(|(rcode, bytes)| channel.reply(*rcode, *bytes));
        let good: Vec<f64> =
            replies.iter().filter(|r| r.0 == Some(0)).map(|r| f64::from(r.1)).collect();
        let mean = good.iter().sum::<f64>() / good.len().max(1) as f64;
        prop_assert!(close(channel.reply_bytes_each(), mean, 1e-9));
    }
}
