//! API tokens at rest. Only the SHA-256 of a secret comes here; what a token is worth
//! now is decided in `auth`.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::caller::AccessRole;
use crate::engine::ports::StoreError;
use crate::store::Store;
use crate::store::database::Row;
use crate::store::database::Value;
use crate::store::rows;

/// One token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// Id, for listing and revoking.
    pub id: Uuid,
    /// Subject of the caller; several tokens may share it.
    pub name: String,
    /// What the caller may do.
    pub role: AccessRole,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is worth nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When it was last seen, to about a minute.
    pub last_used_at: Option<Timestamp>,
}

impl Store {
    /// Adds a token with the hash of its secret, lower-case hex.
    ///
    /// # Errors
    /// [`StoreError::Database`], also when id or hash are taken.
    pub async fn insert_token(&self, token: &StoredToken, secret_sha256: &str) -> Result<(), StoreError> {
        let sql = "insert into api_tokens \
                (id, name, role, secret_sha256, created_at, expires_at, revoked_at, last_used_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let micros = |time: Option<Timestamp>| Value::Int(time.map(Timestamp::as_microsecond));
        let values = vec![
            token.id.into(),
            rows::plain(&token.name).as_ref().into(),
            rows::name("role", &token.role)?.into(),
            secret_sha256.into(),
            token.created_at.as_microsecond().into(),
            micros(token.expires_at),
            micros(token.revoked_at),
            micros(token.last_used_at),
        ];
        self.database.execute(sql, values).await.map(drop)
    }

    /// The token whose secret has this hash.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn token_by_hash(&self, secret_sha256: &str) -> Result<Option<StoredToken>, StoreError> {
        let sql = "select id, name, role, created_at, expires_at, revoked_at, last_used_at \
            from api_tokens where secret_sha256 = $1";
        self.database.fetch(sql, vec![secret_sha256.into()]).await?.first().map(token).transpose()
    }

    /// The token with this id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn token_by_id(&self, id: Uuid) -> Result<Option<StoredToken>, StoreError> {
        let sql = "select id, name, role, created_at, expires_at, revoked_at, last_used_at \
            from api_tokens where id = $1";
        self.database.fetch(sql, vec![id.into()]).await?.first().map(token).transpose()
    }

    /// All tokens, oldest first, revoked and expired ones as well.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let sql = "select id, name, role, created_at, expires_at, revoked_at, last_used_at \
            from api_tokens order by created_at, id";
        self.database.fetch(sql, Vec::new()).await?.iter().map(token).collect()
    }

    /// Takes a token back for good; again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn revoke_token(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let sql = "update api_tokens set revoked_at = case when revoked_at is null then $2 else revoked_at end \
            where id = $1";
        if self.database.execute(sql, vec![id.into(), now.as_microsecond().into()]).await? == 0 {
            return Err(StoreError::NotFound { what: "token", id: id.to_string() });
        }
        Ok(())
    }

    /// Notes that a token was seen.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn touch_token(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let sql = "update api_tokens set last_used_at = $2 where id = $1";
        self.database.execute(sql, vec![id.into(), now.as_microsecond().into()]).await.map(drop)
    }
}

fn token(row: &Row) -> Result<StoredToken, StoreError> {
    let time = |column| row.int_or_none(column)?.map(rows::time).transpose();
    Ok(StoredToken {
        id: row.id("id")?,
        name: row.text("name")?,
        role: rows::named("role", row.text("role")?)?,
        created_at: rows::time(row.int("created_at")?)?,
        expires_at: time("expires_at")?,
        revoked_at: time("revoked_at")?,
        last_used_at: time("last_used_at")?,
    })
}
