//! Reads typed values out of loosely typed JSON or query text and collects everything that is wrong.
//!
//! Two modes: *forgiving* (unknown keys ignored, null and blank optional text mean "not given") is what the REST
//! contract's clients rely on; *strict* (unknown keys refused, null clears) serves JSON merge patch and scripts.

use serde_json::{Map, Value};
use stockroom_domain::Violation;

use crate::{FieldViolation, Violations};

/// A value that can be read from one JSON value.
pub trait FieldValue: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// The rule that it breaks.
    fn read(value: &Value) -> Result<Self, Violation>;

    /// Secret values are never repeated in an error.
    const SECRET: bool = false;

    /// Whether an empty text counts as absent in forgiving mode.
    const BLANK_IS_ABSENT: bool = false;
}

/// A value made of several named fields.
pub trait FromFields: Sized {
    /// Reads all fields; `None` when any was refused (the reasons are kept in `fields`).
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

/// Two groups of fields in one object, for example a page and a filter in one query string.
impl<A: FromFields, B: FromFields> FromFields for (A, B) {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (first, second) = (A::from_fields(fields), B::from_fields(fields));
        Some((first?, second?))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Forgiving,
    Strict,
}

/// The fields of one JSON object or query string, being read.
#[derive(Debug)]
pub struct Fields {
    part: &'static str,
    mode: Mode,
    /// The row of a list that is being read.
    row: Option<(String, usize)>,
    values: Map<String, Value>,
    violations: Vec<FieldViolation>,
}

impl Fields {
    /// Reads a `T` forgivingly: unknown keys are ignored, null and blank optional text count as absent.
    ///
    /// # Errors
    /// Every field that breaks a rule, or one violation when `value` is not an object.
    pub fn read<T: FromFields>(part: &'static str, value: Value) -> Result<T, Violations> {
        Self::run(part, Mode::Forgiving, value).map(|(value, _)| value)
    }

    /// Like [`Fields::read`], and gives back the unknown fields.
    ///
    /// # Errors
    /// As for [`Fields::read`].
    pub fn read_known<T: FromFields>(
        part: &'static str,
        value: Value,
    ) -> Result<(T, Map<String, Value>), Violations> {
        Self::run(part, Mode::Forgiving, value)
    }

    /// Reads a `T` strictly: an unknown or protected key is refused and null clears a nullable field.
    ///
    /// # Errors
    /// Every field that breaks a rule or is not writable, or one violation when `value` is not an object.
    pub fn read_strict<T: FromFields>(part: &'static str, value: Value) -> Result<T, Violations> {
        Self::run(part, Mode::Strict, value).map(|(value, _)| value)
    }

    fn run<T: FromFields>(
        part: &'static str,
        mode: Mode,
        value: Value,
    ) -> Result<(T, Map<String, Value>), Violations> {
        let Value::Object(values) = value else {
            let violation = Violation::new("model_type", "Input should be an object");
            return Err(Violations::one(part, "", violation, shown(&value)));
        };
        let mut fields = Self { part, mode, row: None, values, violations: Vec::new() };
        match fields.read_all() {
            Some(value) if fields.violations.is_empty() => Ok((value, fields.values)),
            _ => Err(Violations(fields.violations)),
        }
    }

    fn read_all<T: FromFields>(&mut self) -> Option<T> {
        let read = T::from_fields(self);
        if self.mode == Mode::Strict {
            self.refuse_unread();
        }
        read
    }

    /// A list of 1 to `most` objects that must be present. What is wrong in any of them is reported with its place.
    pub fn required_rows<T: FromFields>(&mut self, name: &str, most: usize) -> Option<Vec<T>> {
        let rows = match self.values.remove(name) {
            None => {
                self.refuse(name, missing(), Value::Null);
                return None;
            }
            Some(Value::Array(rows)) => rows,
            Some(value) => {
                self.refuse(name, Violation::new("list_type", "Input should be a valid list"), shown(&value));
                return None;
            }
        };
        let refused = match rows.len() {
            0 => Some(Violation::new("too_short", "List should have at least 1 item, not 0")),
            count if count > most => {
                let message = format!("List should have at most {most} items, not {count}");
                Some(Violation::new("too_long", message))
            }
            _ => None,
        };
        if let Some(violation) = refused {
            self.refuse(name, violation, shown(&Value::Array(rows)));
            return None;
        }
        let values = std::mem::take(&mut self.values);
        let read: Vec<Option<T>> =
            rows.into_iter().enumerate().map(|(index, row)| self.row(name, index, row)).collect();
        (self.row, self.values) = (None, values);
        read.into_iter().collect()
    }

    fn row<T: FromFields>(&mut self, list: &str, index: usize, row: Value) -> Option<T> {
        self.row = Some((list.to_owned(), index));
        let Value::Object(values) = row else {
            self.refuse("", Violation::new("model_type", "Input should be an object"), shown(&row));
            return None;
        };
        self.values = values;
        self.read_all()
    }

    /// A field that must be present.
    pub fn required<T: FieldValue>(&mut self, name: &str) -> Option<T> {
        match self.values.remove(name) {
            None => {
                self.refuse(name, missing(), Value::Null);
                None
            }
            Some(value) => self.convert(name, &value),
        }
    }

    /// A field that may be absent or null: `Some(None)` then, `None` when it was refused.
    pub fn optional<T: FieldValue>(&mut self, name: &str) -> Option<Option<T>> {
        match self.take_given::<T>(name) {
            None => Some(None),
            Some(value) => self.convert(name, &value).map(Some),
        }
    }

    /// A change of a column that cannot be null: `None` leaves it alone.
    pub fn change<T: FieldValue>(&mut self, name: &str) -> Option<T> {
        let value = match self.mode {
            Mode::Forgiving => self.values.remove(name).filter(|value| !value.is_null())?,
            Mode::Strict => self.values.remove(name)?,
        };
        self.convert(name, &value)
    }

