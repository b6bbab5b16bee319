//! The cluster's own processes: started into the background, found again and ended by the network namespace they are in.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::place::Place;
use crate::sh;

/// Starts `command` (made by [`Place::inside`]) for good; what it says goes to `logs/<name>.log`.
pub fn start(place: &Place, name: &str, command: &Command) -> Result<()> {
    let log = File::create(place.file("logs").join(format!("{name}.log")))?;
    // A session of its own: Ctrl+C is for the task, which then ends the cluster in order.
    let mut detached = sh::command("setsid");
    detached.arg(command.get_program()).args(command.get_args()).current_dir(&place.folder);
    detached.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let child = detached.spawn().with_context(|| format!("Can't start {name}."))?;
    std::fs::write(place.file("pids").join(name), child.id().to_string())?;
    Ok(())
}

/// Asks until `ready` says yes. Gives up early when `name` has ended; the error has its last words.
pub fn wait(place: &Place, name: &str, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
    let end = Instant::now() + limit;
    while !ready() {
        let running = alive(place, name);
        if !running || Instant::now() > end {
            let what = if running { format!("is not ready after {} s", limit.as_secs()) } else { "ended".to_owned() };
            bail!("{name} {what}. Its log ends with:\n{}", last_words(place, name));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The number of a process that [`start`] started.
pub fn number(place: &Place, name: &str) -> Result<String> {
    let number = std::fs::read_to_string(place.file("pids").join(name));
    Ok(number.with_context(|| format!("It is not known which process is {name}."))?.trim().to_owned())
}

/// Whether a process that [`start`] started still runs.
pub fn alive(place: &Place, name: &str) -> bool {
    let Ok(pid) = std::fs::read_to_string(place.file("pids").join(name)) else { return false };
    // The state follows the name, which is in parentheses. Z: ended, not yet buried.
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
    let running = stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'));
    // Numbers are given again: it must be one of the namespace's.
    running && members(place).is_ok_and(|members| pid.trim().parse().is_ok_and(|pid: u32| members.contains(&pid)))
}

fn last_words(place: &Place, name: &str) -> String {
    let log = std::fs::read_to_string(place.file("logs").join(format!("{name}.log"))).unwrap_or_default();
    let lines = log.lines().collect::<Vec<_>>();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

/// Kills everything that belongs to the cluster. Nothing of it is kept, so nothing is asked to end in order; but first what
/// would start others again.
pub fn kill_all(place: &Place) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let members = members(place)?;
        if members.is_empty() {
            return Ok(());
        }
        if Instant::now() > end {
            bail!("These processes of the cluster do not end: {members:?}.");
        }
        let pids = members.iter().map(ToString::to_string);
        // Those that ended meanwhile are no matter.
        let _ = sh::output(sh::command("kill").arg("-KILL").args(pids));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// All processes in the cluster's network namespace or its control groups (pods have networks of their own).
fn members(place: &Place) -> Result<BTreeSet<u32>> {
    let mut pids = BTreeSet::new();
    if place.netns_file().exists() {
        let listed = sh::output(sh::command("ip").args(["netns", "pids", &place.netns]))?;
        pids.extend(listed.lines().filter_map(|line| line.trim().parse::<u32>().ok()));
    }
    for folder in cgroups(place) {
        collect(&folder, &mut pids);
    }
    Ok(pids)
}

/// The control groups of the cluster that are there: one a hierarchy, or one for all.
pub fn cgroups(place: &Place) -> Vec<std::path::PathBuf> {
    cgroup_roots().into_iter().map(|root| root.join(place.cgroup())).filter(|folder| folder.is_dir()).collect()
}

/// Where control groups are mounted.
pub fn cgroup_roots() -> Vec<std::path::PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let of_kind = |line: &&str| line.split(' ').nth(2).is_some_and(|kind| kind == "cgroup" || kind == "cgroup2");
    mounts.lines().filter(of_kind).filter_map(|line| line.split(' ').nth(1)).map(Into::into).collect()
}

fn collect(folder: &Path, pids: &mut BTreeSet<u32>) {
    let listed = std::fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    pids.extend(listed.lines().filter_map(|line| line.parse::<u32>().ok()).filter(|pid| *pid != 0));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        collect(&entry.path(), pids);
    }
}
