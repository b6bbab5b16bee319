//! A node's parameters with their templates parsed once, and their resolution for the items of a step.

use std::collections::HashMap;
use std::sync::Arc;

use flow::expression::{Miss, Path, Segment, Template, push_text};
use nodes::NodeError;
use serde_json::{Map, Value};

use super::engine::{Engine, Wanted};
use super::scope::{Scope, View};

/// Parsed parameters. A cheap clone; made once per flow version and node.
#[derive(Clone, Debug)]
pub struct Compiled(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: Part,
    scripts: Vec<Arc<str>>,
    by_item: bool,
}

#[derive(Debug)]
enum Part {
    Fixed(Value),
    List(Vec<Part>),
    Object(Vec<(String, Part)>),
    Template { place: String, lone: bool, pieces: Vec<Piece> },
    Broken { place: String, message: String },
}

#[derive(Debug)]
enum Piece {
    Text(String),
    /// The script's number is for the cases that need JavaScript after all.
    Path(Path, usize),
    Script(usize),
}

/// Names that the node itself supplies later: templates with them stay as they are until `Script::resolve`.
const LATER: [&str; 3] = ["$response", "$pageCount", "$request"];

/// Script → its outcome.
type Results = HashMap<usize, Result<Option<Value>, NodeError>>;

impl Compiled {
    /// The parameters of a node. Templates that mention `$response`, `$request` or `$pageCount` stay text: the node
    /// resolves them itself when it has these.
    pub fn parameters(parameters: &Map<String, Value>) -> Self {
        Self::build(&Value::Object(parameters.clone()), true)
    }

    /// Any value; all templates are resolved.
    pub fn value(value: &Value) -> Self {
        Self::build(value, false)
    }

    fn build(value: &Value, later: bool) -> Self {
        let mut builder = Builder { scripts: Vec::new(), by_item: false, later };
        let root = builder.part(value, "");
        Self(Arc::new(Inner { root, scripts: builder.scripts, by_item: builder.by_item }))
    }

    /// Whether values may differ from item to item.
    pub fn by_item(&self) -> bool {
        self.0.by_item
    }

    /// One value for each item of the first input (one when it has none), in order. Equal for all and shared when no
    /// expression depends on the item.
    pub async fn resolve_all(&self, engine: &Engine, scope: &Arc<Scope>) -> Vec<Result<Arc<Value>, NodeError>> {
        let count = scope.items();
        if !self.0.by_item {
            let mut once = self.resolve_items(engine, scope, &Arc::default(), 0..1).await;
            let first = once.pop().map(|r| r.map(Arc::new));
            return first.map(|r| vec![r; count]).unwrap_or_default();
        }
        let all = self.resolve_items(engine, scope, &Arc::default(), 0..count).await;
        all.into_iter().map(|r| r.map(Arc::new)).collect()
    }

    /// The value for one item, with further names (`$response` …) in scope.
    pub async fn resolve_one(
        &self,
        engine: &Engine,
        scope: &Arc<Scope>,
        item: usize,
        names: &Map<String, Value>,
    ) -> Result<Value, NodeError> {
        let mut all = self.resolve_items(engine, scope, &Arc::new(names.clone()), item..item + 1).await;
        all.pop().unwrap_or(Ok(Value::Null))
    }

    async fn resolve_items(
        &self,
        engine: &Engine,
        scope: &Arc<Scope>,
        names: &Arc<Map<String, Value>>,
        items: std::ops::Range<usize>,
    ) -> Vec<Result<Value, NodeError>> {
        let (mut done, mut wanted) = (Vec::with_capacity(items.len()), Vec::new());
        {
            let mut view = View::new(scope, names, engine.env());
            for item in items.clone() {
                view.item = item;
                let mut scripts = Vec::new();
                let made = make(&self.0.root, &view, None, &mut scripts);
                if !scripts.is_empty() && made.is_ok() {
                    let scripts = scripts.into_iter().map(|id| (id, self.0.scripts[id].clone())).collect();
                    wanted.push(Wanted { item, scripts });
                }
                done.push(made.map_err(|e| e.at_item(item)));
            }
        }
        if wanted.is_empty() {
            return done;
        }
        let asked: Vec<usize> = wanted.iter().map(|w| w.item).collect();
        let answers = engine.evaluate(scope, names, wanted).await;
        let mut view = View::new(scope, names, engine.env());
        for (item, results) in asked.into_iter().zip(answers) {
            view.item = item;
            let made = make(&self.0.root, &view, Some(&results), &mut Vec::new());
            done[item - items.start] = made.map_err(|e| e.at_item(item));
        }
        done
    }
}