    /// A change of something that cannot be null, where forgiving input may be blank to leave it alone.
    pub fn change_unless_blank<T: FieldValue>(&mut self, name: &str) -> Option<T> {
        match self.mode {
            Mode::Forgiving => {
                let value = self.take_given::<T>(name)?;
                self.convert(name, &value)
            }
            Mode::Strict => self.change(name),
        }
    }

    /// A change of a nullable column: `None` leaves it alone, `Some(None)` clears it (strict mode only).
    pub fn nullable_change<T: FieldValue>(&mut self, name: &str) -> Option<Option<T>> {
        match self.mode {
            Mode::Forgiving => {
                let value = self.take_given::<T>(name)?;
                self.convert(name, &value).map(Some)
            }
            Mode::Strict => match self.values.remove(name)? {
                Value::Null => Some(None),
                value => self.convert(name, &value).map(Some),
            },
        }
    }

    /// Records a violation found by the caller.
    pub fn refuse(&mut self, name: &str, violation: Violation, input: Value) {
        let (part, row, field) = (self.part, self.row.clone(), name.to_owned());
        self.violations.push(FieldViolation { part, row, field, violation, input });
    }

    fn take_given<T: FieldValue>(&mut self, name: &str) -> Option<Value> {
        match self.values.remove(name)? {
            Value::Null => None,
            Value::String(text) if text.is_empty() && T::BLANK_IS_ABSENT => None,
            value => Some(value),
        }
    }

    fn convert<T: FieldValue>(&mut self, name: &str, value: &Value) -> Option<T> {
        match T::read(value) {
            Ok(read) => Some(read),
            Err(violation) => {
                let input = if T::SECRET { Value::Null } else { shown(value) };
                self.refuse(name, violation, input);
                None
            }
        }
    }

    fn refuse_unread(&mut self) {
        for (name, value) in std::mem::take(&mut self.values) {
            let violation = Violation::new("extra_forbidden", "Unknown or protected field");
            self.refuse(&name, violation, shown(&value));
        }
    }
}

/// Reads changes of a resource strictly, as scripts and JSON merge patch do: an unknown or protected field is refused, null
/// clears a nullable one.
///
/// # Errors
/// Every field that breaks a rule or is not writable, or one violation when `json` is not an object.
pub fn changes_from_json<T: FromFields>(json: Value) -> Result<T, Violations> {
    Fields::read_strict("body", json)
}

fn missing() -> Violation {
    Violation::new("missing", "Field required")
}

/// The input as an error repeats it: long texts and nested values are cut, so that an error stays small.
pub(crate) fn shown(value: &Value) -> Value {
    const MOST: usize = 200;
    match value {
        Value::String(text) if text.chars().count() > MOST => {
            Value::String(text.chars().take(MOST).chain(['…']).collect())
        }
        Value::Array(_) => Value::String("[…]".to_owned()),
        Value::Object(_) => Value::String("{…}".to_owned()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stockroom_domain::Text;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Change {
        name: Option<Text<1, 5>>,
        note: Option<Option<Text<0, 5>>>,
    }

    impl FromFields for Change {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            Some(Self { name: fields.change("name"), note: fields.nullable_change("note") })
        }
    }

    #[test]
    fn all_offending_fields_are_reported_at_once() {
        let refused = Fields::read::<Change>("body", json!({"name": "", "note": 7})).unwrap_err();
        let fields: Vec<_> = refused.0.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["name", "note"]);
    }

    #[test]
    fn forgiving_ignores_what_it_does_not_know_and_null() {
        let read = Fields::read::<Change>("body", json!({"id_key": 1, "name": null, "note": null})).unwrap();
        assert_eq!(read, Change { name: None, note: None });
    }

    #[test]
    fn strict_refuses_unknown_fields_and_lets_null_clear() {
        let read = Fields::read_strict::<Change>("body", json!({"note": null})).unwrap();
        assert_eq!(read, Change { name: None, note: Some(None) });
        let refused = Fields::read_strict::<Change>("body", json!({"id_key": 1, "name": null})).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "name: Input should be a valid string; id_key: Unknown or protected field"
        );
    }

    #[derive(Debug, PartialEq)]
    struct Album(Vec<Change>);

    impl FromFields for Album {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            let changes = fields.required_rows("changes", 2);
            let _: Option<Text<1, 5>> = fields.required("title");
            Some(Self(changes?))
        }
    }

    #[track_caller]
    fn check_album(json: Value, expected: &str) {
        assert_eq!(Fields::read::<Album>("body", json).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_list_of_objects_tells_the_place_of_what_is_wrong() {
        let read =
            Fields::read::<Album>("body", json!({"changes": [{"name": "a"}, {}], "title": "b"})).unwrap();
        assert_eq!(read.0.len(), 2);
        check_album(
            json!({"changes": [{"name": ""}, 7]}),
            "changes.0.name: String should have at least 1 character; changes.1: Input should be an object; \
             title: Field required",
        );
        check_album(json!({"title": "b"}), "changes: Field required");
        check_album(json!({"title": "b", "changes": {}}), "changes: Input should be a valid list");
        check_album(json!({"title": "b", "changes": []}), "changes: List should have at least 1 item, not 0");
        check_album(
            json!({"title": "b", "changes": [1, 2, 3]}),
            "changes: List should have at most 2 items, not 3",
        );
    }

    #[test]
    fn a_long_input_is_cut_in_the_error() {
        let refused = Fields::read::<Change>("body", json!({"name": "x".repeat(10_000)})).unwrap_err();
        assert_eq!(refused.0[0].input.as_str().unwrap().chars().count(), 201);
    }
}
