//! How conversations go in a world: a shape for each family, and those of harmless programs.

use ostium_event::Ja4;
use ostium_intel::{Shape, Transport};

/// Programs that everybody uses: so go half of the harmless conversations.
pub(crate) const COMMON: u32 = 4;
/// Programs of a trade: so go the others, each at the few who use that destination.
const RARE: u32 = 40;

/// How the conversations of a family go.
pub(crate) fn of_family(family: &str) -> Shape {
    let number = family.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
    Shape { port: 4_000 + (number % 50_000) as u16, period_ms: 60_000, ..tls(0xb0, number) }
}

/// How those of the harmless destination of this number go.
pub(crate) fn of_benign(number: u32) -> Shape {
    match number % 2 {
        0 => of_program(number / 2 % COMMON),
        _ => of_program(COMMON + number / 2 % RARE),
    }
}

/// How those of a harmless program go; the first `COMMON` are everybody's.
pub(crate) fn of_program(program: u32) -> Shape {
    Shape { uri: format!("/word/{program:02}?id=number"), ..tls(0xa0, program) }
}

/// Those of all harmless programs.
pub(crate) fn all_benign() -> impl Iterator<Item = Shape> {
    (0..COMMON + RARE).map(of_program)
}

fn tls(kind: u8, number: u32) -> Shape {
    Shape {
        server: format!("{kind:02x}{number:010x}"),
        ja4: Ja4::parse(&format!("t13d1516h2_{kind:02x}{number:010x}_e5627efa2ab1")),
        port: 443,
        transport: Some(Transport::Tcp),
        application: "tls".to_owned(),
        ..Shape::default()
    }
}
