//! People and their programs while the sensor may block: browsing, time, chat and file sharing. No
//! host is called infected, nothing is blocked, and everything is reached.

use std::time::Duration;

use ostium_lab::{Host, Running, programs_or_skip, wait_for};

use crate::services::Web;
use crate::site::{GATEWAY, Site, address};
use crate::{SOON, torrent};

const PROGRAMS: &[&str] = &[
    "named",
    "nginx",
    "openssl",
    "curl",
    "chromium",
    "chronyd",
    "ngircd",
    "aria2c",
    "opentracker",
    "mktorrent",
    "python3",
];

/// Three hosts, one of them with IPv6 as well.
const WEB: [Web<'_>; 3] = [
    Web { name: "shop.example", at: &["198.51.100.20", "[2001:db8:1::20]"], of_bots: false },
    Web { name: "www.news.example", at: &["198.51.100.21"], of_bots: false },
    Web { name: "films.example", at: &["198.51.100.22"], of_bots: false },
];
const NAMES: &str = "shop.example. A 198.51.100.20\nshop.example. AAAA 2001:db8:1::20\n\
    www.news.example. A 198.51.100.21\nfilms.example. A 198.51.100.22\n\
    time.example. A 198.51.100.40\nirc.chat.example. A 198.51.100.50\n\
    tracker.example. A 198.51.100.30\n";

/// A person who chats: answers pings, says something now and then, and reads. Prints what it read.
pub(crate) const CHAT: &str = "\
import socket,sys,time,random
me,seconds=sys.argv[1],float(sys.argv[2])
random.seed(me)
s=socket.create_connection(('irc.chat.example',6667),10)
s.settimeout(.2)
s.sendall(f'NICK {me}\\r\\nUSER {me} 0 * :{me}\\r\\n'.encode())
words=['the beans are up','did it rain?','yes, all night','then I need not water','how is the cat',
 'asleep','see you on sunday','bring the ladder','who has the key?','me','the train is late again']
end=time.time()+seconds; nxt=time.time()+2; joined=False; seen=b''; said=0
while time.time()<end:
    try:
        b=s.recv(4096)
        if not b: break
        seen+=b
        for line in b.split(b'\\r\\n'):
            if line.startswith(b'PING'): s.sendall(b'PONG'+line[4:]+b'\\r\\n')
    except TimeoutError: pass
    if not joined and b' 001 ' in seen: s.sendall(b'JOIN #garden\\r\\n'); joined=True
    if joined and time.time()>nxt:
        s.sendall(f'PRIVMSG #garden :{random.choice(words)}\\r\\n'.encode()); said+=1
        nxt=time.time()+random.choice([.8,2,3.5,6,9])
s.sendall(b'QUIT :bye\\r\\n'); s.close()
print(seen.decode(errors='replace')); print('said',said)
";

const TIME: &str = "server time.example minpoll 0 maxpoll 1 iburst\n\
    pidfile FOLDER/client.pid\ncmdport 0\nbindcmdaddress /\n";

const CONFIG: &str = "mode = 'block'\n[enforce]\nquarantine = true\nresolvers = ['10.77.0.1']\n";

#[test]
fn people_are_left_alone() {
    if !programs_or_skip(PROGRAMS) {
        return;
    }
    let Some(mut site) = Site::new("people", 3) else { return };
    site.outside_has(&["2001:db8:1::20"]);
    site.names(NAMES);
    site.resolver(None);
    site.web(&WEB);
    site.time_server("198.51.100.40");
    site.chat_server("198.51.100.50", 6667);
    site.outside.asks(GATEWAY).unwrap();
    let sensor = site.sensor("lan0", CONFIG, &[]);

    let [reader, sharer, chatter] = <[Host; 3]>::try_from(site.inside.clone()).unwrap();
    site.chronyd("client", &chatter, TIME);
    let chats = [(&chatter, "ann"), (&site.outside, "bob")].map(|(host, name)| {
        let chat = host.start("python3", &["-c", CHAT, name, "30"]);
        chat.unwrap()
    });
    let chromium = browser(&site, &reader);
    let shared = torrent::share(&mut site, &sharer);
    browse(&site, &reader);
    let page = chromium.finish(Duration::from_secs(90)).unwrap();
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(page.contains("pic.png"), "Chromium shows the page: {page}");
    torrent::is_whole(&site, &shared);
    for chat in chats {
        let output = chat.finish(Duration::from_secs(60)).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("PRIVMSG #garden"), "each hears the other: {said} {output:?}");
    }
    let log = || site.log_of("chronyd");
    assert!(wait_for(SOON, || log().contains("Selected source")), "{}", log());

    // All of it was seen, and nobody is accused.
    let status = site.status();
    assert!(status["packets"].as_u64() > Some(500), "{status}");
    assert_eq!((&status["infected"], site.blocks().len()), (&0.into(), 0), "{status}");
    for n in 0..3 {
        assert!(!site.infected(&address(n)), "{status}");
    }
    assert!(!site.log().contains("blocked"), "not even asked for: {}", site.log());
    eprintln!("people: {} suspect of 3 hosts: {}", status["suspects"], status["hosts"]);
    drop(sensor);
}

/// Starts Chromium with a new profile and nothing of its own to call.
fn browser(site: &Site, host: &Host) -> Running {
    let profile = format!("--user-data-dir={}", site.path("profile"));
    let words = ["--ignore-certificate-errors", "--dump-dom", &profile, "https://films.example/"];
    let mut command = host.command("chromium");
    // Whatever it writes besides its profile.
    command.args(ostium_browser::QUIET).args(words).env("HOME", site.path("home"));
    Running::start(command).unwrap()
}

/// Reads pages as people do: some at once, then a pause.
fn browse(site: &Site, host: &Host) {
    let pauses = [0.1, 1.3, 0.4, 3.1, 0.2, 0.2, 5.2, 0.7, 0.1, 2.4, 1.1, 0.3, 4.0, 0.6];
    let authority = site.path("authority.pem");
    for (n, pause) in pauses.into_iter().enumerate() {
        let host_name = WEB[(n * 7 / 3) % 3].name;
        let scheme = if n % 4 == 1 { "http" } else { "https" };
        let family = if host_name == "shop.example" && n % 2 == 0 { "-6" } else { "-4" };
        let pages: Vec<String> = ["", "pic.png", "2.html", "big.bin"]
            .iter()
            .take(1 + n % 4)
            .map(|page| format!("{scheme}://{host_name}/{page}"))
            .collect();
        let mut words = vec!["-sS", "-m", "20", family, "--cacert", &authority];
        words.extend(["-w", "%{http_code} ", "-A", "Mozilla/5.0 (X11; Linux x86_64)"]);
        for page in &pages {
            words.extend(["-o", "/dev/null", page]);
        }
        let codes = host.run("curl", &words).unwrap();
        assert_eq!(codes, "200 ".repeat(pages.len()), "{pages:?}");
        std::thread::sleep(Duration::from_secs_f64(pause));
    }
}
