//! Facts about the private world, and what was changed in it.
use std::net::IpAddr;

use serde::Serialize;

use super::super::world_verbs::{FilterAction, WorldName};
use crate::net::Endpoint;

/// `world`.
#[derive(Clone, Debug, Serialize)]
pub struct InWorld {
    /// The world lines run in now.
    pub world: WorldName,
    /// Whether this line went into it.
    pub switched: bool,
    /// Why there is no private world here, where that was found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// `link`.
#[derive(Clone, Debug, Serialize)]
pub struct LinkState {
    /// The interface.
    pub interface: String,
    /// Whether it is up now.
    pub up: bool,
    /// The largest packet it carries, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Whether this line changed what it was to change.
    pub switched: bool,
}

/// `neighbour`.
#[derive(Clone, Debug, Serialize)]
pub struct NextDoor {
    /// The neighbour's address.
    pub address: IpAddr,
    /// The address of this end of the cable.
    pub source: IpAddr,
    /// What both ends of the cable are called.
    pub interface: String,
    /// Whether this line made the neighbour.
    pub switched: bool,
}

/// `filter`.
#[derive(Clone, Debug, Serialize)]
pub struct Filters {
    /// How many rules there are now.
    pub count: usize,
    /// The rules, oldest first; the first that fits decides.
    pub rules: Vec<FilterRule>,
}

/// One rule of a filter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilterRule {
    /// `drop` or `reject`.
    pub action: FilterAction,
    /// Where the packets go to.
    pub to: Endpoint,
}

/// `sysctl`.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub setting: String,
    /// Its value now; several numbers are separated by one space.
    pub value: String,
    /// Its value before, when this line wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}
