//! A pcapng file: section header, one interface, its packets.
//!
//! The format is draft-ietf-opsawg-pcapng; Wireshark, tshark and tcpdump read it. Blocks are written
//! in this machine's byte order, which the header tells. Returns bytes; writing them is not done
//! here.
use super::tape::Raw;
use crate::limits;

/// Kinds of blocks and options, and the link type of Ethernet.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const OPTION_END: u16 = 0;
const USER_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const TIME_RESOLUTION: u16 = 9;
const ETHERNET: u16 = 1;

/// Ten to the minus ninth of a second.
const NANOSECONDS: u8 = 9;

/// The file.
pub(super) fn file(interface: &str, packets: &[Raw]) -> Vec<u8> {
    let mut out = Vec::new();
    block(&mut out, SECTION_HEADER, |body| {
        body.extend(BYTE_ORDER_MAGIC.to_ne_bytes());
        body.extend(1_u16.to_ne_bytes());
        body.extend(0_u16.to_ne_bytes());
        // The section's length is not given: it ends with the file.
        body.extend((-1_i64).to_ne_bytes());
        option(body, USER_APPLICATION, b"looplab");
        option(body, OPTION_END, b"");
    });
    block(&mut out, INTERFACE, |body| {
        body.extend(ETHERNET.to_ne_bytes());
        body.extend(0_u16.to_ne_bytes());
        body.extend(size(limits::CAPTURE_SNAP).to_ne_bytes());
        option(body, INTERFACE_NAME, interface.as_bytes());
        option(body, TIME_RESOLUTION, &[NANOSECONDS]);
        option(body, OPTION_END, b"");
    });
    for packet in packets {
        block(&mut out, ENHANCED_PACKET, |body| enhanced(body, packet));
    }
    out
}

fn enhanced(body: &mut Vec<u8>, packet: &Raw) {
    // 64 bits of nanoseconds last until the year 2554.
    let time = u64::try_from(packet.time.as_nanos()).unwrap_or(u64::MAX);
    let [high, low] = [time >> 32, time & u64::from(u32::MAX)];
    body.extend(0_u32.to_ne_bytes());
    for half in [high, low] {
        body.extend(u32::try_from(half).unwrap_or(u32::MAX).to_ne_bytes());
    }
    body.extend(size(packet.bytes.len()).to_ne_bytes());
    body.extend(size(packet.whole).to_ne_bytes());
    padded(body, &packet.bytes);
}

/// A block has its length in front and behind, so that a file can be read backwards.
fn block(out: &mut Vec<u8>, kind: u32, write: impl FnOnce(&mut Vec<u8>)) {
    let mut body = Vec::new();
    write(&mut body);
    let length = size(body.len() + 12).to_ne_bytes();
    out.extend(kind.to_ne_bytes());
    out.extend(length);
    out.extend(body);
    out.extend(length);
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend(code.to_ne_bytes());
    out.extend(length.to_ne_bytes());
    padded(out, value);
}

/// Everything in a file begins at a multiple of four.
fn padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes);
    out.extend(std::iter::repeat_n(0, bytes.len().wrapping_neg() % 4));
}

/// Frames and names are far shorter than this can say.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::frames::{CONVERSATION, recorded};
    use super::*;

    #[test]
    fn blocks_fit_together() {
        let recording = recorded(&CONVERSATION);
        let bytes = file("lo", &recording);
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        let (mut at, mut kinds, mut held) = (0, Vec::new(), Vec::new());
        while at < bytes.len() {
            let length = word(at + 4) as usize;
            assert_eq!(length % 4, 0);
            assert_eq!(word(at + length - 4) as usize, length);
            kinds.push(word(at));
            if word(at) == ENHANCED_PACKET {
                let time = u64::from(word(at + 12)) << 32 | u64::from(word(at + 16));
                let kept = word(at + 20) as usize;
                held.push((
                    time,
                    word(at + 24) as usize,
                    &bytes[at + 28..at + 28 + kept],
                ));
            }
            at += length;
        }
        assert_eq!(at, bytes.len());
        assert_eq!(kinds[..2], [SECTION_HEADER, INTERFACE]);
        let expected: Vec<_> = recording
            .iter()
            .map(|raw| {
                let time = u64::try_from(raw.time.as_nanos()).unwrap();
                (time, raw.whole, raw.bytes.as_slice())
            })
            .collect();
        assert_eq!(held, expected);
    }
}
