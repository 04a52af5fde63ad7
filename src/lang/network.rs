//! Which network a line ran in: the host's, one of the lab's own, or that of a neighbour. The same
//! loopback endpoint names another socket in each.
use crate::net::Endpoint;

/// A network, told from every other one of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// 0 is the host; each private world gets a number of its own, and shares it with its neighbour.
    pub world: u32,
    /// Whether it is the neighbour's.
    pub neighbour: bool,
}

impl Network {
    /// Whether an endpoint means the same socket here and in another network: what is not loopback
    /// goes over the cable to the neighbour, and a socket file belongs to no network (unix(7)).
    pub fn shares(self, other: Self, endpoint: &Endpoint) -> bool {
        if self == other {
            return true;
        }
        match endpoint {
            Endpoint::Inet(at) => self.world == other.world && !at.ip().is_loopback(),
            Endpoint::Unix(name) => !name.starts_with('@'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_endpoints_two_networks_share() {
        let network = |world, neighbour| Network { world, neighbour };
        let (host, ours, theirs, newer) = (
            network(0, false),
            network(1, false),
            network(1, true),
            network(2, false),
        );
        let table = [
            ("127.0.0.1:8001", ours, ours, true),
            ("127.0.0.1:8001", ours, theirs, false),
            ("127.0.0.1:8001", host, ours, false),
            ("10.0.0.2:8001", ours, theirs, true),
            ("10.0.0.2:8001", newer, theirs, false),
            ("10.0.0.2:8001", host, ours, false),
            ("unix:file", host, theirs, true),
            ("unix:@abstract", ours, theirs, false),
        ];
        for (endpoint, one, other, shared) in table {
            let at = Endpoint::parse(endpoint).unwrap();
            assert_eq!(
                one.shares(other, &at),
                shared,
                "{endpoint} {one:?} {other:?}"
            );
        }
    }
}
