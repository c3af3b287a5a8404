//! `cargo xtask eval`: judges the labelled cases of a corpus with a release build.
//!
//! Bias: good and bad results are told alike, and what cannot be counted is set apart instead of
//! left out. Failure choice: a run that ends by a signal or by its patience is a failed check; an
//! input that the product refuses is a result.

mod judged;
mod manifest;
mod page;
mod protocols;

use std::error::Error;
use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::product::release;

use judged::{Judged, Product};
use manifest::Case;

pub(crate) const HELP: &str = "\
usage: cargo xtask eval --corpus DIR [--write]

Builds the release, runs `ostium analyze` on every case of DIR/manifest.toml and on every capture
below DIR/protocols, and prints the result as Markdown. --write puts it into docs/evaluation.md
instead; what stands between its marks `notes` is kept.
Fails when a run crashes or does not end.";

/// Where the result goes.
const PAGE: &str = "docs/evaluation.md";

/// A case, and what came of it.
struct Tried {
    case: Case,
    judged: Judged,
}

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let corpus = args.value("--corpus")?.ok_or("no corpus given; say --corpus DIR")?;
    let write = args.switch("--write");
    args.done()?;
    let corpus = Path::new(&corpus)
        .canonicalize()
        .map_err(|e| format!("cannot find the corpus {corpus}: {e}"))?;
    let product = Product { root, binary: release(root)?, corpus: &corpus };
    let cases = manifest::read(&corpus.join("manifest.toml"))?;
    let tried = try_all(&product, cases)?;
    let protocols = protocols::try_all(&product)?;
    let page_path = root.join(PAGE);
    let notes = page::notes(&std::fs::read_to_string(&page_path).unwrap_or_default());
    let page = page::page(&tried, &protocols, &notes);
    if write {
        std::fs::write(&page_path, page).map_err(|e| format!("cannot write {PAGE}: {e}"))?;
        eprintln!("     wrote {PAGE}");
    } else {
        print!("{page}");
    }
    let crashed = tried.iter().filter(|tried| tried.judged.crashed()).count()
        + protocols.iter().filter(|tried| tried.judged.crashed()).count();
    if crashed > 0 {
        eprintln!("     {crashed} runs crashed or did not end");
    }
    Ok(crashed == 0)
}

fn try_all(product: &Product<'_>, cases: Vec<Case>) -> Result<Vec<Tried>, Box<dyn Error>> {
    let mut tried = Vec::new();
    for case in cases {
        eprintln!("     {}", case.name);
        let judged = product.judge(&case.home, &case.inputs)?;
        tried.push(Tried { case, judged });
    }
    Ok(tried)
}
