//! What `data/derived` is made from: the model of machine-made names, and the lists.
//!
//! Same corpus, same bytes out: everything runs in a fixed order, on integers where it counts. The
//! model is statistics of names; only lists whose licence allows it are copied as lists.

mod corpus;
mod fit;
mod language;
mod lists;
mod train;
mod trial;

use std::error::Error;
use std::fs;
use std::path::Path;

/// Writes the lists, trains the model, writes `data/derived/dga-model.txt` and prints what it does on
/// families and names that it never saw.
///
/// The lists that the trainer itself uses were built in: when they change, run it once more.
pub(crate) fn train(root: &Path, corpus: &Path) -> Result<(), Box<dyn Error>> {
    lists(root, corpus)?;
    let samples = corpus::Samples::read(corpus)?;
    let model = train::model(&samples)?;
    let text = format!("{}{}", train::HEADER, model.write());
    write(root, "dga-model.txt", &text)?;
    trial::print(&model, &samples);
    Ok(())
}

/// Writes the lists of `data/derived`.
pub(crate) fn lists(root: &Path, corpus: &Path) -> Result<(), Box<dyn Error>> {
    for (file, text) in lists::all(corpus)? {
        write(root, file, &text)?;
    }
    Ok(())
}

fn write(root: &Path, file: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let path = root.join("data/derived").join(file);
    fs::write(&path, text)
        .map_err(|error| format!("cannot write '{}': {error}", path.display()))?;
    println!("wrote data/derived/{file}: {} bytes", text.len());
    Ok(())
}
