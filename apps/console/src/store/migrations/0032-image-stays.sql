-- Trends of a host, of a repository and of all images follow the set of each time (store/image-stays.ts). A stay that lasts is told by
-- the row that says so; one that ended has a row here, so that what is kept grows with what comes and goes. Readable by a console of
-- the version before, which keeps none.
create table image_stay (
  -- A host, a repository or a scope. Without keys: whoever writes holds what it is about, and lookups would be a report's.
  place_id uuid not null,
  image_id uuid not null,
  since date not null,
  -- The first day at whose end it was there no more.
  until date not null,
  primary key (place_id, image_id, until)
);
-- The oldest go first, and new ones come at the end.
create index image_stay_ended on image_stay (until);
insert into cleaning (what) values ('image_stay');

-- Since when without a gap. `image_sighting.first_seen` says it of a host.
alter table image_summary add column since timestamptz not null default now();
update image_summary m set since = g.first_seen
  from (select scope_id, image_id, min(first_seen) as first_seen from image_sighting group by scope_id, image_id) g
  where g.scope_id = m.scope_id and g.image_id = m.image_id;
alter table tag_image add column since timestamptz not null default now();
update tag_image m set since = g.first_seen from repository r, image_sighting g
  where r.id = m.repository_id and g.source_id = r.connection_id and g.image_id = m.image_id;