struct Builder {
    scripts: Vec<Arc<str>>,
    by_item: bool,
    later: bool,
}

impl Builder {
    fn part(&mut self, value: &Value, place: &str) -> Part {
        let inside = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
        match value {
            Value::String(text) => match Template::of(text) {
                Some(_) if self.later && LATER.iter().any(|name| text.contains(name)) => Part::Fixed(value.clone()),
                Some(Ok(template)) => self.template(template, place),
                Some(Err(e)) => Part::Broken { place: place.to_owned(), message: e.message },
                None => Part::Fixed(value.clone()),
            },
            Value::Array(list) => {
                let parts: Vec<Part> =
                    list.iter().enumerate().map(|(i, v)| self.part(v, &inside(&i.to_string()))).collect();
                if parts.iter().all(Part::is_fixed) { Part::Fixed(value.clone()) } else { Part::List(parts) }
            }
            Value::Object(map) => {
                let parts: Vec<_> = map.iter().map(|(k, v)| (k.clone(), self.part(v, &inside(k)))).collect();
                if parts.iter().all(|(_, p)| p.is_fixed()) { Part::Fixed(value.clone()) } else { Part::Object(parts) }
            }
            other => Part::Fixed(other.clone()),
        }
    }

    fn template(&mut self, template: Template, place: &str) -> Part {
        let lone = template.lone().is_some();
        let pieces: Vec<Piece> = template
            .segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Text(text) => Piece::Text(text),
                Segment::Path(path) => {
                    self.by_item |= path.by_item();
                    let id = self.script(path.source());
                    Piece::Path(path, id)
                }
                Segment::Script { source, .. } => {
                    // Even `Math.random()` differs from item to item.
                    self.by_item = true;
                    Piece::Script(self.script(&source))
                }
            })
            .collect();
        match pieces.as_slice() {
            [] => Part::Fixed(Value::String(String::new())),
            [Piece::Text(text)] => Part::Fixed(Value::String(text.clone())),
            _ => Part::Template { place: place.to_owned(), lone, pieces },
        }
    }

    fn script(&mut self, source: &str) -> usize {
        self.scripts.push(source.into());
        self.scripts.len() - 1
    }
}

impl Part {
    fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}

/// Builds the value. Without `results` the numbers of the scripts that it needs are collected in `needs`, and the value
/// is only whole when there are none.
fn make(part: &Part, view: &View<'_>, results: Option<&Results>, needs: &mut Vec<usize>) -> Result<Value, NodeError> {
    Ok(match part {
        Part::Fixed(value) => value.clone(),
        Part::List(parts) => parts.iter().map(|p| make(p, view, results, needs)).collect::<Result<_, _>>()?,
        Part::Object(parts) => {
            let made = parts.iter().map(|(key, p)| Ok((key.clone(), make(p, view, results, needs)?)));
            Value::Object(made.collect::<Result<_, NodeError>>()?)
        }
        Part::Broken { place, message } => return Err(at(place, NodeError::new("expression_syntax", message.clone()))),
        Part::Template { place, lone, pieces } => {
            let mut text = String::new();
            for piece in pieces {
                let script = match piece {
                    Piece::Text(t) => {
                        text.push_str(t);
                        continue;
                    }
                    Piece::Script(id) => *id,
                    Piece::Path(path, id) => {
                        let seen = if *lone {
                            path.value(view).map(Some)
                        } else {
                            path.visit(view, |seen| seen.push_text(&mut text)).map(|()| None)
                        };
                        match seen {
                            Ok(Some(value)) => return Ok(value),
                            Ok(None) => continue,
                            Err(Miss::Fails(why)) => {
                                return Err(at(place, NodeError::new("expression_reference", why)));
                            }
                            Err(Miss::NeedsScript) => *id,
                        }
                    }
                };
                match results.map(|r| r.get(&script)) {
                    None => needs.push(script),
                    Some(Some(Ok(Some(value)))) if *lone => return Ok(value.clone()),
                    Some(Some(Ok(value))) => push_text(value.as_ref().unwrap_or(&Value::Null), &mut text),
                    Some(Some(Err(e))) => return Err(at(place, e.clone())),
                    Some(None) => {}
                }
            }
            if *lone { Value::Null } else { Value::String(text) }
        }
    })
}

/// Says which parameter it is.
fn at(place: &str, mut error: NodeError) -> NodeError {
    if !place.is_empty() {
        error.message = format!("Parameter “{place}”: {}", error.message);
    }
    error
}
