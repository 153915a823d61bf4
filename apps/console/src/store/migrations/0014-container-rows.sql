-- Containers at a quarter less: a large estate has ten million. Numbers instead of random ids keep what is inserted together
-- together (random ones dirty another page of the index each), the present state stands in the row itself, and only what
-- ended has a row of its own. Not readable by a console of the version before: its reports fail until it is replaced, and
-- agents send again.
create table container_state (
  container_id bigint not null,
  state text not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  primary key (container_id, valid_from)
);

alter table container
  add column number bigint generated always as identity,
  -- Since when it is in its present state, by the console's clock.
  add column since timestamptz not null default now();
update container c set since = p.valid_from from container_presence p where p.container_id = c.id and p.valid_to is null;
insert into container_state (container_id, state, valid_from, valid_to)
  select c.number, p.state, p.valid_from, p.valid_to from container_presence p join container c on c.id = p.container_id where p.valid_to is not null;
drop table container_presence;

drop index container_by_scope;
alter table container drop constraint container_pkey, drop column id;
alter table container rename column number to id;
alter table container add primary key (id);
create index container_by_scope on container (scope_id, name collate "C", id) where gone_at is null;
alter table container_state add foreign key (container_id) references container on delete cascade;
-- Copied from its host, which has the same constraint. Every container of a report locked the one row of the scope, and so
-- did those of all reports beside it.
alter table container drop constraint container_scope_id_fkey;

-- When it was in which state, by the console's clock.
create view container_presence as
  select id as container_id, state, since as valid_from, null::timestamptz as valid_to from container where gone_at is null
  union all select container_id, state, valid_from, valid_to from container_state;

-- Of images that only a runtime's own name tells apart, every report asked by reading all images.
create index image_by_fallback_name on image (fallback_name) where fallback_name is not null;
