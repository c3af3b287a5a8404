//! Reports read back: the first line is what is asked about, the rest is the report.

use ostium_report::{Document, Paint, Target, table, why};

/// What `why` reads.
pub fn document(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (target, text) = bytes.split_at(end);
    let Ok(document) = serde_json::from_slice::<Document>(text) else {
        return true;
    };
    let target = Target::new(&String::from_utf8_lossy(target));
    let reasons = why(&document, &target);
    let part = target.of(&document);
    assert_eq!(reasons.is_some(), !part.hosts.is_empty(), "words and rows tell of the same");
    let _ = table(&document, Paint { colour: true, width: Some(80) });
    let written = serde_json::to_string(&document).unwrap_or_default();
    let again = serde_json::from_str::<Document>(&written);
    let same = again.is_ok_and(|again| again == document);
    assert!(same, "a report that is written is read as it was");
    true
}
