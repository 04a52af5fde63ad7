//! The field's words: endpoints, four-tuples, TCP states, port classes, error numbers.
//!
//! Plain values with parsing and printing. No I/O, and nothing from the floors above.
mod eai;
mod endpoint;
mod errno;
mod four_tuple;
mod port;
mod tcp_state;

pub use eai::Eai;
pub use endpoint::{Endpoint, EndpointError};
pub use errno::Errno;
pub use four_tuple::FourTuple;
pub use port::{PortClass, PortRange};
pub use tcp_state::TcpState;
