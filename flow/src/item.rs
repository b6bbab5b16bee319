//! Items: the records that travel along edges, and where each one came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record: fields and files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub json: Map<String, Value>,
    /// Property name → file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub binary: BTreeMap<String, BlobRef>,
}

/// A file in the blob store; the bytes never travel inside an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlobRef {
    /// Blob id.
    pub id: String,
    pub file_name: String,
    /// MIME type, for example `application/pdf`.
    pub mime: String,
    /// Bytes.
    pub size: u64,
}

/// The items that leave a port or reach one, shared by pointer: passing items on copies nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    pub items: Arc<Vec<Arc<Item>>>,
    #[serde(default, skip_serializing_if = "Lineage::is_same")]
    pub lineage: Lineage,
}

/// Which input items each output item came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lineage {
    /// Item *i* came from item *i* of the first input.
    #[default]
    Same,
    /// Item *i* came from this item of the first input.
    Each(Vec<u32>),
    /// Item *i* came from all of these.
    Many(Vec<Vec<Origin>>),
}

/// One input item, by the index of the input port in the node's list of inputs and the index within its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub input: u16,
    pub item: u32,
}

impl Item {
    pub fn new(json: Map<String, Value>) -> Self {
        Self { json, binary: BTreeMap::new() }
    }

    /// An item from a JSON value: an object as it is, anything else as `{"value": …}`.
    pub fn from_value(value: Value) -> Self {
        match value {
            Value::Object(json) => Self::new(json),
            other => Self::new(Map::from_iter([("value".to_owned(), other)])),
        }
    }
}

impl Batch {
    /// Items that came one by one from those of the first input, in the same order.
    pub fn same(items: Vec<Item>) -> Self {
        Self { items: Arc::new(items.into_iter().map(Arc::new).collect()), lineage: Lineage::Same }
    }

    /// Items with one origin each in the first input.
    pub fn each(pairs: impl IntoIterator<Item = (Arc<Item>, u32)>) -> Self {
        let (items, origins) = pairs.into_iter().unzip();
        Self { items: Arc::new(items), lineage: Lineage::Each(origins) }
    }

    /// Items with any number of origins.
    pub fn many(pairs: impl IntoIterator<Item = (Arc<Item>, Vec<Origin>)>) -> Self {
        let (items, origins) = pairs.into_iter().unzip();
        Self { items: Arc::new(items), lineage: Lineage::Many(origins) }
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Where item `index` came from.
    pub fn origins(&self, index: usize) -> Vec<Origin> {
        self.lineage.origins(index)
    }
}

impl Lineage {
    pub fn is_same(&self) -> bool {
        *self == Self::Same
    }

    pub fn origins(&self, index: usize) -> Vec<Origin> {
        match self {
            Self::Same => vec![Origin { input: 0, item: index as u32 }],
            Self::Each(items) => items.get(index).map(|&item| Origin { input: 0, item }).into_iter().collect(),
            Self::Many(lists) => lists.get(index).cloned().unwrap_or_default(),
        }
    }
}
