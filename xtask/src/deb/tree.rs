//! The files of the package, each at its place with its rights.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::{Compression, GzBuilder};

use super::said;

/// What the package is made of besides the tree.
pub(super) struct Made {
    /// The program.
    pub(super) binary: PathBuf,
    /// Of the package.
    pub(super) version: String,
    /// Debian's name of it.
    pub(super) architecture: String,
    /// Libraries that the program needs, as `Depends` names them.
    pub(super) libraries: String,
    /// Of its change log, as RFC 5322 writes it.
    pub(super) date: String,
}

/// What is taken out of the tree as it is: where it stands, where it goes.
const COPIED: &[(&str, &str)] = &[
    ("packaging/ostium-sensor.service", "usr/lib/systemd/system/ostium-sensor.service"),
    ("packaging/ostium-hub.service", "usr/lib/systemd/system/ostium-hub.service"),
    ("packaging/debian/copyright", "usr/share/doc/ostium/copyright"),
    ("packaging/debian/overrides", "usr/share/lintian/overrides/ostium"),
    ("packaging/grafana/ostium-sensor.json", "usr/share/ostium/grafana/ostium-sensor.json"),
    ("data/NOTICE", "usr/share/doc/ostium/NOTICE"),
];

/// Scripts that dpkg runs.
const SCRIPTS: &[&str] = &["postinst", "prerm", "postrm"];

/// Shells, and where they look for completions.
const SHELLS: &[(&str, &str)] = &[
    ("bash", "usr/share/bash-completion/completions/ostium"),
    ("zsh", "usr/share/zsh/vendor-completions/_ostium"),
    ("fish", "usr/share/fish/vendor_completions.d/ostium.fish"),
];

const CONFIGURATION: &str = "etc/ostium/sensor.toml";
const DOCS: &str = "usr/share/doc/ostium";
const MAINTAINER: &str = "The authors of Ostium <ostium@example.org>";

/// A tree that grows.
struct Tree<'a> {
    at: &'a Path,
    /// What was put there, in order, without what dpkg keeps for itself.
    files: Vec<String>,
}

/// Lays out the package in `at`, which must not exist; what the program says of itself, its
/// configuration and its completions, is asked of the program.
pub(super) fn lay(root: &Path, at: &Path, made: &Made) -> Result<(), Box<dyn Error>> {
    let mut tree = Tree { at, files: Vec::new() };
    tree.put("usr/bin/ostium", &fs::read(&made.binary)?, 0o755)?;
    for (from, to) in COPIED {
        tree.put(to, &read(&root.join(from))?, 0o644)?;
    }
    tree.documents(root)?;
    let asked = |words: &[&str]| -> Result<Vec<u8>, Box<dyn Error>> {
        let text = said(Command::new(&made.binary).args(words), "ostium")?;
        Ok(format!("{text}\n").into_bytes())
    };
    tree.put(CONFIGURATION, &asked(&["sensor", "--print-config"])?, 0o644)?;
    for (shell, to) in SHELLS {
        tree.put(to, &asked(&["completions", shell])?, 0o644)?;
    }
    tree.put(&format!("{DOCS}/changelog.Debian.gz"), &packed(&changes(made))?, 0o644)?;
    tree.meta(root, made)
}

/// What goes into DEBIAN/control.
fn control(made: &Made, kibibytes: u64) -> String {
    format!(
        "Package: ostium\n\
         Version: {}\n\
         Architecture: {}\n\
         Maintainer: {MAINTAINER}\n\
         Installed-Size: {kibibytes}\n\
         Depends: adduser, {}\n\
         Recommends: nftables\n\
         Section: net\n\
         Priority: optional\n\
         Homepage: https://example.org/ostium\n\
         Description: names infected machines by the traffic that leaves a network\n \
         Ostium reads captures, logs of Zeek and Suricata, or live interfaces, and\n \
         names the machines inside that are infected, with the evidence in numbers.\n \
         The sensor can block what they call, by nftables and TCP resets.\n \
         .\n \
         Nothing is started before an interface is named in /etc/ostium/sensor.toml.\n",
        made.version, made.architecture, made.libraries
    )
}

/// The change log of the package; that of the program lies beside it.
fn changes(made: &Made) -> Vec<u8> {
    let Made { version, date, .. } = made;
    format!(
        "ostium ({version}) unstable; urgency=medium\n\n  * See changelog.gz for what changed in the \
         program.\n\n -- {MAINTAINER}  {date}\n"
    )
    .into_bytes()
}

fn packed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    out.write_all(bytes)?;
    out.finish()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

// === impl Tree ===

impl Tree<'_> {
    /// Puts a file there, whatever the umask.
    fn put(&mut self, to: &str, bytes: &[u8], mode: u32) -> std::io::Result<()> {
        let path = self.at.join(to);
        let folders: Vec<&Path> =
            path.ancestors().skip(1).take_while(|f| f.starts_with(self.at)).collect();
        for folder in folders.iter().rev().filter(|folder| !folder.is_dir()) {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        }
        fs::write(&path, bytes)?;
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        if !to.starts_with("DEBIAN/") {
            self.files.push(to.to_owned());
        }
        Ok(())
    }

    /// Every page of docs, the README, and the change log of the program.
    fn documents(&mut self, root: &Path) -> Result<(), Box<dyn Error>> {
        let mut pages: Vec<PathBuf> = fs::read_dir(root.join("docs"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_, std::io::Error>>()?;
        pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
        pages.push(root.join("README.md"));
        pages.sort_unstable();
        for page in pages {
            let name = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.put(&format!("{DOCS}/{name}"), &read(&page)?, 0o644)?;
        }
        let changes = packed(&read(&root.join("CHANGELOG.md"))?)?;
        self.put(&format!("{DOCS}/changelog.gz"), &changes, 0o644)?;
        Ok(())
    }

    /// What dpkg keeps for itself.
    fn meta(&mut self, root: &Path, made: &Made) -> Result<(), Box<dyn Error>> {
        let mut bytes = 0;
        for file in &self.files {
            bytes += fs::metadata(self.at.join(file))?.len();
        }
        self.files.sort_unstable();
        let sums = said(
            Command::new("md5sum").arg("--").args(&self.files).current_dir(self.at),
            "coreutils",
        )?;
        let kept: String = self
            .files
            .iter()
            .filter(|f| f.starts_with("etc/"))
            .map(|f| format!("/{f}\n"))
            .collect();
        let control = control(made, bytes.div_ceil(1024));
        self.put("DEBIAN/control", control.as_bytes(), 0o644)?;
        self.put("DEBIAN/conffiles", kept.as_bytes(), 0o644)?;
        self.put("DEBIAN/md5sums", format!("{sums}\n").as_bytes(), 0o644)?;
        for script in SCRIPTS {
            let text = read(&root.join("packaging").join("debian").join(script))?;
            self.put(&format!("DEBIAN/{script}"), &text, 0o755)?;
        }
        Ok(())
    }
}
