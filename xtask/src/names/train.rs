//! From samples to a model. Three parts that never mix: labels that teach the character models,
//! labels that fit and calibrate the weights, labels and families that only the trial sees.

use std::error::Error;
use std::ops::Range;

use ostium_names::dga::{FEATURES, Model, Trigrams, Weights, class_of, features};

use super::corpus::{Family, Samples, Use, hash};
use super::fit::{self, Point};
use super::language::Counts;

pub(crate) const HEADER: &str = "\
# Which domain names machines make: two character models and the weights that compare them.
# source: counts over names of people (opendns/public-domain-lists; SuperCowPowers/data_hacking
#   alexa_100k; errantmind/faf-dns-bench top-65535) and of generators
#   (baderj/domain_generation_algorithms; andrewaeva/DGA)
# licence: statistics of these names, and no name of any list; Apache-2.0, as the rest of Ostium
# command: cargo xtask names --corpus ../shared/corpus
# w: class of length, constant and weights, then upper bound and nats of each bin, in thousandths
# p, m: cost of each symbol after two symbols, for people and for machines; '!' is 0, a step is 1/6 bit
";

/// Folds of people's labels: which teach, fit and calibrate; the rest is for the trial.
const TEACH: Range<u64> = 0..4;
const FIT: Range<u64> = 4..6;
const CALIBRATE: Range<u64> = 6..8;

pub(crate) fn model(samples: &Samples) -> Result<Model, Box<dyn Error>> {
    let (human, machine) = languages(samples).ok_or("a character model is not whole")?;
    let weights = (0..=class_of(usize::MAX))
        .map(|class| class_weights(class, samples, &human, &machine))
        .collect();
    Model::new(human, machine, weights).ok_or_else(|| "a class of length is missing".into())
}

fn languages(samples: &Samples) -> Option<(Trigrams, Trigrams)> {
    let mut people = Counts::new();
    for human in samples.humans.iter().filter(|h| TEACH.contains(&h.fold)) {
        people.add(&human.label, 1);
    }
    let mut machines = Counts::new();
    for family in samples.families.iter().filter(|f| f.use_ == Use::Taught) {
        let labels: Vec<&String> = part(family, 0).collect();
        // Small families count more for each label, up to twenty times.
        let weight = (2000 / labels.len().max(1)).clamp(1, 20) as u64;
        for label in labels {
            machines.add(label, weight);
        }
    }
    Some((people.trigrams()?, machines.trigrams()?))
}

/// A third of a family's labels: 0 teaches, 1 fits, 2 calibrates.
fn part(family: &Family, third: u64) -> impl Iterator<Item = &String> {
    let wanted = move |label: &&String| (hash(label) >> 23) % 3 == third;
    family.labels.iter().filter(wanted)
}

fn class_weights(class: usize, samples: &Samples, human: &Trigrams, machine: &Trigrams) -> Weights {
    let shape = |label: &str| {
        (class_of(label.len()) == class).then(|| features(label.as_bytes(), human, machine))?
    };
    let points = |folds: Range<u64>, third: u64| {
        let mut points = people_points(samples, folds, &shape);
        let people: f64 = points.iter().map(|point| point.weight).sum();
        let families = machine_shapes(samples, third, &shape);
        // All machines weigh as much as all people, and every family as much as any other.
        let share = people / families.len().max(1) as f64;
        for shapes in families {
            let weight = share / shapes.len().max(1) as f64;
            points.extend(shapes.into_iter().map(|features| Point {
                features,
                machine: true,
                weight,
            }));
        }
        points
    };
    fit::weights(class, &points(FIT, 1), &points(CALIBRATE, 2))
}

/// Labels of people, each with a slip of the fingers: what does not exist is often one.
fn people_points(samples: &Samples, folds: Range<u64>, shape: &Shaping<'_>) -> Vec<Point> {
    let mut points = Vec::new();
    for person in samples.humans.iter().filter(|h| folds.contains(&h.fold)) {
        let slip = slip(&person.label);
        for (label, weight) in [(&person.label, 1.0), (&slip, 0.5)] {
            points.extend(shape(label).map(|features| Point { features, machine: false, weight }));
        }
    }
    points
}

type Shape = [f32; FEATURES];
/// From a label to its shape; none when it is of another class of length.
type Shaping<'a> = dyn Fn(&str) -> Option<Shape> + 'a;

/// The labels of each family that has enough of them in a class of length.
fn machine_shapes(samples: &Samples, third: u64, shape: &Shaping<'_>) -> Vec<Vec<Shape>> {
    samples
        .families
        .iter()
        .filter(|family| family.use_ != Use::HeldOut)
        .map(|family| part(family, third).filter_map(|label| shape(label)).collect())
        .filter(|shapes: &Vec<Shape>| shapes.len() >= 5)
        .collect()
}

/// A label as hurried fingers type it: two characters swapped, one lost, doubled or replaced.
pub(crate) fn slip(label: &str) -> String {
    let mut bytes = label.as_bytes().to_vec();
    let roll = hash(label);
    let at = (roll >> 8) as usize % bytes.len().max(1);
    match roll % 4 {
        0 if at + 1 < bytes.len() => bytes.swap(at, at + 1),
        1 if bytes.len() > 1 => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, bytes[at]),
        _ => bytes[at] = b'a' + (roll >> 40) as u8 % 26,
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_changes_little_and_always_alike() {
        for label in ["a", "bookshop", "weatherstation"] {
            let slipped = slip(label);
            assert!(slipped.len().abs_diff(label.len()) <= 1, "{slipped}");
            assert_eq!(slipped, slip(label));
        }
        assert!(["bookshop", "garden", "window", "station"].iter().any(|l| slip(l) != *l));
    }
}
