//! What one name costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

const NAMES: &[&str] =
    &["xjqzkvwpfhtb.com", "weatherstation.com", "k3v9q0zx7hw1pd.net", "mybookshop.co.uk"];

fn look_up(c: &mut Criterion) {
    let mut each = |name: &str, ask: &dyn Fn(&str) -> bool| {
        c.bench_function(name, |b| {
            let mut names = NAMES.iter().cycle();
            b.iter(|| ask(black_box(names.next().copied().unwrap_or_default())));
        });
    };
    each("dga_llr", &|name| ostium_names::dga_llr(name) > 0.0);
    each("registrable", &|name| ostium_names::registrable(name).is_some());
    each("popularity", &|name| ostium_names::popularity(name).is_some());
    each("is_infrastructure", &ostium_names::is_infrastructure);
    each("is_shared_hosting", &ostium_names::is_shared_hosting);
}

criterion_group!(benches, look_up);
criterion_main!(benches);
