//! Nothing runs, nothing is asked for, and a hostile name is only text.

use super::*;

/// Names that would run, load, or break out if anything let them.
const NAMES: [&str; 6] = [
    "<script>document.title='owned';alert(1)</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "' onmouseover='alert(1)' x='",
    "</title></style></svg></bdi><script src=//192.0.2.1/x></script>",
    "\u{202e}moc.elpmaxe\u{2066}\u{0}\u{1b}[2J",
    "javascript:alert(1)",
];

/// The world, with this name wherever a name may stand.
fn poisoned(name: &str) -> Document {
    let mut document = world().clone();
    (document.site, document.version) = (name.to_owned(), name.to_owned());
    document.inputs = vec![name.to_owned()];
    document.blind = vec![name.to_owned()];
    document.totals.dropped = [(name.to_owned(), 1)].into();
    for row in &mut document.indicators {
        row.value = name.to_owned();
    }
    for host in &mut document.hosts {
        host.families = vec![name.to_owned()];
        for item in &mut host.evidence {
            item.summary = format!("calls {name} every 60 s");
            (item.peer, item.technique) = (name.to_owned(), name.to_owned());
        }
        for talk in &mut host.conversations {
            talk.peer = name.to_owned();
        }
    }
    document
}

#[test]
fn the_page_asks_for_nothing_and_complains_of_nothing() {
    let Some(mut page) = open("world", world()) else { return };
    let said = page.said().unwrap();
    assert_eq!(said.complaints, [""; 0]);
    let elsewhere = |address: &&String| !address.starts_with("data:,");
    let asked: Vec<&String> = said.requests.iter().filter(elsewhere).collect();
    assert_eq!(asked.len(), 1, "only the page itself: {asked:?}");
    assert!(asked[0].starts_with("file://") && asked[0].ends_with("world.html"));
    assert_eq!(number(&mut page, "document.scripts.length"), 0.0);
    // The policy lets the page's own style in: its hash is right.
    let ground = page.ask("getComputedStyle(document.body).backgroundColor").unwrap();
    assert_eq!(ground, "rgb(246, 248, 250)");
}

#[test]
fn a_script_that_got_in_would_not_run() {
    let Some(mut page) = open("policy", world()) else { return };
    page.ask(
        "for (const code of ['window.ran = 1', 'alert(1)']) {\
             const script = document.createElement('script');\
             script.textContent = code;\
             document.body.append(script);\
         }\
         document.body.insertAdjacentHTML('beforeend',\
             '<img src=\"https://192.0.2.1/x.png\" onerror=\"window.ran = 2\">\
              <p style=\"color:red\" id=styled>x</p>')",
    )
    .unwrap();
    assert_eq!(page.ask("typeof window.ran").unwrap(), "undefined");
    let colour = page.ask("getComputedStyle(styled).color").unwrap();
    assert_ne!(colour, "rgb(255, 0, 0)", "no style but the page's own");
    let said = page.said().unwrap();
    let refused = said.complaints.iter().filter(|c| c.contains("Content Security Policy")).count();
    assert!(refused >= 3, "{said:?}");
}

#[test]
fn a_hostile_name_is_only_text() {
    let Some(mut page) = open("tame", world()) else { return };
    page.said().unwrap();
    for name in NAMES {
        show(&mut page, "hostile", &html::report(&poisoned(name)));
        page.ask("document.querySelectorAll('details').forEach(d => d.open = true)").unwrap();
        let said = page.said().unwrap();
        assert_eq!(said.complaints, [""; 0], "{name}");
        assert_eq!(said.requests.iter().filter(|r| !r.starts_with("data:,")).count(), 1, "{name}");
        let strange = "[...document.querySelectorAll('*')].filter(e => \
            ['SCRIPT','IMG','IFRAME','OBJECT','FORM','BASE'].includes(e.tagName) || \
            [...e.attributes].some(a => a.name.startsWith('on'))).map(e => e.outerHTML)";
        assert_eq!(words(&mut page, strange), [""; 0], "{name}");
        let title = page.ask("document.title").unwrap();
        assert_eq!(title, "3 infected, 5 suspect of 16 inside hosts - Ostium", "{name}");
        // What cannot be printed is a mark, everything else is there as it was.
        let unseen = |c: char| c.is_control() || ('\u{2028}'..='\u{206f}').contains(&c);
        let shown: String = name.chars().map(|c| if unseen(c) { '\u{fffd}' } else { c }).collect();
        let peer = page.ask("document.querySelector('.talk h5').textContent").unwrap();
        assert_eq!(peer, shown.as_str());
    }
}

#[test]
fn a_name_that_fills_the_screen_does_not() {
    let Some(mut page) = open("long", &poisoned(&"long".repeat(2500))) else { return };
    page.screen(320, 640, 1.0).unwrap();
    let height = number(&mut page, "document.querySelector('.talk h5').offsetHeight");
    assert!(height < 400.0, "{height}");
    assert!(number(&mut page, "document.documentElement.scrollWidth") <= 320.0);
}
