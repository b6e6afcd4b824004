-- Conversations, their finished turns and the results those turns fetched.
-- Times are microseconds since 1970 (UTC). Columns named *_json hold compact JSON text:
-- text, because it is written and read as a whole and must come back byte for byte.

create table conversations (
    id uuid primary key,
    owner text not null,
    title text not null,
    -- The title in lower case, for search in every language.
    title_folded text not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index conversations_by_owner on conversations (owner, updated_at desc, id desc);

-- The one place for a running turn of a conversation. The holder lost it when expires_at has passed.
create table running_turns (
    conversation_id uuid primary key references conversations (id) on delete cascade,
    turn_id uuid not null,
    expires_at bigint not null
);

-- One row a finished turn. What is written once and read as a whole stands last and is JSON:
-- a turn cannot be half there.
create table turns (
    -- Order of commit.
    number integer primary key autoincrement,
    id uuid not null unique,
    conversation_id uuid not null references conversations (id) on delete cascade,
    owner text not null,
    decision text,
    rule text,
    outcome text not null,
    verdict text not null,
    failure text,
    fingerprint text,
    started_at bigint not null,
    finished_at bigint not null,
    message_json text not null,
    reply_json text not null,
    -- Message and reply in lower case, for search.
    search_text text not null,
    detail_json text not null,
    claims_json text not null,
    exchanges_json text not null,
    events_json text not null
);
create index turns_by_conversation on turns (conversation_id, number);
create index turns_by_fingerprint on turns (owner, fingerprint, number);

-- One row a tool result. stale, shown and superseded_by change with later turns; nothing else does.
create table results (
    id uuid primary key,
    turn_id uuid not null references turns (id) on delete cascade,
    -- Place inside the turn, from 0.
    position bigint not null,
    conversation_id uuid not null references conversations (id) on delete cascade,
    call_id uuid not null,
    server text not null,
    tool text not null,
    made_by text not null,
    outcome text not null,
    observed_at bigint not null,
    max_age_ms bigint,
    digest text not null,
    -- False for translators, whose result is a query and no fact.
    evidence boolean not null,
    stale boolean not null,
    shown boolean not null,
    superseded_by uuid,
    error_json text,
    page_json text,
    arguments_json text not null,
    content_json text not null,
    unique (turn_id, position)
);
create index results_by_conversation on results (conversation_id);
