//! What a site and the world have: resolvers (BIND), web servers (nginx) with certificates of
//! openssl, time (chronyd) and chat (ngircd). None of them touches anything of this machine: files
//! are in the test's folder, addresses in its namespaces, and chronyd leaves the clock alone (`-x`).

use crate::site::{GATEWAY, GATEWAY_6, Site, WORLD, listens};

/// Options of BIND that keep it within the test's folder.
const NAMED: &str = "directory \"FOLDER\"; pid-file none; session-keyfile none; \
    managed-keys-directory \"FOLDER\"; dnssec-validation no; notify no; empty-zones-enable no;";

/// A web server outside.
#[derive(Clone, Copy)]
pub(crate) struct Web<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its addresses, those of IPv6 in brackets.
    pub(crate) at: &'a [&'a str],
    /// Bots call it: its certificate has signed itself for ten years, and everybody can read it
    /// (TLS 1.2).
    /// Otherwise the lab's own authority has signed it.
    pub(crate) of_bots: bool,
}

// === impl Site: services ===

impl Site {
    /// The world's names: a root that knows all of these records and no others.
    pub(crate) fn names(&mut self, records: &str) {
        let zone = format!(
            "$TTL 60\n@ SOA a.world. root.world. 1 60 60 600 5\n@ NS a.world.\n\
             a.world. A {WORLD}\n{records}"
        );
        self.write("root.db", &zone);
        let config = format!(
            "options {{ {NAMED} listen-on {{ {WORLD}; }}; listen-on-v6 {{ none; }}; \
             recursion no; }};\ncontrols {{ }};\n\
             zone \".\" {{ type primary; file \"root.db\"; }};\n"
        );
        let config = self.write("world.conf", &config);
        let outside = self.outside.clone();
        self.go_on(&outside, "named", &["-g", "-n", "1", "-c", &config]);
        self.outside_listens(&format!("{WORLD}:53"));
    }

    /// The site's own resolver, on the gateway; `zones` says whom it asks, which is the world's root
    /// when nothing is said.
    pub(crate) fn resolver(&mut self, zones: Option<&str>) {
        self.write("hints", &format!(". 3600 NS a.world.\na.world. 3600 A {WORLD}\n"));
        let root = "zone \".\" { type hint; file \"hints\"; };";
        self.resolver_with("", zones.unwrap_or(root));
    }

    /// The same, with options and zones of one's own.
    pub(crate) fn resolver_with(&mut self, options: &str, zones: &str) {
        let config = format!(
            "options {{ {NAMED} listen-on {{ 127.0.0.1; {GATEWAY}; }}; \
             listen-on-v6 {{ {GATEWAY_6}; }}; recursion yes; allow-query {{ any; }}; {options} }};\n\
             controls {{ }};\n{zones}\n"
        );
        let config = self.write("site.conf", &config);
        let gateway = self.gateway.clone();
        self.go_on(&gateway, "named", &["-g", "-n", "1", "-c", &config]);
        listens(&self.gateway, &format!("{GATEWAY}:53"));
    }

    /// Makes a certificate for a name: signed by the authority of this lab, or by itself.
    fn certificate(&self, name: &str, by: Option<&str>) {
        let path = |file: &str, ending: &str| self.path(&format!("{file}.{ending}"));
        let (key, cert) = (path(name, "key"), path(name, "pem"));
        let (subject, also) = (format!("/CN={name}"), format!("subjectAltName=DNS:{name}"));
        let mut words: Vec<String> = [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            if by.is_some() { "90" } else { "3650" },
            "-subj",
            &subject,
            "-addext",
            &also,
            "-keyout",
            &key,
            "-out",
            &cert,
        ]
        .map(str::to_owned)
        .into();
        if let Some(by) = by {
            words.extend(["-CA".to_owned(), path(by, "pem"), "-CAkey".to_owned(), path(by, "key")]);
            words.extend(["-addext", "basicConstraints=critical,CA:FALSE"].map(str::to_owned));
        }
        let made = std::process::Command::new("openssl").args(words).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    }

