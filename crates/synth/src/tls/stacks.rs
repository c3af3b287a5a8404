//! Client stacks, by what their hellos list: cipher suites, extensions, groups, signatures.
//!
//! The lists are facts that anyone can read off the wire; the bytes are written here anew. A
//! test holds each against its JA4, so a list that drifts is noticed.

use serde::{Deserialize, Deserializer};

/// A client's TLS implementation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stack {
    /// A browser of the Chromium family: reserved values, shuffled extensions.
    #[default]
    Chrome,
    /// A browser of the Firefox family.
    Firefox,
    /// Windows 10's own stack, as services and Office use it.
    Schannel,
    /// OpenSSL 3 below curl and many tools.
    #[serde(rename = "openssl")]
    OpenSsl,
    /// The standard library of Go.
    Go,
    /// The browser and the programs of Apple's systems.
    Safari,
    /// The standard library of Java 17.
    Java,
    /// The standard library of Python over OpenSSL 3, as `requests` uses it.
    Python,
    /// An old .NET program that asks for TLS 1.0 and names no server: a habit of cheap RATs.
    OldNet,
}

/// The name of a stack; `plain` is no TLS at all.
pub(crate) fn stack_or_plain<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Stack>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Plain {
        Plain,
    }
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected chrome, firefox, schannel, openssl, go, safari, java, python, old-net or plain"
    )]
    enum Either {
        Plain(Plain),
        Stack(Stack),
    }
    Either::deserialize(from).map(|either| match either {
        Either::Plain(Plain::Plain) => None,
        Either::Stack(stack) => Some(stack),
    })
}

/// What a stack's hello lists.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) ciphers: &'static [u16],
    /// Extensions in order; `ALPN` and the server name are left out when there is none.
    pub(crate) extensions: &'static [u16],
    pub(crate) groups: &'static [u16],
    pub(crate) signatures: &'static [u16],
    pub(crate) versions: &'static [u16],
    /// Groups that a key is sent for.
    pub(crate) shares: &'static [u16],
    pub(crate) point_formats: &'static [u8],
    pub(crate) alpn: &'static [&'static str],
    /// Reserved values (RFC 8701) and shuffled extensions.
    pub(crate) greases: bool,
    /// The highest version below 1.3 that it speaks.
    pub(crate) legacy: u16,
}

pub(crate) const SERVER_NAME: u16 = 0x0000;
pub(crate) const STATUS_REQUEST: u16 = 0x0005;
pub(crate) const GROUPS: u16 = 0x000a;
pub(crate) const POINT_FORMATS: u16 = 0x000b;
pub(crate) const SIGNATURES: u16 = 0x000d;
pub(crate) const ALPN: u16 = 0x0010;
pub(crate) const STATUS_REQUESTS: u16 = 0x0011;
pub(crate) const PADDING: u16 = 0x0015;
pub(crate) const COMPRESS_CERTIFICATE: u16 = 0x001b;
pub(crate) const RECORD_SIZE: u16 = 0x001c;
pub(crate) const DELEGATED: u16 = 0x0022;
pub(crate) const VERSIONS: u16 = 0x002b;
pub(crate) const KEY_MODES: u16 = 0x002d;
pub(crate) const CERTIFICATE_SIGNATURES: u16 = 0x0032;
pub(crate) const KEY_SHARE: u16 = 0x0033;
pub(crate) const APPLICATION_SETTINGS: u16 = 0x44cd;
pub(crate) const ENCRYPTED_HELLO: u16 = 0xfe0d;
pub(crate) const RENEGOTIATION: u16 = 0xff01;

/// X25519 together with ML-KEM-768.
pub(crate) const HYBRID: u16 = 0x11ec;
pub(crate) const X25519: u16 = 0x001d;
const P256: u16 = 0x0017;
const P384: u16 = 0x0018;
const P521: u16 = 0x0019;

const CHROME: Profile = Profile {
    ciphers: &[
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
    ],
    extensions: &[
        SERVER_NAME,
        0x0017,
        RENEGOTIATION,
        GROUPS,
        POINT_FORMATS,
        0x0023,
        ALPN,
        STATUS_REQUEST,
        SIGNATURES,
        0x0012,
        KEY_SHARE,
        KEY_MODES,
        VERSIONS,
        COMPRESS_CERTIFICATE,
        APPLICATION_SETTINGS,
        ENCRYPTED_HELLO,
    ],
    groups: &[HYBRID, X25519, P256, P384],
    signatures: &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
    versions: &[0x0304, 0x0303],
    shares: &[HYBRID, X25519],
    point_formats: &[0],
    alpn: &["h2", "http/1.1"],
    greases: true,
    legacy: 0x0303,
};

