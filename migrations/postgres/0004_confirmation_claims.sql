-- Who answered a question whether to run something. Written before anything runs and never
-- taken back: a question whose answer was taken runs nothing a second time, whatever became
-- of the turn that took it. That turn may not be stored, so it is no reference.
create table confirmation_claims (
    turn_id uuid primary key references turns (id) on delete cascade,
    claimed_by_turn uuid not null,
    claimed_at bigint not null
);
