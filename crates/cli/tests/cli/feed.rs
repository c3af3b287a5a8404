//! `feed conform` against ours, and against followers that are wrong each in another way.

use super::*;

fn conform(more: &[&str], subject: &[&str]) -> Ran {
    let args = [&["feed", "conform"], more, &["--"], subject].concat();
    ostium(&args)
}

#[test]
fn our_follower_conforms() {
    let ran = conform(&[], &[env!("CARGO_BIN_EXE_ostium"), "feed", "follow"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let held = ran.out.lines().filter(|line| line.starts_with("holds  ")).count();
    assert!(held > 20 && ran.out.ends_with(&format!("{held} of {held} scenarios hold\n")));
}

/// Takes what comes for a key, whoever signed it.
const CREDULOUS: &str = r#"read -r first
while read -r line; do echo '{"took":"key","epoch":0,"seq":0,"state":"00000000000000000000000000000000"}'; done"#;

#[test]
fn a_credulous_follower_is_found_out() {
    let ran = conform(&["--only", "forged"], &["sh", "-c", CREDULOUS]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let said = "answered {\"took\":\"key\",\"epoch\":0,\"seq\":0";
    assert!(
        ran.out.contains(said) && ran.out.contains("{\"refused\":\"forged\"} is right"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("step 2 of") && ran.out.ends_with("0 of 1 scenarios hold\n"));
}

#[test]
fn silence_noise_and_an_early_end_are_said() {
    for (script, words) in [
        ("exec sleep 60", "no answer within 500ms"),
        ("read -r first; read -r line; exit 3", "it ended without an answer"),
        ("read -r first; read -r line; echo hello; exec sleep 60", "its answer is none: hello"),
        ("read -r first; read -r line; echo '{\"took\":1}'; exec sleep 60", "its answer is none"),
        ("yes", "its answer is none: y"),
    ] {
        let ran = conform(&["--only", "replay", "--timeout", "0.5"], &["sh", "-c", script]);
        assert_eq!(ran.code, Some(1), "{script}: {}", ran.err);
        assert!(ran.out.contains(words), "{script}: {}", ran.out);
    }
}

#[test]
fn what_cannot_be_run_is_said() {
    let ran = conform(&[], &["no-such-program"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.starts_with("ostium: cannot start no-such-program"), "{}", ran.err);
    let ran = conform(&["--only", "nothing"], &["sh"]);
    assert!(ran.code == Some(1) && ran.err.contains("--list names them"), "{}", ran.err);
    let list = ostium(&["feed", "conform", "--list"]);
    assert!(list.code == Some(0) && list.out.contains("\nrotation "), "{}", list.out);
    assert_eq!(ostium(&["feed", "conform"]).code, Some(2));
    let ran = ostium_fed(&["feed", "follow"], b"hello\n");
    assert!(ran.code == Some(1) && ran.err.contains("cannot understand a line"), "{}", ran.err);
}
