use super::{keys, parse::ROOT};
use crate::model::NetworkSpec;
use serde_json::Value as Json;

/// Makes the JSON Schema of `masthead.toml` for editors, from the tables that reading follows.
pub fn schema(networks: &[NetworkSpec]) -> Json {
    let mut schema = keys::table_schema(ROOT, &[], networks);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "masthead.toml".into();
    schema
}
