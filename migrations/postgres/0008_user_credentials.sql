-- What users prove themselves by towards MCP servers, sealed; one row a user and server.
create table user_credentials (
    owner text not null,
    server text not null,
    -- Names of the fields as a JSON list, never their values.
    fields_json text not null,
    -- Tells sealing keys apart; a key itself is in no database.
    key_id text not null,
    -- Nonce and sealed fields, lower-case hex.
    sealed text not null,
    kept_at bigint not null,
    primary key (owner, server)
);
