//! What every page is wrapped in: the policy that forbids everything but its own style, the
//! landmarks, and the style itself.
//!
//! Nothing is loaded from anywhere and nothing runs: there is no script, and the policy would stop
//! one.

use std::sync::OnceLock;

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// A page to be wrapped.
pub struct Page<'a> {
    /// Its title, for the window and for those who list windows.
    pub title: &'a str,
    /// What kind of page it is, beside the name of the product.
    pub kind: &'a str,
    /// Its first heading, and what belongs to it.
    pub head: Markup,
    /// Everything else.
    pub body: Markup,
    /// The last line.
    pub foot: Markup,
}

/// The policy: no script, no request, no frame, no form; only the style with this hash.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = BASE64.encode(&Sha256::digest(STYLE));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; \
             form-action 'none'"
        )
    })
}

/// The whole page as one file.
pub fn page(page: Page<'_>) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (page.title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    p.brand { "Ostium" span.muted { (page.kind) } }
                    (page.head)
                }
                main #main tabindex="-1" { (page.body) }
                footer { (page.foot) }
            }
        }
    };
    let mut text = whole.into_string();
    text.push('\n');
    text
}
