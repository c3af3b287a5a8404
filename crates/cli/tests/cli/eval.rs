//! `ostium eval` as people and scripts run it.

use super::*;

/// A manifest with the world and a text that is no capture; its name in the folder.
fn manifest(name: &str) -> String {
    world();
    let mut labels = std::fs::read_to_string(folder().join("world.toml")).unwrap();
    // The labels name the capture as it was first called.
    let given = labels.lines().find(|line| line.starts_with("inputs")).unwrap().to_owned();
    labels = labels.replace(&given, "inputs = [\"world.pcap\"]");
    let bad = format!("{name}-no-capture.pcap");
    file(&bad, b"text");
    labels.push_str(&format!("[[case]]\nname = \"bad\"\ninputs = [\"{bad}\"]\nuse = \"train\"\n"));
    let name = format!("{name}.toml");
    file(&name, labels.as_bytes());
    name
}

#[test]
fn a_world_is_evaluated_in_every_form() {
    let manifest = manifest("forms");
    let ran = ostium(&["eval", &manifest]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for words in ["test: 3 of 3 infected hosts found", "refused", "dga"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let ran = ostium(&["eval", &manifest, "--format", "json", "--html", "eval.html"]);
    let value = json(&ran.out);
    assert_eq!((&value["schema"], &value["planned"]), (&"ostium.eval/1".into(), &2.into()));
    assert_eq!(value["totals"][1]["found"], 3);
    let why = value["cases"][1]["refused"].as_str().unwrap();
    assert!(why.starts_with("cannot tell what forms-no-capture.pcap is"), "{why}");
    let page = std::fs::read_to_string(folder().join("eval.html")).unwrap();
    assert!(page.contains("3 of 3 infected hosts found") && page.ends_with("</html>\n"));
    let threads = ostium(&["eval", &manifest, "--format", "json", "--threads", "4"]);
    assert_eq!(threads.out, ran.out, "threads change no byte");
    let ran = ostium(&["eval", &manifest, "--use", "train", "--format", "markdown"]);
    assert!(ran.out.starts_with("# Evaluation\n") && ran.out.contains("| bad |"), "{}", ran.out);
    assert!(!ran.out.contains("| test |"), "only what was asked for: {}", ran.out);
}

#[test]
fn notes_survive_and_no_other_page_is_overwritten() {
    let manifest = manifest("notes");
    let written = |name| std::fs::read_to_string(folder().join(name)).unwrap();
    let write = |name| ostium(&["eval", &manifest, "--case", "bad", "--quiet", "--write", name]);
    // A run before this one may have left its page.
    std::fs::remove_file(folder().join("evaluation.md")).ok();
    assert_eq!(write("evaluation.md").code, Some(0));
    let first = written("evaluation.md");
    assert!(first.contains("No notes yet."));
    file("evaluation.md", first.replace("No notes yet.", "A miss, explained.").as_bytes());
    assert_eq!(write("evaluation.md").code, Some(0));
    assert!(written("evaluation.md").contains("A miss, explained."));
    file("other.md", b"# Not ours\n");
    let ran = write("other.md");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("other.md is no page of ours"), "{}", ran.err);
    assert_eq!(written("other.md"), "# Not ours\n");
}

#[test]
fn what_cannot_be_done_says_why() {
    let manifest = manifest("wrong");
    for (args, words) in [
        (&["eval", "no-such.toml"][..], "cannot read no-such.toml"),
        (&["eval", &manifest, "--case", "ba"][..], "no case is called ba; there are bad"),
        (&["eval", &manifest, "--each", "no-such-folder"][..], "cannot read no-such-folder"),
        (&["eval", "world.pcap"][..], "cannot read world.pcap"),
    ] {
        let ran = ostium(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{args:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
    assert_eq!(ostium(&["eval"]).code, Some(2));
    assert_eq!(ostium(&["eval", &manifest, "--use", "tune"]).code, Some(2));
}
