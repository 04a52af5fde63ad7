//! What the kernel hands over at all: a classic BPF program (filter.rst of the kernel's
//! documentation), made for a set of ports.
//!
//! It keeps strangers' packets out of this process, so that they neither fill the tape nor lie in
//! its memory. Whose packets are shown is not decided here: a port can be shared.
use std::collections::BTreeSet;

/// `PACKET_OUTGOING` of `linux/if_packet.h`.
const OUTGOING: u32 = 4;

/// SKF_AD_OFF + SKF_AD_PKTTYPE of `linux/filter.h`: the kind of packet, not a byte of it.
const KIND: u32 = 0x1000_u32.wrapping_neg() + 4;

/// One instruction: what to do, how far to jump when that is true and when not, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Op {
    pub(super) code: u16,
    pub(super) if_true: u8,
    pub(super) if_false: u8,
    pub(super) with: u32,
}

/// Ports one program looks for. A longer one may be refused for its size (`net.core.optmem_max`).
pub(super) const PORTS: usize = 200;

/// The machine's instructions: BPF_LD and friends, put together.
const LOAD_WORD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_BYTE: u16 = 0x30;
const LOAD_HALF_BEHIND: u16 = 0x48;
const LOAD_KEPT: u16 = 0x60;
const HEADER_LENGTH: u16 = 0xb1;
const KEEP: u16 = 0x02;
const JUMP: u16 = 0x05;
const IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

/// The whole packet, and none of it.
const ALL: u32 = u32::MAX;
const NOTHING: u32 = 0;

/// On loopback every packet passes twice, going out and coming in. The one that goes out is kept:
/// the kernel hands it over while the sender is still in its system call, so that what was sent
/// before a question is there when the question is asked.
fn once() -> [Op; 3] {
    [
        op(LOAD_WORD, KIND),
        branch(OUTGOING, 1, 0),
        op(RETURN, NOTHING),
    ]
}

/// Lets everything through, each packet once.
pub(super) fn everything(loopback: bool) -> Vec<Op> {
    let mut program = Vec::new();
    if loopback {
        program.extend(once());
    }
    program.push(op(RETURN, ALL));
    program
}

/// Lets TCP and UDP through that have one of the ports at either end, and ICMP that quotes such a
/// packet. Everything, where there are too many ports to look for.
pub(super) fn these_ports(loopback: bool, ports: &BTreeSet<u16>) -> Vec<Op> {
    if ports.len() > PORTS {
        return everything(loopback);
    }
    let mut program = Vec::new();
    if loopback {
        program.extend(once());
    }
    program.extend(both_ports());
    for end in 0..2 {
        program.push(op(LOAD_KEPT, end));
        for port in ports {
            // A jump is short, so each port has its own way out.
            program.push(branch(u32::from(*port), 0, 1));
            program.push(op(RETURN, ALL));
        }
    }
    program.push(op(RETURN, NOTHING));
    program
}

/// Reads the ports of both ends and keeps them. Where a frame is too short for that, the machine
/// itself says that nothing of it is wanted.
fn both_ports() -> Vec<Op> {
    let [ethertype, ipv4, ipv6] = [12, 0x0800, 0x86dd];
    let [tcp, udp, icmp, icmp_v6] = [6, 17, 1, 58];
    // Where the protocol is written, and where what it speaks begins. An IPv4 header tells its own
    // length; the one that ICMP quotes is taken to have no options.
    let [protocol_4, protocol_6] = [23, 20];
    let [frame, ip_4, ip_6, icmp_header] = [14, 20, 40, 8];
    let keep = |load: u16, at: u32| [op(load, at), op(KEEP, 0), op(load, at + 2), op(KEEP, 1)];
    let mut program = vec![
        op(LOAD_HALF, ethertype),
        branch(ipv4, 0, 16),
        op(HEADER_LENGTH, frame),
        op(LOAD_BYTE, protocol_4),
        branch(icmp, 8, 0),
        branch(tcp, 2, 0),
        branch(udp, 1, 0),
        op(RETURN, NOTHING),
    ];
    program.extend(keep(LOAD_HALF_BEHIND, frame));
    program.push(op(JUMP, 21));
    program.extend(keep(LOAD_HALF_BEHIND, frame + icmp_header + ip_4));
    program.push(op(JUMP, 16));
    program.extend([
        branch(ipv6, 1, 0),
        op(RETURN, NOTHING),
        op(LOAD_BYTE, protocol_6),
        branch(icmp_v6, 8, 0),
        branch(tcp, 2, 0),
        branch(udp, 1, 0),
        op(RETURN, NOTHING),
    ]);
    program.extend(keep(LOAD_HALF, frame + ip_6));
    program.push(op(JUMP, 4));
    program.extend(keep(LOAD_HALF, frame + ip_6 + icmp_header + ip_6));
    program
}

