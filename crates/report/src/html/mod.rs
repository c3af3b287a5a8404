//! The report as one page that needs nothing else: no network, no script, no font.
//!
//! Bias: what convicts comes first, and every number that a picture shows stands in a table too.
//! Bounded: of very many hosts the most suspicious are told in full, more are listed, and the page
//! says what it leaves out.

mod chart;
mod host;
mod shell;
mod summary;
mod talk;
mod waterfall;
mod words;

use maud::html;

pub use chart::{Bar, Bars};
pub use shell::{Page, page};
pub use words::Shown;

use crate::document::Document;

/// Hosts told in full, and hosts listed.
const DETAILED: usize = 150;
const LISTED: usize = 2000;

/// The report as a page.
pub fn report(document: &Document) -> String {
    let detailed = document.hosts.len().min(DETAILED);
    let site = match document.site.as_str() {
        "" => String::new(),
        site => format!(" of {}", Shown(site).plain()),
    };
    let span = document.span.as_ref();
    page(Page {
        title: &format!("{} - Ostium", crate::table::verdict_line(document)),
        kind: &format!("report{site}"),
        head: summary::head(document),
        body: html! {
            (summary::summary(document))
            (summary::overview(document, detailed, LISTED))
            @if detailed > 0 {
                section aria-labelledby="evidence" {
                    h2 #evidence { "Evidence" }
                    @for (place, row) in document.hosts.iter().take(detailed).enumerate() {
                        (host::host(place, row, span))
                    }
                    @if document.hosts.len() > detailed {
                        p.muted {
                            "The other hosts are told in full in the report as JSON, and by "
                            code { "ostium why" } "."
                        }
                    }
                }
            }
            (summary::indicators(document))
            (summary::run(document))
        },
        foot: html! {
            p {
                "Made by Ostium " (Shown(&document.version)) ", "
                (Shown(&document.schema)) ". All times are UTC. Nothing on this page is loaded from elsewhere."
            }
        },
    })
}

#[cfg(test)]
mod tests;
