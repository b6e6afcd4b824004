-- Which definitions were forgotten, by whom and when. Only ever added to.
create table forgotten_tools (
    server text not null,
    tool text not null,
    -- SHA-256 of the definition that had been accepted; null: none had.
    was_hash text,
    forgotten_by text not null,
    forgotten_at bigint not null,
    primary key (server, tool, forgotten_at)
);