fn op(code: u16, with: u32) -> Op {
    Op {
        code,
        if_true: 0,
        if_false: 0,
        with,
    }
}

fn branch(with: u32, if_true: u8, if_false: u8) -> Op {
    Op {
        code: IF_EQUAL,
        if_true,
        if_false,
        with,
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::{CONVERSATION, REFUSED, RESET_V6, UNREACHABLE, bytes};
    use super::*;

    /// Runs a program as the kernel would: how much of a frame it wants.
    fn run(program: &[Op], kind: u32, frame: &[u8]) -> u32 {
        let byte = |at: u32| frame.get(at as usize).copied().map(u32::from);
        let half = |at: u32| Some(byte(at)? << 8 | byte(at + 1)?);
        let (mut value, mut index, mut kept, mut at) = (0, 0, [0; 16], 0);
        loop {
            let Op {
                code,
                if_true,
                if_false,
                with: k,
            } = program[at];
            at += 1;
            let read = match code {
                LOAD_WORD if k == KIND => Some(kind),
                LOAD_HALF => half(k),
                LOAD_BYTE => byte(k),
                LOAD_HALF_BEHIND => half(index + k),
                LOAD_KEPT => Some(kept[k as usize]),
                HEADER_LENGTH => match byte(k) {
                    Some(byte) => {
                        index = (byte & 15) * 4;
                        continue;
                    }
                    None => return NOTHING,
                },
                KEEP => {
                    kept[k as usize] = value;
                    continue;
                }
                JUMP => {
                    at += k as usize;
                    continue;
                }
                IF_EQUAL => {
                    at += usize::from(if value == k { if_true } else { if_false });
                    continue;
                }
                RETURN => return k,
                other => panic!("{other:#x}"),
            };
            match read {
                Some(read) => value = read,
                None => return NOTHING,
            }
        }
    }

    fn wants(ports: &[u16], kind: u32, hex: &str) -> bool {
        let ports = ports.iter().copied().collect();
        run(&these_ports(true, &ports), kind, &bytes(hex)) == ALL
    }

    #[test]
    fn frames_with_one_of_the_ports_at_either_end() {
        let all = [&CONVERSATION[..], &REFUSED, &UNREACHABLE, &[RESET_V6]].concat();
        let ports = |hex: &&str| match () {
            () if CONVERSATION.contains(hex) => [43368, 80],
            () if REFUSED.contains(hex) => [41788, 9],
            // The message about it, too, which has no ports of its own.
            () if UNREACHABLE.contains(hex) => [46982, 9],
            () => [42530, 52039],
        };
        for hex in &all {
            for port in ports(hex) {
                assert!(wants(&[port], OUTGOING, hex), "{port} {hex}");
                assert!(wants(&[1, port, 65_535], OUTGOING, hex), "{port} {hex}");
                assert!(!wants(&[port], 0, hex), "the same, coming in");
            }
            assert!(!wants(&[1, 2, 65_535], OUTGOING, hex), "{hex}");
            assert!(!wants(&[], OUTGOING, hex), "{hex}");
            let ports = ports(hex).into_iter().collect();
            let cut = run(&these_ports(true, &ports), OUTGOING, &bytes(hex)[..20]);
            assert_eq!(cut, NOTHING, "{hex}");
        }
    }

    #[test]
    fn too_many_ports_are_no_ports() {
        let crowd: BTreeSet<u16> = (1..=1_000).collect();
        assert_eq!(these_ports(true, &crowd), everything(true));
        let frame = bytes(CONVERSATION[0]);
        assert_eq!(run(&everything(true), OUTGOING, &frame), ALL);
        assert_eq!(run(&everything(true), 0, &frame), NOTHING);
        assert_eq!(run(&everything(false), 0, &frame), ALL);
    }

    #[test]
    fn other_protocols_are_not_wanted() {
        let arp = "ffffffffffff02000000000108060001080006040001020000000001c0000201";
        assert!(!wants(&[0, 1, 80], OUTGOING, arp));
        let igmp = CONVERSATION[0].replacen("4006", "4002", 1);
        assert!(!wants(&[80], OUTGOING, &igmp));
    }
}
