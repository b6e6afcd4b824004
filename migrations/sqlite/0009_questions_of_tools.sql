-- What the server of a call asks before it goes on, and what was answered before; null where the
-- question is whether to make the call.
alter table call_questions add column open_json text;
-- Questions are removed once they can no longer be answered.
create index call_questions_by_end on call_questions (expires_at);
