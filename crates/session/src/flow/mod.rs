//! Values that are signed, work once and run out.
mod flows;
mod refusal;
pub(crate) mod signed;
mod tickets;

pub use flows::{Flow, Flows};
pub use refusal::{FlowRefused, FlowRefusedKind};
pub use tickets::{Admitted, Tickets};
