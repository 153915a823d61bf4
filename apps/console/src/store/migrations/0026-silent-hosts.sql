-- A host that was not heard from for hours has ended: nothing that it had counts as running, until it reports all again
-- (store/silent-hosts.ts). Readable by a console of the version before, which ends none and counts what has ended as hosts.
alter table host add column inactive_at timestamptz;
-- The lists of hosts without them, and them alone.
create index host_inactive on host (inactive_at) where inactive_at is not null;

-- Why the state ended, where nobody reported that it did.
alter table container_state add column cause text check (cause = 'host-not-heard-from');
create or replace view container_presence as
  select id as container_id, state, since as valid_from, null::timestamptz as valid_to, null::text as cause from container where gone_at is null
  union all select container_id, state, valid_from, valid_to, cause from container_state;

-- Since when agents can report without a pause, and until when: while the console is away, no host is silent.
create table listening (
  only_one boolean primary key default true check (only_one),
  since timestamptz not null default now(),
  until timestamptz not null default now()
);

-- Hosts and agents that are not heard from any more are forgotten (store/host-retention.ts).
insert into cleaning (what) values ('host'), ('agent');

-- Files stand beside the report of their layer and go with it; those of agents that were revoked before had stayed. By their
-- reader they are never looked for, so an agent that is forgotten would have the whole table read.
delete from layer_file f where not exists (select from layer_report r where r.layer_id = f.layer_id and r.trust_domain = f.trust_domain);
alter table layer_file drop constraint layer_file_trust_domain_fkey;
