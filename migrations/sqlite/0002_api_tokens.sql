-- API tokens. The secret itself is never stored: only its SHA-256.

create table api_tokens (
    id uuid primary key,
    -- Subject of the caller; several tokens may share it, so that one can replace another.
    name text not null,
    role text not null,
    -- Lower-case hex.
    secret_sha256 text not null unique,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint
);