    /// nginx outside, with these hosts: some pages, a picture, and a file of half a megabyte.
    pub(crate) fn web(&mut self, hosts: &[Web<'_>]) {
        for n in 0..5 {
            let links: String = (0..5).map(|n| format!("<a href=/{n}.html>{n}</a> ")).collect();
            let page = format!("<html><title>page {n}</title><img src=/pic.png>{links}</html>\n");
            self.write(&format!("pages/{n}.html"), &page);
        }
        self.write("pages/index.html", "<html><img src=/pic.png><a href=/1.html>one</a></html>\n");
        std::fs::write(self.path("pages/pic.png"), noise(3_000)).unwrap();
        std::fs::write(self.path("pages/mid.bin"), noise(40_000)).unwrap();
        std::fs::write(self.path("pages/big.bin"), noise(500_000)).unwrap();
        self.certificate("authority", None);
        let mut servers = String::new();
        for host in hosts {
            self.certificate(host.name, (!host.of_bots).then_some("authority"));
            let listen: String =
                host.at.iter().map(|at| format!("listen {at}:80; listen {at}:443 ssl; ")).collect();
            let old = if host.of_bots { "ssl_protocols TLSv1.2;" } else { "" };
            servers.push_str(&format!(
                "server {{ {listen} server_name {0}; root FOLDER/pages; {old} \
                 ssl_certificate FOLDER/{0}.pem; ssl_certificate_key FOLDER/{0}.key; }}\n",
                host.name
            ));
        }
        let outside = self.outside.clone();
        self.nginx("web", &outside, &servers);
        let first = hosts.first().and_then(|host| host.at.first()).unwrap();
        self.outside_listens(&format!("{first}:443"));
    }

    /// nginx with these servers.
    pub(crate) fn nginx(&mut self, name: &str, host: &ostium_lab::Host, servers: &str) {
        let scratch: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path FOLDER/{name}-{kind};\n"))
            .concat();
        let config = format!(
            "daemon off; master_process off; pid FOLDER/{name}.pid; error_log stderr; \
             events {{ worker_connections 256; }}\n\
             http {{ access_log off; default_type text/html;\n{scratch}{servers}}}\n"
        );
        let config = self.write(&format!("{name}.conf"), &config);
        let log = self.path(&format!("{name}-early.log"));
        self.go_on(host, "nginx", &["-e", &log, "-c", &config]);
    }

    /// A time server outside.
    pub(crate) fn time_server(&mut self, at: &str) {
        let config = format!(
            "local stratum 1\nallow all\nbindaddress {at}\npidfile FOLDER/time.pid\ncmdport 0\n\
             bindcmdaddress /\n"
        );
        let outside = self.outside.clone();
        self.chronyd("time", &outside, &config);
    }

    /// Starts chronyd, which may not set the clock.
    pub(crate) fn chronyd(&mut self, name: &str, host: &ostium_lab::Host, config: &str) {
        let config = self.write(&format!("{name}.conf"), config);
        self.go_on(host, "chronyd", &["-x", "-d", "-u", "root", "-f", &config]);
    }

    /// A chat server outside.
    pub(crate) fn chat_server(&mut self, at: &str, port: u16) {
        let config = format!(
            "[Global]\nName = irc.chat.example\nInfo = for people\nListen = {at}\n\
             Ports = {port}\nMotdPhrase = hello\nAdminInfo1 = a\nAdminInfo2 = b\nAdminEMail = c@d\n\
             [Limits]\nPingTimeout = 5\nPongTimeout = 20\n\
             [Options]\nDNS = no\nIdent = no\nPAM = no\n"
        );
        let config = self.write("chat.conf", &config);
        let outside = self.outside.clone();
        self.go_on(&outside, "ngircd", &["-n", "-f", &config]);
        self.outside_listens(&format!("{at}:{port}"));
    }
}

/// Bytes that cannot be compressed, always the same.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}
