//! Slows down guessing: after some failures each further one doubles the wait.

use tokio::sync::Mutex;

use super::{AuthError, Result};
use crate::store::Store;

/// Failures older than this no longer count.
const WINDOW: i64 = 15 * 60_000;

/// Failures that cost nothing: people mistype, and many people share an address.
const FREE_EMAIL: u32 = 5;
const FREE_ADDRESS: u32 = 30;

#[derive(Default)]
pub(super) struct Limits {
    /// Looking and counting are one step, so that many attempts at once count as many.
    turn: Mutex<()>,
}

impl Limits {
    /// Refuses when there is still time to wait; else counts the attempt against the e-mail address in advance.
    pub(super) async fn enter(&self, store: &Store, email: &str, address: &str, now: i64) -> Result<()> {
        let _turn = self.turn.lock().await;
        for (subject, free) in [(by_email(email), FREE_EMAIL), (by_address(address), FREE_ADDRESS)] {
            let attempts = store.attempts(&subject).await?;
            let until = attempts.last_at + wait(attempts.failures, free);
            if attempts.failures > 0 && until > now {
                return Err(AuthError::TooMany(((until - now) as u64).div_ceil(1000)));
            }
        }
        store.count_failure(&by_email(email), now, now - WINDOW).await?;
        Ok(())
    }

    pub(super) async fn failed(&self, store: &Store, address: &str, now: i64) -> Result<()> {
        store.count_failure(&by_address(address), now, now - WINDOW).await?;
        Ok(())
    }

    pub(super) async fn succeeded(&self, store: &Store, email: &str) -> Result<()> {
        Ok(store.clear_attempts(&by_email(email)).await?)
    }
}

/// Milliseconds to wait after the last of these failures: 1 s, 2 s, 4 s… up to the window.
fn wait(failures: u32, free: u32) -> i64 {
    match failures.checked_sub(free) {
        None => 0,
        Some(over) => (1000_i64 << over.min(20)).min(WINDOW),
    }
}

fn by_email(email: &str) -> String {
    format!("email:{}", email.chars().take(254).collect::<String>())
}

/// An IPv6 network counts as one: its users have more addresses than there are guesses.
fn by_address(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = ip.segments();
            format!("address:{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(std::net::IpAddr::V6(ip)) => format!("address:{}", ip.to_canonical()),
        _ => format!("address:{}", address.chars().take(64).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_window() {
        assert_eq!([0, 4, 5, 6, 8].map(|failures| wait(failures, 5)), [0, 0, 1000, 2000, 8000]);
        assert_eq!(wait(u32::MAX, 5), WINDOW);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        assert_eq!(by_address("2001:db8:1:2:aaaa::1"), by_address("2001:db8:1:2:bbbb::9"));
        assert_ne!(by_address("2001:db8:1:2::1"), by_address("2001:db8:1:3::1"));
        assert_eq!(by_address("::ffff:10.0.0.7"), by_address("10.0.0.7"));
    }
}
