//! Pictures of the page that `ostium demo --html` writes, taken by a real browser.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use data_encoding::BASE64;
use ostium_browser::{Browser, Media, Page, address_of};

use crate::run::{run, succeeds};

/// A picture to take.
struct Screen {
    file: &'static str,
    /// Width and height in pixels of the style, and how much finer the picture is.
    size: (u32, u32, f64),
    dark: bool,
    /// What is brought to the upper edge.
    at: &'static str,
}

const SCREENS: [Screen; 2] = [
    Screen { file: "docs/report-page.png", size: (1240, 920, 1.0), dark: false, at: "#h2" },
    Screen { file: "docs/report-phone.png", size: (390, 800, 1.5), dark: true, at: "body" },
];

/// The largest picture that may go into the repository.
const LARGEST: u64 = 200_000;

/// Takes all pictures of the page of `ostium demo`.
pub(super) fn take(root: &Path, product: &Path) -> Result<(), Box<dyn Error>> {
    let program = ostium_browser::find().ok_or(
        "no Chromium here, so the pictures of the page stay as they are; \
         install it (Debian: apt-get install chromium) or name it in OSTIUM_BROWSER",
    )?;
    let folder = root.join("target").join("xtask");
    fs::create_dir_all(&folder)?;
    let html = folder.join("demo.html");
    let mut demo = Command::new(product);
    demo.args(["demo", "--alone", "--html"]).arg(&html);
    let ran = run(root, &mut demo, Duration::from_secs(120))?;
    if !ran.is_ok() {
        return Err(format!("ostium demo --html failed: {}\n{}", ran.reason(), ran.output).into());
    }
    let mut page = Page::new(Browser::start(&program, &folder)?)?;
    for screen in SCREENS {
        let (width, height, scale) = screen.size;
        page.screen(width, height, scale)?;
        page.media(Media { dark: screen.dark, still: true, print: false })?;
        page.open(&address_of(&html))?;
        page.ask(&format!("document.querySelector('{}').scrollIntoView()", screen.at))?;
        let path = root.join(screen.file);
        fs::write(&path, BASE64.decode(page.picture()?.as_bytes())?)?;
        shrink(&path);
        let size = fs::metadata(&path)?.len();
        if size > LARGEST {
            return Err(format!(
                "{} has {size} bytes, at most {LARGEST} may be kept; make the screen smaller",
                screen.file
            )
            .into());
        }
        println!("wrote {} ({} kB)", screen.file, size / 1000);
    }
    Ok(())
}

/// Packs a picture better, where there is a tool for it.
fn shrink(path: &Path) {
    if !succeeds(Command::new("optipng").args(["-quiet", "-o2"]).arg(path)) {
        println!("note: no optipng here, so {} is as the browser made it", path.display());
    }
}