const FIREFOX: Profile = Profile {
    ciphers: &[
        0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009,
        0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
    ],
    extensions: &[
        SERVER_NAME,
        0x0017,
        RENEGOTIATION,
        GROUPS,
        POINT_FORMATS,
        0x0023,
        ALPN,
        STATUS_REQUEST,
        DELEGATED,
        0x0012,
        KEY_SHARE,
        VERSIONS,
        SIGNATURES,
        KEY_MODES,
        RECORD_SIZE,
        COMPRESS_CERTIFICATE,
        ENCRYPTED_HELLO,
    ],
    groups: &[HYBRID, X25519, P256, P384, P521, 0x0100, 0x0101],
    signatures: &[
        0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
    ],
    versions: &[0x0304, 0x0303],
    shares: &[HYBRID, X25519, P256],
    point_formats: &[0],
    alpn: &["h2", "http/1.1"],
    greases: false,
    legacy: 0x0303,
};

const SCHANNEL: Profile = Profile {
    ciphers: &[
        0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014,
        0xc013, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x000a,
    ],
    extensions: &[
        SERVER_NAME,
        STATUS_REQUEST,
        GROUPS,
        POINT_FORMATS,
        SIGNATURES,
        0x0023,
        ALPN,
        0x0017,
        RENEGOTIATION,
    ],
    groups: &[X25519, P256, P384],
    signatures: &[
        0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601,
        0x0603,
    ],
    versions: &[],
    shares: &[],
    point_formats: &[0],
    alpn: &["h2", "http/1.1"],
    greases: false,
    legacy: 0x0303,
};

const OPENSSL: Profile = Profile {
    ciphers: &[
        0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f,
        0x009e, 0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009,
        0xc013, 0x0033, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x00ff,
    ],
    extensions: &[
        SERVER_NAME,
        POINT_FORMATS,
        GROUPS,
        ALPN,
        0x0016,
        0x0017,
        0x0031,
        SIGNATURES,
        VERSIONS,
        KEY_MODES,
        KEY_SHARE,
    ],
    groups: &[X25519, P256, 0x001e, P521, P384, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104],
    signatures: &[
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806,
        0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602,
    ],
    versions: &[0x0304, 0x0303],
    shares: &[X25519],
    point_formats: &[0, 1, 2],
    alpn: &["h2", "http/1.1"],
    greases: false,
    legacy: 0x0303,
};

const GO: Profile = Profile {
    ciphers: &[
        0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xc013, 0xc009, 0xc014, 0xc00a, 0x009c,
        0x009d, 0x002f, 0x0035, 0xc012, 0x000a, 0x1301, 0x1302, 0x1303,
    ],
    extensions: &[
        SERVER_NAME,
        STATUS_REQUEST,
        GROUPS,
        POINT_FORMATS,
        SIGNATURES,
        RENEGOTIATION,
        0x0012,
        VERSIONS,
        KEY_SHARE,
    ],
    groups: &[X25519, P256, P384, P521],
    signatures: &[
        0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201,
        0x0203,
    ],
    versions: &[0x0304, 0x0303],
    shares: &[X25519],
    point_formats: &[0],
    alpn: &[],
    greases: false,
    legacy: 0x0303,
};

const SAFARI: Profile = Profile {
    ciphers: &[
        0x1301, 0x1302, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0xc00a, 0xc009,
        0xc014, 0xc013, 0x009d, 0x009c, 0x0035, 0x002f, 0xc008, 0xc012, 0x000a,
    ],
    extensions: &[
        SERVER_NAME,
        0x0017,
        RENEGOTIATION,
        GROUPS,
        POINT_FORMATS,
        ALPN,
        STATUS_REQUEST,
        SIGNATURES,
        0x0012,
        KEY_SHARE,
        KEY_MODES,
        VERSIONS,
        COMPRESS_CERTIFICATE,
        PADDING,
    ],
    groups: &[X25519, P256, P384, P521],
    signatures: &[
        0x0403, 0x0804, 0x0401, 0x0503, 0x0203, 0x0805, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201,
    ],
    versions: &[0x0304, 0x0303, 0x0302, 0x0301],
    shares: &[X25519],
    point_formats: &[0],
    alpn: &["h2", "http/1.1"],
    greases: true,
    legacy: 0x0303,
};

