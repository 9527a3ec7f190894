//! One layer of the configuration: its values, each of which knows what it comes from.

use std::collections::{BTreeMap, btree_map::Entry};

use config::{ConfigError, FileFormat, Format, Map, Source, Value, ValueKind};

use crate::failure::Failure;

/// Starts the name of each of Stockroom's own variables; also what separates their parts.
const PREFIX: &str = "STOCKROOM__";
const SEPARATOR: &str = "__";
/// A list in a file, a comma list in a variable.
const LISTS: [&str; 3] = ["auth.keys", "cors.origins", "rate_limit.trusted_proxies"];

/// A layer of the configuration.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// What to call it: a file, or the variables it is made of.
    pub(super) name: String,
    values: Map<String, Value>,
}

impl Layer {
    /// The layer of a TOML text.
    pub(super) fn of_toml(name: &str, text: &str) -> Result<Self, Failure> {
        let name = name.to_owned();
        match FileFormat::Toml.parse(Some(&name), text) {
            Ok(values) => Ok(Self { name, values }),
            Err(error) => {
                // The first line says where, the last one what; those between show the line, secrets and all.
                let message = error.to_string();
                let mut lines = message.lines().filter(|line| !line.trim().is_empty());
                let place = lines.next().unwrap_or_default();
                let reason = lines.next_back().map(|line| format!(": {line}")).unwrap_or_default();
                Err(Failure::usage(format!("configuration file {name} is malformed: {place}{reason}")))
            }
        }
    }

    /// The layer of these variables, given as name, dotted key and value; `None` if there are none.
    pub(super) fn of_variables(variables: &[(String, String, String)]) -> Option<Self> {
        let mut sections: BTreeMap<&str, Value> = BTreeMap::new();
        for (variable, key, text) in variables {
            let origin = format!("environment variable {variable}");
            let value = Value::new(Some(&origin), of_text(key, text));
            // Without a section: kept as it is, to be refused as unknown.
            let Some((section, field)) = key.split_once('.') else {
                sections.insert(key, value);
                continue;
            };
            let fields = match sections.entry(section) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(Value::new(Some(&origin), Map::<String, Value>::new())),
            };
            if let ValueKind::Table(fields) = &mut fields.kind {
                fields.insert(field.to_owned(), value);
            }
        }
        let names: Vec<&str> = variables.iter().map(|(name, ..)| name.as_str()).collect();
        let values = sections.into_iter().map(|(section, value)| (section.to_owned(), value)).collect();
        (!names.is_empty()).then(|| Self { name: names.join(", "), values })
    }

    /// Where the value of a dotted key comes from, if this layer has one.
    pub(super) fn origin(&self, key: &str) -> Option<&str> {
        let (section, field) = key.split_once('.')?;
        // An item of a list has a number behind the name.
        let field = field.split('[').next()?;
        self.values.get(section).and_then(table)?.get(field)?.origin()
    }

    /// Fails on a key that the base layer does not have.
    pub(super) fn refuse_unknown_keys(&self, base: &Self) -> Result<(), Failure> {
        for (section, value) in &self.values {
            let Some(known) = base.values.get(section).and_then(table) else {
                return Err(unknown(section, value, "sections are", base.values.keys()));
            };
            let Some(fields) = table(value) else {
                let place = place(value);
                return Err(Failure::usage(format!(
                    "{section} in {place} is a section and has no value itself"
                )));
            };
            for (field, value) in fields {
                if !known.contains_key(field) {
                    let key = format!("{section}.{field}");
                    return Err(unknown(&key, value, &format!("[{section}] has"), known.keys()));
                }
            }
        }
        Ok(())
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.clone())
    }
}

/// The layer of the `STOCKROOM__SECTION__KEY` variables that are not empty.
pub(super) fn own_variables(variables: &BTreeMap<String, String>) -> Option<Layer> {
    let named = variables.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(variable, value)| {
        let key = variable.strip_prefix(PREFIX)?.replace(SEPARATOR, ".").to_lowercase();
        Some((variable.clone(), key, value.clone()))
    });
    Layer::of_variables(&named.collect::<Vec<_>>())
}

fn of_text(key: &str, text: &str) -> ValueKind {
    let text = text.trim();
    if !LISTS.contains(&key) {
        return text.into();
    }
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(ToOwned::to_owned).collect::<Vec<String>>().into()
}

fn table(value: &Value) -> Option<&Map<String, Value>> {
    match &value.kind {
        ValueKind::Table(fields) => Some(fields),
        _ => None,
    }
}

fn unknown<'a>(key: &str, value: &Value, what: &str, known: impl Iterator<Item = &'a String>) -> Failure {
    let mut known: Vec<&str> = known.map(String::as_str).collect();
    known.sort_unstable();
    let place = place(value);
    Failure::usage(format!("unknown configuration key {key} in {place}: {what} {}", known.join(", ")))
}

fn place(value: &Value) -> &str {
    value.origin().unwrap_or("the configuration")
}
