//! Credentials of users for MCP servers at rest: sealed before they come here, opened in `vault`.

use jiff::Timestamp;

use crate::engine::ports::StoreError;
use crate::store::Store;
use crate::store::database::Row;
use crate::store::rows;

/// One user's credential for one server, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCredential {
    /// Configured name of the server.
    pub server: String,
    /// Names of the fields, sorted.
    pub fields: Vec<String>,
    /// Which key it is sealed with.
    pub key_id: String,
    /// Nonce and sealed fields.
    pub sealed: Vec<u8>,
    /// When it was kept.
    pub kept_at: Timestamp,
}

impl Store {
    /// Keeps a credential instead of the one before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn keep_credential(&self, owner: &str, credential: &SealedCredential) -> Result<(), StoreError> {
        let sql = "insert into user_credentials (owner, server, fields_json, key_id, sealed, kept_at) \
            values ($1, $2, $3, $4, $5, $6) \
            on conflict (owner, server) do update set fields_json = excluded.fields_json, \
                key_id = excluded.key_id, sealed = excluded.sealed, kept_at = excluded.kept_at";
        let values = vec![
            rows::plain(owner).as_ref().into(),
            rows::plain(&credential.server).as_ref().into(),
            rows::json("fields", &credential.fields)?.into(),
            credential.key_id.as_str().into(),
            hex::encode(&credential.sealed).into(),
            credential.kept_at.as_microsecond().into(),
        ];
        self.database.execute(sql, values).await.map(drop)
    }

    /// The owner's credential for a server.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Corrupt`].
    pub async fn credential(&self, owner: &str, server: &str) -> Result<Option<SealedCredential>, StoreError> {
        let sql = "select server, fields_json, key_id, sealed, kept_at from user_credentials \
            where owner = $1 and server = $2";
        let values = vec![rows::plain(owner).as_ref().into(), rows::plain(server).as_ref().into()];
        self.database.fetch(sql, values).await?.first().map(credential).transpose()
    }

    /// All credentials of the owner, by server.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Corrupt`].
    pub async fn credentials(&self, owner: &str) -> Result<Vec<SealedCredential>, StoreError> {
        let sql = "select server, fields_json, key_id, sealed, kept_at from user_credentials \
            where owner = $1 order by server";
        self.database.fetch(sql, vec![rows::plain(owner).as_ref().into()]).await?.iter().map(credential).collect()
    }

    /// Forgets the owner's credential for a server; false when there was none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forget_credential(&self, owner: &str, server: &str) -> Result<bool, StoreError> {
        let sql = "delete from user_credentials where owner = $1 and server = $2";
        let values = vec![rows::plain(owner).as_ref().into(), rows::plain(server).as_ref().into()];
        Ok(self.database.execute(sql, values).await? > 0)
    }
}

fn credential(row: &Row) -> Result<SealedCredential, StoreError> {
    let broken = |_| StoreError::Corrupt { what: "credential", reason: "it is no hex".to_owned() };
    Ok(SealedCredential {
        server: row.text("server")?,
        fields: rows::parsed("fields", &row.text("fields_json")?)?,
        key_id: row.text("key_id")?,
        sealed: hex::decode(row.text("sealed")?).map_err(broken)?,
        kept_at: rows::time(row.int("kept_at")?)?,
    })
}
