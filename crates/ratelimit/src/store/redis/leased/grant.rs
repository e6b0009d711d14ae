//! What the script of leases is told, and what it answers.
use std::time::Duration;

use palisade_core::{StoreError, StoreErrorKind};
use palisade_redis::Reply;

use super::entry::{Ask, Lease};
use super::terms::EPOCH;
use crate::store::redis::call::Call;
use crate::store::redis::measure::micros;

/// What the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// The cost was charged, and nothing is held.
    Charged { at: Duration, left: u32 },
    /// Units to hold; the cost is to be spent of them.
    Leased {
        at: Duration,
        units: u32,
        epoch: u64,
        born: u64,
        left: u32,
        valid: Duration,
    },
    /// Not now.
    Refused { at: Duration, left: u32, wait: Duration },
    /// The key is blocked.
    Blocked { at: Duration, wait: Duration },
}

/// The arguments of `lease.lua`: what is given back, and what is asked for.
pub(super) fn call(quota: Call, ask: &Ask, cost: u64) -> Call {
    reported(quota, ask.report)
        .with(cost)
        .with(ask.want)
        .with(u64::from(ask.least))
        .with(micros(EPOCH))
}

/// The arguments that give a lease back and ask for nothing.
pub(super) fn report(quota: Call, lease: Lease) -> Call {
    let nothing = Ask {
        report: Some(lease),
        want: 0,
        least: 0,
    };
    call(quota, &nothing, 0)
}

fn reported(quota: Call, lease: Option<Lease>) -> Call {
    let [units, spent] = lease.map_or([0; 2], |lease| [lease.units, lease.spent]);
    let [epoch, born] = lease.map_or([0; 2], |lease| [lease.epoch, lease.born]);
    quota
        .with(u64::from(units))
        .with(u64::from(spent))
        .with(epoch)
        .with(born)
}

/// Reads the answer of `lease.lua`.
pub(super) fn read(reply: Reply) -> Result<Grant, StoreError> {
    let numbers: Result<Vec<u64>, _> = reply.into_list()?.into_iter().map(Reply::into_uint).collect();
    let span = Duration::from_micros;
    match *numbers?.as_slice() {
        [0, at, left] => Ok(Grant::Charged {
            at: span(at),
            left: number(left),
        }),
        [0, at, left, units, epoch, born, valid] => Ok(Grant::Leased {
            at: span(at),
            units: number(units),
            epoch,
            born,
            left: number(left),
            valid: span(valid),
        }),
        [1, at, wait] => Ok(Grant::Blocked {
            at: span(at),
            wait: span(wait),
        }),
        [2, at, left, wait] => Ok(Grant::Refused {
            at: span(at),
            left: number(left),
            wait: span(wait),
        }),
        _ => Err(StoreError::new(StoreErrorKind::Failed)),
    }
}

fn number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
