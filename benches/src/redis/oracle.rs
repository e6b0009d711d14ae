//! What should have been admitted, worked out from when it was asked for.

/// Units a second of the busy key.
pub(super) const RATE: u32 = 1_000;
/// Units at once.
pub(super) const BURST: u32 = 1_000;
/// Microseconds until a unit is there again.
const INTERVAL: u64 = 1_000_000 / RATE as u64;
const FULL: u64 = INTERVAL * BURST as u64;

/// How many of these attempts one limiter in one place admits.
pub(super) fn ideal(offered: &[u64]) -> usize {
    let (mut debt, mut last, mut admitted) = (0_u64, 0, 0);
    for at in offered {
        debt = debt.saturating_sub(at - last);
        last = *at;
        if debt + INTERVAL <= FULL {
            debt += INTERVAL;
            admitted += 1;
        }
    }
    admitted
}

/// By how many units the admissions exceed the quota in the worst of all windows.
pub(super) fn excess(admitted: &[u64]) -> f64 {
    let (mut debt, mut last, mut worst) = (0_u64, 0, 0);
    for at in admitted {
        debt = debt.saturating_sub(at - last) + INTERVAL;
        last = *at;
        worst = worst.max(debt);
    }
    worst.saturating_sub(FULL) as f64 / INTERVAL as f64
}
