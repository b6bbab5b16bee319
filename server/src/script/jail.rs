//! What a runner process gives up before it reads any code. Each step that the system refuses is left out: the process
//! has no function for files, programs or sockets in the first place.

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

/// Bytes of data that the program needs beside JavaScript's memory: input and output as text, twice.
const BESIDE: u64 = 512 * 1024 * 1024;

/// Once, at the start.
pub(super) fn enter() {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let _ = prctl::set_no_new_privs();
    let _ = prctl::set_dumpable(false);
    // An empty network; as a normal user only inside a user namespace of its own.
    if unshare(CloneFlags::CLONE_NEWNET).is_err() {
        let _ = unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET);
    }
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let _ = setrlimit(Resource::RLIMIT_NOFILE, 16, 16);
    let _ = setrlimit(Resource::RLIMIT_NPROC, 0, 0);
    let _ = setrlimit(Resource::RLIMIT_FSIZE, 0, 0);
}

/// Before each call: bytes of JavaScript memory and seconds of processor time.
pub(super) fn limit(memory: u64, cpu: u64) {
    lower(Resource::RLIMIT_DATA, memory.saturating_mul(2).saturating_add(BESIDE));
    let used = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF)
        .map_or(0, |usage| usage.user_time().tv_sec() + usage.system_time().tv_sec());
    lower(Resource::RLIMIT_CPU, (used as u64).saturating_add(cpu).saturating_add(2));
}

fn lower(resource: Resource, soft: u64) {
    if let Ok((_, hard)) = getrlimit(resource) {
        let _ = setrlimit(resource, soft.min(hard), hard);
    }
}
