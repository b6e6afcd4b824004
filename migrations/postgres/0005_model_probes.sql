-- What was last found out about each model profile; one row a profile.
create table model_probes (
    profile text primary key,
    -- SHA-256 of address and model name: a profile that means another model has no finding.
    target_digest text not null,
    probed_at bigint not null,
    report_json text not null
);
