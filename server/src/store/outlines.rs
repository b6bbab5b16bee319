//! Outlines: what lists need of a document, kept beside it, so that no list reads documents of many megabytes.

use std::collections::{BTreeSet, HashMap};

use flow::Flow;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, Statement};

use super::entity::outline;
use super::{Result, Store, StoreError};

/// What lists show of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    pub nodes: u32,
    /// Kinds of its nodes, each once, sorted.
    pub kinds: Vec<String>,
    /// Ids of the credentials that it uses, each once, sorted.
    pub credentials: Vec<String>,
}

impl Outline {
    pub fn of(document: &Flow) -> Self {
        let kinds: BTreeSet<&str> = document.nodes.iter().map(|node| node.kind.as_str()).collect();
        let credentials: BTreeSet<&str> =
            document.nodes.iter().flat_map(|node| node.credentials.values().map(String::as_str)).collect();
        Self {
            nodes: document.nodes.len() as u32,
            kinds: kinds.into_iter().map(str::to_owned).collect(),
            credentials: credentials.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Store {
    /// The outlines of these drafts, by flow id.
    pub async fn outlines(&self, flows: &[String]) -> Result<HashMap<String, Outline>> {
        let rows = outline::Entity::find().filter(outline::Column::Id.is_in(flows)).all(self.read()).await?;
        rows.into_iter().map(|row| Ok((row.id.clone(), row.try_into()?))).collect()
    }

    /// Names of the flows whose draft or published version holds each of these credential ids; sorted.
    pub async fn flows_using(&self, credentials: &[String]) -> Result<HashMap<String, Vec<String>>> {
        let mut using: HashMap<String, Vec<String>> = credentials.iter().map(|id| (id.clone(), Vec::new())).collect();
        let sql = "SELECT f.id, f.name, o.credentials FROM outlines o JOIN flows f ON f.id = o.flow_id \
                   WHERE (o.id = f.id OR o.id = f.published_id) AND o.credentials <> '[]' ORDER BY f.name, f.id";
        let rows = self.read().query_all_raw(Statement::from_string(self.backend(), sql)).await?;
        // The flow that was last named for a credential: its draft and its version follow each other.
        let mut last: HashMap<String, String> = HashMap::new();
        for row in rows {
            let (flow, name): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            for id in list(&row.try_get_by_index::<String>(2)?)? {
                let Some(names) = using.get_mut(&id) else { continue };
                if last.insert(id, flow.clone()).as_ref() != Some(&flow) {
                    names.push(name.clone());
                }
            }
        }
        Ok(using)
    }
}

/// Writes the outline of a draft (`id`: the flow's) or of a version.
pub(super) async fn put(db: &impl ConnectionTrait, id: &str, flow: &str, outline: &Outline) -> Result<()> {
    let text = |list: &[String]| {
        serde_json::to_string(list).map_err(|error| StoreError::Invalid(format!("The flow can't be stored: {error}.")))
    };
    let model = outline::Model {
        id: id.to_owned(),
        flow_id: flow.to_owned(),
        nodes: i64::from(outline.nodes),
        kinds: text(&outline.kinds)?,
        credentials: text(&outline.credentials)?,
    };
    use outline::Column as C;
    let replace = OnConflict::column(C::Id).update_columns([C::Nodes, C::Kinds, C::Credentials]).to_owned();
    outline::Entity::insert(model.into_active_model()).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}

/// Makes the outlines that are missing: of what was stored before there were any.
pub(super) async fn fill(db: &impl ConnectionTrait) -> Result<()> {
    for (table, column, flow) in [("flows", "draft", "id"), ("versions", "document", "flow_id")] {
        let query = |sql: String| Statement::from_string(db.get_database_backend(), sql);
        let missing =
            format!("SELECT d.id, d.{flow} FROM {table} d LEFT JOIN outlines o ON o.id = d.id WHERE o.id IS NULL");
        for row in db.query_all_raw(query(missing)).await? {
            let (id, flow): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let sql = format!("SELECT {column} FROM {table} WHERE id = $1");
            let one = Statement::from_sql_and_values(db.get_database_backend(), sql, [id.clone().into()]);
            let Some(row) = db.query_one_raw(one).await? else { continue };
            // What can't be read shows no nodes; opening it says why.
            let document: Flow = serde_json::from_str(&row.try_get_by_index::<String>(0)?).unwrap_or_default();
            put(db, &id, &flow, &Outline::of(&document)).await?;
        }
    }
    Ok(())
}

impl TryFrom<outline::Model> for Outline {
    type Error = StoreError;

    fn try_from(row: outline::Model) -> Result<Self> {
        Ok(Self { nodes: row.nodes as u32, kinds: list(&row.kinds)?, credentials: list(&row.credentials)? })
    }
}

fn list(json: &str) -> Result<Vec<String>> {
    serde_json::from_str(json).map_err(|error| super::runs::unknown("outline", &error.to_string()))
}
