//! The project's own chores: `cargo xtask COMMAND`.
//!
//! A chore reads the tree and runs the ordinary tools; it never changes a file unless its name
//! says so (`new-...`, `names`, `picture`) or it is told to (`habits --write`, `rita --write` and others).
//! A tool that is not installed is a skip that is said, never a pass.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a chore measures how long it takes; event time is no concern of it"
)]

mod args;
mod bench;
mod deb;
mod differ;
mod fuzz;
mod habits;
mod layers;
mod live;
mod measure;
mod names;
mod picture;
mod product;
mod proto;
mod rita;
mod run;
mod scaffold;
mod sizes;
mod source;
mod steps;
mod test;
mod tidy;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::Args;

/// `Ok(false)` is a check that failed; an error is a chore that could not be done.
type Outcome = Result<bool, Box<dyn Error>>;

struct Chore {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&Path, Args) -> Outcome,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        about: "run every check, or those named, and count what passed",
        help: test::HELP,
        run: test::main,
    },
    Chore {
        name: "layers",
        about: "check who may depend on whom",
        help: layers::HELP,
        run: layers::main,
    },
    Chore {
        name: "tidy",
        about: "check the shape of the source: headers, sizes, lints, leftovers",
        help: tidy::HELP,
        run: tidy::main,
    },
    Chore {
        name: "new-detector",
        about: "copy the detector template under a new name",
        help: scaffold::DETECTOR_HELP,
        run: scaffold::detector,
    },
    Chore {
        name: "new-parser",
        about: "copy the parser template under a new name",
        help: scaffold::PARSER_HELP,
        run: scaffold::parser,
    },
    Chore {
        name: "habits",
        about: "compare docs/habits.md with the habits of made-up worlds, or write it",
        help: habits::HELP,
        run: habits::main,
    },
    Chore {
        name: "bench",
        about: "time `ostium analyze` against nfpcapd on one capture",
        help: bench::HELP,
        run: bench::main,
    },
    Chore { name: "deb", about: "make the Debian package", help: deb::HELP, run: deb::main },
    Chore {
        name: "differ",
        about: "compare what we read of DNS, TLS and HTTP in captures with tshark",
        help: differ::HELP,
        run: differ::main,
    },
    Chore {
        name: "fuzz",
        about: "run the fuzz targets, all or those named, and count edges",
        help: fuzz::HELP,
        run: fuzz::main,
    },
    Chore {
        name: "names",
        about: "train the model of domain names from a corpus",
        help: NAMES_HELP,
        run: train_names,
    },
    Chore {
        name: "rita",
        about: "hold the beacon detector against RITA's score, or write docs/beacons.md",
        help: rita::HELP,
        run: rita::main,
    },
    Chore {
        name: "sizes",
        about: "measure how much memory a flow, a conversation and a host take",
        help: sizes::HELP,
        run: sizes::main,
    },
    Chore {
        name: "live",
        about: "measure the whole sensor on the wire, in network namespaces of its own",
        help: live::HELP,
        run: live::main,
    },
    Chore {
        name: "proto",
        about: "make the Rust of the protocol's .proto files, or check it",
        help: proto::HELP,
        run: proto::main,
    },
    Chore {
        name: "picture",
        about: "draw what `ostium demo` prints and writes, for the README",
        help: picture::HELP,
        run: picture::main,
    },
];

const NAMES_HELP: &str = "\
usage: cargo xtask names --corpus DIR

Trains the model of domain names from the lists in DIR and writes it into the source tree.";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        println!("{}", overview());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        println!("{}", overview());
        return ExitCode::SUCCESS;
    }
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("xtask: unknown chore '{name}'\n\n{}", overview());
        return ExitCode::from(2);
    };
    let args = Args::new(words);
    if args.wants_help() {
        println!("{}\n\n{}", chore.about, chore.help);
        return ExitCode::SUCCESS;
    }
    match (chore.run)(&root(), args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask {name}: {error}");
            ExitCode::from(2)
        }
    }
}

fn overview() -> String {
    let mut text = String::from("usage: cargo xtask CHORE [--help] [ARGS]\n\n");
    for chore in CHORES {
        text.push_str(&format!("  {:<13} {}\n", chore.name, chore.about));
    }
    text
}

/// The root of the workspace, wherever the command was typed.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    here.as_deref().and_then(Path::parent).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn train_names(root: &Path, mut args: Args) -> Outcome {
    let corpus = args.value("--corpus")?.ok_or("no corpus given; say --corpus DIR")?;
    args.done()?;
    names::train(root, Path::new(&corpus))?;
    Ok(true)
}
