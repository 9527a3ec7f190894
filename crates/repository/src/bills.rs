//! Bills.

use chrono::NaiveDate;
use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    Bill, BillChanges, BillDate, BillId, Choice, ClientId, Money, NewBill, Page, PaymentType, Refusal,
    Resource, Series, Text, UnknownChoice,
};

use crate::{Connection, Error, Result, lists::lists, reads::reads, schema::bills};

#[derive(Queryable, Selectable)]
#[diesel(table_name = bills, check_for_backend(diesel::pg::Pg))]
struct BillRow {
    id: i64,
    bill_number: String,
    discount: i64,
    date: NaiveDate,
    total: i64,
    payment_type: i16,
    client_id: i64,
}

impl TryFrom<BillRow> for Bill {
    type Error = UnknownChoice;

    fn try_from(row: BillRow) -> Result<Self, UnknownChoice> {
        Ok(Self {
            id: BillId(row.id),
            bill_number: row.bill_number,
            discount: Money::from_minor(row.discount),
            date: row.date,
            total: Money::from_minor(row.total),
            payment_type: PaymentType::from_number(row.payment_type.into())?,
            client_id: ClientId(row.client_id),
        })
    }
}

/// The columns of a bill that an update can write.
#[derive(AsChangeset)]
#[diesel(table_name = bills)]
struct BillChangeset<'a> {
    bill_number: Option<&'a str>,
    discount: Option<i64>,
    date: Option<NaiveDate>,
    total: Option<i64>,
    payment_type: Option<i16>,
    client_id: Option<i64>,
}

impl<'a> From<&'a BillChanges> for BillChangeset<'a> {
    fn from(changes: &'a BillChanges) -> Self {
        Self {
            bill_number: changes.bill_number.as_ref().map(Text::as_str),
            discount: changes.discount.map(|discount| discount.money().minor()),
            date: changes.date.map(|BillDate(date)| date),
            total: changes.total.map(|total| total.money().minor()),
            payment_type: changes.payment_type.map(PaymentType::number),
            client_id: changes.client_id.map(|id| id.0),
        }
    }
}

reads!(bills, BillRow, Bill, BillId, Resource::Bill);

lists!(bills, BillRow, Bill, by client_id: ClientId);

/// Inserts a bill with a number that somebody else gives.
///
/// # Errors
/// [`Error::Duplicate`] when the number is taken, [`Refusal::BillNumberReserved`] when it has the form of the shop's
/// own, [`Error::NotFound`] when the client does not exist.
pub async fn insert(conn: &mut Connection, new: NewBill<'_>) -> Result<Bill> {
    refuse_reserved(new.bill_number.as_str())?;
    let row: BillRow = diesel::insert_into(bills::table)
        .values((
            bills::bill_number.eq(new.bill_number.as_str()),
            bills::discount.eq(new.discount.money().minor()),
            bills::date.eq(new.date.0),
            bills::total.eq(new.total.money().minor()),
            bills::payment_type.eq(new.payment_type.number()),
            bills::client_id.eq(new.client_id.0),
        ))
        .returning(BillRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, Some(new.client_id.0)))?;
    Ok(row.try_into()?)
}

/// Changes a bill. One that is issued (by a checkout) is immutable; what is the same already is no change.
///
/// # Errors
/// [`Error::NotFound`] when the bill or its new client does not exist; [`Error::Duplicate`] when the new number is
/// taken; [`Refusal::BillIsIssued`]; [`Refusal::BillNumberReserved`].
pub async fn update(conn: &mut Connection, id: BillId, changes: &BillChanges) -> Result<Bill> {
    if *changes == BillChanges::default() {
        return get(conn, id).await;
    }
    if let Some(number) = changes.bill_number.as_ref().map(Text::as_str)
        && get(conn, id).await?.bill_number != number
    {
        refuse_reserved(number)?;
    }
    let row = diesel::update(bills::table.find(id.0))
        .set(BillChangeset::from(changes))
        .returning(BillRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map_err(|error| of_write(error, changes.client_id.map(|id| id.0)))?;
    Ok(row.ok_or(not_found(id))?.try_into()?)
}

/// Deletes a bill.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::BillHasOrder`], which every issued bill does.
pub async fn delete(conn: &mut Connection, id: BillId) -> Result<()> {
    // The trigger that protects issued bills speaks first, but the contract knows only this reason.
    let deleted = diesel::delete(bills::table.find(id.0))
        .execute(conn)
        .await
        .map_err(|error| Error::of_delete(error, Refusal::BillHasOrder(id)))?;
    if deleted == 0 { Err(not_found(id)) } else { Ok(()) }
}

/// Whether a bill was issued by a checkout. One that does not exist was not.
pub(crate) async fn is_issued(conn: &mut Connection, id: BillId) -> Result<bool> {
    let issued = bills::table.find(id.0).select(bills::series.is_not_null()).first(conn).await.optional()?;
    Ok(issued.unwrap_or(false))
}

fn refuse_reserved(number: &str) -> Result<()> {
    if Series::reserves(number) { Err(Refusal::BillNumberReserved(number.to_owned()).into()) } else { Ok(()) }
}

fn of_write(error: diesel::result::Error, client: Option<i64>) -> Error {
    Error::of_write(error, &[("bills_client_id_fkey", Resource::Client, client.unwrap_or_default())])
}
