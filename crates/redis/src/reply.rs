//! What a script answers.
use ::redis::Value;
use palisade_core::{StoreError, StoreErrorKind};

use crate::failure::Failure;

/// What a script answered.
///
/// The `into_` methods take the answer apart; one of another shape is a [`StoreError`], since a script that answers
/// unlike itself is a store that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Nothing: Lua's `false` or `nil`.
    Nil,
    /// A number. Lua's `true` is 1.
    Int(i64),
    /// A string or a status, as bytes.
    Bytes(Vec<u8>),
    /// A table, up to its first `nil`.
    List(Vec<Reply>),
}

impl Reply {
    /// The number.
    ///
    /// # Errors
    /// [`StoreErrorKind::Failed`] where it is none.
    pub fn into_int(self) -> Result<i64, StoreError> {
        match self {
            Self::Int(number) => Ok(number),
            Self::Nil | Self::Bytes(_) | Self::List(_) => Err(unexpected()),
        }
    }

    /// The number, which is not negative.
    ///
    /// # Errors
    /// [`StoreErrorKind::Failed`] where it is none, or negative.
    pub fn into_uint(self) -> Result<u64, StoreError> {
        u64::try_from(self.into_int()?).map_err(|_| unexpected())
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`StoreErrorKind::Failed`] where it is something else.
    pub fn into_bytes(self) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Nil | Self::Int(_) | Self::List(_) => Err(unexpected()),
        }
    }

    /// The items.
    ///
    /// # Errors
    /// [`StoreErrorKind::Failed`] where it is no list.
    pub fn into_list(self) -> Result<Vec<Self>, StoreError> {
        match self {
            Self::List(items) => Ok(items),
            Self::Nil | Self::Int(_) | Self::Bytes(_) => Err(unexpected()),
        }
    }

    /// The items, of which there are `N`.
    ///
    /// # Errors
    /// [`StoreErrorKind::Failed`] where it is no list, or one of another length.
    pub fn into_array<const N: usize>(self) -> Result<[Self; N], StoreError> {
        <[Self; N]>::try_from(self.into_list()?).map_err(|_| unexpected())
    }

    /// `None` for [`Nil`](Self::Nil), the reply itself otherwise.
    #[must_use]
    pub fn some(self) -> Option<Self> {
        (self != Self::Nil).then_some(self)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what no script answers is refused, whatever it is"
    )]
    pub(crate) fn from_value(value: Value) -> Result<Self, Failure> {
        match value {
            Value::Nil => Ok(Self::Nil),
            Value::Int(number) => Ok(Self::Int(number)),
            Value::Boolean(truth) => Ok(Self::Int(i64::from(truth))),
            Value::BulkString(bytes) => Ok(Self::Bytes(bytes)),
            Value::SimpleString(text) => Ok(Self::Bytes(text.into_bytes())),
            Value::Okay => Ok(Self::Bytes(b"OK".to_vec())),
            Value::Array(items) => {
                let items: Result<Vec<_>, _> = items.into_iter().map(Self::from_value).collect();
                items.map(Self::List)
            }
            Value::ServerError(error) => Err(Failure::from(::redis::RedisError::from(error))),
            _ => Err(Failure::Unexpected),
        }
    }
}

fn unexpected() -> StoreError {
    StoreError::caused_by(StoreErrorKind::Failed, Failure::Unexpected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_taken_apart_by_shape() {
        let reply = Reply::List(vec![Reply::Int(7), Reply::Bytes(b"x".to_vec())]);
        let [number, bytes] = reply.clone().into_array().unwrap();
        assert_eq!(number.into_uint().unwrap(), 7);
        assert_eq!(bytes.into_bytes().unwrap(), b"x");
        assert_eq!(reply.into_list().unwrap().len(), 2);
        assert_eq!(Reply::Nil.some(), None);
        assert_eq!(Reply::Int(0).some(), Some(Reply::Int(0)));
    }

    #[test]
    fn another_shape_is_a_failing_store() {
        let list = || Reply::List(vec![Reply::Nil]);
        assert!(Reply::Nil.into_int().is_err());
        assert!(Reply::Int(-1).into_uint().is_err());
        assert!(Reply::Int(1).into_bytes().is_err());
        assert!(Reply::Bytes(Vec::new()).into_list().is_err());
        assert!(list().into_array::<2>().is_err());
        assert!(list().into_array::<0>().is_err());
    }

    #[test]
    fn what_a_script_does_not_answer_is_refused() {
        for value in [
            Value::Map(Vec::new()),
            Value::Double(0.5),
            Value::Array(vec![Value::Map(Vec::new())]),
        ] {
            assert!(Reply::from_value(value).is_err());
        }
    }
}
