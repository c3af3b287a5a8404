//! Readable: on a phone, in the dark, on paper, by keyboard, and aloud.

use super::*;

/// Elements that stick out of the window though nothing lets them scroll.
const STICKING_OUT: &str = "[...document.querySelectorAll('body *')].filter(e => {\
    const box = e.getBoundingClientRect();\
    return box.width > 0 && !e.closest('.scroll, .skip') && !e.closest('svg') && box.right > innerWidth + 0.5;\
    }).map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 60))";

/// Text that stands out too little from its ground (WCAG 2.1 AA): 4.5 to 1, or 3 to 1 when large.
const TOO_FAINT: &str = "(() => {\
    const parse = c => c.match(/[\\d.]+/g).map(Number);\
    const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;\
    const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);\
    const ground = e => { for (; e; e = e.parentElement) {\
        const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }\
        return [255, 255, 255]; };\
    const faint = [];\
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);\
    let texts = 0;\
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {\
        const e = n.parentElement;\
        if (!n.data.trim() || e.closest('title, desc')) continue;\
        texts++;\
        const style = getComputedStyle(e);\
        const ink = parse(e.closest('svg') ? style.fill : style.color);\
        const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);\
        const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;\
        const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;\
        if ((a + 0.05) / (b + 0.05) < least) faint.push(e.tagName + ' ' + n.data + ' ' + ink);\
    }\
    return texts < 100 ? ['only ' + texts + ' texts were looked at'] : [...new Set(faint)];\
    })()";

/// Bars that stand out too little (3 to 1).
const FAINT_BARS: &str = "[...document.querySelectorAll('.plot rect:not(.whole)')].filter(r => {\
    const parse = c => c.match(/[\\d.]+/g).map(Number);\
    const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;\
    const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);\
    const card = getComputedStyle(r.closest('.card')).backgroundColor;\
    const [a, b] = [light(parse(getComputedStyle(r).fill)), light(parse(card))].sort((x, y) => y - x);\
    return (a + 0.05) / (b + 0.05) < 3;\
    }).map(r => r.getAttribute('class') + getComputedStyle(r).fill)";

const OPEN_ALL: &str = "document.querySelectorAll('details').forEach(d => d.open = true)";

#[test]
fn nothing_sticks_out_of_a_phone() {
    let Some(mut page) = open("phone", world()) else { return };
    for width in [320, 375, 768, 1280, 2000] {
        page.screen(width, 640, 1.0).unwrap();
        for every in ["0", OPEN_ALL] {
            page.ask(every).unwrap();
            let wide = number(&mut page, "document.documentElement.scrollWidth");
            assert!(wide <= f64::from(width), "{wide} at {width}");
            assert_eq!(words(&mut page, STICKING_OUT), [""; 0], "at {width}");
        }
    }
}

#[test]
fn words_of_pictures_do_not_leave_them_or_overlap() {
    let Some(mut page) = open("words", world()) else { return };
    let overlap = "[...document.querySelectorAll('svg.plot')].flatMap(svg => {\
        const own = svg.getBoundingClientRect();\
        const boxes = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim())\
            .map(t => [t, t.getBoundingClientRect()]).filter(([t, b]) => b.width > 0);\
        const out = boxes.filter(([t, b]) => b.left < own.left - 1 || b.right > own.right + 1);\
        const over = boxes.filter(([t, b], i) => boxes.some(([u, c], j) => i < j &&\
            b.left < c.right && c.left < b.right && b.top + 3 < c.bottom && c.top + 3 < b.bottom));\
        return [...out, ...over].map(([t]) => t.textContent);\
        })";
    for width in [320, 1280] {
        page.screen(width, 640, 1.0).unwrap();
        page.ask(OPEN_ALL).unwrap();
        assert_eq!(words(&mut page, overlap), [""; 0], "at {width}");
    }
}

#[test]
fn letters_and_bars_stand_out_in_light_and_dark() {
    let Some(mut page) = open("contrast", world()) else { return };
    page.ask(OPEN_ALL).unwrap();
    for dark in [false, true] {
        page.media(Media { dark, ..Media::default() }).unwrap();
        let ground = page.ask("getComputedStyle(document.body).backgroundColor").unwrap();
        assert_eq!(ground == "rgb(14, 19, 26)", dark, "{ground}");
        assert_eq!(words(&mut page, TOO_FAINT), [""; 0], "dark: {dark}");
        assert_eq!(words(&mut page, FAINT_BARS), [""; 0], "dark: {dark}");
    }
}

