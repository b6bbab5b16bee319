//! Slows down guessing: after some failures each further one doubles the wait.
//!
//! Whoever guesses must not keep the right person out: failures count for the e-mail address from that network address,
//! so the person at another one is not concerned. An address that tries many e-mails waits too. Only very many failures
//! from many addresses make everybody wait for that e-mail, and then a moment.

use tokio::sync::Mutex;

use super::spare::{Spare, unwritable};
use super::{AuthError, Result};
use crate::store::{Attempts, Store};

/// Failures older than this no longer count.
const WINDOW: i64 = 15 * 60_000;

/// A subject of counting: how many failures cost nothing, because people mistype and share addresses, and how long the
/// wait becomes in milliseconds.
struct Rule {
    free: u32,
    longest: i64,
}

const PAIR: Rule = Rule { free: 5, longest: WINDOW };
const ADDRESS: Rule = Rule { free: 30, longest: WINDOW };
const EMAIL: Rule = Rule { free: 100, longest: 10_000 };

#[derive(Default)]
pub(super) struct Limits {
    /// Looking and counting are one step, so that many attempts at once count as many.
    turn: Mutex<()>,
}

/// Where the failures are counted: in the database, so that a restart forgets none; in memory while it can't be written.
#[derive(Clone, Copy)]
pub(super) struct Book<'a> {
    pub store: &'a Store,
    pub spare: &'a Spare,
}

impl Book<'_> {
    async fn read(self, subject: &str) -> Result<Attempts> {
        let (stored, spare) = (self.store.attempts(subject).await?, self.spare.attempts(subject));
        Ok(if spare.failures > stored.failures { spare } else { stored })
    }

    async fn count(self, subject: &str, now: i64) -> Result<()> {
        match self.store.count_failure(subject, now, now - WINDOW).await {
            Ok(_) => Ok(()),
            Err(error) if unwritable(&error) => {
                self.spare.count(subject, now, now - WINDOW);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn clear(self, subject: &str) -> Result<()> {
        self.spare.clear(subject);
        match self.store.clear_attempts(subject).await {
            Err(error) if !unwritable(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Limits {
    /// Refuses when there is still time to wait; else counts the attempt against e-mail and address in advance.
    pub(super) async fn enter(&self, book: Book<'_>, email: &str, address: &str, now: i64) -> Result<()> {
        let _turn = self.turn.lock().await;
        let pair = by_pair(email, address);
        for (subject, rule) in [(&pair, PAIR), (&by_address(address), ADDRESS), (&by_email(email), EMAIL)] {
            let attempts = book.read(subject).await?;
            let until = attempts.last_at + wait(attempts.failures, &rule);
            if attempts.failures > 0 && until > now {
                return Err(AuthError::TooMany(((until - now) as u64).div_ceil(1000)));
            }
        }
        book.count(&pair, now).await
    }

    pub(super) async fn failed(&self, book: Book<'_>, email: &str, address: &str, now: i64) -> Result<()> {
        book.count(&by_email(email), now).await?;
        book.count(&by_address(address), now).await
    }

    pub(super) async fn succeeded(&self, book: Book<'_>, email: &str, address: &str) -> Result<()> {
        book.clear(&by_pair(email, address)).await
    }
}

/// Milliseconds to wait after the last of these failures: 1 s, 2 s, 4 s… up to the rule's longest.
fn wait(failures: u32, rule: &Rule) -> i64 {
    match failures.checked_sub(rule.free) {
        None => 0,
        Some(over) => (1000_i64 << over.min(20)).min(rule.longest),
    }
}

fn by_pair(email: &str, address: &str) -> String {
    format!("{} {}", by_email(email), by_address(address))
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
        assert_eq!([0, 4, 5, 6, 8].map(|failures| wait(failures, &PAIR)), [0, 0, 1000, 2000, 8000]);
        assert_eq!([&PAIR, &EMAIL].map(|rule| wait(u32::MAX, rule)), [WINDOW, 10_000]);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        assert_eq!(by_address("2001:db8:1:2:aaaa::1"), by_address("2001:db8:1:2:bbbb::9"));
        assert_ne!(by_address("2001:db8:1:2::1"), by_address("2001:db8:1:3::1"));
        assert_eq!(by_address("::ffff:10.0.0.7"), by_address("10.0.0.7"));
    }
}
