//! Removing a cluster, however much of it is there.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::place::Place;
use super::{network, processes};
use crate::sh;

/// Ends the processes, removes mounts, control groups, network and files. Nothing happens where nothing is.
pub fn down(place: &Place) -> Result<()> {
    if super::obstacle().is_some() || !leftovers(place) {
        return Ok(());
    }
    let start = Instant::now();
    processes::kill_all(place)?;
    unmount(&place.folder)?;
    for folder in processes::cgroups(place) {
        remove_cgroup(&folder)?;
    }
    network::down(place)?;
    if place.folder.exists() {
        std::fs::remove_dir_all(&place.folder).with_context(|| format!("Can't remove {}.", place.folder.display()))?;
    }
    println!("  cluster … removed ({})", sh::seconds(start.elapsed()));
    Ok(())
}

fn leftovers(place: &Place) -> bool {
    place.folder.exists() || place.netns_file().exists() || !processes::cgroups(place).is_empty()
}

/// What is mounted below `folder`, the innermost first. Removing files through a mount would reach other folders.
fn unmount(folder: &Path) -> Result<()> {
    let mounted = || -> Result<Vec<String>> {
        let mounts = std::fs::read_to_string("/proc/self/mounts")?;
        let below = format!("{}/", folder.display());
        let places = mounts.lines().filter_map(|line| line.split(' ').nth(1)).filter(|place| place.starts_with(&below));
        Ok(places.map(ToOwned::to_owned).collect())
    };
    for place in mounted()?.iter().rev() {
        sh::output(sh::command("umount").args(["--lazy", place]))?;
    }
    let left = mounted()?;
    if !left.is_empty() {
        bail!("These are still mounted: {}.", left.join(", "));
    }
    Ok(())
}

/// A group is empty a moment after its last process was killed.
fn remove_cgroup(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path())?;
        }
    }
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match std::fs::remove_dir(folder) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => {
                return Err(error).with_context(|| format!("Can't remove the control group {}.", folder.display()));
            }
        }
    }
}
