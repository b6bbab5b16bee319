//! What a node is given: its parameters and its JavaScript.

use std::sync::Arc;

use async_trait::async_trait;
use nodes::NodeError;
use nodes::context::Parameters;
use nodes::world::{CodeRequest, CodeResult, Script};
use serde_json::{Map, Value};

use super::compiled::Compiled;
use super::engine::Engine;
use super::pool::RunnerPool;
use super::scope::Scope;

/// A step's parameters.
pub struct StepParameters {
    pub compiled: Compiled,
    pub engine: Engine,
    pub scope: Arc<Scope>,
}

#[async_trait]
impl Parameters for StepParameters {
    async fn resolve_all(&self) -> Vec<Result<Arc<Value>, NodeError>> {
        self.compiled.resolve_all(&self.engine, &self.scope).await
    }
}

/// A step's JavaScript.
pub struct StepScript {
    pub engine: Engine,
    pub scope: Arc<Scope>,
    pub runners: RunnerPool,
    /// The run's log: one call for each line of `console.log`.
    pub log: Arc<dyn Fn(String) + Send + Sync>,
}

#[async_trait]
impl Script for StepScript {
    async fn resolve(&self, template: &Value, item: usize, names: &Map<String, Value>) -> Result<Value, NodeError> {
        Compiled::value(template).resolve_one(&self.engine, &self.scope, item, names).await
    }

    async fn run_code(&self, code: CodeRequest) -> Result<CodeResult, NodeError> {
        self.runners.run(&self.scope, self.engine.env(), code, &*self.log).await
    }
}
