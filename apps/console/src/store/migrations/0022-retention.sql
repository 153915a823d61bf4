-- What is older than the operator keeps it goes in small steps (store/retention.ts, store/image-retention.ts). Readable by a console of
-- the version before, which lets nothing go.
alter table cleaning
  -- The same for tables whose ids are no numbers.
  add column after_id uuid,
  -- What the present round has deleted so far.
  add column removed bigint not null default 0;
insert into cleaning (what) values ('coverage_profile'), ('container_state'), ('container'), ('assessment'), ('sourceless_image'), ('image');

-- Since when an image has no source: no host, no connection, nobody who uploaded it. One that has a source again may stand here for
-- an hour. Without a key to the image, whose row would be locked by every report that takes a last image away.
create table sourceless_image (
  image_id uuid primary key,
  since timestamptz not null default now(),
  -- Who had it last, and may be told what became of it.
  scopes uuid[] not null default '{}'
);

-- Each step begins at the oldest. Ends are written in this order, so that both indexes grow at their end.
create index container_gone on container (gone_at) where gone_at is not null;
create index container_state_ended on container_state (valid_to);
create index image_result_by_profile on image_result (profile_id);
