-- The definition of each tool of a server as it was accepted, and the one seen instead of it.
create table tool_pins (
    server text not null,
    -- Name at the server; what cannot be seen is written as its escape.
    tool text not null,
    first_seen_at bigint not null,
    -- SHA-256 of the accepted definition; null: none was accepted yet.
    accepted_hash text,
    accepted_json text,
    -- Null: accepted because it was the first one seen.
    accepted_by text,
    accepted_at bigint,
    -- Another definition that waits for somebody to accept it.
    seen_hash text,
    seen_json text,
    seen_at bigint,
    primary key (server, tool)
);

-- Who accepted what and when. Only ever added to.
create table tool_acceptances (
    id uuid primary key,
    server text not null,
    tool text not null,
    was_hash text,
    accepted_hash text not null,
    accepted_json text not null,
    accepted_by text not null,
    accepted_at bigint not null
);
create index tool_acceptances_by_tool on tool_acceptances (server, tool, accepted_at);
