//! A configuration with everything that can be said, as a start.

/// `sensor.toml` with comments; what it says is what holds without it.
pub const TEMPLATE: &str = r#"# Configuration of `ostium sensor`. What stands here is what holds without a file.
# Read again by `ostium reload` or SIGHUP; a mistake leaves the old one in force.

# Interfaces to hear: the inside interface of a router, a mirror port, or a bridge.
interfaces = []
# What is inside; nothing means the private ranges.
home = []
# What this site is called in reports.
site = ""
# observe blocks nothing, simulate shows what would have been blocked, block blocks.
mode = "observe"
# Probability that a host is infected before anything is seen of it: 0.001 suits an
# organisation, 0.01 homes, 0.00002 mobile networks.
prior = 0.001
# Memory for what is remembered of hosts and flows.
memory = "1GiB"
# Threads that analyse; capturing and enforcing have their own.
threads = 1
# How often every host is looked at.
look-every = "2s"
# Where blocks, releases and what was learned of hosts are kept over a restart.
state = "/var/lib/ostium"
# What was learned of hosts is kept this often: so much at most is lost when the machine fails;
# "0s" keeps nothing.
checkpoint = "1m"
# Where it listens for `ostium status`, `ostium block` and others.
socket = "/run/ostium/sensor.sock"
# Where Prometheus may ask, for example:
# metrics = "127.0.0.1:9470"

[capture]
# Memory of the kernel's ring, for each interface.
ring = "64MiB"
# Hear frames that are addressed to other machines.
promiscuous = true
# Bytes kept of a frame.
snap-length = 262144
# Leave out what this machine sends by the interface; not for a router or a bridge.
ignore-outgoing = false
# How long a packet may wait in the ring.
patience = "2ms"

[allow]
# Never blocked, whoever asks: networks, and names with all names below them.
networks = []
names = []

[indicators]
# Plain lists, STIX 2.1 bundles, MISP events, abuse.ch files.
files = []
# Destinations of at least this confidence (0 to 100) are blocked at first contact; plain lists have 70.
block-from = 70

[hub]
# Of a hub that this sensor joined (ostium join LINE): what is told to it. "suspects": destinations
# that are suspicious, "infected": only those because of which a host is infected, "nothing".
share = "suspects"
# A destination that is merely suspicious is told of when so many hosts talk to it.
suspects-from = 2
# Reports kept while the hub cannot be reached; then the oldest go.
spool = 100000
# Block what the hub has confirmed, as indicators are blocked; mode says whether anything is.
block = true
# What the hub publishes is held in memory, twice while a new whole set comes. A set that is larger is
# refused, counted, and the last good one kept.
most-entries = 10000000
most-memory = "1GiB"

[enforce]
# How long a block holds.
hold = "24h"
# drop: packets vanish; reject: they are answered by a reset or ICMP.
refusal = "drop"
# Quarantine infected hosts too: they reach the walled garden alone.
quarantine = false
# Enforce on frames that this machine bridges.
bridge = false
# TCP resets: never; names, when a blocked name is met at an address that others share; always,
# for a sensor at a tap.
resets = "names"
# The interface that resets leave by; by the routes when it is not set.
# resets-by = "eth1"
# Block by nftables.
nftables = true
# Elements that each set of nftables may hold.
elements = 131072
# Rails: so many new blocks a minute, concerning at most so many hosts and connections.
new-per-minute = 10
host-percent = 5.0
flow-percent = 2.0
# How long automation leaves alone what an operator released.
release-sticks = "7d"
# Resolvers of the site, which are never blocked.
resolvers = []

[garden]
# What a host in quarantine may reach: resolvers, addresses, and where its web requests go.
resolvers = []
addresses = []
web = []

[rpz]
# Blocked names for the resolvers of the site, as a response policy zone of this name.
zone = "rpz.ostium"
# Where resolvers may fetch it (AXFR, IXFR), for example ["10.0.0.2:5353"].
listen = []
# A file that it is written to, for resolvers that read one.
# file = "/var/lib/ostium/rpz.zone"
# A blocked name does not exist; with a walled garden it is another name for this one.
# garden = "garden.example"
# How long clients may keep a refusal, and resolvers the zone of a dead sensor.
ttl = "30s"
expire = "1h"
# The resolvers that may have it: where each asks from, the port where it hears NOTIFY (0: it is
# not told), and a TSIG key (hmac-sha256) by its name and a file with its secret in base64.
# [[rpz.resolver]]
# address = "10.0.0.53"
# notify = 53
# key = "site"
# secret-file = "/etc/ostium/site.key"

# Roles that explain what hosts do, one table for each:
# [[role]]
# host = "10.0.0.53"
# role = "resolver"
"#;
