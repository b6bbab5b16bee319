//! Runs whose steps are done elsewhere: by `fluxo run-job`, in a Kubernetes Job of Fluxo's own image.
//!
//! The program in the Job is the same engine: it gets the run as it stands ([`Work`]), drives it, and instead of writing to a
//! database it posts each commit to the server ([`uplink`]). The server checks what it is told ([`check`]), takes it into the
//! run as if its own steps had done it ([`take`]), commits with its epoch, and only then says that it took it. So what is
//! shown, kept and answered is the same as for any other run.
//!
//! **Invariant:** what a Job posts is taken once. It names its attempt and counts its posts; a repeated post is
//! acknowledged and changes nothing, a former attempt is told that it is over.

mod check;
mod drive;
mod port;
mod take;
mod uplink;
mod wire;

pub use check::Limits;
pub use port::{JobError, OpenJob};
pub use uplink::{Over, Upstream};
pub use wire::{PROTOCOL, Post, PostEnd, Work, WorkLog, WorkOptions, WorkStep, WorkVersion};

pub(super) use drive::JobState;
pub(super) use port::Port;
pub(super) use uplink::Uplink;
