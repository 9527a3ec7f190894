//! Schemas that cannot be derived: enumerations by number, and the partial forms of the create requests.

use stockroom_domain::{Choice, DeliveryMethod, OrderStatus, PaymentType};
use utoipa::openapi::{
    RefOr, Schema,
    schema::{
        AdditionalProperties, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type,
    },
};

macro_rules! choice_schemas {
    ($($choice:ident => $number:ident, $input:ident;)+) => {$(
        /// The enumeration as answers show it.
        pub(crate) struct $number;
        /// The enumeration as requests may write it.
        pub(crate) struct $input;

        impl utoipa::ToSchema for $number {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($choice).into()
            }
        }

        impl utoipa::PartialSchema for $number {
            fn schema() -> RefOr<Schema> {
                numbers::<$choice>().into()
            }
        }

        impl utoipa::ToSchema for $input {}

        impl utoipa::PartialSchema for $input {
            fn schema() -> RefOr<Schema> {
                let names = $choice::ALL.iter().flat_map(|(_, number, name)| [number.to_string(), (*name).to_owned()]);
                let texts = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some("The number as text, or the name in any case"))
                    .enum_values(Some(names));
                OneOfBuilder::new()
                    .item(numbers::<$choice>())
                    .item(texts)
                    .examples($choice::ALL.first().map(|(_, number, _)| *number))
                    .into()
            }
        }
    )+};
}

choice_schemas! {
    DeliveryMethod => DeliveryMethodNumber, DeliveryMethodInput;
    OrderStatus => OrderStatusNumber, OrderStatusInput;
    PaymentType => PaymentTypeNumber, PaymentTypeInput;
}

fn numbers<C: Choice>() -> ObjectBuilder {
    let names: Vec<_> = C::ALL.iter().map(|(_, number, name)| format!("{number} {name}")).collect();
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(names.join(", ")))
        .enum_values(Some(C::ALL.iter().map(|(_, number, _)| *number)))
        .examples(C::ALL.first().map(|(_, number, _)| *number))
}

/// Declares the bodies of PUT and PATCH as partial forms of a create request, and what only a change may have.
macro_rules! partial_requests {
    (
        $create:ident => $update:ident, $patch:ident, nullable: [$($nullable:literal),*]
        $(, also: [$(($name:literal, $also:expr)),+])?
    ) => {
        /// Any subset of the writable fields; null leaves a field alone, unknown fields are ignored.
        pub(crate) struct $update;
        /// A strict JSON merge patch: null clears a nullable field, unknown or protected fields are refused.
        pub(crate) struct $patch;

        impl utoipa::ToSchema for $update {}
        impl utoipa::ToSchema for $patch {}

        impl utoipa::PartialSchema for $update {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let schema = $crate::schema::update_schema::<$create>();
                $($(let schema = $crate::schema::with_property(schema, $name, $also, true);)+)?
                schema
            }
        }

        impl utoipa::PartialSchema for $patch {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let schema = $crate::schema::patch_schema::<$create>(&[$($nullable),*]);
                $($(let schema = $crate::schema::with_property(schema, $name, $also, false);)+)?
                schema
            }
        }
    };
}
pub(crate) use partial_requests;

/// The schema of a forgiving update: every field may be left out or null.
pub(crate) fn update_schema<T: utoipa::PartialSchema>() -> RefOr<Schema> {
    partial::<T>(
        "Any subset of the fields; null leaves a field alone, unknown fields are ignored.",
        |_| true,
        true,
    )
}

/// The schema of a strict patch: every field may be left out, these may be null, there are no others.
pub(crate) fn patch_schema<T: utoipa::PartialSchema>(nullable: &[&str]) -> RefOr<Schema> {
    let description = "A JSON merge patch: null clears a field, unknown or protected fields are refused.";
    partial::<T>(description, |name| nullable.contains(&name), false)
}

/// The stock that a change expects.
pub(crate) fn expected_stock() -> ObjectBuilder {
    let description = "The change is made only where this is the stock, and is 409 `stock_changed` otherwise, with what is \
                       in stock in `stock`. It is not kept.";
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .maximum(Some(2_147_483_647))
        .description(Some(description))
        .examples([40])
}

/// The schema of a change that may have one more field.
pub(crate) fn with_property(
    mut schema: RefOr<Schema>,
    name: &str,
    mut property: ObjectBuilder,
    nullable: bool,
) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        if nullable {
            property = property.schema_type(SchemaType::Array(vec![Type::Integer, Type::Null]));
        }
        object.properties.insert(name.to_owned(), property.into());
    }
    schema
}

fn partial<T: utoipa::PartialSchema>(
    description: &str,
    nullable: impl Fn(&str) -> bool,
    open: bool,
) -> RefOr<Schema> {
    let mut schema = T::schema();
    let RefOr::T(Schema::Object(object)) = &mut schema else {
        return schema;
    };
    object.required.clear();
    object.description = Some(description.to_owned());
    object.additional_properties = (!open).then(|| Box::new(AdditionalProperties::FreeForm(false)));
    for (name, property) in &mut object.properties {
        match property {
            RefOr::T(Schema::Object(property)) => {
                property.default = None;
                set_nullable(&mut property.schema_type, nullable(name));
            }
            RefOr::T(Schema::OneOf(property)) if !nullable(name) => {
                property.items.retain(|item| !is_null(item));
            }
            RefOr::Ref(reference) if nullable(name) => {
                let null = ObjectBuilder::new().schema_type(Type::Null);
                *property = OneOfBuilder::new().item(null).item(reference.clone()).into();
            }
            _ => {}
        }
    }
    schema
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

fn set_nullable(schema_type: &mut SchemaType, nullable: bool) {
    let mut types = match schema_type {
        SchemaType::Type(one) => vec![one.clone()],
        SchemaType::Array(several) => std::mem::take(several),
        SchemaType::AnyValue => return,
    };
    types.retain(|one| *one != Type::Null);
    if nullable {
        types.push(Type::Null);
    }
    *schema_type = match <[Type; 1]>::try_from(types) {
        Ok([one]) => SchemaType::Type(one),
        Err(several) => SchemaType::Array(several),
    };
}
