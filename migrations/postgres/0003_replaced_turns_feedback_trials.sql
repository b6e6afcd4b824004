-- A turn that another one has taken the place of: kept for the audit, no part of the conversation any more.
alter table turns add column replaced_by uuid;

-- What somebody thinks of a reply; the last word counts.
create table turn_feedback (
    turn_id uuid primary key references turns (id) on delete cascade,
    rating text not null,
    comment_json text,
    given_at bigint not null
);

-- Calls that somebody tried by hand, outside of any conversation. Who, what, and what became of it;
-- the payload is not kept, only its digest.
create table tool_trials (
    id uuid primary key,
    owner text not null,
    server text not null,
    tool text not null,
    arguments_json text not null,
    outcome text not null,
    digest text not null,
    error_json text,
    started_at bigint not null,
    finished_at bigint not null
);
create index tool_trials_by_owner on tool_trials (owner, started_at);
