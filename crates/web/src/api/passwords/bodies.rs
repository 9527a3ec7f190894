//! Bodies of operations that set a new password.

use serde::Serialize;
use stockroom_domain::{Email, GivenToken, NewPassword, Password};
use stockroom_input::{Fields, FromFields};
use utoipa::ToSchema;

/// A password to change.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"current_password": "secret", "new_password": "correct horse battery staple"}))]
pub(crate) struct ChangePasswordRequest {
    /// The password until now.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(crate) current_password: Password,
    /// The password from now on.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024)]
    pub(crate) new_password: NewPassword,
}

impl FromFields for ChangePasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.required("current_password"), fields.required("new_password"));
        Some(Self { current_password: current?, new_password: new? })
    }
}

/// Whose password was forgotten.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"email": "ana@example.com"}))]
pub(crate) struct ForgotPasswordRequest {
    /// The account's e-mail address, in any case.
    #[schema(value_type = String, format = Email)]
    pub(crate) email: Email,
}

impl FromFields for ForgotPasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { email: fields.required("email")? })
    }
}

/// What is told of a mail, whether there is one or not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailedResponse {
    /// For people.
    #[schema(example = "If there is such an account, a mail is on its way")]
    message: &'static str,
}

impl MailedResponse {
    /// The same to everybody.
    pub(crate) const TO_EVERYBODY: Self =
        Self { message: "If there is such an account, a mail is on its way" };
}

/// A password to set.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "token": "spr_Q2hhbmdlIG1lIGJlZm9yZSBhbnlib2R5IGVsc2UgZG8", "password": "correct horse battery staple"
}))]
pub(crate) struct ResetPasswordRequest {
    /// What was mailed.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    pub(crate) token: GivenToken,
    /// The password from now on.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024)]
    pub(crate) password: NewPassword,
}

impl FromFields for ResetPasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, password) = (fields.required("token"), fields.required("password"));
        Some(Self { token: token?, password: password? })
    }
}
