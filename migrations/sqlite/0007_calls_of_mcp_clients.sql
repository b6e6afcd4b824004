-- Calls outside of any conversation come from somebody who tries a tool, or from a client of the MCP proxy.
alter table tool_trials add column origin text not null default 'trial';
-- The question whose yes the call is the one call of.
alter table tool_trials add column question_id uuid;

-- Whether to run something, asked of a client of the MCP proxy before anything ran. Answered once:
-- what has an answer runs nothing a second time, whatever became of the call.
create table call_questions (
    id uuid primary key,
    owner text not null,
    server text not null,
    tool text not null,
    arguments_json text not null,
    asked_at bigint not null,
    expires_at bigint not null,
    answered_at bigint,
    said_yes boolean
);
create index call_questions_by_owner on call_questions (owner, asked_at);
