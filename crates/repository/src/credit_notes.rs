//! Credit notes: what is owed back for cancelled orders, one for each.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{ClientId, CreditNote, DocumentKind, Money, Order, OrderId, Series};

use crate::{
    Connection, Result, document_series,
    schema::{bills, credit_notes},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = credit_notes, check_for_backend(diesel::pg::Pg))]
struct CreditNoteRow {
    credit_note_number: String,
    order_id: i64,
    bill_number: String,
    client_id: i64,
    date: NaiveDate,
    total: i64,
}

impl From<CreditNoteRow> for CreditNote {
    fn from(row: CreditNoteRow) -> Self {
        Self {
            credit_note_number: row.credit_note_number,
            order_id: OrderId(row.order_id),
            bill_number: row.bill_number,
            client_id: ClientId(row.client_id),
            date: row.date,
            total: Money::from_minor(row.total),
        }
    }
}

/// The credit note for this order, if it was cancelled.
///
/// # Errors
/// Only when the database fails.
pub async fn find_of_order(conn: &mut Connection, order: OrderId) -> Result<Option<CreditNote>> {
    let row: Option<CreditNoteRow> = credit_notes::table
        .filter(credit_notes::order_id.eq(order.0))
        .select(CreditNoteRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(CreditNote::from))
}

/// All credit notes of a client, in the order in which they were issued.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_client(conn: &mut Connection, client: ClientId) -> Result<Vec<CreditNote>> {
    let rows: Vec<CreditNoteRow> = credit_notes::table
        .filter(credit_notes::client_id.eq(client.0))
        .order(credit_notes::id)
        .select(CreditNoteRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(CreditNote::from).collect())
}

/// Issues the credit note for a locked order that was cancelled: over what its bill asked for, and never more than the
/// order cost (several orders of the old kind may share a bill).
pub(crate) async fn issue_in_tx(conn: &mut Connection, order: &Order) -> Result<()> {
    let billed: (String, i64, DateTime<Utc>) = bills::table
        .find(order.bill_id.0)
        .select((
            bills::bill_number,
            bills::total,
            diesel::dsl::now.into_sql::<diesel::sql_types::Timestamptz>(),
        ))
        .first(conn)
        .await?;
    let (bill_number, billed, now) = billed;
    let series = Series::at(DocumentKind::CreditNote, now);
    let number = document_series::take_in_tx(conn, series, 1).await?;
    diesel::insert_into(credit_notes::table)
        .values((
            credit_notes::credit_note_number.eq(series.number(number)),
            credit_notes::series.eq(series.to_string()),
            credit_notes::series_number.eq(number),
            credit_notes::order_id.eq(order.id.0),
            credit_notes::bill_number.eq(bill_number),
            credit_notes::client_id.eq(order.client_id.0),
            credit_notes::date.eq(now.date_naive()),
            credit_notes::total.eq(order.total.minor().min(billed)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