#[test]
fn who_hears_the_page_hears_all_of_it() {
    let Some(mut page) = open("aloud", world()) else { return };
    let heard = page.told_aloud().unwrap();
    let of = |role: &str| -> Vec<&str> {
        heard.iter().filter(|(r, _)| r == role).map(|(_, name)| name.as_str()).collect()
    };
    for landmark in ["banner", "main", "contentinfo"] {
        assert_eq!(of(landmark).len(), 1, "{landmark}");
    }
    assert_eq!(of("region"), ["Summary", "Hosts", "Evidence", "Indicators", "The run"]);
    let hosts: Vec<&str> = world().hosts.iter().map(|host| host.host.as_str()).collect();
    assert_eq!(of("article"), hosts);
    let pictures = [of("image"), of("img"), of("SvgRoot")].concat();
    let sums = pictures.iter().filter(|name| name.contains("infected: 9"));
    assert_eq!(sums.count(), 3, "{pictures:?}");
    let drawn = number(
        &mut page,
        "[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).length",
    );
    assert_eq!(pictures.len() as f64, drawn);
    assert!(pictures.iter().all(|name| name.len() > 20), "{pictures:?}");
    assert!(pictures.iter().any(|name| name.contains("Intervals between messages sent")));
    assert!(pictures.iter().any(|name| name.contains("Activity over time")));
    // Every picture has its numbers as a table next to it.
    let without = "[...document.querySelectorAll('figure')].filter(f => \
        !f.querySelector('svg[role=img]') || f.querySelectorAll('table tbody tr').length < 1)\
        .map(f => f.textContent)";
    assert_eq!(words(&mut page, without), [""; 0]);
    let levels = "(() => { let last = 0; return [...document.querySelectorAll('h1,h2,h3,h4,h5')]\
        .filter(h => { const level = +h.tagName[1], jump = level > last + 1; last = level; return jump; })\
        .map(h => h.textContent) })()";
    assert_eq!(words(&mut page, levels), [""; 0], "no level of heading is left out");
}

#[test]
fn the_keyboard_reaches_everything() {
    let Some(mut page) = open("keys", world()) else { return };
    page.press("Tab").unwrap();
    assert_eq!(page.ask("document.activeElement.className").unwrap(), "skip");
    let left = number(&mut page, "document.activeElement.getBoundingClientRect().left");
    assert!(left >= 0.0, "the link to skip is seen when it is reached");
    page.press("Enter").unwrap();
    assert_eq!(page.ask("location.hash").unwrap(), "#main");
    page.press("Tab").unwrap();
    assert_eq!(page.ask("document.activeElement.tagName").unwrap(), "SUMMARY");
    page.press("Enter").unwrap();
    assert_eq!(page.ask("document.activeElement.parentElement.open").unwrap(), true);
    page.press("Tab").unwrap();
    assert_eq!(page.ask("document.activeElement.hash").unwrap(), "#h0");
    let outline = page.ask("getComputedStyle(document.activeElement).outlineStyle").unwrap();
    assert_eq!(outline, "solid", "where the keyboard is can be seen");
}

#[test]
fn still_for_those_who_ask_and_plain_on_paper() {
    let Some(mut page) = open("media", world()) else { return };
    let scrolling = "getComputedStyle(document.documentElement).scrollBehavior";
    assert_eq!(page.ask(scrolling).unwrap(), "smooth");
    page.media(Media { still: true, ..Media::default() }).unwrap();
    assert_eq!(page.ask(scrolling).unwrap(), "auto");
    page.media(Media { print: true, dark: true, still: false }).unwrap();
    let ground = "getComputedStyle(document.querySelector('.card')).backgroundColor";
    assert_eq!(page.ask(ground).unwrap(), "rgb(255, 255, 255)", "no ink for the ground");
    assert_eq!(words(&mut page, TOO_FAINT), [""; 0]);
}

/// An evaluation of the demonstration world, and of a case that is refused.
fn evaluation() -> ostium_eval::Evaluation {
    let text = "[[case]]\nname = \"demo\"\nscenario = \"demo\"\nuse = \"train\"\n\
                [[case]]\nname = \"<b>gone</b>\"\ninputs = [\"gone.pcap\"]\nuse = \"test\"\n";
    let manifest = ostium_eval::Manifest::parse(text, ".".into()).unwrap();
    let options = ostium_eval::Options { threads: 2, memory: 1 << 28 };
    let tried = ostium_eval::run(&manifest.cases, &manifest.base, options, &mut |_| {}, &|| true);
    ostium_eval::Evaluation::of(&tried, 2)
}

#[test]
fn the_page_of_an_evaluation_is_as_readable_and_as_quiet() {
    let Some(mut page) = browser() else { return };
    show(&mut page, "evaluation", &ostium_eval::page(&evaluation()));
    assert_eq!(page.said().unwrap().complaints, [""; 0]);
    for (width, dark) in [(320, false), (1280, true)] {
        page.screen(width, 640, 1.0).unwrap();
        page.media(Media { dark, ..Media::default() }).unwrap();
        page.ask(OPEN_ALL).unwrap();
        let wide = number(&mut page, "document.documentElement.scrollWidth");
        assert!(wide <= f64::from(width), "{wide} at {width}");
        assert_eq!(words(&mut page, STICKING_OUT), [""; 0], "at {width}");
        assert_eq!(words(&mut page, TOO_FAINT), [""; 0], "dark: {dark}");
    }
    let heard = page.told_aloud().unwrap();
    let regions: Vec<&str> =
        heard.iter().filter(|(role, _)| role == "region").map(|(_, name)| name.as_str()).collect();
    for name in ["Cases that thresholds may be set on", "By kind of infection", "Infected hosts"] {
        assert!(regions.contains(&name), "{name} in {regions:?}");
    }
    let refused = page.ask("document.querySelector('#unread + div dt').textContent").unwrap();
    assert_eq!(refused, "<b>gone</b> refused");
}
