//! Port numbers: the registry's three classes, and the range the kernel hands out.
use serde::Serialize;

/// The classes of RFC 6335 §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PortClass {
    /// 0–1023, "System Ports" (also called well-known).
    System,
    /// 1024–49151, "User Ports" (also called registered).
    User,
    /// 49152–65535, "Dynamic Ports": never assigned to a service.
    Dynamic,
}

impl PortClass {
    /// The class a port number belongs to.
    pub fn of(port: u16) -> Self {
        match port {
            0..=1023 => Self::System,
            1024..=49151 => Self::User,
            49152.. => Self::Dynamic,
        }
    }

    /// First and last port of the class.
    pub fn bounds(self) -> PortRange {
        match self {
            Self::System => PortRange { low: 0, high: 1023 },
            Self::User => PortRange {
                low: 1024,
                high: 49151,
            },
            Self::Dynamic => PortRange {
                low: 49152,
                high: 65535,
            },
        }
    }
}

/// A closed range of ports, such as the kernel's ephemeral range (ip(7),
/// `ip_local_port_range`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PortRange {
    /// First port of the range.
    pub low: u16,
    /// Last port of the range.
    pub high: u16,
}

impl PortRange {
    /// Reads `LOW-HIGH`, as in `49340-49349`.
    pub fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once('-')?;
        let range = Self {
            low: low.trim().parse().ok()?,
            high: high.trim().parse().ok()?,
        };
        (range.low <= range.high).then_some(range)
    }

    /// Whether the port lies in the range.
    pub fn contains(self, port: u16) -> bool {
        (self.low..=self.high).contains(&port)
    }

    /// How many ports the range holds.
    pub fn size(self) -> u32 {
        u32::from(self.high) - u32::from(self.low) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_meet_without_a_gap() {
        assert_eq!(PortClass::of(1023), PortClass::System);
        assert_eq!(PortClass::of(1024), PortClass::User);
        assert_eq!(PortClass::of(49151), PortClass::User);
        assert_eq!(PortClass::of(49152), PortClass::Dynamic);
        for class in [PortClass::System, PortClass::User, PortClass::Dynamic] {
            assert_eq!(PortClass::of(class.bounds().low), class);
            assert_eq!(PortClass::of(class.bounds().high), class);
        }
    }

    #[test]
    fn ranges() {
        let range = PortRange::parse("32768-60999").unwrap();
        assert_eq!(range.size(), 28_232);
        assert!(range.contains(49342) && !range.contains(61000));
        assert_eq!(PortRange::parse("2-1"), None);
        assert_eq!(PortRange::parse("1-70000"), None);
    }
}
