use super::{
    accounts::{check_name, handle},
    keys::{self, Key, Shape, shown, unknown_key},
    read,
    value::{Entry, Table},
};
use crate::{
    diag::Diagnostic,
    model::{NetworkSpec, Person},
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};

/// A key of a person beside the names of networks.
#[derive(Clone, Copy, Debug)]
enum PersonKey {
    Name,
}

static PERSON: &[Key<PersonKey>] =
    &[Key { id: PersonKey::Name, name: "name", shape: Shape::TEXT, doc: "The name shown where they have no handle." }];

/// Reads `[people]`.
pub(super) fn read(
    table: Table<'_>,
    networks: &[NetworkSpec],
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Arc<Person>> {
    let mut people = BTreeMap::new();
    for Entry { key, value } in table.entries {
        let named_well = check_name("person", &key, out);
        let Some(table) = read::table(&key.value, value, out) else { continue };
        let key = key.value.into_owned();
        let person = person(&key, table, networks, out);
        if named_well {
            people.insert(key, Arc::new(person));
        }
    }
    people
}

fn person(key: &str, table: Table<'_>, networks: &[NetworkSpec], out: &mut Vec<Diagnostic>) -> Person {
    let mut person = Person { key: key.to_owned(), name: key.to_owned(), handles: BTreeMap::new() };
    for entry in table.entries {
        if let Some(known) = keys::find(PERSON, &entry.key.value) {
            match known.id {
                PersonKey::Name => {
                    if let Some(name) = read::full_text(known.name, entry.value, out) {
                        person.name = name.value;
                    }
                }
            }
        } else if let Some(spec) = networks.iter().find(|spec| spec.id.as_str() == entry.key.value) {
            if let Some(handle) = handle(spec.id.as_str(), entry.value, out) {
                person.handles.insert(spec.id, handle.value);
            }
        } else {
            let known = PERSON.iter().map(|key| key.name).chain(networks.iter().map(|spec| spec.id.as_str()));
            out.push(unknown_key(&entry, &format!("`[people.{}]`", shown(key)), known));
        }
    }
    person
}

/// Makes the schema of `[people]`.
pub(super) fn schema(networks: &[NetworkSpec]) -> Json {
    let mut person = keys::table_schema(PERSON, &[], networks);
    for spec in networks {
        person["properties"][spec.id.as_str()] =
            json!({ "type": "string", "description": format!("Their handle on {}.", spec.id) });
    }
    json!({ "type": "object", "additionalProperties": person })
}
