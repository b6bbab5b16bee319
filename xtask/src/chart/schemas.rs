//! Strict JSON Schemas of Kubernetes' own kinds, as kubeconform reads them, from what an API server says of itself. The ones
//! it would download are the same, and not everybody may download.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Writes `<kind>-<group>-<version>.json` for every kind, and `definitions.json` that they point into.
pub fn write(openapi: &str, folder: &Path) -> Result<()> {
    let document: Value = serde_json::from_str(openapi)?;
    let mut definitions = document["definitions"].clone();
    let all = definitions.as_object_mut().context("The API server names no definitions.")?;
    std::fs::create_dir_all(folder)?;
    for (name, definition) in all.iter_mut() {
        for kind in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let word = |field: &str| kind[field].as_str().unwrap_or_default().to_lowercase();
            // Of `networking.k8s.io` kubeconform takes the first word.
            let group = word("group").split('.').next().unwrap_or_default().to_owned();
            let parts = [word("kind"), group, word("version")];
            let file = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("-");
            let schema = json!({ "$ref": format!("definitions.json#/definitions/{name}") });
            std::fs::write(folder.join(format!("{file}.json")), schema.to_string())?;
        }
        strict(name, definition);
    }
    std::fs::write(folder.join("definitions.json"), json!({ "definitions": definitions }).to_string())?;
    Ok(())
}

/// Refuses fields that are not described. Two kinds are numbers as well as text, which this old form can't say.
fn strict(name: &str, definition: &mut Value) {
    if name.ends_with(".IntOrString") || name.ends_with(".Quantity") {
        *definition = json!({ "type": ["string", "number"] });
        return;
    }
    if let Value::Object(object) = definition
        && object.contains_key("properties")
    {
        object.entry("additionalProperties").or_insert(Value::Bool(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_gets_a_file_and_refuses_what_it_does_not_know() {
        let folder = std::env::temp_dir().join(format!("fluxo-schemas-{}", std::process::id()));
        let openapi = json!({"definitions": {
            "io.k8s.api.apps.v1.Deployment": {
                "properties": {"kind": {"type": "string"}},
                "x-kubernetes-group-version-kind": [{"group": "apps", "kind": "Deployment", "version": "v1"}],
            },
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
        }});
        write(&openapi.to_string(), &folder).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(read("deployment-apps-v1.json").contains("#/definitions/io.k8s.api.apps.v1.Deployment"));
        let definitions: Value = serde_json::from_str(&read("definitions.json")).unwrap();
        assert_eq!(definitions["definitions"]["io.k8s.api.apps.v1.Deployment"]["additionalProperties"], false);
        assert!(definitions.to_string().contains(r#"["string","number"]"#));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
