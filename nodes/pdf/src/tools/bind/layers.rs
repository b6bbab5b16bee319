//! Optional content (layers, ISO 32000-2 8.11): what is hidden stays hidden in the new file.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use super::copy::Copier;
use crate::error::Error;

/// The layers of all documents so far.
#[derive(Default)]
pub struct Layers {
    all: Vec<Object>,
    off: Vec<Object>,
    locked: Vec<Object>,
    order: Vec<Object>,
    groups: Vec<Object>,
    usage: Vec<Object>,
}

/// Adds those of the copier's document.
pub fn add(copier: &mut Copier<'_, '_, '_>) -> Result<(), Error> {
    let pdf = copier.pdf;
    let Some(properties) = pdf.catalog().ok().and_then(|catalog| pdf.dictionary(catalog, b"OCProperties")) else {
        return Ok(());
    };
    let empty = Dictionary::new();
    let config = pdf.dictionary(properties, b"D").unwrap_or(&empty);
    let all = pdf.array(properties, b"OCGs").cloned().unwrap_or_default();
    let listed = |key: &[u8]| pdf.array(config, key).cloned().unwrap_or_default();
    // In the new file layers are on unless they are listed as off.
    let off = if pdf.name(config, b"BaseState").as_deref() == Some("OFF") {
        let on: HashSet<ObjectId> = listed(b"ON").iter().filter_map(|layer| layer.as_reference().ok()).collect();
        all.iter().filter(|layer| layer.as_reference().is_ok_and(|id| !on.contains(&id))).cloned().collect()
    } else {
        listed(b"OFF")
    };
    let mut lists = [all, off, listed(b"Locked"), listed(b"Order"), listed(b"RBGroups"), listed(b"AS")];
    for list in &mut lists {
        for item in list.iter_mut() {
            *item = copier.copy(item)?;
        }
        list.retain(|item| !item.is_null());
    }
    let layers = &mut copier.book.layers;
    let [all, off, locked, order, groups, usage] = lists;
    layers.all.extend(all);
    layers.off.extend(off);
    layers.locked.extend(locked);
    layers.order.extend(order);
    layers.groups.extend(groups);
    layers.usage.extend(usage);
    Ok(())
}

impl Layers {
    /// `/OCProperties`, if there are layers.
    pub fn finish(self) -> Option<Object> {
        if self.all.is_empty() {
            return None;
        }
        let mut config = dictionary! { "OFF" => self.off, "Order" => self.order };
        for (key, list) in [("Locked", self.locked), ("RBGroups", self.groups), ("AS", self.usage)] {
            if !list.is_empty() {
                config.set(key, list);
            }
        }
        Some(dictionary! { "OCGs" => self.all, "D" => config }.into())
    }
}