const JAVA: Profile = Profile {
    ciphers: &[
        0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xcca8, 0xc02f, 0x009f, 0xccaa,
        0x00a3, 0x009e, 0x00a2, 0xc024, 0xc028, 0xc023, 0xc027, 0x006b, 0x006a, 0x0067, 0x0040,
        0xc00a, 0xc014, 0x0039, 0x0038, 0xc009, 0xc013, 0x0033, 0x0032, 0x009d, 0x009c, 0x003d,
        0x003c, 0x0035, 0x002f, 0x00ff,
    ],
    extensions: &[
        SERVER_NAME,
        STATUS_REQUEST,
        GROUPS,
        POINT_FORMATS,
        SIGNATURES,
        CERTIFICATE_SIGNATURES,
        STATUS_REQUESTS,
        0x0017,
        VERSIONS,
        KEY_MODES,
        KEY_SHARE,
    ],
    groups: &[X25519, P256, P384, P521, 0x001e, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104],
    signatures: &[
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b,
        0x0401, 0x0501, 0x0601, 0x0402, 0x0203, 0x0201, 0x0202,
    ],
    versions: &[0x0304, 0x0303],
    shares: &[X25519, P256],
    point_formats: &[0],
    alpn: &[],
    greases: false,
    legacy: 0x0303,
};

const PYTHON: Profile = Profile {
    ciphers: &[
        0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc024, 0xc028,
        0xc023, 0xc027, 0x009f, 0x009e, 0x006b, 0x0067, 0x00ff,
    ],
    extensions: &[
        SERVER_NAME,
        POINT_FORMATS,
        GROUPS,
        ALPN,
        0x0016,
        0x0017,
        0x0031,
        SIGNATURES,
        VERSIONS,
        KEY_MODES,
        KEY_SHARE,
        PADDING,
    ],
    groups: &[X25519, P256, 0x001e, P521, P384, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104],
    signatures: &[
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806,
        0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602,
    ],
    versions: &[0x0304, 0x0303],
    shares: &[X25519],
    point_formats: &[0, 1, 2],
    alpn: &["http/1.1"],
    greases: false,
    legacy: 0x0303,
};

const OLD_NET: Profile = Profile {
    ciphers: &[0xc00a, 0xc009, 0xc014, 0xc013, 0x0035, 0x002f, 0x000a],
    extensions: &[STATUS_REQUEST, GROUPS, POINT_FORMATS, 0x0023, 0x0017, RENEGOTIATION],
    groups: &[X25519, P256, P384],
    signatures: &[],
    versions: &[],
    shares: &[],
    point_formats: &[0],
    alpn: &[],
    greases: false,
    legacy: 0x0301,
};

// === impl Stack ===

impl Stack {
    /// Every stack, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::Chrome,
        Self::Firefox,
        Self::Schannel,
        Self::OpenSsl,
        Self::Go,
        Self::Safari,
        Self::Java,
        Self::Python,
        Self::OldNet,
    ];

    pub(crate) const fn profile(self) -> &'static Profile {
        match self {
            Self::Chrome => &CHROME,
            Self::Firefox => &FIREFOX,
            Self::Schannel => &SCHANNEL,
            Self::OpenSsl => &OPENSSL,
            Self::Go => &GO,
            Self::Safari => &SAFARI,
            Self::Java => &JAVA,
            Self::Python => &PYTHON,
            Self::OldNet => &OLD_NET,
        }
    }

    /// Its hello holds an encrypted hello, true or made up.
    pub(crate) fn seals(self) -> bool {
        self.profile().extensions.contains(&ENCRYPTED_HELLO)
    }

    /// It says which server it wants.
    pub(crate) fn names_servers(self) -> bool {
        self.profile().extensions.contains(&SERVER_NAME)
    }

    /// What a program on it calls itself in HTTP.
    pub const fn user_agent(self) -> &'static str {
        match self {
            Self::Chrome => {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/148.0.0.0 Safari/537.36"
            }
            Self::Firefox => {
                "Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0"
            }
            Self::Schannel => "Microsoft-CryptoAPI/10.0",
            Self::OpenSsl => "curl/8.14.1",
            Self::Go => "Go-http-client/1.1",
            Self::Safari => {
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) Version/19.0 Safari/605.1.15"
            }
            Self::Java => "Java/17.0.14",
            Self::Python => "python-requests/2.32.4",
            Self::OldNet => "",
        }
    }
}

// === impl Profile ===

impl Profile {
    pub(crate) fn speaks_13(&self) -> bool {
        self.versions.contains(&0x0304)
    }
}
