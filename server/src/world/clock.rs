//! The machine's clock.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use nodes::world::Clock;

/// Real time, real chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> f64 {
        let mut bytes = [0; 8];
        // Without a source of chance the middle is as good as any.
        if aws_lc_rs::rand::fill(&mut bytes).is_err() {
            return 0.5;
        }
        // 53 bits, as many as a float between 0 and 1 holds.
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
    }
}
