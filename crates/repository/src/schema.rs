//! The tables, as diesel sees them. Private to this crate: whoever could name a column could write it.

diesel::table! {
    categories (id) {
        id -> BigInt,
        name -> Text,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    products (id) {
        id -> BigInt,
        name -> Text,
        price -> BigInt,
        stock -> BigInt,
        category_id -> BigInt,
        description -> Nullable<Text>,
        image_url -> Nullable<Text>,
        image -> Nullable<Text>,
        sku -> Nullable<Text>,
        active -> Bool,
        rating_count -> BigInt,
        rating_sum -> BigInt,
    }
}

diesel::table! {
    clients (id) {
        id -> BigInt,
        name -> Text,
        lastname -> Text,
        email -> Text,
        telephone -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        external_number -> Nullable<Text>,
        role -> Text,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        client_id -> BigInt,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Binary,
        session_id -> BigInt,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    password_resets (token_hash) {
        token_hash -> Binary,
        client_id -> BigInt,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        secret -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    addresses (id) {
        id -> BigInt,
        street -> Nullable<Text>,
        number -> Nullable<Text>,
        city -> Nullable<Text>,
        client_id -> BigInt,
    }
}

diesel::table! {
    bills (id) {
        id -> BigInt,
        bill_number -> Text,
        discount -> BigInt,
        date -> Date,
        total -> BigInt,
        payment_type -> SmallInt,
        client_id -> BigInt,
        series -> Nullable<Text>,
    }
}

diesel::table! {
    orders (id) {
        id -> BigInt,
        date -> Timestamptz,
        total -> BigInt,
        delivery_method -> SmallInt,
        status -> SmallInt,
        client_id -> BigInt,
        bill_id -> BigInt,
        checked_out -> Bool,
        address_street -> Nullable<Text>,
        address_number -> Nullable<Text>,
        address_city -> Nullable<Text>,
    }
}

diesel::table! {
    order_details (id) {
        id -> BigInt,
        quantity -> BigInt,
        price -> BigInt,
        order_id -> BigInt,
        product_id -> BigInt,
    }
}

diesel::table! {
    reviews (id) {
        id -> BigInt,
        rating -> Double,
        comment -> Nullable<Text>,
        product_id -> BigInt,
        client_id -> Nullable<BigInt>,
        status -> Text,
        verified_purchase -> Bool,
        one_per_client -> Bool,
    }
}

diesel::table! {
    stock_movements (id) {
        id -> BigInt,
        product_id -> BigInt,
        delta -> BigInt,
        reason -> Text,
        order_detail_id -> Nullable<BigInt>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    credit_notes (id) {
        id -> BigInt,
        credit_note_number -> Text,
        series -> Text,
        series_number -> BigInt,
        order_id -> BigInt,
        bill_number -> Text,
        client_id -> BigInt,
        date -> Date,
        total -> BigInt,
    }
}

diesel::table! {
    order_events (order_id, id) {
        id -> BigInt,
        order_id -> BigInt,
        from_status -> Nullable<SmallInt>,
        to_status -> SmallInt,
        at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_keys (key, operation, caller) {
        key -> Text,
        operation -> Text,
        caller -> Text,
        fingerprint -> Bytea,
        answer -> Text,
        resource -> Nullable<Text>,
        resource_id -> Nullable<BigInt>,
        client_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        name -> Text,
        prefix -> Text,
        key_hash -> Bytea,
        scopes -> Array<Nullable<Text>>,
        calls_per_minute -> Nullable<Integer>,
        created_by -> Text,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> Timestamptz,
        actor -> Text,
        request_id -> Nullable<Text>,
        address -> Nullable<Text>,
        action -> Text,
        resource -> Text,
        resource_id -> Nullable<BigInt>,
        client_id -> Nullable<BigInt>,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
    }
}

diesel::table! {
    audit_personal (audit_id, side) {
        audit_id -> BigInt,
        side -> Text,
        client_id -> Nullable<BigInt>,
        cells -> Jsonb,
    }
}

diesel::allow_tables_to_appear_in_same_query!(audit_log, audit_personal);
diesel::allow_tables_to_appear_in_same_query!(orders, order_details, products);
